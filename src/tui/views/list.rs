//! The plan as rows: phases with their progress, steps with their word, planned and actual time, and who or what.
//!
//! Only the rows that are on the screen are made into lines, so a plan of 10,000 steps costs no more than one of ten.

use super::{Scene, put, titles};
use crate::model::actor::Known;
use crate::model::ids::StepIx;
use crate::model::schedule;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Class, PlannedStep, Work};
use crate::model::text::shown;
use crate::model::time::{clock_length, plan_length};
use crate::tui::eye::{self, Row};
use crate::tui::theme::{Role, marks::Standing};
use crate::tui::widgets::fit;
use crate::tui::widgets::wrap;
use crate::tui::words;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// How the columns of a list of some width are laid out.
struct Columns {
    indent: bool,
    number: usize,
    title: usize,
    planned: usize,
    actual: usize,
    note: usize,
}

impl Columns {
    fn of(width: usize, number: usize, budgets: bool) -> Self {
        let (planned, actual, note) = match width {
            0..44 => (0, 0, 0),
            44..56 => (0, 8, 0),
            56..70 => (5, 7, 13),
            70..90 => (6, 8, 14),
            _ => (7, 9, 26),
        };
        let planned = if budgets { planned } else { 0 };
        // Selector, mark, word, number, and a cell between each.
        let indent = width >= 56;
        let fixed = usize::from(indent) + 1 + 2 + 5 + number + 2 + planned + actual + note + usize::from(note > 0) * 2;
        Self { indent, number, title: width.saturating_sub(fixed), planned, actual, note }
    }

    /// Title and cells behind each other. A title that is too long for its column goes on over the empty cells beside it.
    fn spread(&self, scene: &Scene<'_>, title: (&str, Role), cells: [(String, Role); 3]) -> Vec<Span<'static>> {
        let (gap, wanted) = (if self.note > 0 { 2 } else { 0 }, wrap::width(title.0));
        let (mut room, mut spans) = (self.title, Vec::new());
        for ((text, role), (before, width)) in
            cells.into_iter().zip([(0, self.planned), (0, self.actual), (gap, self.note)])
        {
            if spans.is_empty() && text.is_empty() && wanted > room {
                room += before + width;
                continue;
            }
            spans.push(Span::raw(" ".repeat(before)));
            let text = if before > 0 { fit::left(&text, width) } else { fit::right(&text, width) };
            spans.push(scene.span(text, role));
        }
        let mut line = vec![scene.span(fit::left(title.0, room), title.1), Span::raw(" ")];
        line.extend(spans);
        line
    }
}

/// Draws the list; the selected row is always among its rows.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    let rows = eye::rows(scene.ctx.plan, scene.state(), &scene.eye.folded);
    let selected = rows.iter().position(|row| same(*row, scene.eye.selected));
    let window = scene.eye.list.window(rows.len(), usize::from(area.height), selected);
    let width = usize::from(area.width);
    let number = rows[window.clone()]
        .iter()
        .filter_map(|row| row.step())
        .map(|ix| wrap::width(&shown(&scene.ctx.plan.step(ix).number)));
    // A plan that gives no step a budget needs no column for them.
    let budgets = scene.ctx.plan.steps.iter().any(|step| step.takes.is_some());
    let columns = Columns::of(width, number.max().unwrap_or(0).clamp(3, if width < 44 { 5 } else { 9 }), budgets);
    let next = scene.state().next(scene.ctx.plan);
    let lines: Vec<Line<'static>> = rows[window.clone()]
        .iter()
        .enumerate()
        .map(|(place, row)| {
            let chosen = Some(window.start + place) == selected;
            let mut line = Line::from(scene.span(if chosen { ">" } else { " " }, Role::Focus));
            line.spans.extend(match row {
                Row::Phase(phase) => phase_row(scene, *phase, width.saturating_sub(1)),
                Row::WayBack(level) => {
                    let level = scene.ctx.plan.level(*level);
                    let title =
                        format!("Way back  {} {}", shown(level.id.as_str()), words::said(scene.state(), &level.title));
                    vec![scene.span(fit::left(&title, width.saturating_sub(1)), Role::Danger)]
                }
                Row::Owed => vec![scene.span("Owed", Role::Warn)],
                Row::Called(_) | Row::Before | Row::Horizon(_) => titles::row(scene, *row, width.saturating_sub(1)),
                Row::Step { ix, depth } => step_row(scene, (*ix, *depth), &columns, next),
            });
            highlight(scene, line, chosen, width)
        })
        .collect();
    put(frame, area, &lines);
    if let Some(y) = selected.filter(|at| window.contains(at)).and_then(|at| u16::try_from(at - window.start).ok()) {
        frame.buffer_mut().set_style(super::rows_of(area, y, 1), scene.style(Role::Select));
    }
}

/// Whether two rows are the same place, however deep they stand.
pub fn same(one: Row, other: Row) -> bool {
    match (one.step(), other.step()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// Marks what is searched for.
fn highlight(scene: &Scene<'_>, line: Line<'static>, chosen: bool, width: usize) -> Line<'static> {
    let sought = scene.eye.search.text.trim().to_lowercase();
    if sought.is_empty() || chosen || !line.to_string().to_lowercase().contains(&sought) {
        return line;
    }
    let style = scene.style(Role::Match);
    let text = line.to_string();
    Line::from(Span::styled(fit::left(text.trim_end(), wrap::width(text.trim_end()).min(width)), style))
}

fn phase_row(scene: &Scene<'_>, place: usize, width: usize) -> Vec<Span<'static>> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let phase = &plan.phases[place];
    let mut steps = Vec::new();
    phase.steps.iter().for_each(|step| state.push_with_choice(plan, *step, &mut steps));
    let progress = state.progress(&steps);
    let mut right = vec![scene.span(format!("{}/{}", progress.done, progress.total), Role::Text)];
    if progress.done == progress.total && progress.total > 0 && width >= 44 {
        // Said once, at the phase that space would acknowledge; a run that ended asks for nothing.
        let seen = |phase: &crate::model::plan::Phase| state.seen_phases.contains(&phase.id);
        let over = state.ended.is_some() || scene.replay.is_some();
        let asks = !over && plan.phases[..place].iter().all(seen);
        right.push(match (seen(phase) || over, asks && width >= 70) {
            (true, _) => scene.span("  complete", Role::Ok),
            (false, true) => scene.span("  complete, space acknowledges", Role::You),
            (false, false) => scene.span("  complete", Role::You),
        });
    } else if let Some(when) = planned(phase).filter(|_| width >= 56) {
        right.push(scene.dim(format!("  {when}")));
    }
    right.push(Span::raw(" "));
    let fold = if scene.eye.folded.contains(&place) { "+ " } else { "" };
    let name = vec![
        scene.span(format!("{fold}Phase {} ", shown(&phase.number)), Role::TextDim),
        scene.span(words::said(state, &phase.title), Role::TextStrong),
    ];
    fit::ends(Line::from(name), Line::from(right), width).spans
}

fn planned(phase: &crate::model::plan::Phase) -> Option<String> {
    use crate::model::time::micros;
    use crate::model::when::{Offset, When};
    let at = phase.at.as_ref()?;
    let until = match (at, phase.takes) {
        (When::FromT0(offset), Some(takes)) => {
            let length = i64::try_from(micros(takes)).ok()?;
            Some(When::FromT0(Offset { days: offset.days, micros: offset.micros.checked_add(length)? }).shown())
        }
        _ => None,
    };
    Some(match until {
        Some(until) => format!("{}..{until}", at.shown()),
        None => at.shown(),
    })
}

fn step_row(scene: &Scene<'_>, at: (StepIx, usize), columns: &Columns, next: Option<StepIx>) -> Vec<Span<'static>> {
    let (ix, depth) = at;
    let (step, own) = (scene.ctx.plan.step(ix), scene.state().step(ix));
    let standing = seen(scene, ix, next);
    let role = standing.role();
    let settled = own.status.settled();
    let title_role = match (settled, standing) {
        (true, _) => Role::TextDim,
        (false, Standing::Is(StepStatus::NotYet)) => Role::Text,
        (false, _) => Role::TextStrong,
    };
    // Where the mark is the word (`-`, `?`) it is said once.
    let title_only = titles::is_only_title(scene, ix);
    let mark = Some(standing.mark(scene.ctx.theme.glyphs)).filter(|mark| *mark != standing.word()).unwrap_or(" ");
    let (mark, word) = if title_only { (" ", "") } else { (mark, standing.word()) };
    let title = format!("{}{}", "  ".repeat(depth.min(4)), words::said(scene.state(), &step.title));
    let mut spans = vec![
        Span::raw(if columns.indent { " " } else { "" }),
        scene.span(mark, role),
        Span::raw(" "),
        scene.span(format!("{word:<4} "), role),
        scene.span(fit::left(&shown(&step.number), columns.number), Role::TextDim),
        Span::raw(" "),
    ];
    spans.extend(columns.spread(scene, (&title, title_role), cells(scene, ix, columns)));
    spans
}

/// Planned and actual time, and the note: nothing where there is no column for it.
fn cells(scene: &Scene<'_>, ix: StepIx, columns: &Columns) -> [(String, Role); 3] {
    let of = |width: usize, cell: &dyn Fn() -> (String, Role)| {
        if width > 0 { cell() } else { (String::new(), Role::Text) }
    };
    let takes = || (scene.ctx.plan.step(ix).takes.map(plan_length).unwrap_or_default(), Role::TextDim);
    [of(columns.planned, &takes), of(columns.actual, &|| actual(scene, ix)), of(columns.note, &|| note(scene, ix))]
}

/// Where a row's step stands, or that it is the operator's turn there.
pub fn standing(state: &RunState, ix: StepIx, next: Option<StepIx>) -> Standing {
    let status = state.step(ix).status;
    let turn = next == Some(ix) && status == StepStatus::NotYet && state.started.is_some() && state.ended.is_none();
    match (turn, &state.hold) {
        (true, Some(_)) => Standing::Held,
        (true, None) => Standing::Next,
        (false, _) => Standing::Is(status),
    }
}

/// The same as this screen may say it: where the conductor is gone, nobody knows whether a step still runs.
pub fn seen(scene: &Scene<'_>, ix: StepIx, next: Option<StepIx>) -> Standing {
    match (scene.cut, standing(scene.state(), ix, next)) {
        (Some(_), Standing::Is(StepStatus::Running)) => Standing::Is(StepStatus::Unknown),
        (Some(_), Standing::Next | Standing::Held) => Standing::Is(StepStatus::NotYet),
        (_, standing) => standing,
    }
}

fn actual(scene: &Scene<'_>, ix: StepIx) -> (String, Role) {
    let (step, state) = (scene.ctx.plan.step(ix), scene.state());
    let own = state.step(ix);
    if scene.cut.is_some() && own.status.open() {
        return (String::new(), Role::Text);
    }
    if let Some(until) = own.until.filter(|_| own.status == StepStatus::Running) {
        return (format!("-{}", words::until(until, scene.ctx.now)), Role::Run);
    }
    let open = own.status.open();
    let elapsed = state.elapsed(ix, scene.ctx.now);
    let took = if open { elapsed } else { own.took.or(elapsed) };
    let Some(took) = took.filter(|_| open || own.ended.is_some()) else { return (String::new(), Role::Text) };
    let share = step.takes.map(|takes| took.as_micros() * 100 / takes.as_micros().max(1));
    let role = match share {
        Some(100..) if took > step.takes.unwrap_or_default() => Role::TimeOver,
        Some(80..) if open => Role::TimeSoon,
        _ if open => Role::Run,
        _ => Role::Text,
    };
    (clock_length(took), role)
}

/// The last column: who did it, what was seen, or what will be asked.
fn note(scene: &Scene<'_>, ix: StepIx) -> (String, Role) {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let (step, own) = (plan.step(ix), state.step(ix));
    let tries = |text: String| if own.attempt > 1 { format!("try {}, {text}", own.attempt) } else { text };
    let first = |ok: bool| own.checks.iter().find(|check| check.ok == ok).map(|check| shown(&check.saw).into_owned());
    let reason = || own.reason.as_deref().map(|why| shown(why).into_owned()).unwrap_or_default();
    if let Some(words) = titles::group(scene, ix).filter(|_| !own.status.settled() && !own.status.bad()) {
        return (words, Role::TextDim);
    }
    match own.status {
        StepStatus::NotYet if own.retry_at.is_some() => ("tried again soon".into(), Role::Warn),
        StepStatus::NotYet => before(scene, step),
        StepStatus::Old => ("read it again".into(), Role::Warn),
        StepStatus::Claim => {
            (step.claim.as_deref().map(|claim| shown(claim).into_owned()).unwrap_or_default(), Role::Warn)
        }
        StepStatus::Running if scene.cut.is_some() => ("nobody knows".into(), Role::Unknown),
        StepStatus::Running if own.stopping => ("asked to stop".into(), Role::Warn),
        StepStatus::Running if own.ending.is_some() => ("being ended".into(), Role::Run),
        StepStatus::Running if state.runs_beside(plan, ix) => ("runs beside".into(), Role::Run),
        StepStatus::Running if matches!(step.work, Work::Monitor(_)) => {
            crate::tui::watched::monitor(plan, state, ix, scene.ctx.now)
        }
        StepStatus::Running => (tries(running(step)), Role::Run),
        StepStatus::You => (waits(step, own.answers.len()), Role::You),
        StepStatus::Ok | StepStatus::Late => (tries(done_by(scene, ix)), Role::TextDim),
        StepStatus::Failed | StepStatus::TimedOut | StepStatus::Stopped => {
            if let Some(at) = own.retry_at {
                return (format!("again in {}", words::until(at, scene.ctx.now)), Role::Warn);
            }
            let saw = first(false).or_else(|| own.exit.map(|exit| exit.shown())).unwrap_or_else(reason);
            (tries(saw), Role::Fail)
        }
        StepStatus::Skipped | StepStatus::NotApplicable | StepStatus::Over => (reason(), Role::TextDim),
        StepStatus::Hand => (format!("by hand, {}", reason()), Role::TextDim),
        StepStatus::Back => ("undone".into(), Role::TextDim),
        StepStatus::Unknown => ("nobody knows".into(), Role::Unknown),
    }
}

fn running(step: &PlannedStep) -> String {
    match &step.work {
        Work::Wait(_) => "countdown".into(),
        Work::Run(command) => command.retry.map_or("runs".into(), |retry| format!("up to {} tries", retry.times)),
        Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } | Work::Gate(_) => "open".into(),
        Work::Monitor(_) => "looks on".into(),
        Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => "runs".into(),
    }
}

fn waits(step: &PlannedStep, answered: usize) -> String {
    match &step.work {
        Work::Check(items) if items.len() > 1 => format!("{answered} of {} answered", items.len()),
        Work::Gate(_) => "go or no-go".into(),
        Work::Choose { .. } => "choose".into(),
        Work::Run(_) | Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Wait(_) => "enter answers".into(),
        Work::Sign(_) => "sign".into(),
        Work::Notify(_) => "say it".into(),
        Work::Monitor(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => "yours".into(),
    }
}

fn done_by(scene: &Scene<'_>, ix: StepIx) -> String {
    let own = scene.state().step(ix);
    let seen = own.answers.values().next().filter(|answered| !answered.saw.is_empty() && own.answers.len() == 1);
    if let Some(answered) = seen {
        return shown(&answered.saw).into_owned();
    }
    let by = own.answers.values().next_back().map(|answered| &answered.by).or(own.by.as_ref());
    match by.filter(|by| by.known != Known::Program) {
        Some(by) => shown(&by.shown()).into_owned(),
        None => own.checks.first().map(|check| shown(&check.saw).into_owned()).unwrap_or_default(),
    }
}

fn before(scene: &Scene<'_>, step: &PlannedStep) -> (String, Role) {
    let state = scene.state();
    if let Some(at) =
        step.at.as_ref().and_then(|at| schedule::bind(scene.ctx.plan, state, at)).filter(|at| *at > scene.ctx.now.wall)
    {
        return (format!("at {}", words::clock(state, at)), Role::TextDim);
    }
    let risk = step.risk.map_or(String::new(), |risk| format!(", RISK {}", risk.word()));
    let word = match (&step.work, step.class()) {
        (Work::Gate(_), _) => "go/no-go".to_owned(),
        (Work::Wait(_), _) => "wait".to_owned(),
        (Work::Choose { .. }, _) => "choose".to_owned(),
        (Work::Sign(_), _) => "sign".to_owned(),
        (Work::Notify(notice), _) if notice.via.is_none() => "say it".to_owned(),
        (Work::Evidence(_), _) => "looked up".to_owned(),
        (Work::Monitor(_), Class::C0 | Class::C1) => "looks on".to_owned(),
        (Work::Call(_), Class::C0 | Class::C1) => "calls".to_owned(),
        (Work::Check(_) | Work::Measure(_) | Work::Ask(_), Class::C0 | Class::C1) => "by hand".to_owned(),
        (_, Class::C0) => String::new(),
        (_, Class::C1) => format!("C1 changes{risk}"),
        (_, Class::C2) => format!("C2 {}{risk}", step.effect.word()),
        (_, Class::C3) => format!("C3 {}{risk}", step.effect.word()),
    };
    (word, if step.class() >= Class::C2 { Role::Warn } else { Role::TextDim })
}
