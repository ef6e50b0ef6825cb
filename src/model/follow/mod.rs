//! What happens by itself: countdowns, gates that are due, `auto` steps, retries that the runbook asks for, and the
//! commands of a way back that was taken. Nothing else starts without a person's key.
//!
//! Pure: `due` says what is due now, `wake` when to look again. The driver turns a `Due` into records, one at a time.

mod beside;
mod watch;

pub use beside::{Ending, at_once_of, blocking};
pub(crate) use watch::is_watched;
pub use watch::{Warning, is_probe_wanted, probes_to_read};

use crate::model::actor::Actor;
use crate::model::decide::Asked;
use crate::model::event::Event;
use crate::model::expect::Verdict;
use crate::model::ids::{ProcedureIx, StepIx, TriggerIx};
use crate::model::intent::{Refusal, Typed};
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::signoff;
use crate::model::state::{RunState, StepStatus, VarsBound};
use crate::model::step::{Class, Effect, Place, Work};
use crate::model::time::Stamp;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A step's conditions are to be looked at.
    Conditions(StepIx),
    /// A step begins.
    Begin(StepIx),
    /// A countdown is over.
    EndWait(StepIx),
    /// A group, a call or a monitor came to its end.
    Judge(StepIx, Verdict),
    /// A command that runs on beside others, or for a time, is to end.
    EndCommand(StepIx, Ending),
    /// A way back came to its end.
    EndRollback,
    /// A procedure that was called on demand came to its end.
    EndCall(ProcedureIx),
    /// A horizon's next round begins.
    Round(usize),
    /// Evidence is older than it may be.
    Old(StepIx),
    /// The stations of an open gate are asked anew for their signatures: what they signed is void.
    AskStations(StepIx),
    /// A trigger's condition has held for long enough, or is asked about again.
    Trip(TriggerIx),
    /// A trigger's condition no longer holds.
    Clear(TriggerIx),
    /// Little time is left.
    Warn(Warning),
}

/// What is due now, one thing at a time.
pub fn due(plan: &Plan, state: &RunState, now: Stamp) -> Option<Due> {
    if state.started.is_none() || state.ended.is_some() || state.paused || state.handover.is_some() {
        return None;
    }
    // Of a long plan little is under way: only that is looked at closely.
    let open = state.open();
    let over = |ix: &StepIx| state.step(*ix).until.is_some_and(|until| until <= now.wall);
    if let Some(over) = waiting(plan, state, &open).find(over) {
        return Some(Due::EndWait(over));
    }
    if let Some(unasked) = open.iter().copied().find(|ix| are_stations_unasked(plan, state, *ix)) {
        return Some(Due::AskStations(unasked));
    }
    if let Some(seen) = watch::due(plan, state, &open, now).or_else(|| beside::due(plan, state, &open, now)) {
        return Some(seen);
    }
    if state.hold.is_some() || !may_follow(state) {
        return None;
    }
    if let Some(again) = again(plan, state, now) {
        return again;
    }
    let settled = |step: &StepIx| state.step(*step).status.settled();
    if state.going_back() && state.rollback_path(plan).iter().all(settled) {
        return Some(Due::EndRollback);
    }
    if let Some(member) =
        beside::members_at_once(plan, state, &open).into_iter().find_map(|ix| starts(plan, state, ix, now))
    {
        return Some(member);
    }
    let next = state.next(plan)?;
    if beside::blocking(plan, state, next).is_some() {
        return None;
    }
    starts(plan, state, next, now).or_else(|| probe(plan, state, next))
}

/// Whether stations with signers stand at an open gate that asks them for nothing: an answer that got old voided what they signed.
fn are_stations_unasked(plan: &Plan, state: &RunState, ix: StepIx) -> bool {
    match &plan.step(ix).work {
        Work::Gate(gate) => {
            let own = state.step(ix);
            own.asked.is_none() && own.status == StepStatus::You && signoff::polled(plan, &gate.poll).next().is_some()
        }
        _asks_nobody => false,
    }
}

/// How a step that is next, or beside others, begins by itself: its conditions first.
fn starts(plan: &Plan, state: &RunState, ix: StepIx, now: Stamp) -> Option<Due> {
    if is_to_be_looked_at(plan, state, ix) {
        return Some(Due::Conditions(ix));
    }
    begins_by_itself(plan, state, ix, now).then_some(Due::Begin(ix))
}

/// A try that the runbook asks for: it begins when its time has come, and until then nothing else does but what stands
/// beside it in a `parallel`.
fn again(plan: &Plan, state: &RunState, now: Stamp) -> Option<Option<Due>> {
    let waits = |ix: &StepIx| state.step(*ix).retry_at.is_some();
    let waiting: Vec<StepIx> = (0..plan.steps.len()).map(StepIx).filter(waits).collect();
    let has_come = |ix: &&StepIx| state.step(**ix).retry_at.is_some_and(|at| at <= now.wall);
    let free = |ix: &&StepIx| beside::blocking(plan, state, **ix).is_none();
    if let Some(again) = waiting.iter().filter(has_come).find(free) {
        return Some(Some(Due::Begin(*again)));
    }
    let alone = waiting.iter().any(|ix| beside::at_once_of(plan, *ix).is_none());
    alone.then_some(None)
}

/// Whether anything may follow by itself: the variables are there, and nobody is waited for to say what became of a step.
/// A way back waits for neither: what of it needs a variable that cannot be read is refused when it begins.
fn may_follow(state: &RunState) -> bool {
    match &state.vars_bound {
        VarsBound::Yes => state.going_back() || (state.orphan().is_none() && state.old_decisions().is_empty()),
        VarsBound::NotYet => false,
        VarsBound::Failed(_) => state.going_back(),
    }
}

/// Conditions are looked at once, when a step becomes next; one that was begun or judged has outgrown them.
fn is_to_be_looked_at(plan: &Plan, state: &RunState, next: StepIx) -> bool {
    let own = state.step(next);
    !plan.step(next).when.is_empty()
        && own.conditions.is_none()
        && matches!(own.status, StepStatus::NotYet | StepStatus::Old)
}

/// Countdowns under way.
fn waiting<'a>(plan: &'a Plan, state: &'a RunState, open: &'a [StepIx]) -> impl Iterator<Item = StepIx> + 'a {
    let counts =
        |ix: &StepIx| state.step(*ix).status == StepStatus::Running && matches!(plan.step(*ix).work, Work::Wait(_));
    open.iter().copied().filter(counts)
}

/// Whether a step that is next begins by itself once its planned time has come and nothing keeps it.
pub fn begins_one_day(plan: &Plan, state: &RunState, ix: StepIx) -> bool {
    begins_by_itself(plan, state, ix, Stamp { wall: i64::MAX, mono: 0 })
}

fn begins_by_itself(plan: &Plan, state: &RunState, ix: StepIx, now: Stamp) -> bool {
    let (step, own) = (plan.step(ix), state.step(ix));
    let looked_up = matches!(step.work, Work::Evidence(_));
    if looked_up {
        // Found wanting, it is looked up again by a person's key.
        return matches!(own.status, StepStatus::NotYet | StepStatus::Old);
    }
    let fresh = own.status == StepStatus::NotYet && own.attempt == own.before_again;
    if !fresh {
        return false;
    }
    let time_has_come = schedule::planned_at(plan, state, ix).is_none_or(|at| at <= now.wall);
    let agreed = state.is_on_way_back(plan, ix) || beside::is_on_an_open_card(plan, state, ix);
    let asks = step.effect == Effect::Destroys || step.point_of_no_return || step.second_person;
    let blanks = own.filled.is_none() && crate::model::decide::has_blanks(plan, state, ix);
    match &step.work {
        Work::Wait(_) | Work::Gate(_) => time_has_come,
        Work::Notify(_) if blanks => false,
        Work::Run(_) | Work::Monitor(_) | Work::Call(_) | Work::Group(_) if agreed => !asks,
        Work::Notify(notice) if agreed && notice.via.is_some() => !asks,
        // What must be met is read as a gate's criteria are.
        Work::Run(_) if matches!(step.place, Place::Requirement(_)) => step.class() == Class::C0,
        Work::Run(_) | Work::Monitor(_) => step.auto && step.class() == Class::C0 && time_has_come,
        Work::Check(_)
        | Work::Measure(_)
        | Work::Ask(_)
        | Work::Choose { .. }
        | Work::Call(_)
        | Work::Group(_)
        | Work::Notify(_)
        | Work::Sign(_)
        | Work::Evidence(_) => false,
    }
}

/// The next probe of an open gate, or of a monitor that looks on: a criterion that only reads and was not read for this
/// attempt, or that is looked up.
fn probe(plan: &Plan, state: &RunState, reader: StepIx) -> Option<Due> {
    let open = match &plan.step(reader).work {
        Work::Gate(_) => state.step(reader).status == StepStatus::You,
        Work::Monitor(_) => state.step(reader).status == StepStatus::Running,
        _reads_nothing => false,
    };
    let unread = |ix: &StepIx| {
        let (step, own) = (plan.step(*ix), state.step(*ix));
        let looked_up =
            matches!(step.work, Work::Evidence(_)) && matches!(own.status, StepStatus::NotYet | StepStatus::Old);
        looked_up || step.command().is_some() && step.class() == Class::C0 && own.status == StepStatus::NotYet
    };
    let criteria = if open { plan.members(reader) } else { Vec::new() };
    criteria.into_iter().find(unread).map(Due::Begin)
}

/// The records that something due leads to; conditions are looked at by the driver, which has regular expressions.
pub fn enact(plan: &Plan, state: &RunState, due: Due, now: Stamp) -> Result<Vec<Event>, Refusal> {
    let asked = Asked::plain(Actor::program(), now);
    let of = |ix: StepIx| (plan.step(ix).id.clone(), state.step(ix).attempt);
    let by = Actor::program();
    Ok(match due {
        Due::Conditions(_) => Vec::new(),
        Due::Begin(ix) => crate::model::decide::begin(plan, state, ix, &Typed::default(), &asked)?,
        Due::EndWait(ix) => {
            let (step, attempt) = of(ix);
            vec![Event::WaitEnded { step, attempt, early: None, by }]
        }
        Due::Judge(ix, verdict) => vec![judged(plan, state, ix, verdict)],
        Due::EndCommand(ix, ending) => {
            let (step, attempt) = of(ix);
            vec![Event::StepEnding { step, attempt, why: ending.words().to_owned() }]
        }
        Due::EndRollback => {
            let level = state.rollback.as_ref().map(|rollback| plan.level(rollback.level).id.clone());
            level.into_iter().map(|level| Event::RollbackEnded { level }).collect()
        }
        Due::EndCall(called) => vec![Event::ProcedureEnded { procedure: plan.procedure(called).id.clone() }],
        Due::Round(at) => {
            vec![Event::HorizonRound { horizon: plan.horizons[at].id.clone(), round: state.rounds[at] + 1 }]
        }
        Due::AskStations(ix) => match &plan.step(ix).work {
            Work::Gate(gate) => crate::model::decide::asked_to_vote(plan, state, ix, gate)?.into_iter().collect(),
            _asks_nobody => Vec::new(),
        },
        Due::Old(ix) => vec![Event::StepOld { step: plan.step(ix).id.clone(), why: watch::age_words(plan, state, ix) }],
        Due::Trip(ix) => {
            let trigger = plan.trigger(ix).id.clone();
            vec![Event::TriggerTripped { trigger, why: watch::why(plan, state, ix), by }]
        }
        Due::Clear(ix) => vec![Event::TriggerCleared { trigger: plan.trigger(ix).id.clone() }],
        Due::Warn(warning) => vec![Event::Warned { of: warning.of(plan), minutes: warning.minutes }],
    })
}

/// The verdict of what is no command: a group, a call, a monitor.
fn judged(plan: &Plan, state: &RunState, ix: StepIx, verdict: Verdict) -> Event {
    let own = state.step(ix);
    Event::StepJudged {
        step: plan.step(ix).id.clone(),
        attempt: own.attempt,
        verdict,
        checks: own.monitor.checks.clone(),
        bound: Vec::new(),
        retry: None,
        hints: Vec::new(),
    }
}

/// The next instant at which something is or becomes due by the clock, Unix microseconds; it may have passed.
pub fn wake(plan: &Plan, state: &RunState) -> Option<i64> {
    wake_after(plan, state, i64::MIN)
}

/// The next instant after `looked` at which something may become due by the clock, Unix microseconds. What was due then
/// and waits for something else (a hold, a person) is not asked for again: that would keep a processor busy.
pub fn wake_after(plan: &Plan, state: &RunState, looked: i64) -> Option<i64> {
    if state.ended.is_some() || state.paused || state.handover.is_some() {
        return None;
    }
    let retries = state.steps.iter().filter_map(|own| own.retry_at);
    let open = state.open();
    let waits = waiting(plan, state, &open).filter_map(|ix| state.step(ix).until);
    let planned = state.next(plan).and_then(|next| schedule::planned_at(plan, state, next));
    let seen = watch::moments(plan, state, &open).into_iter().chain(beside::moments(plan, state, &open));
    retries.chain(waits).chain(planned).chain(seen).filter(|at| *at > looked).min()
}

/// Whether a step stands on the NO-GO side of a gate.
pub fn is_no_go(plan: &Plan, ix: StepIx) -> bool {
    matches!(plan.step(ix).place, Place::Criterion { side: crate::model::step::Side::NoGo, .. })
}
