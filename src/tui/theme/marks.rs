//! Words, marks and roles of every state, and the letters that frames are made of: the one table.
//!
//! The word is the state; mark and colour are extras. Every mark is one cell wide in any locale that gets Unicode.

use super::{Glyphs, Role};
use crate::model::state::StepStatus;

/// What a row of the plan says of its step: its status, or that it is the operator's turn there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// As the records say.
    Is(StepStatus),
    /// Not begun, and next.
    Next,
    /// Next, while the run is held.
    Held,
}

impl Standing {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Is(status) => status.word(),
            Standing::Next => "next",
            Standing::Held => "HOLD",
        }
    }

    /// The mark, one cell.
    pub fn mark(self, glyphs: Glyphs) -> &'static str {
        let (unicode, ascii) = self.marks();
        match glyphs {
            Glyphs::Unicode => unicode,
            Glyphs::Ascii => ascii,
        }
    }

    fn marks(self) -> (&'static str, &'static str) {
        match self {
            Standing::Next => ("▸", ">"),
            Standing::Held => ("=", "="),
            Standing::Is(status) => match status {
                StepStatus::NotYet => ("-", "-"),
                StepStatus::Running => ("▸", "*"),
                StepStatus::You => ("◌", "!"),
                StepStatus::Ok => ("✓", "+"),
                StepStatus::Late => ("✓", "L"),
                StepStatus::Failed => ("✗", "x"),
                StepStatus::TimedOut => ("✗", "t"),
                StepStatus::Stopped => ("✗", "X"),
                StepStatus::Skipped => ("⊘", "s"),
                StepStatus::NotApplicable => ("-", "n"),
                StepStatus::Hand => ("✓", "h"),
                StepStatus::Over => ("✗", "o"),
                StepStatus::Back => ("↺", "b"),
                StepStatus::Unknown => ("?", "?"),
                StepStatus::Old => ("◌", "~"),
                StepStatus::Claim => ("◌", "c"),
            },
        }
    }

    /// The role that mark and word are drawn in.
    pub fn role(self) -> Role {
        match self {
            Standing::Next => Role::You,
            Standing::Held => Role::Hold,
            Standing::Is(status) => match status {
                StepStatus::NotYet | StepStatus::NotApplicable | StepStatus::Skipped | StepStatus::Back => {
                    Role::TextDim
                }
                StepStatus::Running => Role::Run,
                StepStatus::You => Role::You,
                StepStatus::Ok | StepStatus::Hand => Role::Ok,
                StepStatus::Late | StepStatus::Over | StepStatus::Old | StepStatus::Claim => Role::Warn,
                StepStatus::Failed | StepStatus::TimedOut | StepStatus::Stopped => Role::Fail,
                StepStatus::Unknown => Role::Unknown,
            },
        }
    }

    /// Every standing there is.
    pub fn all() -> Vec<Self> {
        let statuses = [
            StepStatus::NotYet,
            StepStatus::Running,
            StepStatus::You,
            StepStatus::Ok,
            StepStatus::Late,
            StepStatus::Failed,
            StepStatus::TimedOut,
            StepStatus::Stopped,
            StepStatus::Skipped,
            StepStatus::NotApplicable,
            StepStatus::Hand,
            StepStatus::Over,
            StepStatus::Back,
            StepStatus::Unknown,
            StepStatus::Old,
            StepStatus::Claim,
        ];
        statuses.into_iter().map(Standing::Is).chain([Standing::Next, Standing::Held]).collect()
    }
}

/// A level rule.
pub fn rule(glyphs: Glyphs) -> &'static str {
    match glyphs {
        Glyphs::Unicode => "─",
        Glyphs::Ascii => "-",
    }
}

/// An upright line between panes.
pub fn upright(glyphs: Glyphs) -> &'static str {
    match glyphs {
        Glyphs::Unicode => "│",
        Glyphs::Ascii => "|",
    }
}

/// What stands between two things on one line.
pub fn between(glyphs: Glyphs) -> &'static str {
    match glyphs {
        Glyphs::Unicode => "·",
        Glyphs::Ascii => "|",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn every_state_has_its_own_word_and_a_mark_of_one_cell() {
        let mut words = HashSet::new();
        for standing in Standing::all() {
            assert!(words.insert(standing.word()), "{} is said twice", standing.word());
            assert!(standing.word().len() <= 5);
            let (unicode, ascii) = standing.marks();
            assert_eq!(unicode.width(), 1, "{unicode}");
            // Neutral or Narrow, never Ambiguous: a locale that draws ambiguous letters wide changes nothing.
            assert_eq!(UnicodeWidthStr::width_cjk(unicode), 1, "{unicode}");
            assert!(ascii.is_ascii() && ascii.len() == 1);
        }
    }

    #[test]
    fn no_two_states_share_an_ascii_mark() {
        let marks: HashSet<_> = Standing::all().into_iter().map(|standing| standing.marks().1).collect();
        assert_eq!(marks.len(), Standing::all().len());
    }
}
