//! Whether an act of weight in somebody else's journal is one that the runbook's rules lead to from the records before it.
//!
//! The conductor decides before it writes, so its journals hold nothing else. Whoever wrote one with another program may have
//! asked another question than the runbook's, or none, decided over nothing what was open, begun alone what takes two, or called
//! complete what is not. The verifier alone asks here, record by record. Never judges what only a clock or a key can tell.

use super::{asked_class, second, signed};
use crate::model::actor::Known;
use crate::model::event::{AskedFor, Event};
use crate::model::ids::{Attempt, StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::signed::Realm;
use crate::model::signoff;
use crate::model::state::RunState;
use crate::model::step::{Class, Work};
use crate::model::time::Stamp;
use std::collections::BTreeSet;

/// What was asked of whom so far.
#[derive(Debug, Default)]
pub struct Review {
    asked: BTreeSet<(StepId, Attempt)>,
}

impl Review {
    /// Why the rules do not lead to an event; `state` is folded up to it and not over it.
    pub fn look(&mut self, plan: &Plan, state: &RunState, event: &Event) -> Result<(), String> {
        match event {
            Event::SignAsked { step, attempt, .. } => {
                self.asked.insert((step.clone(), *attempt));
                asks_as_planned(plan, state, event)
            }
            Event::GateDecided { step, attempt, go, over, .. } => {
                self.decides_as_it_stands(plan, state, (step, *attempt), go.then_some(over.as_slice()))
            }
            Event::StepStarted { step, by, .. } if by.known == Known::Program => begins_by_itself(plan, state, step),
            Event::Ended { how, .. } if *how != state.end_state(plan) => {
                Err(format!("it says {}, and the run ends {}", how.word(), state.end_state(plan).word()))
            }
            _of_no_weight => Ok(()),
        }
    }

    /// Whether anybody was asked to sign at any attempt of a step.
    pub fn was_asked(&self, step: &StepId) -> bool {
        self.asked.iter().any(|(asked, _)| asked == step)
    }

    /// A GO names what it goes over: all that is open, and nothing else. Stations with keys were asked before.
    fn decides_as_it_stands(
        &self,
        plan: &Plan,
        state: &RunState,
        (step, attempt): (&StepId, Attempt),
        over: Option<&[String]>,
    ) -> Result<(), String> {
        let Some(ix) = plan.find(step) else { return Ok(()) };
        if let Work::Gate(gate) = &plan.step(ix).work
            && let Some(role) = signoff::polled(plan, &gate.poll).next()
            && !self.asked.contains(&(step.clone(), attempt))
        {
            return Err(format!("{step} is decided, and {role} was never asked for a signature there"));
        }
        let words = |points: &[String]| if points.is_empty() { "nothing".to_owned() } else { points.join(", ") };
        match over.map(|over| (over, state.open_points(plan, ix))) {
            Some((over, open)) if open != over => {
                Err(format!("{step} is GO over {}, and open there is {}", words(over), words(&open)))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Nothing that takes a second person begins by itself, but a try that the runbook asks for after one to which they agreed.
fn begins_by_itself(plan: &Plan, state: &RunState, step: &StepId) -> Result<(), String> {
    let Some(ix) = plan.find(step) else { return Ok(()) };
    let takes_two = signoff::seconds(plan, ix).filter(|_| asked_class(plan, state, ix) >= Class::C3);
    match takes_two {
        Some(role) if state.step(ix).retry_at.is_none() => {
            Err(format!("{step} begins by itself, and {role} has to sign before"))
        }
        Some(_) | None => Ok(()),
    }
}

/// The question is the runbook's, and so is who may answer it.
fn asks_as_planned(plan: &Plan, state: &RunState, event: &Event) -> Result<(), String> {
    let Event::SignAsked { step, question, same_person, second_person, asked_for, .. } = event else { return Ok(()) };
    let Some(ix) = plan.find(step) else { return Ok(()) };
    let Some((wanted, one_for_two, other_person)) = wanted(plan, state, (ix, *asked_for)) else {
        return Err(format!("{step} asks for no such signature"));
    };
    if (*same_person, *second_person) != (one_for_two, other_person) {
        return Err(format!("{step} does not ask by the runbook's rule whether one person may sign for two"));
    }
    // A drill's commands are others than the runbook's, and a question with the time in it is another each time.
    let drill = state.facts.as_ref().is_some_and(|facts| facts.realm == Realm::Drill);
    let mut another = state.clone();
    another.at = Stamp { wall: state.at.wall ^ (1 << 45), mono: 0 };
    let of_the_hour = self::wanted(plan, &another, (ix, *asked_for)).is_none_or(|(other, ..)| other != wanted);
    if wanted != *question && !of_the_hour && !(drill && *asked_for == AskedFor::Second) {
        let (was, is) = first_difference(question, &wanted);
        return Err(format!("{step} asks another question than the runbook's: {was}, and the runbook has: {is}"));
    }
    Ok(())
}

/// The first line in which two questions differ, cut.
fn first_difference(one: &str, other: &str) -> (String, String) {
    let cut = |line: Option<&str>| line.unwrap_or("nothing more").chars().take(120).collect();
    let (mut one, mut other) = (one.lines(), other.lines());
    loop {
        let lines = (one.next(), other.next());
        if lines.0 != lines.1 || lines.0.is_none() {
            return (cut(lines.0), cut(lines.1));
        }
    }
}

/// Question, whether one person may sign for two, and whether the operator's key may; as the conductor would ask.
fn wanted(plan: &Plan, state: &RunState, (ix, asked_for): (StepIx, AskedFor)) -> Option<(String, bool, bool)> {
    let event = match (asked_for, &plan.step(ix).work) {
        (AskedFor::Statement, Work::Sign(wanted)) => signed::asked_to_sign(plan, state, ix, wanted).ok(),
        (AskedFor::Poll, Work::Gate(gate)) => signed::asked_to_vote(plan, state, ix, gate).ok().flatten(),
        (AskedFor::Second, _any_work) => return Some((second::question(plan, state, ix), false, true)),
        (AskedFor::Statement | AskedFor::Poll, _asks_none) => None,
    };
    match event {
        Some(Event::SignAsked { question, same_person, second_person, .. }) => {
            Some((question, same_person, second_person))
        }
        Some(_) | None => None,
    }
}
