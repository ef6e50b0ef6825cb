//! A run in other hands: who conducts each part, and what a new operator has not taken over yet.
//!
//! Who begins each part stands in its first, signed text. Where another person than before takes a run up, nothing of it goes on
//! before that person gave a name and a reason, and nothing forward before the GO decisions of others were acknowledged. Pure;
//! read by `decide`, `follow`, the screens and the reports.

use super::RunState;
use crate::model::event::Vote;
use crate::model::ids::{Seq, StepIx};
use crate::model::plan::Plan;
use crate::model::signed::SignedText;
use crate::model::state::StepStatus;
use crate::model::step::Work;
use crate::model::time::Stamp;

/// Who began a part, as its signed text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The part's first record.
    pub since: Seq,
    /// The name.
    pub name: String,
    /// `SHA256:…` of the key; none for a part that is unsigned.
    pub key: Option<String>,
    /// User id of the conductor, as written.
    pub uid: String,
    /// OS user of the conductor.
    pub user: String,
    /// Its host.
    pub host: String,
    /// An answers file spoke.
    pub unattended: bool,
}

impl Operator {
    /// Reads who begins a part from the text of a genesis or a resume.
    pub fn read(text: &SignedText, since: Seq) -> Self {
        let get = |key: &str| text.get(key).unwrap_or_default().to_owned();
        Self {
            since,
            name: get("operator"),
            key: text.get("key").map(str::to_owned),
            uid: get("uid"),
            user: get("user"),
            host: get("host"),
            unattended: text.get("mode") == Some("unattended"),
        }
    }

    /// What is other than in `before`, in words; nothing where it is the same operator. Names count between parts at which somebody
    /// was: the name in an answers file is nobody's.
    pub fn other_than(&self, before: &Self) -> Vec<&'static str> {
        let named = !self.unattended && !before.unattended;
        let found = [
            (self.key != before.key, "key"),
            (self.uid != before.uid, "user id"),
            (self.host != before.host, "host"),
            (named && self.name != before.name, "name"),
        ];
        found.into_iter().filter(|(other, _)| *other).map(|(_, what)| what).collect()
    }

    /// Whether it can be told to be the same operator where a runbook says `resume: same-operator`: the same key, and where no
    /// key signs, the same user on the same host.
    pub fn is_surely(&self, before: &Self) -> bool {
        self.key == before.key && (self.key.is_some() || (self.uid == before.uid && self.host == before.host))
    }

    /// `maya (maya@build1, SHA256:…)`.
    pub fn shown(&self) -> String {
        let key = self.key.as_deref().unwrap_or("no key");
        format!("{} ({}@{}, {key})", self.name, self.user, self.host)
    }
}

/// A run that another operator took up and did not take over yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    /// Who conducted it before.
    pub from: Operator,
    /// Who took it up.
    pub to: Operator,
    /// When.
    pub at: Stamp,
}

impl RunState {
    /// GO decisions of somebody else that the present operator has not acknowledged, and that what comes next rests on: none once
    /// the run goes back or is at its end.
    pub fn old_decisions(&self) -> Vec<StepIx> {
        if self.rollback.is_some() || self.aborted.is_some() || self.ended.is_some() {
            return Vec::new();
        }
        self.inherited.iter().copied().filter(|ix| self.step(*ix).status.passed()).collect()
    }

    /// GO decisions that hold and that another operator than `to` was there for.
    pub(crate) fn decided_before(&self, to: &Operator) -> Vec<StepIx> {
        let operators = self.facts.as_ref().map(|facts| facts.operators.as_slice()).unwrap_or_default();
        let of_another = |seq: Seq| {
            let was = operators.iter().rev().find(|operator| operator.since <= seq);
            was.is_none_or(|was| !to.other_than(was).is_empty())
        };
        let holds = |ix: &StepIx| self.step(*ix).status.passed();
        self.decided.iter().filter(|(_, (seq, _))| of_another(*seq)).map(|(ix, _)| *ix).filter(holds).collect()
    }

    /// What stands open as a run changes hands, a line each: what nobody knows, what is under way, what is owed, what trips.
    pub fn left_open(&self, plan: &Plan) -> Vec<String> {
        let named = |ix: StepIx| format!("{} {}", plan.step(ix).number, self.fill(&plan.step(ix).title));
        let mut points = Vec::new();
        for ix in (0..plan.steps.len()).map(StepIx) {
            match self.step(ix).status {
                StepStatus::Unknown => points.push(format!("?     {}: nobody knows whether it finished", named(ix))),
                StepStatus::Running => points.push(format!("RUN   {}", named(ix))),
                StepStatus::You => points.push(format!("you   {}: under way, by hand", named(ix))),
                StepStatus::Failed | StepStatus::TimedOut | StepStatus::Stopped => {
                    points.push(format!("{:<5} {}", self.step(ix).status.word(), named(ix)));
                }
                StepStatus::NotYet
                | StepStatus::Ok
                | StepStatus::Late
                | StepStatus::Skipped
                | StepStatus::NotApplicable
                | StepStatus::Hand
                | StepStatus::Over
                | StepStatus::Back
                | StepStatus::Old
                | StepStatus::Claim => {}
            }
        }
        points.extend(self.owing(plan).into_iter().map(|ix| format!("owed  {}", named(ix))));
        let tripped = (0..self.triggers.len()).filter(|ix| self.triggers[*ix].tripped.is_some());
        points.extend(tripped.map(|ix| format!("trip  {}: tripped", plan.triggers[ix].id)));
        points.extend(self.hold.as_ref().map(|hold| format!("held  by {}: {}", hold.by.shown(), hold.reason)));
        let back = self.rollback.as_ref().filter(|back| back.ended.is_none());
        points.extend(back.map(|back| format!("back  {} is under way: {}", plan.level(back.level).id, back.reason)));
        points
    }

    /// Who decided what, a line each, in the order of the records; of these only, where any are named.
    pub fn decisions(&self, plan: &Plan, only: Option<&[StepIx]>) -> Vec<String> {
        let mut held: Vec<_> = self.decided.iter().filter(|(ix, _)| self.step(**ix).status.passed()).collect();
        held.retain(|(ix, _)| only.is_none_or(|only| only.contains(ix)));
        held.sort_by_key(|(_, (seq, _))| *seq);
        let line = |ix: StepIx, seq: Seq, by: &str| {
            let (step, own) = (plan.step(ix), self.step(ix));
            let anyway = if own.status == StepStatus::Over { "GO ANYWAY" } else { "GO" };
            let why = own.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            let at = own.ended.and_then(|at| crate::model::schedule::format_wall(at.wall, &self.zone, Some("%H:%M")));
            let at = at.map(|at| format!(" at {at}")).unwrap_or_default();
            format!("{anyway}  {} {}, by {by}{at} (record {seq}){why}", step.number, self.fill(&step.title))
        };
        held.into_iter().map(|(ix, (seq, by))| line(*ix, *seq, &by.shown())).collect()
    }

    /// Takes the words that people said at open gates by nothing but a name: whoever asked for them is gone. What a key signed
    /// stays, since it commits to what was asked.
    pub(super) fn void_spoken_votes(&mut self, plan: &Plan) {
        for (at, own) in self.steps.iter_mut().enumerate() {
            if own.status == StepStatus::You && matches!(plan.steps[at].work, Work::Gate(_)) {
                let by_key = |(_, by): &(Vote, crate::model::actor::Actor)| {
                    matches!(by.known, crate::model::actor::Known::Signed)
                };
                own.votes.retain(|_, vote| by_key(vote));
            }
        }
    }
}
