//! What became of a step that nobody saw end: it finished, it did not, or still unsure.
//!
//! tminus shows what it knows and a person decides. While a process of the step still lives, "it did not" is not taken; it is
//! named, and can be stopped or waited for. Opens by itself, so early keys are swallowed.

use crate::model::event::Resolution;
use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::model::output::Exit;
use crate::model::state::StepStatus;
use crate::model::text::shown;
use crate::tui::context::{Card, Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step, Want};
use crate::tui::overlays::quiet::{EARLY, Quiet};
use crate::tui::overlays::run_rows;
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// The card of an unknown step.
#[derive(Debug)]
pub struct ResolveCard {
    step: StepIx,
    /// What is said, and its reason in the making.
    said: Option<(Resolution, Form)>,
    quiet: Quiet,
    view: View,
}

impl ResolveCard {
    /// Nothing is said at first.
    pub fn open(step: StepIx, ctx: &Context<'_>) -> Self {
        Self { step, said: None, quiet: Quiet::silent(ctx.now), view: View::default() }
    }

    fn say(&mut self, how: Resolution, ctx: &Context<'_>) -> Reply {
        if let (Resolution::DidNot, Some(alive)) = (how, ctx.state.step(self.step).holders.first()) {
            let name = shown(&alive.comm);
            return Reply::Say(format!("{name} (pid {}) still runs: wait for it, or s stops it.", alive.pid));
        }
        let label = match how {
            Resolution::Finished => "It finished. How do you know?",
            Resolution::DidNot => "It did not finish. How do you know?",
        };
        self.said = Some((how, Form::of(vec![Question::new(label, Want::Some("a reason"))])));
        Reply::Stay
    }

    fn unsure(&self, ctx: &Context<'_>) -> Reply {
        if ctx.state.hold.is_some() {
            return Reply::Close;
        }
        Reply::Wish(Intent::Hold {
            reason: format!("nobody knows yet whether {} finished", say::number(ctx, self.step)),
        })
    }

    fn choice_key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        match key.code {
            KeyCode::Char('1') => self.say(Resolution::Finished, ctx),
            KeyCode::Char('2') => self.say(Resolution::DidNot, ctx),
            KeyCode::Char('3') => self.unsure(ctx),
            KeyCode::Char('s') if !ctx.state.step(self.step).holders.is_empty() => {
                Reply::Ask(Intent::EndSurvivors { step: ctx.plan.step(self.step).id.clone() })
            }
            KeyCode::Char('o') => Reply::Over(Card::Output(self.step)),
            KeyCode::Char('!') => Reply::Over(Card::RollBack),
            KeyCode::Esc | KeyCode::Char('q') => Reply::Close,
            _ => {
                self.view.plain_key(key);
                Reply::Stay
            }
        }
    }

    /// What is known: when it started, what it printed, how it was seen to end.
    fn known(&self, ctx: &Context<'_>) -> String {
        let own = ctx.state.step(self.step);
        let number = say::number(ctx, self.step);
        if let Some(lost) = self.lost(ctx) {
            return lost;
        }
        if own.verdict.is_some() {
            let exit = own.exit.map_or(String::new(), |exit| format!(" with {}", exit.shown()));
            return format!("{number} ended{exit}, and nobody can tell what it came to.");
        }
        let started = own.started.map_or(String::new(), |at| {
            let by = own.by.as_ref().map_or(String::new(), |by| format!(" by {}", shown(&by.shown())));
            format!("It was started at {}{by}", say::second(ctx, at.wall))
        });
        let exit = own.exit.filter(|exit| *exit != Exit::UNSEEN).map_or("its end was not seen".to_owned(), |exit| {
            format!("it ended with {} and was not judged", exit.shown())
        });
        format!(
            "{number} was running when the program died. Nobody knows if it finished.\n{started}, printed {} ({} bytes), and {exit}.",
            say::count(usize::try_from(own.lines).unwrap_or(usize::MAX), "line"),
            own.bytes
        )
    }
}

impl ResolveCard {
    /// The line to another machine went, not the program here: why, in the words that were recorded.
    fn lost(&self, ctx: &Context<'_>) -> Option<String> {
        let own = ctx.state.step(self.step);
        let why = own.checks.first().filter(|_| own.is_orphan() && own.verdict.is_some())?;
        let number = say::number(ctx, self.step);
        Some(format!("{number}: nobody saw its end, so nobody knows if it finished. {}", shown(&why.saw)))
    }

    /// Where it ran on another machine, and what of it could be seen there.
    fn there(&self, ctx: &Context<'_>) -> Vec<(String, Role)> {
        let own = ctx.state.step(self.step);
        let command = ctx.plan.step(self.step).command();
        let Some(target) = command.and_then(|command| ctx.plan.elsewhere(command)) else { return Vec::new() };
        let mut rows = Vec::new();
        if let Some(there) = &own.there {
            let words = format!("It ran on {}: {}, process group {}.", target.id, shown(&there.place), there.group);
            rows.push((words, Role::Text));
        }
        match (&own.unseen, own.looked) {
            (Some(why), _) => {
                let words = format!(
                    "Whether it still runs on {} cannot be seen, and is looked for again every 10 s: {}",
                    target.id,
                    shown(why)
                );
                rows.push((words, Role::Danger));
            }
            (None, true) if own.holders.is_empty() => {
                rows.push((format!("Nothing of it runs on {} any more.", target.id), Role::Text));
            }
            (None, true) => {}
            (None, false) => {
                rows.push((format!("Whether it still runs on {} is being looked for.", target.id), Role::Warn))
            }
        }
        rows
    }
}

impl Face for ResolveCard {
    fn step(&self) -> Option<StepIx> {
        Some(self.step)
    }

    fn head(&self, ctx: &Context<'_>) -> Head {
        Head {
            word: format!("? {}", say::number(ctx, self.step)),
            title: say::title(ctx, self.step),
            tag: String::new(),
            role: Role::Unknown,
        }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let mut rows = say::prose(&self.known(ctx), width, Role::Text, ctx);
        for (words, role) in self.there(ctx) {
            rows.extend(say::prose(&words, width, role, ctx));
        }
        for alive in &ctx.state.step(self.step).holders {
            let words =
                format!("Still running: {} (pid {}). s stops it, or wait for it.", shown(&alive.comm), alive.pid);
            rows.extend(say::prose(&words, width, Role::Danger, ctx));
        }
        rows.push(Line::default());
        rows.extend(run_rows::step_rows(ctx, self.step, width));
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        match &self.said {
            Some((_, form)) => form.lines(width, ctx.theme),
            None => {
                let words = "Look at what it changes, then say: 1 it finished   2 it did not   3 still unsure (hold)";
                say::prose(words, width, Role::TextStrong, ctx)
            }
        }
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        if self.said.is_some() {
            return vec![hint("enter", "submit what is typed"), hint("esc", "go back"), hint("^C", "then ! roll back")];
        }
        let mut keys = vec![hint("1", "finished"), hint("2", "did not"), hint("3", "unsure"), hint("o", "output")];
        if !ctx.state.step(self.step).holders.is_empty() {
            keys.push(hint("s", "stop it"));
        }
        keys.extend([hint("!", "roll back"), hint("esc", "later")]);
        keys
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if self.quiet.swallows(ctx.now) {
            return Reply::Say(EARLY.into());
        }
        let Some((how, form)) = &mut self.said else {
            return self.choice_key(key, ctx);
        };
        if key.code == KeyCode::Esc {
            self.said = None;
            return Reply::Stay;
        }
        if self.view.key(key) || form.key(key) != Step::Done {
            return Reply::Stay;
        }
        Reply::Wish(Intent::Resolve {
            step: ctx.plan.step(self.step).id.clone(),
            how: *how,
            reason: form.answer(0).trim().to_owned(),
        })
    }

    fn paste(&mut self, text: &str, ctx: &Context<'_>) -> Reply {
        if !self.quiet.swallows(ctx.now)
            && let Some((_, form)) = &mut self.said
        {
            form.paste(text);
        }
        Reply::Stay
    }

    fn has_typed(&self) -> bool {
        self.said.as_ref().is_some_and(|(_, form)| form.has_typed())
    }

    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        self.said.is_some()
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        ctx.state.step(self.step).status != StepStatus::Unknown
    }

    fn view(&self) -> &View {
        &self.view
    }
}
