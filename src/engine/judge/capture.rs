//! `capture`: a value for later steps, taken from what a command printed or from a file that it made.
//!
//! It is one trimmed line (`stdout` may have more), UTF-8, without NUL, at most 64 KiB, since it becomes an environment
//! variable. Nothing found is a failed check, never an empty value. `Judge` calls it at the end of an attempt.

use super::Outcome;
use super::error::{JudgeError, text_pattern};
use super::files::check_glob;
use super::finding::{Finding, Held, Saw};
use super::json::{Document, leaf, parse_path, shown};
use super::number::{Miss, first_match};
use super::tally::{Tally, without_last_break};
use crate::model::expect::{Capture, CaptureFrom};
use crate::model::ids::VarName;
use crate::model::step::{Command, Program};
use regex::Regex;
use serde_json::Value;
use serde_json_path::JsonPath;

/// Bytes of a captured value.
const LARGEST: usize = 64 * 1024;

/// A value that was captured, as printed and unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The variable that it goes into.
    pub name: VarName,
    /// The value.
    pub value: String,
    /// Never shown or stored.
    pub secret: bool,
}

/// A capture with its pattern or path compiled.
pub(super) struct Rule {
    name: VarName,
    secret: bool,
    from: From,
}

enum From {
    Json(String, JsonPath),
    Regex(String, Regex),
    Variable(String),
    Stdout,
    Line(i64),
    File(String),
}

impl Rule {
    pub(super) fn new(name: &VarName, capture: &Capture) -> Result<Self, JudgeError> {
        let from = match &capture.from {
            CaptureFrom::Json(path) => From::Json(path.clone(), parse_path(path)?),
            CaptureFrom::Regex(pattern) => From::Regex(pattern.clone(), text_pattern(pattern)?),
            CaptureFrom::Variable(name) => From::Variable(name.clone()),
            CaptureFrom::Stdout => From::Stdout,
            CaptureFrom::Line(0) => return Err(JudgeError::LineZero),
            CaptureFrom::Line(line) => From::Line(*line),
            CaptureFrom::File(glob) => {
                check_glob(glob)?;
                From::File(glob.clone())
            }
        };
        Ok(Self { name: name.clone(), secret: capture.secret, from })
    }

    pub(super) fn secret(&self) -> bool {
        self.secret
    }

    pub(super) fn reads_output(&self) -> bool {
        match self.from {
            From::File(_) | From::Variable(_) => false,
            From::Json(..) | From::Regex(..) | From::Stdout | From::Line(_) => true,
        }
    }

    fn words(&self) -> String {
        let from = match &self.from {
            From::Json(path, _) => format!("json {path}"),
            From::Regex(pattern, _) => format!("regex {pattern}"),
            From::Variable(name) => format!("shell variable {name}"),
            From::Stdout => "standard output".to_owned(),
            From::Line(line) => format!("line {line}"),
            From::File(glob) => format!("file {glob}"),
        };
        format!("capture {} from {from}", self.name)
    }

    /// Takes the value. The finding shows it, unless it is a secret.
    pub(super) fn take(&self, out: &Tally, outcome: &Outcome) -> (Finding, Option<Captured>) {
        let found = self.find(out, outcome).and_then(|value| self.checked(value));
        match found {
            Ok(value) => {
                let saw = if self.secret { Saw::words("kept, never shown") } else { Saw::quoted("", &value) };
                let captured = Captured { name: self.name.clone(), value, secret: self.secret };
                (Finding::new(self.words(), saw, true), Some(captured))
            }
            Err((saw, _)) => (Finding::new(self.words(), saw, Held::No), None),
        }
    }

    fn find(&self, out: &Tally, outcome: &Outcome) -> Result<String, Miss> {
        let text = || out.text("a captured value");
        match &self.from {
            From::Json(source, path) => {
                let document = Document::parse(&out.text("JSON")?, source.contains('?')).map_err(failed)?;
                let picked = document.pick(path);
                let Some((_, node)) = picked.first() else {
                    return Err(failed(Saw::words("the path picks nothing")));
                };
                match node {
                    Value::Null => Err(failed(Saw::words("it is null"))),
                    Value::Bool(_) | Value::Array(_) | Value::Object(_) => Ok(shown(node)),
                    Value::Number(_) | Value::String(_) => Ok(leaf(node).unwrap_or_default()),
                }
            }
            From::Regex(_, regex) => {
                first_match(regex, &out.all_text("a captured value")?).map(|found| found.0.to_owned())
            }
            From::Stdout => Ok(without_last_break(&text()?).to_owned()),
            From::Line(line) => {
                let text = text()?;
                let back = usize::try_from(line.unsigned_abs() - 1).unwrap_or(usize::MAX);
                let found = if *line > 0 { text.lines().nth(back) } else { text.lines().nth_back(back) };
                let missing = || Saw::words(format!("there is no such line in {}", out.amount()));
                Ok(found.ok_or_else(|| failed(missing()))?.to_owned())
            }
            From::Variable(variable) => match outcome.shell.iter().find(|(name, _)| name == variable) {
                Some((_, value)) if value.trim().is_empty() => Err(failed(Saw::words("it is empty, or was never set"))),
                Some((_, value)) => Ok(value.clone()),
                None => Err(failed(Saw::words("the shell did not get to saying it"))),
            },
            From::File(_) => match outcome.files.iter().find(|file| file.name == self.name) {
                Some(file) => file.path.clone().map_err(|why| failed(Saw::value(&why))),
                None => Err(failed(Saw::words("nobody looked for the file"))),
            },
        }
    }

    fn checked(&self, value: String) -> Result<String, Miss> {
        let value = match self.from {
            From::Stdout => value,
            From::Json(..) | From::Regex(..) | From::Line(_) | From::File(_) | From::Variable(_) => {
                value.trim().to_owned()
            }
        };
        let one_line = !matches!(self.from, From::Stdout);
        let wrong = if value.trim().is_empty() {
            "it is empty"
        } else if value.contains('\0') {
            "it holds a NUL byte, which no variable can"
        } else if value.len() > LARGEST {
            "it is longer than 64 KiB"
        } else if one_line && value.contains(['\n', '\r']) {
            "it is more than one line"
        } else if value.contains(char::REPLACEMENT_CHARACTER) {
            "it is not UTF-8"
        } else {
            return Ok(value);
        };
        Err(failed(Saw::words(wrong)))
    }
}

/// Whether a shell of ours runs, where one of its variables is to be captured.
pub(super) fn usable(command: &Command, capture: &Capture) -> Result<(), JudgeError> {
    let CaptureFrom::Variable(name) = &capture.from else { return Ok(()) };
    let refused = |why| Err(JudgeError::NoShell { name: name.clone(), why });
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if !first || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return refused("it is no name that a shell's variable can have");
    }
    if command.target.is_some() {
        return refused("the shell runs on another machine; print it there, and capture what is printed");
    }
    match command.program {
        Program::Argv(_) => refused("no shell runs the command; write it as a text for one"),
        Program::Text { .. } => Ok(()),
    }
}

fn failed(saw: Saw) -> Miss {
    (saw, Held::No)
}
