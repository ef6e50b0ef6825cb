//! Flights by an answers file, and what is wrong with a file said before anything starts.

use crate::feed::News;
use crate::linear::testing::{FakePort, Goes, begun, flight, is_stop};
use crate::linear::{Answers, Left, fly};
use crate::model::event::{EndState, Event};
use crate::model::ids::StepId;
use crate::model::intent::Intent;
use crate::model::state::StepStatus;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

const WHOLE: &str = r#"
operator: ci
start: yes
steps:
  look: run
  listed: { ok: "2.1 GB at 08:41" }
  change: run
  switch: { run: true, type: "2.1" }
  sent: 19/20
  token: "opensesame"
  way: { choose: long }
  extra: run
  go-no-go: { twilio: ok, poll: { lead: go, ops: go }, decide: go }
  drop: { run: true, type: drop the old site, reason: planned, second: jlee }
otherwise: stop
"#;

fn answers(text: &str) -> Result<Answers, String> {
    Answers::parse(text, Path::new("a.yaml"), &flight()).map_err(|why| why.to_string())
}

fn flown(text: &str, script: &[(&str, &[Goes])]) -> (Left, String, FakePort) {
    let (port, news) = begun(flight());
    for (step, goes) in script {
        port.0.lock().unwrap().script.insert((*step).into(), goes.iter().copied().collect());
    }
    let (plan, now) = {
        let run = port.0.lock().unwrap();
        (run.plan.clone(), run.now)
    };
    let mut paper = Vec::new();
    let left = fly(&plan, Box::new(port.clone()), news, &answers(text).unwrap(), &mut paper, &move || now).unwrap();
    (left, String::from_utf8(paper).unwrap(), port)
}

fn status(port: &FakePort, step: &str) -> StepStatus {
    let run = port.0.lock().unwrap();
    run.state.step(run.plan.find(&StepId(step.into())).unwrap()).status
}

#[test]
fn a_flight_goes_straight_through_by_its_answers() {
    let (left, text, port) = flown(WHOLE, &[]);
    assert_eq!(left, Left::Ended { completed: true }, "{text}");
    let run = port.0.lock().unwrap();
    assert_eq!(run.refused, Vec::<String>::new());
    assert_eq!(run.state.ended, Some(EndState::Completed));
    assert_eq!(run.count(|wish| matches!(wish, Intent::Run { .. })), 5, "each command was wished once");
}

#[test]
fn a_step_without_an_answer_is_held_and_given_up() {
    let without = WHOLE.replace("  extra: run\n", "");
    let (left, text, port) = flown(&without, &[]);
    assert_eq!(left, Left::NoAnswer, "{text}");
    let run = port.0.lock().unwrap();
    assert_eq!(run.gave_up.as_deref(), Some("extra"));
    assert!(run.state.hold.is_some() && run.state.ended.is_none());
    drop(run);
    assert_eq!(status(&port, "extra"), StepStatus::NotYet);
}

#[test]
fn a_file_that_does_not_say_start_starts_nothing() {
    let (left, _, port) = flown("steps: { look: run }", &[]);
    assert_eq!(left, Left::NoAnswer);
    let run = port.0.lock().unwrap();
    assert!(run.state.started.is_none() && run.wishes.is_empty());
    assert_eq!(run.gave_up.as_deref(), Some("start"));
}

#[test]
fn a_failing_step_without_a_second_answer_is_not_tried_again() {
    let (left, text, port) = flown(WHOLE, &[("change", &[Goes::Badly])]);
    assert_eq!(left, Left::NoAnswer, "{text}");
    assert_eq!(port.0.lock().unwrap().gave_up.as_deref(), Some("change"));
    assert_eq!(port.0.lock().unwrap().count(|wish| matches!(wish, Intent::Run { .. })), 2);
}

#[test]
fn a_list_is_one_answer_an_attempt() {
    let retried = WHOLE.replace("change: run", "change: [ run, { retry: true }, { accept: known, name: maya } ]");
    let (left, text, port) = flown(&retried, &[("change", &[Goes::Badly, Goes::Badly])]);
    assert_eq!(left, Left::Ended { completed: true }, "{text}");
    assert_eq!(status(&port, "change"), StepStatus::Over);
}

#[test]
fn a_failing_step_goes_back_where_the_file_says_so() {
    let back = WHOLE.replace(
        "{ run: true, type: \"2.1\" }",
        "[ { run: true, type: \"2.1\" }, { rollback: level-1 } ]\n  level-1.check: ok",
    );
    let (left, text, port) = flown(&back, &[("switch", &[Goes::Badly])]);
    assert_eq!(left, Left::Ended { completed: false }, "{text}");
    assert_eq!(port.0.lock().unwrap().state.ended, Some(EndState::RolledBack));
    assert_eq!(status(&port, "switch"), StepStatus::Back);
}

#[test]
fn a_no_go_goes_back_and_a_go_over_silence_is_refused() {
    let back = WHOLE.replace(
        "{ twilio: ok, poll: { lead: go, ops: go }, decide: go }",
        "[ { twilio: ok, poll: { lead: go, ops: no-go }, decide: no-go, reason: ops says no }, { rollback: level-1 } ]\n  level-1.check: ok",
    );
    let (left, text, _) = flown(&back, &[]);
    assert_eq!(left, Left::Ended { completed: false }, "{text}");
    assert!(text.contains("3.1 NO-GO, decided by maya: ops says no."), "{text}");

    let silent = WHOLE.replace("twilio: ok, poll: { lead: go, ops: go }", "poll: { lead: go }");
    let (left, text, port) = flown(&silent, &[]);
    assert_eq!(left, Left::NoAnswer, "{text}");
    assert!(text.contains("Refused: HOLD") && status(&port, "go-no-go") == StepStatus::You, "{text}");

    let anyway = silent.replace("decide: go", "decide: go, type: GO ANYWAY, reason: we called them");
    let (left, text, port) = flown(&anyway, &[]);
    assert_eq!(left, Left::Ended { completed: true }, "{text}");
    assert_eq!(status(&port, "go-no-go"), StepStatus::Over);
}

#[test]
fn a_class_is_never_answered_for_the_file() {
    for (from, to) in [
        ("{ run: true, type: \"2.1\" }", "run"),
        (", reason: planned", ""),
        (", second: jlee", ""),
        ("second: jlee", "second: maya"),
        ("{ ok: \"2.1 GB at 08:41\" }", "ok"),
    ] {
        let (left, text, _) = flown(&WHOLE.replace(from, to), &[]);
        assert_eq!(left, Left::NoAnswer, "{from} to {to}: {text}");
        assert!(text.contains("Refused: "), "{text}");
    }
}

#[test]
fn proceed_runs_what_only_reads_and_nothing_else() {
    let proceed = "start: yes\notherwise: proceed\nsteps: { listed: { ok: seen } }\n";
    let (left, _, port) = flown(proceed, &[]);
    assert_eq!(left, Left::NoAnswer);
    assert_eq!(status(&port, "look"), StepStatus::Ok);
    assert_eq!(port.0.lock().unwrap().gave_up.as_deref(), Some("change"));
    let (_, _, port) = flown("start: yes\notherwise: proceed\n", &[("look", &[Goes::Badly])]);
    assert_eq!(
        port.0.lock().unwrap().count(|wish| matches!(wish, Intent::Run { .. })),
        1,
        "a failed read is not tried again"
    );
}

/// Hands news on, but turns the second wish that was taken into one that is refused once its command runs.
fn contrary(news: Receiver<News>) -> Receiver<News> {
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for each in news {
            let runs = matches!(&each, News::Records(records) if records.iter().any(|record| matches!(record.event, Event::Output { .. })));
            let swallowed = matches!(each, News::Taken(2));
            if !swallowed && tell.send(each).is_err() {
                return;
            }
            if runs && tell.send(News::Refused(2, "not now".into())).is_err() {
                return;
            }
        }
    });
    heard
}

#[test]
fn what_runs_when_the_answers_end_is_stopped_then_held() {
    let (port, news) = begun(flight());
    port.0.lock().unwrap().script.insert("look".into(), [Goes::On].into());
    let (plan, now) = {
        let run = port.0.lock().unwrap();
        (run.plan.clone(), run.now)
    };
    let mut paper = Vec::new();
    let left = fly(&plan, Box::new(port.clone()), contrary(news), &answers(WHOLE).unwrap(), &mut paper, &move || now);
    assert_eq!(left.unwrap(), Left::NoAnswer);
    assert_eq!(status(&port, "look"), StepStatus::Stopped);
    let run = port.0.lock().unwrap();
    assert_eq!(run.count(is_stop), 1);
    assert!(matches!(run.wishes.last(), Some(Intent::Hold { .. })) && run.state.hold.is_some());
    assert_eq!(run.gave_up.as_deref(), Some("look (not now)"));
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn mistakes_in_the_file_are_named_with_their_line() {
    for (text, wanted) in [
        ("- a", "a mapping"),
        ("start: maybe", "a.yaml:1: start is yes or true"),
        ("start: yes\nsteps:\n  lok: run", "a.yaml:3: there is no step lok in this runbook; did you mean look?"),
        ("steps:\n  look: { runn: true }", "a.yaml:2: there is no key runn; did you mean run?"),
        ("steps:\n  look: ok", "a.yaml:2: look: write run"),
        ("steps: { look: { ok: seen } }", "look is a command: `ok` does not answer it"),
        ("steps: { look: { run: true, skip: x } }", "one answer does one thing, not run and skip"),
        ("steps: { look: { skip: '' } }", "a reason is wanted"),
        ("steps: { sent: 19.50 }", "put 19.5 in quotes"),
        ("steps: { way: { choose: lng } }", "way has no option lng; did you mean long?"),
        ("steps: { drop: { rollback: level-3 } }", "there is no level level-3; did you mean level-"),
        ("steps: { twilio: ok }", "twilio is a criterion: answer it inside its gate"),
        ("steps: { go-no-go: { twili: ok } }", "go-no-go has no criterion twili; did you mean twilio?"),
        ("steps: { go-no-go: { poll: { led: go } } }", "does not poll led; did you mean lead?"),
        ("steps: { go-no-go: { decide: maybe } }", "decide is go or no-go, not maybe"),
        ("steps: { drop: { accept: why } }", "accept names who accepts"),
        ("steps: { listed: { items: [ok, ok] } }", "listed has 1 statements and 2 answers"),
        ("on: { error-rate: { rollback: level-1 } }", "a.yaml:1: there is no trigger error-rate"),
        ("otherwise: hope", "otherwise is stop or proceed, not hope"),
        ("start: yes\nstart: yes", "is not YAML"),
        ("a: &a [x, x]\nb: *c", "is not YAML"),
        ("start: [", "is not YAML"),
    ] {
        let said = answers(text).unwrap_err();
        assert!(said.contains(wanted), "{text}: {said}");
    }
}

#[test]
fn an_answers_file_that_is_huge_not_text_or_not_there_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.yaml");
    let read = || Answers::read(&path, &flight()).unwrap_err().to_string();
    assert!(read().contains("cannot read the answers file"));
    std::fs::write(&path, vec![b'#'; 1024 * 1024 + 1]).unwrap();
    assert!(read().contains("larger than 1 MiB"));
    std::fs::write(&path, b"start: \xff").unwrap();
    assert!(read().contains("not UTF-8"));
}

#[test]
fn a_secret_answer_is_not_shown_by_debug() {
    let read = answers(WHOLE).unwrap();
    assert!(!format!("{read:?}").contains("opensesame"));
}

/// The flight, with a step planned a day after the run's T0.
fn planned_later(step: &str) -> crate::model::plan::Plan {
    use crate::model::when::{Offset, When};
    let mut plan = flight();
    let ix = plan.find(&StepId(step.into())).unwrap();
    plan.steps[ix.0].at = Some(When::FromT0(Offset { days: 1, micros: 0 }));
    plan
}

fn flown_early(step: &str, text: &str) -> (Left, String, FakePort) {
    let plan = planned_later(step);
    let (port, news) = begun(plan.clone());
    let now = {
        let mut run = port.0.lock().unwrap();
        run.clock_stands = true;
        run.now
    };
    let mut paper = Vec::new();
    let answers = answers(&text.replace("  extra: run\n", "  extra: run\n  soak: { release: not today }\n")).unwrap();
    let left = fly(&plan, Box::new(port.clone()), news, &answers, &mut paper, &move || now).unwrap();
    (left, String::from_utf8(paper).unwrap(), port)
}

#[test]
fn what_is_early_takes_its_reason_from_the_answer_and_is_held_without_one() {
    let (left, text, port) = flown_early("change", WHOLE);
    assert_eq!(left, Left::NoAnswer, "{text}");
    assert!(text.contains("is planned for") && text.contains("needs a reason"), "{text}");
    assert_eq!(status(&port, "change"), StepStatus::NotYet);
    let with = WHOLE.replace("change: run", "change: { run: true, reason: the night is quiet }");
    let (left, text, _) = flown_early("change", &with);
    assert_eq!(left, Left::Ended { completed: true }, "{text}");
}

#[test]
fn a_gate_with_a_reason_is_opened_and_decided_before_its_time() {
    let with = WHOLE.replace("decide: go }", "decide: go, reason: everybody is here }");
    let (left, text, port) = flown_early("go-no-go", &with);
    assert_eq!(left, Left::Ended { completed: true }, "{text}");
    let decided = |wish: &Intent| matches!(wish, Intent::Decide { reason, .. } if reason == "everybody is here");
    assert_eq!(port.0.lock().unwrap().count(decided), 1);
}

#[test]
fn an_answer_behind_run_answers_what_that_opened() {
    let mut plan = flight();
    let ix = plan.find(&StepId("listed".into())).unwrap();
    plan.steps[ix.0].effect = crate::model::step::Effect::Production;
    let (port, news) = begun(plan.clone());
    let now = port.0.lock().unwrap().now;
    let listed = r#"listed: [{ run: true, type: "1.2" }, { ok: "2.1 GB at 08:41" }]"#;
    let text = WHOLE.replace(r#"listed: { ok: "2.1 GB at 08:41" }"#, listed);
    let mut paper = Vec::new();
    let left = fly(&plan, Box::new(port), news, &answers(&text).unwrap(), &mut paper, &move || now).unwrap();
    assert_eq!(left, Left::Ended { completed: true }, "{}", String::from_utf8_lossy(&paper));
}

#[test]
fn an_answers_file_never_speaks_for_a_role_with_signers_however_it_is_sent() {
    use crate::model::actor::{Actor, Known};
    use crate::model::decide::{Asked, decide};
    use crate::model::event::Vote;
    let mut plan = flight();
    plan.roles[0].signers = vec!["ana@example.com".into()];
    let why = Answers::parse(WHOLE, Path::new("a.yaml"), &plan).unwrap_err().to_string();
    assert!(why.contains("lead has signers (ana@example.com)"), "{why}");
    let (port, _news) = begun(plan.clone());
    let mut run = port.0.lock().unwrap();
    run.wish(Intent::Start { typed: "local".into() });
    let gate = plan.find(&StepId("go-no-go".into())).unwrap();
    run.state.steps[gate.0].status = StepStatus::You;
    for before in &mut run.state.steps[..gate.0] {
        before.status = StepStatus::Ok;
    }
    let vote = Intent::Vote { step: StepId("go-no-go".into()), role: "lead".into(), vote: Vote::Go };
    let as_known = |known: Known| {
        let asked = Asked::plain(Actor { name: "ci".into(), known }, run.now);
        decide(&plan, &run.state, &vote, &asked).map_err(|why| why.0)
    };
    for known in [Known::Unattended, Known::Peer, Known::Typed] {
        assert!(as_known(known).unwrap_err().contains("a name alone does not sign for it"), "{known:?}");
    }
}
