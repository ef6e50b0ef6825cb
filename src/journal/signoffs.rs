//! What a journal says of sign-offs: what was asked of whom, who signed, what a recycle voided. For the seal and for `verify`.
//!
//! Gathered in the walk, from records that checkpoints cover. Says what must be there and what is; whether a signature holds is
//! `verify`'s. A sign-off that was asked for and then left out stays required: no word of the operator's takes its place.

use crate::model::event::{AskedFor, Decision, EndState, Event, SigningRole};
use crate::model::ids::{Attempt, RoleId, Seq, StepId};
use crate::model::record::Record;
use crate::model::signoff::Prefix;

/// A sign-off that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    pub(crate) seq: Seq,
    pub(crate) step: StepId,
    pub(crate) attempt: Attempt,
    pub(crate) question: String,
    pub(crate) count: usize,
    pub(crate) roles: Vec<SigningRole>,
    pub(crate) same_person: bool,
    pub(crate) second_person: bool,
    /// Up to the first checkpoint after it.
    pub(crate) prefix: Option<Prefix>,
    /// What for.
    pub(crate) asked_for: AskedFor,
    /// What it was asked for began: that of a second person, who agreed before.
    pub(crate) begun: bool,
    /// The run began again from before it, or what it was about got old.
    pub(crate) void: bool,
}

/// A name or a key that stands under one.
#[derive(Clone, Debug)]
pub(crate) struct SignedRecord {
    pub(crate) seq: Seq,
    /// Unix microseconds.
    pub(crate) at: i64,
    pub(crate) step: StepId,
    pub(crate) attempt: Attempt,
    pub(crate) role: RoleId,
    pub(crate) principal: String,
    pub(crate) comment: String,
    pub(crate) text: String,
    pub(crate) sig: String,
    pub(crate) decision: Decision,
}

fn asking(seq: Seq, event: &Event) -> Option<Asking> {
    let Event::SignAsked { step, attempt, question, count, roles, same_person, second_person, asked_for } = event
    else {
        return None;
    };
    Some(Asking {
        seq,
        step: step.clone(),
        attempt: *attempt,
        question: question.clone(),
        count: *count,
        roles: roles.clone(),
        same_person: *same_person,
        second_person: *second_person,
        asked_for: *asked_for,
        prefix: None,
        begun: false,
        void: false,
    })
}

/// All of a run.
#[derive(Debug, Default)]
pub(crate) struct SignOffs {
    pub(crate) asked: Vec<Asking>,
    pub(crate) signed: Vec<SignedRecord>,
    /// The first of those that no checkpoint follows yet.
    open: usize,
}

impl SignOffs {
    /// Takes what is about sign-offs.
    pub(crate) fn take(&mut self, record: &Record) {
        let seq = record.seq;
        match &record.event {
            Event::Ckpt { text, .. } => {
                for asking in &mut self.asked[self.open..] {
                    asking.prefix = Prefix::of_ckpt(text);
                }
                self.open = self.asked.len();
            }
            Event::SignAsked { .. } => self.asked.extend(asking(seq, &record.event)),
            Event::StepStarted { step, attempt, .. } => {
                let of = |asking: &&mut Asking| asking.step == *step && asking.attempt == *attempt && !asking.void;
                let second = self.asked.iter_mut().filter(of).rfind(|asking| asking.asked_for == AskedFor::Second);
                second.into_iter().for_each(|asking| asking.begun = true);
            }
            // Nobody agreed to what another operator begins.
            Event::Resume { .. } => {
                let open = |asking: &&mut Asking| asking.asked_for == AskedFor::Second && !asking.begun;
                self.asked.iter_mut().filter(open).for_each(|asking| asking.void = true);
            }
            Event::StepSigned { step, attempt, role, principal, comment, text, sig, decision, .. } => {
                self.signed.push(SignedRecord {
                    seq,
                    at: record.at.wall,
                    step: step.clone(),
                    attempt: *attempt,
                    role: role.clone(),
                    principal: principal.clone(),
                    comment: comment.clone(),
                    text: text.clone(),
                    sig: sig.clone(),
                    decision: *decision,
                });
            }
            Event::Recycled { steps, .. } => steps.iter().for_each(|step| self.void(step)),
            Event::StepOld { step, .. } => self.void(step),
            _of_other_things => {}
        }
    }

    fn void(&mut self, step: &StepId) {
        // What was agreed to and began stays agreed to; it is asked anew for another attempt.
        let of = |asking: &&mut Asking| asking.step == *step && !asking.begun;
        self.asked.iter_mut().filter(of).for_each(|asking| asking.void = true);
    }

    /// What has to be signed where the run came to its end as planned: the last time that each step asked for a statement or its
    /// stations, and every time that one began which a second person had to agree to.
    pub(crate) fn last_asked(&self, ended: Option<EndState>) -> Vec<&Asking> {
        let counts = |at: &usize| {
            let asking = &self.asked[*at];
            let same = |later: &Asking| later.step == asking.step && later.asked_for == asking.asked_for;
            match asking.asked_for {
                AskedFor::Statement | AskedFor::Poll => !self.asked[at + 1..].iter().any(same),
                AskedFor::Second => asking.begun,
            }
        };
        let all = (0..self.asked.len()).filter(counts).map(|at| &self.asked[at]);
        all.filter(|_| ended == Some(EndState::Completed)).collect()
    }

    /// What a signature answers: the last question before it of that step and attempt that it can be an answer to.
    pub(crate) fn asking_of(&self, one: &SignedRecord) -> Option<&Asking> {
        let before = self.asked.iter().rev().filter(|asking| asking.seq < one.seq && asking.step == one.step);
        before.filter(|asking| asking.attempt == one.attempt).find(|asking| asking.asked_for.takes(one.decision))
    }

    /// Who signed where this was asked.
    pub(crate) fn under<'a>(&'a self, asking: &'a Asking) -> impl Iterator<Item = &'a SignedRecord> {
        self.signed.iter().filter(move |one| self.asking_of(one).is_some_and(|of| of.seq == asking.seq))
    }

    /// The same, of each role what it said last: a station may change its mind.
    fn standing<'a>(&'a self, asking: &'a Asking) -> impl Iterator<Item = &'a SignedRecord> {
        let later = |one: &SignedRecord| self.under(asking).any(|other| other.seq > one.seq && other.role == one.role);
        self.under(asking).filter(move |one| !later(one))
    }

    /// `off.1:2/lead,ops` for each, by spaces: two of these roles at that attempt.
    pub(crate) fn required(&self, ended: Option<EndState>) -> String {
        let roles = |asking: &Asking| asking.roles.iter().map(|role| role.role.0.clone()).collect::<Vec<_>>().join(",");
        let word = |one: &&Asking| format!("{}.{}:{}/{}", one.step, one.attempt, one.count, roles(one));
        let asked = self.last_asked(ended);
        // No station has to speak: what is open is the decider's to answer for.
        asked.iter().filter(|asking| asking.count > 0).map(word).collect::<Vec<_>>().join(" ")
    }

    /// `off.1/lead/<hash of the signature>` for each that is not void, by spaces; `typed` where a name is all there is.
    pub(crate) fn present(&self, ended: Option<EndState>) -> String {
        let word = |one: &SignedRecord| {
            let how = match one.sig.as_str() {
                "-" => "typed".to_owned(),
                sig => crate::journal::Hash::of(sig.as_bytes()).hex(),
            };
            format!("{}.{}/{}/{how}", one.step, one.attempt, one.role)
        };
        let asked = self.last_asked(ended).into_iter().filter(|asking| !asking.void);
        asked.flat_map(|asking| self.standing(asking).map(word)).collect::<Vec<_>>().join(" ")
    }
}
