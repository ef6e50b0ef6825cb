//! Rows of the plan that stand over others and are no phase: a quick fix that was called, what must be met first, horizons,
//! and the group that a step of the list is.

use super::{Scene, side};
use crate::model::ids::StepIx;
use crate::model::schedule;
use crate::model::state::is_title;
use crate::model::step::{Together, Work};
use crate::model::text::shown;
use crate::tui::eye::Row;
use crate::tui::theme::Role;
use crate::tui::widgets::fit;
use crate::tui::words;
use ratatui::text::{Line, Span};

/// A title row in `width` cells; nothing for a row of another kind.
pub fn row(scene: &Scene<'_>, row: Row, width: usize) -> Vec<Span<'static>> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let (word, title, steps, right) = match row {
        Row::Called(ix) => {
            let procedure = plan.procedure(ix);
            let back =
                first_after(scene, &procedure.steps).map_or(String::new(), |number| format!("  then back to {number}"));
            let title = format!("{}: {}", shown(procedure.id.as_str()), words::said(state, &procedure.title));
            ("Quick fix ", title, procedure.steps.clone(), Line::from(scene.span(back, Role::Warn)))
        }
        Row::Before => {
            let steps =
                plan.requires.iter().chain(plan.levels.iter().flat_map(|level| &level.requires)).copied().collect();
            ("", "Before anything begins".to_owned(), steps, Line::default())
        }
        Row::Horizon(at) => {
            let horizon = &plan.horizons[at];
            let due = schedule::horizon_due(plan, state, at).filter(|due| *due > scene.ctx.now.wall);
            let right = match (schedule::horizon_by(plan, state, at).map(|by| side::by_wall(scene, by)), due) {
                (Some((words, Role::TimeOver)), _) => scene.span(format!("  {words}"), Role::TimeOver),
                (_, Some(due)) => scene.dim(format!("  at {}", side::at_words(scene, due))),
                (Some((words, role)), None) => scene.span(format!("  {words}"), role),
                (None, None) => scene.dim(""),
            };
            ("After ", words::said(state, &horizon.title), horizon.steps.clone(), Line::from(right))
        }
        Row::Phase(_) | Row::WayBack(_) | Row::Owed | Row::Step { .. } => return Vec::new(),
    };
    let progress = state.progress(&steps);
    let mut end = vec![scene.span(format!("{}/{}", progress.done, progress.total), Role::Text)];
    if width >= 56 {
        end.extend(right.spans);
    }
    end.push(Span::raw(" "));
    let name = vec![scene.span(word, Role::TextDim), scene.span(title, Role::TextStrong)];
    fit::ends(Line::from(name), Line::from(end), width).spans
}

/// What the run goes back to when these steps are done.
fn first_after(scene: &Scene<'_>, steps: &[StepIx]) -> Option<String> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let path = state.path(plan);
    let last = path.iter().rposition(|step| steps.contains(step))?;
    let next = path[last + 1..].iter().find(|step| !state.is_passed(plan, **step))?;
    Some(shown(&plan.step(*next).number).into_owned())
}

/// What a group's row says in its last column: how its steps go together, and how far they are.
pub fn group(scene: &Scene<'_>, ix: StepIx) -> Option<String> {
    let Work::Group(group) = &scene.ctx.plan.step(ix).work else { return None };
    let progress = scene.state().progress(&group.steps);
    let how = match group.how {
        Together::InOrder => "",
        Together::OneCard => "one card, ",
        Together::AtOnce => "at once, ",
    };
    Some(format!("{how}{} of {}", progress.done, progress.total))
}

/// Whether a row is only the title of those under it, and never stands anywhere itself.
pub fn is_only_title(scene: &Scene<'_>, ix: StepIx) -> bool {
    is_title(scene.ctx.plan, ix)
}
