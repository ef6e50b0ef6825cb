//! What is looked for in a log: `who:maya step:2.3 class:C2 word:FAIL`, any other words as text of the line.
//!
//! All of it must hold. The log of a run and the events of a replay are sifted by it. A name before a colon that is none of the
//! four is text like any other, so that `16:47` finds what it says.

use crate::model::plan::Plan;
use crate::model::state::Entry;
use crate::model::step::PlannedStep;

/// What the key line says while it is typed.
pub const HINT: &str = "who: step: class: word:";

/// What a line must have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    who: Option<String>,
    step: Option<String>,
    class: Option<String>,
    word: Option<String>,
    text: String,
}

impl Sought {
    /// What was typed.
    pub fn read(typed: &str) -> Self {
        let mut sought = Self::default();
        let mut text = Vec::new();
        for part in typed.to_lowercase().split_whitespace() {
            let field = part.split_once(':').and_then(|(name, value)| Some((sought.field(name)?, value)));
            match field {
                // While it is still typed, `who:` narrows nothing.
                Some((field, value)) => *field = Some(value.to_owned()).filter(|value| !value.is_empty()),
                None => text.push(part.to_owned()),
            }
        }
        sought.text = text.join(" ");
        sought
    }

    fn field(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "who" => Some(&mut self.who),
            "step" => Some(&mut self.step),
            "class" => Some(&mut self.class),
            "word" => Some(&mut self.word),
            _ => None,
        }
    }

    /// Whether every line has it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a line has all of it.
    pub fn fits(&self, plan: &Plan, entry: &Entry) -> bool {
        let has = |text: &str| text.to_lowercase().contains(&self.text);
        let who = |who: &String| entry.who.as_ref().is_some_and(|name| name.to_lowercase().contains(who));
        let step = |sought: &String| entry.step.is_some_and(|ix| is_step(plan.step(ix), sought));
        let class =
            |sought: &String| entry.step.is_some_and(|ix| plan.step(ix).class().word().eq_ignore_ascii_case(sought));
        let word = |sought: &String| entry.word.eq_ignore_ascii_case(sought);
        self.word.as_ref().is_none_or(word)
            && self.class.as_ref().is_none_or(class)
            && self.step.as_ref().is_none_or(step)
            && self.who.as_ref().is_none_or(who)
            && (self.text.is_empty() || has(entry.word) || has(&entry.text))
    }
}

/// `2.3` and the step's id are it; `2` is every step of it.
fn is_step(step: &PlannedStep, sought: &str) -> bool {
    let number = step.number.to_lowercase();
    number == sought || step.id.0 == sought || number.strip_prefix(sought).is_some_and(|rest| rest.starts_with('.'))
}
