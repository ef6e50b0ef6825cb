//! Where the operator looks: which screen, which row, what is folded, what is searched. No fact of the run is in here.
//!
//! Only a drawn frame knows how many rows fit, so scroll positions and heights are kept in cells that `draw` sets. Scroll
//! arithmetic is in `usize`: a `u16` fails at 65,536 lines.

use crate::model::ids::{LevelIx, ProcedureIx, StepIx};
use crate::model::plan::Plan;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::Work;
use crate::model::time::Stamp;
use std::cell::Cell;
use std::collections::BTreeSet;

/// A screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The plan, the step, what is next.
    Live,
    /// One step in full.
    Step,
    /// What is owed, and notes.
    Watch,
    /// What happened.
    Log,
    /// Messages, sign-offs, horizons, contacts.
    Messages,
    /// Risks and quick fixes.
    Risks,
}

/// A pane of the live screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// The plan.
    List,
    /// The step.
    Step,
    /// What is owed, and notes.
    Side,
}

/// A row of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    /// A phase, by its place.
    Phase(usize),
    /// A way back that was taken.
    WayBack(LevelIx),
    /// What is owed after an abort or a way back.
    Owed,
    /// A quick fix that was called on demand.
    Called(ProcedureIx),
    /// What must be met before anything begins.
    Before,
    /// A horizon, by its place.
    Horizon(usize),
    /// A step.
    Step {
        /// Which.
        ix: StepIx,
        /// How deep in choices it stands.
        depth: usize,
    },
}

impl Row {
    /// Its step.
    pub fn step(self) -> Option<StepIx> {
        match self {
            Row::Step { ix, .. } => Some(ix),
            Row::Phase(_) | Row::WayBack(_) | Row::Owed | Row::Called(_) | Row::Before | Row::Horizon(_) => None,
        }
    }
}

/// A scroll position and the rows that were drawn.
#[derive(Clone, Debug, Default)]
pub struct Scroll {
    top: Cell<usize>,
    height: Cell<usize>,
    total: Cell<usize>,
}

impl Scroll {
    /// The rows to draw of `total` in `height`, with `keep` among them where it is one.
    pub fn window(&self, total: usize, height: usize, keep: Option<usize>) -> std::ops::Range<usize> {
        let mut top = self.top.get();
        if let Some(keep) = keep.filter(|_| height > 0) {
            // A row of context above and below where there is room for it.
            let margin = usize::from(height > 4);
            top = top.min(keep.saturating_sub(margin)).max((keep + 1 + margin).min(total).saturating_sub(height));
        }
        top = top.min(total.saturating_sub(height));
        self.top.set(top);
        self.height.set(height);
        self.total.set(total);
        top..(top + height).min(total)
    }

    /// Rows that were drawn last.
    pub fn height(&self) -> usize {
        self.height.get().max(1)
    }

    /// Moves by so many rows.
    pub fn by(&self, rows: isize) {
        let last = self.total.get().saturating_sub(self.height.get());
        self.top.set(self.top.get().saturating_add_signed(rows).min(last));
    }

    /// To the first row.
    pub fn home(&self) {
        self.top.set(0);
    }

    /// To the last row.
    pub fn end(&self) {
        self.top.set(self.total.get().saturating_sub(self.height.get()));
    }
}

/// What is searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The text.
    pub text: String,
    /// Whether it is being typed.
    pub typing: bool,
}

/// Where the operator looks.
#[derive(Clone, Debug)]
pub struct Eye {
    /// The screen.
    pub screen: Screen,
    /// The pane of the live screen that keys scroll.
    pub pane: Pane,
    /// How much more (or less) room the focused pane has, in steps of a tenth.
    pub zoom: i8,
    /// The row that is selected.
    pub selected: Row,
    /// The selection goes where the run goes, until it is moved by hand.
    pub follow: bool,
    /// When it was moved by hand last.
    pub moved: Option<Stamp>,
    /// Where the run stood when the selection was looked after last: the step in hand and its state.
    pub in_hand: Option<(StepIx, StepStatus)>,
    /// Phases that are folded.
    pub folded: BTreeSet<usize>,
    /// What is searched.
    pub search: Search,
    /// Scroll of the plan.
    pub list: Scroll,
    /// Scroll of the step in full.
    pub step: Scroll,
    /// Scroll of what is owed and noted.
    pub side: Scroll,
    /// The marked thing of Watch, Messages or Risks, by its place among those that can be marked.
    pub mark: usize,
    /// Whether the marked thing stays in view: what lies below the last one is scrolled to past it.
    pub keeps_mark: Cell<bool>,
    /// The log's selected entry from its end; `None` follows.
    pub log_at: Option<usize>,
    /// Scroll of the log.
    pub log: Scroll,
    /// The step whose command the last frame held whole: only such a one may run without a card.
    pub shown_whole: Cell<Option<StepIx>>,
}

impl Default for Eye {
    fn default() -> Self {
        Self {
            screen: Screen::Live,
            pane: Pane::List,
            zoom: 0,
            selected: Row::Phase(0),
            follow: true,
            moved: None,
            in_hand: None,
            folded: BTreeSet::new(),
            search: Search::default(),
            list: Scroll::default(),
            step: Scroll::default(),
            side: Scroll::default(),
            mark: 0,
            keeps_mark: Cell::new(true),
            log_at: None,
            log: Scroll::default(),
            shown_whole: Cell::new(None),
        }
    }
}

/// Every row of the plan as the run stands: phases with their steps, steps of choices that were taken, a way back.
pub fn rows(plan: &Plan, state: &RunState, folded: &BTreeSet<usize>) -> Vec<Row> {
    let mut rows = Vec::with_capacity(plan.steps.len() + plan.phases.len());
    for called in state.calls.iter().rev() {
        rows.push(Row::Called(*called));
        plan.procedure(*called).steps.iter().for_each(|step| push_step(plan, state, (*step, 0), &mut rows));
    }
    let before = plan.requires.iter().chain(plan.levels.iter().flat_map(|level| &level.requires));
    let needed: Vec<StepIx> = before.copied().collect();
    if !needed.is_empty() {
        rows.push(Row::Before);
        needed.into_iter().for_each(|step| push_step(plan, state, (step, 0), &mut rows));
    }
    for (place, phase) in plan.phases.iter().enumerate() {
        rows.push(Row::Phase(place));
        if !folded.contains(&place) {
            phase.requires.iter().for_each(|step| push_step(plan, state, (*step, 0), &mut rows));
            for step in &phase.steps {
                push_step(plan, state, (*step, 0), &mut rows);
            }
        }
    }
    for (place, horizon) in plan.horizons.iter().enumerate() {
        rows.push(Row::Horizon(place));
        horizon.steps.iter().for_each(|step| push_step(plan, state, (*step, 0), &mut rows));
    }
    if let Some(rollback) = &state.rollback {
        rows.push(Row::WayBack(rollback.level));
        for step in &rollback.path {
            push_step(plan, state, (*step, 0), &mut rows);
        }
    }
    if state.rollback.is_some() || state.aborted.is_some() {
        let owed: Vec<StepIx> = state.owing(plan).into_iter().filter(|ix| !stands(&rows, *ix)).collect();
        if !owed.is_empty() {
            rows.push(Row::Owed);
            owed.iter().for_each(|step| push_step(plan, state, (*step, 0), &mut rows));
        }
    }
    rows
}

fn stands(rows: &[Row], ix: StepIx) -> bool {
    rows.iter().any(|row| row.step() == Some(ix))
}

fn push_step(plan: &Plan, state: &RunState, at: (StepIx, usize), rows: &mut Vec<Row>) {
    let (ix, depth) = at;
    // What must be met first stands before the step, while it is not met.
    for need in &plan.step(ix).requires {
        if !state.step(*need).status.settled() {
            push_step(plan, state, (*need, depth), rows);
        }
    }
    rows.push(Row::Step { ix, depth });
    let inner: Vec<StepIx> = match &plan.step(ix).work {
        Work::Choose { options, .. } => {
            let taken = state.step(ix).chosen.and_then(|taken| options.get(taken));
            taken.map(|option| option.steps.clone()).unwrap_or_default()
        }
        Work::Group(group) => group.steps.clone(),
        Work::Call(callee) if state.step(ix).attempt > 0 => state.called_steps(plan, callee),
        Work::Monitor(monitor) if state.step(ix).status == StepStatus::Running => monitor.checks.clone(),
        _alone => Vec::new(),
    };
    for inner in inner {
        push_step(plan, state, (inner, depth + 1), rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_row_is_always_in_view() {
        let scroll = Scroll::default();
        for (keep, total, height) in
            [(0, 100, 10), (99, 100, 10), (50, 100, 10), (3, 100, 1), (99, 100, 3), (0, 1, 1), (7, 9, 40)]
        {
            let window = scroll.window(total, height, Some(keep));
            assert!(window.contains(&keep), "{keep} not in {window:?}");
            assert!(window.len() <= height && window.end <= total);
        }
        assert_eq!(scroll.window(100, 0, Some(5)).len(), 0);
        assert_eq!(scroll.window(0, 10, None), 0..0);
    }

    #[test]
    fn a_list_of_more_lines_than_a_u16_scrolls_to_its_end() {
        let scroll = Scroll::default();
        scroll.window(200_000, 20, None);
        scroll.end();
        assert_eq!(scroll.window(200_000, 20, None), 199_980..200_000);
        scroll.by(-5);
        assert_eq!(scroll.window(200_000, 20, None).start, 199_975);
    }
}
