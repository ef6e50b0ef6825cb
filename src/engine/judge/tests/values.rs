//! Captures, conditions, examples and typed values.

use super::*;
use crate::model::expect::{Capture, CaptureFrom, JsonWanted};

fn capturing(from: CaptureFrom, secret: bool) -> Command {
    let mut command = command(Expect::default());
    command.capture = vec![("TAG".into(), Capture { from, secret })];
    command
}

fn captured(from: CaptureFrom, printed: &[u8]) -> Result<String, String> {
    let judged = judged(&capturing(from, false), printed);
    let check = judged.checks(&str::to_owned).remove(1);
    assert_eq!(check.ok, judged.verdict == Verdict::Ok);
    match judged.captured.as_slice() {
        [one] if check.ok => Ok(one.value.clone()),
        [] => Err(check.saw),
        other => panic!("{other:?} {check:?}"),
    }
}

fn json(path: &str) -> CaptureFrom {
    CaptureFrom::Json(path.to_owned())
}

fn regex(pattern: &str) -> CaptureFrom {
    CaptureFrom::Regex(pattern.to_owned())
}

#[test]
fn a_captured_value_is_one_trimmed_line() {
    let ok = |from, printed: &str, wanted: &str| {
        assert_eq!(captured(from, printed.as_bytes()), Ok(wanted.to_owned()), "{printed:?}");
    };
    ok(json("$.tag"), r#"{"tag":" v1 "}"#, "v1");
    ok(json("$.id"), r#"{"id":123456789012345678901}"#, "123456789012345678901");
    ok(json("$.v"), r#"{"v":1.10}"#, "1.10");
    ok(json("$.ok"), r#"{"ok":true}"#, "true");
    ok(json("$.l"), r#"{"l":[1, "a"]}"#, "[1,\"a\"]");
    ok(regex(r"id=(\w+)"), "id=ab12\r\nid=cd\n", "ab12");
    ok(regex(r"^\d+$"), "a\r\n42\r\n", "42");
    ok(CaptureFrom::Stdout, " two\nlines \n", " two\nlines ");
    ok(CaptureFrom::Line(1), "first\r\nlast\r\n", "first");
    ok(CaptureFrom::Line(-1), "first\nlast", "last");
    ok(CaptureFrom::Line(-2), "first\nlast\n", "first");
}

#[test]
fn a_capture_that_finds_nothing_fails_the_step() {
    let refused = |from, printed: &[u8], words: &str| {
        assert_eq!(captured(from, printed), Err(words.to_owned()));
    };
    refused(json("$.tag"), b"{}", "the path picks nothing");
    refused(json("$.tag"), br#"{"tag":null}"#, "it is null");
    refused(json("$.tag"), br#"{"tag":"a\nb"}"#, "it is more than one line");
    refused(json("$.tag"), br#"{"tag":"a\u0000b"}"#, "it holds a NUL byte, which no variable can");
    refused(json("$.tag"), b"", "no output");
    refused(regex("id=(\\w+)"), b"none", "nothing in the output matches");
    refused(regex("id=(\\w*)"), b"id=", "it is empty");
    refused(CaptureFrom::Stdout, b"", "it is empty");
    refused(CaptureFrom::Stdout, b"a\0b", "it holds a NUL byte, which no variable can");
    refused(CaptureFrom::Stdout, b"caf\xe9", "it is not UTF-8");
    refused(CaptureFrom::Stdout, &[b'x'; 65_537], "it is longer than 64 KiB");
    refused(
        CaptureFrom::Stdout,
        &vec![b'x'; 5 << 20],
        "more than 4 MiB of output: cannot be judged as a captured value",
    );
    refused(CaptureFrom::Line(3), b"a\nb\n", "there is no such line in 2 lines of output");
    refused(CaptureFrom::Line(i64::MIN), b"a\n", "there is no such line in 1 line of output");
    refused(CaptureFrom::Line(1), b"  \nb\n", "it is empty");
    refused(CaptureFrom::File("x".into()), b"", "nobody looked for the file");
    assert!(captured(CaptureFrom::Stdout, &[b'x'; 65_536]).is_ok());
    assert!(Judge::new(&capturing(CaptureFrom::Line(0), false)).is_err());
    assert!(Judge::new(&capturing(CaptureFrom::File("../x".into()), false)).is_err());
}

#[test]
fn a_file_is_captured_by_what_the_look_found() {
    let command = capturing(CaptureFrom::File("backup_*".into()), false);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup_1");
    std::fs::write(&path, "x").unwrap();
    let since = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut outcome = ended(Exit::Code(0));
    outcome.files = look(&command, folder.path(), since);
    let judged = Judge::new(&command).unwrap().finish(&outcome, &vars);
    assert_eq!(judged.verdict, Verdict::Ok);
    assert!(judged.captured[0].value.ends_with("/backup_1"));
}

#[test]
fn a_step_that_captures_a_secret_shows_nothing_of_its_output() {
    let mut command = capturing(json("$.t"), true);
    command.expect = Expect {
        json: vec![("$.t".to_owned(), JsonWanted::Equals("\"other\"".to_owned()))],
        lacks: texts(&["tok"]),
        number: vec![measured(Of::Output, "> 1")],
        ..Expect::default()
    };
    let judged = judged(&command, br#"{"t":"tok-123456"}"#);
    let said = format!("{:?}", judged.checks(&str::to_owned));
    assert!(!said.contains("tok-") && said.contains("found: (not shown)"), "{said}");
    assert!(judged.captured[0].secret && judged.captured[0].value == "tok-123456");
}

#[test]
fn a_condition_compares_text_unless_it_says_otherwise() {
    for (is, value, wanted) in [
        ("blue", "blue", true),
        ("blue", "green", false),
        ("1.1", "1.10", false),
        ("!= blue", "green", true),
        ("!= blue", " blue ", false),
        ("!= 1.1", "1.10", true),
        ("= blue", "blue", true),
        ("= 5", "5.0", true),
        ("matches ^v\\d+$", "v12", true),
        ("matches ^v\\d+$", "xv12", false),
        (">= 3", "3", true),
        ("< 5s", "200ms", true),
        ("4..8", "9", false),
        ("20 ± 5%", "21", true),
        ("a..b", "c", false),
        ("", "", true),
        ("", "x", false),
    ] {
        assert_eq!(condition_holds(is, value).unwrap(), wanted, "{is} of {value}");
    }
    for (is, value) in [("> 3", "many"), ("> 3", ""), ("matches (", "x"), ("> many", "3"), ("4..8", "x")] {
        assert!(condition_holds(is, value).is_err(), "{is} of {value}");
    }
}

#[test]
fn an_example_must_be_accepted_by_its_own_expectation() {
    let mut command = capturing(json("$.tag"), false);
    command.expect = Expect {
        exit: ExitWanted::Codes(vec![3]),
        contains: texts(&["ok"]),
        took: Some(measured(Of::Output, "< 1ms")),
        number: vec![measured(Of::Vars(vec!["LATER".into()]), "> 5")],
        ..Expect::default()
    };
    assert!(judge_example(&command).is_ok());
    command.example = Some(r#"{"tag":"ok"}"#.to_owned());
    assert!(judge_example(&command).is_ok());
    command.example = Some("{}\n".to_owned());
    let checks = judge_example(&command).unwrap_err();
    let said: Vec<&str> = checks.iter().map(|check| check.saw.as_str()).collect();
    assert_eq!(said, ["\"ok\" not found in 1 line of output", "the path picks nothing"]);
    command.expect.matches = texts(&["("]);
    command.example = None;
    let unusable = judge_example(&command).unwrap_err().remove(0).saw;
    assert!(unusable.contains("unclosed group"), "{unusable}");
}

fn typed(expect: &Expect, out_of: Option<u64>, text: &str) -> Result<ValueJudged, String> {
    judge_value(Some(expect), out_of, text, &vars)
}

#[test]
fn nineteen_and_nineteen_of_twenty_both_answer_how_many_of_twenty() {
    let expect = Expect { ratio: vec![measured(Of::Output, ">= 95%")], ..Expect::default() };
    for text in ["19", " 19/20 ", "19 / 20"] {
        let judged = typed(&expect, Some(20), text).unwrap();
        assert_eq!(judged.shown, "19/20 → 95.0 %, needs >= 95 %");
        assert!(judged.ok && judged.value == "19", "{judged:?}");
    }
    let judged = typed(&expect, Some(20), "18").unwrap();
    assert!(!judged.ok && judged.checks[0].saw == "18/20 = 90.0 %", "{judged:?}");
    assert_eq!(typed(&expect, None, "95 %").unwrap().shown, "95 % → 95.0 %, needs >= 95 %");
    assert_eq!(typed(&Expect::default(), Some(3), "2").unwrap().shown, "2/3 → 66.666666… %");
}

#[test]
fn what_cannot_be_an_answer_is_refused_and_not_failed() {
    let ratio = Expect { ratio: vec![measured(Of::Output, ">= 95%")], ..Expect::default() };
    let number = Expect { number: vec![measured(Of::Output, "< 5s")], ..Expect::default() };
    for (expect, out_of, text, words) in [
        (&ratio, Some(20), "19/21", "it is of 20, not of 21"),
        (&ratio, Some(20), "21", "21 is more than all 20"),
        (&ratio, Some(20), "most", "\"most\" is not a whole number; 20 is all of them"),
        (&ratio, Some(20), "1.5", "\"1.5\" is not a whole number; 20 is all of them"),
        (&ratio, Some(0), "0", "of 0 there is no ratio"),
        (&ratio, None, "19", "`19` is not a ratio; write it as 19/20 or 95 %"),
        (&number, None, "fast", "`fast` is not a number"),
        (&number, None, "3 MB", "3 MB cannot be compared with 5s: unlike units"),
        (&number, None, " ", "nothing was typed"),
        (&number, None, "1\0", "a value holds no NUL byte and at most 64 KiB"),
    ] {
        assert_eq!(typed(expect, out_of, text).unwrap_err(), words);
    }
}

#[test]
fn a_typed_value_is_judged_like_output() {
    let expect = Expect {
        number: vec![Measured { ideally: Some(Cmp::parse("< 1s").unwrap()), ..measured(Of::Output, "< 5s") }],
        matches: texts(&["^[0-9]"]),
        ..Expect::default()
    };
    let judged = typed(&expect, None, "12.25ms").unwrap();
    assert!(judged.ok && judged.shown == "12.25ms, needs < 5s, ideally < 1s", "{judged:?}");
    let judged = typed(&expect, None, "6").unwrap();
    assert!(!judged.ok && judged.shown.starts_with("6 (taken as 6s)"), "{judged:?}");
    let free = judge_value(None, None, " green ", &vars).unwrap();
    assert!(free.ok && free.value == "green" && free.shown == "green" && free.checks.is_empty());
    let word = Expect { matches: texts(&["^gr"]), ..Expect::default() };
    assert!(!typed(&word, None, "red").unwrap().ok);
}
