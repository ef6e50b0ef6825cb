//! What an answers file says now: a pure function from plan, state and answers to the next wish.
//!
//! It only ever wishes what the file says, each part of an answer once for each time that a step waits. What the conductor is
//! about to begin by itself is waited for. A step without an answer is `NoAnswer`; nothing is made up. `fly` sends the wishes.

mod around;
mod by_hand;
mod gate;
mod given;
mod tripped;
mod used;
mod watch;

pub use given::{
    Answers, GateGiven, Given, HandOverGiven, ItemGiven, Otherwise, RoleKey, SayGiven, SignGiven, WatchGiven,
};
pub use used::Used;

use crate::model::actor::Known;
use crate::model::decide::{asked_class, early_decision};
use crate::model::event::StopHow;
use crate::model::follow;
use crate::model::ids::StepIx;
use crate::model::intent::{Intent, Typed};
use crate::model::plan::Plan;
use crate::model::state::{RunState, StepStatus, VarsBound};
use crate::model::step::{Class, Work};
use used::Part;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Todo {
    /// Send this.
    Wish(Intent),
    /// Wait for more records.
    Wait,
    /// Nothing is left to do: close the run.
    Close,
    /// The file has no answer.
    #[allow(missing_docs, reason = "for what")]
    NoAnswer { at: String },
}

/// What the file says to do now.
pub fn next_answer(plan: &Plan, state: &RunState, answers: &Answers, used: &mut Used) -> Todo {
    used.look(state);
    if state.facts.is_none() || state.ended.is_some() || state.paused {
        return Todo::Wait;
    }
    if let Some(todo) = handed_over(plan, state, answers, used) {
        return todo;
    }
    if let Some(todo) = held(plan, state, used) {
        return todo;
    }
    if state.started.is_none() {
        if !answers.start {
            return Todo::NoAnswer { at: "start".into() };
        }
        let typed = plan.environment.kind.word().to_owned();
        return used.once(None, 0, Part::Start, Intent::Start { typed });
    }
    match &state.vars_bound {
        VarsBound::NotYet => return Todo::Wait,
        VarsBound::Failed(_) => {
            return Todo::NoAnswer { at: "variables".into() };
        }
        VarsBound::Yes => {}
    }
    if let Some(todo) = tripped::next(plan, state, answers, used) {
        return todo;
    }
    if follow::due(plan, state, used.now).is_some() || is_busy(plan, state) {
        return Todo::Wait;
    }
    match state.next(plan) {
        // A background command ends with its phase, and a way back that came to its last step has its end to be recorded.
        None if !state.running().is_empty() || state.going_back() => Todo::Wait,
        None if state.nothing_left(plan) => Todo::Close,
        None => Todo::NoAnswer { at: "what is owed".into() },
        Some(ix) => at_step(plan, state, answers, (ix, used)),
    }
}

/// What a run in other hands leads to. Only what the file says of exactly this takes it over; that the run may start does not.
fn handed_over(plan: &Plan, state: &RunState, answers: &Answers, used: &mut Used) -> Option<Todo> {
    let part = state.facts.as_ref().map_or(0, |facts| facts.operators.len());
    let given = answers.hand_over.as_ref();
    if state.handover.is_some() {
        return Some(match given {
            Some(HandOverGiven { name, reason, .. }) => {
                let intent = Intent::HandOver { name: name.clone(), reason: reason.clone() };
                used.once(None, 0, Part::HandOver(part), intent)
            }
            None => Todo::NoAnswer { at: "handover".into() },
        });
    }
    let old = state.old_decisions();
    if old.is_empty() {
        return None;
    }
    let steps = old.iter().map(|ix| plan.step(*ix).id.clone()).collect();
    Some(match given.is_some_and(|given| given.stands) {
        true => used.once(None, 0, Part::StandBy(part), Intent::StandBy { steps }),
        false => Todo::NoAnswer { at: "old decisions".into() },
    })
}

/// What a hold leads to. Whoever takes a held run up with an answers file says by that that it goes on; a hold that comes later
/// is somebody's wish and stays theirs, and one that tminus or the file put on has no answer.
fn held(plan: &Plan, state: &RunState, used: &mut Used) -> Option<Todo> {
    let was_here = std::mem::replace(&mut used.was_here, true);
    let hold = state.hold.as_ref()?;
    Some(match (was_here, hold.by.known) {
        (false, _) => Todo::Wish(Intent::GoOn),
        (true, Known::Program) => Todo::NoAnswer { at: hold.reason.clone() },
        // What ran when the file held the run comes to its end first.
        (true, Known::Unattended) if is_busy(plan, state) => Todo::Wait,
        (true, Known::Unattended | Known::Peer | Known::Typed | Known::Signed) => match &used.held {
            Some(at) => Todo::NoAnswer { at: at.clone() },
            None => Todo::Wait,
        },
    })
}

/// Whether something runs that later steps wait for.
fn is_busy(plan: &Plan, state: &RunState) -> bool {
    let runs = state.running().into_iter().any(|running| !state.runs_beside(plan, running));
    runs || state.steps.iter().any(|own| own.retry_at.is_some())
}

fn no_answer(plan: &Plan, ix: StepIx) -> Todo {
    Todo::NoAnswer { at: plan.step(ix).id.0.clone() }
}

fn at_step(plan: &Plan, state: &RunState, answers: &Answers, rest: (StepIx, &mut Used)) -> Todo {
    let (ix, used) = rest;
    let (step, own) = (plan.step(ix), state.step(ix));
    let unlooked = !step.when.is_empty() && own.conditions.is_none();
    if unlooked || state.is_open_container(plan, ix) {
        return Todo::Wait;
    }
    if own.is_orphan() {
        return no_answer(plan, ix);
    }
    let waits = !matches!(step.work, Work::Wait(_)) && follow::begins_one_day(plan, state, ix);
    if waits && !opened_early(plan, state, (answers, used), ix) {
        return Todo::Wait;
    }
    let turn = used.turn(state, ix);
    let mut given = used.answer(answers, ix, turn);
    while let Some(done) = given
        && is_done(plan, state, (ix, done), used)
    {
        given = used.following(answers, ix, turn);
    }
    match given.cloned() {
        Some(given) => one(plan, state, (ix, &given), (answers, used)),
        None => unanswered(plan, state, ix, (answers, used)),
    }
}

/// Whether an answer did what it does, and the one behind it in the list goes on: a way was taken first, a step was opened, a
/// monitor has come to where a person must judge.
fn is_done(plan: &Plan, state: &RunState, said: (StepIx, &Given), used: &Used) -> bool {
    let (ix, given) = said;
    let open = state.step(ix).status.open();
    let work = &plan.step(ix).work;
    match given {
        Given::Call { .. } | Given::Trip { .. } | Given::CloseRisk { .. } => {
            used.was_sent(Some(ix), used.turn(state, ix), Part::Whole) && around::came_of(plan, state, given)
        }
        Given::Run(_) => open && !matches!(work, Work::Wait(_)),
        Given::Watch(watch) => open && watch.verdict.is_none() && watch::needs_a_person(plan, state, ix, used.now),
        Given::Items(_)
        | Given::Value(_)
        | Given::Choose(_)
        | Given::Skip(_)
        | Given::NotApplicable(_)
        | Given::Hand(_)
        | Given::Fail(_)
        | Given::Release(_)
        | Given::Accept { .. }
        | Given::RollBack { .. }
        | Given::Gate(_)
        | Given::Say(_)
        | Given::Sign(_)
        | Given::Recycle { .. }
        | Given::Abort(_)
        | Given::Hold(_)
        | Given::GoOn { .. } => false,
    }
}

/// The next wish of this answer.
fn one(plan: &Plan, state: &RunState, said: (StepIx, &Given), with: (&Answers, &mut Used)) -> Todo {
    let (ix, given) = said;
    let (answers, used) = with;
    if let (Given::Run(_), Some(first)) = (given, around::second(plan, state, ix, (answers, used))) {
        return first;
    }
    match given {
        Given::Gate(gate) => gate::next(plan, state, (ix, gate), (answers, used)),
        Given::Watch(watch) => watch::next(plan, state, (ix, watch), (answers, used)),
        Given::Say(say) => around::say(plan, state, (ix, say), used),
        Given::Sign(sign) => around::sign(plan, state, (ix, sign), (answers, used)),
        Given::Recycle { .. } | Given::Abort(_) => {
            stopped_first(plan, state, used).unwrap_or_else(|| by_hand::next(plan, state, (ix, given), used))
        }
        Given::Hold(_) => {
            used.held = Some(plan.step(ix).id.0.clone());
            by_hand::next(plan, state, (ix, given), used)
        }
        Given::Run(_)
        | Given::Items(_)
        | Given::Value(_)
        | Given::Choose(_)
        | Given::Skip(_)
        | Given::NotApplicable(_)
        | Given::Hand(_)
        | Given::Fail(_)
        | Given::Release(_)
        | Given::Accept { .. }
        | Given::RollBack { .. }
        | Given::Call { .. }
        | Given::Trip { .. }
        | Given::CloseRisk { .. }
        | Given::GoOn { .. } => by_hand::next(plan, state, said, used),
    }
}

/// What ends the run or begins again ends what runs first; `None` where nothing runs.
fn stopped_first(plan: &Plan, state: &RunState, used: &mut Used) -> Option<Todo> {
    let running = state.running();
    let ix = *running.first()?;
    let intent = |ix: StepIx| Intent::Stop { step: plan.step(ix).id.clone(), how: StopHow::Terminate };
    for ix in running {
        let attempt = state.step(ix).attempt;
        if !used.was_sent(Some(ix), attempt, Part::Stop(attempt)) {
            return Some(used.once(Some(ix), attempt, Part::Stop(attempt), intent(ix)));
        }
    }
    Some(used.once(Some(ix), state.step(ix).attempt, Part::Stop(state.step(ix).attempt), intent(ix)))
}

/// Whether the answer to a gate says why it is decided before its planned time: it is opened then, not waited for.
fn opened_early(plan: &Plan, state: &RunState, (answers, used): (&Answers, &Used), ix: StepIx) -> bool {
    let next = used.count.get(&ix).copied().unwrap_or(0);
    let said = answers.steps.get(&ix).and_then(|list| list.get(next));
    let explained = matches!(said, Some(Given::Gate(gate)) if !gate.reason.trim().is_empty());
    explained && early_decision(plan, state, ix, state.at.wall).is_some()
}

/// A countdown under way and a monitor that looks on need no answer yet.
fn unanswered(plan: &Plan, state: &RunState, ix: StepIx, with: (&Answers, &mut Used)) -> Todo {
    let (answers, used) = with;
    let (step, own) = (plan.step(ix), state.step(ix));
    let reads = step.command().is_some() && asked_class(plan, state, ix) == Class::C0;
    if answers.otherwise == Otherwise::Proceed && reads && own.status == StepStatus::NotYet {
        let intent = Intent::Run { step: step.id.clone(), typed: Typed::default() };
        let turn = used.turn(state, ix);
        return used.once(Some(ix), turn, Part::Whole, intent);
    }
    let counts = matches!(step.work, Work::Wait(_)) && !own.status.bad();
    let looks_on = matches!(step.work, Work::Monitor(_)) && own.status.open();
    if let Work::Sign(sign) = &step.work
        && answers.keys.iter().any(|key| sign.roles.contains(&key.role))
    {
        return around::sign(plan, state, (ix, &SignGiven::default()), (answers, used));
    }
    if looks_on {
        return watch::next(plan, state, (ix, &WatchGiven::default()), (answers, used));
    }
    if counts { Todo::Wait } else { no_answer(plan, ix) }
}
