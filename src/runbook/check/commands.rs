//! Commands, looked at as text: what is hidden in them, what was left to fill in, what would leak, what would mislead.
//!
//! A reviewer must be able to trust that the card shows what runs. `check::plan` calls it once for the whole runbook.

use super::shell::{self, Goes};
use super::texts::is_secret;
use crate::model::expect::{Check, Expect};
use crate::model::plan::Source;
use crate::model::step::{Command, Program, Shell, Work};
use crate::model::text::is_plain;
use crate::model::watch::Source as Read;
use crate::runbook::ExampleJudge;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::read::{Draft, Reader};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// More spaces than this in a row push what follows off a card.
const SPACES: usize = 32;

/// One text that a shell or an exec gets.
struct Text<'r> {
    text: &'r str,
    span: &'r Range<usize>,
    literal: bool,
}

/// A command, and what its author accepted of it.
struct Given<'r> {
    command: &'r Command,
    text: Text<'r>,
    argv_secret: bool,
}

pub(super) fn check(reader: &mut Reader<'_>, judge: Option<ExampleJudge<'_>>) {
    let mut found = Vec::new();
    for draft in &reader.steps {
        if let Work::Run(command) = &draft.step.work {
            let text = Text { text: "", span: &draft.text, literal: draft.literal };
            of_command(reader, &Given { command, text, argv_secret: draft.argv_secret }, &mut found);
        }
        if let (Some(judge), Some(span)) = (judge, &draft.example) {
            found.extend(examples(reader, judge, draft, span));
        }
    }
    for loose in &reader.loose {
        let text = Text { text: "", span: &loose.text, literal: loose.literal };
        of_command(reader, &Given { command: &loose.command, text, argv_secret: loose.argv_secret }, &mut found);
    }
    for (var, span) in reader.vars.iter().zip(&reader.var_spans) {
        if let Source::Command(text) = &var.source {
            let text = Text { text, span, literal: false };
            found.extend(hidden(reader, &text));
            found.extend(placeholder(reader, &text));
            if let Some((at, letter)) = shell::scan(text.text).look_alikes.first() {
                found.push(look_alike(reader, &text, *at, *letter));
            }
        }
    }
    for one in found {
        reader.desk.report(one);
    }
}

fn of_command(reader: &Reader<'_>, given: &Given<'_>, found: &mut Vec<Diagnostic>) {
    let (span, literal) = (given.text.span, given.text.literal);
    match &given.command.program {
        Program::Text { shell, strict, text } => {
            let text = Text { text, span, literal };
            found.extend(hidden(reader, &text));
            found.extend(placeholder(reader, &text));
            shell_text(reader, given.argv_secret, &text, found);
            if *shell == Shell::Bash && *strict && HEAD.is_match(text.text) {
                let at = narrowed(reader, &text, "head");
                found.push(
                    Diagnostic::warning(
                        "RB0505",
                        &at,
                        "`| head` ends early, and with pipefail that fails the step (exit 141)",
                    )
                    .help("use `sed -n 1,5p`, or `strict: false`"),
                );
            }
        }
        Program::Argv(words) => {
            // In another language the text is on standard input, and is as much of what runs.
            for word in words.iter().chain(&given.command.stdin) {
                let text = Text { text: word, span, literal };
                found.extend(hidden(reader, &text));
                found.extend(placeholder(reader, &text));
            }
        }
    }
    if status_unseen(given.command) {
        found.push(
            Diagnostic::warning("RB0507", span, "a status code is expected and curl is not told to print one")
                .help("add `-w '%{http_code}'`, or `-i`"),
        );
    }
}

/// The example of a command, or of what a monitor reads: it is `ok`, and it does not trip.
fn examples(reader: &Reader<'_>, judge: ExampleJudge<'_>, draft: &Draft, span: &Range<usize>) -> Option<Diagnostic> {
    let monitor = match &draft.step.work {
        Work::Run(command) => return example(judge, command, span),
        Work::Monitor(monitor) => monitor,
        _nothing_runs => return None,
    };
    let probe = reader.probes.iter().find(|probe| Some(&probe.id) == monitor.probe.as_ref())?;
    let Read::Command(command) = &probe.source else { return None };
    let as_if = |expect: &Expect| Command { expect: expect.clone(), ..command.as_ref().clone() };
    let rejected = monitor.ok.as_ref().and_then(|ok| example(judge, &as_if(ok), span));
    let trips = monitor.trip.as_ref().filter(|trip| judge(&as_if(&trip.expect)).is_ok());
    rejected.or_else(|| {
        trips.map(|_| {
            Diagnostic::error("RB0409", span, "the `example` trips the monitor")
                .help("an example is output as it should look: correct it, or `trip`")
        })
    })
}

/// The first place in the file where `needle` stands in the command; the whole command where it is written otherwise.
fn narrowed(reader: &Reader<'_>, text: &Text<'_>, needle: &str) -> Range<usize> {
    let at = reader.desk.inside(text.span, needle);
    if at == *text.span { crate::runbook::reader::first_line(reader.desk.source, at) } else { at }
}

fn hidden(reader: &Reader<'_>, text: &Text<'_>) -> Option<Diagnostic> {
    if let Some(letter) = text.text.chars().find(|letter| !is_plain(*letter) && !matches!(letter, '\n' | '\t')) {
        let at = narrowed(reader, text, letter.encode_utf8(&mut [0; 4]));
        return Some(
            Diagnostic::error(
                "RB0402",
                &at,
                format!("the command holds the invisible character U+{:04X}", u32::from(letter)),
            )
            .help("remove it; where it is meant, let printf make it"),
        );
    }
    let blank = " ".repeat(SPACES + 1);
    text.text.contains(&blank).then(|| {
        Diagnostic::error(
            "RB0403",
            &narrowed(reader, text, &blank),
            format!("more than {SPACES} spaces in a row: what follows them could be overlooked"),
        )
        .help("take the spaces out")
    })
}

/// `<word>`, `YYYY…` (not `%YYYY` or part of a word), and a lone `...`.
const PLACEHOLDERS: &str = concat!(
    r"(?m)(?P<word><[A-Za-z][A-Za-z0-9_.-]*>)",
    r"|(?:^|[^A-Za-z%])(?P<year>YYYY[A-Za-z0-9-]*)",
    r#"|(?:^|[\s"'])(?P<dots>\.\.\.)(?:$|[\s"'])"#,
);
static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(PLACEHOLDERS).expect("the pattern is a constant, and a test compiles it"));
static HEAD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\|\s*head\b").expect("the pattern is a constant, and a test compiles it"));

fn placeholder(reader: &Reader<'_>, text: &Text<'_>) -> Option<Diagnostic> {
    let could_be = ["<", "YYYY", "..."].iter().any(|sign| text.text.contains(sign));
    if text.literal || !could_be {
        return None;
    }
    let place = PLACEHOLDER.captures_iter(text.text).find_map(|hit| {
        if let Some(word) = hit.name("word") {
            let before = text.text[..word.start()].chars().next_back();
            let redirects = before.is_some_and(|letter| letter.is_ascii_digit() || letter == '<')
                || text.text[word.end()..].starts_with('&');
            return (!redirects).then_some(word);
        }
        hit.name("year").or_else(|| hit.name("dots"))
    })?;
    let at = narrowed(reader, text, place.as_str());
    Some(
        Diagnostic::error("RB0401", &at, format!("the placeholder `{}` was never filled in", place.as_str())).help(
            "write what is meant, or read a variable (\"$NAME\"); `literal: true` where it is meant as it stands",
        ),
    )
}

fn look_alike(reader: &Reader<'_>, text: &Text<'_>, at: usize, letter: char) -> Diagnostic {
    let span = narrowed(reader, text, &text.text[at..at + letter.len_utf8()]);
    Diagnostic::error(
        "RB0402",
        &span,
        format!("`{letter}` (U+{:04X}) looks like an ASCII letter and is none", u32::from(letter)),
    )
    .help("type it anew; in quotes it may stand")
}

fn shell_text(reader: &Reader<'_>, argv_secret: bool, text: &Text<'_>, found: &mut Vec<Diagnostic>) {
    // Most commands have neither a variable nor a foreign letter, and ten thousand of them are to open at once.
    let no_secret = !text.text.contains('$') || !reader.known_vars.values().any(|secret| *secret);
    if text.text.is_ascii() && no_secret {
        return;
    }
    let scanned = shell::scan(text.text);
    if let Some((at, letter)) = scanned.look_alikes.first() {
        found.push(look_alike(reader, text, *at, *letter));
    }
    for one in scanned.expansions.iter().filter(|one| is_secret(reader, &one.name)) {
        let at = narrowed(reader, text, &one.name);
        found.extend(secret_goes(&one.name, &one.goes, at, argv_secret));
    }
}

/// The complaint about where a secret goes.
fn secret_goes(name: &str, goes: &Goes, at: Range<usize>, accepted: bool) -> Option<Diagnostic> {
    match goes {
        Goes::Argument(program) if accepted => {
            let text = format!("the secret `{name}` stands in the process list (`{program}`), as accepted");
            Some(Diagnostic::warning("RB0510", &at, text))
        }
        Goes::Argument(program) => {
            let text = format!("the secret `{name}` would stand in the process list, as an argument of `{program}`");
            let help = "give it on stdin (`printf %s \"$NAME\" | …`, `curl -H @-`) or by the program's own variable; \
                or say `argv_secret: accepted`";
            Some(Diagnostic::error("RB0404", &at, text).help(help))
        }
        Goes::Builtin { printable: true, .. } => {
            let text = format!("the secret `{name}` is printed; it will be masked");
            Some(Diagnostic::warning("RB0506", &at, text))
        }
        Goes::Builtin { printable: false, .. } | Goes::Inside => None,
    }
}

/// curl prints no status unless it is told to.
fn status_unseen(command: &Command) -> bool {
    let text = match &command.program {
        Program::Text { text, .. } => text.clone(),
        Program::Argv(words) => words.join(" "),
    };
    let prints = [
        "-w",
        "--write-out",
        " -i",
        "--include",
        " -I",
        "--head",
        " -D",
        "--dump-header",
        " -v",
        "-si",
        "-sSi",
        "http_code",
    ];
    text.split_whitespace().any(|word| word == "curl")
        && !prints.iter().any(|option| text.contains(option))
        && expects_status(&command.expect)
}

fn expects_status(expect: &Expect) -> bool {
    let is_status = |text: &str| {
        let text = text.trim_matches(|letter: char| !letter.is_ascii_digit());
        text.len() == 3
            && text.starts_with(['1', '2', '3', '4', '5'])
            && text.chars().all(|letter| letter.is_ascii_digit())
    };
    !expect.http.is_empty()
        || expect.any_of.iter().any(expects_status)
        || expect.contains.iter().chain(&expect.equals).chain(&expect.matches).any(|text| is_status(text))
}

fn example(judge: ExampleJudge<'_>, command: &Command, span: &Range<usize>) -> Option<Diagnostic> {
    let checks = judge(command).err()?;
    let failed: Vec<&Check> = checks.iter().filter(|check| !check.ok).collect();
    let said: Vec<String> =
        failed.iter().map(|check| format!("wants {}, and the example gives {}", check.want, check.saw)).collect();
    Some(
        Diagnostic::error("RB0409", span, format!("`expect` rejects the `example`: {}", said.join("; ")))
            .help("correct the one that is wrong"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(text: &str) -> bool {
        let source = text.to_owned();
        let reader = Reader::new(&source);
        let span = 0..source.len();
        placeholder(&reader, &Text { text: &source, span: &span, literal: false }).is_some()
    }

    #[test]
    fn what_was_never_filled_in_is_found() {
        for text in
            ["kubectl logs <pod>", "cp backup_YYYYMMDD.sql x", "curl -H 'x: ...'", "do ...", "psql < <dump.sql>"]
        {
            assert!(finds(text), "{text}");
        }
        for text in [
            "go test ./...",
            "git diff a...b",
            "cat <<EOF>out\nx\nEOF",
            "cmd 2<in>out",
            "sort <in >out",
            "cmp <(a) <(b)",
            "date +%Y%m%d",
            "[ 1 -lt 2 ] && [ 3 -gt 2 ]",
        ] {
            assert!(!finds(text), "{text}");
        }
        assert!(HEAD.is_match("yes | head -1"));
    }
}
