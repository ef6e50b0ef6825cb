//! One line of a judgement before it is shown: what was wanted, and what came, in our words and in the output's.
//!
//! Output may hold a secret, and cutting a secret in half would carry it past the mask. So what is quoted stays long until it
//! has been masked and is cut only then; a `Check`, which is recorded and shown, is made nowhere else.

use crate::model::expect::Check;

/// Characters of output in one check.
const SHOWN: usize = 200;
/// Characters of output where what was wanted came: enough to recognise it.
const GLIMPSE: usize = 60;
/// Bytes of output that are kept around what is quoted: far more than is shown, so that a secret at the cut is whole when it
/// is masked.
pub(super) const CONTEXT: usize = 16 * 1024;

/// Whether a line held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Yes,
    No,
    /// It could not be judged: no number, no JSON, too much of it.
    Unknown,
}

impl From<bool> for Held {
    fn from(holds: bool) -> Self {
        if holds { Held::Yes } else { Held::No }
    }
}

/// What came: our words, and output beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Saw {
    words: String,
    output: Option<Output>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Output {
    text: String,
    around: Option<String>,
    marked: bool,
    /// Characters that are shown.
    limit: usize,
}

impl Saw {
    /// Words that hold no output.
    pub(super) fn words(words: impl Into<String>) -> Self {
        Self { words: words.into(), output: None }
    }

    /// Words, then output in quotation marks.
    pub(super) fn quoted(words: &str, text: &str) -> Self {
        Self::with(words, text, true)
    }

    /// A value that was read from output: `18/20 = 90.0 %`.
    pub(super) fn value(text: &str) -> Self {
        Self::with("", text, false)
    }

    fn with(words: &str, text: &str, marked: bool) -> Self {
        let end = text.floor_char_boundary(CONTEXT * 3);
        let output = Output { text: text[..end].to_owned(), around: None, marked, limit: SHOWN };
        Self { words: words.to_owned(), output: Some(output) }
    }

    /// Only the beginning of it, for what came as it was wanted.
    pub(super) fn glimpse(mut self) -> Self {
        if let Some(output) = &mut self.output {
            output.limit = GLIMPSE;
        }
        self
    }

    /// When it must be cut, the part around this text is kept.
    pub(super) fn around(mut self, text: &str) -> Self {
        if let Some(output) = &mut self.output {
            output.around = Some(text.to_owned());
        }
        self
    }

    /// More of our words behind it.
    pub(super) fn then(mut self, words: &str) -> Self {
        match &mut self.output {
            Some(output) if !output.marked => output.text.push_str(words),
            Some(_) | None => self.words.push_str(words),
        }
        self
    }

    fn shown(&self, mask: &dyn Fn(&str) -> String, privacy: Privacy) -> String {
        let Some(output) = &self.output else {
            return mask(&self.words);
        };
        let text = match privacy {
            Privacy::Private => return format!("{} (not shown)", self.words).trim().to_owned(),
            Privacy::Cut => cut(&mask(&output.text), output.around.as_deref(), output.limit),
            Privacy::Whole => mask(&output.text),
        };
        let mark = if output.marked { "\"" } else { "" };
        let gap = if self.words.is_empty() { "" } else { " " };
        format!("{}{gap}{mark}{text}{mark}", mask(&self.words))
    }
}

/// How much of the output a check may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Privacy {
    /// None: a secret is captured from it.
    Private,
    /// 200 characters.
    Cut,
    /// All: a person typed it.
    Whole,
}

/// One judged line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) want: String,
    pub(super) saw: Saw,
    pub(super) held: Held,
}

impl Finding {
    pub(super) fn new(want: impl Into<String>, saw: Saw, held: impl Into<Held>) -> Self {
        Self { want: want.into(), saw, held: held.into() }
    }

    /// What came, for the person who typed it.
    pub(super) fn words(&self) -> String {
        self.saw.shown(&str::to_owned, Privacy::Whole)
    }

    pub(super) fn check(&self, mask: &dyn Fn(&str) -> String, privacy: Privacy) -> Check {
        Check { want: mask(&self.want), saw: self.saw.shown(mask, privacy), ok: self.held == Held::Yes }
    }
}

fn cut(text: &str, around: Option<&str>, limit: usize) -> String {
    let total = text.chars().count();
    if total <= limit {
        return text.to_owned();
    }
    let place = around.and_then(|part| text.find(part)).unwrap_or(0);
    let before = text[..place].chars().count();
    // What stands before a text that was found far into a line is a part of what is shown.
    let from = if before + limit / 2 > limit { before - limit * 3 / 10 } else { 0 };
    let part: String = text.chars().skip(from).take(limit).collect();
    let (left, right) = (if from > 0 { "…" } else { "" }, if from + limit < total { "…" } else { "" });
    format!("{left}{part}{right}")
}
