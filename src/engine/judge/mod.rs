//! What came of a command or a reading: every line of `expect` with what was seen, the captured values, and the verdict.
//!
//! A verdict is computed here once and recorded; the fold never judges again. Output comes as it is, unmasked, and leaves only
//! through `Judged::checks`, which wants the mask. Memory stays under 8 MiB whatever is printed while a command runs (9 where a
//! `trip`, an `except` or an `http` stands beside the rest, 16 where the trip has an `except` of its own); reading JSON at its
//! end takes at most some 30 MiB more, for a moment (60 where a path has a filter). The driver calls `Judge`, intents with typed values `judge_value`, `when:` `condition_holds`, and
//! `tminus check` `judge_example`.

mod capture;
mod condition;
mod demand;
mod error;
mod example;
mod files;
mod finding;
mod flow;
mod http;
mod json;
mod lines;
mod literal;
mod number;
mod part;
mod reader;
mod sieve;
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

use crate::model::expect::{Check, Except, Expect, Verdict};
use crate::model::output::{Exit, Stream};
use crate::model::step::Command;
use demand::{Demand, Evidence, asks_http};
use finding::{Finding, Held, Privacy};
use flow::Flow;
use number::Vars;
use reader::Reader;
use std::time::Duration;
use tally::Keep;

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
    /// Shell variables as they stood at the end, by their names in the shell; none that was not kept.
    pub shell: Vec<(String, String)>,
}

/// Judges one attempt of a command while it prints.
pub struct Judge {
    expect: Demand,
    trip: Option<Demand>,
    captures: Vec<capture::Rule>,
    /// Standard output, standard error, and both once more where the trip reads less of them.
    flows: Vec<Flow>,
    /// How much of `except` belongs to the expectation.
    excepted: (usize, usize),
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
        let http = asks_http(&command.expect) || command.trip.as_ref().is_some_and(asks_http);
        let (mut out, mut err) = (Reader::new(http), Reader::new(false));
        let expect = Demand::new(&command.expect, (&mut out, &mut err))?;
        let (mut trip_out, mut trip_err) = (Reader::new(http), Reader::new(false));
        let trip = command.trip.as_ref().map(|trip| Demand::new(trip, (&mut trip_out, &mut trip_err)));
        let trip = trip.transpose()?;
        let captures = command.capture.iter().map(|(name, capture)| {
            capture::usable(command, capture)?;
            capture::Rule::new(name, capture)
        });
        let captures: Vec<capture::Rule> = captures.collect::<Result<_, _>>()?;
        let captured = captures.iter().any(capture::Rule::reads_output);
        let idle = !captured && !excepts(&command.expect, Stream::Out).any(|_| true);
        let idle = idle && !excepts(&command.expect, Stream::Err).any(|_| true);
        let idle = idle && trip.is_none() && !expect.reads();
        let mut flows = flows((&command.expect, &expect), (command.trip.as_ref(), trip.as_ref()), (captured, http))?;
        for (on, own, tripping) in [(Stream::Out, out, trip_out), (Stream::Err, err, trip_err)] {
            let mut both = flows.iter_mut().filter(|flow| flow.on == on);
            let first = both.next().expect("each stream has a flow");
            first.expect = Some(own);
            both.next().unwrap_or(first).trip = trip.as_ref().map(|_| tripping);
        }
        let excepted = (excepts(&command.expect, Stream::Out).count(), excepts(&command.expect, Stream::Err).count());
        Ok(Self { expect, trip, captures, flows, excepted, idle })
    }

    /// Takes bytes as they came. Chunks may be cut anywhere.
    pub fn feed(&mut self, stream: Stream, bytes: &[u8]) {
        if self.idle || bytes.is_empty() {
            return;
        }
        self.flows.iter_mut().filter(|flow| flow.on == stream).for_each(|flow| flow.feed(bytes));
    }

    /// Whether the expectation holds of what came so far. A line that is not finished is no line yet.
    pub fn holds_now(&self, outcome: &Outcome, vars: Vars) -> bool {
        let findings = self.expect.findings(&self.evidence(Side::Expect, Some(outcome), vars));
        findings.iter().all(|finding| finding.held == Held::Yes)
    }

    /// Whether the exit is one of those that are wanted, where the expectation asks for one.
    pub fn holds_exit(&self, outcome: &Outcome) -> bool {
        self.expect.holds_exit(outcome)
    }

    /// Whether something came that must not come, so that it cannot hold any more.
    pub fn is_spoilt(&self, vars: Vars) -> bool {
        self.expect.is_spoilt(&self.evidence(Side::Expect, None, vars))
    }

    /// Judges when the attempt is over. `vars` looks a variable up.
    pub fn finish(mut self, outcome: &Outcome, vars: Vars) -> Judged {
        self.flows.iter_mut().for_each(Flow::end);
        let mut findings = self.expect.findings(&self.evidence(Side::Expect, Some(outcome), vars));
        findings.extend(self.set_aside(Side::Expect));
        let mut captured = Vec::new();
        for rule in &self.captures {
            let (finding, value) = rule.take(&self.flow(Side::Expect, Stream::Out).tally, outcome);
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
            findings.extend(self.set_aside(Side::Trip));
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
        self.flows.iter().map(Flow::held_bytes).sum()
    }

    fn flow(&self, side: Side, on: Stream) -> &Flow {
        let reads = |flow: &&Flow| match side {
            Side::Expect => flow.expect.is_some(),
            Side::Trip => flow.trip.is_some(),
        };
        self.flows.iter().filter(|flow| flow.on == on).find(reads).expect("each side that is judged reads each stream")
    }

    fn evidence<'a>(&'a self, side: Side, outcome: Option<&'a Outcome>, vars: Vars<'a>) -> Evidence<'a> {
        let source = |on| {
            let flow = self.flow(side, on);
            let reader = match side {
                Side::Expect => &flow.expect,
                Side::Trip => &flow.trip,
            };
            (reader.as_ref().expect("a flow is found by its reader"), &flow.tally)
        };
        Evidence { out: source(Stream::Out), err: source(Stream::Err), outcome, vars }
    }

    /// What was set aside, said once: the trip's own where it has a flow of its own.
    fn set_aside(&self, side: Side) -> Vec<Finding> {
        let mut list = Vec::new();
        for on in [Stream::Out, Stream::Err] {
            let flow = self.flow(side, on);
            let from = match (side, on) {
                (Side::Expect, _) => 0,
                (Side::Trip, _) if flow.expect.is_some() => continue,
                (Side::Trip, Stream::Out) => self.excepted.0,
                (Side::Trip, Stream::Err) => self.excepted.1,
            };
            let prefix = if on == Stream::Err { "stderr " } else { "" };
            list.extend(flow.sieve.findings(from).into_iter().map(|mut finding| {
                finding.want.insert_str(0, prefix);
                finding
            }));
        }
        list
    }

    /// Whether the criterion holds that speaks against going on. Silence is no answer: "printed nothing" never means GO.
    fn judge_trip(&self, outcome: &Outcome, vars: Vars) -> Option<(Held, Vec<Finding>)> {
        let trip = self.trip.as_ref()?;
        let silent = trip.needs_output() && self.flow(Side::Trip, Stream::Out).bytes == 0;
        let lines = trip.findings(&self.evidence(Side::Trip, Some(outcome), vars));
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

/// What each stream sets aside.
fn excepts(expect: &Expect, on: Stream) -> impl Iterator<Item = &Except> {
    let list = match on {
        Stream::Out => Some(&expect.except),
        Stream::Err => expect.stderr.as_ref().map(|errors| &errors.except),
    };
    list.into_iter().flatten()
}

/// The flows that both sides need: with readers still to come.
fn flows(
    (expect, asked): (&Expect, &Demand),
    (trip, tripping): (Option<&Expect>, Option<&Demand>),
    (captured, http): (bool, bool),
) -> Result<Vec<Flow>, JudgeError> {
    let mut list = Vec::new();
    for (on, enough, apart) in [(Stream::Out, Keep::Output, http), (Stream::Err, Keep::Error, false)] {
        let keep = |needed| if needed { enough } else { Keep::Nothing };
        let needs = asked.needs_text(on) || captured && on == Stream::Out;
        let trips = tripping.is_some_and(|trip| trip.needs_text(on));
        let own = || trip.into_iter().flat_map(move |trip| excepts(trip, on));
        let shared = own().next().is_none();
        list.push(Flow::new(on, excepts(expect, on), (keep(needs || shared && trips), apart))?);
        if !shared {
            list.push(Flow::new(on, excepts(expect, on).chain(own()), (keep(trips), apart))?);
        }
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
