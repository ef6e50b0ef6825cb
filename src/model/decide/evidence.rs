//! Criteria that stand on what is known already: another step, a risk, the last reading of a signal.
//!
//! Looked up when they are next, or when their gate opens; nobody reads anything anew.

use crate::model::event::Event;
use crate::model::expect::{Check, Verdict};
use crate::model::ids::{ProbeId, StepIx};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::step::Evidence;
use crate::model::time::{Stamp, micros, plan_length};
use crate::model::watch::Aspect;

/// A reading older than so many of its probe's intervals says nothing.
const STALE_AFTER: u32 = 3;

/// The verdict of a criterion that is looked up in its next attempt.
pub(super) fn judged(plan: &Plan, state: &RunState, of: (StepIx, &Evidence), now: Stamp) -> Event {
    let (ix, evidence) = of;
    let step = plan.step(ix);
    let (verdict, check) = match evidence {
        Evidence::Step(other) => by_step(plan, state, (ix, other), now),
        Evidence::Risk(risk) => {
            let open = plan.find_risk(risk).is_none_or(|at| state.is_risk_open(plan, at));
            let saw = if open { "open" } else { "closed" };
            (verdict(!open), Check { want: format!("risk {risk} is closed"), saw: saw.into(), ok: !open })
        }
        Evidence::Signal { probe, .. } => by_signal(plan, state, (ix, probe), now),
    };
    Event::StepJudged {
        step: step.id.clone(),
        attempt: state.step(ix).attempt + 1,
        verdict,
        checks: vec![check],
        bound: Vec::new(),
        retry: None,
        hints: Vec::new(),
    }
}

fn verdict(ok: bool) -> Verdict {
    if ok { Verdict::Ok } else { Verdict::Fail }
}

fn by_step(plan: &Plan, state: &RunState, of: (StepIx, &crate::model::ids::StepId), now: Stamp) -> (Verdict, Check) {
    let (ix, other) = of;
    let fresh = plan.step(ix).fresh;
    let limit = fresh.map(|fresh| format!(" and not older than {}", plan_length(fresh))).unwrap_or_default();
    let want = format!("{other} is ok{limit}");
    let Some(own) = plan.find(other) else {
        return (Verdict::Fail, Check { want, saw: "no such step".into(), ok: false });
    };
    // A title stands for the steps under it: the first that is not passed, else the one that ended last.
    let mut steps = Vec::new();
    state.push_with_choice(plan, own, &mut steps);
    let open = steps.iter().find(|step| !state.step(**step).status.passed() && !is_beside_the_point(state, **step));
    let last = steps.iter().max_by_key(|step| state.step(**step).ended.map(|at| at.wall));
    let Some(own) = open.or(last).map(|step| state.step(*step)) else {
        return (Verdict::Fail, Check { want, saw: "it has no steps".into(), ok: false });
    };
    let age = own.ended.map(|ended| now.age_of(ended));
    let young = fresh.is_none_or(|fresh| age.is_some_and(|age| micros(age) <= micros(fresh)));
    let ok = open.is_none() && young;
    let age = age.filter(|_| own.status.settled()).map(|age| format!(", {} ago", plan_length(age))).unwrap_or_default();
    (verdict(ok), Check { want, saw: format!("{}{age}", own.status), ok })
}

fn by_signal(plan: &Plan, state: &RunState, of: (StepIx, &ProbeId), now: Stamp) -> (Verdict, Check) {
    let (ix, probe) = of;
    let want = format!("{probe} as wanted");
    let unknown = |saw: String| (Verdict::Unknown, Check { want: want.clone(), saw, ok: false });
    let Some(at) = plan.find_probe(probe) else {
        return unknown("no such signal".into());
    };
    let Some(last) = state.probe(at).last() else {
        return unknown("not read yet".into());
    };
    if let Some(why) = &last.unknown {
        return unknown(format!("unknown: {why}"));
    }
    let age = now.age_of(last.at);
    if age > plan.probe(at).every * STALE_AFTER {
        return unknown(format!("last read {} ago", plan_length(age)));
    }
    let id = plan.step(ix).id.as_str();
    match last.seen.iter().find(|seen| seen.by == id && seen.aspect == Aspect::Ok) {
        Some(seen) => {
            let check = seen.checks.first().cloned();
            let check = check.unwrap_or(Check { want, saw: last.value.clone().unwrap_or_default(), ok: seen.holds });
            (verdict(seen.holds), check)
        }
        None => unknown("not judged yet".into()),
    }
}

/// Among several steps one that does not apply says nothing against the others.
fn is_beside_the_point(state: &RunState, step: StepIx) -> bool {
    state.step(step).status == crate::model::state::StepStatus::NotApplicable
}
