//! What people answer, choose, settle and say of unknown steps.

use super::permit::begin;
use super::{Asked, Decided, find, needs_reason, refuse, start};
use crate::model::event::{Answer, Event, Resolution, Settled};
use crate::model::ids::{LevelIx, StepId, StepIx};
use crate::model::intent::{Intent, Refusal, Typed};
use crate::model::plan::Plan;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Class, Place, Skip, Work};

/// Opens a by-hand step that is not under way: the event that begins it, if one is needed, and its attempt.
fn opened(plan: &Plan, state: &RunState, ix: StepIx, asked: &Asked) -> Result<(Vec<Event>, u32), Refusal> {
    if state.step(ix).status.open() {
        start::reachable(plan, state, ix)?;
        return Ok((Vec::new(), state.step(ix).attempt));
    }
    if super::asked_class(plan, state, ix) > Class::C1 {
        return refuse(format!("start {} first", plan.step(ix).number));
    }
    if super::early_start(plan, state, ix, asked.now.wall).is_some() {
        return refuse(format!(
            "it is too early for {} without a reason: start it first, with one",
            plan.step(ix).number
        ));
    }
    let begun = start::run(plan, state, ix, &Typed::default(), asked)?;
    Ok((begun, state.step(ix).attempt + 1))
}

/// One statement answered.
pub(super) fn answer(plan: &Plan, state: &RunState, said: (StepIx, usize, Answer, &String), asked: &Asked) -> Decided {
    let (ix, item, answer, saw) = said;
    let step = plan.step(ix);
    start::ready(plan, state, ix)?;
    let wanted = match &step.work {
        Work::Check(items) => items.get(item),
        // A message that a person said: where, and to whom, may be typed.
        Work::Notify(notice) if notice.via.is_none() && item == 0 => {
            return say_it(plan, state, (ix, answer, saw), asked);
        }
        _states_nothing => return refuse(format!("{} is not a list of statements", step.number)),
    };
    let Some(wanted) = wanted else {
        return refuse(format!("{} has no item {}", step.number, item + 1));
    };
    if answer != Answer::Ok {
        needs_reason(saw, &step.number)?;
    }
    let bare = saw.trim().is_empty();
    if answer == Answer::Ok && bare && (wanted.evidence || wanted.expect.is_some()) {
        return refuse(format!("{} asks what you saw: type it", step.number));
    }
    let (mut events, attempt) = opened(plan, state, ix, asked)?;
    let (mut answer, mut checks) = (answer, Vec::new());
    if let (Answer::Ok, Some(reading)) = (answer, &asked.reading) {
        let reading = reading.as_ref().map_err(|why| Refusal(why.clone()))?;
        checks.clone_from(&reading.checks);
        if !reading.ok {
            answer = Answer::Failed;
        }
    }
    events.push(Event::StepAnswered {
        step: step.id.clone(),
        attempt,
        item,
        answer,
        saw: saw.trim().to_owned(),
        checks,
        bound: Vec::new(),
        by: asked.by.clone(),
    });
    Ok(events)
}

/// A message that a person said.
fn say_it(plan: &Plan, state: &RunState, said: (StepIx, Answer, &String), asked: &Asked) -> Decided {
    let (ix, answer, saw) = said;
    let step = plan.step(ix);
    if answer != Answer::Ok {
        needs_reason(saw, &step.number)?;
    }
    let (mut events, attempt) = opened(plan, state, ix, asked)?;
    events.push(Event::StepAnswered {
        step: step.id.clone(),
        attempt,
        item: 0,
        answer,
        saw: saw.trim().to_owned(),
        checks: Vec::new(),
        bound: Vec::new(),
        by: asked.by.clone(),
    });
    Ok(events)
}

/// A value given to `measure` or `ask`; the conductor has judged it.
pub(super) fn value(plan: &Plan, state: &RunState, ix: StepIx, asked: &Asked) -> Decided {
    let step = plan.step(ix);
    start::ready(plan, state, ix)?;
    if !matches!(step.work, Work::Measure(_) | Work::Ask(_)) {
        return refuse(format!("{} does not ask for a value", step.number));
    }
    let reading = match &asked.reading {
        Some(Ok(reading)) => reading.clone(),
        Some(Err(why)) => return refuse(why.clone()),
        None => return refuse("the value was not judged"),
    };
    let (mut events, attempt) = opened(plan, state, ix, asked)?;
    events.push(Event::StepAnswered {
        step: step.id.clone(),
        attempt,
        item: 0,
        answer: if reading.ok { Answer::Ok } else { Answer::Failed },
        saw: reading.saw,
        checks: reading.checks,
        bound: if reading.ok { reading.bound } else { Vec::new() },
        by: asked.by.clone(),
    });
    Ok(events)
}

/// One way of several.
pub(super) fn choose(plan: &Plan, state: &RunState, ix: StepIx, option: &str, asked: &Asked) -> Decided {
    let step = plan.step(ix);
    start::ready(plan, state, ix)?;
    let Work::Choose { options, .. } = &step.work else {
        return refuse(format!("{} is not a choice", step.number));
    };
    if !options.iter().any(|each| each.id == option) {
        return refuse(format!("{} has no option {option}", step.number));
    }
    let (mut events, attempt) = opened(plan, state, ix, asked)?;
    events.push(Event::StepChosen { step: step.id.clone(), attempt, option: option.to_owned(), by: asked.by.clone() });
    Ok(events)
}

/// A step settled without tminus doing it.
pub(super) fn settle(plan: &Plan, state: &RunState, intent: &Intent, asked: &Asked) -> Decided {
    let Some((step, how, reason)) = meant(intent) else {
        return refuse("that does not settle a step");
    };
    let ix = find(plan, step)?;
    start::ready(plan, state, ix)?;
    if !by_hand_back(plan, state, ix, how) {
        start::reachable(plan, state, ix)?;
    }
    settleable(plan, state, ix, how)?;
    let (planned, own) = (plan.step(ix), state.step(ix));
    let number = &planned.number;
    match (how, planned.skip) {
        (Settled::Skipped | Settled::NotApplicable, Skip::Never) => {
            return refuse(format!("{number} cannot be left out"));
        }
        (Settled::Skipped, Skip::Free) => {}
        (Settled::Over, _) => accepted(intent, number)?,
        (Settled::Skipped | Settled::NotApplicable | Settled::Hand | Settled::Failed, _) => {
            needs_reason(&reason, number)?
        }
    }
    Ok(vec![Event::StepSettled { step: step.clone(), attempt: own.attempt, how, reason, by: asked.by.clone() }])
}

/// Whether this is a command of a way back that a person ran by hand, as they do where the journal cannot be written: it
/// counts before that way is taken, so that taking it does not run it again.
fn by_hand_back(plan: &Plan, state: &RunState, ix: StepIx, how: Settled) -> bool {
    let of_a_level = || (0..plan.levels.len()).any(|level| state.level_path(plan, LevelIx(level)).contains(&ix));
    how == Settled::Hand && matches!(plan.step(ix).place, Place::Undo(_) | Place::Level(_)) && of_a_level()
}

/// Which step a wish settles, how and why; `None` for a wish that settles none.
fn meant(intent: &Intent) -> Option<(&StepId, Settled, String)> {
    match intent {
        Intent::Skip { step, reason } => Some((step, Settled::Skipped, reason.clone())),
        Intent::NotApplicable { step, reason } => Some((step, Settled::NotApplicable, reason.clone())),
        Intent::Hand { step, reason } => Some((step, Settled::Hand, reason.clone())),
        Intent::Fail { step, reason } => Some((step, Settled::Failed, reason.clone())),
        Intent::Accept { step, reason, name } => {
            Some((step, Settled::Over, format!("{reason} (accepted by {name}, typed)")))
        }
        Intent::Start { .. }
        | Intent::HandOver { .. }
        | Intent::StandBy { .. }
        | Intent::Run { .. }
        | Intent::Answer { .. }
        | Intent::Value { .. }
        | Intent::Choose { .. }
        | Intent::Resolve { .. }
        | Intent::Release { .. }
        | Intent::Vote { .. }
        | Intent::Decide { .. }
        | Intent::Stop { .. }
        | Intent::Fill { .. }
        | Intent::Sign { .. }
        | Intent::AskSecond { .. }
        | Intent::EndMonitor { .. }
        | Intent::Reading { .. }
        | Intent::Trip { .. }
        | Intent::Ack { .. }
        | Intent::GoOnDespite { .. }
        | Intent::Call { .. }
        | Intent::Recycle { .. }
        | Intent::CloseRisk { .. }
        | Intent::Hold { .. }
        | Intent::GoOn
        | Intent::RollBack { .. }
        | Intent::SeePhase { .. }
        | Intent::Note { .. }
        | Intent::Amend { .. }
        | Intent::Abort { .. }
        | Intent::Pause
        | Intent::Close
        | Intent::Drive
        | Intent::EndSurvivors { .. }
        | Intent::Journal { .. } => None,
    }
}

/// Whether a person's word may settle this step so as it stands.
fn settleable(plan: &Plan, state: &RunState, ix: StepIx, how: Settled) -> Result<(), Refusal> {
    let (planned, own) = (plan.step(ix), state.step(ix));
    let number = &planned.number;
    if own.status == StepStatus::Running && own.until.is_none() {
        return refuse(format!("{number} is running: stop it first"));
    }
    if own.status.settled() || own.status == StepStatus::Running {
        return refuse(format!("{number} is {} already", own.status));
    }
    if own.is_orphan() {
        return refuse(format!("nobody knows whether {number} finished: say that first"));
    }
    let bad = own.status.bad() || own.status == StepStatus::Unknown;
    match how {
        Settled::Over if !bad => return refuse(format!("{number} has not failed: there is nothing to accept")),
        Settled::Failed if own.status == StepStatus::Failed => return refuse(format!("{number} has failed already")),
        Settled::Over | Settled::Failed | Settled::Skipped | Settled::NotApplicable | Settled::Hand => {}
    }
    // A gate is over only when nothing is read for it any more; a way back of a step, when that step is over itself.
    let busy = state.running().into_iter().find(|running| match (plan.step(*running).place, planned.place) {
        (Place::Criterion { gate, .. } | Place::Group(gate), _) if gate == ix => true,
        (_, Place::Undo(owner)) => owner == *running,
        (_, _other) => false,
    });
    match busy {
        Some(busy) => refuse(format!("{} is running: stop it first", plan.step(busy).number)),
        None => Ok(()),
    }
}

fn accepted(intent: &Intent, number: &str) -> Result<(), Refusal> {
    let Intent::Accept { reason, name, .. } = intent else {
        return Ok(());
    };
    needs_reason(reason, number)?;
    if name.trim().is_empty() {
        refuse(format!("{number} is accepted by a named person: type the name"))
    } else {
        Ok(())
    }
}

/// What became of a step that nobody saw end.
pub(super) fn resolve(plan: &Plan, state: &RunState, said: (StepIx, Resolution, &String), asked: &Asked) -> Decided {
    let (ix, how, reason) = said;
    let (planned, own) = (plan.step(ix), state.step(ix));
    if own.status != StepStatus::Unknown {
        return refuse(format!("{} is {}, not unknown", planned.number, own.status));
    }
    needs_reason(reason, &planned.number)?;
    let survivor = own.holders.first().filter(|_| own.is_orphan());
    if let (Resolution::DidNot, Some(alive)) = (how, survivor) {
        return refuse(format!(
            "{} (pid {}) of {} still runs: wait for it or stop it",
            alive.comm, alive.pid, planned.number
        ));
    }
    let elsewhere = planned.command().and_then(|command| plan.elsewhere(command));
    if let (Resolution::DidNot, Some(target), true) = (how, elsewhere, own.is_orphan() && !own.looked) {
        let number = &planned.number;
        return refuse(format!("{} is being asked whether {number} still runs there: wait a moment", target.id));
    }
    Ok(vec![Event::StepResolved {
        step: planned.id.clone(),
        attempt: own.attempt,
        how,
        reason: reason.clone(),
        by: asked.by.clone(),
    }])
}

/// A countdown ended early.
pub(super) fn release(plan: &Plan, state: &RunState, ix: StepIx, reason: &str, asked: &Asked) -> Decided {
    let planned = plan.step(ix);
    if !matches!(planned.work, Work::Wait(_)) {
        return refuse(format!("{} is not a wait", planned.number));
    }
    needs_reason(reason, &planned.number)?;
    let mut events = Vec::new();
    let mut attempt = state.step(ix).attempt;
    if !state.step(ix).status.open() {
        start::ready(plan, state, ix)?;
        start::reachable(plan, state, ix)?;
        super::startable::startable(plan, state, ix)?;
        events.extend(begin(plan, state, ix, &Typed::default(), asked)?);
        attempt += 1;
    }
    events.push(Event::WaitEnded {
        step: planned.id.clone(),
        attempt,
        early: Some(reason.to_owned()),
        by: asked.by.clone(),
    });
    Ok(events)
}
