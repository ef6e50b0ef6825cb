//! One record onto the state: the only way it changes. A record that cannot follow is an `IllegalEvent`.

use crate::model::actor::Actor;
use crate::model::event::{Answer, Bound, Event, Resolution, Settled};
use crate::model::expect::Verdict;
use crate::model::ids::{Attempt, Seq, StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::facts::{Client, Entry, Hold, RollBack, RunFacts};
use crate::model::state::step::Answered;
use crate::model::state::{RunState, StepStatus, VarsBound};
use crate::model::step::{Place, Work};
use crate::model::time::Stamp;

/// A record that cannot follow on what was folded so far.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} cannot follow: {why}")]
pub struct IllegalEvent {
    /// Its number.
    pub seq: Seq,
    /// Why.
    pub why: String,
}

type Applied = Result<(), String>;

impl RunState {
    /// Folds one record in. On an error the state is as it was, but for nothing that screens read.
    pub fn apply(&mut self, plan: &Plan, record: &Record) -> Result<(), IllegalEvent> {
        let illegal = |why: String| IllegalEvent {
            seq: record.seq,
            why,
        };
        if record.seq.0 != self.last.0 + 1 {
            return Err(illegal(format!("it comes after record {}", self.last)));
        }
        if self.closed && !matches!(record.event, Event::Ckpt { .. }) {
            return Err(illegal("the run is closed".into()));
        }
        if self.facts.is_none() && !matches!(record.event, Event::Genesis { .. }) {
            return Err(illegal("the first record is not genesis".into()));
        }
        self.fold_event(plan, record).map_err(illegal)?;
        self.last = record.seq;
        self.at = record.at;
        Ok(())
    }

    fn fold_event(&mut self, plan: &Plan, record: &Record) -> Applied {
        let at = record.at;
        match &record.event {
            Event::Genesis { .. }
            | Event::Resume { .. }
            | Event::Continue { .. }
            | Event::Ckpt { .. } => self.fold_frame(record),
            Event::Started { .. } | Event::VarsBound { .. } | Event::VarsFailed { .. } => {
                self.fold_start(record)
            }
            Event::StepStarted { .. }
            | Event::StepSpawned { .. }
            | Event::Output { .. }
            | Event::OutputLost { .. }
            | Event::StepExited { .. }
            | Event::StepNotStarted { .. }
            | Event::StepJudged { .. }
            | Event::StepTimeout { .. }
            | Event::StopAsked { .. }
            | Event::Survivors { .. } => self.fold_command(plan, record),
            Event::StepAnswered { .. }
            | Event::StepSettled { .. }
            | Event::StepConditions { .. }
            | Event::StepChosen { .. }
            | Event::WaitEnded { .. }
            | Event::StepResolved { .. }
            | Event::GateVoted { .. }
            | Event::GateDecided { .. } => self.fold_by_hand(plan, record),
            Event::Held { .. }
            | Event::Released { .. }
            | Event::RollbackStarted { .. }
            | Event::RollbackEnded { .. }
            | Event::PhaseSeen { .. }
            | Event::Noted { .. }
            | Event::Aborted { .. }
            | Event::Paused { .. }
            | Event::AnswersEnded { .. }
            | Event::Ended { .. }
            | Event::Closed { .. } => self.fold_run(plan, record),
            Event::ClientJoined {
                client,
                who,
                drives,
                ..
            } => {
                self.clients.insert(
                    *client,
                    Client {
                        who: who.clone(),
                        drives: *drives,
                        since: at,
                    },
                );
                if *drives {
                    self.driver = Some(*client);
                }
                let what = if *drives { "drives" } else { "watches" };
                self.say(record, None, "screen", format!("{} {what}", who.shown()));
                Ok(())
            }
            Event::ClientLeft { client } => {
                if let Some(gone) = self.clients.remove(client) {
                    self.say(record, None, "screen", format!("{} left", gone.who.shown()));
                }
                self.driver = self.driver.filter(|driver| driver != client);
                Ok(())
            }
            Event::WheelTaken { client, who } => {
                self.driver = Some(*client);
                for (id, each) in &mut self.clients {
                    each.drives = id == client;
                }
                self.say(
                    record,
                    None,
                    "screen",
                    format!("{} took the wheel", who.shown()),
                );
                Ok(())
            }
            Event::IntentRefused { pid, exe } => {
                self.say(
                    record,
                    None,
                    "alarm",
                    format!("process {pid} ({exe}), started by this run, tried to steer it"),
                );
                Ok(())
            }
            Event::ClockJumped { micros } => {
                self.say(
                    record,
                    None,
                    "clock",
                    format!("the wall clock jumped by {} s", micros / 1_000_000),
                );
                Ok(())
            }
            Event::JournalFailed { why } => {
                self.say(
                    record,
                    None,
                    "alarm",
                    format!("the journal could not be written: {why}"),
                );
                Ok(())
            }
            Event::Foreign { name } => {
                self.say(
                    record,
                    None,
                    "newer",
                    format!("event {name} of a newer version"),
                );
                Ok(())
            }
        }
    }

    fn fold_frame(&mut self, record: &Record) -> Applied {
        match &record.event {
            Event::Genesis { text, .. } => {
                if self.facts.is_some() {
                    return Err("a second genesis".into());
                }
                self.facts = Some(RunFacts::read(text).ok_or("genesis lacks what a run needs")?);
            }
            Event::Resume { text, .. } => self.fold_resume(record, text)?,
            Event::Continue { .. } => self.say(
                record,
                None,
                "alarm",
                "a write failed; the journal goes on in another part".into(),
            ),
            Event::Ckpt { .. } => self.checkpoints += 1,
            _ => return Err("not a frame".into()),
        }
        Ok(())
    }

    /// A step that was running when its conductor died is unknown; screens are gone; a retry waits for a person.
    fn fold_resume(&mut self, record: &Record, text: &str) -> Applied {
        let text = crate::model::signed::SignedText::decode(text).ok_or("resume cannot be read")?;
        let facts = self.facts.as_mut().ok_or("no genesis")?;
        facts.boot = text.get("boot").unwrap_or_default().to_owned();
        let by = text.get("operator").unwrap_or("?").to_owned();
        self.clients.clear();
        self.driver = None;
        self.paused = false;
        for state in &mut self.steps {
            state.retry_at = None;
            if state.status == StepStatus::Running && state.until.is_none() {
                state.status = StepStatus::Unknown;
                state.stopping = false;
            }
        }
        if self.vars_bound != VarsBound::Yes {
            self.vars_bound = VarsBound::NotYet;
        }
        self.say(record, None, "resume", format!("taken up again by {by}"));
        Ok(())
    }

    fn fold_start(&mut self, record: &Record) -> Applied {
        match &record.event {
            Event::Started {
                by,
                t0,
                zone,
                hard_stop,
                ..
            } => {
                if self.started.is_some() {
                    return Err("it was started before".into());
                }
                self.started = Some(record.at);
                self.t0 = Some(*t0);
                self.zone.clone_from(zone);
                self.hard_stop = *hard_stop;
                self.say(record, None, "start", format!("started by {}", by.shown()));
            }
            Event::VarsBound { values } => {
                self.bind(values);
                self.vars_bound = VarsBound::Yes;
            }
            Event::VarsFailed { why } => {
                self.vars_bound = VarsBound::Failed(why.clone());
                self.say(record, None, "alarm", why.clone());
            }
            _ => return Err("not a start".into()),
        }
        Ok(())
    }

    fn fold_command(&mut self, plan: &Plan, record: &Record) -> Applied {
        let at = record.at;
        match &record.event {
            Event::StepStarted {
                step,
                attempt,
                by,
                invocation,
                until,
                reason,
                ..
            } => {
                let ix = self.begin_step(plan, step, *attempt, at, by)?;
                let state = &mut self.steps[ix.0];
                state.status = match &plan.step(ix).work {
                    Work::Run(_) | Work::Wait(_) => StepStatus::Running,
                    Work::Check(_)
                    | Work::Measure(_)
                    | Work::Ask(_)
                    | Work::Choose { .. }
                    | Work::Gate(_) => StepStatus::You,
                };
                state.invocation.clone_from(invocation);
                state.until = *until;
                state.reason.clone_from(reason);
                let number = plan.step(ix).number.clone();
                let again = if *attempt > 1 {
                    format!(", attempt {attempt}")
                } else {
                    String::new()
                };
                self.say(
                    record,
                    Some(ix),
                    "RUN",
                    format!("{number} started by {}{again}", by.shown()),
                );
            }
            Event::StepSpawned {
                step,
                attempt,
                pid,
                start,
            } => {
                self.present(plan, step, *attempt)?.process = Some((*pid, *start));
            }
            Event::Output {
                step,
                attempt,
                extent,
            } => {
                let state = self.present(plan, step, *attempt)?;
                if extent.off != state.bytes {
                    return Err(format!(
                        "output of {step} at {} where {} bytes are known",
                        extent.off, state.bytes
                    ));
                }
                state.bytes += extent.len;
                state.lines += extent.lines;
                state.masked += extent.masked.iter().map(|masked| masked.count).sum::<u64>();
            }
            Event::OutputLost {
                step,
                attempt,
                bytes,
            } => {
                self.present(plan, step, *attempt)?.lost += bytes;
                let ix = find(plan, step)?;
                self.say(
                    record,
                    Some(ix),
                    "alarm",
                    format!("{bytes} bytes of output were not kept"),
                );
            }
            Event::StepExited {
                step,
                attempt,
                exit,
                took,
                drained,
                holders,
            } => {
                let state = self.present(plan, step, *attempt)?;
                state.exit = Some(*exit);
                state.took = Some(*took);
                state.drained = Some(*drained);
                state.holders.clone_from(holders);
                state.ended = Some(at);
            }
            Event::StepNotStarted { step, attempt, why } => {
                let state = self.present(plan, step, *attempt)?;
                state.reason = Some(why.clone());
                state.end(StepStatus::Failed, at);
                let ix = find(plan, step)?;
                self.say(
                    record,
                    Some(ix),
                    "FAIL",
                    format!("{} could not be started: {why}", plan.step(ix).number),
                );
            }
            Event::StepTimeout { step, attempt } => {
                self.present(plan, step, *attempt)?.timed_out = true
            }
            Event::StopAsked {
                step,
                attempt,
                how,
                by,
            } => {
                self.present(plan, step, *attempt)?.stopping = true;
                let ix = find(plan, step)?;
                self.say(
                    record,
                    Some(ix),
                    "stop",
                    format!(
                        "{} asked to stop {} ({how:?})",
                        by.shown(),
                        plan.step(ix).number
                    ),
                );
            }
            Event::StepJudged { .. } => self.fold_verdict(plan, record)?,
            Event::Survivors {
                step,
                attempt,
                holders,
            } => {
                let ix = find(plan, step)?;
                self.present(plan, step, *attempt)?
                    .holders
                    .clone_from(holders);
                if !holders.is_empty() {
                    let names: Vec<String> = holders
                        .iter()
                        .map(|held| format!("{} (pid {})", held.comm, held.pid))
                        .collect();
                    self.say(
                        record,
                        Some(ix),
                        "?",
                        format!("still running: {}", names.join(", ")),
                    );
                }
            }
            _ => return Err("not of a command".into()),
        }
        Ok(())
    }

    fn fold_verdict(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::StepJudged {
            step,
            attempt,
            verdict,
            checks,
            bound,
            retry,
        } = &record.event
        else {
            return Err("no verdict".into());
        };
        let ix = find(plan, step)?;
        let takes = plan.step(ix).takes;
        let state = self.present(plan, step, *attempt)?;
        let late = takes.is_some_and(|takes| state.took.is_some_and(|took| took > takes));
        let ended = state.ended.unwrap_or(record.at);
        state.verdict = Some(*verdict);
        state.checks.clone_from(checks);
        state.retry_at = *retry;
        let status = match verdict {
            Verdict::Ok if late => StepStatus::Late,
            Verdict::Ok => StepStatus::Ok,
            Verdict::Fail => StepStatus::Failed,
            Verdict::Time => StepStatus::TimedOut,
            Verdict::Stop => StepStatus::Stopped,
            Verdict::Unknown => StepStatus::Unknown,
        };
        state.end(status, ended);
        let exit = state
            .exit
            .map(|exit| format!(", {}", exit.shown()))
            .unwrap_or_default();
        self.bind(bound);
        self.mark_back(plan, ix);
        self.say(
            record,
            Some(ix),
            status.word(),
            format!("{} {}{exit}", plan.step(ix).number, status.word()),
        );
        Ok(())
    }

    fn fold_by_hand(&mut self, plan: &Plan, record: &Record) -> Applied {
        let at = record.at;
        match &record.event {
            Event::StepAnswered {
                step,
                attempt,
                item,
                answer,
                saw,
                checks,
                bound,
                by,
            } => {
                let ix = find(plan, step)?;
                let state = self.present(plan, step, *attempt)?;
                state.answers.insert(
                    *item,
                    Answered {
                        answer: *answer,
                        saw: saw.clone(),
                        by: by.clone(),
                        at,
                    },
                );
                state.checks.extend(checks.iter().cloned());
                self.bind(bound);
                self.settle_answers(plan, ix, at);
                self.say(
                    record,
                    Some(ix),
                    self.step(ix).status.word(),
                    format!("{} answered by {}: {saw}", plan.step(ix).number, by.shown()),
                );
            }
            Event::StepSettled {
                step,
                attempt,
                how,
                reason,
                by,
            } => {
                let ix = find(plan, step)?;
                let state = &mut self.steps[ix.0];
                if state.status == StepStatus::Running || state.attempt != *attempt {
                    return Err(format!("{step} is not at attempt {attempt} or runs"));
                }
                state.retry_at = None;
                state.reason = Some(reason.clone());
                let status = match how {
                    Settled::Skipped => StepStatus::Skipped,
                    Settled::NotApplicable => StepStatus::NotApplicable,
                    Settled::Hand => StepStatus::Hand,
                    Settled::Over => StepStatus::Over,
                    Settled::Failed => StepStatus::Failed,
                };
                state.end(status, at);
                self.mark_back(plan, ix);
                self.say(
                    record,
                    Some(ix),
                    status.word(),
                    format!(
                        "{} {}: {reason} ({})",
                        plan.step(ix).number,
                        status.word(),
                        by.shown()
                    ),
                );
            }
            Event::StepConditions { step, hold, saw } => {
                let ix = find(plan, step)?;
                self.steps[ix.0].conditions = Some(*hold);
                if !hold {
                    self.steps[ix.0].reason = Some(saw.clone());
                    self.steps[ix.0].status = StepStatus::NotApplicable;
                    self.say(
                        record,
                        Some(ix),
                        "n/a",
                        format!("{} does not apply: {saw}", plan.step(ix).number),
                    );
                }
            }
            Event::StepChosen {
                step,
                attempt,
                option,
                by,
            } => {
                let ix = find(plan, step)?;
                let Work::Choose { options, .. } = &plan.step(ix).work else {
                    return Err(format!("{step} is no choice"));
                };
                let taken = options
                    .iter()
                    .position(|each| each.id == *option)
                    .ok_or(format!("no option {option}"))?;
                let state = self.present(plan, step, *attempt)?;
                state.chosen = Some(taken);
                state.end(StepStatus::Ok, at);
                self.say(
                    record,
                    Some(ix),
                    "ok",
                    format!("{} {option}, by {}", plan.step(ix).number, by.shown()),
                );
            }
            Event::WaitEnded {
                step,
                attempt,
                early,
                by,
            } => {
                let ix = find(plan, step)?;
                let state = self.present(plan, step, *attempt)?;
                state.reason.clone_from(early);
                state.end(StepStatus::Ok, at);
                let how = early.as_ref().map_or(String::new(), |why| {
                    format!(" early by {}: {why}", by.shown())
                });
                self.say(
                    record,
                    Some(ix),
                    "ok",
                    format!("{} over{how}", plan.step(ix).number),
                );
            }
            Event::StepResolved {
                step,
                how,
                reason,
                by,
                ..
            } => self.fold_resolved(plan, record, (step, *how, reason, by))?,
            Event::GateVoted {
                step,
                attempt,
                role,
                vote,
                by,
            } => {
                let ix = find(plan, step)?;
                self.present(plan, step, *attempt)?
                    .votes
                    .insert(role.clone(), (*vote, by.clone()));
                let word = if *vote == crate::model::event::Vote::Go {
                    "GO"
                } else {
                    "NO-GO"
                };
                self.say(
                    record,
                    Some(ix),
                    "vote",
                    format!("{role} {word}, by {}", by.shown()),
                );
            }
            Event::GateDecided {
                step,
                attempt,
                go,
                over,
                reason,
                by,
            } => {
                let ix = find(plan, step)?;
                let state = self.present(plan, step, *attempt)?;
                let status = match (go, over.is_empty()) {
                    (true, true) => StepStatus::Ok,
                    (true, false) => StepStatus::Over,
                    (false, _) => StepStatus::Failed,
                };
                state.reason = Some(reason.clone()).filter(|reason| !reason.is_empty());
                state.end(status, at);
                let word = if *go { "GO" } else { "NO-GO" };
                self.say(
                    record,
                    Some(ix),
                    "decision",
                    format!("{word} by {} {reason}", by.shown()),
                );
            }
            _ => return Err("not by hand".into()),
        }
        Ok(())
    }

    fn fold_resolved(
        &mut self,
        plan: &Plan,
        record: &Record,
        said: (&StepId, Resolution, &String, &Actor),
    ) -> Applied {
        let (step, how, reason, by) = said;
        let ix = find(plan, step)?;
        let state = &mut self.steps[ix.0];
        if state.status != StepStatus::Unknown {
            return Err(format!("{step} is not unknown"));
        }
        state.reason = Some(reason.clone());
        let (status, words) = match how {
            Resolution::Finished => (StepStatus::Hand, "it finished"),
            Resolution::DidNot => (StepStatus::NotYet, "it did not finish"),
        };
        state.end(status, record.at);
        self.mark_back(plan, ix);
        self.say(
            record,
            Some(ix),
            status.word(),
            format!(
                "{}: {words}, says {}: {reason}",
                plan.step(ix).number,
                by.shown()
            ),
        );
        Ok(())
    }

    fn fold_run(&mut self, plan: &Plan, record: &Record) -> Applied {
        let at = record.at;
        match &record.event {
            Event::Held { reason, by } => {
                let next = self.next(plan);
                self.hold = Some(Hold {
                    since: at,
                    reason: reason.clone(),
                    by: by.clone(),
                    at: next,
                });
                self.say(
                    record,
                    next,
                    "hold",
                    format!("held by {}: {reason}", by.shown()),
                );
            }
            Event::Released { by } => {
                let hold = self.hold.take().ok_or("nothing is held")?;
                self.held += crate::model::time::micros(at.since(hold.since));
                self.say(record, None, "hold", format!("{} goes on", by.shown()));
            }
            Event::RollbackStarted {
                level,
                from,
                path,
                reason,
                by,
                ..
            } => {
                let level = plan.find_level(level).ok_or(format!("no level {level}"))?;
                let path = path
                    .iter()
                    .map(|step| find(plan, step))
                    .collect::<Result<Vec<_>, _>>()?;
                let from = from.as_ref().map(|step| find(plan, step)).transpose()?;
                self.rollback = Some(RollBack {
                    level,
                    path,
                    from,
                    since: at,
                    ended: None,
                    reason: reason.clone(),
                });
                self.hold = None;
                for state in &mut self.steps {
                    state.retry_at = None;
                }
                self.say(
                    record,
                    from,
                    "rollback",
                    format!(
                        "{} started by {}: {reason}",
                        plan.level(level).id,
                        by.shown()
                    ),
                );
            }
            Event::RollbackEnded { level } => {
                let rollback = self.rollback.as_mut().ok_or("no rollback is under way")?;
                rollback.ended = Some(at);
                self.say(record, None, "rollback", format!("{level} came to its end"));
            }
            Event::PhaseSeen { phase, by } => {
                self.seen_phases.insert(phase.clone());
                self.say(
                    record,
                    None,
                    "phase",
                    format!("{phase} acknowledged by {}", by.shown()),
                );
            }
            Event::Noted { text, step, by } => {
                let step = step.as_ref().map(|step| find(plan, step)).transpose()?;
                self.say(record, step, "note", format!("{}: {text}", by.shown()));
            }
            Event::Aborted { reason, by } => {
                self.aborted = Some(reason.clone());
                self.hold = None;
                self.say(
                    record,
                    None,
                    "abort",
                    format!("aborted by {}: {reason}", by.shown()),
                );
            }
            Event::Paused { by } => {
                self.paused = true;
                self.say(record, None, "pause", format!("paused by {}", by.shown()));
            }
            Event::AnswersEnded { at: place } => {
                self.say(record, None, "hold", format!("no answer left at {place}"))
            }
            Event::Ended { how, by } => {
                if self.ended.is_some() {
                    return Err("it ended before".into());
                }
                self.ended = Some(*how);
                self.say(
                    record,
                    None,
                    "end",
                    format!("{}, closed by {}", how.word(), by.shown()),
                );
            }
            Event::Closed { .. } => {
                self.ended.ok_or("closed before it ended")?;
                self.closed = true;
            }
            _ => return Err("not of the run".into()),
        }
        Ok(())
    }

    fn begin_step(
        &mut self,
        plan: &Plan,
        step: &StepId,
        attempt: Attempt,
        at: Stamp,
        by: &Actor,
    ) -> Result<StepIx, String> {
        let ix = find(plan, step)?;
        let state = &mut self.steps[ix.0];
        if state.status.open() || state.status == StepStatus::Unknown {
            return Err(format!("{step} is {} already", state.status));
        }
        if attempt != state.attempt + 1 {
            return Err(format!(
                "attempt {attempt} of {step} after attempt {}",
                state.attempt
            ));
        }
        state.begin(attempt, at, by.clone());
        if let Work::Gate(gate) = &plan.step(ix).work {
            // A gate that opens again asks everything again: what was read for the former attempt is not read for this one.
            for criterion in gate.go.iter().chain(&gate.no_go) {
                let state = &mut self.steps[criterion.0];
                if state.status != StepStatus::NotYet && !state.status.open() {
                    state.status = StepStatus::NotYet;
                }
            }
        }
        Ok(ix)
    }

    /// The state of a step whose present attempt is this one and is under way.
    fn present(
        &mut self,
        plan: &Plan,
        step: &StepId,
        attempt: Attempt,
    ) -> Result<&mut crate::model::state::StepState, String> {
        let ix = find(plan, step)?;
        let state = &mut self.steps[ix.0];
        let under_way = state.status.open() || state.status == StepStatus::Unknown;
        if state.attempt != attempt || !under_way {
            return Err(format!("{step} is not at attempt {attempt}"));
        }
        Ok(state)
    }

    /// A by-hand step is settled when every item has its answer: `FAIL` if one failed, `n/a` if none applied.
    fn settle_answers(&mut self, plan: &Plan, ix: StepIx, at: Stamp) {
        let wanted = match &plan.step(ix).work {
            Work::Check(items) => items.len(),
            Work::Measure(_) | Work::Ask(_) => 1,
            Work::Run(_) | Work::Choose { .. } | Work::Wait(_) | Work::Gate(_) => return,
        };
        let takes = plan.step(ix).takes;
        let state = &mut self.steps[ix.0];
        if state.answers.len() < wanted {
            return;
        }
        let any = |answer: Answer| {
            state
                .answers
                .values()
                .any(|answered| answered.answer == answer)
        };
        let took = state.started.map(|started| at.since(started));
        let status = if any(Answer::Failed) {
            StepStatus::Failed
        } else if !any(Answer::Ok) {
            StepStatus::NotApplicable
        } else if takes.is_some_and(|takes| took > Some(takes)) {
            StepStatus::Late
        } else {
            StepStatus::Ok
        };
        state.took = took;
        state.end(status, at);
        self.mark_back(plan, ix);
    }

    /// When all undos of a step are done, the step is `back`.
    fn mark_back(&mut self, plan: &Plan, undo: StepIx) {
        let Place::Undo(owner) = plan.step(undo).place else {
            return;
        };
        let done = |step: &StepIx| {
            self.step(*step).status.passed() || self.step(*step).status == StepStatus::NotApplicable
        };
        if plan.step(owner).undo.iter().all(done) {
            self.steps[owner.0].status = StepStatus::Back;
        }
    }

    fn bind(&mut self, values: &[Bound]) {
        for bound in values {
            self.vars.insert(bound.name.0.clone(), bound.clone());
        }
    }

    fn say(&mut self, record: &Record, step: Option<StepIx>, word: &'static str, text: String) {
        self.log.push(Entry {
            seq: record.seq,
            at: record.at,
            step,
            word,
            text,
        });
    }
}

fn find(plan: &Plan, step: &StepId) -> Result<StepIx, String> {
    plan.find(step)
        .ok_or_else(|| format!("no step {step} in this runbook"))
}
