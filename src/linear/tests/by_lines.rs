//! Flights that a person types: each line is sent when the text that it answers stands on the output.

use super::typist::{Fingers, Paper, type_lines};
use crate::feed::{News, Role};
use crate::linear::input::{Heard, Line, listen};
use crate::linear::run::{Lines, Typing};
use crate::linear::teller::Teller;
use crate::linear::testing::{FakePort, Goes, begun, flight};
use crate::linear::{Left, LinearError};
use crate::model::ids::StepId;
use crate::model::intent::Intent;
use crate::model::state::StepStatus;
use std::io::{self, BufReader, Write};
use std::sync::mpsc::{Receiver, channel};

fn fly_with(port: FakePort, news: Receiver<News>, script: &[(&str, &str)]) -> (Result<Left, LinearError>, String) {
    let plan = port.0.lock().unwrap().plan.clone();
    let paper = Paper::default();
    let (fingers, lines) = channel();
    let script = script.iter().map(|(cue, line)| ((*cue).to_owned(), (*line).to_owned())).collect();
    let typist = type_lines(paper.clone(), script, fingers);
    let now = port.0.lock().unwrap().now;
    let clock = move || now;
    let heard = listen(news, BufReader::new(Fingers(lines, Vec::new())), (Typing::Pipe, Default::default())).unwrap();
    let heard = with_interrupts(heard);
    let teller = Teller::new(&plan, paper.clone());
    let left = Lines::new(teller, Box::new(port), Typing::Pipe, &clock).run(&heard);
    let typed = typist.join().unwrap();
    assert_eq!(typed, Ok(()), "{}", paper.text());
    (left, paper.text())
}

/// A line `^C` stands for the key.
fn with_interrupts(from: Receiver<Heard>) -> Receiver<Heard> {
    let (to, heard) = channel();
    std::thread::spawn(move || {
        for one in from {
            let one = match one {
                Heard::Line(Line::Text(text)) if text == "^C" => Heard::Interrupt,
                other => other,
            };
            if to.send(one).is_err() {
                return;
            }
        }
    });
    heard
}

fn status(port: &FakePort, step: &str) -> StepStatus {
    let conductor = port.0.lock().unwrap();
    let ix = conductor.plan.find(&StepId(step.into())).unwrap();
    conductor.state.step(ix).status
}

const TO_SWITCH: [(&str, &str); 9] = [
    ("This will run", "start"),
    ("Type  local  to start", "local"),
    ("Next: 1.1 Title of look (reads only)", "1"),
    ("You: 1.2", "ok"),
    ("What did you see", "2.1 GB at 08:41"),
    ("Next: 1.3 Title of change (changes, C1)", "run"),
    ("Type y to run 1.3", "y"),
    ("Next: 2.1 Title of switch (C2", "1"),
    ("Type the step number", "2.1"),
];

const TO_GATE: [(&str, &str); 9] = [
    ("You: 2.2", "answer"),
    ("How many were sent?", "19/20"),
    ("You: 2.3", "answer"),
    ("Token?", "opensesame"),
    ("You: 2.4", "2"),
    ("Type y to take long", "y"),
    ("Next: 2.4.1", "run"),
    ("Type y to run 2.4.1", "y"),
    ("You: gate 3.1", "answer a criterion"),
];

fn script(parts: &[&[(&'static str, &'static str)]]) -> Vec<(&'static str, &'static str)> {
    parts.concat()
}

#[test]
fn a_flight_goes_straight_through_by_typed_lines() {
    let (port, news) = begun(flight());
    let rest = [
        ("3.1b: Title of twilio", "1"),
        ("1 ok", "ok"),
        ("You: gate 3.1", "speak for a station"),
        ("lead GO", "lead GO"),
        ("You: gate 3.1", "speak for a station"),
        ("ops GO", "ops GO"),
        ("Advice: GO.", "GO"),
        ("Type y for GO", "y"),
        ("Next: 3.2 Title of drop (C3", "run"),
        ("Type  drop the old site  to run it", "drop the old site"),
        ("Why:", "planned"),
        ("Second person", "jlee"),
        ("Nothing is left to do. The run would end as completed.", "close"),
        ("Type y to close", "y"),
    ];
    let (left, text) = fly_with(port.clone(), news, &script(&[&TO_SWITCH, &TO_GATE, &rest]));
    assert_eq!(left.unwrap(), Left::Ended { completed: true });
    assert_eq!(port.0.lock().unwrap().refused, Vec::<String>::new());
    for said in [
        "1.1 ok. exit 0. Took 0:04.",
        "  out hello",
        "Phase 1 complete: 3 ok, 0 skipped.",
        "chose long, The long one.",
        "2.5 ok. The countdown is over.",
        "3.1 Technical lead says GO, by maya.",
        "The run is completed and sealed.",
    ] {
        assert!(text.contains(said), "{said} is missing in\n{text}");
    }
}

#[test]
fn the_command_stands_on_the_output_before_it_is_asked_for() {
    let (port, news) = begun(flight());
    let (_, text) = fly_with(port, news, &TO_SWITCH);
    let shown = text.find("ln -sfn new live").unwrap();
    let asked = text.find("Type the step number to run it").unwrap();
    assert!(shown < asked && text.contains("Will run, as maya@jump2, in /srv/app, limit 5m"), "{text}");
}

#[test]
fn a_wrong_number_or_an_empty_line_runs_nothing() {
    let (port, news) = begun(flight());
    let extra = [
        ("Nothing was done.", "run"),
        ("Type the step number", ""),
        ("Nothing was done.", ""),
        ("Next: 2.1", ""),
        ("Next: 2.1", "7000"),
        ("7000 is not one of the choices", "leave"),
    ];
    let mut script = script(&[&TO_SWITCH, &extra]);
    script[8] = ("Type the step number", "2.2");
    let (left, text) = fly_with(port.clone(), news, &script);
    assert_eq!(left.unwrap(), Left::Leaving);
    assert!(text.contains("2.2 is not 2.1. Nothing was done."), "{text}");
    assert_eq!(status(&port, "switch"), StepStatus::NotYet);
    let runs = port.0.lock().unwrap().count(|wish| matches!(wish, Intent::Run { .. }));
    assert_eq!(runs, 2, "only 1.1 and 1.3 were run");
}

#[test]
fn a_failing_step_leads_back_by_the_level_that_was_taken() {
    let (port, news) = begun(flight());
    port.0.lock().unwrap().script.insert("switch".into(), [Goes::Badly].into());
    let back = [
        ("2.1 FAILED after 0:04: exit 7 (wanted exit 0).", ""),
        ("2.1 Title of switch FAILED.", "!"),
        ("1 level-1: Title of level-1, plan 1m, loses nothing", "1"),
        ("Type y to take level-1", "y"),
        ("Title of level-1 started by maya", ""),
        ("You: L1.1", "ok"),
        ("The run would end as rolled-back", "close"),
        ("Type y to close", "y"),
    ];
    let (left, text) = fly_with(port.clone(), news, &script(&[&TO_SWITCH, &back]));
    assert_eq!(left.unwrap(), Left::Ended { completed: false });
    assert_eq!(status(&port, "switch"), StepStatus::Back);
    assert!(text.contains("ln -sfn old live") && text.contains("2.1 is undone."), "{text}");
}

#[test]
fn a_level_that_loses_something_is_typed_in_full_with_a_reason() {
    let (port, news) = begun(flight());
    let back = [
        ("You: 2.2", "roll back"),
        ("level-2: Title of level-2", "level-2"),
        ("It LOSES all orders. Type  level-2  to take it", "y"),
        ("y is not level-2. Nothing was done.", "roll back"),
        ("level-2: Title of level-2", "2"),
        ("Type  level-2  to take it", "level-2"),
        ("Why:", "orders are wrong"),
        ("Title of level-2 started by maya", ""),
        ("Next: L2.1", "leave"),
    ];
    let (left, _) = fly_with(port.clone(), news, &script(&[&TO_SWITCH, &back]));
    assert_eq!(left.unwrap(), Left::Leaving);
    assert!(port.0.lock().unwrap().state.rollback.is_some());
}

#[test]
fn a_go_against_the_advice_needs_its_words_and_a_no_go_its_reason() {
    let (port, news) = begun(flight());
    let decide = [
        ("Criteria:", ""),
        ("You: gate 3.1", "GO"),
        ("GO is not one of the choices", "GO anyway"),
        ("Type  GO ANYWAY", "go anyway"),
        ("go anyway is not GO ANYWAY. Nothing was done.", "NO-GO"),
        ("NO-GO. Why:", "twilio is silent"),
        ("3.1 NO-GO, decided by maya: twilio is silent.", ""),
        ("The plan says: roll back level-1", "open again"),
        ("You: gate 3.1", "GO anyway"),
        ("Type  GO ANYWAY", "GO ANYWAY"),
        ("Why, for each open point", "we called them"),
        ("Against the advice", "leave"),
    ];
    let (left, text) = fly_with(port.clone(), news, &script(&[&TO_SWITCH, &TO_GATE, &decide]));
    assert_eq!(left.unwrap(), Left::Leaving);
    assert_eq!(status(&port, "go-no-go"), StepStatus::Over, "{text}");
}

#[test]
fn what_runs_can_be_stopped_held_and_left() {
    let (port, news) = begun(flight());
    port.0.lock().unwrap().script.insert("switch".into(), [Goes::On].into());
    let stop = [
        ("Wait. 2.1 Title of switch is running.", "hold"),
        ("Held by maya", "stop"),
        ("1 interrupt", "terminate"),
        ("2.1 was stopped after 0:04", ""),
        ("Held by maya since", "go on"),
        ("Type y to go on", "n"),
        ("Nothing was done.", "go on"),
        ("Type y to go on", "y"),
        ("The hold is over", "skip"),
        ("1 skip", "skip"),
        ("Why:", "not needed tonight"),
        ("2.1 is left out: not needed tonight", "more"),
        ("1 note", "note"),
        ("Note:", "the switch was skipped"),
        ("Note at 2.2 by maya: the switch was skipped", "more"),
        ("abort", "abort"),
        ("Why:", "too late tonight"),
        ("The run would end as aborted", "close"),
        ("Type y to close", "y"),
    ];
    let (left, _) = fly_with(port.clone(), news, &script(&[&TO_SWITCH, &stop]));
    assert_eq!(left.unwrap(), Left::Ended { completed: false });
    assert_eq!(status(&port, "switch"), StepStatus::Skipped);
}

#[test]
fn the_interrupt_key_asks_what_to_do_with_what_runs_and_ends_nothing_by_itself() {
    let (port, news) = begun(flight());
    port.0.lock().unwrap().script.insert("switch".into(), [Goes::On].into());
    let stop = [
        ("Wait. 2.1 Title of switch is running.", "^C"),
        ("6 leave: you leave", "leave it"),
        ("2.1 goes on.", "^C"),
        ("2 terminate: TERM", "hold"),
        ("Held by maya", "^C"),
        ("1 interrupt: INT", "terminate"),
    ];
    let mut script = script(&[&TO_SWITCH, &stop]);
    script.extend([
        ("2.1 was stopped after 0:04", "^C"),
        ("Nothing was stopped. Type  leave  to leave", ""),
        ("Held by maya since", "go on"),
        ("Type y to go on", "^C"),
        ("Nothing was stopped.", ""),
        ("Held by maya since", "leave"),
    ]);
    let (left, text) = fly_with(port.clone(), news, &script);
    assert_eq!(left.unwrap(), Left::Leaving, "{text}");
    let run = port.0.lock().unwrap();
    assert_eq!(run.count(|wish| matches!(wish, Intent::Stop { .. })), 1);
    assert_eq!(run.count(|wish| matches!(wish, Intent::GoOn)), 0, "^C drops what was asked");
}

#[test]
fn a_question_that_is_its_title_is_said_once_and_needs_no_exit() {
    let (port, _news) = begun(flight());
    port.0.lock().unwrap().wish(Intent::Start { typed: "local".into() });
    let (mut plan, mut state) = {
        let run = port.0.lock().unwrap();
        (run.plan.clone(), run.state.clone())
    };
    let ix = (0..plan.steps.len())
        .map(crate::model::ids::StepIx)
        .find(|ix| matches!(plan.step(*ix).work, crate::model::step::Work::Measure(_)))
        .unwrap();
    let step = &mut plan.steps[ix.0];
    let crate::model::step::Work::Measure(question) = &mut step.work else { panic!("found as one") };
    step.title = "What name?".into();
    question.text = "What name?".into();
    for before in &mut state.steps[..ix.0] {
        before.status = StepStatus::Ok;
    }
    let prompt = crate::linear::prompt::prompt(&plan, &state, Role::Drives);
    assert!(prompt.heading.ends_with("What name?"), "{}", prompt.heading);
    assert_eq!(prompt.heading.matches("What name").count(), 1, "{}", prompt.heading);
    assert!(prompt.card.iter().all(|line| !line.contains("exit 0")), "{:?}", prompt.card);
}

#[test]
fn a_client_beside_may_hold_stop_and_roll_back_and_a_watcher_only_looks() {
    let (port, _news) = begun(flight());
    port.0.lock().unwrap().wish(Intent::Start { typed: "local".into() });
    let (plan, state) = {
        let run = port.0.lock().unwrap();
        (run.plan.clone(), run.state.clone())
    };
    let labels = |role: Role| -> Vec<String> {
        crate::linear::prompt::prompt(&plan, &state, role).choices.into_iter().map(|choice| choice.label).collect()
    };
    assert_eq!(labels(Role::Beside), ["hold", "roll back", "details", "take the wheel", "leave"]);
    assert_eq!(labels(Role::Watches), ["details", "leave"]);
    assert_eq!(labels(Role::Drives), ["run", "hold", "skip", "roll back", "details", "more", "leave"]);
}

#[test]
fn the_end_of_input_leaves_the_run_going() {
    let (port, news) = begun(flight());
    let (left, text) = fly_with(port.clone(), news, &TO_SWITCH[..3]);
    assert_eq!(left.unwrap(), Left::Leaving);
    assert!(text.contains("Leaving. The run goes on."), "{text}");
    assert!(port.0.lock().unwrap().state.ended.is_none());
}

#[test]
fn a_secret_that_is_typed_is_never_written() {
    let (port, news) = begun(flight());
    let mut told = script(&[&TO_SWITCH, &TO_GATE]);
    told.truncate(TO_SWITCH.len() + 4);
    let (_, text) = fly_with(port, news, &told);
    // The conductor in memory records what it reads; only lines before its record are this client's own.
    let own = text.split("2.3 ok").next().unwrap();
    assert!(!own.contains("opensesame"), "{own}");
}

#[test]
fn a_reader_that_went_away_ends_it_quietly() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (port, news) = begun(flight());
    let plan = flight();
    let now = port.0.lock().unwrap().now;
    let (_fingers, lines) = channel();
    let heard = listen(news, BufReader::new(Fingers(lines, Vec::new())), (Typing::Pipe, Default::default())).unwrap();
    let clock = move || now;
    let left = Lines::new(Teller::new(&plan, Gone), Box::new(port), Typing::Pipe, &clock).run(&heard);
    assert_eq!(left.unwrap(), Left::Leaving);
}

#[test]
fn at_a_terminal_a_line_typed_before_its_prompt_is_dropped_and_said() {
    let (port, news) = begun(flight());
    let plan = flight();
    let paper = Paper::default();
    let (fingers, lines) = channel();
    // Both are there before anything was shown: neither may start the run.
    fingers.send("start".to_owned()).unwrap();
    fingers.send("local".to_owned()).unwrap();
    drop(fingers);
    let now = port.0.lock().unwrap().now;
    let clock = move || now;
    let heard = listen(news, BufReader::new(Fingers(lines, Vec::new())), (Typing::Pipe, Default::default())).unwrap();
    let teller = Teller::new(&plan, paper.clone());
    let left = Lines::new(teller, Box::new(port.clone()), Typing::Terminal, &clock).run(&heard);
    assert_eq!(left.unwrap(), Left::Leaving);
    assert!(port.0.lock().unwrap().wishes.is_empty());
    assert_eq!(paper.text().matches("A line that was typed before this prompt was not taken.").count(), 2);
}

#[test]
fn before_its_planned_time_a_line_asks_why_and_later_it_does_not() {
    use crate::linear::ask::{Ask, Slot};
    use crate::model::when::{Offset, When};
    let (port, _news) = begun(flight());
    port.0.lock().unwrap().wish(Intent::Start { typed: "local".into() });
    let (mut plan, mut state) = {
        let run = port.0.lock().unwrap();
        (run.plan.clone(), run.state.clone())
    };
    let ix = plan.find(&StepId("change".into())).unwrap();
    plan.steps[ix.0].at = Some(When::FromT0(Offset { days: 0, micros: 600_000_000 }));
    for before in &mut state.steps[..ix.0] {
        before.status = StepStatus::Ok;
    }
    let asks_why = |state: &crate::model::state::RunState| {
        let prompt = crate::linear::prompt::prompt(&plan, state, Role::Drives);
        match &prompt.choices[0].then {
            Ask::Wish { questions, .. } => questions
                .iter()
                .any(|question| question.slot == Slot::Reason && question.words.contains("Why before that")),
            other => panic!("{other:?}"),
        }
    };
    assert!(asks_why(&state));
    state.at.wall += 601_000_000;
    assert!(!asks_why(&state));
}
