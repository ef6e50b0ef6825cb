//! Why a runbook may not take the place of the one in force: every reason, in words that name the step.
//!
//! What the run was bound to at its start stays: where it acts, T0, people, variables, targets, signals, triggers, the ways
//! back themselves. Of steps only those may differ of which nothing was tried, done or said.

use super::{Kind, Proposed, has_attempt};
use crate::model::ids::{StepId, StepIx};
use crate::model::plan::{Level, Plan, Source};
use crate::model::state::RunState;
use crate::model::step::{Owner, Place, PlannedStep, Work};
use crate::model::watch::Probe;

/// All reasons, the run's own first.
pub(super) fn refusals(old: &Plan, state: &RunState, proposed: &Proposed) -> Vec<String> {
    let new = &proposed.plan;
    let mut refused = bound(old, new);
    refused.extend(lists(old, new));
    refused.extend(under_way(old, state, new));
    for change in &proposed.changes {
        let Some(own) = state.steps.get(change.step.0).filter(|own| has_attempt(own)) else { continue };
        let step = old.step(change.step);
        let how = match change.kind {
            Kind::Changed if step.number != new.step(change.step).number => "it would have another number",
            Kind::Changed => "it would be another",
            Kind::TakenOut => "it would be gone",
            // It was taken out before, and so had no attempt.
            Kind::Added => continue,
        };
        refused.push(format!("{} {} has an attempt ({}): {how}", step.number, step.title, own.status));
    }
    if proposed.changes.is_empty() && refused.is_empty() && same_rest(old, new) {
        refused.push("nothing in it differs".into());
    }
    refused
}

/// What the run was bound to when it began.
fn bound(old: &Plan, new: &Plan) -> Vec<String> {
    let mut refused = Vec::new();
    let mut want = |same: bool, what: &str| {
        if !same {
            refused.push(format!("{what} would be another: the run was bound to it at its start"));
        }
    };
    want(old.environment == new.environment, "the environment");
    want(old.start == new.start && old.zone == new.zone, "T0 or its zone");
    want(old.hard_stop == new.hard_stop && old.safety_floor == new.safety_floor, "the change window");
    want(old.roles == new.roles && old.decider == new.decider, "a role");
    want(old.targets == new.targets, "a target");
    let hands = |plan: &Plan| (plan.same_operator, plan.signing_required);
    want(hands(old) == hands(new), "who may take the run up, or whether it takes a key,");
    let kept = new.vars.len() >= old.vars.len() && old.vars.iter().all(|var| new.vars.contains(var));
    let added = new.vars.iter().filter(|var| !old.vars.contains(var));
    want(kept && added.into_iter().all(|var| var.source == Source::Given && !var.secret), "a variable");
    refused
}

/// What states hold by its place in a list.
fn lists(old: &Plan, new: &Plan) -> Vec<String> {
    let mut refused = Vec::new();
    let mut want = |same: bool, what: &str| {
        if !same {
            refused.push(format!("{what} would be another: only steps may differ"));
        }
    };
    let signals = |plan: &Plan| plan.probes.iter().filter(|probe| probe.is_signal).cloned().collect::<Vec<Probe>>();
    want(signals(old) == signals(new), "a signal");
    want(old.triggers == new.triggers && of_triggers(old) == of_triggers(new), "a trigger");
    let procedures = |plan: &Plan| -> Vec<_> {
        plan.procedures.iter().map(|procedure| (procedure.id.clone(), procedure.title.clone())).collect()
    };
    want(procedures(old) == procedures(new), "the list of procedures");
    let horizons = |plan: &Plan| -> Vec<_> {
        let of = |all: &crate::model::around::Horizon| {
            (all.id.clone(), all.at.clone(), all.by.clone(), all.every, all.until.clone())
        };
        plan.horizons.iter().map(of).collect()
    };
    want(horizons(old) == horizons(new), "a horizon");
    let same_levels = old.levels.len() == new.levels.len()
        && old.levels.iter().zip(&new.levels).all(|(one, other)| same_level((old, one), (new, other)));
    want(same_levels, "a way back");
    refused
}

/// What triggers read for themselves.
fn of_triggers(plan: &Plan) -> Vec<&Probe> {
    let named = plan.triggers.iter().filter_map(|trigger| trigger.probe.as_ref());
    named.filter_map(|id| plan.find_probe(id)).map(|at| plan.probe(at)).collect()
}

/// The same way back, whatever its own steps are.
fn same_level((old, one): (&Plan, &Level), (new, other): (&Plan, &Level)) -> bool {
    let until = |plan: &Plan, level: &Level| level.until.map(|step| plan.step(step).id.clone());
    let bare = |level: &Level| {
        let (verify, then) = (level.verify, level.then.clone());
        (level.id.clone(), level.title.clone(), level.budget, verify, level.loses.clone(), level.undo.clone(), then)
    };
    bare(one) == bare(other) && until(old, one) == until(new, other)
}

/// What is gone through now keeps the steps that it has.
fn under_way(old: &Plan, state: &RunState, new: &Plan) -> Vec<String> {
    let mut refused = Vec::new();
    for call in &state.calls {
        let ids = |plan: &Plan| ids(plan, plan.procedures.get(call.0).map_or(&[], |procedure| &procedure.steps));
        if ids(old) != ids(new) {
            let title = &old.procedure(*call).title;
            refused.push(format!("{title} is being gone through: it would have other steps"));
        }
    }
    if let Some(back) = &state.rollback {
        let ids = |plan: &Plan| ids(plan, plan.levels.get(back.level.0).map_or(&[], |level| &level.steps));
        let lost = back.path.iter().any(|step| new.find(&old.step(*step).id).is_none());
        if lost || ids(old) != ids(new) {
            let level = &old.level(back.level).id;
            refused.push(format!("{level} was taken: it would have other steps"));
        }
    }
    for phase in &old.phases {
        let begun = state.seen_phases.contains(&phase.id);
        if begun && !new.phases.iter().any(|other| other.id == phase.id) {
            refused.push(format!("phase {} is over: it would be gone", phase.number));
        }
    }
    refused
}

fn ids(plan: &Plan, steps: &[StepIx]) -> Vec<StepId> {
    steps.iter().map(|step| plan.step(*step).id.clone()).collect()
}

/// Whether a step is the same in both runbooks, its place and what it reads for itself among it.
pub(super) fn same_step((old, one): (&Plan, &PlannedStep), (new, other): (&Plan, &PlannedStep)) -> bool {
    let unplaced = |step: &PlannedStep| PlannedStep { place: Place::Level(0), ..step.clone() };
    unplaced(one) == unplaced(other)
        && stands(old, one.place) == stands(new, other.place)
        && reads(old, one) == reads(new, other)
        && says(old, one) == says(new, other)
}

/// What a monitor reads.
fn reads<'a>(plan: &'a Plan, step: &PlannedStep) -> Option<&'a Probe> {
    let Work::Monitor(monitor) = &step.work else { return None };
    plan.find_probe(monitor.probe.as_ref()?).map(|at| plan.probe(at))
}

/// What a notice says.
fn says<'a>(plan: &'a Plan, step: &PlannedStep) -> Option<&'a crate::model::around::Message> {
    let Work::Notify(notice) = &step.work else { return None };
    plan.messages.iter().find(|message| message.id == notice.message)
}

/// Where a step stands, by names: phases may have moved.
fn stands(plan: &Plan, place: Place) -> String {
    let phase = |at: usize| plan.phases.get(at).map_or("", |phase| phase.id.as_str());
    match place {
        Place::Phase(at) => format!("phase {}", phase(at)),
        Place::Requirement(Owner::Phase(at)) => format!("requirement {}", phase(at)),
        Place::Choice { .. }
        | Place::Criterion { .. }
        | Place::Undo(_)
        | Place::Level(_)
        | Place::Group(_)
        | Place::Procedure(_)
        | Place::Horizon(_)
        | Place::Requirement(Owner::Runbook | Owner::Step(_) | Owner::Level(_)) => format!("{place:?}"),
    }
}

/// Whether nothing beside the steps differs either.
fn same_rest(old: &Plan, new: &Plan) -> bool {
    let rest = |plan: &Plan| {
        let head = (&plan.title, &plan.summary, &plan.owner, &plan.messages, &plan.risks, &plan.contacts);
        format!("{head:?} {:?} {:?} {:?} {:?}", plan.phases, plan.levels, plan.horizons, plan.procedures)
    };
    rest(old) == rest(new)
}
