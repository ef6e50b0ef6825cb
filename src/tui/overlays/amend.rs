//! The card of `:amend FILE`: what another runbook would change, line by line, before it takes the place of this one.
//!
//! Nothing is typed before its last line was on the screen. Then the word, why, whose word it is, and a second person where a
//! step that differs asks for one. Where it may not be taken the card says every reason and asks nothing.

use crate::model::amend::{DiffLine, Proposal};
use crate::model::decide::AMEND;
use crate::model::intent::Typed;
use crate::model::text::shown;
use crate::tui::context::{Amending, Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step, Want};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crate::tui::widgets::wrap;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// The card.
#[derive(Debug)]
pub struct AmendCard {
    amending: Amending,
    /// How many amendments there were when it was opened: with another one it compares with what is not in force.
    after: usize,
    form: Form,
    view: View,
}

impl AmendCard {
    /// What was found of a file.
    pub fn open(amending: Amending, ctx: &Context<'_>) -> Self {
        let mut questions = Vec::new();
        if let Ok(proposal) = &amending.found {
            let me = say::who(ctx);
            questions.push(Question::exactly(AMEND, "to amend the runbook"));
            questions.push(Question::new("Why:", Want::Some("a reason")));
            questions.push(Question::new("Whose word it is:", Want::Some("a name")));
            if proposal.second {
                questions.push(Question::new(format!("Second person (not {me}):"), Want::NameBut(me)));
            }
        }
        let after = ctx.state.amendments.len();
        Self { amending, after, form: Form::of(questions), view: View::default() }
    }

    fn accept(&mut self, key: KeyEvent) -> Reply {
        let Ok(proposal) = &self.amending.found else { return Reply::Stay };
        if self.form.key(key) != Step::Done {
            return Reply::Stay;
        }
        let given = |place: usize| self.form.answer(place).trim().to_owned();
        let second = proposal.second.then(|| given(3));
        Reply::Wish(proposal.intent(given(2), Typed { text: Some(given(0)), reason: Some(given(1)), second }))
    }
}

/// A step whose words are read, and the lines that differ.
fn changed(proposal: &Proposal, width: usize, ctx: &Context<'_>) -> Vec<Line<'static>> {
    let words = format!(
        "It takes the place of the runbook that this run goes by ({}). What runs and what was done stays as it is; what waits \
         is worked out anew.",
        proposal.counted
    );
    let mut rows = say::prose(&words, width, Role::Text, ctx);
    rows.push(Line::default());
    for step in &proposal.steps {
        rows.extend(say::prose(step, width, Role::TextStrong, ctx));
    }
    if !proposal.steps.is_empty() {
        rows.push(Line::default());
    }
    for line in &proposal.lines {
        let role = match line {
            DiffLine::At(..) | DiffLine::Both(_) => Role::TextDim,
            DiffLine::Out(_) => Role::Fail,
            DiffLine::In(_) => Role::Ok,
        };
        let line = Line::styled(shown(&line.text()).into_owned(), ctx.theme.style(role));
        rows.extend(wrap::styled(&line, width));
    }
    rows
}

impl Face for AmendCard {
    fn head(&self, _ctx: &Context<'_>) -> Head {
        let title = shown(&self.amending.file).into_owned();
        Head { word: "AMEND".into(), title, tag: String::new(), role: Role::Warn }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let rows = match &self.amending.found {
            Ok(proposal) => changed(proposal, width, ctx),
            Err(reasons) => {
                let words = "It may not take the place of the runbook that this run goes by:";
                let mut rows = say::prose(words, width, Role::Text, ctx);
                for reason in reasons {
                    rows.extend(say::prose(&format!("- {}", shown(reason)), width, Role::Warn, ctx));
                }
                rows
            }
        };
        Body { must_read: rows.len(), rows }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        match &self.amending.found {
            Err(_) => {
                say::prose("Nothing is amended. Only steps without an attempt may differ.", width, Role::Text, ctx)
            }
            Ok(_) if !self.view.was_read() => {
                say::prose("Read to the last line first: space reads on.", width, Role::Warn, ctx)
            }
            Ok(_) => self.form.lines(width, ctx.theme),
        }
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        if self.takes_text(ctx) {
            return vec![hint("enter", "submit what is typed"), hint("PgUp PgDn", "read"), hint("esc", "go back")];
        }
        vec![hint("space", "read on"), hint("esc", "go back")]
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        let text = self.takes_text(ctx);
        if key.code == KeyCode::Esc || (!text && key.code == KeyCode::Char('q')) {
            return Reply::Close;
        }
        if self.view.key(key) || (!text && self.view.plain_key(key)) {
            return Reply::Stay;
        }
        match (text, &self.amending.found) {
            (true, _) => self.accept(key),
            (false, Ok(_)) => Reply::Say("Read to the last line first: space reads on.".into()),
            (false, Err(_)) => Reply::Stay,
        }
    }

    fn paste(&mut self, text: &str, ctx: &Context<'_>) -> Reply {
        if self.takes_text(ctx) && self.form.paste(text) {
            return Reply::Stay;
        }
        Reply::Say("Paste is refused here: type it.".into())
    }

    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        self.amending.found.is_ok() && self.view.was_read()
    }

    fn has_typed(&self) -> bool {
        self.form.has_typed()
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        ctx.state.amendments.len() != self.after || ctx.state.ended.is_some()
    }

    fn fills(&self) -> bool {
        true
    }

    fn view(&self) -> &View {
        &self.view
    }
}
