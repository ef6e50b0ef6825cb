//! Exit, literal texts, lines, standard error, trips, memory and the mask.

use super::*;
use proptest::prelude::*;

fn contains(list: &[&str]) -> Expect {
    Expect { contains: texts(list), ..Expect::default() }
}

fn lacks(list: &[&str]) -> Expect {
    Expect { lacks: texts(list), ..Expect::default() }
}

fn matches(list: &[&str]) -> Expect {
    Expect { matches: texts(list), ..Expect::default() }
}

fn count(of: Of, is: &str) -> Expect {
    Expect { count: vec![measured(of, is)], ..Expect::default() }
}

fn finish(expect: Expect, exit: Exit) -> (Verdict, Check) {
    let judged = Judge::new(&command(expect)).unwrap().finish(&ended(exit), &vars);
    (judged.verdict, judged.checks(&str::to_owned).remove(0))
}

#[test]
fn an_exit_passes_only_by_a_code_that_is_named() {
    let codes = |list: &[i32]| Expect { exit: ExitWanted::Codes(list.to_vec()), ..Expect::default() };
    let (verdict, check) = finish(Expect::default(), Exit::Code(7));
    assert_eq!((verdict, check.want.as_str(), check.saw.as_str()), (Verdict::Fail, "exit 0", "exit 7"));
    assert_eq!(finish(Expect::default(), Exit::Code(0)).0, Verdict::Ok);
    assert_eq!(finish(codes(&[1, 22]), Exit::Code(22)).1.want, "exit 1 or 22");
    assert_eq!(finish(codes(&[1, 22]), Exit::Code(0)).0, Verdict::Fail);
    let (verdict, check) = finish(codes(&[15, 143]), Exit::Signal(15));
    assert_eq!((verdict, check.saw.as_str()), (Verdict::Fail, "ended by signal 15"));
    let any = Expect { exit: ExitWanted::Any, ..Expect::default() };
    assert_eq!(finish(any, Exit::Signal(9)).0, Verdict::Ok);
}

#[test]
fn what_ended_an_attempt_decides_before_what_it_printed() {
    for (ended, exit, wanted) in [
        (Ended::TimeLimit, Exit::Code(0), Verdict::Time),
        (Ended::Stopped, Exit::Signal(15), Verdict::Stop),
        (Ended::OutputLost, Exit::Code(0), Verdict::Unknown),
        (Ended::OutputLost, Exit::Code(7), Verdict::Fail),
    ] {
        let outcome = Outcome { ended, ..super::ended(exit) };
        let judge = Judge::new(&command(Expect::default())).unwrap();
        assert_eq!(judge.finish(&outcome, &vars).verdict, wanted, "{ended:?}");
    }
}

#[test]
fn literal_texts_are_found_as_they_stand() {
    assert_eq!(one(contains(&["ready"]), "is ready\n"), (true, "found \"ready\"".into()));
    assert_eq!(one(contains(&["a.c"]), "abc\n").1, "\"a.c\" not found in 1 line of output");
    assert_eq!(one(contains(&["ready"]), &"x\n".repeat(12)).1, "\"ready\" not found in 12 lines of output");
    assert_eq!(one(contains(&["ready"]), ""), (false, "\"ready\" not found in no output".into()));
    assert!(one(contains(&["a\nb"]), "a\nb").0);
    assert!(!one(contains(&["a\nb"]), "a\r\nb").0);
    assert!(checks(contains(&["caf\u{e9}"]), b"caf\xe9 caf\xc3\xa9")[0].ok);
}

#[test]
fn the_first_line_that_should_not_be_there_is_shown() {
    let (ok, saw) = one(lacks(&["ERROR"]), "fine\r\nan ERROR: disk full\r\nERROR again\n");
    assert_eq!((ok, saw.as_str()), (false, "found: \"an ERROR: disk full\""));
    assert_eq!(one(lacks(&["ERROR"]), "fine\n"), (true, "\"ERROR\" not found in 1 line of output".into()));
    assert!(one(lacks(&["ERROR"]), "").0);
    let long = format!("{}ERROR{}\n", "é".repeat(9_000), "z".repeat(90_000));
    let (_, saw) = one(lacks(&["ERROR"]), &long);
    assert!(saw.contains("éERRORzz") && saw.chars().count() < 220, "{saw}");
    let saw = &checks(lacks(&["ERROR"]), b"\xff\xfeERROR\xff\n")[0].saw;
    assert_eq!(saw, "found: \"\u{fffd}\u{fffd}ERROR\u{fffd}\"");
}

#[test]
fn a_pattern_is_matched_line_by_line() {
    assert_eq!(one(matches(&[r"^rows: \d+$"]), "a\nrows: 42\r\nb\n"), (true, "found: \"rows: 42\"".into()));
    assert!(one(matches(&[r"^b$"]), "a\nb").0, "a last line without a break counts");
    assert!(!one(matches(&[r"a\s+b"]), "a\nb\n").0);
    assert!(checks(matches(&[r"^\xff?ok.$"]), "oké\n".as_bytes())[0].ok);
    assert_eq!(one(matches(&["x"]), "").1, "no match in no output");
    let both = checks(matches(&["a", "c"]), b"a\nb\n");
    assert_eq!([both[0].ok, both[1].ok], [true, false]);
    assert_eq!(both[1].want, "matches c");
}

#[test]
fn what_matched_is_seen_in_sixty_characters_and_masked_whole() {
    let line = format!("{}rows: 42, key opensesame{}", "é".repeat(9_000), "z".repeat(90_000));
    let saw = one(matches(&[r"rows: \d+"]), &line).1;
    assert!(saw.contains("rows: 42, key opensesame") && saw.chars().count() < 80, "{saw}");
    let judged = judged(&command(matches(&["sesame"])), line.as_bytes());
    let masked = judged.checks(&|text| text.replace("opensesame", "***"));
    assert!(masked[1].saw.starts_with("found: \"") && !masked[1].saw.contains("sesame"), "{}", masked[1].saw);
}

#[test]
fn lines_are_counted_and_so_are_those_that_match() {
    let error = || Of::Regex("^ERR".to_owned());
    assert_eq!(one(count(Of::Output, ">= 1"), "a\nb"), (true, "2".into()));
    assert_eq!(one(count(Of::Output, "= 0"), ""), (true, "0".into()));
    assert_eq!(one(count(error(), "= 0"), "a\nERR\nERR\n"), (false, "2 of 3 lines".into()));
    assert!(one(count(Of::Regex("^OK".to_owned()), "all"), "OK 1\nOK 2\n").0);
    assert!(!one(count(Of::Regex("^OK".to_owned()), "all"), "OK 1\nno\n").0);
    assert!(!one(count(Of::Regex("^OK".to_owned()), "all"), "").0);
}

#[test]
fn a_line_over_a_mebibyte_is_judged_by_its_beginning_and_says_so() {
    let mut long = vec![b'x'; 3 << 20];
    long[(1 << 20) - 1] = b'y';
    long[2 << 20] = b'E';
    long.extend_from_slice(b"\nshort E\n");
    assert!(checks(matches(&["y$"]), &long)[0].ok);
    let missed = &checks(matches(&["^x+E"]), &long)[0];
    assert_eq!(missed.saw, "no match in 2 lines of output (1 line over 1 MiB was judged by its first MiB)");
    let counted = &checks(count(Of::Regex("E".to_owned()), "= 1"), &long)[0];
    assert!(counted.ok && counted.saw.contains("1 of 2 lines (1 line over"), "{counted:?}");
}

#[test]
fn standard_error_is_judged_apart() {
    let expect = Expect {
        contains: texts(&["out"]),
        stderr: Some(Box::new(Expect {
            lacks: texts(&["panic"]),
            equals: Some("warn".to_owned()),
            ..Expect::default()
        })),
        ..Expect::default()
    };
    let mut judge = Judge::new(&command(expect)).unwrap();
    judge.feed(Stream::Err, b"warn\n");
    judge.feed(Stream::Out, b"out panic\n");
    let judged = judge.finish(&ended(Exit::Code(0)), &vars);
    let wants: Vec<String> = judged.checks(&str::to_owned).into_iter().map(|one| one.want).collect();
    assert_eq!(wants, ["exit 0", "contains \"out\"", "stderr lacks \"panic\"", "stderr equals \"warn\""]);
    assert_eq!(judged.verdict, Verdict::Ok);
}

#[test]
fn a_no_go_criterion_fails_when_it_trips_and_is_unknown_when_nobody_can_tell() {
    let number = |is: &str| Expect { number: vec![measured(Of::Output, is)], ..Expect::default() };
    let exit_one = Expect { exit: ExitWanted::Codes(vec![1]), ..Expect::default() };
    for (trip, printed, exit, wanted) in [
        (number("> 1"), "2\n", 0, Verdict::Fail),
        (number("> 1"), "0.4\n", 0, Verdict::Ok),
        (number("> 1"), "2\n", 7, Verdict::Unknown),
        (number("> 1"), "", 0, Verdict::Unknown),
        (number("> 1"), "no data\n", 0, Verdict::Unknown),
        (contains(&["BAD"]), "BAD\n", 0, Verdict::Fail),
        (contains(&["BAD"]), "good\n", 0, Verdict::Ok),
        (contains(&["BAD"]), "", 0, Verdict::Unknown),
        (lacks(&["good"]), "", 0, Verdict::Unknown),
        (lacks(&["good"]), "bad\n", 0, Verdict::Fail),
        (count(Of::Output, "> 0"), "", 0, Verdict::Ok),
        (count(Of::Output, "> 0"), "row\n", 0, Verdict::Fail),
        (exit_one.clone(), "", 1, Verdict::Fail),
        (exit_one.clone(), "", 0, Verdict::Ok),
        (exit_one, "", 2, Verdict::Unknown),
    ] {
        let mut probe = command(Expect::default());
        probe.trip = Some(trip);
        let mut judge = Judge::new(&probe).unwrap();
        judge.feed(Stream::Out, printed.as_bytes());
        let judged = judge.finish(&ended(Exit::Code(exit)), &vars);
        let said = judged.checks(&str::to_owned);
        assert_eq!(judged.verdict, wanted, "{printed:?} exit {exit}: {said:?}");
        assert!(
            said.iter().skip(1).all(|line| line.want.starts_with("NO-GO if ") && line.ok == (wanted == Verdict::Ok)
                || wanted == Verdict::Unknown),
            "{said:?}"
        );
    }
}

#[test]
fn a_secret_is_masked_before_the_line_is_cut() {
    let secret = "s".repeat(300);
    let line = format!("token {secret} ERROR\n");
    let judged = judged(&command(lacks(&["ERROR"])), line.as_bytes());
    let check = judged.checks(&|text| text.replace(&secret, "***")).remove(1);
    assert_eq!(check.saw, "found: \"token *** ERROR\"");
}

#[test]
fn what_a_flood_prints_takes_no_memory_to_speak_of() {
    let expect = Expect {
        lacks: texts(&["never"]),
        matches: texts(&["never"]),
        equals: Some("x".to_owned()),
        stderr: Some(Box::new(Expect {
            equals: Some("x".to_owned()),
            matches: texts(&["never"]),
            ..Expect::default()
        })),
        ..Expect::default()
    };
    let mut judge = Judge::new(&command(expect)).unwrap();
    let chunk = vec![b'x'; 60_000];
    let mut most = 0;
    for _ in 0..200 {
        judge.feed(Stream::Out, &chunk);
        judge.feed(Stream::Err, &chunk);
        most = most.max(judge.held_bytes());
    }
    assert!(most <= 8 << 20, "{most}");
    assert!(judge.held_bytes() <= 4 << 20, "{}", judge.held_bytes());
    let judged = judge.finish(&ended(Exit::Code(0)), &vars);
    let saw = &judged.checks(&str::to_owned)[3].saw;
    assert_eq!(saw, "more than 4 MiB of output: cannot be judged as equal to a text");
}

#[test]
fn the_default_expectation_reads_nothing() {
    let mut judge = Judge::new(&command(Expect::default())).unwrap();
    judge.feed(Stream::Out, b"x\n");
    assert!(judge.idle && judge.flows.iter().all(|flow| flow.bytes == 0));
}

#[test]
fn an_expectation_that_can_never_be_judged_is_refused_before_anything_runs() {
    let names = |list: &[&str]| Of::Vars(list.iter().map(|name| (*name).into()).collect());
    let on_error = Expect { stderr: Some(Box::new(count_and_ratio())), ..Expect::default() };
    for (expect, words) in [
        (contains(&[""]), "`contains` has an empty text, which every output contains"),
        (matches(&["("]), "`(` is not a usable regular expression"),
        (matches(&[r"\w{1000}{1000}"]), r"`\w{1000}{1000}` is not a usable regular expression"),
        (count(names(&["A"]), "= 1"), "`count` takes lines or a regular expression, not 1 variables"),
        (count(Of::Output, "> 5s"), "`> 5s` has a unit that `count` cannot have"),
        (on_error, "`ratio` cannot be judged on standard error; contains, lacks, matches, equals and count can"),
    ] {
        let error = Judge::new(&command(expect)).err().unwrap();
        assert_eq!(error.to_string(), words);
    }
}

fn count_and_ratio() -> Expect {
    Expect {
        count: vec![measured(Of::Output, "> 0"), measured(Of::Regex("b+$".to_owned()), "> 1")],
        ratio: vec![measured(Of::Output, "all")],
        ..contains(&["ab\nb", "bb"])
    }
}

proptest! {
    #[test]
    fn a_stream_cut_anywhere_is_judged_as_in_one_piece(
        text in prop::collection::vec(prop::sample::select(b"ab\n\r1/\xff".to_vec()), 0..80),
        cuts in prop::collection::vec(1_usize..9, 1..80),
    ) {
        let expect = Expect {
            lacks: texts(&["ba\na", "a\r"]),
            matches: texts(&["^a+$", "b1"]),
            equals: Some("ab".to_owned()),
            ..count_and_ratio()
        };
        let mut judge = Judge::new(&command(expect.clone())).unwrap();
        let (mut rest, mut sizes) = (text.as_slice(), cuts.iter().cycle());
        while !rest.is_empty() {
            let (chunk, more) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
            judge.feed(Stream::Out, chunk);
            rest = more;
        }
        let in_pieces = judge.finish(&ended(Exit::Code(0)), &vars);
        prop_assert_eq!(in_pieces, judged(&command(expect), &text));
    }
}
