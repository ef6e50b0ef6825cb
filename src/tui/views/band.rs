//! The line that every screen has while a trigger is tripped: what was measured, what the plan says, and how to decide.
//!
//! It stands above every other band and goes only when the trigger is clear or the run goes back.

use super::{Scene, put, rows_of};
use crate::model::ids::TriggerIx;
use crate::model::text::shown;
use crate::model::watch::Outcome;
use crate::tui::theme::Role;
use crate::tui::widgets::{fit, wrap};
use crate::tui::{proposals, watched, words};
use ratatui::Frame;
use ratatui::layout::Rect;

/// Draws it at the top of an area; gives its rows, none where nothing is tripped.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) -> u16 {
    let tripped = proposals::tripped(scene.state());
    let Some(first) = tripped.first().copied().filter(|_| scene.state().ended.is_none()) else { return 0 };
    let (mut text, role) = line(scene, first);
    if tripped.len() > 1 {
        text = format!("{text} And {} more.", tripped.len() - 1);
    }
    let width = usize::from(area.width).saturating_sub(1);
    let most = if area.height >= 16 { 2 } else { 1 };
    let mut rows = wrap::words(&text, width);
    if rows.len() > most {
        let rest = rows.split_off(most - 1).join(" ");
        rows.push(wrap::cut(&rest, width));
    }
    let lines: Vec<_> = rows.iter().map(|row| scene.line(format!(" {}", fit::left(row, width)), role)).collect();
    let height = u16::try_from(lines.len()).unwrap_or(1);
    put(frame, rows_of(area, 0, height), &lines);
    height
}

/// `Error rate 1.8% > 1% for 2m. The plan says roll back level-1: ! does it. Going on needs a reason and a name (v).`
fn line(scene: &Scene<'_>, ix: TriggerIx) -> (String, Role) {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let (trigger, own) = (plan.trigger(ix), state.trigger(ix));
    let title = words::said(state, &trigger.title);
    let why = own.tripped.as_ref().map_or(String::new(), |tripped| shown(&tripped.why).into_owned());
    let what =
        if why == title || why.is_empty() { format!("TRIPPED {title}") } else { format!("TRIPPED {title}: {why}") };
    if let Some(went_on) = &own.went_on {
        let again = watched::asked_again(state, went_on);
        return (
            format!("{what}. {} goes on: {}. Asked again {again}.", shown(&went_on.name), shown(&went_on.reason)),
            Role::Warn,
        );
    }
    if state.going_back() {
        return (format!("{what}. The run is going back."), Role::Warn);
    }
    let says = trigger.then.as_ref().map_or("! shows the ways back.".to_owned(), |outcome| match outcome {
        Outcome::RollBack(_) | Outcome::Hold => proposals::sentence(plan, outcome),
        Outcome::Abort | Outcome::GoOn | Outcome::Recycle(_) | Outcome::Call(_) => {
            format!("The plan says {} ({}).", proposals::words(plan, outcome), proposals::key(plan, outcome))
        }
    });
    let seen = if own.acked.is_some() { "" } else { " a: I see it." };
    (format!("{what}. {says} Going on needs a reason and a name (v).{seen}"), Role::Danger)
}
