//! Wishes about what is watched: readings, trips, what is said of them, and the end of a monitor.

use super::{Asked, Decided, needs_reason, refuse, start};
use crate::model::event::Event;
use crate::model::expect::{Check, Verdict};
use crate::model::ids::{ProbeId, StepIx, TriggerId, TriggerIx};
use crate::model::intent::Refusal;
use crate::model::plan::Plan;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::Work;
use crate::model::watch::Source;

/// A person ends a monitor and says what was seen.
pub(super) fn end_monitor(plan: &Plan, state: &RunState, said: (StepIx, bool, &String), asked: &Asked) -> Decided {
    let (ix, ok, reason) = said;
    let step = plan.step(ix);
    start::reachable(plan, state, ix)?;
    if !matches!(step.work, Work::Monitor(_)) || state.step(ix).status != StepStatus::Running {
        return refuse(format!("{} does not look on", step.number));
    }
    needs_reason(reason, &format!("what you saw at {}", step.number))?;
    let saw = format!("{reason} ({})", asked.by.shown());
    Ok(vec![Event::StepJudged {
        step: step.id.clone(),
        attempt: state.step(ix).attempt,
        verdict: if ok { Verdict::Ok } else { Verdict::Fail },
        checks: vec![Check { want: "a person says that all is well".into(), saw, ok }],
        bound: Vec::new(),
        retry: None,
        hints: Vec::new(),
    }])
}

/// A person typed in what a probe reads; the conductor has judged it.
pub(super) fn reading(plan: &Plan, state: &RunState, probe: &ProbeId, asked: &Asked) -> Decided {
    let Some(ix) = plan.find_probe(probe) else {
        return refuse(format!("this runbook reads no {probe}"));
    };
    if state.started.is_none() {
        return refuse("the run is not started yet");
    }
    if !matches!(plan.probe(ix).source, Source::Measure(_)) {
        return refuse(format!("{probe} is read by a command, not by hand"));
    }
    match &asked.sampled {
        Some(Ok(sampled)) => Ok(vec![Event::Sampled {
            probe: probe.clone(),
            value: Some(sampled.value.clone()),
            unknown: None,
            seen: sampled.seen.clone(),
            by: asked.by.clone(),
            asked: None,
        }]),
        Some(Err(why)) => refuse(why.clone()),
        None => refuse("the reading was not judged"),
    }
}

fn trigger(plan: &Plan, id: &TriggerId) -> Result<TriggerIx, Refusal> {
    plan.find_trigger(id).ok_or_else(|| Refusal(format!("this runbook names no trigger {id}")))
}

/// A person says that a trigger has tripped; also one that is measured, for who sees more than the probe.
pub(super) fn trip(plan: &Plan, state: &RunState, id: &TriggerId, reason: &str, asked: &Asked) -> Decided {
    let ix = trigger(plan, id)?;
    if state.started.is_none() {
        return refuse("the run is not started yet");
    }
    needs_reason(reason, &format!("tripping {id}"))?;
    if state.trigger(ix).tripped.is_some() {
        return refuse(format!("{id} has tripped already"));
    }
    Ok(vec![Event::TriggerTripped { trigger: id.clone(), why: reason.to_owned(), by: asked.by.clone() }])
}

/// Somebody saw a tripped trigger.
pub(super) fn ack(plan: &Plan, state: &RunState, id: &TriggerId, asked: &Asked) -> Decided {
    let ix = trigger(plan, id)?;
    if state.trigger(ix).tripped.is_none() {
        return refuse(format!("{id} has not tripped"));
    }
    if state.trigger(ix).acked.is_some() {
        return refuse(format!("{id} was seen already"));
    }
    Ok(vec![Event::TriggerAcked { trigger: id.clone(), by: asked.by.clone() }])
}

/// Why it is safe to go on though a trigger tripped; asked again after five minutes.
pub(super) fn go_on_despite(
    plan: &Plan,
    state: &RunState,
    id: &TriggerId,
    said: (&String, &String),
    asked: &Asked,
) -> Decided {
    let (reason, name) = said;
    let ix = trigger(plan, id)?;
    if state.trigger(ix).tripped.is_none() {
        return refuse(format!("{id} has not tripped"));
    }
    needs_reason(reason, "going on though a trigger tripped")?;
    if name.trim().is_empty() {
        return refuse("going on is a named person's word: type the name");
    }
    let (trigger, reason, name) = (id.clone(), reason.clone(), name.trim().to_owned());
    Ok(vec![Event::TriggerOver { trigger, reason, name, by: asked.by.clone() }])
}
