//! The report from what a pass kept and the state that it came to.
//!
//! Pure. The rows of phases and steps, what is open, what shows only at the end: late, over its time, behind the plan. What lies
//! outside the records (the verification, the seal, the outputs' bytes) is handed in. `commands` calls it once.

use super::deviations_at_end;
use super::people::gate;
use super::rows;
use super::take::{Taken, known};
use super::value::{Amended, Banner, Broken, Open, Output, Report, Run, Totals, Value, Verification, WayBack};
use crate::model::amend::{Amendment, counted};
use crate::model::ids::StepIx;
use crate::model::schedule;
use crate::model::signed::Realm;
use crate::model::state::{RunFacts, RunStatus, StepStatus};
use crate::model::step::{Effect, Work};

/// The version of the value that is written as JSON.
const FORMAT: &str = "1.0";

/// What is not in the records.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// What a verification said, now.
    pub verification: Verification,
    /// What was amended after the seal, as far as it counts.
    pub amendments: Vec<super::value::Amendment>,
    /// Whether the run directory has a seal.
    pub sealed: bool,
    /// Where the run directory is.
    pub dir: String,
    /// A conductor is at work.
    pub live: bool,
}

impl Taken {
    /// The report.
    pub fn finish(mut self, outside: Outside, outputs: Vec<Output>) -> Report {
        let mut verification = outside.verification.clone();
        if let (None, Some((record, why))) = (&verification.broken, &self.illegal) {
            verification.broken = Some(Broken { record: *record, why: why.clone() });
        }
        let path = rows::path(&self);
        let steps = rows::steps(&self, &path);
        deviations_at_end::add(&mut self, &steps);
        self.measure_ways_back();
        self.open_gates();
        let run = self.run(&outside);
        let totals = self.totals(&outputs);
        let mut banners = banners(&run, &verification, outside.live);
        banners.extend(self.unsigned_since(outside.sealed));
        let open = self.open();
        let values = self.state.vars.iter().map(|(name, bound)| Value {
            name: name.clone(),
            value: bound.value.clone(),
            secret: bound.hash.is_some() || self.plan.is_secret(name),
        });
        Report {
            report: FORMAT.into(),
            tool: concat!("tminus ", env!("CARGO_PKG_VERSION")).into(),
            banners,
            verification,
            totals,
            open,
            values: values.collect(),
            phases: rows::phases(&self),
            run,
            steps,
            outputs,
            deviations: self.deviations,
            ways_back: self.ways_back,
            decisions: self.decisions,
            gates: self.gates,
            signoffs: self.signoffs,
            triggers: self.triggers,
            messages: self.messages,
            notes: self.notes,
            course: self.course,
            redacted: Vec::new(),
            amendments: outside.amendments,
        }
    }

    /// Acts of weight that the operator's key did not sign, where no seal signed all of it.
    fn unsigned_since(&self, sealed: bool) -> Option<Banner> {
        let oldest = self.state.barriers.oldest().filter(|_| !sealed)?;
        let at = schedule::format_wall(oldest.at.wall, &self.state.zone, Some("%H:%M"))?;
        let text = format!("since {at} (record {}) no key of the operator signed what was done.", oldest.seq);
        Some(Banner { word: "UNSIGNED SINCE".into(), text, tone: "warn".into() })
    }

    fn run(&self, outside: &Outside) -> Run {
        let state = &self.state;
        let facts = state.facts.clone();
        let of = |pick: fn(&RunFacts) -> &str| facts.as_ref().map(|facts| pick(facts).to_owned()).unwrap_or_default();
        let rolled = state.rollback.as_ref().map(|back| back.reason.clone());
        Run {
            id: of(|facts| facts.run.as_str()),
            number: of(|facts| facts.run.short()),
            kind: of(|facts| facts.realm.word()),
            title: state.fill(&self.plan.title),
            summary: self.plan.summary.as_ref().map(|summary| state.fill(summary)),
            environment: self.plan.environment.name.clone(),
            environment_kind: self.plan.environment.kind.word().into(),
            runbook: of(|facts| &facts.runbook),
            runbook_sha256: of(|facts| &facts.runbook_sha256),
            operator: of(|facts| &facts.operator),
            unattended: facts.as_ref().is_some_and(|facts| facts.unattended),
            host: of(|facts| &facts.host),
            user: of(|facts| &facts.user),
            key_origin: of(|facts| &facts.key_origin),
            beacon: of(|facts| &facts.beacon),
            keys: facts.as_ref().map(|facts| facts.operator_keys.clone()).unwrap_or_default(),
            dir: outside.dir.clone(),
            zone: state.zone.clone(),
            t0: state.t0,
            hard_stop: state.hard_stop,
            began: self.began,
            started: state.started.map(|at| at.wall),
            started_by: self.started_by.clone(),
            ended: self.ended.as_ref().map(|(at, _)| *at),
            ended_by: self.ended.as_ref().map(|(_, by)| by.clone()),
            last: state.at.wall,
            state: state.status().word().into(),
            reason: state.aborted.clone().or(rolled).filter(|reason| !reason.is_empty()),
            sealed: outside.sealed,
            records: self.records,
            resumes: self.resumes,
            amended: state.amendments.iter().map(amended).collect(),
        }
    }

    fn totals(&self, outputs: &[Output]) -> Totals {
        let state = &self.state;
        let progress = state.progress_of_run(&self.plan);
        let attempts = || self.attempts.values().flatten();
        let bad = [StepStatus::Failed, StepStatus::TimedOut, StepStatus::Stopped].map(StepStatus::word);
        let spent = state.started.map(|_| state.spent(&self.plan, state.at)).unwrap_or_default();
        Totals {
            steps: progress.total as u64,
            done: progress.done as u64,
            unchecked: progress.unchecked as u64,
            skipped: progress.skipped as u64,
            attempts: attempts().count() as u64,
            failed_attempts: attempts().filter(|own| bad.contains(&own.status.as_str())).count() as u64,
            outputs: outputs.len() as u64,
            output_bytes: attempts().map(|own| own.bytes).sum(),
            secrets_masked: attempts().map(|own| own.masked).sum(),
            elapsed_us: crate::model::time::micros(spent.total()),
            held_us: state.held,
            slip_us: deviations_at_end::slip(self),
            whose: rows::parts(&spent),
        }
    }

    /// When each way back came through, and how much of it.
    fn measure_ways_back(&mut self) {
        let Some(taken) = self.state.rollback.clone() else { return };
        let end = |ix: &StepIx| self.state.step(*ix).ended.map(|at| at.wall).filter(|at| *at >= taken.since.wall);
        // What only looks comes after the last act and verifies it; where all of it only looks, that is the act.
        let acts = taken.path.iter().filter(|ix| self.plan.step(**ix).effect > Effect::Reads);
        let last = acts.filter_map(end).max().or_else(|| taken.path.iter().filter_map(end).max());
        let done = taken.path.iter().filter(|ix| self.state.step(**ix).status.settled()).count() as u64;
        if let Some(own) = self.ways_back.last_mut() {
            *own = WayBack { last_act: last, done, ..own.clone() };
        }
    }

    /// Gates that were opened and not decided.
    fn open_gates(&mut self) {
        for (at, step) in self.plan.steps.iter().enumerate() {
            let ix = StepIx(at);
            let open = matches!(step.work, Work::Gate(_)) && self.state.step(ix).status.open();
            if open {
                self.gates.push(gate(&self.plan, &self.state, ix));
            }
        }
    }

    fn open(&self) -> Vec<Open> {
        let state = &self.state;
        let mut open = Vec::new();
        let mut say = |kind: &str, ix: Option<StepIx>, text: String| {
            let (step, number) = self.names(ix);
            open.push(Open { kind: kind.into(), step, number, text });
        };
        for ix in state.owing(&self.plan) {
            say("owed", Some(ix), self.title(ix));
        }
        for (at, own) in state.steps.iter().enumerate() {
            if own.is_orphan() || own.status == StepStatus::Unknown {
                say("unknown", Some(StepIx(at)), format!("nobody knows how it came out: {}", self.title(StepIx(at))));
            }
        }
        for ix in state.open() {
            if matches!(self.plan.step(ix).work, Work::Gate(_)) {
                state.open_points(&self.plan, ix).into_iter().for_each(|point| say("gate", Some(ix), point));
            }
        }
        for risk in state.open_blockers(&self.plan) {
            let risk = &self.plan.risks[risk];
            say("risk", None, format!("{} is open: {}", risk.id, state.fill(&risk.title)));
        }
        for (ix, trigger) in state.triggers.iter().enumerate() {
            if trigger.tripped.is_some() && trigger.went_on.is_none() && !trigger.answered {
                say("trigger", None, format!("{} tripped and nobody answered it", self.plan.triggers[ix].id));
            }
        }
        let left = rows::never_done(self);
        if left > 0 {
            let what = if left == 1 { "step was" } else { "steps were" };
            say("not done", None, format!("{left} {what} not done"));
        }
        open
    }
}

fn banners(run: &Run, verification: &Verification, live: bool) -> Vec<Banner> {
    let mut banners = Vec::new();
    let mut say = |tone: &str, word: &str, text: String| {
        banners.push(Banner { word: word.into(), text, tone: tone.into() });
    };
    if let Some(broken) = &verification.broken {
        let text = format!(
            "the journal does not hold from record {} on: {}. This report ends before it.",
            broken.record, broken.why
        );
        say("bad", "BROKEN", text);
    } else if verification.verdict == "tampered" {
        let why = verification.problems.first().cloned().unwrap_or_default();
        say("bad", "TAMPERED", format!("what is on disk is not what was recorded: {why}"));
    }
    if run.kind == Realm::Drill.word() {
        say("warn", "DRILL", "a rehearsal: examples were played, nothing was executed.".into());
    }
    match run.key_origin.as_str() {
        "none" | "" => say("bad", "UNSIGNED", "no person's key signed this run.".into()),
        "self-made" => {
            say("warn", "SELF-MADE KEY", "tminus made the key that signed it; nobody else vouches for it.".into());
        }
        _a_person_s_key => {}
    }
    if run.ended.is_none() {
        let now = if live { "a conductor is at work" } else { "no conductor is at work" };
        say("warn", "NOT ENDED", format!("the run is {}; {now}.", run.state));
    } else if !run.sealed {
        say("warn", "NOT SEALED", "files could be added or cut off without a trace.".into());
    }
    banners
}

/// Whether a state is an end.
pub(super) fn is_end(status: RunStatus) -> bool {
    match status {
        RunStatus::Completed | RunStatus::RolledBack | RunStatus::Aborted | RunStatus::Failed => true,
        RunStatus::Preparing
        | RunStatus::Running
        | RunStatus::Waiting
        | RunStatus::Held
        | RunStatus::RollingBack
        | RunStatus::Unknown
        | RunStatus::Paused => false,
    }
}

fn amended(amendment: &Amendment) -> Amended {
    Amended {
        record: amendment.seq.0,
        at: amendment.at.wall,
        file: amendment.file.clone(),
        from: amendment.from.clone(),
        to: amendment.to.clone(),
        steps: counted(amendment.steps),
        reason: amendment.reason.clone(),
        name: amendment.name.clone(),
        second: amendment.second.clone(),
        by: known(&amendment.by),
    }
}
