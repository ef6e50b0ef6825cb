//! The step pane's part for steps that are no plain command or question: monitors, sign-offs, messages, groups, calls, and
//! what is looked up; and what a step of any kind is tied to: requirements, claims, hints, proposals.
//!
//! Rows are a label and a text; the step pane lays them out.

use super::Scene;
use crate::model::ids::StepIx;
use crate::model::state::StepStatus;
use crate::model::step::{Callee, Evidence, Together, Work};
use crate::model::text::shown;
use crate::model::time::plan_length;
use crate::tui::overlays::{monitor, notify, sign_rows};
use crate::tui::proposals;
use crate::tui::theme::{Role, marks::Standing};
use crate::tui::views::{side, want};
use crate::tui::words;

/// A label, its text, and the text's role.
pub type Fact = (&'static str, String, Role);

/// What a step of one of these kinds does.
pub fn work(scene: &Scene<'_>, ix: StepIx, width: usize) -> Vec<Fact> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    match &plan.step(ix).work {
        Work::Monitor(work) => {
            let mut facts = monitor::facts(&scene.ctx, ix, width);
            let checks = work.checks.iter().map(|check| member(scene, *check));
            facts.extend(labels("checks", checks));
            facts
        }
        Work::Sign(work) => {
            let mut facts = vec![("sign", words::said(state, &work.text), Role::TextStrong)];
            facts
                .extend(work.statements.iter().map(|text| ("", format!("- {}", words::said(state, text)), Role::Text)));
            let wanted = if work.count < work.roles.len() {
                format!("{} of {} roles must sign", work.count, work.roles.len())
            } else {
                "every role must sign".into()
            };
            facts.push(("needs", wanted, Role::Text));
            facts.extend(labels("who", sign_rows::roles(&scene.ctx, ix).into_iter()));
            facts
        }
        Work::Notify(work) => {
            let mut facts = Vec::new();
            facts.extend(notify::to(&scene.ctx, ix).map(|to| ("to", to, Role::Text)));
            facts.push(("says", shown(notify::text(&scene.ctx, ix).trim()).into_owned(), Role::TextStrong));
            let how = if work.via.is_some() { "a command sends it" } else { "a person says it" };
            facts.push(("how", how.into(), Role::TextDim));
            facts
        }
        Work::Group(group) => {
            let how = match group.how {
                Together::InOrder => "one after another",
                Together::OneCard => "one card for all, then one after another up to the first that fails",
                Together::AtOnce => "all at once",
            };
            let mut facts = vec![("runs", how.to_owned(), Role::Text)];
            facts.extend(labels("steps", group.steps.iter().map(|step| member(scene, *step))));
            facts
        }
        Work::Call(callee) => {
            let name = match callee {
                Callee::Procedure(id) => format!("quick fix {}", shown(id.as_str())),
                Callee::Level(id) => format!("way back {}", shown(id.as_str())),
            };
            let mut facts = vec![("calls", name, Role::TextStrong)];
            let steps = state.called_steps(plan, callee);
            facts.extend(labels("steps", steps.into_iter().map(|step| member(scene, step))));
            facts
        }
        Work::Evidence(evidence) => vec![("known", looked_up(scene, evidence), Role::Text)],
        _elsewhere => Vec::new(),
    }
}

fn labels(label: &'static str, rows: impl Iterator<Item = (String, Role)>) -> Vec<Fact> {
    rows.enumerate().map(|(place, (text, role))| (if place == 0 { label } else { "" }, text, role)).collect()
}

fn member(scene: &Scene<'_>, ix: StepIx) -> (String, Role) {
    let step = scene.ctx.plan.step(ix);
    let status = scene.state().step(ix).status;
    let standing = Standing::Is(status);
    let text = format!("{:<4} {} {}", standing.word(), shown(&step.number), words::said(scene.state(), &step.title));
    (text, if status == StepStatus::NotYet { Role::Text } else { standing.role() })
}

fn looked_up(scene: &Scene<'_>, evidence: &Evidence) -> String {
    let plan = scene.ctx.plan;
    match evidence {
        Evidence::Step(id) => {
            let found = plan.find(id).map(|ix| (&plan.step(ix).number, scene.state().step(ix).status));
            found.map_or_else(
                || format!("step {}", shown(id.as_str())),
                |(number, status)| format!("step {} is ok; it is {status}", shown(number)),
            )
        }
        Evidence::Risk(id) => format!("risk {} is closed", shown(id.as_str())),
        Evidence::Signal { probe, expect } => {
            let wanted: Vec<String> = want::lines(expect).into_iter().skip(1).collect();
            format!("signal {}: {}", shown(probe.as_str()), wanted.join(", "))
        }
    }
}

/// What a step is tied to, before what it does.
pub fn ties(scene: &Scene<'_>, ix: StepIx) -> Vec<Fact> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let (step, own) = (plan.step(ix), state.step(ix));
    let mut facts: Vec<Fact> = Vec::new();
    let open = step.requires.iter().filter(|need| !state.step(**need).status.settled());
    facts.extend(labels("needs", open.map(|need| member(scene, *need))));
    if let Some(at) = state.blocking_risk(plan, ix).filter(|_| !own.status.settled()) {
        let risk = &plan.risks[at];
        let text = format!("risk {} is open: {}. 7 shows it", shown(risk.id.as_str()), words::said(state, &risk.title));
        facts.push(("blocked", text, Role::Danger));
    }
    if let Some((text, role)) = side::by(scene, step.by.as_ref()).filter(|_| !own.status.settled()) {
        facts.push(("due", text, role));
    }
    if let Some(within) = &step.within {
        let of = plan.find(&within.of).map_or_else(|| within.of.to_string(), |of| plan.step(of).number.clone());
        facts.push(("within", format!("{} of {}", plan_length(within.limit), shown(&of)), Role::Text));
    }
    match (own.status, &step.claim) {
        (StepStatus::Claim, Some(claim)) => {
            let text = format!("the source ticks it: {}. Nobody has shown it here", words::said(state, claim));
            facts.push(("claim", text, Role::Warn));
        }
        (StepStatus::Old, _) => {
            let limit = step.fresh.map_or(String::new(), |fresh| format!(" (it counts for {})", plan_length(fresh)));
            facts.push(("old", format!("its evidence is too old{limit}: read it again"), Role::Warn));
        }
        (_, _) => {}
    }
    if let Some(level) = &step.way_back {
        facts.push(("way back", format!("from its start {} is needed", shown(level.as_str())), Role::Warn));
    }
    if let Some(contact) = &step.contact {
        let text = plan.contacts.iter().find(|each| each.name == *contact).map(|each| words::said(state, &each.text));
        let text = text.map_or(String::new(), |text| format!(": {text}"));
        facts.push(("ask", format!("{}{text}", shown(contact)), Role::Text));
    }
    facts
}

/// What the runbook says of a failure, and what it proposes.
pub fn failure(scene: &Scene<'_>, ix: StepIx) -> Vec<Fact> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let own = state.step(ix);
    if !own.status.bad() {
        return Vec::new();
    }
    let mut facts: Vec<Fact> =
        labels("hint", own.hints.iter().map(|hint| (shown(hint.trim()).into_owned(), Role::Warn)));
    let proposed = proposals::of_failed(plan, state, ix);
    facts.extend(labels(
        "plan",
        proposed.iter().map(|outcome| {
            (format!("{} ({})", proposals::words(plan, outcome), proposals::key(plan, outcome)), Role::TextStrong)
        }),
    ));
    facts
}
