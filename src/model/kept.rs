//! A command's text exactly as the shell gets it: the author's, after what keeps variables for `capture: variable`.
//!
//! What is shown is what runs: invocations and every card take the text from here, and nowhere else is a line put before it.

use super::expect::CaptureFrom;
use super::step::{Command, Program};
use std::borrow::Cow;

impl Command {
    /// Shell variables that are captured, each once, in the author's order; none where no shell runs.
    pub fn kept_variables(&self) -> Vec<&str> {
        let Program::Text { .. } = self.program else { return Vec::new() };
        let mut names: Vec<&str> = Vec::new();
        for (_, capture) in &self.capture {
            if let CaptureFrom::Variable(name) = &capture.from
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        }
        names
    }

    /// Whether the command itself sets this variable, so that no earlier value of it counts.
    pub fn sets(&self, name: &str) -> bool {
        let same = |from: &CaptureFrom| matches!(from, CaptureFrom::Variable(variable) if variable == name);
        self.capture.iter().any(|(captured, capture)| captured.as_str() == name && same(&capture.from))
    }

    /// The text that the shell reads; `None` where there is no shell.
    pub fn script(&self) -> Option<Cow<'_, str>> {
        let Program::Text { text, .. } = &self.program else { return None };
        let names = self.kept_variables();
        if names.is_empty() {
            return Some(Cow::Borrowed(text));
        }
        // A value that the operator's environment or an earlier attempt left must not be taken for this one's.
        let unset: String = names.iter().filter(|name| self.sets(name)).map(|name| format!("unset {name}; ")).collect();
        let keeps: Vec<String> =
            names.iter().map(|name| format!("printf %s \"${{{name}-}}\" > \"$TMINUS_KEEP/{name}\" || :")).collect();
        // On the author's own first line: the lines that a shell names in its complaints are then the author's.
        Some(Cow::Owned(format!("{unset}trap '{}' EXIT; {text}", keeps.join("; "))))
    }
}
