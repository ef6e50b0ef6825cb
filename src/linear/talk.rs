//! From a typed line to what it leads to: a choice, an answer to a question, a wish.
//!
//! An empty line never leads to a wish: it goes back to the prompt. What is typed must fit the question exactly, else
//! nothing is done and it is said. A wish carries the number of the record that stood when its prompt was shown. Pure but
//! for its own memory of what is being asked; `run` feeds it.

use super::ask::{Ask, Choice, Question, Rule, put};
use super::prompt::Prompt;
use super::sign_off::is_whole;
use crate::model::ids::Seq;
use crate::model::intent::Intent;

/// What a line led to.
#[derive(Debug, PartialEq)]
pub(super) enum Reply {
    /// Lines to say; then the question or the prompt again.
    Say(Vec<String>),
    /// A wish, and what it was based on.
    Wish(Intent, Seq),
    /// Hand the terminal through, and type this there.
    Terminal(&'static [u8]),
    /// Leave.
    Leave,
    /// More lines of the same answer are to come: nothing is said.
    More,
}

/// What is being asked.
#[derive(Default)]
enum Mode {
    /// The prompt itself.
    #[default]
    Prompt,
    /// One of these.
    Menu { card: Vec<String>, choices: Vec<Choice> },
    /// The questions of a wish, from `at` on.
    Form { questions: Vec<Question>, at: usize, intent: Intent },
}

/// A conversation.
#[derive(Default)]
pub(super) struct Talk {
    mode: Mode,
    seen: Seq,
}

const NOTHING: &str = "Nothing was done.";

impl Talk {
    /// Whether something beside the prompt itself is being asked.
    pub fn is_asking(&self) -> bool {
        !matches!(self.mode, Mode::Prompt)
    }

    /// Whether what is asked must not be shown while it is typed.
    pub fn is_hidden(&self) -> bool {
        matches!(&self.mode, Mode::Form { questions, at, .. } if questions.get(*at).is_some_and(|question| question.rule == Rule::Hidden))
    }

    /// What is being asked beside the prompt itself.
    pub fn question(&self) -> Vec<String> {
        match &self.mode {
            Mode::Prompt => Vec::new(),
            Mode::Menu { card, choices } => {
                let mut lines = card.clone();
                lines.extend(listed(choices));
                lines.push("Type a number, or nothing to go back.".into());
                lines
            }
            Mode::Form { questions, at, .. } => {
                questions.get(*at).map(|question| question.words.clone()).into_iter().collect()
            }
        }
    }

    /// The prompt that is shown now stands at this record.
    pub fn shown(&mut self, seen: Seq) {
        if !self.is_asking() {
            self.seen = seen;
        }
    }

    /// Drops what is being asked.
    pub fn drop_question(&mut self) {
        self.mode = Mode::Prompt;
    }

    /// Asks this in its place.
    pub fn open(&mut self, ask: Ask) -> Reply {
        self.drop_question();
        self.follow(ask)
    }

    /// A line was typed.
    pub fn hear(&mut self, line: &str, prompt: &Prompt) -> Reply {
        let line = line.trim();
        match std::mem::take(&mut self.mode) {
            Mode::Prompt if line.is_empty() => Reply::Say(Vec::new()),
            Mode::Prompt => self.choose(line, &prompt.choices),
            Mode::Menu { .. } | Mode::Form { .. } if line.is_empty() => Reply::Say(vec![NOTHING.into()]),
            Mode::Menu { choices, .. } => self.choose(line, &choices),
            Mode::Form { questions, at, intent } => self.answer(line, questions, (at, intent)),
        }
    }

    /// `:call ID` as on the screens: the choice of that name, wherever it stands among the menus, and in it the one named.
    fn palette(&mut self, line: &str, choices: &[Choice]) -> Option<Reply> {
        let mut words = line.strip_prefix(':')?.split_whitespace();
        let choice = found(choices, words.next()?)?.clone();
        match (words.next(), &choice.then) {
            (Some(name), Ask::Menu { choices, .. }) => Some(self.choose(name, choices)),
            (Some(_) | None, _) => Some(self.follow(choice.then.clone())),
        }
    }

    fn choose(&mut self, line: &str, choices: &[Choice]) -> Reply {
        if let Some(reply) = self.palette(line, choices) {
            return reply;
        }
        let by_number = line.parse::<usize>().ok().and_then(|number| choices.get(number.checked_sub(1)?));
        // Numbers change with what can be done; what must be found under pressure has a word that does not.
        let word = if matches!(line, "!" | "rollback") { "roll back" } else { line };
        let by_label = || found(choices, word);
        let Some(choice) = by_number.or_else(by_label) else {
            return Reply::Say(vec![format!(
                "{line} is not one of the choices: their numbers or their words, also  hold  stop  roll back. {NOTHING}"
            )]);
        };
        self.follow(choice.then.clone())
    }

    fn follow(&mut self, ask: Ask) -> Reply {
        match ask {
            Ask::Leave => Reply::Leave,
            Ask::Terminal(first) => Reply::Terminal(first),
            Ask::Show(lines) => Reply::Say(lines),
            Ask::Menu { card, choices } => {
                self.mode = Mode::Menu { card, choices };
                Reply::Say(Vec::new())
            }
            Ask::Wish { questions, intent, .. } if questions.is_empty() => Reply::Wish(intent, self.seen),
            Ask::Wish { card, questions, intent } => {
                self.mode = Mode::Form { questions, at: 0, intent };
                Reply::Say(card)
            }
        }
    }

    fn answer(&mut self, line: &str, questions: Vec<Question>, rest: (usize, Intent)) -> Reply {
        let (at, mut intent) = rest;
        let Some(question) = questions.get(at) else {
            return Reply::Say(vec![NOTHING.into()]);
        };
        if let Rule::Exactly(wanted) = &question.rule
            && line != wanted
        {
            return Reply::Say(vec![format!("{line} is not {wanted}. {NOTHING}")]);
        }
        if question.rule == Rule::Armor {
            let so_far = match &intent {
                Intent::Sign { sig: Some(sig), .. } => format!("{sig}{line}\n"),
                _nothing_yet => format!("{line}\n"),
            };
            let whole = is_whole(&so_far);
            put(&mut intent, question.slot, so_far);
            match whole {
                Some(true) => {}
                Some(false) => {
                    self.mode = Mode::Form { questions, at, intent };
                    return Reply::More;
                }
                None => return Reply::Say(vec![format!("That is no SSH signature. {NOTHING}")]),
            }
        } else {
            put(&mut intent, question.slot, line.to_owned());
        }
        if at + 1 == questions.len() {
            return Reply::Wish(intent, self.seen);
        }
        self.mode = Mode::Form { questions, at: at + 1, intent };
        Reply::Say(Vec::new())
    }
}

fn found<'a>(choices: &'a [Choice], label: &str) -> Option<&'a Choice> {
    let here = choices.iter().find(|choice| choice.label.eq_ignore_ascii_case(label));
    here.or_else(|| {
        choices.iter().find_map(|choice| match &choice.then {
            Ask::Menu { choices, .. } if choice.label == "more" => found(choices, label),
            _leads_elsewhere => None,
        })
    })
}

/// Choices one a line: `  1 level-1: Disable feature, plan 1m, loses nothing`.
pub(super) fn listed(choices: &[Choice]) -> Vec<String> {
    let line = |(at, choice): (usize, &Choice)| {
        if choice.note.is_empty() {
            format!("  {} {}", at + 1, choice.label)
        } else {
            format!("  {} {}: {}", at + 1, choice.label, choice.note)
        }
    };
    choices.iter().enumerate().map(line).collect()
}

/// Choices in one line: `1 run  2 hold  3 skip`.
pub(super) fn in_line(choices: &[Choice]) -> String {
    let each: Vec<String> =
        choices.iter().enumerate().map(|(at, choice)| format!("{} {}", at + 1, choice.label)).collect();
    each.join("  ")
}
