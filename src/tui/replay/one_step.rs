//! The course of one step: when each attempt of it was under way, for a track that shows nothing else.

use crate::feed::replay::Known;
use crate::model::ids::StepIx;

/// A step and when it was under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneStep {
    /// Which.
    pub step: StepIx,
    /// From when to when, in the run's own time, an attempt each.
    pub spans: Vec<(u64, u64)>,
}

impl OneStep {
    /// What the log of the run tells of it.
    pub fn of(step: StepIx, known: &Known) -> Self {
        let mut spans: Vec<(u64, u64)> = Vec::new();
        let mut open = false;
        for entry in known.log().iter().filter(|entry| entry.step == Some(step)) {
            let at = known.lived_at(entry.at.wall);
            let (begins, ends) = (BEGINS.contains(&entry.word), ENDS.contains(&entry.word));
            match spans.last_mut() {
                Some((_, to)) if open => *to = at,
                _ if begins || ends => spans.push((at, at)),
                _ => {}
            }
            open = (open || begins) && !ends;
        }
        let under_way = known.end.step(step).status.open();
        if let Some((_, to)) = spans.last_mut().filter(|_| under_way) {
            *to = known.end.lived;
        }
        Self { step, spans }
    }
}

/// Words of the log by which an attempt begins, and by which one ends; others are of something that only stands at this step.
const BEGINS: [&str; 2] = ["RUN", "you"];
const ENDS: [&str; 10] = ["ok", "late", "FAIL", "time", "stop", "skip", "n/a", "hand", "over", "?"];
