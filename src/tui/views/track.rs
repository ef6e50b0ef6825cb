//! The head of a replay: what the journal is, how it is played, and the run's course over its plan's, with marks.
//!
//! It stands above the live screens, in three rows where there is room, in one where there is not; its first row is there at
//! every size. Both tracks have one scale, so that what lies below each other was, or was to be, at the same time.

use super::{put, rows_of};
use crate::feed::replay::{Mark, MarkKind, Verdict};
use crate::model::ids::StepIx;
use crate::model::schedule;
use crate::model::state::RunState;
use crate::model::text::shown;
use crate::model::time::clock_length;
use crate::tui::replay::{OneStep, Player};
use crate::tui::theme::{Glyphs, Role, Theme};
use crate::tui::widgets::{fit, wrap};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Before a track: ` act  `.
const LABEL: usize = 6;
/// After one: `  12:47:05 of 12:31:04`.
const TIMES: usize = 22;

/// Draws it; gives the area that is left.
pub fn draw(frame: &mut Frame<'_>, area: Rect, of: (&Player, &RunState, &Theme)) -> Rect {
    let rows = match (area.width, area.height) {
        (_, 0..3) => return area,
        (60.., 20..) => 3,
        (40.., 14..) => 2,
        _ => 1,
    };
    let (player, state, theme) = of;
    let width = usize::from(area.width);
    let head = rows_of(area, 0, rows);
    frame.buffer_mut().set_style(head, theme.style(Role::Text));
    frame.buffer_mut().set_style(rows_of(area, 0, 1), theme.style(Role::EnvReplay));
    let mut lines = vec![first(player, theme, width)];
    if rows > 1 {
        let scale = Scale::of(player, width.saturating_sub(LABEL + TIMES + 2));
        lines.push(actual(player, theme, &scale));
        lines.push(planned(player, state, theme, &scale));
    }
    put(frame, head, &lines);
    rows_of(area, rows, area.height - rows)
}

/// `REPLAY (read only)  run 0007  chain ok 412/412   x4   idle gaps cut to 2s`.
fn first(player: &Player, theme: &Theme, width: usize) -> Line<'static> {
    let style = theme.style(Role::EnvReplay);
    let word = if width >= 60 { " REPLAY (read only)" } else { " REPLAY" };
    let chain = chain(&player.known().verdict);
    let going = match (player.playing, player.follows()) {
        (true, true) => "following".to_owned(),
        (true, false) => player.speed.shown(),
        (false, _) => format!("{} paused", player.speed.shown()),
    };
    let gaps = match (player.gap(), player.cuts) {
        (Some(gap), _) => format!("gap {}", gap_words(gap)),
        (None, true) => "idle gaps cut to 2s".to_owned(),
        (None, false) => "real gaps".to_owned(),
    };
    let stops = if player.stops { "stops at marks" } else { "" };
    let one = player.one.as_ref().map(|one| format!("only {}", shown(&player.plan().step(one.step).number)));
    let mut parts = vec![format!("run {}", shown(player.run())), chain, going];
    parts.extend([one.unwrap_or_default(), gaps, stops.to_owned()]);
    parts.retain(|part| !part.is_empty());
    let total = |parts: &[String]| wrap::width(word) + parts.iter().map(|part| wrap::width(part) + 3).sum::<usize>();
    while total(&parts) > width && parts.len() > 2 {
        parts.pop();
    }
    let text = parts.iter().fold(word.to_owned(), |text, part| format!("{text}   {part}"));
    fit::cut_line(Line::styled(text, style), width).style(style)
}

/// What the journal was found to be, in a few words.
pub fn chain(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Reading(records) => format!("checking, {records} ok"),
        Verdict::Whole { records, .. } => format!("chain ok {records}/{records}"),
        Verdict::Torn { good } => format!("ended mid-write; {good} good"),
        Verdict::Broken { good, later, .. } => format!("chain BROKEN {good}/{}", good + later),
    }
}

/// `31m`, `45s`, `2h05m`.
pub fn gap_words(gap: Duration) -> String {
    match gap.as_secs() {
        seconds @ 0..120 => format!("{seconds}s"),
        seconds @ 120..7200 => format!("{}m", seconds / 60),
        seconds => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// How time lies on the cells of a track.
struct Scale {
    cells: usize,
    length: u64,
}

impl Scale {
    /// As long as the run was or is to be; a plan that goes on for long after the run is cut, so that the run is to be seen.
    fn of(player: &Player, cells: usize) -> Self {
        let run = player.known().end.lived.max(player.lived()).max(1);
        let plan = spans_of(player, None).iter().map(|(_, _, to)| *to).max().unwrap_or(0);
        Self { cells: cells.max(4), length: run.max(plan.min(run.saturating_mul(2))) }
    }

    /// The cell of an instant.
    fn cell(&self, lived: u64) -> usize {
        let place = u128::from(lived.min(self.length)) * self.cells as u128 / u128::from(self.length.max(1));
        usize::try_from(place).unwrap_or(0).min(self.cells - 1)
    }
}

/// Planned spans of the phases in the run's own time: place, from, to.
fn spans(player: &Player) -> Vec<(usize, u64, u64)> {
    spans_of(player, player.one.as_ref().map(|one| one.step))
}

/// The same of one step only, or of all.
fn spans_of(player: &Player, only: Option<StepIx>) -> Vec<(usize, u64, u64)> {
    let known = player.known();
    let (plan, end) = (player.plan(), &known.end);
    if end.started.is_none() || end.is_drill() {
        return Vec::new();
    }
    let mut found: Vec<(usize, u64, u64)> = Vec::new();
    for (ix, times) in schedule::planned(plan, end) {
        let (Some(start), Some(phase)) = (times.start, plan.phase_of(ix)) else { continue };
        if only.is_some_and(|only| only != ix) {
            continue;
        }
        let (from, to) = (known.lived_at(start), known.lived_at(times.end.unwrap_or(start)));
        match found.last_mut() {
            Some((last, _, end)) if *last == phase => *end = (*end).max(to),
            Some(_) | None => found.push((phase, from, to)),
        }
    }
    found
}

/// What a cell of a track shows.
type Cell = (char, Role);

fn actual(player: &Player, theme: &Theme, scale: &Scale) -> Line<'static> {
    let known = player.known();
    let now = scale.cell(player.lived());
    let mut cells = vec![(' ', Role::TextDim); scale.cells];
    let (done, open) = letters(theme.glyphs);
    let end = scale.cell(known.end.lived);
    for (at, cell) in cells.iter_mut().enumerate().take(end + 1) {
        *cell = if at <= now { (done.1, Role::TextDim) } else { (open.1, Role::TextDim) };
    }
    if let Some(one) = &player.one {
        for (from, to) in &one.spans {
            let (from, to) = (scale.cell(*from), scale.cell(*to));
            for (at, cell) in cells.iter_mut().enumerate().take(to + 1).skip(from) {
                *cell = if at <= now { (done.0, Role::Ok) } else { (open.0, Role::Text) };
            }
        }
    }
    let phases = known.phases.iter().enumerate().filter(|_| player.one.is_none());
    for (place, span) in phases {
        let Some((from, to)) = span else { continue };
        let (from, to) = (scale.cell(*from), scale.cell(*to));
        for (at, cell) in cells.iter_mut().enumerate().take(to + 1).skip(from) {
            *cell = if at <= now { (done.0, Role::Ok) } else { (open.0, Role::TextDim) };
        }
        name(&mut cells, player, place, (from, to));
    }
    let mut weights = vec![0; scale.cells];
    let shows = |mark: &&Mark| {
        let step = || known.log().up_to(mark.seq.0).checked_sub(1).and_then(|at| known.log().get(at));
        let of_it = |one: &OneStep| step().is_some_and(|entry| entry.seq == mark.seq && entry.step == Some(one.step));
        mark.kind != MarkKind::Phase && player.one.as_ref().is_none_or(of_it)
    };
    for mark in known.marks.iter().filter(shows) {
        let at = scale.cell(mark.lived);
        if mark.kind.weight() >= weights[at] {
            weights[at] = mark.kind.weight();
            cells[at] = (mark.kind.letter(), role(mark.kind));
        }
    }
    let length = clock_length(Duration::from_micros(known.end.lived));
    let times = format!("  {} of {length}", clock_length(Duration::from_micros(player.lived())));
    track(" act  ", &cells, (Some(now), times), theme)
}

fn planned(player: &Player, state: &RunState, theme: &Theme, scale: &Scale) -> Line<'static> {
    let found = spans(player);
    let mut cells = vec![(' ', Role::TextDim); scale.cells];
    let (_, open) = letters(theme.glyphs);
    for (place, from, to) in &found {
        let (from, to) = (scale.cell(*from), scale.cell(*to));
        for cell in &mut cells[from..=to] {
            *cell = (open.0, Role::Text);
        }
        if player.one.is_none() {
            name(&mut cells, player, *place, (from, to));
        }
    }
    let times = match (found.first(), found.last()) {
        (Some((_, from, _)), Some((_, _, to))) if to > from => {
            format!("  planned {}", clock_length(Duration::from_micros(to - from)))
        }
        _ if state.is_drill() => "  a drill: no times".into(),
        _ => "  nothing is timed".into(),
    };
    track(" plan ", &cells, (None, times), theme)
}

/// A phase's number in the middle of its span, where there is room for it; its end is marked.
fn name(cells: &mut [Cell], player: &Player, place: usize, (from, to): (usize, usize)) {
    let Some(phase) = player.plan().phases.get(place) else { return };
    let text = format!("P{}", shown(&phase.number));
    if text.is_ascii() && to - from > text.len() + 1 {
        let start = from + (to - from).saturating_sub(text.len()) / 2;
        for (cell, letter) in cells[start..].iter_mut().zip(text.chars()) {
            *cell = (letter, Role::TextStrong);
        }
    }
    if to > from + 1 {
        cells[to].0 = '|';
    }
}

/// What was and what is to come, each in a phase and between two.
fn letters(glyphs: Glyphs) -> ((char, char), (char, char)) {
    match glyphs {
        Glyphs::Unicode => (('━', '─'), ('─', ' ')),
        Glyphs::Ascii => (('=', '-'), ('-', ' ')),
    }
}

/// The role of a mark.
pub fn role(kind: MarkKind) -> Role {
    match kind {
        MarkKind::Trigger | MarkKind::RollBack => Role::Danger,
        MarkKind::Failure => Role::Fail,
        MarkKind::Decision => Role::You,
        MarkKind::Hold => Role::Hold,
        MarkKind::Link => Role::Unknown,
        MarkKind::Note | MarkKind::Phase => Role::TextStrong,
    }
}

fn track(label: &str, cells: &[Cell], (now, times): (Option<usize>, String), theme: &Theme) -> Line<'static> {
    let style = |role| -> Style { theme.style(role) };
    let mut line = Line::from(vec![Span::styled(label.to_owned(), style(Role::TextDim)), "[".into()]);
    for (at, (letter, role)) in cells.iter().enumerate() {
        // The place is a colour and a weight where a mark stands, so that neither hides the other.
        let here = now == Some(at);
        let marked = letter.is_ascii_alphabetic() || *letter == '!';
        let (letter, role) = if here && !marked { ('>', Role::Focus) } else { (*letter, *role) };
        let style = if here { style(role).patch(style(Role::Select)) } else { style(role) };
        line.push_span(Span::styled(letter.to_string(), style));
    }
    line.push_span(Span::raw("]"));
    line.push_span(Span::styled(times, style(Role::Text)));
    line
}
