//! What a journal says of sign-offs: what was asked of whom, who signed, what a recycle voided. For the seal and for `verify`.
//!
//! Gathered in the walk, from records that checkpoints cover. Says what must be there and what is; whether a signature holds is
//! `verify`'s. A sign-off that was asked for and then left out stays required: no word of the operator's takes its place.

use crate::model::event::{EndState, Event, SigningRole};
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
            Event::SignAsked { step, attempt, question, count, roles, same_person, second_person } => {
                let (step, question, roles) = (step.clone(), question.clone(), roles.clone());
                let (attempt, count) = (*attempt, *count);
                let (same_person, second_person) = (*same_person, *second_person);
                let (prefix, void) = (None, false);
                self.asked.push(Asking {
                    seq,
                    step,
                    attempt,
                    question,
                    count,
                    roles,
                    same_person,
                    second_person,
                    prefix,
                    void,
                });
            }
            Event::StepSigned { step, attempt, role, principal, comment, text, sig, .. } => {
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
                });
            }
            Event::Recycled { steps, .. } => steps.iter().for_each(|step| self.void(step)),
            Event::StepOld { step, .. } => self.void(step),
            _of_other_things => {}
        }
    }

    fn void(&mut self, step: &StepId) {
        self.asked.iter_mut().filter(|asking| asking.step == *step).for_each(|asking| asking.void = true);
    }

    /// The last time that each step asked: what has to be signed where the run came to its end as planned.
    pub(crate) fn last_asked(&self, ended: Option<EndState>) -> Vec<&Asking> {
        let last = |at: &usize| self.asked[at + 1..].iter().all(|later| later.step != self.asked[*at].step);
        let all = (0..self.asked.len()).filter(last).map(|at| &self.asked[at]);
        all.filter(|_| ended == Some(EndState::Completed)).collect()
    }

    /// Who signed where this was asked.
    pub(crate) fn under<'a>(&'a self, asking: &'a Asking) -> impl Iterator<Item = &'a SignedRecord> {
        let of = move |one: &&SignedRecord| one.step == asking.step && one.attempt == asking.attempt;
        self.signed.iter().filter(of)
    }

    /// `off.1:2/lead,ops` for each, by spaces: two of these roles at that attempt.
    pub(crate) fn required(&self, ended: Option<EndState>) -> String {
        let roles = |asking: &Asking| asking.roles.iter().map(|role| role.role.0.clone()).collect::<Vec<_>>().join(",");
        let word = |one: &&Asking| format!("{}.{}:{}/{}", one.step, one.attempt, one.count, roles(one));
        self.last_asked(ended).iter().map(word).collect::<Vec<_>>().join(" ")
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
        asked.flat_map(|asking| self.under(asking).map(word)).collect::<Vec<_>>().join(" ")
    }
}
