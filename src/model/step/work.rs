//! What a step is: exactly one kind of work, and what each kind holds.
//!
//! Whoever adds a kind is led by the compiler to all that must know it: no match on `Work` may pass over one by chance.
#![allow(missing_docs, reason = "a variant says what its fields are")]

use super::{Command, Effect};
use crate::model::expect::Expect;
use crate::model::ids::{LevelId, MessageId, ProbeId, ProcedureId, RiskId, RoleId, StepId, StepIx, VarName};
use crate::model::watch::{Monitor, Outcome};
use crate::model::when::When;
use std::time::Duration;

/// One statement to check by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The statement.
    pub text: String,
    /// What was seen must be typed, and satisfies this where given.
    pub expect: Option<Expect>,
    /// What was seen must be typed even without an `expect`.
    pub evidence: bool,
    /// A question without a number: a named person says what was seen and whether it is normal.
    pub judged: bool,
    /// Whose it is.
    pub role: Option<RoleId>,
    /// Ticked in the source, without evidence: counts as open until it is read again.
    pub claim: Option<String>,
    /// Where to read more.
    pub link: Option<String>,
}

impl Item {
    /// A statement of which nothing more is said.
    pub fn new(text: String) -> Self {
        Self { text, expect: None, evidence: false, judged: false, role: None, claim: None, link: None }
    }
}

/// A value to read off or to type in.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is asked.
    pub text: String,
    /// What the value must satisfy.
    pub expect: Option<Expect>,
    /// `of: 20`: `19` and `19/20` both answer.
    pub out_of: Option<u64>,
    /// Where the value is kept.
    pub into: Option<VarName>,
    /// Hidden while typed, never stored.
    pub secret: bool,
}

/// One way in a `choose`.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its id, unique in its step.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Its steps.
    pub steps: Vec<StepIx>,
    /// Why one would take it.
    pub why: Option<String>,
    /// How long it takes.
    pub takes: Option<Duration>,
    /// What is lost by it.
    pub loses: Option<String>,
    /// How dangerous it is as a whole, in the author's word.
    pub effect: Option<Effect>,
    /// What the plan says to do after it.
    pub then: Option<Outcome>,
}

impl Choice {
    /// An option of which nothing but its names and steps is said.
    pub fn new(id: String, title: String, steps: Vec<StepIx>) -> Self {
        Self { id, title, steps, why: None, takes: None, loses: None, effect: None, then: None }
    }
}

/// How the steps of a group go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// One after another, each begun by itself: only a title over them.
    InOrder,
    /// One card for all; then one after another by themselves, up to the first that fails.
    OneCard,
    /// All at once.
    AtOnce,
}

impl Together {
    /// The author's word: `steps`, `together`, `parallel`.
    pub fn word(self) -> &'static str {
        match self {
            Together::InOrder => "steps",
            Together::OneCard => "together",
            Together::AtOnce => "parallel",
        }
    }
}

/// Steps under one title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// How they go together.
    pub how: Together,
    /// Its steps in order.
    pub steps: Vec<StepIx>,
}

/// What a `call` goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A procedure.
    Procedure(ProcedureId),
    /// A level's steps.
    Level(LevelId),
}

/// A sign-off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOff {
    /// What is signed.
    pub text: String,
    /// What it states, line by line.
    pub statements: Vec<String>,
    /// Who may sign.
    pub roles: Vec<RoleId>,
    /// How many of them must; all of them where not said.
    pub count: usize,
    /// One person may sign for two roles.
    pub same_person: bool,
}

/// A message that is said.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Which message.
    pub message: MessageId,
    /// The command that sends it, where one does: the step's own, else the message's.
    pub via: Option<Box<Command>>,
    /// Who gets it, where the step says so.
    pub to: Option<String>,
}

/// What a criterion stands on when nobody has to read it anew.
#[derive(Clone, Debug, PartialEq)]
pub enum Evidence {
    /// That step is ok and not older than `fresh`.
    Step(StepId),
    /// That risk is closed.
    Risk(RiskId),
    /// The last reading of that probe, judged by this.
    Signal { probe: ProbeId, expect: Box<Expect> },
}

/// What is known about a failure before it happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// What the output looks like then.
    pub when: Expect,
    /// What is probably wrong, and what to do.
    pub say: String,
    /// What the plan proposes.
    pub then: Option<Outcome>,
}

/// A stopwatch that starts at another step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Within {
    /// From the end of this step.
    pub of: StepId,
    /// So long.
    pub limit: Duration,
}

/// A go/no-go decision over criteria, polled by role.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// What is decided.
    pub text: String,
    /// All must be met; critical ones first.
    pub go: Vec<StepIx>,
    /// None may be.
    pub no_go: Vec<StepIx>,
    /// Roles that say GO or NO-GO.
    pub poll: Vec<RoleId>,
    /// What NO-GO proposes.
    pub otherwise: Outcome,
}

/// What a step is: exactly one of these.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// A command.
    Run(Box<Command>),
    /// Statements to check by hand; a `confirm` is a checklist of one.
    Check(Vec<Item>),
    /// A value read off and judged.
    Measure(Question),
    /// A value typed in and kept.
    Ask(Question),
    /// One of several ways.
    Choose { text: String, options: Vec<Choice> },
    /// A countdown.
    Wait(When),
    /// Go/no-go.
    Gate(Gate),
    /// Looking on for a time.
    Monitor(Box<Monitor>),
    /// A sign-off.
    Sign(SignOff),
    /// A message said.
    Notify(Notice),
    /// The steps of a procedure, or of a level.
    Call(Callee),
    /// Steps under one title.
    Group(Group),
    /// A criterion that stands on what is known already.
    Evidence(Evidence),
}

impl Work {
    /// What kind of step it is, as runbooks, plans and reports call it: `run`, `gate`, `parallel`.
    pub fn word(&self) -> &'static str {
        match self {
            Work::Run(_) => "run",
            Work::Check(_) => "check",
            Work::Measure(_) => "measure",
            Work::Ask(_) => "ask",
            Work::Choose { .. } => "choose",
            Work::Wait(_) => "wait",
            Work::Gate(_) => "gate",
            Work::Monitor(_) => "monitor",
            Work::Sign(_) => "sign",
            Work::Notify(_) => "notify",
            Work::Call(_) => "call",
            Work::Group(group) => group.how.word(),
            Work::Evidence(_) => "evidence",
        }
    }
}

/// A condition of `when:`: all must hold, else the step is `n/a`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The variable.
    pub var: VarName,
    /// `value`, `!= value`, `matches RE` or a comparison, as written.
    pub is: String,
}
