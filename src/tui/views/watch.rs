//! Watch: triggers with how long their condition has held, signals with value, age and how they went, monitors that look on,
//! commands that run beside, then what is owed, the ways back, screens and notes.
//!
//! A value that is unknown is `?` and says why. The third pane of a wide screen shows the same in fewer columns.

use super::{Scene, inset, put, side};
use crate::model::ids::{ProbeIx, StepIx, TriggerIx};
use crate::model::text::shown;
use crate::model::time::clock_length;
use crate::tui::theme::Role;
use crate::tui::things::{self, Thing};
use crate::tui::widgets::{fit, wrap};
use crate::tui::{watched, words};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// A row, and what it is a row of where that can be marked.
pub type Row = (Option<Thing>, Line<'static>);

/// Draws the screen.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let inner = inset(area);
    let width = usize::from(inner.width);
    let mut rows = rows(scene, width);
    rows.extend(
        side::around(scene, width, usize::from(inner.height).saturating_sub(rows.len())).into_iter().map(plain),
    );
    draw_marked(frame, inner, scene, rows);
}

pub(super) fn plain(line: Line<'static>) -> Row {
    (None, line)
}

/// Draws rows of which one is marked; it is always among those that are seen.
pub(super) fn draw_marked(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>, rows: Vec<Row>) {
    let things = things::of(scene.ctx.plan, scene.state(), scene.eye.screen);
    let marked = things.get(scene.eye.mark.min(things.len().saturating_sub(1))).copied();
    let first = marked.and_then(|marked| rows.iter().position(|(thing, _)| *thing == Some(marked)));
    let last = marked.and_then(|marked| rows.iter().rposition(|(thing, _)| *thing == Some(marked)));
    // The title over the first of them comes into view with it.
    let keep = if scene.eye.mark == 0 { first.map(|_| 0) } else { last };
    let keeps = keep.filter(|_| scene.eye.keeps_mark.get());
    let window = scene.eye.side.window(rows.len(), usize::from(area.height), keeps);
    // Scrolled past, it keeps nothing in view until it has come back itself.
    scene.eye.keeps_mark.set(keep.is_none_or(|keep| window.contains(&keep)));
    let lines: Vec<Line<'static>> = rows[window.clone()].iter().map(|(_, line)| line.clone()).collect();
    put(frame, area, &lines);
    for (y, at) in (area.y..).zip(window) {
        let is_marked = marked.is_some() && rows[at].0 == marked;
        if !is_marked {
            continue;
        }
        let row = Rect { x: area.x.saturating_sub(1), y, width: area.width + 1, height: 1 };
        frame.buffer_mut().set_style(row, scene.style(Role::Select));
        if Some(at) == first {
            frame.buffer_mut().set_stringn(row.x, y, ">", 1, scene.style(Role::Focus));
        }
    }
}

/// What is watched, in rows of at most `width` cells; empty where the plan watches nothing.
pub fn rows(scene: &Scene<'_>, width: usize) -> Vec<Row> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let mut rows = Vec::new();
    if !plan.triggers.is_empty() {
        rows.push(plain(title(scene, "Triggers")));
        (0..plan.triggers.len()).for_each(|at| rows.extend(trigger(scene, TriggerIx(at), width)));
        rows.push(plain(Line::default()));
    }
    let probes = things::probes(plan, state);
    if !probes.is_empty() {
        rows.push(plain(title(scene, "Signals")));
        probes.into_iter().for_each(|ix| rows.extend(probe(scene, ix, width)));
        rows.push(plain(Line::default()));
    }
    let monitors = watched::monitors(plan, state);
    if !monitors.is_empty() {
        rows.push(plain(title(scene, "Looking on")));
        monitors.into_iter().for_each(|ix| rows.extend(monitor(scene, ix, width)));
        rows.push(plain(Line::default()));
    }
    let beside = things::beside(plan, state);
    if !beside.is_empty() {
        rows.push(plain(title(scene, "Beside")));
        beside.into_iter().for_each(|ix| rows.push(runs_beside(scene, ix, width)));
        rows.push(plain(Line::default()));
    }
    rows
}

fn title(scene: &Scene<'_>, word: &str) -> Line<'static> {
    scene.line(word.to_owned(), Role::TextStrong)
}

/// Rows of one thing: the first as it is, what does not fit below it, set in.
fn wrapped(scene: &Scene<'_>, thing: Thing, text: &str, at: (usize, Role), width: usize) -> Vec<Row> {
    let (indent, role) = at;
    let row = |row: String| (Some(thing), scene.line(format!("{}{row}", " ".repeat(indent)), role));
    wrap::words(text, width.saturating_sub(indent)).into_iter().map(row).collect()
}

fn trigger(scene: &Scene<'_>, ix: TriggerIx, width: usize) -> Vec<Row> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let thing = Thing::Trigger(ix);
    let (word, what, role) = watched::trigger(plan, state, ix);
    let leads = watched::leads_to(plan, ix);
    let name = words::said(state, &plan.trigger(ix).title);
    let mut left = Line::from(vec![scene.span(format!("  {word:<8}"), role), scene.span(name, Role::Text)]);
    let on_one_line = width >= 72 && !what.is_empty() && wrap::width(&what) + left.width() + leads.len() + 8 < width;
    if on_one_line {
        left.push_span(scene.span(format!("  {what}"), role));
    }
    let beside = width >= 56;
    let right = if beside { leads.clone() } else { String::new() };
    let mut rows = vec![(Some(thing), fit::ends(left, Line::from(scene.dim(right)), width))];
    if !what.is_empty() && !on_one_line {
        rows.extend(wrapped(scene, thing, &what, (10, role), width));
    }
    if !beside && !leads.is_empty() {
        rows.extend(wrapped(scene, thing, &leads, (10, Role::TextDim), width));
    }
    rows
}

fn probe(scene: &Scene<'_>, ix: ProbeIx, width: usize) -> Vec<Row> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let thing = Thing::Probe(ix);
    let now = watched::reading(plan, state, ix, scene.ctx.now);
    let hand = if watched::by_hand(plan, ix) { "  enter types it" } else { "" };
    let name = words::said(state, &plan.probe(ix).title);
    if width < 60 {
        let left = Line::from(scene.span(format!("  {name}"), Role::Text));
        let value = Line::from(scene.span(wrap::cut(&now.value, width / 2), now.role));
        let mut rows = vec![(Some(thing), fit::ends(left, value, width))];
        let spark = watched::spark(state, ix, None, (width / 2).saturating_sub(4), scene.ctx.theme.glyphs);
        let (short, long) = if wrap::width(&now.age) + wrap::width(&spark) + 6 < width {
            (now.age, None)
        } else {
            (String::new(), Some(now.age))
        };
        if !spark.is_empty() || !short.is_empty() {
            let left = Line::from(scene.dim(format!("    {spark}")));
            rows.push((Some(thing), fit::ends(left, Line::from(scene.dim(short)), width)));
        }
        if let Some(age) = long {
            rows.extend(wrapped(scene, thing, &age, (4, Role::TextDim), width));
        }
        return rows;
    }
    let titles = (width / 3).clamp(16, 34);
    let values = 12;
    let mut line = Line::from(vec![
        scene.span(format!("  {} ", fit::left(&name, titles)), Role::Text),
        scene.span(fit::left(&now.value, values), now.role),
    ]);
    let left = width.saturating_sub(line.width() + 2);
    let said = format!("{}{hand}", now.age);
    let sparks = left.saturating_sub(wrap::width(&said) + 2).min(60);
    let spark =
        if sparks >= 8 { watched::spark(state, ix, None, sparks, scene.ctx.theme.glyphs) } else { String::new() };
    line.push_span(scene.dim("  "));
    if !spark.is_empty() {
        line.push_span(scene.span(format!("{spark}  "), Role::TextDim));
    }
    line.push_span(scene.dim(said));
    vec![(Some(thing), fit::cut_line(line, width))]
}

fn monitor(scene: &Scene<'_>, ix: StepIx, width: usize) -> Vec<Row> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let thing = Thing::Step(ix);
    let (words, role) = watched::monitor(plan, state, ix, scene.ctx.now);
    let name = format!("  {} {}", shown(&plan.step(ix).number), words::said(state, &plan.step(ix).title));
    let mut rows = vec![(Some(thing), fit::cut_line(scene.line(name, Role::Text), width))];
    rows.extend(wrapped(scene, thing, &words, (4, role), width));
    rows
}

fn runs_beside(scene: &Scene<'_>, ix: StepIx, width: usize) -> Row {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let name = format!("  {} {}", shown(&plan.step(ix).number), words::said(state, &plan.step(ix).title));
    let ran = state.elapsed(ix, scene.ctx.now).map(clock_length).unwrap_or_default();
    let right = Line::from(scene.span(format!("RUN {ran}"), Role::Run));
    (Some(Thing::Step(ix)), fit::ends(scene.line(name, Role::Text), right, width))
}
