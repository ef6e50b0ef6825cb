//! What lives on of steps that nobody follows: those of a former conductor, and those behind a line that was lost.
//!
//! Here it is looked for at each tick; on another machine by an errand over a connection of now, one at a time and not too
//! often. What was found is recorded where it changed. It is ended only by a person's wish: politely, and asked again by KILL.

use super::room::{Happening, Room};
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::driver::Input;
use crate::engine::environment::{Starting, marker};
use crate::engine::exec::{CONNECTION, Control, Stray, Target};
use crate::engine::survivors;
use crate::model::event::Event;
use crate::model::ids::{Attempt, StepId, StepIx};
use crate::model::output::Holder;
use crate::model::signed::Realm;
use crate::model::time::Stamp;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// How long after a look on another machine the next one comes.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// What a look found, or why it found nothing.
type Found = Result<Vec<Holder>, String>;

/// What is known of attempts on other machines that nobody follows.
#[derive(Default)]
pub(super) struct Strays {
    looks: HashMap<(StepIx, Attempt), Look>,
    /// What was asked to end already: asked again, it is killed.
    told: HashSet<(StepIx, Attempt)>,
}

#[derive(Default)]
struct Look {
    under_way: bool,
    last: Option<Stamp>,
    found: Option<Found>,
}

impl Room {
    /// Looks whether processes of unknown steps still live, and records it where that changed.
    pub(super) async fn look_for_survivors(&mut self) {
        let mut found = Vec::new();
        for at in 0..self.driver.state.steps.len() {
            let ix = StepIx(at);
            let own = self.driver.state.step(ix);
            if !own.is_orphan() {
                continue;
            }
            let attempt = own.attempt;
            let mut alive = self.survivors_of(ix);
            let mut unseen = None;
            if self.stray(ix).is_some() {
                self.look_there(ix, None);
                match self.strays.looks.get(&(ix, attempt)).and_then(|look| look.found.clone()) {
                    Some(Ok(there)) => alive.extend(there),
                    Some(Err(why)) => unseen = Some(why),
                    None => continue,
                }
            }
            let own = self.driver.state.step(ix);
            let new = self.stray(ix).is_some() && !own.looked;
            if new || alive != own.holders || unseen != own.unseen {
                let step = self.driver.plan.step(ix).id.clone();
                found.push(Event::Survivors { step, attempt, holders: alive, unseen });
            }
        }
        // While a batch is on its way, what was found may be known already: looked for again when it is on disk.
        self.look_again = !found.is_empty() && self.driver.is_writing();
        if !found.is_empty() && !self.look_again {
            self.step(Input::Note(found)).await;
        }
    }

    /// What of a step lives on this machine.
    fn survivors_of(&self, ix: StepIx) -> Vec<Holder> {
        if self.is_drill() {
            // A drill starts nothing, so nothing of it can live on; and nothing is ever signalled for one.
            return Vec::new();
        }
        let own = self.driver.state.step(ix);
        let known: Vec<(i32, u64)> = own.process.into_iter().collect();
        let boot = self.driver.state.facts.as_ref().map(|facts| facts.boot.clone()).unwrap_or_default();
        let of = marker(&self.driver.state, self.driver.plan.step(ix).id.as_str(), own.attempt);
        survivors::find(&boot, &of, &known)
    }

    /// Ends what a former conductor's connections left: they end by themselves, but where the far end could not see to that.
    pub(super) fn end_old_connections(&self) {
        let Some(facts) = self.driver.state.facts.as_ref().filter(|_| !self.is_drill()) else { return };
        for old in survivors::find(&facts.boot, &format!("{}/{CONNECTION}", facts.run.0), &[]) {
            survivors::signal_group(&old, Control::Terminate);
        }
    }

    fn is_drill(&self) -> bool {
        self.driver.state.facts.as_ref().is_none_or(|facts| facts.realm == Realm::Drill)
    }

    /// The present attempt of a step that runs on another machine, as it is looked for there.
    fn stray(&self, ix: StepIx) -> Option<Stray> {
        let state = &self.driver.state;
        let starting = Starting {
            plan: &self.driver.plan,
            state,
            secrets: &self.driver.secrets,
            surroundings: &self.surroundings,
        };
        let step = self.driver.plan.step(ix);
        let command = step.command().filter(|_| !self.is_drill())?;
        match starting.target(command) {
            Target::Local => None,
            Target::Ssh(target) => {
                let own = state.step(ix);
                let marker = marker(state, step.id.as_str(), own.attempt);
                Some(Stray { target, marker, group: own.there.as_ref().map(|there| there.group) })
            }
        }
    }

    /// Looks on another machine, on a task of its own; with a `control` at once, else when it is time again.
    fn look_there(&mut self, ix: StepIx, control: Option<Control>) {
        let attempt = self.driver.state.step(ix).attempt;
        let Some(stray) = self.stray(ix) else { return };
        let now = SystemClock.now();
        let look = self.strays.looks.entry((ix, attempt)).or_default();
        let fresh = look.last.is_some_and(|last| now.since(last) < LOOK_AGAIN);
        if control.is_none() && (look.under_way || fresh) {
            return;
        }
        look.under_way = true;
        let looking = self.executor.look_there(stray, control);
        let happenings = self.happenings.clone();
        tokio::task::spawn_local(async move {
            // The room may have ended meanwhile; then nobody needs to know.
            let _ = happenings.send(Happening::LookedThere(ix, attempt, looking.await));
        });
    }

    pub(super) async fn looked_there(&mut self, ix: StepIx, attempt: Attempt, found: Found) {
        let last = Some(SystemClock.now());
        self.strays.looks.insert((ix, attempt), Look { under_way: false, last, found: Some(found) });
        self.look_for_survivors().await;
    }

    /// Ends what lives on of a step: TERM to its groups; asked again, KILL.
    pub(super) fn end_survivors(&mut self, step: &StepId) {
        let Some(ix) = self.driver.plan.find(step) else { return };
        let first = self.strays.told.insert((ix, self.driver.state.step(ix).attempt));
        let control = if first { Control::Terminate } else { Control::Kill };
        for holder in self.survivors_of(ix) {
            survivors::signal_group(&holder, control);
        }
        self.look_there(ix, Some(control));
    }
}
