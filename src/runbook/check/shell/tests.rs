//! Where values go in shell texts that people write, and in texts that nobody would.

use super::*;
use proptest::prelude::*;

fn goes(text: &str) -> Vec<String> {
    scan(text)
        .expansions
        .into_iter()
        .map(|one| match one.goes {
            Goes::Argument(program) => format!("{} argument of {program}", one.name),
            Goes::Builtin { name, printable } => {
                format!("{} {name}{}", one.name, if printable { " printed" } else { "" })
            }
            Goes::Inside => format!("{} inside", one.name),
        })
        .collect()
}

#[test]
fn a_program_s_arguments_are_told_from_a_builtin_s() {
    assert_eq!(goes("psql \"$URL\""), ["URL argument of psql"]);
    assert_eq!(goes("curl -H \"Authorization: Bearer ${T}\" x"), ["T argument of curl"]);
    assert_eq!(goes("printf %s \"$T\" | curl -H @- x"), ["T printf"]);
    assert_eq!(goes("echo \"$T\""), ["T echo printed"]);
    assert_eq!(goes("echo '$T' # $T\n"), Vec::<String>::new());
    assert_eq!(goes("PGPASSWORD=\"$T\" psql <<< \"$T\""), ["T inside", "T inside"]);
    assert_eq!(goes("if test -n \"$T\"; then exec psql \"$T\"; fi"), ["T test", "T argument of psql"]);
    assert_eq!(goes("X=$(psql \"$T\")"), ["T argument of psql"]);
    assert_eq!(goes("X=`printf %s $T`"), ["T printf"]);
    assert_eq!(goes("say() { printf %s \"$1\" >&2; }\nsay \"$T\" >/dev/null"), ["1 printf", "T say"]);
}

#[test]
fn a_here_document_is_stdin() {
    assert_eq!(goes("psql <<EOF\nset x = '$T'; psql $T\nEOF\npsql $U"), ["U argument of psql"]);
    assert_eq!(goes("cat <<-'END'\n\t$T\n\tEND\n"), Vec::<String>::new());
}

#[test]
fn look_alike_letters_are_seen_outside_quotes_only() {
    assert_eq!(scan("сurl x").look_alikes, [(0, 'с')]);
    assert!(scan("echo 'привет' \"мир\" # да").look_alikes.is_empty());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_or_hang(text in "[a-z $(){}`\"'\\\\<>|;&#\n\téс-]{0,80}") {
        scan(&text);
    }
}
