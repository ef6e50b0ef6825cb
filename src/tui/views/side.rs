//! What is owed, who is here, and what people noted: the third pane of a wide screen, below what is watched.

use super::{Scene, inset, put, watch};
use crate::model::schedule::{self, Late};
use crate::model::text::shown;
use crate::model::time::plan_length;
use crate::model::when::When;
use crate::tui::theme::{Role, marks::Standing};
use crate::tui::widgets::{fit, wrap};
use crate::tui::words;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Log words that people want to see beside the plan.
const TELLING: [&str; 13] = [
    "note", "hold", "alarm", "decision", "vote", "rollback", "resume", "clock", "trigger", "sign", "call", "risk",
    "warn",
];

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let area = inset(area);
    let width = usize::from(area.width);
    let height = usize::from(area.height);
    let mut lines: Vec<Line<'static>> = watch::rows(scene, width).into_iter().map(|(_, line)| line).collect();
    lines.extend(around(scene, width, height.saturating_sub(lines.len())));
    let window = scene.eye.side.window(lines.len(), height, None);
    put(frame, area, &lines[window]);
}

/// What stands around the steps: what is owed, the ways back, horizons, screens, notes.
pub fn around(scene: &Scene<'_>, width: usize, height: usize) -> Vec<Line<'static>> {
    let mut lines = owed(scene, width);
    lines.extend(horizons(scene, width));
    lines.extend(levels(scene, width));
    lines.extend(screens(scene, width));
    lines.extend(notes(scene, width, height.saturating_sub(lines.len() + 2).max(8)));
    lines
}

fn title(scene: &Scene<'_>, word: &str) -> Line<'static> {
    scene.line(word, Role::TextStrong)
}

fn owed(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let owing = state.owing(plan);
    let mut lines = vec![title(scene, "Owed")];
    let late: Vec<(Late, i64)> = schedule::late(plan, state, scene.ctx.now);
    let late: Vec<_> = late.into_iter().filter(|(late, _)| !owing.iter().any(|ix| *late == Late::Step(*ix))).collect();
    if owing.is_empty() && late.is_empty() {
        lines.push(scene.line("  nothing", Role::TextDim));
    }
    for (late, since) in late {
        let text = format!("  {}", late_name(scene, late));
        let right = scene.line(format!("late since {}", at_words(scene, since)), Role::TimeOver);
        lines.push(fit::ends(scene.line(text, Role::Text), right, width));
    }
    for ix in owing {
        let step = plan.step(ix);
        let standing = Standing::Is(state.step(ix).status);
        let text = format!("  {} {}", shown(&step.number), words::said(state, &step.title));
        let (by, role) = match by(scene, step.by.as_ref()) {
            Some((words, role)) => (format!("{words}  "), role),
            None => (String::new(), Role::TextDim),
        };
        let right = Line::from(vec![scene.span(by, role), scene.span(standing.word(), standing.role())]);
        lines.push(fit::ends(scene.line(text, Role::Text), right, width));
    }
    lines.push(Line::default());
    lines
}

/// What is late, by its name.
fn late_name(scene: &Scene<'_>, late: Late) -> String {
    let (plan, state) = (scene.ctx.plan, scene.state());
    match late {
        Late::Step(ix) => format!("{} {}", shown(&plan.step(ix).number), words::said(state, &plan.step(ix).title)),
        Late::Phase(at) => {
            format!("Phase {} {}", shown(&plan.phases[at].number), words::said(state, &plan.phases[at].title))
        }
        Late::Horizon(at) => words::said(state, &plan.horizons[at].title),
    }
}

/// `by 15:45`, or `late since 15:45`.
pub fn by(scene: &Scene<'_>, by: Option<&When>) -> Option<(String, Role)> {
    Some(by_wall(scene, schedule::bind(scene.ctx.plan, scene.state(), by?)?))
}

/// The same of an instant: of a round of a horizon, whose `by` goes on with it.
pub fn by_wall(scene: &Scene<'_>, wall: i64) -> (String, Role) {
    let at = at_words(scene, wall);
    match wall < scene.ctx.now.wall {
        true => (format!("late since {at}"), Role::TimeOver),
        false => (format!("by {at}"), Role::TextDim),
    }
}

/// Time of day, with the date where that is not today: `15:45`, `2026-11-22 15:00`.
pub fn at_words(scene: &Scene<'_>, wall: i64) -> String {
    words::day(scene.state(), wall, scene.ctx.now)
}

/// What must be true so long after the event: how far it is, when it is due, whether it is late.
pub fn horizons(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    if plan.horizons.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![title(scene, "Horizons")];
    for (at, horizon) in plan.horizons.iter().enumerate() {
        let progress = state.progress(&horizon.steps);
        let round = if horizon.every.is_some() { format!(", round {}", state.rounds[at] + 1) } else { String::new() };
        let text = format!("  {}  {}/{}{round}", words::said(state, &horizon.title), progress.done, progress.total);
        let due = schedule::horizon_due(plan, state, at).filter(|due| *due > scene.ctx.now.wall && !progress.is_done());
        let from = due.map(|due| (format!("at {}", at_words(scene, due)), Role::TextDim));
        let (when, role) = match (progress.is_done(), from) {
            (true, _) => ("done".to_owned(), Role::Ok),
            (false, from) => {
                let by = schedule::horizon_by(plan, state, at).map(|by| by_wall(scene, by));
                let late = by.clone().filter(|(_, role)| *role == Role::TimeOver);
                late.or(from).or(by).unwrap_or_else(|| (String::new(), Role::TextDim))
            }
        };
        lines.push(fit::ends(scene.line(text, Role::Text), scene.line(when, role), width));
    }
    lines.push(Line::default());
    lines
}

fn levels(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    if plan.levels.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![title(scene, "Ways back")];
    for (at, level) in plan.levels.iter().enumerate() {
        let offered = crate::model::schedule::offered(plan, state, crate::model::ids::LevelIx(at));
        let budget = level.budget.map(plan_length).unwrap_or_default();
        let text = format!("  {} {}", shown(level.id.as_str()), words::said(state, &level.title));
        let (right, role) = if offered { (budget, Role::Text) } else { ("past".to_owned(), Role::TextDim) };
        lines.push(fit::ends(scene.line(text, role), scene.line(right, Role::TextDim), width));
    }
    lines.push(Line::default());
    lines
}

fn screens(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let state = scene.state();
    let mut lines = vec![title(scene, "Screens")];
    for client in state.clients.values() {
        let what = if client.drives { "drives" } else { "watches" };
        let since = words::clock(state, client.since.wall);
        let text = scene.line(format!("  {}", shown(&client.who.shown())), Role::Text);
        lines.push(fit::ends(text, scene.line(format!("{what} since {since}"), Role::TextDim), width));
    }
    if state.clients.is_empty() {
        lines.push(scene.line("  none", Role::TextDim));
    }
    lines.push(Line::default());
    lines
}

fn notes(scene: &Scene<'_>, width: usize, most: usize) -> Vec<Line<'static>> {
    let state = scene.state();
    let mut lines = Vec::new();
    for entry in state.log.iter().rev().filter(|entry| TELLING.contains(&entry.word)) {
        let text = format!("{} {}", words::clock(state, entry.at.wall), shown(&entry.text));
        let role = if entry.word == "alarm" { Role::Warn } else { Role::Text };
        for (place, row) in wrap::words(&text, width.saturating_sub(8)).into_iter().enumerate().take(3) {
            let indent = if place == 0 { "  " } else { "        " };
            lines.push(Line::from(vec![scene.dim(indent), scene.span(row, role)]));
        }
        if lines.len() >= most {
            break;
        }
    }
    if lines.is_empty() {
        lines.push(scene.line("  none; c writes one", Role::TextDim));
    }
    lines.insert(0, title(scene, "Notes"));
    lines
}
