//! Hostile words in every field, and lines that no person would type.

use crate::feed::{News, Port, Role};
use crate::linear::prompt::prompt;
use crate::linear::talk::{Reply, Talk, in_line, listed};
use crate::linear::teller::{Teller, Voice};
use crate::linear::testing::{FakePort, Goes, begun, flight};
use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::model::step::Class;
use proptest::prelude::*;

const HOSTILE: &str = "\x1b]52;c;eA==\x07\u{202e}\u{9b}2J\r\n\u{200b}x";

fn all_lines(port: &FakePort) -> Vec<String> {
    let run = port.0.lock().unwrap();
    let mut lines = Vec::new();
    for role in [Role::Drives, Role::Beside, Role::Watches] {
        let now = prompt(&run.plan, &run.state, role);
        lines.push(now.heading.clone());
        lines.extend(now.card.clone());
        lines.extend(listed(&now.choices));
        lines.push(in_line(&now.choices));
        for at in 1..=now.choices.len() {
            let mut talk = Talk::default();
            if let Reply::Say(said) = talk.hear(&at.to_string(), &now) {
                lines.extend(said);
                lines.extend(talk.question());
            }
        }
    }
    lines
}

#[test]
fn no_control_byte_of_any_field_is_written() {
    let mut plan = flight();
    plan.title.push_str(HOSTILE);
    plan.environment.name.push_str(HOSTILE);
    for step in &mut plan.steps {
        step.title.push_str(HOSTILE);
        step.why = Some(HOSTILE.into());
        step.changes = Some(HOSTILE.into());
    }
    for level in &mut plan.levels {
        level.title.push_str(HOSTILE);
    }
    let (mut port, news) = begun(plan.clone());
    port.0.lock().unwrap().prints = HOSTILE.as_bytes().to_vec();
    let (mut paper, mut spoken) = (Vec::new(), Vec::new());
    let mut teller = Teller::new(&plan, &mut paper);
    port.wish(Intent::Start { typed: "local".into() }, Default::default()).unwrap();
    let run = Intent::Run { step: "look".into(), typed: Default::default() };
    port.wish(run, Default::default()).unwrap();
    port.wish(Intent::Note { text: HOSTILE.into(), step: None }, Default::default()).unwrap();
    port.wish(Intent::Hold { reason: HOSTILE.into() }, Default::default()).unwrap();
    for heard in news.try_iter() {
        if let News::Records(records) = heard {
            assert!(teller.records(&records, &port, records[0].at).is_none());
        }
    }
    let mut voice = Voice::new(&mut spoken);
    all_lines(&port).iter().for_each(|line| voice.say(line));
    for bytes in [&paper, &spoken] {
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains("^[]52"), "the hostile text is there, made visible");
        let bad = text.chars().find(|letter| *letter != '\n' && !crate::model::text::is_plain(*letter));
        assert_eq!(bad, None);
    }
}

#[test]
fn the_number_of_a_choice_alone_never_starts_what_changes_something() {
    let (port, _news) = begun(flight());
    let run = port.0.lock().unwrap();
    let mut state = run.state.clone();
    state.started = Some(run.now);
    state.vars_bound = crate::model::state::VarsBound::Yes;
    for (at, step) in run.plan.steps.iter().enumerate() {
        let class = crate::model::decide::asked_class(&run.plan, &state, StepIx(at));
        let now = prompt(&run.plan, &state, Role::Drives);
        for number in 1..=now.choices.len() {
            match Talk::default().hear(&number.to_string(), &now) {
                Reply::Wish(Intent::Run { step: wished, .. }, _) if wished == step.id => {
                    assert_eq!(class, Class::C0, "{} ran by a number", step.id);
                }
                Reply::Wish(Intent::Decide { .. } | Intent::RollBack { .. } | Intent::Close | Intent::GoOn, _) => {
                    panic!("{number} alone acts at {}", step.id)
                }
                Reply::Wish(..) | Reply::Say(_) | Reply::Terminal(_) | Reply::Leave | Reply::More => {}
            }
        }
        state.steps[at].status = crate::model::state::StepStatus::Ok;
    }
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (0usize..12).prop_map(|number| number.to_string()),
        2 => Just("y".to_owned()),
        2 => Just(String::new()),
        2 => prop::sample::select(vec!["local", "2.1", "drop the old site", "level-2", "GO ANYWAY", "why", "roll back", "more", "start"]).prop_map(str::to_owned),
        1 => ".{0,40}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn random_lines_never_panic_and_an_empty_one_never_acts(
        lines in prop::collection::vec(line(), 1..120),
        bad in any::<bool>(),
    ) {
        let (mut port, _news) = begun(flight());
        if bad {
            for step in ["look", "change", "switch", "extra"] {
                port.0.lock().unwrap().script.insert(step.into(), [Goes::Badly, Goes::On].into());
            }
        }
        let mut talk = Talk::default();
        for line in lines {
            let now = { let run = port.0.lock().unwrap(); prompt(&run.plan, &run.state, Role::Drives) };
            let seen = port.0.lock().unwrap().state.last;
            talk.shown(seen);
            let empty = line.trim().is_empty();
            let asked = talk.is_asking();
            match talk.hear(&line, &now) {
                Reply::Wish(intent, seen) => {
                    prop_assert!(!empty, "{intent:?} by an empty line");
                    let run = port.0.lock().unwrap();
                    if let Intent::Run { step, .. } = &intent {
                        let ix = run.plan.find(step).unwrap();
                        let class = crate::model::decide::asked_class(&run.plan, &run.state, ix);
                        prop_assert!(asked || class == Class::C0);
                    }
                    drop(run);
                    port.wish(intent, seen).unwrap();
                }
                Reply::Say(_) | Reply::Terminal(_) | Reply::Leave | Reply::More => {}
            }
        }
    }
}
