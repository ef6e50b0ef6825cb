//! One planned step: what it is, how dangerous, when, and what it owes.
#![allow(missing_docs, reason = "a variant says what its fields are")]

use crate::model::expect::{Capture, Expect};
use crate::model::ids::{LevelId, MessageId, ProbeId, ProcedureId, RiskId, RoleId, StepId, StepIx, TargetId, VarName};
use crate::model::plan::{Environment, EnvironmentKind};
use crate::model::watch::{Monitor, Outcome};
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

/// Which shell reads a command text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// `bash --noprofile --norc -euo pipefail -c`.
    Bash,
    /// `sh -eu -c`.
    Sh,
}

impl Shell {
    /// The program's name.
    pub fn program(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Sh => "sh",
        }
    }
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A text that a shell reads; variables reach it as environment.
    Text { shell: Shell, strict: bool, text: String },
    /// Arguments, no shell; `${…}` filled in inside each.
    Argv(Vec<String>),
}

/// How often a failed command is tried again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Tries in all, the first included.
    pub times: u32,
    /// Time between the end of one and the start of the next.
    pub every: Duration,
}

/// A command and how it is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// What runs.
    pub program: Program,
    /// What must come of it.
    pub expect: Expect,
    /// For a criterion on the NO-GO side: what means that it holds.
    pub trip: Option<Expect>,
    /// What is kept of its output.
    pub capture: Vec<(VarName, Capture)>,
    /// Tried again by itself.
    pub retry: Option<Retry>,
    /// Hard limit for one attempt.
    pub timeout: Option<Duration>,
    /// Text for its standard input, `${…}` filled in; `/dev/null` without one.
    pub stdin: Option<String>,
    /// Working directory, `${…}` filled in; else the runbook's folder.
    pub cwd: Option<String>,
    /// More environment, `${…}` filled in.
    pub env: Vec<(String, String)>,
    /// Output as it should look.
    pub example: Option<String>,
    /// Where it runs; `None` for this machine.
    pub target: Option<TargetId>,
    /// It gets a terminal of its own.
    pub tty: bool,
    /// It ends by time after so long, and that is success.
    pub lasts: Option<Duration>,
    /// It runs on beside later steps.
    pub background: Option<Background>,
    /// A variable that holds a connection URL: it reaches the command as `PGHOST`, `PGUSER` and so on.
    pub connect: Option<VarName>,
    /// `output: private`: of what it prints nothing is kept but its length.
    pub private: bool,
}

/// How a command runs on beside later steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Background {
    /// What it must have printed before the next step may start.
    pub ready: Option<Expect>,
}

impl Command {
    /// A command of which nothing but its program is said.
    pub fn new(program: Program) -> Self {
        Self {
            program,
            expect: Expect::default(),
            trip: None,
            capture: Vec::new(),
            retry: None,
            timeout: None,
            stdin: None,
            cwd: None,
            env: Vec::new(),
            example: None,
            target: None,
            tty: false,
            lasts: None,
            background: None,
            connect: None,
            private: false,
        }
    }
}

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

/// A condition of `when:`: all must hold, else the step is `n/a`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The variable.
    pub var: VarName,
    /// `value`, `!= value`, `matches RE` or a comparison, as written.
    pub is: String,
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
