//! Lines that are set aside, answers of HTTP, and expectations of which one must hold.

use super::*;
use crate::model::expect::{Except, JsonWanted};
use proptest::prelude::*;

fn except(list: &[(&str, &str)]) -> Vec<Except> {
    let one = |(matches, because): &(&str, &str)| Except { matches: (*matches).into(), because: (*because).into() };
    list.iter().map(one).collect()
}

fn http(codes: &[u16]) -> Expect {
    Expect { http: codes.to_vec(), ..Expect::default() }
}

fn all(of: &Of, is: &str) -> Vec<Measured> {
    vec![measured(of.clone(), is)]
}

/// The status line of `printed` alone: whether it held, and what was seen.
fn status(wanted: &[u16], printed: &str) -> (bool, String) {
    one(http(wanted), printed)
}

#[test]
fn known_lines_are_set_aside_before_anything_is_judged_and_counted() {
    let known = || except(&[("^WARN disk", "ticket 41"), ("^NOTE", "ours")]);
    let printed = b"WARN disk\nrows 7\nWARN disk ERROR\r\nNOTE 12";
    let expect = Expect {
        except: known(),
        lacks: texts(&["ERROR"]),
        count: all(&Of::Output, "= 1"),
        number: all(&Of::Output, "= 7"),
        equals: Some("rows 7".into()),
        ..Expect::default()
    };
    let list = checks(expect, printed);
    assert!(list.iter().all(|check| check.ok), "{list:?}");
    let said: Vec<&str> = list.iter().map(|check| check.saw.as_str()).collect();
    assert_eq!(said[4..], ["2 set aside: ticket 41", "1 set aside: ours"]);
    let strict = checks(Expect { lacks: texts(&["ERROR"]), ..Expect::default() }, printed);
    assert!(!strict[0].ok);
    let none = checks(Expect { except: known(), ..Expect::default() }, b"fine\n");
    assert_eq!((none[0].ok, none[0].saw.as_str()), (true, "none set aside: ticket 41"));
}

#[test]
fn what_a_trip_sets_aside_is_not_hidden_from_the_expectation() {
    let mut both = command(Expect { lacks: texts(&["boom"]), ..Expect::default() });
    both.trip = Some(Expect { contains: texts(&["boom"]), except: except(&[("boom", "known")]), ..Expect::default() });
    let judged = judged(&both, b"boom\n");
    let list = judged.checks(&str::to_owned);
    assert_eq!(judged.verdict, Verdict::Unknown, "not tripped, but the probe itself failed: {list:?}");
    assert!(list.iter().any(|check| check.saw == "1 set aside: known"), "{list:?}");
}

#[test]
fn a_flood_without_line_breaks_stays_within_the_bounds_beside_an_except() {
    let expect = Expect {
        except: except(&[("^noise", "known")]),
        lacks: texts(&["x"]),
        any_of: (0..20).map(|_| Expect { matches: texts(&["^y"]), ..Expect::default() }).collect(),
        number: all(&Of::Output, "= 1"),
        http: vec![200],
        ..Expect::default()
    };
    let mut judge = Judge::new(&command(expect)).unwrap();
    for _ in 0..300 {
        judge.feed(Stream::Out, &[b'z'; 65_536]);
        judge.feed(Stream::Err, &[b'z'; 65_536]);
        assert!(judge.held_bytes() <= 9 << 20, "{}", judge.held_bytes());
    }
    let list = judge.finish(&ended(Exit::Code(0)), &vars).checks(&str::to_owned);
    assert!(list.iter().any(|check| check.saw.contains("1 line over 256 KiB")), "{list:?}");
}

#[test]
fn a_status_is_the_last_line_of_three_digits_or_the_last_header() {
    assert_eq!(status(&[201], "{\"id\":7}\n201"), (true, "201".into()));
    assert_eq!(status(&[200, 204], "204\n"), (true, "204".into()));
    assert_eq!(status(&[200], "gone\r\n404\r\n"), (false, "404".into()));
    assert!(status(&[200], "503\n200\ndone\n").0);
    let redirected =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\nHTTP/2 201 \r\na: b\r\n\r\n{}";
    assert_eq!(status(&[201], redirected), (true, "201".into()));
    assert!(!status(&[301], redirected).0);
    assert!(status(&[200], "HTTP/1.1 200 OK\r\n\r\nbody\n200").0, "-i and -w say the same");
    let (held, saw) = status(&[200], "HTTP/1.1 500 No\r\n\r\nbody\n200");
    assert_eq!((held, saw.as_str()), (false, "two answers: the header says 500, the last line 200"));
}

#[test]
fn a_status_that_was_not_printed_is_said_to_be_missing() {
    let how = "end curl with -w '\\n%{http_code}', or give it -i";
    assert_eq!(status(&[200], ""), (false, format!("no status was printed in no output: {how}")));
    assert_eq!(status(&[200], "{\"id\":7}200").1, format!("no status was printed in 1 line of output: {how}"));
    assert_eq!(status(&[200], "000").1, "000: no answer came");
    for close in ["HTTP/1.1 2000 x", "HTTP/1.1 20", "xHTTP/1.1 200 OK", "HTTP/a 200 OK", " 200", "2000", "20x"] {
        assert!(!status(&[200], close).0, "{close}");
    }
    let mut trip = command(Expect::default());
    trip.trip = Some(http(&[500]));
    for silent in ["", "000\n", "hello\n"] {
        assert_eq!(judged(&trip, silent.as_bytes()).verdict, Verdict::Unknown, "{silent:?}");
    }
    assert_eq!(judged(&trip, b"500\n").verdict, Verdict::Fail);
    assert_eq!(judged(&trip, b"200\n").verdict, Verdict::Ok);
}

#[test]
fn what_is_judged_as_a_whole_is_the_body_and_texts_are_looked_for_everywhere() {
    let wanted = |count| Expect {
        http: vec![201],
        json: vec![("$.id".into(), JsonWanted::Equals("7".into()))],
        number: all(&Of::Regex(r"(\d+)".into()), "= 7"),
        equals: Some("{\"id\":7}".into()),
        count: [all(&Of::Output, count), all(&Of::Regex(r"^\d*$".into()), "= 0")].concat(),
        ..Expect::default()
    };
    for printed in [
        "{\"id\":7}\n201",
        "{\"id\":7}\n\n201\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nX-Count: 9\r\n folded: 4\r\n\r\n{\"id\":7}\n",
        "HTTP/2 302\r\nlocation: /4\r\n\r\nHTTP/2 201\r\nx: 1\r\n\r\n{\"id\":7}",
    ] {
        let list = checks(wanted("= 1"), printed.as_bytes());
        assert!(list.iter().all(|check| check.ok), "{printed:?}: {list:?}");
    }
    let headers = Expect { http: vec![201], contains: texts(&["X-Count: 9"]), ..Expect::default() };
    assert!(checks(headers, b"HTTP/1.1 201 Created\r\nX-Count: 9\r\n\r\n").iter().all(|check| check.ok));
}

#[test]
fn the_status_of_an_answer_too_large_to_keep_is_still_known() {
    let mut printed = vec![b'x'; 6 << 20];
    printed.extend_from_slice(b"\n404\n");
    let list = checks(Expect { equals: Some("x".into()), ..http(&[404]) }, &printed);
    assert_eq!((list[0].ok, list[1].ok), (true, false));
    assert!(list[1].saw.starts_with("more than 4 MiB"), "{list:?}");
}

#[test]
fn one_of_several_ways_must_hold_and_is_the_one_that_is_shown() {
    let ways = Expect {
        any_of: vec![
            Expect { contains: texts(&["created"]), ..Expect::default() },
            Expect { contains: texts(&["exists"]), lacks: texts(&["other"]), ..Expect::default() },
        ],
        ..Expect::default()
    };
    let list = checks(ways.clone(), b"it exists\n");
    assert_eq!(list.len(), 2);
    assert_eq!((list[0].want.as_str(), list[0].ok), ("any of 2, number 2: contains \"exists\"", true));
    let list = checks(ways, b"other exists\n");
    let missed: Vec<(&str, &str)> = list.iter().map(|one| (one.want.as_str(), one.saw.as_str())).collect();
    assert_eq!(
        missed,
        [
            ("any of 2, number 1: contains \"created\"", "\"created\" not found in 1 line of output"),
            ("any of 2, number 2: lacks \"other\"", "found: \"other exists\""),
        ]
    );
    assert!(list.iter().all(|one| !one.ok));
}

#[test]
fn an_exit_in_a_way_takes_the_place_of_exit_0_and_of_nothing_else() {
    let exit = |code| Expect { exit: ExitWanted::Codes(vec![code]), ..Expect::default() };
    let fine = Expect { contains: texts(&["fine"]), ..Expect::default() };
    let ways = Expect { any_of: vec![fine.clone(), exit(3)], ..Expect::default() };
    let verdict = |expect: &Expect, printed: &str, code| {
        let mut judge = Judge::new(&command(expect.clone())).unwrap();
        judge.feed(Stream::Out, printed.as_bytes());
        judge.finish(&ended(Exit::Code(code)), &vars).verdict
    };
    assert_eq!(verdict(&ways, "fine", 0), Verdict::Ok);
    assert_eq!(verdict(&ways, "", 3), Verdict::Ok);
    assert_eq!(verdict(&ways, "fine", 1), Verdict::Fail, "a way that says no exit asks 0");
    let said = Expect { exit: ExitWanted::Codes(vec![0, 3]), any_of: vec![fine.clone()], ..Expect::default() };
    assert_eq!(verdict(&said, "fine", 3), Verdict::Ok, "what is said around it holds in it");
    assert_eq!(verdict(&said, "fine", 4), Verdict::Fail);
    let plain = Expect { any_of: vec![fine], ..Expect::default() };
    assert_eq!(verdict(&plain, "fine", 1), Verdict::Fail);
}

#[test]
fn keys_that_hold_for_all_of_an_expectation_are_refused_inside_a_way() {
    let inside = |one: Expect| Judge::new(&command(Expect { any_of: vec![one], ..Expect::default() })).err();
    let refused = [
        Expect { except: except(&[("x", "y")]), ..Expect::default() },
        Expect { of: Some("listen".into()), ..Expect::default() },
    ];
    for one in refused {
        assert!(matches!(inside(one), Some(JudgeError::NotInside { .. })));
    }
    let mut deep = http(&[200]);
    for _ in 0..6 {
        deep = Expect { any_of: vec![deep], ..Expect::default() };
    }
    assert!(matches!(inside(deep), Some(JudgeError::Nested { .. })));
    let empty = Expect { except: except(&[("", "all")]), ..Expect::default() };
    assert!(matches!(Judge::new(&command(empty)).err(), Some(JudgeError::EmptyText { .. })));
}

#[test]
fn an_example_is_judged_with_its_status_its_known_lines_and_its_ways() {
    let mut shown = command(Expect {
        except: except(&[("^WARN", "known")]),
        json: vec![("$.id".into(), JsonWanted::Equals("7".into()))],
        any_of: vec![
            Expect { exit: ExitWanted::Codes(vec![3]), contains: texts(&["no"]), ..Expect::default() },
            Expect { contains: texts(&["id"]), ..Expect::default() },
        ],
        ..http(&[201])
    });
    shown.example = Some("WARN old\n{\"id\": 7}\n201\n".into());
    assert_eq!(judge_example(&shown), Ok(()));
    shown.example = Some("{\"id\": 7}\n".into());
    let missing = judge_example(&shown).unwrap_err();
    assert!(missing[0].saw.starts_with("no status was printed"), "{missing:?}");
    shown.expect.of = Some("listen".into());
    assert_eq!(judge_example(&shown), Ok(()), "what another prints has no example here");
}

#[test]
fn a_typed_value_may_satisfy_one_of_several_ways() {
    let expect = Expect {
        any_of: vec![
            Expect { equals: Some("none".into()), ..Expect::default() },
            Expect { number: all(&Of::Output, "< 5"), ..Expect::default() },
        ],
        ..Expect::default()
    };
    let ok = |typed| judge_value(Some(&expect), None, typed, &vars).unwrap().ok;
    assert_eq!([ok("none"), ok("4"), ok("5"), ok("many")], [true, true, false, false]);
}

#[test]
fn a_shells_variable_is_captured_only_where_a_shell_of_ours_runs() {
    use crate::model::expect::{Capture, CaptureFrom};
    let of = |name: &str| {
        let mut one = command(Expect::default());
        one.capture.push(("TAG".into(), Capture { from: CaptureFrom::Variable(name.into()), secret: false }));
        one
    };
    let argv = Command { program: Program::Argv(vec!["true".into()]), ..of("TAG") };
    let away = Command { target: Some("db".into()), ..of("TAG") };
    for wrong in [argv, away, of("A-B"), of("1A"), of(""), of("A; reboot")] {
        assert!(matches!(Judge::new(&wrong).err(), Some(JudgeError::NoShell { .. })));
    }
    let shell = |value: &str| {
        let outcome = Outcome { shell: vec![("TAG".into(), value.into())], ..ended(Exit::Code(0)) };
        Judge::new(&of("TAG")).unwrap().finish(&outcome, &vars)
    };
    assert_eq!(shell("v1 \n").captured[0].value, "v1");
    assert_eq!(shell(" ").verdict, Verdict::Fail);
    assert_eq!(shell("a\nb").verdict, Verdict::Fail);
    assert_eq!(judged(&of("TAG"), b"").verdict, Verdict::Fail);
}

proptest! {
    #[test]
    fn chunk_borders_never_change_what_is_set_aside_or_answered(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "HTTP/1.1 200 OK", "HTTP/2 404", "HTTP/1.", "a: b", " f", "200", "404", "20", "\r", "\n", "\r\n", "\n\n",
            "noise", "{\"id\":7}", "x", "\u{fffd}", "7",
        ]), 0..24),
        cuts in prop::collection::vec(1_usize..7, 1..40),
    ) {
        let text: String = pieces.concat();
        let expect = Expect {
            except: except(&[("noise", "known"), ("^x+$", "also")]),
            lacks: texts(&["x"]),
            json: vec![("$.id".into(), JsonWanted::Equals("7".into()))],
            equals: Some("7".into()),
            count: [all(&Of::Output, "= 1"), all(&Of::Regex("^[0-9]*$".into()), "= 0")].concat(),
            any_of: vec![
                Expect { matches: texts(&["^7$"]), number: all(&Of::Output, "> 1"), ..Expect::default() },
                Expect { exit: ExitWanted::Codes(vec![1]), ..http(&[404]) },
            ],
            ..http(&[200])
        };
        let mut one = command(expect);
        one.trip = Some(Expect { except: except(&[("7", "mine")]), contains: texts(&["id"]), ..http(&[404]) });
        let mut judge = Judge::new(&one).unwrap();
        let (mut rest, mut sizes) = (text.as_bytes(), cuts.iter().cycle());
        while !rest.is_empty() {
            let (chunk, more) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
            judge.feed(Stream::Out, chunk);
            rest = more;
        }
        prop_assert_eq!(judge.finish(&ended(Exit::Code(0)), &vars), judged(&one, text.as_bytes()));
    }
}
