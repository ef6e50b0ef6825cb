//! Whether `expect` and `capture` accept the `example` that stands beside them.
//!
//! An example is what standard output should look like: exit and time are taken as passing, and what depends on variables,
//! files or standard error is left out, and so is all of an expectation `of` another step's output. It is never treated as having happened. `tminus check` calls it.

use super::{Ended, Judge, JudgeError, Outcome};
use crate::model::expect::{CaptureFrom, Check, ExitWanted, Expect, Measured, Of};
use crate::model::output::{Exit, Stream};
use crate::model::step::Command;
use std::error::Error;
use std::time::Duration;

/// The lines of a command's expectation that its example does not satisfy. An expectation that cannot be used at all is one line
/// too, with or without an example.
pub fn judge_example(command: &Command) -> Result<(), Vec<Check>> {
    let usable = Judge::new(command).map_err(unusable)?;
    let Some(example) = &command.example else {
        drop(usable);
        return Ok(());
    };
    let mut shown = command.clone();
    shown.expect = of_output_alone(&command.expect);
    shown.trip = None;
    shown.capture.retain(|(_, capture)| !matches!(capture.from, CaptureFrom::File(_) | CaptureFrom::Variable(_)));
    let mut judge = Judge::new(&shown).map_err(unusable)?;
    judge.feed(Stream::Out, example.as_bytes());
    let outcome = Outcome {
        exit: Exit::Code(0),
        took: Duration::ZERO,
        ended: Ended::ByItself,
        files: Vec::new(),
        shell: Vec::new(),
    };
    let judged = judge.finish(&outcome, &|_| None);
    let failed: Vec<Check> = judged
        .findings
        .iter()
        .map(|finding| finding.check(&str::to_owned, super::Privacy::Cut))
        .filter(|check| !check.ok)
        .collect();
    if failed.is_empty() { Ok(()) } else { Err(failed) }
}

fn unusable(error: JudgeError) -> Vec<Check> {
    let cause = error.source().map(|cause| format!(": {cause}"));
    vec![Check {
        want: "an expectation that can be judged".to_owned(),
        saw: format!("{error}{}", cause.unwrap_or_default()),
        ok: false,
    }]
}

fn of_output_alone(expect: &Expect) -> Expect {
    if expect.of.is_some() {
        return Expect { exit: ExitWanted::Any, ..Expect::default() };
    }
    let from_output = |one: &Measured| !matches!(one.of, Of::Vars(_));
    let mut kept = expect.clone();
    kept.exit = ExitWanted::Any;
    kept.took = None;
    kept.stderr = None;
    kept.any_of = kept.any_of.iter().map(of_output_alone).collect();
    kept.number.retain(from_output);
    kept.ratio.retain(from_output);
    kept.any_of = expect.any_of.iter().map(of_output_alone).collect();
    kept
}
