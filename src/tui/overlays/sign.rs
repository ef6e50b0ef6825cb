//! The card of a sign-off: what is signed, what it states, who signed, and for whom one can sign.
//!
//! One person signs for one role, with a comment: by name, or where the runbook names the role's signers with a key. Then the card
//! shows the text to the letter, and takes the word that signs it here or a signature that was made elsewhere. Whether that is
//! enough is the conductor's to say.

use crate::feed::SigningKey;
use crate::model::event::Decision;
use crate::model::ids::{RoleId, StepIx};
use crate::model::intent::Intent;
use crate::model::signoff::{self, Signatory};
use crate::model::state::StepStatus;
use crate::model::step::{SignOff, Work};
use crate::model::text::shown;
use crate::tui::context::{Card, Context, ReasonFor, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step, Want};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::sign_rows::{roles, signing_rows, title};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;
use std::path::PathBuf;

/// The card of one sign-off.
#[derive(Debug)]
pub struct SignCard {
    step: StepIx,
    decision: Decision,
    /// The one role that speaks on this card, where it is no sign-off's.
    only: Option<RoleId>,
    stage: Stage,
    view: View,
}

/// How far signing has come.
#[derive(Debug)]
pub(super) enum Stage {
    /// Nobody signs.
    Roles,
    /// For this role: a name where that is enough, and a comment.
    Said { role: RoleId, form: Form },
    /// Which of these keys.
    Keys { role: RoleId, comment: String, keys: Vec<SigningKey> },
    /// The text, and what signs it.
    Text(Box<Signing>),
}

/// A text that is about to be signed.
#[derive(Debug)]
pub(super) struct Signing {
    /// The wish, not signed yet.
    intent: Intent,
    pub text: String,
    pub key: SigningKey,
    /// Where the text lies for who signs it elsewhere.
    pub kept: Option<PathBuf>,
    form: Form,
}

fn what_is_said() -> Question {
    Question::new("What do you say with it:", Want::Some("a comment, if only \"none\""))
}

/// The sign-off that a step is.
pub fn sign_of<'a>(ctx: &Context<'a>, step: StepIx) -> Option<&'a SignOff> {
    match &ctx.plan.step(step).work {
        Work::Sign(sign) => Some(sign),
        _other => None,
    }
}

impl SignCard {
    /// The card as the sign-off stands.
    pub fn open(step: StepIx) -> Self {
        Self { step, decision: Decision::Signed, only: None, stage: Stage::Roles, view: View::default() }
    }

    /// The card of what one role says with its key.
    pub fn of(step: StepIx, role: &RoleId, decision: Decision) -> Self {
        let form = Form::of(vec![what_is_said()]);
        let stage = Stage::Said { role: role.clone(), form };
        Self { decision, only: Some(role.clone()), stage, ..Self::open(step) }
    }

    /// Where a card goes back to: its list of roles, where it has one.
    fn back(&mut self) -> Reply {
        if self.only.is_some() {
            return Reply::Close;
        }
        self.stage = Stage::Roles;
        Reply::Stay
    }

    fn pick(&mut self, digit: char, ctx: &Context<'_>) -> Reply {
        let at = (digit as usize).saturating_sub('1' as usize);
        if let Stage::Keys { role, comment, keys } = &self.stage {
            let Some(key) = keys.get(at).cloned() else { return Reply::Say(format!("There is no key {digit}.")) };
            let (role, comment) = (role.clone(), comment.clone());
            return self.show_text(&role, &comment, key, ctx);
        }
        let Some(role) = sign_of(ctx, self.step).and_then(|sign| sign.roles.get(at)) else {
            return Reply::Say(format!("There is no role {digit}."));
        };
        if ctx.state.step(self.step).signed.iter().any(|signed| signed.role == *role) {
            return Reply::Say(format!("{} is signed already.", title(ctx, role)));
        }
        if ctx.state.step(self.step).status != StepStatus::You {
            return Reply::Over(Card::Run(self.step));
        }
        let said = what_is_said();
        let name = Question::new(format!("Your name, for {}:", title(ctx, role)), Want::Some("a name"));
        let asked = if signoff::signers(ctx.plan, role).is_empty() { vec![name, said] } else { vec![said] };
        self.stage = Stage::Said { role: role.clone(), form: Form::of(asked) };
        Reply::Stay
    }

    fn typed(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if key.code == KeyCode::Esc {
            return self.back();
        }
        match &mut self.stage {
            Stage::Roles | Stage::Keys { .. } => Reply::Stay,
            Stage::Said { role, form } => {
                if form.key(key) != Step::Done {
                    return Reply::Stay;
                }
                let role = role.clone();
                if signoff::signers(ctx.plan, &role).is_empty() {
                    let (name, comment) = (form.answer(0).trim().to_owned(), form.answer(1).trim().to_owned());
                    let step = ctx.plan.step(self.step).id.clone();
                    self.stage = Stage::Roles;
                    let decision = Decision::Signed;
                    return Reply::Ask(Intent::Sign { step, role, name, comment, text: None, sig: None, decision });
                }
                let comment = form.answer(0).trim().to_owned();
                self.choose_key(role, comment, ctx)
            }
            Stage::Text(signing) => match signing.form.key(key) {
                Step::Done => self.done(ctx),
                Step::Typed | Step::Unused => Reply::Stay,
            },
        }
    }

    fn choose_key(&mut self, role: RoleId, comment: String, ctx: &Context<'_>) -> Reply {
        let people = signoff::signers(ctx.plan, &role);
        let mut keys = ctx.port.signing_keys(people, signoff::namespace_of(ctx.state));
        match keys.len() {
            0 => {
                let people = shown(&people.join(", ")).into_owned();
                match &self.only {
                    Some(_) => self.stage = Stage::Said { role, form: Form::of(vec![what_is_said()]) },
                    None => self.stage = Stage::Roles,
                }
                Reply::Say(format!("The run's list of allowed signers has no key for {people}."))
            }
            1 => self.show_text(&role, &comment, keys.remove(0), ctx),
            _ => {
                keys.truncate(9);
                self.stage = Stage::Keys { role, comment, keys };
                Reply::Stay
            }
        }
    }

    fn show_text(&mut self, role: &RoleId, comment: &str, key: SigningKey, ctx: &Context<'_>) -> Reply {
        let by = Signatory { role, principal: &key.principal, key: &key.fingerprint, comment, decision: self.decision };
        let intent = signoff::intent(ctx.plan, ctx.state, self.step, &by);
        let (intent, text) = match intent {
            Ok(intent @ Intent::Sign { text: Some(_), .. }) => {
                let text =
                    if let Intent::Sign { text: Some(text), .. } = &intent { text.clone() } else { String::new() };
                (intent, text)
            }
            Ok(_) => return Reply::Stay,
            Err(why) => return Reply::Say(format!("Nothing can be signed: {why}.")),
        };
        let mut kept = None;
        let form = if key.here {
            Question::exactly("sign", &format!("to sign it with {}", shown(&key.fingerprint)))
        } else {
            let name = format!("{}-{role}-{}.txt", ctx.plan.step(self.step).id, key.principal);
            match ctx.port.save_text(&name, &text) {
                Ok(path) => kept = Some(path),
                Err(why) => return Reply::Say(format!("The text is not kept: {why}.")),
            }
            Question::new(
                "Paste the signature, or type  file  once it lies beside the text:",
                Want::Some("a signature"),
            )
        };
        self.stage = Stage::Text(Box::new(Signing { intent, text, key, kept, form: Form::of(vec![form]) }));
        Reply::Stay
    }

    /// The word that signs was typed, or a signature came.
    fn done(&mut self, ctx: &Context<'_>) -> Reply {
        let Stage::Text(signing) = &mut self.stage else { return Reply::Stay };
        let mut intent = signing.intent.clone();
        if let (Some(path), Intent::Sign { sig, .. }) = (&signing.kept, &mut intent) {
            let typed = signing.form.answer(0).trim();
            let came = match typed {
                "file" => ctx.port.signature_beside(path),
                pasted => ctx.port.signature_of(pasted).ok_or_else(|| "that is no SSH signature".to_owned()),
            };
            match came {
                Ok(armored) => *sig = Some(armored),
                Err(why) => {
                    signing.form.complain(format!("Nothing was signed: {}.", shown(&why)));
                    return Reply::Stay;
                }
            }
        }
        if self.only.is_some() {
            return Reply::Wish(intent);
        }
        self.stage = Stage::Roles;
        Reply::Ask(intent)
    }

    fn form(&self) -> Option<&Form> {
        match &self.stage {
            Stage::Roles | Stage::Keys { .. } => None,
            Stage::Said { form, .. } => Some(form),
            Stage::Text(signing) => Some(&signing.form),
        }
    }
}

impl Face for SignCard {
    fn step(&self) -> Option<StepIx> {
        Some(self.step)
    }

    fn head(&self, ctx: &Context<'_>) -> Head {
        if self.only.is_some() {
            let word = self.decision.word().to_uppercase();
            let title = say::title(ctx, self.step);
            return Head {
                word: format!("{word} {}", say::number(ctx, self.step)),
                title,
                tag: "by key".into(),
                role: Role::You,
            };
        }
        let (signed, wanted) =
            (ctx.state.step(self.step).signed.len(), sign_of(ctx, self.step).map_or(0, |sign| sign.count));
        Head {
            word: format!("SIGN {}", say::number(ctx, self.step)),
            title: say::title(ctx, self.step),
            tag: format!("{signed} of {wanted}"),
            role: Role::You,
        }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        if let Some(rows) = signing_rows(&self.stage, (self.step, self.decision), ctx, width) {
            return Body { rows, must_read: 0 };
        }
        let mut rows = Vec::new();
        if let Some(role) = &self.only {
            let words = format!("{} says {}, with a key.", title(ctx, role), self.decision.word());
            rows.extend(say::prose(&words, width, Role::Text, ctx));
            rows.push(Line::default());
        }
        if let Some(asked) = &ctx.state.step(self.step).asked {
            for line in asked.question.lines() {
                rows.extend(say::prose(&shown(line), width, Role::TextStrong, ctx));
            }
        } else if let Some(sign) = sign_of(ctx, self.step) {
            rows.extend(say::prose(&say::fill(ctx, &sign.text), width, Role::TextStrong, ctx));
            for statement in &sign.statements {
                rows.extend(say::labelled("  -", &say::fill(ctx, statement), width, Role::Text, ctx));
            }
        }
        rows.push(Line::default());
        for (place, (text, role)) in roles(ctx, self.step).into_iter().enumerate() {
            rows.extend(say::labelled(&format!("  {}", place + 1), &text, width, role, ctx));
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        if let Some(form) = self.form() {
            return form.lines(width, ctx.theme);
        }
        if matches!(self.stage, Stage::Keys { .. }) {
            return say::prose("A key's digit takes it; esc goes back.", width, Role::Text, ctx);
        }
        let words = if ctx.state.step(self.step).status == StepStatus::You {
            "A role's digit signs for it. One person signs for one role."
        } else {
            "r opens it; then each role signs."
        };
        say::prose(words, width, Role::Text, ctx)
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        if self.form().is_some() {
            return vec![hint("enter", "submit what is typed"), hint("esc", "go back"), hint("^C", "then ! roll back")];
        }
        let count = sign_of(ctx, self.step).map_or(0, |sign| sign.roles.len()).min(9);
        let digits = if count == 1 { "1".to_owned() } else { format!("1-{count}") };
        vec![
            (digits, "sign for".to_owned()),
            hint("f", "refuse"),
            hint("c", "note"),
            hint("!", "roll back"),
            hint("esc", "back"),
        ]
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if self.form().is_some() {
            return self.typed(key, ctx);
        }
        match key.code {
            KeyCode::Esc if matches!(self.stage, Stage::Keys { .. }) => self.back(),
            KeyCode::Char(digit @ '1'..='9') => self.pick(digit, ctx),
            KeyCode::Char('r') => Reply::Over(Card::Run(self.step)),
            KeyCode::Char('f') => Reply::Over(Card::Reason(ReasonFor::Fail(self.step))),
            KeyCode::Char('c') => Reply::Over(Card::Note(Some(self.step))),
            KeyCode::Char('!') => Reply::Open(Card::RollBack),
            KeyCode::Enter => Reply::Say("Enter signs nothing: a role's digit does.".into()),
            KeyCode::Esc | KeyCode::Char('q') => Reply::Close,
            _ => {
                self.view.plain_key(key);
                Reply::Stay
            }
        }
    }

    fn paste(&mut self, text: &str, _ctx: &Context<'_>) -> Reply {
        match &mut self.stage {
            Stage::Roles | Stage::Keys { .. } => {}
            Stage::Said { form, .. } => drop(form.paste(text)),
            Stage::Text(signing) => drop(signing.form.paste(text)),
        }
        Reply::Stay
    }

    fn has_typed(&self) -> bool {
        self.form().is_some_and(Form::has_typed)
    }

    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        self.form().is_some()
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        let status = ctx.state.step(self.step).status;
        // A second person's word is for a step that has not begun.
        status.settled() || self.decision == Decision::Approved && status.open()
    }

    fn view(&self) -> &View {
        &self.view
    }
}
