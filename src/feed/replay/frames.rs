//! States of a run at intervals, and where the journal goes on behind each.
//!
//! Neighbours share what did not change between them: the log, steps, probes. Where that is still more memory than is allowed,
//! every second one is dropped and later ones stand twice as far apart. Nothing of it is kept on disk, so nothing has to be
//! trusted. Filled by `indexer`, read by `cursor`.

use crate::journal::reader::Tail;
use crate::model::ids::Seq;
use crate::model::state::{Log, ProbeState, RunState, Sample, StepState};
use std::mem::size_of;
use std::sync::Arc;

/// How states are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measures {
    /// Records between two states, to begin with.
    pub apart: u64,
    /// What all states together may take, roughly, in bytes.
    pub room: usize,
}

impl Default for Measures {
    fn default() -> Self {
        Self { apart: 1024, room: 40 << 20 }
    }
}

/// One state, without what it shares.
pub(super) struct Frame {
    pub seq: Seq,
    pub lived: u64,
    pub wall: i64,
    /// Where the journal goes on.
    pub tail: Tail,
    lines: usize,
    steps: Vec<Arc<StepState>>,
    probes: Vec<Arc<ProbeState>>,
    rest: Box<RunState>,
    /// What it takes beyond what it shares with the one before it.
    weight: usize,
}

/// States in order.
pub(super) struct Frames {
    all: Vec<Frame>,
    measures: Measures,
    weight: usize,
}

impl Frames {
    /// None yet.
    pub fn kept_by(measures: Measures) -> Self {
        Self { all: Vec::new(), measures, weight: 0 }
    }

    /// Whether a state is wanted behind this record.
    pub fn wants(&self, seq: Seq) -> bool {
        seq.0 >= self.all.last().map_or(0, |last| last.seq.0) + self.measures.apart
    }

    /// Keeps a state.
    pub fn keep(&mut self, state: &RunState, tail: Tail) {
        let frame = Frame::of(state, tail, self.all.last());
        self.weight += frame.weight;
        self.all.push(frame);
        while self.weight > self.measures.room && self.all.len() > 8 {
            self.thin();
        }
    }

    /// Drops every second state.
    fn thin(&mut self) {
        let mut at = 0;
        self.all.retain(|_| {
            at += 1;
            at % 2 == 0
        });
        self.measures.apart *= 2;
        // What a dropped one shared with the next is still held by that: this is an upper bound, corrected as they grow.
        self.weight = self.all.iter().map(|frame| frame.weight).sum();
    }

    /// The last one for which this holds of it and of all before it.
    pub fn last_where(&self, holds: impl Fn(&Frame) -> bool) -> Option<&Frame> {
        self.all.get(self.all.partition_point(holds).checked_sub(1)?)
    }
}

impl Frame {
    fn of(state: &RunState, tail: Tail, before: Option<&Frame>) -> Self {
        let mut weight = size_of::<Self>() + size_of::<RunState>() + 4096 + state.signatures.len() * 2048;
        let kept = |at: usize| before.and_then(|before| before.steps.get(at));
        let mut steps = Vec::with_capacity(state.steps.len());
        for (at, step) in state.steps.iter().enumerate() {
            steps.push(match kept(at).filter(|kept| kept.as_ref() == step) {
                Some(kept) => Arc::clone(kept),
                None => {
                    weight += weight_of(step);
                    Arc::new(step.clone())
                }
            });
        }
        let kept = |at: usize| before.and_then(|before| before.probes.get(at));
        let mut probes = Vec::with_capacity(state.probes.len());
        for (at, probe) in state.probes.iter().enumerate() {
            probes.push(match kept(at).filter(|kept| kept.count == probe.count && kept.as_ref() == probe) {
                Some(kept) => Arc::clone(kept),
                None => {
                    weight += size_of::<ProbeState>() + probe.samples.len() * (size_of::<Sample>() + 96);
                    Arc::new(probe.clone())
                }
            });
        }
        weight += (steps.len() + probes.len()) * size_of::<usize>();
        let rest = Box::new(bare(state));
        let (seq, lived, wall) = (state.last, state.lived, state.at.wall);
        Self { seq, lived, wall, tail, lines: state.log.len(), steps, probes, rest, weight }
    }

    /// The state again, with the lines of the log that were there then.
    pub fn state(&self, log: &Log) -> RunState {
        RunState {
            steps: self.steps.iter().map(|step| step.as_ref().clone()).collect(),
            probes: self.probes.iter().map(|probe| probe.as_ref().clone()).collect(),
            log: log.beginning(self.lines),
            ..self.rest.as_ref().clone()
        }
    }
}

fn weight_of(step: &StepState) -> usize {
    let checks = step.checks.len() + step.past.iter().map(|past| past.checks.len() + 1).sum::<usize>();
    size_of::<StepState>() + 256 + 192 * (checks + step.answers.len() + step.signed.len() + step.holders.len())
}

/// All of a state but what is kept apart. Written out, so that nothing large is copied only to be dropped.
fn bare(state: &RunState) -> RunState {
    RunState {
        facts: state.facts.clone(),
        t0: state.t0,
        zone: state.zone.clone(),
        hard_stop: state.hard_stop,
        started: state.started,
        steps: Vec::new(),
        vars: state.vars.clone(),
        vars_bound: state.vars_bound.clone(),
        hold: state.hold.clone(),
        held: state.held,
        rollback: state.rollback.clone(),
        aborted: state.aborted.clone(),
        ended: state.ended,
        closed: state.closed,
        paused: state.paused,
        probes: Vec::new(),
        triggers: state.triggers.clone(),
        calls: state.calls.clone(),
        rounds: state.rounds.clone(),
        levels_taken: state.levels_taken.clone(),
        barriers: state.barriers.clone(),
        signatures: state.signatures.clone(),
        prefix_wanted: state.prefix_wanted.clone(),
        handover: state.handover.clone(),
        decided: state.decided.clone(),
        inherited: state.inherited.clone(),
        amendments: state.amendments.clone(),
        in_force: state.in_force.clone(),
        risks_closed: state.risks_closed.clone(),
        warned: state.warned.clone(),
        seen_phases: state.seen_phases.clone(),
        clients: state.clients.clone(),
        driver: state.driver,
        log: Log::default(),
        last: state.last,
        at: state.at,
        lived: state.lived,
        meter: state.meter,
        metered: state.metered.clone(),
        checkpoints: state.checkpoints,
    }
}
