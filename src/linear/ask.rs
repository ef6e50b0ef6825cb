//! What a numbered choice leads to: a wish at once, questions whose answers fill a wish in, a list of more choices, or text.
//!
//! A wish is a template with gaps; each question names the gap that its answer fills. The number of a choice alone never
//! starts what changes something: `Rule` says what exactly must be typed. Nothing here is sent; `talk` does that.

use crate::model::intent::{Intent, Typed};
use crate::model::secret::Secret;

/// One numbered choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// A word or two, which may be typed in place of the number.
    pub label: String,
    /// More about it; empty in the one-line list.
    pub note: String,
    /// What it leads to.
    pub then: Ask,
}

impl Choice {
    /// A choice without a note.
    pub fn new(label: &str, then: Ask) -> Self {
        Self { label: label.to_owned(), note: String::new(), then }
    }

    /// A choice with a note.
    pub fn noted(label: impl Into<String>, note: impl Into<String>, then: Ask) -> Self {
        Self { label: label.into(), note: note.into(), then }
    }
}

/// What a choice leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// A wish, once these questions are answered; at once where there are none.
    #[allow(missing_docs, reason = "what is said first, what is asked, what is wished")]
    Wish { card: Vec<String>, questions: Vec<Question>, intent: Intent },
    /// More choices.
    #[allow(missing_docs, reason = "what is said first, and the choices")]
    Menu { card: Vec<String>, choices: Vec<Choice> },
    /// Only something to read.
    Show(Vec<String>),
    /// The terminal is handed through again; nothing or one way out is typed there.
    Terminal(&'static [u8]),
    /// The client leaves; the run goes on.
    Leave,
}

/// One thing to type.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is asked.
    pub words: String,
    /// What counts as an answer.
    pub rule: Rule,
    /// Where it goes.
    pub slot: Slot,
}

/// What counts as an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// This text and no other.
    Exactly(String),
    /// Anything but nothing.
    Something,
    /// Anything but nothing, hidden while it is typed.
    Hidden,
    /// A signature, pasted over several lines, or the word for one in a file.
    Armor,
}

/// Which gap of a wish an answer fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// None: it only had to be typed.
    Consent,
    /// What a class asks to be typed.
    Typed,
    /// Why.
    Reason,
    /// The second person.
    Second,
    /// Who accepts.
    Name,
    /// What was seen, a value, or a note's text.
    Text,
    /// The next blank of a message.
    Blank,
    /// A signature.
    Signature,
}

impl Question {
    /// `y` and nothing else.
    pub fn yes(words: impl Into<String>) -> Self {
        Self { words: words.into(), rule: Rule::Exactly("y".into()), slot: Slot::Consent }
    }

    /// Exactly this text, which travels with the wish.
    pub fn exactly(words: impl Into<String>, text: &str) -> Self {
        Self { words: words.into(), rule: Rule::Exactly(text.to_owned()), slot: Slot::Typed }
    }

    /// Some text.
    pub fn text(words: impl Into<String>, slot: Slot) -> Self {
        Self { words: words.into(), rule: Rule::Something, slot }
    }

    /// A reason.
    pub fn why() -> Self {
        Self::text("Why:", Slot::Reason)
    }
}

/// Fills one gap. A gap that the wish does not have takes nothing.
#[allow(clippy::too_many_lines, reason = "one line a wish")]
pub(super) fn put(intent: &mut Intent, slot: Slot, text: String) {
    match intent {
        Intent::Amend { name, .. } if slot == Slot::Name => *name = text,
        Intent::Amend { path, .. } if slot == Slot::Text => *path = text,
        Intent::Run { typed, .. } | Intent::RollBack { typed, .. } | Intent::Amend { typed, .. } => {
            put_typed(typed, slot, text)
        }
        Intent::Start { typed } if slot == Slot::Typed => *typed = text,
        Intent::Decide { typed, .. } if slot == Slot::Typed => *typed = text,
        Intent::Decide { reason, .. }
        | Intent::Skip { reason, .. }
        | Intent::NotApplicable { reason, .. }
        | Intent::Hand { reason, .. }
        | Intent::Fail { reason, .. }
        | Intent::Resolve { reason, .. }
        | Intent::Release { reason, .. }
        | Intent::EndMonitor { reason, .. }
        | Intent::Trip { reason, .. }
        | Intent::GoOnDespite { reason, .. }
        | Intent::Call { reason, .. }
        | Intent::Recycle { reason, .. }
        | Intent::CloseRisk { reason, .. }
        | Intent::Hold { reason }
        | Intent::Abort { reason }
        | Intent::Accept { reason, .. }
        | Intent::HandOver { reason, .. }
            if slot == Slot::Reason =>
        {
            *reason = text;
        }
        Intent::Accept { name, .. }
        | Intent::GoOnDespite { name, .. }
        | Intent::HandOver { name, .. }
        | Intent::Sign { name, .. }
            if slot == Slot::Name =>
        {
            *name = text;
        }
        Intent::Sign { comment, .. } if matches!(slot, Slot::Text | Slot::Reason) => {
            *comment = if text == "-" { String::new() } else { text };
        }
        Intent::Sign { sig, .. } if slot == Slot::Signature => *sig = Some(text),
        Intent::Fill { blanks, .. } if slot == Slot::Blank => blanks.push(text),
        Intent::Reading { value, .. } if slot == Slot::Text => *value = Secret::new(text),
        Intent::Answer { saw, .. } if matches!(slot, Slot::Text | Slot::Reason) => *saw = text,
        Intent::Value { value, .. } if slot == Slot::Text => *value = Secret::new(text),
        Intent::Note { text: note, .. } if slot == Slot::Text => *note = text,
        Intent::Journal { dir } if slot == Slot::Text => *dir = text,
        Intent::Start { .. }
        | Intent::HandOver { .. }
        | Intent::StandBy { .. }
        | Intent::Answer { .. }
        | Intent::Value { .. }
        | Intent::Choose { .. }
        | Intent::Skip { .. }
        | Intent::NotApplicable { .. }
        | Intent::Hand { .. }
        | Intent::Fail { .. }
        | Intent::Accept { .. }
        | Intent::Resolve { .. }
        | Intent::Release { .. }
        | Intent::Vote { .. }
        | Intent::Decide { .. }
        | Intent::Stop { .. }
        | Intent::Fill { .. }
        | Intent::Sign { .. }
        | Intent::AskSecond { .. }
        | Intent::EndMonitor { .. }
        | Intent::Reading { .. }
        | Intent::Trip { .. }
        | Intent::Ack { .. }
        | Intent::GoOnDespite { .. }
        | Intent::Call { .. }
        | Intent::Recycle { .. }
        | Intent::CloseRisk { .. }
        | Intent::Hold { .. }
        | Intent::GoOn
        | Intent::SeePhase { .. }
        | Intent::Note { .. }
        | Intent::Abort { .. }
        | Intent::Pause
        | Intent::Close
        | Intent::Drive
        | Intent::EndSurvivors { .. }
        | Intent::Journal { .. } => {}
    }
}

fn put_typed(typed: &mut Typed, slot: Slot, text: String) {
    match slot {
        Slot::Typed => typed.text = Some(text),
        Slot::Reason => typed.reason = Some(text),
        Slot::Second => typed.second = Some(text),
        Slot::Consent | Slot::Name | Slot::Text | Slot::Blank | Slot::Signature => {}
    }
}
