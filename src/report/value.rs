//! A report as a value: what every format is written from, and what `--format json` is.
//!
//! Plain texts and whole numbers only, so that it can be written as JSON, masked text by text and read back. Texts of the run
//! stand here as they are; each format makes them harmless in its own way. `take` makes it, `docs/reports.md` has every field.
#![allow(missing_docs, reason = "docs/reports.md has every field; the names are those of the JSON")]

use serde::{Deserialize, Serialize};

/// Unix microseconds.
pub type Instant = i64;

/// Everything that is reported of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub report: String,
    pub tool: String,
    pub banners: Vec<Banner>,
    pub run: Run,
    pub verification: Verification,
    pub totals: Totals,
    pub deviations: Vec<Deviation>,
    pub open: Vec<Open>,
    pub ways_back: Vec<WayBack>,
    pub phases: Vec<Phase>,
    pub steps: Vec<Step>,
    pub decisions: Vec<Decision>,
    pub gates: Vec<Gate>,
    pub signoffs: Vec<SignOff>,
    pub triggers: Vec<Trigger>,
    pub messages: Vec<Said>,
    pub notes: Vec<Said>,
    pub values: Vec<Value>,
    pub outputs: Vec<Output>,
    pub course: Vec<Line>,
    pub redacted: Vec<Redacted>,
    pub amendments: Vec<Amendment>,
}

/// What must be seen before anything else: `BROKEN`, `DRILL`, `UNSIGNED`, `SELF-MADE KEY`, `NOT ENDED`, `NOT SEALED`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Banner {
    pub word: String,
    pub text: String,
    /// `bad` or `warn`.
    pub tone: String,
}

/// Who, and how that is known: `peer`, `typed`, `unattended`, `program`, `key`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    pub name: String,
    pub known: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub id: String,
    pub number: String,
    pub kind: String,
    pub title: String,
    pub summary: Option<String>,
    pub environment: String,
    pub environment_kind: String,
    pub runbook: String,
    pub runbook_sha256: String,
    pub operator: String,
    pub unattended: bool,
    pub host: String,
    pub user: String,
    pub key_origin: String,
    pub keys: Vec<String>,
    pub beacon: String,
    pub dir: String,
    pub zone: String,
    pub t0: Option<Instant>,
    pub hard_stop: Option<Instant>,
    pub began: Option<Instant>,
    pub started: Option<Instant>,
    pub started_by: Option<By>,
    pub ended: Option<Instant>,
    pub ended_by: Option<By>,
    pub last: Instant,
    pub state: String,
    pub reason: Option<String>,
    pub sealed: bool,
    pub records: u64,
    pub resumes: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amended: Vec<Amended>,
}

/// Another runbook that took the place of the one in force.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Amended {
    pub record: u64,
    pub at: Instant,
    pub file: String,
    pub from: String,
    pub to: String,
    /// `steps: 2 changed, 1 added`.
    pub steps: String,
    pub reason: String,
    pub name: String,
    pub second: Option<String>,
    pub by: By,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    pub verdict: String,
    pub passes: bool,
    pub line: String,
    pub all: Vec<String>,
    pub problems: Vec<String>,
    pub notes: Vec<String>,
    pub signed: Vec<SignedBy>,
    pub head: Option<String>,
    pub command: String,
    /// The first record that does not hold: this report ends before it.
    pub broken: Option<Broken>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Broken {
    pub record: u64,
    pub why: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SignedBy {
    pub what: String,
    pub who: String,
    pub fingerprint: String,
    pub standing: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    pub steps: u64,
    pub done: u64,
    pub unchecked: u64,
    pub skipped: u64,
    pub attempts: u64,
    pub failed_attempts: u64,
    pub outputs: u64,
    pub output_bytes: u64,
    pub secrets_masked: u64,
    pub elapsed_us: u64,
    pub held_us: u64,
    /// Behind the plan at the end, negative ahead; not known of an untimed plan and in a drill.
    pub slip_us: Option<i64>,
    pub whose: Vec<Part>,
}

/// Whose time: `machine`, `person`, `hold`, `retry`, `wait`, `watch`, `away`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub whose: String,
    pub seconds: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Deviation {
    pub seq: Option<u64>,
    pub at: Option<Instant>,
    pub kind: String,
    pub step: Option<String>,
    pub number: Option<String>,
    pub text: String,
    pub by: Option<By>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Open {
    pub kind: String,
    pub step: Option<String>,
    pub number: Option<String>,
    pub text: String,
}

/// A way back that was taken, measured as a drill measures it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WayBack {
    pub level: String,
    pub title: String,
    pub from: Option<String>,
    pub reason: String,
    pub over: bool,
    pub by: By,
    /// The first trip, or failure, after the last way back.
    pub shown: Option<Instant>,
    /// The first sign that somebody saw it.
    pub detected: Option<Instant>,
    pub decided: Instant,
    pub first_act: Option<Instant>,
    /// The end of the last step on it that changes something; what only looks comes after it, up to `ended`.
    pub last_act: Option<Instant>,
    pub ended: Option<Instant>,
    pub budget_us: Option<u64>,
    pub steps: u64,
    pub done: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    pub id: String,
    pub number: String,
    pub title: String,
    pub goal: Option<String>,
    pub planned_start: Option<Instant>,
    pub planned_end: Option<Instant>,
    pub started: Option<Instant>,
    pub ended: Option<Instant>,
    pub steps: u64,
    pub done: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub id: String,
    pub number: String,
    pub title: String,
    pub kind: String,
    pub class: String,
    pub place: String,
    pub phase: Option<String>,
    pub role: Option<String>,
    pub status: String,
    pub planned_start: Option<Instant>,
    pub planned_end: Option<Instant>,
    pub takes_us: Option<u64>,
    pub started: Option<Instant>,
    pub ended: Option<Instant>,
    pub elapsed_us: Option<u64>,
    pub slip_us: Option<i64>,
    pub by: Option<By>,
    pub reason: Option<String>,
    pub command: Option<String>,
    pub runs_as: Option<String>,
    pub chosen: Option<String>,
    pub whose: Vec<Part>,
    pub answers: Vec<Answer>,
    pub attempts: Vec<Attempt>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub attempt: u32,
    pub text: String,
    pub answer: String,
    pub saw: String,
    pub at: Instant,
    pub by: By,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    pub attempt: u32,
    pub status: String,
    pub started: Instant,
    pub ended: Option<Instant>,
    pub by: By,
    pub exit: Option<String>,
    pub took_us: Option<u64>,
    pub bytes: u64,
    pub lines: u64,
    pub lost: u64,
    pub masked: u64,
    pub typed: u64,
    pub why: Option<String>,
    pub checks: Vec<Check>,
    pub hints: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Check {
    pub want: String,
    pub saw: String,
    pub ok: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub seq: u64,
    pub at: Instant,
    pub kind: String,
    pub step: Option<String>,
    pub number: Option<String>,
    pub text: String,
    pub reason: String,
    pub by: By,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    pub step: String,
    pub number: String,
    pub attempt: u32,
    pub title: String,
    pub text: String,
    /// `GO`, `NO-GO`, or `open`.
    pub decision: String,
    pub at: Option<Instant>,
    pub by: Option<By>,
    pub reason: String,
    pub over: Vec<String>,
    pub criteria: Vec<Criterion>,
    pub polls: Vec<Poll>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    pub number: String,
    pub title: String,
    pub side: String,
    pub status: String,
    pub critical: bool,
    pub saw: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    pub role: String,
    /// `GO`, `NO-GO`, or `silent`.
    pub vote: String,
    pub by: Option<By>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SignOff {
    /// `statement`, `poll`, or `second`.
    pub asked_for: String,
    pub step: String,
    pub number: String,
    pub attempt: u32,
    pub at: Instant,
    pub question: String,
    pub count: u64,
    pub roles: Vec<String>,
    pub signatures: Vec<Signature>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    pub at: Instant,
    /// `signed`, `go`, `no-go`, `approved`.
    pub decision: String,
    pub role: String,
    pub principal: String,
    pub key: Option<String>,
    pub comment: String,
    pub by: By,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    pub id: String,
    pub title: String,
    pub at: Instant,
    pub why: String,
    pub by: By,
    pub seen: Option<Instant>,
    pub seen_by: Option<By>,
    pub over: Option<String>,
    pub cleared: Option<Instant>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub at: Instant,
    pub step: Option<String>,
    pub number: Option<String>,
    pub to: Option<String>,
    pub text: String,
    pub by: By,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Value {
    pub name: String,
    /// `null` of a secret.
    pub value: Option<String>,
    pub secret: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Output {
    pub step: String,
    pub number: String,
    pub attempt: u32,
    pub file: String,
    pub bytes: u64,
    pub lines: u64,
    pub sha256: Option<String>,
    pub head: String,
    pub left_out: u64,
    pub tail: String,
    pub problem: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub seq: u64,
    pub at: Instant,
    pub text: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Redacted {
    pub name: String,
    pub places: u64,
}

/// What was added or taken out after the seal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Amendment {
    pub sequence: u64,
    /// `redaction` or `note`.
    pub what: String,
    pub file: Option<String>,
    pub extents: Vec<u64>,
    pub bytes: u64,
    pub reason: String,
    pub at: Instant,
    pub by: Vec<String>,
    pub carried_out: bool,
    /// All of it in words.
    pub text: String,
}
