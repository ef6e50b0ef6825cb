//! `tminus runs`: every run of the runs folder with where it stands, and how a run is found by its name.

use super::places::Places;
use super::{Failure, Outcome, Ran, print};
use crate::cli::{Common, Format};
use crate::engine::clock::{Clock, SystemClock};
use crate::feed::live::conductor_of;
use crate::journal::elsewhere::follow;
use crate::journal::line::FMT;
use crate::journal::reader::{Tail, newer_format, read_all};
use crate::journal::{FindError, JournalError, RunDir};
use crate::model::event::Event;
use crate::model::ids::Seq;
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::schedule;
use crate::model::signed::Realm;
use crate::model::spent::Spent;
use crate::model::state::{RunFacts, RunState};
use crate::model::text::shown;
use crate::runbook;
use serde::Serialize;
use std::collections::BTreeMap;

/// One run of the list.
#[derive(Serialize)]
struct Listed {
    id: String,
    dir: String,
    title: String,
    kind: &'static str,
    state: String,
    conductor: Option<i32>,
    /// Its conductor went without an end, a pause or a hold of its own: said in the text in place of the state.
    #[serde(skip)]
    interrupted: bool,
    /// It left the directory in which it began; `dir` is where it is now.
    moved: bool,
    started: Option<String>,
    steps: Steps,
    head: Option<String>,
    sealed: bool,
    /// How often its runbook was amended.
    amended: usize,
    key: Option<&'static str>,
    /// Since when acts of weight are not signed by the operator's key, RFC 3339.
    unsigned_since: Option<String>,
    /// The same for people, in the run's zone.
    #[serde(skip)]
    unsigned: Option<String>,
    /// Whole seconds since the start, up to the last record.
    seconds: Option<Seconds>,
}

/// Whose time a run was; the parts add up to `all`.
#[derive(Serialize)]
struct Seconds {
    all: u64,
    #[serde(flatten)]
    parts: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct Steps {
    done: usize,
    total: usize,
    /// Of `done`: left out, or settled by somebody's word alone.
    unchecked: usize,
}

impl Listed {
    /// Where it stands, for people: `running` of a run that nobody runs would mislead.
    fn word(&self) -> &str {
        if self.interrupted { "interrupted" } else { &self.state }
    }
}

/// Lists the runs, newest last.
pub(super) fn runs(common: &Common, format: Format) -> Ran {
    let places = Places::find(common)?;
    let mut listed: Vec<Listed> = RunDir::list(&places.runs).into_iter().map(|dir| look(&places, dir)).collect();
    listed.sort_by(|one, two| one.id.cmp(&two.id));
    match format {
        Format::Json => {
            for run in &listed {
                let line = serde_json::to_string(run).map_err(|why| Failure::because(why.to_string()))?;
                print(&format!("{line}\n"))?;
            }
        }
        Format::Text if listed.is_empty() => print("No runs yet. `tminus run RUNBOOK` starts one.\n")?,
        Format::Text => {
            for run in &listed {
                let drill = if run.kind == Realm::Drill.word() { "DRILL " } else { "" };
                let conductor = if run.conductor.is_some() { " under way" } else { "" };
                let sealed = if run.sealed { " sealed" } else { "" };
                let key = run.key.map(|word| format!(" {word}")).unwrap_or_default();
                let unsigned = run.unsigned.as_deref().map(|at| format!(" unsigned since {at}")).unwrap_or_default();
                let amended = if run.amended > 0 { " amended" } else { "" };
                let moved = if run.moved { format!(" in {}", shown(&run.dir)) } else { String::new() };
                let number = run.id.split('-').next().unwrap_or_default();
                let started = run.started.as_deref().unwrap_or("not started");
                let title = shown(&run.title);
                print(&format!(
                    "{number}  {:<12} {:>3}/{:<3} {started}  {drill}{title}{amended}{conductor}{sealed}{key}{unsigned}{moved}\n",
                    run.word(),
                    run.steps.done,
                    run.steps.total
                ))?;
            }
        }
    }
    Ok(Outcome::Done)
}

fn look(places: &Places, here: RunDir) -> Listed {
    let found = follow(here.clone(), &places.heads);
    let lost = found.is_err();
    let dir = &found.unwrap_or_else(|_| here.clone());
    let conductor = conductor_of(dir);
    let mut listed = Listed {
        id: dir.id().0.clone(),
        dir: dir.path().display().to_string(),
        title: "?".into(),
        kind: "live",
        state: "unreadable".into(),
        conductor,
        interrupted: false,
        started: None,
        steps: Steps { done: 0, total: 0, unchecked: 0 },
        head: None,
        sealed: dir.path().join("SEAL").is_file(),
        amended: 0,
        key: None,
        unsigned_since: None,
        unsigned: None,
        seconds: None,
        moved: !dir.is(&here),
    };
    if lost {
        listed.state = "moved away".into();
        return listed;
    }
    let Ok(records) = read_all(dir) else { return listed };
    let Ok(plan) = plan_of(dir) else { return listed };
    listed.title.clone_from(&plan.title);
    if let Ok(state) = RunState::fold(&plan, &records) {
        let plan = state.plan(&plan);
        listed.title.clone_from(&plan.title);
        listed.amended = state.amendments.len();
        let progress = state.progress_of_run(plan);
        listed.steps = Steps { done: progress.done, total: progress.total, unchecked: progress.unchecked };
        listed.state = state.status().word().into();
        listed.kind = state.facts.as_ref().map_or("live", |facts| facts.realm.word());
        listed.key = state.facts.as_ref().and_then(|facts| facts.key_word());
        let at = state.barriers.unsigned_since(SystemClock.now()).filter(|_| state.ended.is_none());
        listed.unsigned_since = at.and_then(|at| schedule::format_wall(at, "UTC", Some("%Y-%m-%dT%H:%M:%SZ")));
        listed.unsigned = at.and_then(|at| schedule::format_wall(at, &state.zone, Some("%H:%M")));
        listed.seconds = state.started.map(|_| seconds(&state.spent(plan, state.at)));
        listed.started = started(&records, &state);
        listed.interrupted = conductor.is_none() && state.ended.is_none() && !went_in_order(&records);
    }
    listed
}

fn seconds(spent: &Spent) -> Seconds {
    let parts = spent.seconds().into_iter().map(|(whose, seconds)| (whose.word(), seconds)).collect();
    Seconds { all: spent.total().as_secs(), parts }
}

/// Whether the conductor said goodbye: it was paused, or its answers file came to an end.
fn went_in_order(records: &[Record]) -> bool {
    let last = records.iter().rev().find(|record| {
        !matches!(
            record.event,
            Event::ClientLeft { .. } | Event::ClientJoined { .. } | Event::Ckpt { .. } | Event::BarrierSigned { .. }
        )
    });
    last.is_some_and(|record| matches!(record.event, Event::Paused { .. } | Event::AnswersEnded { .. }))
}

fn started(records: &[Record], state: &RunState) -> Option<String> {
    let first = records.iter().find(|record| matches!(record.event, Event::Started { .. }))?;
    schedule::format_wall(first.at.wall, &state.zone, Some("%Y-%m-%d %H:%M %Z"))
}

/// Refuses a run of a newer format: it is read, and nothing is ever added to it.
pub(super) fn may_be_written(dir: &RunDir) -> Result<(), Failure> {
    // What else is wrong with the journal is said by whoever reads it whole.
    match newer_format(dir) {
        Ok(Some(found)) | Err(JournalError::Newer { found, .. }) => Err(Failure::because(format!(
            "run {} is written in format {}, and this tminus writes {FMT}: it adds nothing to it",
            dir.id().short(),
            shown(&found)
        ))
        .hint("use the tminus that wrote it, or a newer one; tminus verify looks at it")),
        Ok(None) | Err(_) => Ok(()),
    }
}

/// The run of this name.
pub(super) fn find(places: &Places, name: &str) -> Result<RunDir, Failure> {
    where_it_is(places, find_here(places, name)?)
}

/// Where the run goes on whose directory this is: elsewhere, where its journal was brought.
pub(super) fn where_it_is(places: &Places, dir: RunDir) -> Result<RunDir, Failure> {
    let (run, left) = (dir.id().short().to_owned(), dir.path().display().to_string());
    follow(dir, &places.heads).map_err(|why| {
        Failure::because(format!("run {run} left {left}, and where it goes on it cannot be read: {}", why.chain()))
            .hint("bring the directory back that it went to; nothing of the run is taken up where it was")
    })
}

/// The directory of this name, whether or not the run is still in it.
pub(super) fn find_here(places: &Places, name: &str) -> Result<RunDir, Failure> {
    RunDir::find(&places.runs, name).map_err(|why| match why {
        FindError::None { .. } => Failure::of(&why).hint("tminus runs lists them"),
        _ => Failure::of(&why),
    })
}

/// A run's own copy of its runbook, as its first record names it.
pub(super) fn plan_of(dir: &RunDir) -> Result<Plan, Failure> {
    let first = Tail::open(dir).and_then(|mut tail| tail.read_to(Seq(1))).map_err(|why| Failure::of(&why))?;
    let facts = first.first().and_then(|record| match &record.event {
        Event::Genesis { text, .. } => RunFacts::read(text),
        _ => None,
    });
    let unreadable = || Failure::because(format!("the first record of run {} cannot be read", dir.id().short()));
    let facts = facts.ok_or_else(unreadable)?;
    let bytes = dir.attachment(&facts.runbook_sha256).map_err(|why| Failure::of(&why))?;
    let loaded = runbook::parse(&facts.runbook, &bytes);
    let shown = || runbook::render(&loaded, false);
    loaded.plan.clone().ok_or_else(|| {
        Failure::because(format!(
            "the runbook of run {} cannot be read by this version of tminus\n{}",
            dir.id().short(),
            shown()
        ))
    })
}

/// The runbook in force: the run's own copy of what it goes by now. Where its records do not fold, what it began with.
pub(super) fn in_force(dir: &RunDir) -> Result<Plan, Failure> {
    let first = plan_of(dir)?;
    let state = read_all(dir).ok().and_then(|records| RunState::fold(&first, &records).ok());
    Ok(state.map_or_else(|| first.clone(), |state| state.plan(&first).clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::actor::{Actor, Known};
    use crate::model::time::Stamp;

    #[test]
    fn a_conductor_that_paused_is_not_one_that_was_interrupted() {
        let by = Actor { name: "maya".into(), known: Known::Peer };
        let record = |seq, event| Record { seq: Seq(seq), at: Stamp::default(), event };
        let held = record(1, Event::Held { reason: "wait".into(), by: by.clone() });
        let paused = record(2, Event::Paused { by: by.clone() });
        let ended = record(2, Event::AnswersEnded { at: "2.1".into() });
        assert!(went_in_order(&[held.clone(), paused.clone()]));
        assert!(went_in_order(&[held.clone(), ended]));
        assert!(!went_in_order(&[paused, held]));
        assert!(!went_in_order(&[]));
    }
}
