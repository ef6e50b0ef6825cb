//! Wishes: each is taken once, judged where it carries a value, decided, and answered.
//!
//! What was typed is masked before anything else sees it. Only a stop touches a process here, and only one that is durable.

use super::{Driver, Output, Told, Waiting, Wish, begins_nothing, is_urgent};
use crate::engine::exec::Control;
use crate::engine::judge;
use crate::engine::probe::watchers;
use crate::engine::secrets::check_value;
use crate::engine::signoff::{Came, judge};
use crate::model::amend::Carried;
use crate::model::decide::{Asked, Decided, Reading, Sampled, Signed, decide};
use crate::model::event::{Answer, Bound, Event, Seen, StopHow};
use crate::model::expect::Expect;
use crate::model::ids::{Attempt, ProbeIx, StepId, StepIx};
use crate::model::intent::{Intent, Refusal};
use crate::model::step::{Question, Work};
use crate::model::time::Stamp;
use crate::model::watch::Source;

impl Driver {
    /// Takes a wish. One whose number was seen before is refused; a stop is sent to the process at once, whatever the disk does.
    pub(super) fn take_wish(&mut self, mut wish: Wish, now: Stamp) {
        if !self.seen.insert(wish.request.id) {
            self.refuse(&wish, "that was asked before");
            return;
        }
        for text in wish.request.intent.texts_mut() {
            *text = self.secrets.masked(text);
        }
        let told = if is_urgent(&wish.request.intent) { self.stop_at_once(&wish, now) } else { Told::NotYet };
        self.waiting.push_back(Waiting::Wish(wish, told));
    }

    fn stop_at_once(&mut self, wish: &Wish, now: Stamp) -> Told {
        let asked = Asked::plain(wish.by.clone(), now);
        let events = decide(&self.plan, &self.state, &wish.request.intent, &asked).unwrap_or_default();
        let mut told = Told::NotYet;
        for event in &events {
            if let Event::StopAsked { step, attempt, how, .. } = event
                && let Some(ix) = self.plan.find(step)
            {
                self.steer(ix, *attempt, control_of(*how));
                told = Told::Already;
            }
        }
        told
    }

    /// Tells the process of an attempt.
    pub(super) fn steer(&mut self, ix: StepIx, attempt: Attempt, control: Control) {
        self.steered.insert(ix, (attempt, control));
        self.out.push(Output::Steer(ix, control));
    }

    pub(super) fn decide(&mut self, wish: Wish, told: Told, now: Stamp) {
        let decided = self.decided(&wish, now);
        match decided {
            Ok(events) => {
                self.out.push(Output::Taken { client: wish.client, id: wish.request.id });
                self.append(now, events);
                self.told = told == Told::Already;
            }
            Err(why) => self.refuse(&wish, &why.0),
        }
    }

    fn decided(&mut self, wish: &Wish, now: Stamp) -> Decided {
        let intent = &wish.request.intent;
        if self.state.ended.is_some() {
            return Err(Refusal::because("the run has ended: its journal is being closed"));
        }
        if self.no_journal && !begins_nothing(intent) {
            return Err(Refusal::because("the journal cannot be written: nothing starts until that is mended"));
        }
        let moved = intent.moves().and_then(|step| self.plan.find(step));
        if let Some(ix) = moved.filter(|ix| self.state.step(*ix).changed > wish.request.seen) {
            let number = &self.plan.step(ix).number;
            return Err(Refusal(format!("{number} has changed since this screen showed it: look again")));
        }
        let amended = self.state.amendments.last().map(|amendment| amendment.seq);
        let names_many = matches!(
            intent,
            Intent::Amend { .. } | Intent::RollBack { .. } | Intent::Call { .. } | Intent::Recycle { .. }
        );
        // Of one step `changed` says it; these are about many, and were read on the runbook before.
        if names_many && amended > Some(wish.request.seen) {
            return Err(Refusal::because("the runbook was amended since this screen showed it: look again"));
        }
        let (reading, sampled) = (self.read(intent), self.sampled(intent));
        let signed = self.signed(wish, now);
        let amended = self.amended(intent);
        let asked = Asked { reading, sampled, amended, signed, ..Asked::plain(wish.by.clone(), now) };
        let events = decide(&self.plan, &self.state, intent, &asked)?;
        if matches!(&asked.reading, Some(Ok(reading)) if reading.ok) {
            self.keep_secret(intent);
        }
        Ok(events)
    }

    fn refuse(&mut self, wish: &Wish, why: &str) {
        self.out.push(Output::Refused { client: wish.client, id: wish.request.id, why: why.to_owned() });
    }

    /// Judges what was typed, where the wish carries a value.
    fn read(&self, intent: &Intent) -> Option<Result<Reading, String>> {
        match intent {
            Intent::Value { step, value } => {
                let question = self.question(step)?;
                Some(self.read_value(question, value.reveal()))
            }
            Intent::Answer { step, item, answer: Answer::Ok, saw } => {
                let Work::Check(items) = &self.plan.step(self.plan.find(step)?).work else {
                    return None;
                };
                let expect = items.get(*item)?.expect.as_ref()?;
                let judged = self.judged(Some(expect), None, saw);
                Some(judged.map(|judged| Reading {
                    saw: judged.shown,
                    checks: judged.checks,
                    ok: judged.ok,
                    bound: Vec::new(),
                }))
            }
            _carries_nothing_to_judge => None,
        }
    }

    /// The runbook that the wish brings.
    fn amended(&self, intent: &Intent) -> Option<Result<Carried, String>> {
        let Intent::Amend { sha256, .. } = intent else { return None };
        let brought = self.brought.get(sha256).cloned();
        Some(brought.ok_or_else(|| "the runbook that was shown is not at hand".to_owned()))
    }

    /// Judges a signature, where the wish brings one.
    fn signed(&self, wish: &Wish, now: Stamp) -> Option<Result<Signed, String>> {
        let Intent::Sign { step, role, name, comment, text, sig: Some(sig), decision } = &wish.request.intent else {
            return None;
        };
        let ix = self.plan.find(step)?;
        let (text, decision) = (text.as_deref(), *decision);
        let came = Came { role, principal: name.trim(), comment, decision, text, sig };
        Some(judge(&self.plan, &self.state, ix, (&came, &self.signers, now.wall.div_euclid(1_000_000))))
    }

    /// Judges a probe's value that a person read off, for each that watches it.
    fn sampled(&self, intent: &Intent) -> Option<Result<Sampled, String>> {
        let Intent::Reading { probe, value } = intent else { return None };
        let ix = self.plan.find_probe(probe)?;
        let Source::Measure(question) = &self.plan.probe(ix).source else { return None };
        Some(self.sample(ix, question, value.reveal().trim()))
    }

    fn sample(&self, probe: ProbeIx, question: &Question, typed: &str) -> Result<Sampled, String> {
        let value = self.read_value(question, typed)?.saw;
        let mut seen = Vec::new();
        for watcher in watchers(&self.plan, &self.state, probe) {
            let judged = self.judged(Some(&watcher.expect), question.out_of, typed)?;
            let (by, aspect) = (watcher.by, watcher.aspect);
            seen.push(Seen { by, aspect, holds: judged.ok, checks: judged.checks });
        }
        Ok(Sampled { value, seen })
    }

    fn question(&self, step: &StepId) -> Option<&Question> {
        match &self.plan.step(self.plan.find(step)?).work {
            Work::Measure(question) | Work::Ask(question) => Some(question),
            Work::Run(_) | Work::Check(_) | Work::Choose { .. } | Work::Wait(_) | Work::Gate(_) => None,
            Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => {
                None
            }
        }
    }

    fn read_value(&self, question: &Question, typed: &str) -> Result<Reading, String> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err("nothing was typed".into());
        }
        if typed.len() > 8 * 1024 {
            return Err("a value is at most 8 KiB".into());
        }
        let secret = self.is_secret_question(question);
        if secret {
            check_value(typed)?;
        } else if self.secrets.stand_in(typed) {
            return Err("this holds the value of a secret: it would be kept in the journal".into());
        }
        let judged = self.judged(question.expect.as_ref(), question.out_of, typed);
        // Why a secret cannot be judged may quote it.
        let judged = if secret { judged.map_err(|_| "what was typed cannot be judged".to_owned())? } else { judged? };
        let (shown, mut checks, ok) = (judged.shown, judged.checks, judged.ok);
        if secret {
            checks.iter_mut().for_each(|check| check.saw = "(hidden)".into());
        }
        let bound = question.into.iter().map(|name| {
            if secret {
                self.secrets.bound(&self.state, name, typed)
            } else {
                Bound { name: name.clone(), value: Some(judged.value.clone()), hash: None }
            }
        });
        Ok(Reading { saw: if secret { String::new() } else { shown }, checks, ok, bound: bound.collect() })
    }

    /// Whether what is typed here is never stored: the step says so, or the variable that keeps it.
    fn is_secret_question(&self, question: &Question) -> bool {
        question.secret || question.into.as_ref().is_some_and(|name| self.plan.is_secret(name.as_str()))
    }

    fn judged(&self, expect: Option<&Expect>, out_of: Option<u64>, typed: &str) -> Result<judge::ValueJudged, String> {
        judge::judge_value(expect, out_of, typed, &|name| self.state.var(name).map(str::to_owned))
    }

    /// A secret that was typed is kept in memory for the steps that name it, and nowhere else.
    fn keep_secret(&mut self, intent: &Intent) {
        let Intent::Value { step, value } = intent else {
            return;
        };
        let Some(question) = self.question(step) else {
            return;
        };
        if let (true, Some(name)) = (self.is_secret_question(question), question.into.clone()) {
            self.secrets.keep(name.0, crate::model::secret::Secret::new(value.reveal().trim().to_owned()));
        }
    }
}

pub(super) fn control_of(how: StopHow) -> Control {
    match how {
        StopHow::Interrupt => Control::Interrupt,
        StopHow::Terminate => Control::Terminate,
        StopHow::Kill => Control::Kill,
    }
}
