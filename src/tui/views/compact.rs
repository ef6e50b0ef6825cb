//! The step in a few rows, under the plan of a narrow screen: the command's first rows, what must come, what came.

use super::{Scene, kinds, put, step, tail, want};
use crate::model::ids::StepIx;
use crate::model::state::StepStatus;
use crate::model::step::Work;
use crate::model::text::shown;
use crate::tui::theme::Role;
use crate::tui::widgets::{fit, wrap};
use crate::tui::words;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Draws the selected step in `area`.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let Some(ix) = step::shown_step(scene) else { return };
    let width = usize::from(area.width).saturating_sub(1);
    let height = usize::from(area.height);
    let number = shown(&scene.ctx.plan.step(ix).number).into_owned();
    let got = got(scene, ix, width, height.saturating_sub(1));
    let mut lines = what(scene, ix, (&number, width), height.saturating_sub(got.len()).max(1));
    lines.extend(got);
    let indented: Vec<Line<'static>> = lines
        .into_iter()
        .map(|mut line| {
            line.spans.insert(0, scene.dim(" "));
            line
        })
        .collect();
    put(frame, area, &indented);
}

/// What runs or is asked, in at most `most` rows; what does not fit is said to be there.
fn what(scene: &Scene<'_>, ix: StepIx, at: (&str, usize), most: usize) -> Vec<Line<'static>> {
    let (number, width) = at;
    let (state, planned) = (scene.state(), scene.ctx.plan.step(ix));
    let (mark, text, role) = match &planned.work {
        Work::Run(command) => ("$", step::command_text(scene, command), Role::Cmd),
        Work::Check(items) => {
            let next = (0..items.len()).find(|item| !state.step(ix).answers.contains_key(item)).unwrap_or(0);
            ("look:", items.get(next).map(|item| words::said(state, &item.text)).unwrap_or_default(), Role::Text)
        }
        Work::Measure(question) | Work::Ask(question) => ("asks:", words::said(state, &question.text), Role::Text),
        Work::Choose { text, .. } => ("choose:", words::said(state, text), Role::Text),
        Work::Wait(when) => {
            let to = state.step(ix).until.map_or(String::new(), |at| format!(", to {}", words::second(state, at)));
            ("waits:", format!("{}{to}", shown(&when.shown())), Role::Text)
        }
        Work::Gate(gate) => ("go/no-go:", words::said(state, &gate.text), Role::Text),
        Work::Monitor(_) => ("watch:", words::said(state, &planned.title), Role::TextStrong),
        Work::Sign(sign) => ("sign:", words::said(state, &sign.text), Role::Text),
        Work::Notify(notice) => {
            ("say:", words::message(state, scene.ctx.plan.message_text(&notice.message)), Role::Text)
        }
        Work::Call(_) | Work::Group(_) => ("steps:", words::said(state, &planned.title), Role::Text),
        Work::Evidence(_) => ("known:", words::said(state, &planned.title), Role::Text),
    };
    let head = format!("{number} {mark} ");
    let indent = wrap::width(&head);
    let rows: Vec<String> = text.split('\n').flat_map(|line| wrap::cells(line, width.saturating_sub(indent))).collect();
    let left = rows.len().saturating_sub(most);
    if left == 0 {
        scene.eye.shown_whole.set(Some(ix));
    }
    let mut lines = Vec::new();
    for (place, row) in rows.into_iter().take(most).enumerate() {
        let before = if place == 0 { head.clone() } else { " ".repeat(indent) };
        let line = Line::from(vec![scene.span(before, Role::TextDim), scene.span(row, role)]);
        lines.push(if place + 1 == most && left > 0 {
            let more = Line::from(vec![
                scene.dim(format!(" {left} more, ")),
                scene.span("2", Role::Key),
                scene.dim(" shows all"),
            ]);
            fit::ends(line, more, width)
        } else {
            line
        });
    }
    lines
}

/// What must come and what came, most telling first, in at most `most` rows.
fn got(scene: &Scene<'_>, ix: StepIx, width: usize, most: usize) -> Vec<Line<'static>> {
    let (planned, own) = (scene.ctx.plan.step(ix), scene.state().step(ix));
    let mut lines = Vec::new();
    let row = |label: &str, text: String, role: Role| {
        fit::cut_line(Line::from(vec![scene.dim(format!("    {label:<8}")), scene.span(text, role)]), width)
    };
    if own.checks.is_empty() {
        if let Some(command) = planned.command() {
            lines.push(row("expect", want::lines(&command.expect).join(", "), Role::Text));
        }
    } else {
        let bad = own.checks.iter().filter(|check| !check.ok);
        for check in bad.chain(own.checks.iter().filter(|check| check.ok)).take(2) {
            let (label, role) = if check.ok { ("ok", Role::Ok) } else { ("FAIL", Role::Fail) };
            lines.push(row(label, format!("{}, saw {}", shown(&check.want), shown(&check.saw)), role));
        }
    }
    if matches!(planned.work, Work::Monitor(_) | Work::Sign(_)) {
        for (label, text, role) in kinds::work(scene, ix, width).into_iter().skip(1) {
            lines.push(row(label, text, role));
        }
    }
    for (label, text, role) in kinds::failure(scene, ix) {
        lines.push(row(label, text, role));
    }
    if let Some(reason) = own.reason.as_ref().filter(|_| own.status != StepStatus::Running) {
        lines.push(row("reason", shown(reason).into_owned(), Role::Text));
    }
    if !own.holders.is_empty() {
        let names: Vec<String> =
            own.holders.iter().map(|held| format!("{} (pid {})", shown(&held.comm), held.pid)).collect();
        lines.push(row("held by", names.join(", "), Role::Warn));
    }
    if planned.command().is_some() && own.attempt > 0 {
        let room = most.saturating_sub(lines.len()).clamp(1, 3);
        for printed in tail::tail(scene.ctx.port, &planned.id, own, step::extents(scene, ix), room) {
            let mut line = step::printed_line(scene, &printed, width.saturating_sub(4));
            line.spans.insert(0, scene.dim("    "));
            lines.push(line);
        }
    } else if let Work::Check(items) = &planned.work
        && items.len() > 1
    {
        lines.push(row("of", format!("{} statements, {} answered", items.len(), own.answers.len()), Role::Text));
    }
    if let Some(why) = planned.why.as_ref().filter(|_| lines.len() < most) {
        lines.push(row("why", words::said(scene.state(), why), Role::TextDim));
    }
    lines.truncate(most);
    lines
}
