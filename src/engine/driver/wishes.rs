//! Wishes: each is taken once, judged where it carries a value, decided, and answered.

use super::{Driver, Output, Waiting, Wish, is_urgent};
use crate::engine::exec::Control;
use crate::engine::judge;
use crate::model::decide::{Asked, Reading, decide};
use crate::model::event::{Answer, Bound, StopHow};
use crate::model::expect::Expect;
use crate::model::ids::StepId;
use crate::model::intent::Intent;
use crate::model::step::{Question, Work};
use crate::model::time::Stamp;

impl Driver {
    /// Takes a wish. One whose number was seen before is refused; a stop is sent to the process at once, whatever the disk does.
    pub(super) fn take_wish(&mut self, wish: Wish, now: Stamp) {
        if !self.seen.insert(wish.request.id) {
            self.refuse(&wish, "that was asked before");
            return;
        }
        if is_urgent(&wish.request.intent) {
            self.stop_at_once(&wish, now);
        }
        self.waiting.push_back(Waiting::Wish(wish));
    }

    fn stop_at_once(&mut self, wish: &Wish, now: Stamp) {
        let Intent::Stop { step, how } = &wish.request.intent else {
            return;
        };
        let asked = Asked { by: wish.by.clone(), now, reading: None };
        if decide(&self.plan, &self.state, &wish.request.intent, &asked).is_err() {
            return;
        }
        let Some(ix) = self.plan.find(step) else {
            return;
        };
        self.steer(ix, control_of(*how));
    }

    /// Tells a process, and remembers what it was told, so that the record that follows does not tell it again.
    pub(super) fn steer(&mut self, ix: crate::model::ids::StepIx, control: Control) {
        self.steered.insert(ix, control);
        self.out.push(Output::Steer(ix, control));
    }

    pub(super) fn decide(&mut self, wish: Wish, now: Stamp) {
        let reading = self.read(&wish.request.intent);
        let asked = Asked { by: wish.by.clone(), now, reading };
        match decide(&self.plan, &self.state, &wish.request.intent, &asked) {
            Ok(events) => {
                self.keep_secret(&wish.request.intent);
                self.out.push(Output::Taken { client: wish.client, id: wish.request.id });
                self.append(now, events);
            }
            Err(why) => self.refuse(&wish, &why.0),
        }
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
            _ => None,
        }
    }

    fn question(&self, step: &StepId) -> Option<&Question> {
        match &self.plan.step(self.plan.find(step)?).work {
            Work::Measure(question) | Work::Ask(question) => Some(question),
            Work::Run(_) | Work::Check(_) | Work::Choose { .. } | Work::Wait(_) | Work::Gate(_) => None,
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
        let judged = self.judged(question.expect.as_ref(), question.out_of, typed)?;
        let (shown, mut checks, ok) = (judged.shown, judged.checks, judged.ok);
        if question.secret {
            crate::engine::secrets::check_value(typed)?;
            checks.iter_mut().for_each(|check| check.saw = "(hidden)".into());
        }
        let bound = question.into.iter().map(|name| {
            if question.secret {
                self.secrets.bound(&self.state, name, typed)
            } else {
                Bound { name: name.clone(), value: Some(judged.value.clone()), hash: None }
            }
        });
        Ok(Reading { saw: if question.secret { String::new() } else { shown }, checks, ok, bound: bound.collect() })
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
        if let (true, Some(name)) = (question.secret, question.into.clone()) {
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
