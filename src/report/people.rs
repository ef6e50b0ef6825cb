//! What people did, record by record: decisions, gates, signatures, triggers, messages, notes, ways back.
//!
//! Called by `take` after the fold took the record over, so that the state says how it came out. Keeps, never judges.

use super::take::{Taken, Trouble, known};
use super::value::{Answer, Criterion, Decision, Gate, Poll, Said, SignOff, Signature, Trigger, WayBack};
use crate::model::actor::{Actor, Known};
use crate::model::event::{AskedFor, Event, Resolution, Settled, Vote};
use crate::model::ids::StepIx;
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::signed::SignedText;
use crate::model::state::RunState;
use crate::model::step::Work;
use crate::model::time::micros;

impl Taken {
    pub(super) fn of_people(&mut self, record: &Record) {
        self.settled(record);
        self.steered(record);
        self.at_gates(record);
        self.signed(record);
        self.watched(record);
        self.trouble(record);
        self.measured(record);
        match &record.event {
            Event::StepAnswered { step, attempt, item, answer, saw, by, .. } => {
                let Some(ix) = self.plan.find(step) else { return };
                let text = asked(&self.plan, &self.state, ix, *item);
                let (answer, saw, at) = (answer.word().to_owned(), saw.clone(), record.at.wall);
                let kept = Answer { attempt: *attempt, text, answer, saw, at, by: known(by) };
                self.answers.entry(ix).or_default().push(kept);
            }
            Event::MessageFilled { step, text, by } => {
                let ix = self.plan.find(step);
                let to = ix.and_then(|ix| addressee(&self.plan, ix));
                let said = self.said(record, ix, text.clone(), by);
                self.messages.push(Said { to, ..said });
            }
            Event::Noted { text, step, by } => {
                let ix = step.as_ref().and_then(|step| self.plan.find(step));
                let said = self.said(record, ix, text.clone(), by);
                self.notes.push(said);
            }
            _else_is_no_text => {}
        }
    }

    fn said(&self, record: &Record, ix: Option<StepIx>, text: String, by: &Actor) -> Said {
        let (step, number) = self.names(ix);
        Said { at: record.at.wall, step, number, to: None, text, by: known(by) }
    }

    fn decide(
        &mut self,
        record: &Record,
        (kind, ix): (&str, Option<StepIx>),
        (text, reason): (String, &str),
        by: &Actor,
    ) {
        let (step, number) = self.names(ix);
        let (seq, at, reason) = (record.seq.0, record.at.wall, reason.to_owned());
        self.decisions.push(Decision { seq, at, kind: kind.into(), step, number, text, reason, by: known(by) });
    }

    /// What a person said of a step.
    fn settled(&mut self, record: &Record) {
        match &record.event {
            Event::StepStarted { step, reason, second, by, .. } if reason.is_some() || second.is_some() => {
                let ix = self.plan.find(step);
                let second = second.as_ref().map(|name| format!(", with {name}")).unwrap_or_default();
                let reason = reason.clone().unwrap_or_default();
                self.decide(record, ("start", ix), (format!("started{second}"), &reason), by);
            }
            Event::StepSettled { step, how, reason, by, .. } => {
                let text = match how {
                    Settled::Skipped => "left out",
                    Settled::NotApplicable => "does not apply",
                    Settled::Hand => "done outside",
                    Settled::Over => "accepted though it failed",
                    Settled::Failed => "failed, by a person's word",
                };
                self.decide(record, ("settled", self.plan.find(step)), (text.into(), reason), by);
            }
            Event::StepChosen { step, option, by, .. } => {
                self.decide(record, ("chosen", self.plan.find(step)), (format!("took {option}"), ""), by);
            }
            Event::WaitEnded { step, early: Some(why), by, .. } => {
                self.decide(record, ("early", self.plan.find(step)), ("ended the wait early".into(), why), by);
            }
            Event::StopAsked { step, how, by, .. } => {
                self.decide(
                    record,
                    ("stop", self.plan.find(step)),
                    (format!("asked it to end: {}", how.word()), ""),
                    by,
                );
            }
            Event::StepResolved { step, how, reason, by, .. } => {
                let text = match how {
                    Resolution::Finished => "it finished, nobody saw it",
                    Resolution::DidNot => "it did not finish",
                };
                self.decide(record, ("resolved", self.plan.find(step)), (text.into(), reason), by);
            }
            _is_of_no_step => {}
        }
    }

    /// What a person said of the run.
    fn steered(&mut self, record: &Record) {
        match &record.event {
            Event::Held { reason, by } if by.known != Known::Program => {
                self.decide(record, ("hold", None), ("held the run".into(), reason), by);
            }
            Event::RollbackStarted { level, over, reason, by, .. } => {
                let over = if *over { ", though the plan did not offer it" } else { "" };
                self.decide(record, ("way back", None), (format!("went back by {level}{over}"), reason), by);
            }
            Event::Aborted { reason, by } => {
                self.decide(record, ("abort", None), ("ended the run".into(), reason), by);
            }
            Event::Recycled { to, reason, by, .. } => {
                self.decide(record, ("again", self.plan.find(to)), ("began again from here".into(), reason), by);
            }
            Event::RiskClosed { risk, reason, by } => {
                self.decide(record, ("risk", None), (format!("closed risk {risk}"), reason), by);
            }
            Event::ProcedureCalled { procedure, reason, by } => {
                self.decide(record, ("call", None), (format!("called {procedure}"), reason), by);
            }
            Event::TriggerOver { trigger, reason, name, by } => {
                let text = format!("went on though {trigger} tripped, by the word of {name}");
                self.decide(record, ("trigger", None), (text, reason), by);
            }
            _steers_nothing => {}
        }
    }

    fn at_gates(&mut self, record: &Record) {
        let Event::GateDecided { step, attempt, go, over, reason, by } = &record.event else { return };
        let Some(ix) = self.plan.find(step) else { return };
        let word = if *go { "GO" } else { "NO-GO" };
        let against = if over.is_empty() { "" } else { ", against the advice" };
        self.decide(record, ("gate", Some(ix)), (format!("{word}{against}"), reason), by);
        let gate = gate(&self.plan, &self.state, ix);
        let (decision, at) = (word.to_owned(), Some(record.at.wall));
        let (by, reason, over) = (Some(known(by)), reason.clone(), over.clone());
        self.gates.push(Gate { attempt: *attempt, decision, at, by, reason, over, ..gate });
    }

    fn signed(&mut self, record: &Record) {
        match &record.event {
            Event::SignAsked { step, attempt, question, count, roles, asked_for, .. } => {
                let number = self.names(self.plan.find(step)).1.unwrap_or_default();
                self.signoffs.push(SignOff {
                    step: step.0.clone(),
                    number,
                    attempt: *attempt,
                    at: record.at.wall,
                    asked_for: asked_for_word(*asked_for).into(),
                    question: question.clone(),
                    count: *count as u64,
                    roles: roles.iter().map(|role| role.role.0.clone()).collect(),
                    signatures: Vec::new(),
                });
            }
            Event::StepSigned { step, attempt, role, principal, comment, text, sig, by, decision } => {
                let key = SignedText::decode(text).filter(|_| sig != "-");
                let key = key.and_then(|text| text.get("key").map(str::to_owned));
                let by = match key {
                    Some(_) => super::value::By { name: principal.clone(), known: "signed".into() },
                    None => known(by),
                };
                let (role, principal, comment) = (role.0.clone(), principal.clone(), comment.clone());
                let own = |asked: &&mut SignOff| asked.step == step.0 && asked.attempt == *attempt;
                if let Some(asked) = self.signoffs.iter_mut().rev().find(own) {
                    asked.signatures.push(Signature {
                        at: record.at.wall,
                        decision: decision.word().into(),
                        role,
                        principal,
                        key,
                        comment,
                        by,
                    });
                }
            }
            _signs_nothing => {}
        }
    }

    fn watched(&mut self, record: &Record) {
        let at = record.at.wall;
        match &record.event {
            Event::TriggerTripped { trigger, why, by } => {
                let title = self.plan.find_trigger(trigger).map(|ix| self.state.fill(&self.plan.trigger(ix).title));
                let (id, title, why, by) = (trigger.0.clone(), title.unwrap_or_default(), why.clone(), known(by));
                self.triggers.push(Trigger { id, title, at, why, by, ..Trigger::default() });
            }
            Event::TriggerAcked { trigger, by } => self.of_trigger(trigger.as_str(), |own| {
                (own.seen, own.seen_by) = (Some(at), Some(known(by)));
            }),
            Event::TriggerOver { trigger, reason, .. } => {
                self.of_trigger(trigger.as_str(), |own| own.over = Some(reason.clone()));
            }
            Event::TriggerCleared { trigger } => self.of_trigger(trigger.as_str(), |own| own.cleared = Some(at)),
            _is_of_no_trigger => {}
        }
    }

    fn of_trigger(&mut self, id: &str, change: impl FnOnce(&mut Trigger)) {
        if let Some(own) = self.triggers.iter_mut().rev().find(|own| own.id == id) {
            change(own);
        }
    }

    /// The first sign of trouble that is still there, by which a way back is measured.
    fn trouble(&mut self, record: &Record) {
        let at = record.at.wall;
        let by_person = |by: &Actor| by.known != Known::Program;
        match &record.event {
            Event::TriggerTripped { trigger, by, .. } => {
                let held = self.plan.find_trigger(trigger).map_or(0, |ix| self.state.trigger(ix).streak.held);
                let shown = at.saturating_sub(i64::try_from(held).unwrap_or(0));
                let seen = by_person(by).then_some(at);
                let of = trigger.0.clone();
                let trouble = self.trouble.get_or_insert(Trouble { of, shown, seen });
                trouble.seen = trouble.seen.or(seen);
            }
            Event::TriggerCleared { trigger } => self.over(trigger.as_str()),
            Event::StepJudged { step, .. } | Event::StepAnswered { step, .. } | Event::StepSettled { step, .. } => {
                let status = self.plan.find(step).map(|ix| self.state.step(ix).status);
                if status.is_some_and(|status| status.bad()) {
                    self.trouble.get_or_insert(Trouble { of: step.0.clone(), shown: at, seen: None });
                } else if status.is_some_and(|status| status.settled()) {
                    self.over(step.as_str());
                }
            }
            Event::TriggerAcked { by, .. } | Event::Held { by, .. } if by_person(by) => {
                if let Some(trouble) = &mut self.trouble {
                    trouble.seen = trouble.seen.or(Some(at));
                }
            }
            _is_no_sign => {}
        }
    }

    fn over(&mut self, of: &str) {
        self.trouble = self.trouble.take().filter(|trouble| trouble.of != of);
    }

    /// The instants by which a way back is measured.
    fn measured(&mut self, record: &Record) {
        let at = record.at.wall;
        match &record.event {
            Event::RollbackStarted { level, from, path, over, reason, by } => {
                let trouble = self.trouble.take();
                let found = self.plan.find_level(level).map(|ix| self.plan.level(ix));
                let from = from.as_ref().and_then(|from| self.names(self.plan.find(from)).1);
                self.ways_back.push(WayBack {
                    level: level.0.clone(),
                    title: found.map(|level| level.title.clone()).unwrap_or_default(),
                    from,
                    reason: reason.clone(),
                    over: *over,
                    by: known(by),
                    shown: trouble.as_ref().map(|trouble| trouble.shown),
                    detected: trouble.and_then(|trouble| trouble.seen.or(Some(at))),
                    decided: at,
                    budget_us: found.and_then(|level| level.budget).map(micros),
                    steps: path.len() as u64,
                    ..WayBack::default()
                });
            }
            Event::RollbackEnded { .. } => {
                if let Some(own) = self.ways_back.last_mut() {
                    own.ended = Some(at);
                }
            }
            Event::StepStarted { step, .. } => {
                let on_it = self.plan.find(step).is_some_and(|ix| self.state.is_on_way_back(&self.plan, ix));
                if let Some(own) = self.ways_back.last_mut().filter(|_| on_it) {
                    own.first_act = own.first_act.or(Some(at));
                }
            }
            _measures_nothing => {}
        }
    }
}

fn asked_for_word(asked_for: AskedFor) -> &'static str {
    match asked_for {
        AskedFor::Statement => "statement",
        AskedFor::Poll => "poll",
        AskedFor::Second => "second",
    }
}

/// A gate as it stands: its criteria with what was seen, and who said what.
pub(super) fn gate(plan: &Plan, state: &RunState, ix: StepIx) -> Gate {
    let step = plan.step(ix);
    let (title, number, id) = (state.fill(&step.title), step.number.clone(), step.id.0.clone());
    let empty =
        Gate { step: id, number, title, attempt: state.step(ix).attempt, decision: "open".into(), ..Gate::default() };
    let Work::Gate(work) = &step.work else { return empty };
    let sides = work.go.iter().map(|ix| ("GO", *ix)).chain(work.no_go.iter().map(|ix| ("NO-GO", *ix)));
    let criteria = sides.map(|(side, ix)| {
        let (own, step) = (state.step(ix), plan.step(ix));
        let typed = own.answers.values().map(|answered| format!("{} {}", answered.answer.word(), answered.saw));
        let read = own.checks.iter().map(|check| format!("{}: {}", check.want, check.saw));
        Criterion {
            number: step.number.clone(),
            title: state.fill(&step.title),
            side: side.into(),
            status: own.status.word().into(),
            critical: step.critical,
            saw: typed.chain(read).map(|text| text.trim().to_owned()).collect(),
        }
    });
    let polls = work.poll.iter().map(|role| {
        let vote = state.vote(ix, role);
        let word = match vote {
            Some((Vote::Go, _)) => "GO",
            Some((Vote::NoGo, _)) => "NO-GO",
            None => "silent",
        };
        Poll { role: role.0.clone(), vote: word.into(), by: vote.map(|(_, by)| known(by)) }
    });
    Gate { text: state.fill(&work.text), criteria: criteria.collect(), polls: polls.collect(), ..empty }
}

/// What was asked at an item of a step that people answer.
fn asked(plan: &Plan, state: &RunState, ix: StepIx, item: usize) -> String {
    let step = plan.step(ix);
    let text = match &step.work {
        Work::Check(items) => items.get(item).map(|item| item.text.as_str()),
        Work::Measure(question) | Work::Ask(question) => Some(question.text.as_str()),
        _is_its_title => None,
    };
    state.fill(text.unwrap_or(&step.title))
}

fn addressee(plan: &Plan, ix: StepIx) -> Option<String> {
    let Work::Notify(notice) = &plan.step(ix).work else { return None };
    let message = plan.messages.iter().find(|message| message.id == notice.message);
    notice.to.clone().or_else(|| message.and_then(|message| message.to.clone()))
}
