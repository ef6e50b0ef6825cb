//! A run that is over, or under way, told again as lines: the sentences that were said, with their times, and what was printed.
//!
//! The same fold and the same sentences as live; nobody is asked anything. Read only: it has no way to wish.

use super::Left;
use super::teller::Teller;
use super::words::{clock, t_shown};
use crate::feed::Port;
use crate::feed::replay::{Beside, Course, Found, Known, ReplayError, Verdict, compared, parse_when};
use crate::model::ids::StepId;
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::state::RunState;
use crate::model::time::{clock_length, plan_length};
use std::io::{self, Write};
use std::time::Duration;

/// So much is told before it is handed over.
const BATCH: usize = 256;

/// What is told.
pub struct Replayed<'a> {
    /// From where on; from the beginning where nothing is said.
    pub at: Option<&'a str>,
    /// Also what is still to come.
    pub follow: bool,
    /// Another run, and the step that both are counted from.
    pub beside: Option<(&'a Course, Option<&'a StepId>)>,
}

/// Why it could not be told.
#[derive(Debug, thiserror::Error)]
pub enum ReplayedError {
    /// Standard output takes nothing more.
    #[error("cannot write to standard output")]
    Write(#[source] io::Error),
    /// The run cannot be read.
    #[error(transparent)]
    Course(#[from] ReplayError),
    /// There is no such place in it.
    #[error("{0}")]
    Where(String),
}

/// Tells a run again.
pub fn replay(
    course: &Course,
    port: &dyn Port,
    wanted: &Replayed<'_>,
    output: impl Write,
) -> Result<(), ReplayedError> {
    let known = course.wait(&|_| false);
    let run = course.dir().id().short();
    let plan = course.plan();
    let mut teller = Teller::new(plan, output);
    teller.voice.say(&format!("Replay of run {run}, read only. {}", verdict(&known)));
    for words in port.amended(None) {
        teller.voice.say(&format!("After the seal, {words}."));
    }
    if let Some((other, align)) = wanted.beside {
        let theirs = other.wait(&|_| false);
        for line in table((known.end.plan(plan), &known.end), (other, &theirs), align) {
            teller.voice.say(&line);
        }
        return flush(&mut teller).map(drop);
    }
    let from =
        wanted.at.map(|at| parse_when(at, known.end.plan(plan), &known)).transpose().map_err(ReplayedError::Where)?;
    let Found { state, mut cursor, lived } = match from {
        Some(to) => course.seek(to, &mut |_| {})?,
        None => course.beginning()?,
    };
    if from.is_some() {
        let now = crate::feed::replay::moment(&state, lived);
        let t = schedule::t_clock(&state, now).map(|t| format!(" {}", t_shown(t))).unwrap_or_default();
        teller.voice.say(&format!("From {}{t}, after record {}.", clock(&state, now.wall), state.last));
    }
    teller.state = state;
    loop {
        for _ in 0..BATCH {
            let Some(record) = cursor.take()? else { break };
            if let Some(Left::Lost(words)) = teller.records(std::slice::from_ref(&record), port, record.at) {
                return Err(ReplayedError::Where(words));
            }
        }
        if flush(&mut teller)? {
            return Ok(());
        }
        if cursor.peek()?.is_none() {
            if !(wanted.follow && course.known().grows()) {
                break;
            }
            crate::feed::replay::rest();
        }
    }
    teller.voice.say(&format!("End of the replay of run {run}. {}", verdict(&course.known())));
    flush(&mut teller).map(drop)
}

/// Hands over what was said; whether nobody listens any more.
fn flush<W: Write>(teller: &mut Teller<W>) -> Result<bool, ReplayedError> {
    match teller.voice.flush() {
        Ok(left) => Ok(left.is_some()),
        Err(super::LinearError::Write(why)) => Err(ReplayedError::Write(why)),
        Err(other) => Err(ReplayedError::Where(other.to_string())),
    }
}

/// What the journal was found to be, as a sentence.
fn verdict(known: &Known) -> String {
    match &known.verdict {
        Verdict::Reading(records) => format!("Its chain is being checked: {records} records hold so far."),
        Verdict::Whole { records, .. } => format!("chain ok {records}/{records}."),
        Verdict::Torn { good } => format!("It ended mid-write; {good} records are good."),
        Verdict::Broken { seq, at, why, later, .. } => {
            let day = schedule::format_wall(*at, &known.end.zone, Some("%Y-%m-%d %H:%M:%S")).unwrap_or_default();
            let rest =
                if *later > 0 { format!(" {later} later records are told as they stand.") } else { String::new() };
            format!("JOURNAL BROKEN at record {seq} ({day}): {why}. Later lines cannot be trusted.{rest}")
        }
    }
}

/// Times of two runs by step, with their differences.
fn table((plan, state): (&Plan, &RunState), (other, theirs): (&Course, &Known), align: Option<&StepId>) -> Vec<String> {
    let number = other.dir().id().short();
    let from = align.map_or("T0".to_owned(), |step| format!("the start of {step}"));
    let mut lines =
        vec![format!("Beside run {number}, both counted from {from}: start and length, then the difference.")];
    for row in compared((plan, state), Some((theirs.end.plan(other.plan()), &theirs.end)), align) {
        let step = plan.step(row.step);
        let planned = row.takes.map(|takes| format!(", planned {}", plan_length(takes))).unwrap_or_default();
        let there = row.other.as_ref().map_or("not in it".to_owned(), said);
        let differs = row.own.took.zip(row.other.and_then(|other| other.took)).map(|(own, other)| {
            let (sign, length) = if own >= other { ('+', own - other) } else { ('-', other - own) };
            format!("; {sign}{}", clock_length(Duration::from_secs(length.as_secs())))
        });
        let title = state.fill(&step.title);
        let differs = differs.unwrap_or_default();
        lines.push(format!("{} {title}: {}{planned}; run {number} {there}{differs}", step.number, said(&row.own)));
    }
    lines
}

/// `T+34m ok 4:51`.
fn said(beside: &Beside) -> String {
    let from = beside.from.map(|from| format!("{} ", t_shown(from))).unwrap_or_default();
    let took = beside.took.map(|took| format!(" {}", clock_length(took))).unwrap_or_default();
    format!("{from}{}{took}", beside.status)
}
