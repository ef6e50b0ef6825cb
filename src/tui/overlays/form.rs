//! Questions asked one after another: words to type exactly, reasons, names, values.
//!
//! Enter submits the text as it stands, never anything else: wrong words are answered and kept, so that they can be mended.
//! Exact words are typed, never pasted. A form knows nothing of what its answers lead to; cards do.

use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::text_field::{Echo, TextField};
use crate::tui::widgets::wrap;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::{Line, Span};

/// What an answer must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// These words, letter by letter.
    Exactly(String),
    /// Anything but nothing; named in the complaint: `a reason`.
    Some(&'static str),
    /// A name, not this one.
    NameBut(String),
}

/// One question.
#[derive(Clone, Debug)]
pub struct Question {
    label: String,
    want: Want,
    field: TextField,
}

impl Question {
    /// A question whose answer is shown while it is typed.
    pub fn new(label: impl Into<String>, want: Want) -> Self {
        Self { label: label.into(), want, field: TextField::new(Echo::Shown) }
    }

    /// A question whose answer is not shown.
    pub fn hidden(label: impl Into<String>) -> Self {
        Self { field: TextField::new(Echo::Hidden), ..Self::new(label, Want::Some("a value")) }
    }

    /// The words to type and nothing else.
    pub fn exactly(words: &str, to_do: &str) -> Self {
        Self::new(format!("Type  {words}  {to_do}:"), Want::Exactly(words.to_owned()))
    }
}

/// What a key led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is no key of a form.
    Unused,
    /// Something was typed.
    Typed,
    /// The last question was answered.
    Done,
}

/// Questions and what was typed.
#[derive(Clone, Debug, Default)]
pub struct Form {
    questions: Vec<Question>,
    at: usize,
    complaint: Option<String>,
}

impl Form {
    /// These questions.
    pub fn of(questions: Vec<Question>) -> Self {
        Self { questions, at: 0, complaint: None }
    }

    /// Whether there is anything to ask.
    pub fn is_empty(&self) -> bool {
        self.questions.is_empty()
    }

    /// Whether any of its fields holds text.
    pub fn has_typed(&self) -> bool {
        self.questions.iter().any(|question| !question.field.text().is_empty())
    }

    /// Whether the question that is open must be typed, not pasted.
    pub fn refuses_paste(&self) -> bool {
        self.questions.get(self.at).is_some_and(|question| match question.want {
            Want::Exactly(_) | Want::NameBut(_) => true,
            Want::Some(_) => false,
        })
    }

    /// The answer to a question, `""` where there is none.
    pub fn answer(&self, question: usize) -> &str {
        self.questions.get(question).map_or("", |question| question.field.text())
    }

    /// The field of the question that is open.
    pub fn field(&mut self) -> Option<&mut TextField> {
        self.questions.get_mut(self.at).map(|question| &mut question.field)
    }

    /// Says something below the question, until the next key.
    pub fn complain(&mut self, words: impl Into<String>) {
        self.complaint = Some(words.into());
    }

    /// Takes a key. Shift-tab goes a question back.
    pub fn key(&mut self, key: KeyEvent) -> Step {
        let Some(question) = self.questions.get_mut(self.at) else {
            return Step::Unused;
        };
        self.complaint = None;
        let exact = matches!(question.want, Want::Exactly(_));
        match key.code {
            KeyCode::Enter => return self.submit(),
            // Space reads on; one press too many must not spoil the words that are typed next.
            KeyCode::Char(' ') if exact && question.field.text().is_empty() => {}
            KeyCode::BackTab => self.at = self.at.saturating_sub(1),
            _ if question.field.key(key) => {}
            _ => return Step::Unused,
        }
        Step::Typed
    }

    /// Takes pasted text into the open question; `false` where it is refused.
    pub fn paste(&mut self, text: &str) -> bool {
        if self.refuses_paste() {
            self.complain("Paste is refused here: type it.");
            return false;
        }
        match self.field() {
            Some(field) => {
                field.paste(text);
                true
            }
            None => false,
        }
    }

    fn submit(&mut self) -> Step {
        let question = &self.questions[self.at];
        if let Some(complaint) = complaint(question) {
            self.complaint = Some(complaint);
            return Step::Typed;
        }
        if self.at + 1 == self.questions.len() {
            return Step::Done;
        }
        self.at += 1;
        Step::Typed
    }

    /// The questions up to the open one, with what was typed, in rows of at most `limit` cells.
    pub fn lines(&self, limit: usize, theme: &Theme) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for (place, question) in self.questions.iter().enumerate().take(self.at + 1) {
            if place < self.at {
                let said = format!("{} {}", question.label, question.field.shown());
                let dim = theme.style(Role::TextDim);
                lines.extend(styled_rows(&said, limit, dim));
            } else {
                lines.extend(open_question(question, limit, theme));
            }
        }
        if let Some(words) = &self.complaint {
            lines.extend(styled_rows(words, limit, theme.style(Role::Warn)));
        }
        lines
    }
}

/// Why an answer is not taken.
fn complaint(question: &Question) -> Option<String> {
    let field = &question.field;
    match &question.want {
        Want::Exactly(words) if field.text() == words => None,
        Want::Exactly(words) if field.text().is_empty() => Some(format!("Nothing is typed. It takes  {words}")),
        Want::Exactly(words) => Some(format!("That is not  {words}  . Nothing was started.")),
        Want::Some(what) if field.is_blank() => Some(format!("It takes {what}.")),
        Want::NameBut(_) if field.is_blank() => Some("It takes a name.".into()),
        Want::NameBut(name) if field.text().trim() == name => Some(format!("It takes another person than {name}.")),
        Want::Some(_) | Want::NameBut(_) => None,
    }
}

fn styled_rows(text: &str, limit: usize, style: ratatui::style::Style) -> Vec<Line<'static>> {
    wrap::words(text, limit).into_iter().map(|row| Line::styled(row, style)).collect()
}

/// The label and the field behind it, or below it where the room is short.
fn open_question(question: &Question, limit: usize, theme: &Theme) -> Vec<Line<'static>> {
    let label = theme.style(Role::Text);
    let mut rows = styled_rows(&question.label, limit, label);
    let used = rows.last().map_or(0, Line::width);
    let needed = wrap::width(&question.field.shown()) + 3;
    let room = limit.saturating_sub(used + 2);
    if room >= needed.min(24) {
        if let Some(last) = rows.last_mut() {
            last.spans.push(Span::styled("  ", label));
            last.spans.extend(question.field.spans(room, theme));
        }
    } else {
        rows.push(Line::from(question.field.spans(limit, theme)));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(form: &mut Form, text: &str) {
        for letter in text.chars() {
            form.key(KeyEvent::from(KeyCode::Char(letter)));
        }
    }

    fn enter(form: &mut Form) -> Step {
        form.key(KeyEvent::from(KeyCode::Enter))
    }

    #[test]
    fn wrong_words_are_answered_and_kept() {
        let mut form = Form::of(vec![Question::exactly("4b.1", "to run it")]);
        typed(&mut form, "4b.2");
        assert_eq!(enter(&mut form), Step::Typed);
        assert_eq!(form.answer(0), "4b.2");
        assert!(form.complaint.as_deref().is_some_and(|words| words.contains("4b.1")));
        form.key(KeyEvent::from(KeyCode::Backspace));
        typed(&mut form, "1");
        assert_eq!(enter(&mut form), Step::Done);
    }

    #[test]
    fn exact_words_are_exact() {
        for near in ["", "4b. 1", "4b.1 ", "4B.1", "4b.10"] {
            let mut form = Form::of(vec![Question::exactly("4b.1", "to run it")]);
            typed(&mut form, near);
            assert_eq!(enter(&mut form), Step::Typed, "{near:?}");
        }
    }

    #[test]
    fn paste_is_refused_where_words_are_typed_and_taken_where_reasons_are() {
        let mut form =
            Form::of(vec![Question::exactly("go", "to run it"), Question::new("Why:", Want::Some("a reason"))]);
        assert!(!form.paste("go"));
        assert_eq!(form.answer(0), "");
        typed(&mut form, "go");
        enter(&mut form);
        assert!(form.paste(
            "planned
"
        ));
        assert_eq!(form.answer(1), "planned");
    }

    #[test]
    fn a_second_person_is_another_person() {
        let mut form = Form::of(vec![Question::new("Second:", Want::NameBut("maya".into()))]);
        typed(&mut form, " maya ");
        assert_eq!(enter(&mut form), Step::Typed);
        form.field().unwrap().clear();
        typed(&mut form, "jlee");
        assert_eq!(enter(&mut form), Step::Done);
    }

    #[test]
    fn an_empty_reason_is_not_taken_and_a_step_back_keeps_what_was_typed() {
        let mut form =
            Form::of(vec![Question::new("Why:", Want::Some("a reason")), Question::new("Name:", Want::Some("a name"))]);
        typed(&mut form, "   ");
        assert_eq!(enter(&mut form), Step::Typed);
        typed(&mut form, "late");
        enter(&mut form);
        typed(&mut form, "jl");
        form.key(KeyEvent::from(KeyCode::BackTab));
        enter(&mut form);
        assert_eq!((form.answer(0), form.answer(1)), ("   late", "jl"));
    }
}
