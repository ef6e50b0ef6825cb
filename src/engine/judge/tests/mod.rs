//! What a judgement must say, key by key. Shared here: a command with an expectation, fed in one piece.
//!
//! `output` has what is read as it comes, `whole` what needs all of it, `values` captures, conditions and typed values.

mod output;
mod several;
mod values;
mod whole;

use super::*;
use crate::model::cmp::Cmp;
use crate::model::expect::{ExitWanted, Measured, Of};
use crate::model::step::{Program, Shell};

pub(super) fn command(expect: Expect) -> Command {
    Command { expect, ..Command::new(Program::Text { shell: Shell::Sh, strict: true, text: "true".to_owned() }) }
}

pub(super) fn ended(exit: Exit) -> Outcome {
    Outcome { exit, took: Duration::from_millis(150), ended: Ended::ByItself, files: Vec::new(), shell: Vec::new() }
}

pub(super) fn vars(name: &str) -> Option<String> {
    let value = match name {
        "SEEN" => "19",
        "ALL" => "20",
        "ZERO" => "0",
        "TEXT" => "ready",
        _ => return None,
    };
    Some(value.to_owned())
}

/// Judges `printed` on standard output with exit 0.
pub(super) fn judged(command: &Command, printed: &[u8]) -> Judged {
    let mut judge = Judge::new(command).unwrap();
    judge.feed(Stream::Out, printed);
    judge.finish(&ended(Exit::Code(0)), &vars)
}

/// The checks beyond `exit 0`.
pub(super) fn checks(expect: Expect, printed: &[u8]) -> Vec<Check> {
    judged(&command(expect), printed).checks(&str::to_owned)[1..].to_vec()
}

/// What was seen, and whether it held, of an expectation with one line.
pub(super) fn one(expect: Expect, printed: &str) -> (bool, String) {
    let list = checks(expect, printed.as_bytes());
    assert_eq!(list.len(), 1, "{list:?}");
    (list[0].ok, list[0].saw.clone())
}

pub(super) fn measured(of: Of, is: &str) -> Measured {
    Measured { of, is: (is != "all").then(|| Cmp::parse(is).unwrap()), ideally: None }
}

pub(super) fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}
