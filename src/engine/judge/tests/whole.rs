//! Equals, JSON, numbers, ratios and how long it took.

use super::*;
use crate::model::expect::JsonWanted;

fn json(path: &str, wanted: JsonWanted) -> Expect {
    Expect { json: vec![(path.to_owned(), wanted)], ..Expect::default() }
}

fn is(text: &str) -> JsonWanted {
    JsonWanted::Equals(text.to_owned())
}

fn cmp(text: &str) -> JsonWanted {
    JsonWanted::Cmp(Cmp::parse(text).unwrap())
}

fn number(of: Of, is: &str) -> Expect {
    Expect { number: vec![measured(of, is)], ..Expect::default() }
}

fn ratio(of: Of, is: &str) -> Expect {
    Expect { ratio: vec![measured(of, is)], ..Expect::default() }
}

#[test]
fn equals_takes_the_whole_output_without_its_last_line_break() {
    let equals = |text: &str| Expect { equals: Some(text.to_owned()), ..Expect::default() };
    for printed in ["42", "42\n", "42\r\n"] {
        assert_eq!(one(equals("42"), printed), (true, "equal: \"42\"".into()));
    }
    assert_eq!(one(equals("42"), "42\n\n"), (false, "\"42\n\"".into()));
    assert_eq!(one(equals("42"), " 42\n"), (false, "\" 42\"".into()));
    assert_eq!(one(equals("42"), ""), (false, "no output".into()));
    assert_eq!(one(equals(""), "\n"), (true, "equal: no output".into()));
    let long = "1.".repeat(60);
    assert_eq!(one(equals(&long), &long).1, format!("equal: \"{}…\"", "1.".repeat(30)));
    assert!(one(equals("a\nb\n"), "a\nb\n").0, "a block text ends with a line break itself");
}

#[test]
fn every_node_that_a_path_picks_must_match_and_one_must_be_picked() {
    let text = r#"{"status":"ok","count":19,"flags":{"a":true,"b":false},"list":[],"nil":null}"#;
    for (path, wanted, ok, saw) in [
        ("$.status", is("\"ok\""), true, "\"ok\""),
        ("$.status", is("\"no\""), false, "\"ok\""),
        ("$.count", cmp(">= 19"), true, "19"),
        ("$.count", cmp("> 19"), false, "19"),
        ("$.count", is("19.0"), true, "19"),
        ("$.count", is("\"19\""), false, "19"),
        ("$.flags.*", is("true"), false, "$['flags']['b']: false (1 of 2 nodes do not match)"),
        ("$.flags", is(r#"{"b":false,"a":true}"#), true, r#"{"a":true,"b":false}"#),
        ("$.list[*]", is("1"), false, "the path picks nothing"),
        ("$.missing", is("null"), false, "the path picks nothing"),
        ("$.nil", is("null"), true, "null"),
        ("$.flags.a", cmp("> 1"), false, "true, not a number"),
        ("$.status", cmp("> 1"), false, "not a number: \"ok\""),
    ] {
        assert_eq!(one(json(path, wanted), text), (ok, saw.to_owned()), "{path}");
    }
    assert_eq!(one(json("$[*]", cmp("> 0")), "[1,2,3]"), (true, "all 3 nodes".into()));
}

#[test]
fn numbers_in_json_are_judged_by_the_digits_that_were_printed() {
    for (text, wanted, ok) in [
        ("[9007199254740993]", cmp("= 9007199254740993"), true),
        ("[123456789012345678901]", cmp("= 123456789012345678901"), true),
        ("[123456789012345678901]", cmp("> 123456789012345678901"), false),
        ("[19.100000000000000001]", cmp("<= 19.1"), false),
        ("[19.100000000000000001]", is("19.1"), false),
        ("[1.10]", is("1.1"), true),
        ("[1e2]", cmp("= 100"), true),
        ("[\"12MiB\"]", cmp("> 12MB"), true),
        ("[\"a\\\"1.10\"]", is("\"a\\\"1.10\""), true),
        ("[-0.0]", is("0"), true),
    ] {
        assert_eq!(one(json("$[0]", wanted), text).0, ok, "{text}");
    }
}

#[test]
fn a_filter_compares_numbers_and_what_it_picks_keeps_its_digits() {
    let text = r#"[{"n":1.10,"p":5},{"n":2.50,"p":7.00}]"#;
    assert_eq!(one(json("$[?@.n > 1.2].p", cmp("= 7")), text), (true, "7.00".into()));
    assert_eq!(one(json("$[?@.n > 1.2]", is("{\"p\":7,\"n\":2.5}")), text).1, r#"{"n":2.50,"p":7.00}"#);
}

#[test]
fn what_is_no_json_fails_with_the_place() {
    for (text, words) in [
        ("", "no output"),
        (" \n", "no output"),
        ("{\"a\":1", "not JSON: EOF while parsing an object"),
        ("{} {}", "not JSON: trailing characters at line 1 column 4"),
        ("[01]", "not JSON: invalid number"),
        ("{1.10 : 1}", "not JSON: key must be a string"),
        ("[1.10.2]", "not JSON: expected `,` or `]`"),
        ("[\"open\\", "not JSON: EOF while parsing a string"),
    ] {
        let (ok, saw) = one(json("$", is("1")), text);
        assert!(!ok && saw.starts_with(words), "{text:?}: {saw}");
    }
    let deep = one(json("$", is("1")), &"[".repeat(100_000));
    assert!(deep.1.starts_with("not JSON: recursion limit"), "{deep:?}");
    let many = format!("[{}1]", "1,".repeat(300_000));
    assert_eq!(
        one(json("$", is("1")), &many).1,
        "too large: 300002 values, an object counted as 4, where at most 250000 can be judged as JSON"
    );
    let huge = format!("\"{}\"", "x".repeat(5 << 20));
    assert_eq!(one(json("$", is("1")), &huge).1, "more than 4 MiB of output: cannot be judged as JSON");
    assert!(one(json("$", is("1")), "\u{feff}1").0, "a byte order mark is no part of it");
}

#[test]
fn the_one_number_of_an_output_is_found_and_of_two_none_is_chosen() {
    for (text, ok, saw) in [
        ("42\n", true, "42"),
        ("rows: 42.\n", true, "42"),
        ("rows=42\r\n", true, "42"),
        ("took 12.25ms\n", false, "12.25ms"),
        ("(1e3)", true, "1e3"),
        ("18\n", false, "18"),
        ("-42", false, "-42"),
        ("3 of 20", false, "more than one number: \"3, 20\""),
        ("1,234", false, "more than one number: \"1, 234\""),
        ("none", false, "no number in the output: \"none\""),
        ("on 2026-11-21", false, "no number in the output: \"on 2026-11-21\""),
        ("v1.2.3", false, "no number in the output: \"v1.2.3\""),
        ("", false, "no output"),
    ] {
        assert_eq!(one(number(Of::Output, ">= 19"), text), (ok, saw.to_owned()), "{text:?}");
    }
    let wide = "9".repeat(50);
    assert!(one(number(Of::Output, ">= 19"), &wide).1.ends_with("to be compared exactly"));
}

#[test]
fn a_number_has_its_unit_or_takes_the_wanted_one() {
    for (text, ok, saw) in [
        ("p95 = 12 ms\n", true, "12ms"),
        ("4.5", true, "4.5 (taken as 4.5s)"),
        ("6 s", false, "6s"),
        ("6 MB", false, "6 MB cannot be compared with 5s: unlike units"),
    ] {
        let of = Of::Output;
        assert_eq!(one(number(of, "< 5s"), text), (ok, saw.to_owned()), "{text:?}");
    }
}

#[test]
fn a_number_of_a_pattern_is_group_one_of_the_first_match() {
    let of = |pattern: &str| Of::Regex(pattern.to_owned());
    let text = "83 excluded\r\n66 excluded\r\n";
    assert_eq!(one(number(of(r"^(\d+) excluded$"), "<= 83"), text), (true, "83".into()));
    assert_eq!(one(number(of(r"\d+"), "= 83"), text), (true, "83".into()));
    assert_eq!(one(number(of(r"(\d+) lost"), "= 0"), text), (false, "nothing in the output matches".into()));
    assert_eq!(one(number(of(r"(\w+)$"), "= 0"), text).1, "not a number: \"excluded\"");
    assert_eq!(one(number(Of::Vars(vec!["SEEN".into()]), "= 19"), ""), (true, "19".into()));
    assert_eq!(one(number(Of::Vars(vec!["NONE".into()]), "= 19"), "").1, "NONE has no value");
    assert_eq!(one(number(Of::Vars(vec!["TEXT".into()]), "= 19"), "").1, "not a number: \"ready\"");
}

#[test]
fn a_ratio_is_exact_and_of_nothing_it_fails() {
    for (text, ok, saw) in [
        ("19/20 passed\n", true, "19/20 = 95.0 %"),
        ("18/20", false, "18/20 = 90.0 %"),
        ("18 / 20 sent.", false, "18/20 = 90.0 %"),
        ("1899/2000", false, "1899/2000 = 94.95 %"),
        ("0/0", false, "0/0: of 0 there is no ratio"),
        ("1/2 3/4", false, "more than one ratio: \"1/2, 3/4\""),
        ("at 11/21/2026 /a/1/2", false, "no ratio like 19/20 in the output: \"at 11/21/2026 /a/1/2\""),
        ("", false, "no output"),
    ] {
        assert_eq!(one(ratio(Of::Output, ">= 95%"), text), (ok, saw.to_owned()), "{text:?}");
    }
    let vars = |list: &[&str]| Of::Vars(list.iter().map(|name| (*name).into()).collect());
    assert_eq!(one(ratio(vars(&["SEEN", "ALL"]), ">= 95%"), "").1, "19/20 = 95.0 %");
    assert!(!one(ratio(vars(&["SEEN", "ALL"]), "all"), "").0);
    assert!(one(ratio(vars(&["SEEN", "SEEN"]), "all"), "").0);
    assert!(!one(ratio(vars(&["SEEN", "ZERO"]), ">= 0%"), "").0);
    let of = Of::Regex(r"(\d+) of (\d+)".to_owned());
    assert_eq!(one(ratio(of, ">= 0.9"), "19 of 20 ok").1, "19/20 = 95.0 %");
}

#[test]
fn how_long_it_took_is_judged_and_the_stretch_never_fails() {
    let took = |is: &str, ideally: Option<&str>| Expect {
        took: Some(Measured { ideally: ideally.map(|text| Cmp::parse(text).unwrap()), ..measured(Of::Output, is) }),
        ..Expect::default()
    };
    assert_eq!(one(took("< 200ms", None), ""), (true, "150ms".into()));
    assert_eq!(one(took("< 0.1s", None), ""), (false, "150ms".into()));
    let (ok, saw) = one(took("< 200ms", Some("< 100ms")), "");
    assert_eq!((ok, saw.as_str()), (true, "150ms, not within the ideal"));
    let list = checks(took("< 200ms", Some("< 160ms")), b"");
    assert_eq!(list[0].want, "took < 200ms (ideally < 160ms)");
    assert_eq!(list[0].saw, "150ms, within the ideal");
    assert!(Judge::new(&command(took("< 5MB", None))).is_err());
}

#[test]
fn a_path_that_would_keep_the_parser_busy_is_refused_at_once() {
    let nested = format!("$[?{}@.a{}]", "@[?".repeat(40), "]".repeat(40));
    // A bracket in quotation marks must not hide another one from the limit.
    let hidden = format!("$[?{}@.a{}]", "@['a\\']]]'][?".repeat(40), "]".repeat(40));
    let deep = format!("$[?{}@.a{}]", "(".repeat(100_000), ")".repeat(100_000));
    for path in [nested, hidden, deep, format!("$.{}", "a".repeat(3_000))] {
        let error = Judge::new(&command(json(&path, is("1")))).err().unwrap();
        assert!(error.to_string().contains("too long or too deep"), "{error}");
    }
    let fair = json("$.items[?(@.kind == 'Pod' && length(@.status) > 2)].ready", is("true"));
    assert!(Judge::new(&command(fair)).is_ok());
    let wrong = Judge::new(&command(json("status", is("1")))).err().unwrap();
    assert_eq!(wrong.to_string(), "`status` is not a JSONPath (RFC 9535)");
}
