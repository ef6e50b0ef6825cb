//! What must come of a command or a reading, and what came: `Expect` is the author's, `Check` is recorded.
//!
//! The conductor judges once (`engine::judge`) and records every line with the value that it saw; nothing here judges.

use crate::model::cmp::Cmp;
use crate::model::ids::{StepId, VarName};
use serde::{Deserialize, Serialize};

/// Exit codes that pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExitWanted {
    /// One of these.
    Codes(Vec<i32>),
    /// Any code or signal.
    Any,
}

/// Where `number`, `ratio` or `count` takes its value from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// The one number (or `a/b`, or all lines) of the output.
    Output,
    /// Group 1 (else all) of the first match of this regular expression; for `count` the lines that match.
    Regex(String),
    /// These variables: one for a number, two for a ratio.
    Vars(Vec<VarName>),
}

/// One judged value.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Where the value comes from.
    pub of: Of,
    /// What it must satisfy; `None` means `all` (every one: a ratio of exactly 1).
    pub is: Option<Cmp>,
    /// The stretch, never judged as failing.
    pub ideally: Option<Cmp>,
}

/// What a JSON node must be.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonWanted {
    /// Equal to this JSON value, as JSON text.
    Equals(String),
    /// A comparison.
    Cmp(Cmp),
}

/// What must come of a command or a reading. All lines must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// Exit codes; 0 where not said.
    pub exit: ExitWanted,
    /// Literal texts on standard output.
    pub contains: Vec<String>,
    /// Literal texts that must not be there.
    pub lacks: Vec<String>,
    /// Regular expressions, multi-line.
    pub matches: Vec<String>,
    /// The whole of standard output, its last newline trimmed.
    pub equals: Option<String>,
    /// JSONPath (RFC 9535) and what every picked node must be; at least one must be picked.
    pub json: Vec<(String, JsonWanted)>,
    /// Numbers.
    pub number: Vec<Measured>,
    /// Ratios, exact.
    pub ratio: Vec<Measured>,
    /// Counts of lines.
    pub count: Vec<Measured>,
    /// How long it took.
    pub took: Option<Measured>,
    /// The same for standard error: `contains`, `lacks`, `matches`, `equals`, `count`.
    pub stderr: Option<Box<Expect>>,
    /// HTTP status codes that pass: the last line of three digits, or the last `HTTP/x NNN` header; set aside before the rest.
    pub http: Vec<u16>,
    /// One of these must hold as well.
    pub any_of: Vec<Expect>,
    /// Lines that are set aside first, counted and shown.
    pub except: Vec<Except>,
    /// Judge what this background step printed since this step began, instead of the command's own output.
    pub of: Option<StepId>,
}

/// Lines that are known and set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Except {
    /// A regular expression, per line.
    pub matches: String,
    /// Why they are known.
    pub because: String,
}

impl Default for Expect {
    fn default() -> Self {
        Self {
            exit: ExitWanted::Codes(vec![0]),
            contains: Vec::new(),
            lacks: Vec::new(),
            matches: Vec::new(),
            equals: None,
            json: Vec::new(),
            number: Vec::new(),
            ratio: Vec::new(),
            count: Vec::new(),
            took: None,
            stderr: None,
            http: Vec::new(),
            any_of: Vec::new(),
            except: Vec::new(),
            of: None,
        }
    }
}

/// What is kept of a command's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// How it is found.
    pub from: CaptureFrom,
    /// Never shown or stored; none of that step's output is kept.
    pub secret: bool,
}

/// How a captured value is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureFrom {
    /// The first node of this JSONPath.
    Json(String),
    /// Group 1 (else all) of the first match.
    Regex(String),
    /// All of standard output, its last newline trimmed.
    Stdout,
    /// One line, counted from 1, or from the end with a negative number.
    Line(i64),
    /// The shell variable of this name as it stands at the end of the command (bash, sh).
    Variable(String),
    /// The one file that matches this glob, made since the step began, not empty; its absolute path.
    File(String),
}

/// One line of an expectation, with what came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was wanted, in words: `exit 0`, `contains "ready"`, `number >= 19`.
    pub want: String,
    /// What came: `exit 7`, `18/20 = 90.0 %`, `not found in 12 lines`.
    pub saw: String,
    /// Whether it held.
    pub ok: bool,
}

/// What one attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Passed, shown by evidence.
    Ok,
    /// An expectation did not hold.
    Fail,
    /// Its time limit ended it.
    Time,
    /// A person stopped it.
    Stop,
    /// Nobody can tell: a probe failed, or output was lost.
    Unknown,
}
