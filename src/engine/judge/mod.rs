//! What came of a command or a reading: every line of `expect` with what was seen, the captured values, and the verdict.
//!
//! A verdict is computed here once and recorded; the fold never judges again. Output comes as it is, unmasked, and leaves only
//! through `Judged::checks`, which wants the mask. Memory stays under 8 MiB whatever is printed while a command runs (9 where a
//! `trip` stands beside an `expect`); reading JSON at its end takes at most some 30 MiB more, for a moment (60 where a path
//! has a filter). The driver calls `Judge`, intents with typed values `judge_value`, `when:` `condition_holds`, and
//! `tminus check` `judge_example`.

mod capture;
mod condition;
mod error;
mod example;
mod files;
mod finding;
mod json;
mod lines;
mod literal;
mod number;
mod part;
mod tally;
#[cfg(test)]
mod tests;
mod value;

pub use capture::Captured;
pub use condition::condition_holds;
pub use error::JudgeError;
pub use example::judge_example;
pub use files::{FoundFile, elsewhere as files_elsewhere, look};
pub use value::{ValueJudged, judge_value};

use crate::model::cmp::Quantity;
use crate::model::expect::{Check, ExitWanted, Expect, Verdict};
use crate::model::output::{Exit, Stream};
use crate::model::step::Command;
use finding::{Finding, Held, Privacy, Saw};
use number::{Reading, Vars};
use part::Part;
use std::time::Duration;
use tally::{Keep, Tally};

/// What ended an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The command did.
    ByItself,
    /// Its time limit.
    TimeLimit,
    /// A person.
    Stopped,
    /// The command did, but not all of its output could be read.
    OutputLost,
}

/// How an attempt ended, beside its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How the process ended.
    pub exit: Exit,
    /// From its start to its exit.
    pub took: Duration,
    /// What ended it.
    pub ended: Ended,
    /// Captured files, from `look`.
    pub files: Vec<FoundFile>,
}

/// Judges one attempt of a command while it prints.
pub struct Judge {
    expect: Vec<Part>,
    trip: Option<Vec<Part>>,
    captures: Vec<capture::Rule>,
    out: Tally,
    err: Tally,
    idle: bool,
}

/// What an attempt came to. Its checks come out of it masked.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// Captured values, unmasked, in the author's order; none that was not found.
    pub captured: Vec<Captured>,
    findings: Vec<Finding>,
    privacy: Privacy,
}

impl Judged {
    /// Every line of the expectation, with `mask` applied to all that may hold output before it is cut to 200 characters.
    pub fn checks(&self, mask: &dyn Fn(&str) -> String) -> Vec<Check> {
        self.findings.iter().map(|finding| finding.check(mask, self.privacy)).collect()
    }
}

impl Judge {
    /// Compiles what the command expects and captures.
    pub fn new(command: &Command) -> Result<Self, JudgeError> {
        let expect = parts(&command.expect)?;
        let trip = command.trip.as_ref().map(parts).transpose()?;
        let captures: Vec<capture::Rule> = command
            .capture
            .iter()
            .map(|(name, capture)| capture::Rule::new(name, capture))
            .collect::<Result<_, _>>()?;
        let all = || expect.iter().chain(trip.iter().flatten());
        let needs = |on| all().any(|part| part.on == on && part.needs_text());
        let captured = captures.iter().any(capture::Rule::reads_output);
        let keep = |needed, keep| if needed { keep } else { Keep::Nothing };
        let out = keep(needs(Stream::Out) || captured, Keep::Output);
        let err = keep(needs(Stream::Err), Keep::Error);
        Ok(Self {
            idle: trip.is_none() && !captured && !all().any(Part::reads),
            out: Tally::new(out),
            err: Tally::new(err),
            expect,
            trip,
            captures,
        })
    }

    /// Takes bytes as they came. Chunks may be cut anywhere.
    pub fn feed(&mut self, stream: Stream, bytes: &[u8]) {
        if self.idle || bytes.is_empty() {
            return;
        }
        match stream {
            Stream::Out => self.out.feed(bytes),
            Stream::Err => self.err.feed(bytes),
        }
        for part in self.expect.iter_mut().chain(self.trip.iter_mut().flatten()) {
            if part.on == stream {
                part.feed(bytes);
            }
        }
    }

    /// Judges when the attempt is over. `vars` looks a variable up.
    pub fn finish(mut self, outcome: &Outcome, vars: Vars) -> Judged {
        let mut findings = self.judge_parts(Side::Expect, outcome, vars);
        let mut captured = Vec::new();
        for rule in &self.captures {
            let (finding, value) = rule.take(&self.out, &outcome.files);
            findings.push(finding);
            captured.extend(value);
        }
        let passed = findings.iter().all(|finding| finding.held == Held::Yes);
        let tripped = self.judge_trip(outcome, vars);
        let verdict = verdict(outcome, passed, tripped.as_ref().map(|trip| trip.0));
        if let Some((held, lines)) = tripped {
            // Exit 0 belongs to every trip; said as a reason for NO-GO it would only puzzle.
            let said = lines.into_iter().filter(|line| line.want != "exit 0");
            findings.extend(said.map(|line| trip_line(line, held)));
        }
        let privacy = match self.captures.iter().any(capture::Rule::secret) {
            true => Privacy::Private,
            false => Privacy::Cut,
        };
        Judged { verdict, captured, findings, privacy }
    }

    /// Bytes of output that are held right now.
    #[cfg(test)]
    fn held_bytes(&self) -> usize {
        let parts = self.expect.iter().chain(self.trip.iter().flatten());
        self.out.held_bytes() + self.err.held_bytes() + parts.map(Part::held_bytes).sum::<usize>()
    }

    fn judge_parts(&mut self, side: Side, outcome: &Outcome, vars: Vars) -> Vec<Finding> {
        let parts = match side {
            Side::Expect => &mut self.expect,
            Side::Trip => self.trip.get_or_insert_default(),
        };
        let mut list = Vec::new();
        for part in parts {
            let tally = match part.on {
                Stream::Out => &self.out,
                Stream::Err => &self.err,
            };
            if part.on == Stream::Out {
                list.push(exit_finding(&part.expect.exit, outcome.exit));
            }
            list.extend(part.findings(tally, vars));
            if let Some(wanted) = &part.expect.took {
                list.push(took_finding(wanted, outcome.took));
            }
        }
        list
    }

    /// Whether the criterion holds that speaks against going on. Silence is no answer: "printed nothing" never means GO.
    fn judge_trip(&mut self, outcome: &Outcome, vars: Vars) -> Option<(Held, Vec<Finding>)> {
        let wants_output =
            self.trip.as_ref()?.iter().any(|part| part.on == Stream::Out && part.reads_more_than_counts());
        let silent = wants_output && self.out.bytes == 0;
        let lines = self.judge_parts(Side::Trip, outcome, vars);
        let any = |wanted: Held| lines.iter().any(|line| line.held == wanted);
        let held = if silent {
            Held::Unknown
        } else if any(Held::No) {
            Held::No
        } else if any(Held::Unknown) {
            Held::Unknown
        } else {
            Held::Yes
        };
        Some((held, lines))
    }
}

#[derive(Clone, Copy)]
enum Side {
    Expect,
    Trip,
}

fn parts(expect: &Expect) -> Result<Vec<Part>, JudgeError> {
    let mut list = vec![Part::new(expect, Stream::Out)?];
    if let Some(inner) = &expect.stderr {
        list.push(Part::new(inner, Stream::Err)?);
    }
    Ok(list)
}

fn verdict(outcome: &Outcome, passed: bool, tripped: Option<Held>) -> Verdict {
    match outcome.ended {
        Ended::TimeLimit => return Verdict::Time,
        Ended::Stopped => return Verdict::Stop,
        Ended::OutputLost if outcome.exit == Exit::Code(0) || tripped.is_some() => {
            return Verdict::Unknown;
        }
        Ended::OutputLost | Ended::ByItself => {}
    }
    match (tripped, passed) {
        (None, true) => Verdict::Ok,
        (None, false) => Verdict::Fail,
        (Some(Held::Yes), _) => Verdict::Fail,
        (Some(Held::No), true) => Verdict::Ok,
        // The probe itself failed or gave no answer: nobody can tell, and the gate holds.
        (Some(Held::No), false) | (Some(Held::Unknown), _) => Verdict::Unknown,
    }
}

/// A line of `trip` reads the other way round: it is fine as long as the whole of it does not hold.
fn trip_line(mut line: Finding, tripped: Held) -> Finding {
    line.want.insert_str(0, "NO-GO if ");
    line.held = match tripped {
        Held::Yes => Held::No,
        Held::No => Held::Yes,
        Held::Unknown => Held::Unknown,
    };
    line
}

fn exit_finding(wanted: &ExitWanted, exit: Exit) -> Finding {
    let saw = Saw::words(exit.shown());
    match wanted {
        ExitWanted::Any => Finding::new("any exit", saw, true),
        ExitWanted::Codes(codes) => {
            let words: Vec<String> = codes.iter().map(i32::to_string).collect();
            let held = match exit {
                Exit::Code(code) => codes.contains(&code),
                Exit::Signal(_) => false,
            };
            Finding::new(format!("exit {}", words.join(" or ")), saw, held)
        }
    }
}

fn took_finding(wanted: &crate::model::expect::Measured, took: Duration) -> Finding {
    let read =
        Quantity::length(took).map(Reading::Number).map_err(|error| (Saw::words(error.to_string()), Held::Unknown));
    number::judge("took", wanted, read)
}
