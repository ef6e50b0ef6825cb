//! The NEXT line: one plain sentence for every place a run can be in.

use crate::shots::{at_the_gate, running};
use crate::stage::*;
use tminus::model::event::{Answer, EndState, Event, Settled};
use tminus::model::expect::Verdict;
use tminus::tui::words::{minutes, next_line, t_words};

fn says(stage: &Stage) -> String {
    next_line(&stage.plan, stage.app.state(), stage.now)
}

#[test]
fn what_can_be_started_is_said_with_its_key_and_its_class() {
    assert_eq!(says(&Stage::new()), "Wait. The run's records are being read.");
    assert_eq!(says(&Stage::new().begun()), "Nothing has started. Enter opens the start card.");
    assert_eq!(says(&Stage::new().started()), "r runs 1.1 Backup production DB (reads only).");
    let mut stage = Stage::new().in_phase_two();
    assert_eq!(
        says(&stage),
        "r, then its number typed, runs 2.1 Deploy backend with flags OFF (acts on production). Planned for 15:20 (in 11:54): before that it asks why."
    );
    stage.ran("deploy", 1, "");
    stage.ran("smoke", 1, "");
    assert_eq!(
        says(&stage),
        "r, then y, runs 2.3 Verify new routes respond (changes what can be changed back). Planned for 15:20 (in 11:52): before that it asks why."
    );
}

#[test]
fn what_runs_is_said_with_what_is_left_of_its_budget() {
    let mut stage = running();
    assert_eq!(says(&stage), "Wait. 2.3 is running and will pass or fail by itself (0:48 of its 5m budget left).");
    stage.pass(60);
    assert_eq!(
        says(&stage),
        "Wait. 2.3 is running and will pass or fail by itself (0:12 over its 5m budget; ^C stops it)."
    );
    stage.tell(Event::StopAsked {
        step: "routes".into(),
        attempt: 1,
        how: tminus::model::event::StopHow::Terminate,
        by: person("maya"),
    });
    assert_eq!(says(&stage), "Wait. 2.3 was asked to stop and has not ended yet. ^C again offers more.");
}

#[test]
fn a_failure_is_said_with_its_cause_and_the_ways_on() {
    let mut stage = Stage::new().in_phase_two();
    stage.failed("deploy", 7);
    assert_eq!(
        says(&stage),
        "2.1 failed after 0:04: wants exit 0, saw exit 7. R tries again, v accepts it, p holds, ! goes back."
    );
    let mut stage = Stage::new().in_phase_two();
    stage.start("deploy");
    let retry = Some(stage.now.wall + 7_000_000);
    stage.tell(Event::StepJudged {
        step: "deploy".into(),
        attempt: 1,
        verdict: Verdict::Fail,
        checks: Vec::new(),
        bound: Vec::new(),
        retry,
        hints: Vec::new(),
    });
    assert_eq!(says(&stage), "Wait. 2.1 failed and is tried again in 0:07 (try 2). ^C ends the retries.");
}

#[test]
fn people_are_asked_in_the_runbooks_own_words() {
    let mut stage = Stage::new().started();
    stage.ran("backup", 1, "");
    stage.ran("migrate", 1, "");
    assert_eq!(says(&stage), "Enter opens 1.3 Verify migration.");
    stage.start("look");
    assert_eq!(says(&stage), "Look, then Enter answers 1.3: All four tables are there");
    assert_eq!(says(&at_the_gate()), "Enter opens the gate 3.1: Open the new index to everybody? (5 open)");
}

#[test]
fn a_hold_an_end_and_an_unknown_step_say_what_to_do() {
    let mut stage = running();
    stage.tell(Event::Held { reason: "lunch\u{1b}[2J".into(), by: person("maya") });
    assert!(says(&stage).ends_with("Held: nothing new starts."), "{}", says(&stage));
    stage.end("routes", 0, Vec::new());
    assert_eq!(says(&stage), "Held by maya: lunch^[[2J. Nothing new starts. p, then y, goes on.");
    let mut stage = running();
    let run = tminus::model::ids::RunId("0007-20261121T2000Z-search-0123456789abcdef".into());
    let text = tminus::model::signed::SignedText::new("resume", tminus::model::signed::Realm::Live, &run)
        .with("operator", "maya");
    stage.tell(Event::Resume { fmt: "tminus/1".into(), text: text.encode(), sig: "-".into() });
    assert!(
        says(&stage).starts_with("2.3 was running when the program died. Nobody knows if it finished."),
        "{}",
        says(&stage)
    );
    let mut stage = Stage::new().in_phase_two();
    stage.tell(Event::Aborted { reason: "no".into(), by: person("maya") });
    stage.tell(Event::Ended { how: EndState::Aborted, by: person("maya") });
    assert_eq!(says(&stage), "Ended before its end 15:08. Nothing left to run. Wait. The journal is being closed.");
}

#[test]
fn what_is_left_when_nothing_is_left_is_to_close() {
    let mut stage = Stage::new().in_phase_two();
    for step in ["deploy", "smoke", "routes", "settle", "go", "flag", "drop", "tell"] {
        let how = Settled::Skipped;
        stage.tell(Event::StepSettled { step: step.into(), attempt: 0, how, reason: "no".into(), by: person("maya") });
    }
    assert_eq!(says(&stage), "Nothing left to run. Enter closes the run and seals its journal.");
}

#[test]
fn times_read_as_people_say_them() {
    let said: Vec<String> = [-45, 12, 34 * 60, -7500, 93_600].map(|seconds| t_words(seconds * 1_000_000)).to_vec();
    assert_eq!(said, ["T-45s", "T+12s", "T+34m", "T-2h05m", "T+1d 02h"]);
    assert_eq!([0, 240, 9780].map(|seconds| minutes(seconds * 1_000_000)), ["0m", "4m", "2h43"]);
}

#[test]
fn what_is_no_command_is_not_said_to_run() {
    let stage = crate::around::looking_on();
    let says_of = |id: &str| {
        let mut state = stage.app.state().clone();
        let to = stage.plan.find(&id.into()).unwrap();
        for ix in state.path(&stage.plan).into_iter().take_while(|ix| *ix != to) {
            state.steps[ix.0].status = tminus::model::state::StepStatus::Ok;
        }
        next_line(&stage.plan, &state, stage.now)
    };
    assert_eq!(says_of("signed"), "r asks for the signatures of 2.5 Sign it off.");
}

#[test]
fn a_step_with_a_terminal_of_its_own_may_ask_and_nobody_is_told_to_wait() {
    let yaml = "tminus: 1\ntitle: T\nenvironment: { name: here, kind: local }\nhard_stop: T+1h\nphases:\n  - id: one\n    title: One\n    \
                steps: [ { id: ask, title: Ask, run: sudo true, tty: true, effect: reads, takes: 1m } ]\nrollbacks: []\n";
    let mut stage = Stage::of(yaml, theme("mono", tminus::tui::theme::Glyphs::Ascii)).started();
    stage.start("ask");
    assert_eq!(
        says(&stage),
        "1.1 runs in a terminal of its own and may be asking for something: ^] goes there (1:00 of its 1m budget left)."
    );
}

fn counting() -> Stage {
    let yaml = "tminus: 1\ntitle: T\nenvironment: { name: here, kind: local }\nhard_stop: T+1h\nphases:\n  - id: one\n    title: One\n    \
                steps:\n      - { id: look, title: Look, checklist: [ First, Second, Third ] }\n      - { id: pause, title: Pause, wait: 10m }\n\
                rollbacks:\n  - { id: level-1, title: Back, budget: 1m, loses: nothing, steps: [ { id: back, confirm: It is as before } ] }\n";
    Stage::of(yaml, theme("mono", tminus::tui::theme::Glyphs::Ascii)).started()
}

#[test]
fn a_countdown_of_a_plan_that_was_left_holds_nobody_up() {
    let mut stage = counting();
    let until = Some(stage.now.wall + 600_000_000);
    stage.tell(Event::StepStarted {
        step: "pause".into(),
        attempt: 1,
        by: person("maya"),
        typed: None,
        reason: None,
        second: None,
        invocation: None,
        until,
    });
    assert!(says(&stage).starts_with("Wait. 1.2 counts down"), "{}", says(&stage));
    stage.tell(Event::RollbackStarted {
        level: "level-1".into(),
        from: None,
        path: vec!["level-1.back".into()],
        over: false,
        reason: "it failed".into(),
        by: person("maya"),
    });
    assert!(says(&stage).starts_with("Going back by level-1. Enter opens"), "{}", says(&stage));
}

#[test]
fn a_checklist_opens_at_what_is_open_and_a_failed_one_shows_the_item_that_failed() {
    let mut stage = counting();
    stage.start("look");
    for (item, answer, opens_at) in
        [(0, Answer::Ok, "> ?     Second"), (1, Answer::Failed, "> ?     Third"), (2, Answer::Ok, "FAIL Second")]
    {
        stage.tell(Event::StepAnswered {
            step: "look".into(),
            attempt: 1,
            item,
            answer,
            saw: "two rows".into(),
            checks: Vec::new(),
            bound: Vec::new(),
            by: person("maya"),
        });
        stage.key(crossterm::event::KeyCode::Enter);
        let seen = stage.picture(80, 24);
        assert!(seen.contains(opens_at), "{opens_at}\n{seen}");
        stage.key(crossterm::event::KeyCode::Esc);
    }
}
