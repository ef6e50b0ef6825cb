//! One planned step: what it is, how dangerous, when, and what it owes.
#![allow(missing_docs, reason = "a variant says what its fields are")]

mod command;
mod work;

pub use command::{Background, Command, Program, Retry, Shell};
pub use work::{
    Callee, Choice, Condition, Evidence, Gate, Group, Hint, Item, Notice, Question, SignOff, Together, Within, Work,
};

use crate::model::ids::{LevelId, RoleId, StepId, StepIx};
use crate::model::plan::{Environment, EnvironmentKind};
use crate::model::watch::Outcome;
use crate::model::when::When;
use std::time::Duration;

/// What a step does to the world, in the author's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Reads only.
    Reads,
    /// Changes what can be changed back.
    Changes,
    /// Production, costs money, sends to people.
    Production,
    /// Cannot be taken back.
    Destroys,
}

impl Effect {
    /// The author's word: `reads`, `changes`, `production`, `destroys`.
    pub fn word(self) -> &'static str {
        match self {
            Effect::Reads => "reads",
            Effect::Changes => "changes",
            Effect::Production => "production",
            Effect::Destroys => "destroys",
        }
    }
}

/// How much is asked before a step starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// `r` runs.
    C0,
    /// `r`, then `y`.
    C1,
    /// `r`, then the step's number typed.
    C2,
    /// `r`, then the plan's phrase, a reason, a second person where the plan says so.
    C3,
}

impl Class {
    /// `C0` to `C3`.
    pub fn word(self) -> &'static str {
        match self {
            Class::C0 => "C0",
            Class::C1 => "C1",
            Class::C2 => "C2",
            Class::C3 => "C3",
        }
    }
}

/// How likely and how bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Low.
    Low,
    /// Medium: asks as for production.
    Medium,
    /// High.
    High,
}

impl Risk {
    /// `LOW`, `MEDIUM`, `HIGH`.
    pub fn word(self) -> &'static str {
        match self {
            Risk::Low => "LOW",
            Risk::Medium => "MEDIUM",
            Risk::High => "HIGH",
        }
    }
}

/// Whether a step may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// Not at all; only accepted by the decider after it failed.
    Never,
    /// With a reason (the default).
    WithReason,
    /// Freely.
    Free,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this phase.
    Phase(usize),
    /// In option `option` of the `choose` step.
    Choice { choose: StepIx, option: usize },
    /// A criterion of this gate.
    Criterion { gate: StepIx, side: Side },
    /// The way back of this step.
    Undo(StepIx),
    /// In this level.
    Level(usize),
    /// In this group: `steps:`, `parallel:`, or the checks of a monitor.
    Group(StepIx),
    /// In this procedure.
    Procedure(usize),
    /// In this horizon.
    Horizon(usize),
    /// Must be met before its owner begins.
    Requirement(Owner),
}

/// Whose requirement a criterion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The whole runbook's.
    Runbook,
    /// This phase's.
    Phase(usize),
    /// This step's.
    Step(StepIx),
    /// This level's; read before the first phase.
    Level(usize),
}

/// Which list of a gate a criterion stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// All of these must be met.
    Go,
    /// None of these may be.
    NoGo,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedStep {
    /// Its id: `switch`, `level-1.switch-back`.
    pub id: StepId,
    /// What screens and typed confirmations call it: `4b.1`, `L1.2`.
    pub number: String,
    /// What it is called; `${…}` filled in for people.
    pub title: String,
    /// Why, for people.
    pub why: Option<String>,
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub work: Work,
    /// The author's word.
    pub effect: Effect,
    /// Words to type for a step that destroys.
    pub phrase: Option<String>,
    /// What it changes, in words.
    pub changes: Option<String>,
    /// What is lost by it, in words.
    pub loses: Option<String>,
    /// How risky.
    pub risk: Option<Risk>,
    /// After it, levels that name it in `until` are no longer offered without an override.
    pub point_of_no_return: bool,
    /// Another person must be named.
    pub second_person: bool,
    /// Starts by itself when it is next (class C0 only).
    pub auto: bool,
    /// Earliest start.
    pub at: Option<When>,
    /// Planned length.
    pub takes: Option<Duration>,
    /// Whose it is.
    pub role: Option<RoleId>,
    /// All must hold.
    pub when: Vec<Condition>,
    /// Whether it may be left out.
    pub skip: Skip,
    /// A gate's GO cannot come without it.
    pub critical: bool,
    /// Steps owed from the moment this one starts.
    pub owes: Vec<StepIx>,
    /// Its own way back.
    pub undo: Vec<StepIx>,
    /// Where to read more.
    pub link: Option<String>,
    /// Where it acts, where that differs from the runbook's.
    pub environment: Option<Environment>,
    /// Whom to ask: a name of `contacts:`.
    pub contact: Option<String>,
    /// Known failures.
    pub hints: Vec<Hint>,
    /// Its effect must show so soon after another step.
    pub within: Option<Within>,
    /// What the plan proposes when it fails.
    pub if_fails: Option<Outcome>,
    /// Past it, it is late.
    pub by: Option<When>,
    /// A second attempt asks as a step that destroys does.
    pub once: bool,
    /// How long its evidence counts.
    pub fresh: Option<Duration>,
    /// The source said that it is done, without evidence.
    pub claim: Option<String>,
    /// From its start this level is the one that is needed.
    pub way_back: Option<LevelId>,
    /// Criteria that must be met before it begins.
    pub requires: Vec<StepIx>,
    /// Background steps that it ends.
    pub stops: Vec<StepId>,
}

impl PlannedStep {
    /// A step of which nothing but its names, place and work is said.
    pub fn new(id: StepId, number: String, title: String, place: Place, work: Work) -> Self {
        Self {
            id,
            number,
            title,
            why: None,
            place,
            work,
            effect: Effect::Changes,
            phrase: None,
            changes: None,
            loses: None,
            risk: None,
            point_of_no_return: false,
            second_person: false,
            auto: false,
            at: None,
            takes: None,
            role: None,
            when: Vec::new(),
            skip: Skip::WithReason,
            critical: false,
            owes: Vec::new(),
            undo: Vec::new(),
            link: None,
            environment: None,
            contact: None,
            hints: Vec::new(),
            within: None,
            if_fails: None,
            by: None,
            once: false,
            fresh: None,
            claim: None,
            way_back: None,
            requires: Vec::new(),
            stops: Vec::new(),
        }
    }

    /// How much is asked before it starts.
    pub fn class(&self) -> Class {
        let by_effect = match self.effect {
            Effect::Reads => Class::C0,
            Effect::Changes => Class::C1,
            Effect::Production => Class::C2,
            Effect::Destroys => Class::C3,
        };
        // A risky phase hands its risk on to steps that only read as well: those ask no more for it.
        let risky = self.risk >= Some(Risk::Medium) && self.effect > Effect::Reads;
        let by_risk = if risky { Class::C2 } else { Class::C0 };
        let by_border = if self.point_of_no_return { Class::C3 } else { Class::C0 };
        let production =
            self.environment.as_ref().is_some_and(|environment| environment.kind == EnvironmentKind::Production);
        let by_place = if production && self.effect > Effect::Reads { Class::C2 } else { Class::C0 };
        by_effect.max(by_risk).max(by_border).max(by_place)
    }

    /// Its command, where it has one.
    pub fn command(&self) -> Option<&Command> {
        match &self.work {
            Work::Run(command) => Some(command),
            Work::Notify(notice) => notice.via.as_deref(),
            Work::Check(_)
            | Work::Measure(_)
            | Work::Ask(_)
            | Work::Choose { .. }
            | Work::Wait(_)
            | Work::Gate(_)
            | Work::Monitor(_)
            | Work::Sign(_)
            | Work::Call(_)
            | Work::Group(_)
            | Work::Evidence(_) => None,
        }
    }

    /// What is typed to start it at class C3: its phrase, else its number.
    pub fn phrase(&self) -> &str {
        self.phrase.as_deref().unwrap_or(&self.number)
    }
}
