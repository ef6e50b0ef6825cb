//! All that one `expect` (or `trip`) asks: exit, output, errors, time, and `any_of` with its alternatives, which ask in turn.
//!
//! `exit: 0` is asked where nobody says otherwise. An alternative that says an exit takes its place; one that does not asks what
//! the expectation around it asks. `Judge` builds one for each side, `value` one for what was typed.

use super::Outcome;
use super::error::JudgeError;
use super::finding::{Finding, Held, Saw};
use super::number::{self, Reading, Vars};
use super::part::Part;
use super::reader::Reader;
use super::tally::Tally;
use crate::model::cmp::Quantity;
use crate::model::expect::{ExitWanted, Expect, Measured};
use crate::model::output::{Exit, Stream};
use std::time::Duration;

/// `any_of` in `any_of` is judged this deep.
const DEEPEST: usize = 4;

/// A compiled expectation.
pub(super) struct Demand {
    out: Part,
    err: Option<Part>,
    asks_exit: bool,
    any_of: Vec<Demand>,
}

/// One stream's reader and tally.
pub(super) type Source<'a> = (&'a Reader, &'a Tally);

/// By what it is judged.
pub(super) struct Evidence<'a> {
    pub(super) out: Source<'a>,
    pub(super) err: Source<'a>,
    /// None of what was typed: it has no exit and took no time.
    pub(super) outcome: Option<&'a Outcome>,
    pub(super) vars: Vars<'a>,
}

impl Demand {
    /// Compiles it; what is looked for goes into the readers of standard output and error.
    pub(super) fn new(expect: &Expect, readers: (&mut Reader, &mut Reader)) -> Result<Self, JudgeError> {
        Self::nested(expect, readers, (true, 0))
    }

    fn nested(
        expect: &Expect,
        (out, err): (&mut Reader, &mut Reader),
        (asks_exit, depth): (bool, usize),
    ) -> Result<Self, JudgeError> {
        if depth > DEEPEST {
            return Err(JudgeError::Nested { most: DEEPEST });
        }
        if depth > 0 {
            only_inner_keys(expect)?;
        }
        let own = Part::new(expect, Stream::Out, out)?;
        let errors = expect.stderr.as_ref().map(|inner| Part::new(inner, Stream::Err, err)).transpose()?;
        let instead = is_default(&expect.exit) && expect.any_of.iter().any(says_exit);
        let mut any_of = Vec::new();
        for one in &expect.any_of {
            let any = one.exit == ExitWanted::Any;
            let asks = !any && (instead || !is_default(&one.exit));
            any_of.push(Self::nested(one, (out, err), (asks, depth + 1))?);
        }
        Ok(Self { out: own, err: errors, asks_exit: asks_exit && !instead, any_of })
    }

    /// Every line, in the order of the format.
    pub(super) fn findings(&self, by: &Evidence) -> Vec<Finding> {
        let mut list = Vec::new();
        let outcome = by.outcome.filter(|_| self.asks_exit);
        list.extend(outcome.map(|outcome| exit_finding(&self.out.expect.exit, outcome.exit)));
        list.extend(self.out.findings(by.out, by.vars));
        if let (Some(wanted), Some(outcome)) = (&self.out.expect.took, by.outcome) {
            list.push(took_finding(wanted, outcome.took));
        }
        if let Some(errors) = &self.err {
            list.extend(errors.findings(by.err, by.vars));
        }
        if !self.any_of.is_empty() {
            list.extend(self.alternatives(by));
        }
        list
    }

    /// Whether something needs all of this stream at the end.
    pub(super) fn needs_text(&self, on: Stream) -> bool {
        self.any(&|part| part.on == on && part.needs_text())
    }

    /// Whether it reads anything.
    pub(super) fn reads(&self) -> bool {
        self.any(&Part::reads)
    }

    /// Whether silence leaves it without an answer: on its own, or in every way in which it could hold.
    pub(super) fn needs_output(&self) -> bool {
        let all = !self.any_of.is_empty() && self.any_of.iter().all(Self::needs_output);
        self.out.reads_more_than_counts() || all
    }

    /// Whether its own exit is as wanted.
    pub(super) fn holds_exit(&self, outcome: &Outcome) -> bool {
        !self.asks_exit || exit_finding(&self.out.expect.exit, outcome.exit).held == Held::Yes
    }

    /// Whether something came that must never come, whatever else may follow.
    pub(super) fn is_spoilt(&self, by: &Evidence) -> bool {
        self.out.is_spoilt(by.out.0) || self.err.as_ref().is_some_and(|errors| errors.is_spoilt(by.err.0))
    }

    fn any(&self, is: &dyn Fn(&Part) -> bool) -> bool {
        is(&self.out) || self.err.as_ref().is_some_and(is) || self.any_of.iter().any(|one| one.any(is))
    }

    /// The lines of the first that holds, else what each missed.
    fn alternatives(&self, by: &Evidence) -> Vec<Finding> {
        let judged: Vec<Vec<Finding>> = self.any_of.iter().map(|one| one.findings(by)).collect();
        let place = |at: usize| format!("any of {}, number {}", judged.len(), at + 1);
        let named = |at: usize, finding: &Finding| {
            let mut finding = finding.clone();
            finding.want.insert_str(0, &format!("{}: ", place(at)));
            finding
        };
        let holds = |list: &Vec<Finding>| list.iter().all(|finding| finding.held == Held::Yes);
        if let Some(at) = judged.iter().position(holds) {
            let said: Vec<Finding> = judged[at].iter().map(|finding| named(at, finding)).collect();
            let nothing = || vec![Finding::new(place(at), Saw::words("it asks nothing more"), true)];
            return if said.is_empty() { nothing() } else { said };
        }
        // As long as one of them may hold, nobody can say that none does.
        let no = |list: &Vec<Finding>| list.iter().any(|finding| finding.held == Held::No);
        let held = if judged.iter().all(no) { Held::No } else { Held::Unknown };
        let missed = judged.iter().enumerate().flat_map(|(at, list)| {
            let missed = list.iter().filter(|finding| finding.held != Held::Yes);
            missed.map(move |finding| (at, finding))
        });
        missed.map(|(at, finding)| Finding { held, ..named(at, finding) }).collect()
    }
}

/// Whether it asks for a status of HTTP anywhere.
pub(super) fn asks_http(expect: &Expect) -> bool {
    !expect.http.is_empty() || expect.any_of.iter().any(asks_http)
}

fn is_default(exit: &ExitWanted) -> bool {
    match exit {
        ExitWanted::Codes(codes) => codes == &[0],
        ExitWanted::Any => false,
    }
}

fn says_exit(expect: &Expect) -> bool {
    !is_default(&expect.exit) || expect.any_of.iter().any(says_exit)
}

fn only_inner_keys(expect: &Expect) -> Result<(), JudgeError> {
    let errors = expect.stderr.as_ref().is_some_and(|inner| !inner.except.is_empty());
    if !expect.except.is_empty() || errors {
        return Err(JudgeError::NotInside { key: "except" });
    }
    match &expect.of {
        Some(_) => Err(JudgeError::NotInside { key: "of" }),
        None => Ok(()),
    }
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

fn took_finding(wanted: &Measured, took: Duration) -> Finding {
    let read =
        Quantity::length(took).map(Reading::Number).map_err(|error| (Saw::words(error.to_string()), Held::Unknown));
    number::judge("took", wanted, read)
}
