//! The roll-back card of `!`: the levels, what each runs and loses, and until when it fits.
//!
//! Three keys take a level that loses nothing: `!`, its digit, `y`, at once and in order. A level that loses something, or that
//! the plan does not offer now, asks its name typed and a reason, accepts nothing in its first 3 s and not before its last
//! command was on the screen: a `y` too many is no reason. Looking at levels runs nothing.

use crate::model::ids::LevelIx;
use crate::model::intent::{Intent, Typed};
use crate::model::schedule;
use crate::model::step::Effect;
use crate::tui::context::{Card, Context, ReasonFor, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step, Want};
use crate::tui::overlays::quiet::Quiet;
use crate::tui::overlays::rollback_rows as rows;
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crate::tui::{proposals, words};
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// Said where the runbook has no level.
pub const NO_LEVELS: &str = "This plan names no rollback. ^C stops the step; p holds.";

/// The roll-back card.
#[derive(Debug, Default)]
pub struct RollBackCard {
    picked: Option<Picked>,
    view: View,
}

/// The level whose commands are shown.
#[derive(Debug)]
struct Picked {
    level: LevelIx,
    form: Form,
    quiet: Quiet,
}

/// Whether its name is typed, and a reason: it loses something, or the plan does not offer it now.
fn asks_its_name(ctx: &Context<'_>, level: LevelIx) -> bool {
    !ctx.plan.level(level).loses_nothing() || !schedule::offered(ctx.plan, ctx.state, level)
}

/// Whether it is read to its end first: it cannot be taken back itself, one of its steps destroys, or it is not offered now.
fn is_grave(ctx: &Context<'_>, level: LevelIx) -> bool {
    let path = ctx.state.level_path(ctx.plan, level);
    asks_its_name(ctx, level) || path.iter().any(|step| ctx.plan.step(*step).effect == Effect::Destroys)
}

fn questions(ctx: &Context<'_>, level: LevelIx) -> Form {
    let wanted = ctx.plan.level(level);
    if !asks_its_name(ctx, level) {
        return Form::of(Vec::new());
    }
    let offered = schedule::offered(ctx.plan, ctx.state, level);
    let label = if offered { "Why:" } else { "The plan does not offer it now. Why anyway:" };
    Form::of(vec![Question::exactly(wanted.id.as_str(), "to start it"), Question::new(label, Want::Some("a reason"))])
}

/// T as the header says it: the same words, and none before the start.
fn t_words(ctx: &Context<'_>) -> String {
    let t = schedule::t_clock(ctx.state, ctx.now).filter(|_| ctx.state.started.is_some());
    t.map_or(String::new(), words::t_words)
}

impl RollBackCard {
    fn pick(&mut self, digit: u32, ctx: &Context<'_>) -> Reply {
        let place = usize::try_from(digit).unwrap_or(0);
        let Some(level) = place.checked_sub(1).filter(|place| *place < ctx.plan.levels.len()) else {
            return Reply::Say(format!("There is no level {digit}."));
        };
        let level = LevelIx(level);
        if let Some(why) = rows::cannot_take(ctx, level) {
            return Reply::Say(why);
        }
        self.view = View::default();
        self.picked = Some(Picked { level, form: questions(ctx, level), quiet: Quiet::ready(ctx.now) });
        Reply::Stay
    }

    fn not_yet(&self, picked: &Picked, ctx: &Context<'_>) -> Option<String> {
        if !is_grave(ctx, picked.level) {
            return None;
        }
        if !self.view.was_read() {
            return Some("Read to the last line first: space reads on.".into());
        }
        picked
            .quiet
            .slow_left(ctx.now)
            .map(|left| format!("Nothing is accepted for {} s more. Read.", left.as_millis().div_ceil(1000)))
    }

    fn list_key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        match key.code {
            KeyCode::Char('0') if proposals::undecided(ctx.state).is_some() => proposals::undecided(ctx.state)
                .map_or(Reply::Stay, |ix| Reply::Over(Card::Reason(ReasonFor::GoOnDespite(ix)))),
            KeyCode::Char(digit @ '0'..='9') => self.pick(digit.to_digit(10).unwrap_or(0), ctx),
            KeyCode::Char('p') if ctx.state.hold.is_none() => {
                Reply::Wish(Intent::Hold { reason: "from the roll-back card".into() })
            }
            KeyCode::Esc | KeyCode::Char('q') => Reply::Close,
            _ => {
                self.view.plain_key(key);
                Reply::Stay
            }
        }
    }

    fn picked_key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        let text = self.takes_text(ctx);
        if key.code == KeyCode::Esc || (!text && key.code == KeyCode::Char('q')) {
            *self = Self::default();
            return Reply::Stay;
        }
        if self.view.key(key) || (!text && self.view.plain_key(key)) {
            return Reply::Stay;
        }
        if let (false, KeyCode::Char('h'), Some(picked)) = (text, key.code, &self.picked) {
            // Run by hand while nothing could be recorded: said step by step, so that the level does not run it again.
            let next = ctx.state.level_path(ctx.plan, picked.level).first().copied();
            return next.map_or(Reply::Stay, |step| Reply::Over(Card::Reason(ReasonFor::Hand(step))));
        }
        if let (false, KeyCode::Char(digit @ '1'..='9')) = (text, key.code) {
            return self.pick(digit.to_digit(10).unwrap_or(0), ctx);
        }
        let Some(picked) = &self.picked else {
            return Reply::Stay;
        };
        if let Some(why) = rows::cannot_take(ctx, picked.level).or_else(|| self.not_yet(picked, ctx)) {
            return Reply::Say(why);
        }
        self.accept(key, ctx)
    }

    fn accept(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        let Some(picked) = &mut self.picked else {
            return Reply::Stay;
        };
        let level = ctx.plan.level(picked.level);
        let wish = |typed: Typed| Reply::Wish(Intent::RollBack { level: level.id.clone(), typed });
        if picked.form.is_empty() {
            return match key.code {
                KeyCode::Char('y') => wish(Typed::default()),
                KeyCode::Enter => Reply::Say("Enter does not start it: y does.".into()),
                _ => Reply::Stay,
            };
        }
        if picked.form.key(key) != Step::Done {
            return Reply::Stay;
        }
        let given = |place: usize| Some(picked.form.answer(place).to_owned());
        wish(Typed { text: given(0), reason: given(1), second: None })
    }
}

impl Face for RollBackCard {
    fn head(&self, ctx: &Context<'_>) -> Head {
        let running = ctx.state.running();
        let from = running.first().copied().or(ctx.state.next(ctx.plan));
        Head {
            word: "ROLL BACK".into(),
            title: from
                .map_or(String::new(), |step| format!("from {} {}", say::number(ctx, step), say::title(ctx, step))),
            tag: t_words(ctx),
            role: Role::Danger,
        }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let rows = match &self.picked {
            Some(picked) => rows::level(ctx, picked.level, width),
            None => rows::all(ctx, width),
        };
        Body { must_read: rows.len(), rows }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let Some(picked) = &self.picked else {
            let words = if ctx.plan.levels.is_empty() {
                NO_LEVELS
            } else {
                "Press a level's digit: it shows the level and runs nothing. esc goes back."
            };
            return say::prose(words, width, Role::Text, ctx);
        };
        let mut asked = rows::first_stopped(ctx).map_or(Vec::new(), |words| say::prose(&words, width, Role::Warn, ctx));
        if let Some(why) = self.not_yet(picked, ctx) {
            asked.extend(say::prose(&why, width, Role::Warn, ctx));
        } else if picked.form.is_empty() {
            let words = "y starts it. Its commands run one after another and stop at the first failure.";
            asked.extend(say::prose(words, width, Role::Text, ctx));
        } else {
            asked.extend(picked.form.lines(width, ctx.theme));
        }
        asked
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        match &self.picked {
            None if ctx.plan.levels.is_empty() => vec![hint("p", "hold"), hint("esc", "go back")],
            None => {
                let last = ctx.plan.levels.len().min(9);
                let digits = if last == 1 { "1".into() } else { format!("1-{last}") };
                vec![(digits, "level".into()), hint("p", "hold"), hint("space", "read on"), hint("esc", "go back")]
            }
            Some(_) if self.takes_text(ctx) => {
                vec![hint("enter", "submit what is typed"), hint("PgDn", "read on"), hint("esc", "other levels")]
            }
            Some(picked) => {
                let mut keys = Vec::new();
                if picked.form.is_empty() && self.not_yet(picked, ctx).is_none() {
                    keys.push(hint("y", "start it"));
                }
                keys.extend([
                    hint("space", "read on"),
                    hint("h", "first was done by hand"),
                    hint("esc", "other levels"),
                ]);
                keys
            }
        }
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if self.picked.is_some() { self.picked_key(key, ctx) } else { self.list_key(key, ctx) }
    }

    fn paste(&mut self, text: &str, ctx: &Context<'_>) -> Reply {
        let takes = self.takes_text(ctx);
        let form = self.picked.as_mut().map(|picked| &mut picked.form);
        if takes && form.is_some_and(|form| form.paste(text)) {
            Reply::Stay
        } else {
            Reply::Say("Paste is refused here: type it.".into())
        }
    }

    fn has_typed(&self) -> bool {
        self.picked.as_ref().is_some_and(|picked| picked.form.has_typed())
    }

    fn takes_text(&self, ctx: &Context<'_>) -> bool {
        self.picked.as_ref().is_some_and(|picked| !picked.form.is_empty() && self.not_yet(picked, ctx).is_none())
    }

    fn view(&self) -> &View {
        &self.view
    }
}
