//! The card of a sign-off: what is signed, what it states, who signed, and for whom one can sign.
//!
//! One person signs for one role, by name and with a comment. Whether that is enough is the conductor's to say; a role whose
//! signers are named in the runbook takes their key, and the card says whose.

use crate::model::ids::{RoleId, StepIx};
use crate::model::intent::Intent;
use crate::model::state::StepStatus;
use crate::model::step::{SignOff, Work};
use crate::model::text::shown;
use crate::tui::context::{Card, Context, ReasonFor, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step, Want};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// The card of one sign-off.
#[derive(Debug)]
pub struct SignCard {
    step: StepIx,
    /// Signing for this role.
    signing: Option<(RoleId, Form)>,
    view: View,
}

/// The sign-off that a step is.
pub fn sign_of<'a>(ctx: &Context<'a>, step: StepIx) -> Option<&'a SignOff> {
    match &ctx.plan.step(step).work {
        Work::Sign(sign) => Some(sign),
        _other => None,
    }
}

/// `Technical lead: maya at 15:04, by name only, "looks right"` for each role.
pub fn roles(ctx: &Context<'_>, step: StepIx) -> Vec<(String, Role)> {
    let Some(sign) = sign_of(ctx, step) else { return Vec::new() };
    let row = |role: &RoleId| {
        let title = title(ctx, role);
        match ctx.state.step(step).signed.iter().find(|signed| signed.role == *role) {
            None => (format!("{title}: not signed"), Role::You),
            Some(signed) => {
                let how = match &signed.key {
                    Some(key) => format!("signed {}", shown(key)),
                    None => "(typed)".to_owned(),
                };
                let comment = match signed.comment.trim() {
                    "" => String::new(),
                    comment => format!(", \"{}\"", shown(comment)),
                };
                let at = say::hour(ctx, signed.at.wall);
                (format!("{title}: {} at {at}, {how}{comment}", shown(&signed.principal)), Role::Ok)
            }
        }
    };
    sign.roles.iter().map(row).collect()
}

fn title(ctx: &Context<'_>, id: &RoleId) -> String {
    let role = ctx.plan.roles.iter().find(|role| role.id == *id);
    role.map_or(shown(id.as_str()).into_owned(), |role| match role.signers.as_slice() {
        [] => shown(&role.title).into_owned(),
        signers => format!("{} [{}]", shown(&role.title), shown(&signers.join(", "))),
    })
}

impl SignCard {
    /// The card as the sign-off stands.
    pub fn open(step: StepIx) -> Self {
        Self { step, signing: None, view: View::default() }
    }

    fn pick(&mut self, digit: char, ctx: &Context<'_>) -> Reply {
        let at = (digit as usize).saturating_sub('1' as usize);
        let Some(role) = sign_of(ctx, self.step).and_then(|sign| sign.roles.get(at)) else {
            return Reply::Say(format!("There is no role {digit}."));
        };
        if ctx.state.step(self.step).signed.iter().any(|signed| signed.role == *role) {
            return Reply::Say(format!("{} is signed already.", title(ctx, role)));
        }
        if ctx.state.step(self.step).status != StepStatus::You {
            return Reply::Over(Card::Run(self.step));
        }
        let asked = vec![
            Question::new(format!("Your name, for {}:", title(ctx, role)), Want::Some("a name")),
            Question::new("What do you say with it:", Want::Some("a comment, if only \"none\"")),
        ];
        self.signing = Some((role.clone(), Form::of(asked)));
        Reply::Stay
    }

    fn typed(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if key.code == KeyCode::Esc {
            self.signing = None;
            return Reply::Stay;
        }
        let Some((role, form)) = &mut self.signing else { return Reply::Stay };
        if form.key(key) != Step::Done {
            return Reply::Stay;
        }
        let intent = Intent::Sign {
            step: ctx.plan.step(self.step).id.clone(),
            role: role.clone(),
            name: form.answer(0).trim().to_owned(),
            comment: form.answer(1).trim().to_owned(),
            text: None,
            sig: None,
        };
        self.signing = None;
        Reply::Ask(intent)
    }
}

impl Face for SignCard {
    fn head(&self, ctx: &Context<'_>) -> Head {
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
        let Some(sign) = sign_of(ctx, self.step) else { return Body::default() };
        let mut rows = say::prose(&say::fill(ctx, &sign.text), width, Role::TextStrong, ctx);
        for statement in &sign.statements {
            rows.extend(say::labelled("  -", &say::fill(ctx, statement), width, Role::Text, ctx));
        }
        rows.push(Line::default());
        for (place, (text, role)) in roles(ctx, self.step).into_iter().enumerate() {
            rows.extend(say::labelled(&format!("  {}", place + 1), &text, width, role, ctx));
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        if let Some((_, form)) = &self.signing {
            return form.lines(width, ctx.theme);
        }
        let words = if ctx.state.step(self.step).status == StepStatus::You {
            "A role's digit signs for it. One person signs for one role."
        } else {
            "r opens it; then each role signs."
        };
        say::prose(words, width, Role::Text, ctx)
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        if self.signing.is_some() {
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
        if self.signing.is_some() {
            return self.typed(key, ctx);
        }
        match key.code {
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
        if let Some((_, form)) = &mut self.signing {
            form.paste(text);
        }
        Reply::Stay
    }

    fn has_typed(&self) -> bool {
        self.signing.as_ref().is_some_and(|(_, form)| form.has_typed())
    }

    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        self.signing.is_some()
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        ctx.state.step(self.step).status.settled()
    }

    fn view(&self) -> &View {
        &self.view
    }
}
