//! Two screens about what stands around the steps: Messages (said or not, sign-offs, horizons, contacts), and Risks with the
//! quick fixes.
//!
//! Open blockers stand first. A message is shown as it will be said, its blanks as they are; `said` is only what the records
//! say.

use super::watch::{self, Row, plain};
use super::{Scene, inset, side};
use crate::model::around::Before;
use crate::model::fill;
use crate::model::ids::{ProcedureIx, StepIx};
use crate::model::state::StepStatus;
use crate::model::step::Work;
use crate::model::text::shown;
use crate::tui::overlays::{notify, say, sign_rows};
use crate::tui::theme::{Role, marks::Standing};
use crate::tui::things::{self, Thing};
use crate::tui::widgets::{fit, wrap};
use crate::tui::words;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Draws messages, sign-offs, horizons and contacts.
pub fn draw_messages(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let inner = inset(area);
    let width = usize::from(inner.width);
    let mut rows = vec![plain(scene.line("Messages and sign-offs", Role::TextStrong))];
    for thing in things::of(scene.ctx.plan, scene.state(), scene.eye.screen) {
        match thing {
            Thing::Step(ix) => rows.extend(of_step(scene, ix, width)),
            Thing::Message(at) => rows.extend(loose(scene, at, width)),
            Thing::Trigger(_) | Thing::Probe(_) | Thing::Risk(_) | Thing::Procedure(_) => {}
        }
    }
    if rows.len() == 1 {
        rows.push(plain(scene.line("  This plan names none.", Role::TextDim)));
    }
    rows.push(plain(Line::default()));
    rows.extend(side::horizons(scene, width).into_iter().map(plain));
    rows.extend(contacts(scene, width).into_iter().map(plain));
    watch::draw_marked(frame, inner, scene, rows);
}

fn below(scene: &Scene<'_>, thing: Thing, text: &str, role: Role, width: usize) -> Vec<Row> {
    wrap::words(text, width.saturating_sub(7))
        .into_iter()
        .map(|row| (Some(thing), scene.line(format!("       {row}"), role)))
        .collect()
}

/// A message or sign-off that is a step.
fn of_step(scene: &Scene<'_>, ix: StepIx, width: usize) -> Vec<Row> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let (step, own) = (plan.step(ix), state.step(ix));
    let thing = Thing::Step(ix);
    let standing = super::list::seen(scene, ix, state.next(plan));
    let said = matches!(step.work, Work::Notify(_)) && own.status.passed();
    let word = if said { "said" } else { standing.word() };
    let left = Line::from(vec![
        scene.span(format!("  {word:<4} "), standing.role()),
        scene.span(format!("{} {}", shown(&step.number), words::said(state, &step.title)), Role::Text),
    ]);
    let when = own.ended.filter(|_| own.status.settled()).map(|at| words::clock(state, at.wall));
    let right = match (when, &step.work) {
        (Some(at), _) => format!("at {at}"),
        (None, Work::Notify(_)) => notify::to(&scene.ctx, ix).map_or(String::new(), |to| format!("to {to}")),
        (None, _other) => side::by(scene, step.by.as_ref()).map_or(String::new(), |(words, _)| words),
    };
    let mut rows = vec![(Some(thing), fit::ends(left, Line::from(scene.dim(right)), width))];
    match &step.work {
        Work::Notify(_) => {
            let text = notify::text(&scene.ctx, ix);
            rows.extend(below(scene, thing, &shown(text.trim()), Role::TextDim, width));
        }
        Work::Sign(_) => {
            for (text, role) in sign_rows::roles(&scene.ctx, ix) {
                let role = if own.status == StepStatus::NotYet { Role::TextDim } else { role };
                rows.extend(below(scene, thing, &text, role, width));
            }
        }
        _other => {}
    }
    rows
}

/// A message that no step says.
fn loose(scene: &Scene<'_>, at: usize, width: usize) -> Vec<Row> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let message = &plan.messages[at];
    let thing = Thing::Message(at);
    let to = message.to.as_deref().map_or(String::new(), |to| format!("to {}", words::said(state, to)));
    let left = Line::from(vec![
        scene.span("  text ", Role::TextDim),
        scene.span(shown(message.id.as_str()).into_owned(), Role::Text),
        scene.dim("  enter copies it"),
    ]);
    let mut rows = vec![(Some(thing), fit::ends(left, Line::from(scene.dim(to)), width))];
    if let Some(moment) = &message.moment {
        rows.extend(below(scene, thing, &words::said(state, moment), Role::Text, width));
    }
    let text = words::message(state, &message.text);
    rows.extend(below(scene, thing, &text, Role::TextDim, width));
    let blanks = fill::blanks(&text);
    if !blanks.is_empty() {
        rows.extend(below(scene, thing, &format!("to fill in: {}", blanks.join(", ")), Role::Warn, width));
    }
    rows
}

fn contacts(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    if plan.contacts.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![scene.line("Contacts", Role::TextStrong)];
    let widest = plan.contacts.iter().map(|contact| wrap::width(&shown(&contact.name))).max().unwrap_or(0);
    let column = widest.min(width / 3);
    for contact in &plan.contacts {
        let text = words::said(state, &contact.text);
        for (place, row) in wrap::words(&text, width.saturating_sub(column + 4)).into_iter().enumerate() {
            let name = if place == 0 { shown(&contact.name).into_owned() } else { String::new() };
            let name = scene.span(format!("  {}  ", fit::left(&name, column)), Role::Text);
            lines.push(Line::from(vec![name, scene.dim(row)]));
        }
    }
    lines
}

/// Draws the risk register and the quick fixes.
pub fn draw_risks(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let inner = inset(area);
    let width = usize::from(inner.width);
    let (plan, state) = (scene.ctx.plan, scene.state());
    let open = state.open_blockers(plan).len();
    let (words, role) = match (plan.risks.is_empty(), open) {
        (true, _) => ("Risks: this plan names none".to_owned(), Role::TextDim),
        (false, 0) => ("Risks: no blocker is open".to_owned(), Role::TextStrong),
        (false, 1) => ("Risks: 1 blocker is open".to_owned(), Role::Danger),
        (false, more) => (format!("Risks: {more} blockers are open"), Role::Danger),
    };
    let mut rows = vec![plain(scene.line(words, role))];
    let things = things::of(plan, state, scene.eye.screen);
    for thing in &things {
        if let Thing::Risk(at) = thing {
            rows.extend(risk(scene, *at, width));
        }
    }
    rows.push(plain(Line::default()));
    let none = if plan.procedures.is_empty() { ": this plan names none" } else { "" };
    rows.push(plain(scene.line(format!("Quick fixes{none}"), Role::TextStrong)));
    for thing in &things {
        if let Thing::Procedure(ix) = thing {
            rows.push(quick_fix(scene, *ix, width));
        }
    }
    watch::draw_marked(frame, inner, scene, rows);
}

fn risk(scene: &Scene<'_>, at: usize, width: usize) -> Vec<Row> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let risk = &plan.risks[at];
    let thing = Thing::Risk(at);
    let open = state.is_risk_open(plan, at);
    let (word, role) = match (open, risk.blocker) {
        (true, true) => ("OPEN", Role::Danger),
        (true, false) => ("open", Role::Warn),
        (false, _) => ("shut", Role::TextDim),
    };
    let text = format!("{} {}", shown(risk.id.as_str()), words::said(state, &risk.title));
    let left = Line::from(vec![
        scene.span(format!("  {word:<4} "), role),
        scene.span(text, if open { Role::Text } else { Role::TextDim }),
    ]);
    let before = match (&risk.before, risk.blocker && open) {
        (_, false) => String::new(),
        (None, true) => "  blocks the first phase".into(),
        (Some(Before::Phase(phase)), true) => format!("  blocks {}", shown(phase.as_str())),
        (Some(Before::Step(step)), true) => {
            let number = plan.find(step).map_or_else(|| step.to_string(), |ix| plan.step(ix).number.clone());
            format!("  blocks {}", shown(&number))
        }
    };
    let right = Line::from(vec![scene.span(risk.level.word(), role), scene.span(before, role)]);
    let mut rows = vec![(Some(thing), fit::ends(left, right, width))];
    if let Some((why, by)) = state.risks_closed.get(&risk.id) {
        let text = format!("closed by {}: {}", shown(&by.shown()), shown(why));
        rows.extend(below(scene, thing, &text, Role::TextDim, width));
        return rows;
    }
    let facts =
        [("impact", &risk.impact), ("against it", &risk.mitigation), ("owner", &risk.owner), ("see", &risk.link)];
    for (label, text) in facts.into_iter().filter_map(|(label, text)| Some((label, text.as_ref()?))) {
        rows.extend(below(scene, thing, &format!("{label}: {}", words::said(state, text)), Role::TextDim, width));
    }
    let closers: Vec<String> = risk
        .closed_by
        .iter()
        .filter_map(|step| plan.find(step))
        .map(|ix| format!("{} ({})", shown(&plan.step(ix).number), Standing::Is(state.step(ix).status).word()))
        .collect();
    if !closers.is_empty() {
        rows.extend(below(scene, thing, &format!("closed by {}", closers.join(", ")), Role::TextDim, width));
    }
    rows
}

fn quick_fix(scene: &Scene<'_>, ix: ProcedureIx, width: usize) -> Row {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let procedure = plan.procedure(ix);
    let left = format!("  {}  {}", shown(procedure.id.as_str()), words::said(state, &procedure.title));
    let (right, role) = if state.is_called(plan, ix) {
        ("RUN".to_owned(), Role::Run)
    } else {
        (say::count(procedure.steps.len(), "step"), Role::TextDim)
    };
    (Some(Thing::Procedure(ix)), fit::ends(scene.line(left, Role::Text), scene.line(right, role), width))
}
