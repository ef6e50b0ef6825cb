//! The run card: what exactly will run, and what its class asks before it does.
//!
//! Enter alone never runs anything: C0 and C1 take `y`, C2 the step's number, C3 the plan's phrase, a reason and, where the
//! plan says so, a second person. Early keys are swallowed, nothing is accepted before the command's last line was on the
//! screen, and C3 accepts nothing in its first 3 s. Before its planned time all but C0 take a reason. The conductor asks the same again: `decide` is not fooled by a card.

use crate::model::decide::{Second, asked_class, early_start, second_person};
use crate::model::event::Decision;
use crate::model::ids::StepIx;
use crate::model::intent::{Intent, Typed};
use crate::model::signoff;
use crate::model::step::Class;
use crate::model::text::shown;
use crate::tui::context::{Card, Context, Reply};
use crate::tui::overlays::command_rows;
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

/// The run card of one step.
#[derive(Debug)]
pub struct RunCard {
    step: StepIx,
    class: Class,
    early: bool,
    form: Form,
    quiet: Quiet,
    view: View,
    /// The command that was read; another one must be read again.
    read: String,
}

impl RunCard {
    /// The card of a step as it stands.
    pub fn open(step: StepIx, ctx: &Context<'_>) -> Self {
        let class = asked_class(ctx.plan, ctx.state, step);
        let early = is_early(step, ctx);
        Self {
            step,
            class,
            early,
            form: questions(step, (class, early), ctx),
            quiet: Quiet::silent(ctx.now),
            view: View::default(),
            read: fingerprint(step, ctx),
        }
    }

    /// A card whose step asks more than when it was opened, or runs something else, starts over.
    fn renew(&mut self, ctx: &Context<'_>) -> bool {
        let (class, now) = (asked_class(ctx.plan, ctx.state, self.step), fingerprint(self.step, ctx));
        // A reason that is asked stays asked when the time comes: what was typed is not thrown away.
        let asks_enough = self.early || !is_early(self.step, ctx);
        if class == self.class && asks_enough && now == self.read {
            return false;
        }
        *self = Self::open(self.step, ctx);
        self.view.unread();
        true
    }

    /// Why nothing is accepted yet.
    fn not_yet(&self, ctx: &Context<'_>) -> Option<String> {
        if let Some(why) = run_rows::cannot_run(ctx, self.step) {
            return Some(why);
        }
        if !self.view.was_read() {
            return Some("Read to the last line first: space reads on.".into());
        }
        if let Some(words) = self.second_words(ctx) {
            return Some(words);
        }
        match self.class {
            Class::C0 | Class::C1 | Class::C2 => None,
            Class::C3 => self
                .quiet
                .slow_left(ctx.now)
                .map(|left| format!("Nothing is accepted for {} s more. Read.", left.as_millis().div_ceil(1000))),
        }
    }

    /// What is waited for where the second person answers with a key and has not.
    fn second_words(&self, ctx: &Context<'_>) -> Option<String> {
        let role = signoff::seconds(ctx.plan, self.step)?;
        let people = signoff::signers(ctx.plan, role).join(", ");
        let who = format!("{} ({})", shown(role.as_str()), shown(&people));
        match second_person(ctx.plan, ctx.state, self.step)? {
            Second::Unasked => Some(format!("A second person signs first: s asks {who}.")),
            Second::Asked => Some(format!("{who} is asked: s signs here, tminus sign RUN signs from elsewhere.")),
            Second::Agreed(_) => None,
        }
    }

    /// `s` asks the second person, then takes the signature.
    fn second_key(&self, ctx: &Context<'_>) -> Option<Reply> {
        let (step, role) = (self.step, signoff::seconds(ctx.plan, self.step)?.clone());
        match second_person(ctx.plan, ctx.state, step)? {
            Second::Unasked => Some(Reply::Ask(Intent::AskSecond { step: ctx.plan.step(step).id.clone() })),
            Second::Asked => Some(Reply::Over(Card::SignFor { step, role, decision: Decision::Approved })),
            Second::Agreed(_) => None,
        }
    }

    fn wish(&self, ctx: &Context<'_>) -> Reply {
        let given = |place: usize| Some(self.form.answer(place).trim().to_owned()).filter(|said| !said.is_empty());
        let typed = match self.class {
            Class::C0 | Class::C1 => Typed { reason: given(0), ..Typed::default() },
            Class::C2 | Class::C3 => {
                let text = Some(self.form.answer(0).to_owned()).filter(|text| !text.is_empty());
                Typed { text, reason: given(1), second: given(2) }
            }
        };
        Reply::Wish(Intent::Run { step: ctx.plan.step(self.step).id.clone(), typed })
    }
}

fn fingerprint(step: StepIx, ctx: &Context<'_>) -> String {
    let all = [step].into_iter().chain(run_rows::inside(ctx, step));
    let of = |ix: StepIx| {
        let command = ctx.plan.step(ix).command();
        command.map(|command| command_rows::fingerprint(ctx, ix, command)).unwrap_or_default()
    };
    all.map(of).collect()
}

fn is_early(step: StepIx, ctx: &Context<'_>) -> bool {
    early_start(ctx.plan, ctx.state, step, ctx.now.wall).is_some()
}

fn questions(step: StepIx, (class, early): (Class, bool), ctx: &Context<'_>) -> Form {
    let planned = ctx.plan.step(step);
    let why_early = early.then(|| Question::new("Why before its time (enter runs it):", Want::Some("a reason")));
    match class {
        Class::C0 | Class::C1 => Form::of(why_early.into_iter().collect()),
        Class::C2 => {
            let number = Question::exactly(&planned.number, "to run it, esc goes back");
            Form::of([number].into_iter().chain(why_early).collect())
        }
        Class::C3 => {
            let mut asked =
                vec![Question::exactly(planned.phrase(), "to run it"), Question::new("Why:", Want::Some("a reason"))];
            // Who answers with a key is not asked for a name.
            if planned.second_person && second_person(ctx.plan, ctx.state, step).is_none() {
                let me = say::who(ctx);
                asked.push(Question::new(format!("Second person (not {me}):"), Want::NameBut(me)));
            }
            Form::of(asked)
        }
    }
}

impl Face for RunCard {
    fn step(&self) -> Option<StepIx> {
        Some(self.step)
    }

    fn head(&self, ctx: &Context<'_>) -> Head {
        let again = ctx.state.step(self.step).attempt > 0;
        Head {
            word: format!("{} {}", if again { "RETRY" } else { "RUN" }, say::number(ctx, self.step)),
            title: say::title(ctx, self.step),
            tag: format!("[{}]", self.class.word()),
            role: match self.class {
                Class::C0 | Class::C1 => Role::Run,
                Class::C2 => Role::Warn,
                Class::C3 => Role::Danger,
            },
        }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        run_rows::body(ctx, self.step, width)
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let mut rows = Vec::new();
        if let Some(words) = run_rows::out_of_order(ctx, self.step) {
            rows.extend(say::prose(&words, width, Role::Warn, ctx));
        }
        if let Some(words) = run_rows::too_early(ctx, self.step) {
            rows.extend(say::prose(&words, width, Role::Warn, ctx));
        }
        if let Some(Second::Agreed(who)) = second_person(ctx.plan, ctx.state, self.step) {
            let words = format!("Second person: {} agreed, by key.", shown(&who));
            rows.extend(say::prose(&words, width, Role::Ok, ctx));
        }
        if let Some(why) = self.not_yet(ctx) {
            rows.extend(say::prose(&why, width, Role::Warn, ctx));
            return rows;
        }
        if self.form.is_empty() {
            rows.extend(say::prose("y runs it. esc goes back and runs nothing.", width, Role::Text, ctx));
        } else {
            rows.extend(self.form.lines(width, ctx.theme));
        }
        rows
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        let mut keys = Vec::new();
        if self.not_yet(ctx).is_none() {
            keys.push(if self.form.is_empty() { hint("y", "run it") } else { hint("enter", "submit what is typed") });
        }
        keys.push(if self.takes_text(ctx) { hint("PgDn", "read on") } else { hint("space", "read on") });
        keys.push(hint("esc", "go back"));
        keys.push(if self.takes_text(ctx) { hint("^C", "then ! roll back") } else { hint("!", "roll back") });
        keys
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if self.quiet.swallows(ctx.now) {
            return Reply::Say(EARLY.into());
        }
        if key.code == KeyCode::Esc {
            return Reply::Close;
        }
        if self.renew(ctx) {
            return Reply::Say("What would run has changed. Read it again.".into());
        }
        let text = self.takes_text(ctx);
        if self.view.key(key) || (!text && self.view.plain_key(key)) {
            return Reply::Stay;
        }
        if !text && key.code == KeyCode::Char('q') {
            return Reply::Close;
        }
        if let Some(why) = self.not_yet(ctx) {
            let asks = key.code == KeyCode::Char('s') && self.second_words(ctx).is_some_and(|words| words == why);
            return self.second_key(ctx).filter(|_| asks).unwrap_or(Reply::Say(why));
        }
        if self.form.is_empty() {
            return match key.code {
                KeyCode::Char('y') => self.wish(ctx),
                KeyCode::Enter => Reply::Say("Enter does not run anything: y does.".into()),
                _ => Reply::Stay,
            };
        }
        match self.form.key(key) {
            Step::Done => self.wish(ctx),
            Step::Typed | Step::Unused => Reply::Stay,
        }
    }

    fn paste(&mut self, text: &str, ctx: &Context<'_>) -> Reply {
        if self.quiet.swallows(ctx.now) || self.not_yet(ctx).is_some() || self.form.is_empty() {
            return Reply::Say("Paste is refused here.".into());
        }
        if self.form.paste(text) { Reply::Stay } else { Reply::Say("Paste is refused here: type it.".into()) }
    }

    fn has_typed(&self) -> bool {
        self.form.has_typed()
    }

    fn takes_text(&self, ctx: &Context<'_>) -> bool {
        !self.form.is_empty() && self.not_yet(ctx).is_none()
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        let status = ctx.state.step(self.step).status;
        status.settled() || status.open()
    }

    fn view(&self) -> &View {
        &self.view
    }
}
