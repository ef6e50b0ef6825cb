//! What a way back would run, as lines for a person's own shell: for when the journal cannot be written and tminus runs nothing.
//!
//! Every command in order, with its directory, its environment and whom it is meant to run as. Secrets stand there by name. Pure;
//! whoever shows the lines sends them through `model::text`. Screens and linear mode call it.

use crate::model::decide::invocation;
use crate::model::expect::CaptureFrom;
use crate::model::ids::{LevelIx, StepIx};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::step::Command;

/// The commands of a level as it would be taken now; a line of its own for each line of text.
pub fn level(plan: &Plan, state: &RunState, ix: LevelIx) -> Vec<String> {
    let level = plan.level(ix);
    let path = state.level_path(plan, ix);
    let title = state.fill(&level.title);
    if path.is_empty() {
        return vec![format!("# {} {title}: nothing to undo, nothing that it takes back was done.", level.id)];
    }
    let loses = level.loses.as_deref().filter(|_| !level.loses_nothing());
    let loses = loses.map_or(String::new(), |what| format!(" LOSES {}.", state.fill(what)));
    let mut lines =
        vec![format!("# {} {title}: {} in order; stop at the first that fails.{loses}", level.id, path.len())];
    for (place, step) in path.iter().enumerate() {
        lines.push(String::new());
        lines.extend(self::step(plan, state, *step, (place + 1, path.len())));
    }
    lines.iter().flat_map(|line| line.split('\n').map(str::to_owned)).collect()
}

fn step(plan: &Plan, state: &RunState, ix: StepIx, (place, of): (usize, usize)) -> Vec<String> {
    let planned = plan.step(ix);
    let head = format!("# {place} of {of}: {} {}", planned.number, state.fill(&planned.title));
    let Some(command) = planned.command() else {
        return vec![format!("{head} (no command: do it as its words say)")];
    };
    // A person's shell keeps nothing for tminus.
    let mut command = command.clone();
    command.capture.retain(|(_, capture)| !matches!(capture.from, CaptureFrom::Variable(_)));
    let command = &command;
    let runs = match invocation(plan, state, ix, command) {
        Ok(runs) => runs,
        Err(why) => return vec![head, format!("# cannot be resolved: {}", why.0)],
    };
    let mut lines = match plan.elsewhere(command) {
        None => vec![format!("{head}, as {}", runs.user)],
        // What follows is for the shell there.
        Some(target) => vec![format!("{head}, on {}", target.id), format!("ssh {}", quoted(&runs.user))],
    };
    if !runs.cwd.is_empty() {
        lines.push(format!("cd {}", quoted(&runs.cwd)));
    }
    for name in &runs.env {
        lines.push(match state.var(name.as_str()) {
            Some(value) => format!("export {name}={}", quoted(value)),
            None => format!("export {name}=  # the secret {name}: its value is in no journal"),
        });
    }
    for (name, value) in &command.env {
        lines.push(format!("export {name}={}", filled(state, runs.env.iter().map(|name| name.as_str()), value)));
    }
    let names = || runs.env.iter().map(|name| name.as_str());
    let words: Vec<String> = runs.argv.iter().map(|word| open_names(state, names(), quoted(word))).collect();
    lines.push(format!("{}{}", stdin(state, command), words.join(" ")));
    lines
}

fn stdin(state: &RunState, command: &Command) -> String {
    let text = command.stdin.as_deref().map(|text| state.fill(text));
    text.map_or(String::new(), |text| format!("printf %s {} | ", quoted(&text)))
}

fn filled<'a>(state: &RunState, names: impl Iterator<Item = &'a str>, text: &str) -> String {
    let text = crate::model::fill::fill(text, &|name, format| {
        state.builtin(name, format).or_else(|| state.var(name).map(str::to_owned))
    });
    open_names(state, names, quoted(&text))
}

/// A secret's name inside quotes, opened for the shell that will know its value. A text that a shell reads is left as it is.
fn open_names<'a>(state: &RunState, names: impl Iterator<Item = &'a str>, word: String) -> String {
    let secret = names.filter(|name| state.var(name).is_none());
    let single_line = !word.contains('\n') && !word.contains("$(");
    secret.filter(|_| single_line).fold(word, |word, name| {
        let braced = format!("${{{name}}}");
        if word == format!("'{braced}'") { format!("\"{braced}\"") } else { word }
    })
}

/// A word as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:=,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_word_is_read_back_by_a_shell_as_it_was() {
        for word in ["", "plain-1.2/x", "two words", "it's", "$HOME `id` \"x\"", "a\nb"] {
            let out = std::process::Command::new("sh").args(["-c", &format!("printf %s {}", quoted(word))]).output();
            assert_eq!(String::from_utf8_lossy(&out.unwrap().stdout), word);
        }
    }
}
