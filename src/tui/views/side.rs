//! What is owed, who is here, and what people noted: the third pane of a wide screen, and a screen of its own on `3` or `w`.

use super::{Scene, inset, put};
use crate::model::text::shown;
use crate::model::time::plan_length;
use crate::tui::theme::{Role, marks::Standing};
use crate::tui::widgets::{fit, wrap};
use crate::tui::words;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Log words that people want to see beside the plan.
const TELLING: [&str; 8] = ["note", "hold", "alarm", "decision", "vote", "rollback", "resume", "clock"];

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let area = inset(area);
    let width = usize::from(area.width);
    let mut lines = owed(scene, width);
    lines.extend(levels(scene, width));
    lines.extend(screens(scene, width));
    let height = usize::from(area.height);
    lines.extend(notes(scene, width, height.saturating_sub(lines.len() + 2).max(8)));
    let window = scene.eye.side.window(lines.len(), height, None);
    put(frame, area, &lines[window]);
}

fn title(scene: &Scene<'_>, word: &str) -> Line<'static> {
    scene.line(word, Role::TextStrong)
}

fn owed(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let owing = state.owing(plan);
    let mut lines = vec![title(scene, "Owed")];
    if owing.is_empty() {
        lines.push(scene.line("  nothing", Role::TextDim));
    }
    for ix in owing {
        let step = plan.step(ix);
        let standing = Standing::Is(state.step(ix).status);
        let text = format!("  {} {}", shown(&step.number), words::said(state, &step.title));
        lines.push(fit::ends(scene.line(text, Role::Text), scene.line(standing.word(), standing.role()), width));
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
