//! `--answers FILE`: the run as lines with nobody there, driven by what the file says and by nothing else.
//!
//! One wish at a time: the next is sent when the records of the last one are there. A refusal, or a place without an answer,
//! ends it: what runs is stopped, the run is held, the conductor is told, and the run is left for a person to resume. So does ^C.

use super::answers::{Answers, Todo, Used, next_answer};
use super::input::{Heard, overhear};
use super::prompt::prompt;
use super::teller::Teller;
use super::{Left, LinearError};
use crate::feed::{News, Port, Role};
use crate::model::event::StopHow;
use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::signoff::{self, Signatory};
use crate::model::time::Stamp;
use std::collections::HashSet;
use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Flies a run by its answers file.
#[allow(clippy::too_many_arguments, reason = "the six ends of a client; a struct would only move the list")]
pub fn fly(
    plan: &Plan,
    port: Box<dyn Port>,
    news: Receiver<News>,
    answers: &Answers,
    output: impl Write,
    clock: &dyn Fn() -> Stamp,
) -> Result<Left, LinearError> {
    let teller = Teller::new(plan, output);
    let flight =
        Flight { teller, port, answers, used: Used::default(), waits: None, giving_up: None, interrupted: false };
    flight.run(&overhear(news)?, clock)
}

/// How often the clock is looked at while nothing is heard: readings and monitors go by it.
const TICK: Duration = Duration::from_millis(250);

/// What ^C leaves without an answer, as it is recorded.
const INTERRUPTED: &str = "what ^C interrupted";

/// How far giving up has come.
struct GivingUp {
    at: String,
    /// The reason of the hold.
    why: String,
    stopped: HashSet<StepIx>,
    held: bool,
    told: bool,
}

/// A wish whose records are waited for.
struct Waits {
    id: u64,
    taken: bool,
}

struct Flight<'a, W> {
    teller: Teller<W>,
    port: Box<dyn Port>,
    answers: &'a Answers,
    used: Used,
    waits: Option<Waits>,
    giving_up: Option<GivingUp>,
    /// ^C came once.
    interrupted: bool,
}

impl<W: Write> Flight<'_, W> {
    fn run(mut self, heard: &Receiver<Heard>, clock: &dyn Fn() -> Stamp) -> Result<Left, LinearError> {
        loop {
            let next = heard.recv_timeout(TICK);
            self.used.now = clock();
            let left = match next {
                Ok(Heard::News(news)) => self.hear(news, clock()),
                Err(RecvTimeoutError::Timeout) => {
                    self.go_on();
                    None
                }
                Ok(Heard::Interrupt) => self.interrupt(),
                Ok(Heard::Line(_) | Heard::Keys(_) | Heard::Resized) => None,
                // The conductor ends once it was told that there is no answer left; its going is no loss then.
                Ok(Heard::Silence) | Err(RecvTimeoutError::Disconnected) if self.told() => Some(Left::NoAnswer),
                Ok(Heard::Silence) | Err(RecvTimeoutError::Disconnected) => {
                    Some(Left::Lost("the conductor cannot be reached any more".into()))
                }
            };
            self.teller.unsigned(clock());
            // A reader that went away does not end an unattended run: there was nobody to begin with.
            let _reader_gone = self.teller.voice.flush()?;
            if let Some(left) = left {
                return Ok(left);
            }
        }
    }

    /// ^C: as where the file has no answer, what runs is stopped and the run is held. A second one leaves at once.
    fn interrupt(&mut self) -> Option<Left> {
        if std::mem::replace(&mut self.interrupted, true) {
            self.teller.voice.say("^C again: leaving at once, whatever runs.");
            return Some(if self.told() { Left::NoAnswer } else { Left::Leaving });
        }
        self.teller.voice.say("^C: what runs is stopped and the run is held. ^C again leaves at once.");
        if self.giving_up.is_none() {
            self.teller.said_no_answer = true;
            self.start_to_give_up(INTERRUPTED.into(), "interrupted by ^C".into());
        }
        None
    }

    fn told(&self) -> bool {
        self.giving_up.as_ref().is_some_and(|giving_up| giving_up.told)
    }

    fn hear(&mut self, heard: News, now: Stamp) -> Option<Left> {
        match heard {
            News::Records(records) => {
                let left = self.teller.records(&records, self.port.as_ref(), now);
                if left.is_some() {
                    return left;
                }
                if self.waits.as_ref().is_some_and(|waits| waits.taken) {
                    self.waits = None;
                }
                self.go_on();
            }
            News::Taken(id) => {
                if let Some(waits) = self.waits.as_mut().filter(|waits| waits.id == id) {
                    waits.taken = true;
                }
            }
            News::Refused(id, why) => {
                self.teller.voice.say(&format!("Refused: {why}"));
                if self.waits.as_ref().is_some_and(|waits| waits.id == id) {
                    self.waits = None;
                    self.give_up_here(&why);
                }
            }
            News::Driver { you: true, .. } => {}
            News::Driver { name, you: false } => {
                self.teller.voice.say(&format!("{name} drives; the answers file may not act."));
            }
            News::Trouble(words) if words.is_empty() => {}
            News::Trouble(words) => self.teller.voice.say(&format!("Trouble: {words}")),
            News::Over { why: Some(why), .. } if why.contains("the journal cannot be written") => {
                return Some(Left::JournalFailed(why));
            }
            News::Over { .. } | News::Lost(_) if self.told() => return Some(Left::NoAnswer),
            News::Over { sealed, why } => return Some(self.teller.over(sealed, why)),
            News::Lost(why) => return Some(Left::Lost(why)),
        }
        None
    }

    /// Does the next thing that the file says.
    fn go_on(&mut self) {
        if self.waits.is_some() {
            return;
        }
        if self.giving_up.is_some() {
            return self.give_up_further();
        }
        match next_answer(&self.teller.plan, &self.teller.state, self.answers, &mut self.used) {
            Todo::Wish(intent) => self.wish(intent),
            Todo::Close => self.wish(Intent::Close),
            Todo::Wait => {}
            Todo::NoAnswer { at } => self.begin_to_give_up(at),
        }
    }

    fn wish(&mut self, intent: Intent) {
        if let Some(why) = super::needs_hands(&self.teller.plan, &intent) {
            self.teller.voice.say(&format!("Not sent: {why}."));
            return self.give_up_here(&why);
        }
        let intent = match self.with_key(intent) {
            Ok(intent) => intent,
            Err(why) => {
                self.teller.voice.say(&format!("Not signed: {why}"));
                return self.give_up_here(&why);
            }
        };
        match self.port.wish(intent, self.teller.state.last) {
            Ok(id) => self.waits = Some(Waits { id, taken: false }),
            Err(why) => {
                self.teller.voice.say(&format!("Not sent: {why}"));
                self.give_up_here(&why);
            }
        }
    }

    /// A sign-off for a role with signers, with whose key it is and what it signs.
    fn with_key(&self, intent: Intent) -> Result<Intent, String> {
        let (plan, state) = (self.teller.plan.as_ref(), &self.teller.state);
        let Intent::Sign { step, role, comment, decision, .. } = &intent else { return Ok(intent) };
        let (people, Some(ix)) = (signoff::signers(plan, role), plan.find(step)) else { return Ok(intent) };
        if people.is_empty() {
            return Ok(intent);
        }
        let key = self.answers.keys.iter().find(|key| key.role == *role);
        let key = key.ok_or_else(|| format!("{role} has signers, and the answers file names no key for it"))?;
        let offers = self.port.signing_keys(people, signoff::namespace_of(state));
        let whose = offers.iter().find(|offer| offer.fingerprint == key.fingerprint);
        // A key that the list does not have is for the conductor to refuse, in its words.
        let principal = whose.map_or(people[0].as_str(), |offer| offer.principal.as_str());
        let by = Signatory { role, principal, key: &key.fingerprint, comment, decision: *decision };
        signoff::intent(plan, state, ix, &by)
    }

    /// A wish came to nothing: that place has no answer that holds.
    fn give_up_here(&mut self, why: &str) {
        if self.giving_up.is_some() {
            return self.give_up_further();
        }
        let next = self.teller.state.next(&self.teller.plan);
        let at = next.map_or("the end".to_owned(), |ix| self.teller.plan.step(ix).id.0.clone());
        self.begin_to_give_up(format!("{at} ({why})"));
    }

    fn begin_to_give_up(&mut self, at: String) {
        // What a person would be asked there now, in one line.
        let stands = prompt(&self.teller.plan, &self.teller.state, Role::Drives).heading;
        self.teller.voice.say(&format!("The answers file has no answer for {at}. {stands}"));
        self.teller.said_no_answer = true;
        let why = format!("no answer for {at}");
        self.start_to_give_up(at, why);
    }

    fn start_to_give_up(&mut self, at: String, why: String) {
        self.giving_up = Some(GivingUp { at, why, stopped: HashSet::new(), held: false, told: false });
        self.give_up_further();
    }

    /// Stops what runs, then holds, then tells the conductor: each once.
    fn give_up_further(&mut self) {
        let (state, plan) = (&self.teller.state, self.teller.plan.as_ref());
        let running = state.running();
        let can_hold = state.hold.is_none() && state.started.is_some() && state.ended.is_none();
        let Some(giving_up) = self.giving_up.as_mut() else {
            return;
        };
        let next = running.iter().copied().find(|ix| !giving_up.stopped.contains(ix));
        let intent = if let Some(ix) = next {
            giving_up.stopped.insert(ix);
            Intent::Stop { step: plan.step(ix).id.clone(), how: StopHow::Terminate }
        } else if !running.is_empty() {
            return;
        } else if can_hold && !giving_up.held {
            giving_up.held = true;
            Intent::Hold { reason: giving_up.why.clone() }
        } else {
            if !giving_up.told {
                giving_up.told = true;
                let at = giving_up.at.clone();
                self.port.give_up(at);
            }
            return;
        };
        // A wish that cannot be sent leads to the next stage at once.
        match self.port.wish(intent, self.teller.state.last) {
            Ok(id) => self.waits = Some(Waits { id, taken: false }),
            Err(_) => self.give_up_further(),
        }
    }
}
