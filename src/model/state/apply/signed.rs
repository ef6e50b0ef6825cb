//! Records of what was asked to be signed and of who signed: sign-offs, stations with keys, second persons.
//!
//! The text of a signature must be the one that its question leads to, to the letter, and counts once. Whether the key signed it is
//! the conductor's and the verifier's to say; that a role with signers is not spoken for by a name is said here too.

use super::{Applied, find, misdirected};
use crate::model::actor::{Actor, Known};
use crate::model::decide::asked_class;
use crate::model::event::{AskedFor, Event, SigningRole};
use crate::model::ids::{Attempt, RoleId, StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::signed::SignedText;
use crate::model::signoff::{self, Signatory};
use crate::model::state::{RunState, Signature, SignedOff, StepStatus};
use crate::model::step::{Class, Work};

impl RunState {
    pub(super) fn fold_sign_asked(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::SignAsked { step, attempt, question, count, roles, second_person, asked_for, .. } = &record.event
        else {
            return misdirected();
        };
        let ix = self.signing_step(plan, (step, *attempt), *asked_for)?;
        let (wanted, how_many): (Vec<&RoleId>, usize) = match (asked_for, &plan.step(ix).work) {
            (AskedFor::Statement, Work::Sign(wanted)) => (wanted.roles.iter().collect(), wanted.count),
            (AskedFor::Poll, Work::Gate(gate)) => (signoff::polled(plan, &gate.poll).collect(), 0),
            (AskedFor::Second, _any_work) => (signoff::seconds(plan, ix).into_iter().collect(), 1),
            (AskedFor::Statement | AskedFor::Poll, _other_work) => {
                return Err(format!("{step} asks for no signature"));
            }
        };
        let same =
            |asked: &SigningRole, role: &RoleId| asked.role == *role && asked.signers == signoff::signers(plan, role);
        let of_plan = roles.len() == wanted.len() && roles.iter().zip(&wanted).all(|(one, two)| same(one, two));
        if *count != how_many || !of_plan || wanted.is_empty() {
            return Err(format!("{step} asks others than the runbook names"));
        }
        let own = self.own(ix);
        own.signed.clear();
        own.asked = Some(signoff::Asked {
            seq: record.seq,
            attempt: *attempt,
            asked_for: *asked_for,
            roles: roles.clone(),
            second_person: *second_person,
            question: question.clone(),
            prefix: None,
        });
        self.prefix_wanted.push(ix);
        if *asked_for == AskedFor::Second {
            let who = roles.iter().map(|role| role.role.as_str()).collect::<Vec<_>>().join(", ");
            self.say(record, Some(ix), "sign", format!("{} asks {who} for a signature", plan.step(ix).number));
        }
        Ok(())
    }

    /// The step that is signed for: one that is open, or where a second person is asked, one that may begin.
    fn signing_step(&self, plan: &Plan, of: (&StepId, Attempt), asked_for: AskedFor) -> Result<StepIx, String> {
        let (step, attempt) = of;
        match asked_for {
            AskedFor::Statement | AskedFor::Poll => self.present(plan, of, &[StepStatus::You]),
            AskedFor::Second => {
                let ix = find(plan, step)?;
                let own = self.step(ix);
                if own.status.open() || own.status.settled() || own.attempt + 1 != attempt {
                    return Err(format!("{step} is {} at attempt {}, before {attempt}", own.status, own.attempt));
                }
                Ok(ix)
            }
        }
    }

    pub(super) fn fold_signed(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::StepSigned { step, attempt, role, principal, comment, text, sig, decision, .. } = &record.event
        else {
            return misdirected();
        };
        let asked = self.step(find(plan, step)?).asked.as_ref();
        let asked_for = asked.map(|asked| asked.asked_for).unwrap_or_default();
        let ix = self.signing_step(plan, (step, *attempt), asked_for)?;
        if !asked_for.takes(*decision) || asked.is_some_and(|asked| asked.attempt != *attempt) {
            return Err(format!("{step} is not asked that"));
        }
        let key = if sig == "-" {
            if !signoff::signers(plan, role).is_empty() || !asked_for.is_statement() {
                return Err(format!("{role} has signers, and only a name signs for it"));
            }
            None
        } else {
            let by = Signatory { role, principal, key: "", comment, decision: *decision };
            Some(self.signing_key(plan, ix, by, text)?)
        };
        self.once(plan, ix, (role, principal), asked_for)?;
        if let Some(key) = key.clone() {
            let (role, principal, text) = (role.clone(), principal.clone(), signoff::sha256(text));
            if self.signatures.iter().any(|one| one.text == text) {
                return Err("a signature counts once".into());
            }
            self.signatures.push(Signature { step: ix, attempt: *attempt, role, principal, key, text });
        }
        let how = match &key {
            Some(key) => format!("signed with {key}"),
            None => "signed, by name only,".to_owned(),
        };
        let what = if decision.is_signed() { String::new() } else { format!(" {}", decision.word().to_uppercase()) };
        let words = format!("{principal} {how}{what} for {role} at {}", plan.step(ix).number);
        let (comment, decision, at) = (comment.clone(), *decision, record.at);
        let own = self.own(ix);
        if let Some(vote) = decision.vote() {
            let by = Actor { name: principal.clone(), known: Known::Signed };
            own.votes.insert(role.clone(), (vote, by));
        }
        own.signed.retain(|signed| signed.role != *role);
        let (role, principal) = (role.clone(), principal.clone());
        own.signed.push(SignedOff { role, principal, key, comment, decision, at });
        if let Work::Sign(wanted) = &plan.step(ix).work
            && asked_for.is_statement()
            && self.step(ix).signed.len() >= wanted.count
        {
            self.end_step(plan, record, ix, StepStatus::Ok);
        }
        self.say(record, Some(ix), "sign", words);
        Ok(())
    }

    /// One role is spoken for once, and one person speaks for one; a station may change its mind.
    fn once(&self, plan: &Plan, ix: StepIx, of: (&RoleId, &str), asked_for: AskedFor) -> Applied {
        let ((role, principal), own) = (of, self.step(ix));
        let same_person = match &plan.step(ix).work {
            Work::Sign(wanted) => {
                if !wanted.roles.contains(role) && asked_for.is_statement() {
                    return Err(format!("{role} is not asked"));
                }
                wanted.same_person
            }
            _asks_each => false,
        };
        if asked_for != AskedFor::Poll && own.signed.iter().any(|signed| signed.role == *role) {
            return Err(format!("{role} has signed before"));
        }
        let mut others = own.signed.iter().filter(|signed| signed.role != *role);
        if !same_person && others.any(|signed| signed.principal == *principal) {
            return Err(format!("{principal} has signed before"));
        }
        Ok(())
    }

    /// The key that a signature names, once its text is the one that is asked for.
    fn signing_key(&self, plan: &Plan, ix: StepIx, by: Signatory<'_>, text: &str) -> Result<String, String> {
        let signed = SignedText::decode(text).ok_or("its signed text is not written as one is")?;
        let key = signed.get("key").ok_or("its signed text names no key")?.to_owned();
        let asked = signoff::text(plan, self, ix, &Signatory { key: &key, ..by })?;
        match signoff::difference(&asked, text) {
            Some(why) => Err(why),
            None => Ok(key),
        }
    }

    /// Whether a person may begin a step whose second person has a key: only with that signature for this attempt.
    pub(super) fn is_seconded(&self, plan: &Plan, ix: StepIx, of: (&Actor, Option<&String>)) -> Applied {
        let (by, second) = of;
        let Some(role) = signoff::seconds(plan, ix).filter(|_| by.known != Known::Program) else { return Ok(()) };
        if asked_class(plan, self, ix) < Class::C3 {
            return Ok(());
        }
        let own = self.step(ix);
        let asked = own.asked.as_ref();
        let asked = asked.filter(|one| one.asked_for == AskedFor::Second && one.attempt == own.attempt + 1);
        let signed = own.signed.iter().find(|signed| signed.role == *role && signed.key.is_some());
        match (asked, signed) {
            (Some(_), Some(signed)) if Some(&signed.principal) == second => Ok(()),
            (Some(_) | None, Some(_) | None) => Err(format!("{} begins without its second person", plan.step(ix).id)),
        }
    }
}
