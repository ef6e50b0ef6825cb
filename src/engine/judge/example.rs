//! Whether `expect` and `capture` accept the `example` that stands beside them.
//!
//! An example is what standard output should look like: exit and time are taken as passing, and what depends on variables,
//! files or standard error is left out. It is never treated as having happened. `tminus check` calls it.

use super::{Ended, Judge, JudgeError, Outcome};
use crate::model::expect::{Check, ExitWanted, Expect, Measured, Of};
use crate::model::output::{Exit, Stream};
use crate::model::step::Command;
use std::time::Duration;

/// Why an example is not accepted.
#[derive(Debug)]
pub enum ExampleRefused {
    /// The expectation itself cannot be used.
    Unusable(JudgeError),
    /// These lines do not hold of it.
    Fails(Vec<Check>),
}

/// Judges a command's example by its own expectation. Without an example, that the expectation can be used is all there is.
pub fn judge_example(command: &Command) -> Result<(), ExampleRefused> {
    let usable = Judge::new(command).map_err(ExampleRefused::Unusable)?;
    let Some(example) = &command.example else {
        drop(usable);
        return Ok(());
    };
    let mut shown = command.clone();
    shown.expect = of_output_alone(&command.expect);
    shown.trip = None;
    shown
        .capture
        .retain(|(_, capture)| !matches!(capture.from, crate::model::expect::CaptureFrom::File(_)));
    let mut judge = Judge::new(&shown).map_err(ExampleRefused::Unusable)?;
    judge.feed(Stream::Out, example.as_bytes());
    let outcome = Outcome {
        exit: Exit::Code(0),
        took: Duration::ZERO,
        ended: Ended::ByItself,
        files: Vec::new(),
    };
    let judged = judge.finish(&outcome, &|_| None);
    let failed: Vec<Check> = judged
        .findings
        .iter()
        .map(|finding| finding.check(&str::to_owned, super::Privacy::Cut))
        .filter(|check| !check.ok)
        .collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(ExampleRefused::Fails(failed))
    }
}

fn of_output_alone(expect: &Expect) -> Expect {
    let from_output = |one: &Measured| !matches!(one.of, Of::Vars(_));
    let mut kept = expect.clone();
    kept.exit = ExitWanted::Any;
    kept.took = None;
    kept.stderr = None;
    kept.number.retain(from_output);
    kept.ratio.retain(from_output);
    kept
}
