//! Cards of one question and one `y`: go on after a hold, close the run, leave the screen.
//!
//! There is no default: Enter does nothing, `esc` and `q` go back. Closing a run opens by itself and so swallows early keys;
//! the other two are opened by the operator's own key.

use crate::model::intent::Intent;
use crate::model::state::StepStatus;
use crate::model::text::shown;
use crate::tui::context::{Card, Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::quiet::{EARLY, Quiet};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// What `y` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yes {
    /// Goes on after a hold.
    GoOn,
    /// Closes the run.
    CloseRun,
    /// Leaves the screen.
    Leave,
}

/// A card that takes `y`.
#[derive(Debug)]
pub struct YesCard {
    yes: Yes,
    quiet: Quiet,
    view: View,
}

impl YesCard {
    /// The card of one question.
    pub fn open(yes: Yes, ctx: &Context<'_>) -> Self {
        let quiet = match yes {
            Yes::GoOn | Yes::Leave => Quiet::ready(ctx.now),
            Yes::CloseRun => Quiet::silent(ctx.now),
        };
        Self { yes, quiet, view: View::default() }
    }
}

/// `Held since 15:04 (3:15) by maya: reason. At 2.3. Since then: …`
fn hold_words(ctx: &Context<'_>) -> String {
    let Some(hold) = &ctx.state.hold else {
        return "Nothing is held.".into();
    };
    let reason = match hold.reason.trim() {
        "" => ".".to_owned(),
        reason => format!(": {}", say::ended(&shown(reason))),
    };
    let place = hold.at.map_or(String::new(), |at| {
        format!("\n{}", say::ended(&format!("You were at {} {}", say::number(ctx, at), say::title(ctx, at))))
    });
    let since: Vec<String> = ctx
        .state
        .log
        .iter()
        .filter(|entry| entry.at.mono > hold.since.mono)
        .map(|entry| format!("  {} {}", say::hour(ctx, entry.at.wall), shown(&entry.text)))
        .collect();
    let since = if since.is_empty() {
        "\nNothing happened since.".into()
    } else {
        format!("\nSince then:\n{}", since.join("\n"))
    };
    format!(
        "Held since {} ({}) by {}{reason}{place}{since}",
        say::hour(ctx, hold.since.wall),
        say::age(ctx, hold.since),
        shown(&hold.by.shown()),
    )
}

/// `2.4 goes on by itself; 3.1 will wait for you. Come back with: tminus attach 0007`
fn leave_words(ctx: &Context<'_>) -> String {
    let mut said = Vec::new();
    let running = ctx.state.running();
    if let Some(step) = running.first() {
        said.push(format!("{} goes on by itself", say::number(ctx, *step)));
    }
    let next = ctx
        .state
        .path(ctx.plan)
        .into_iter()
        .find(|step| !ctx.state.step(*step).status.settled() && !running.contains(step));
    if let Some(step) = next {
        said.push(format!("{} will wait for you", say::number(ctx, step)));
    }
    if said.is_empty() {
        said.push("Nothing runs".into());
    }
    let run = ctx.state.facts.as_ref().map_or("RUN", |facts| facts.run.short());
    format!("The run goes on without this screen. {}.\nCome back with: tminus attach {}", said.join("; "), shown(run))
}

/// `13 of 17 steps done, 4 undone. 1 skipped, …`: what was taken back settles its step, and is not done any more.
fn close_words(ctx: &Context<'_>) -> String {
    let progress = ctx.state.progress_of_run(ctx.plan);
    let of = |wanted: StepStatus| ctx.state.steps.iter().filter(|own| own.status == wanted).count();
    let undone = of(StepStatus::Back);
    let owed = ctx.state.owing(ctx.plan);
    let still = if owed.is_empty() {
        String::new()
    } else {
        let names: Vec<String> = owed.iter().map(|step| say::number(ctx, *step)).collect();
        format!("\nStill owed: {}.", say::listed(&names))
    };
    format!(
        "{} of {} done{}. {} skipped, {} by hand, {} accepted after a failure.\nIt ends as {} and is sealed: nothing can run in it any more.{still}",
        progress.done.saturating_sub(undone),
        say::count(progress.total, "step"),
        if undone == 0 { String::new() } else { format!(", {undone} undone") },
        of(StepStatus::Skipped),
        of(StepStatus::Hand),
        of(StepStatus::Over),
        ctx.state.end_state(ctx.plan).word(),
    )
}

impl Face for YesCard {
    fn head(&self, ctx: &Context<'_>) -> Head {
        let (word, title, role) = match self.yes {
            Yes::GoOn => ("GO ON", "Go on after the hold?".to_owned(), Role::Hold),
            Yes::CloseRun => (
                "CLOSE",
                format!("Close {}?", say::fill(ctx, &ctx.plan.title).trim_end_matches(['.', '?', '!'])),
                Role::You,
            ),
            Yes::Leave => ("LEAVE", "Leave the run going and close the screen?".to_owned(), Role::You),
        };
        Head { word: word.into(), title, tag: String::new(), role }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let words = match self.yes {
            Yes::GoOn => hold_words(ctx),
            Yes::CloseRun => close_words(ctx),
            Yes::Leave => leave_words(ctx),
        };
        Body { rows: say::prose(&words, width, Role::Text, ctx), must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let words = match self.yes {
            Yes::GoOn => "y goes on: the next step can start again.",
            Yes::CloseRun => "y closes the run.",
            Yes::Leave => "y leaves the screen. The run is not touched.",
        };
        say::prose(words, width, Role::Text, ctx)
    }

    fn keys(&self, _ctx: &Context<'_>) -> Vec<Hint> {
        let word = match self.yes {
            Yes::GoOn => "go on",
            Yes::CloseRun => "close the run",
            Yes::Leave => "leave",
        };
        vec![hint("y", word), hint("esc", "go back"), hint("!", "roll back")]
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if self.quiet.swallows(ctx.now) {
            return Reply::Say(EARLY.into());
        }
        match key.code {
            KeyCode::Char('y') => match self.yes {
                Yes::GoOn => Reply::Wish(Intent::GoOn),
                Yes::CloseRun => Reply::Wish(Intent::Close),
                Yes::Leave => Reply::Leave,
            },
            KeyCode::Esc | KeyCode::Char('q' | 'n') => Reply::Close,
            KeyCode::Char('!') => Reply::Open(Card::RollBack),
            _ => {
                self.view.plain_key(key);
                Reply::Stay
            }
        }
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        match self.yes {
            Yes::GoOn => ctx.state.hold.is_none(),
            Yes::CloseRun => ctx.state.ended.is_some(),
            Yes::Leave => false,
        }
    }

    fn view(&self) -> &View {
        &self.view
    }
}
