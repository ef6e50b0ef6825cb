//! What makes an expectation unusable before anything ran, and a pattern's one way into being.
//!
//! `tminus check` and the start of a step meet these; what a command prints never causes one.

use crate::model::cmp::CmpError;
use regex::bytes;
use thiserror::Error;

/// Bytes that a compiled pattern may take; a longer one is refused.
const PATTERN_SIZE: usize = 1 << 20;

/// Why an expectation, a capture or a condition cannot be used.
#[derive(Debug, Error)]
pub enum JudgeError {
    /// A pattern that cannot be compiled or is too large.
    #[error("`{pattern}` is not a usable regular expression")]
    Pattern {
        /// As written.
        pattern: String,
        /// Why.
        #[source]
        source: regex::Error,
    },
    /// A path that is no JSONPath.
    #[error("`{path}` is not a JSONPath (RFC 9535)")]
    Path {
        /// As written.
        path: String,
        /// Where and why.
        #[source]
        source: serde_json_path::ParseError,
    },
    /// A path that would take the parser very long.
    #[error("the JSONPath `{path}` is too long or too deep; at most 2,000 bytes and 10 open brackets")]
    LargePath {
        /// Its beginning.
        path: String,
    },
    /// A wanted JSON value that is not JSON.
    #[error("the value wanted at `{path}` is not JSON")]
    Json {
        /// The path that it is wanted at.
        path: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// `contains: [""]`.
    #[error("`{key}` has an empty text, which every output contains")]
    EmptyText {
        /// `contains` or `lacks`.
        key: &'static str,
    },
    /// A key that standard error has not.
    #[error("`{key}` cannot be judged on standard error; contains, lacks, matches, equals and count can")]
    NotOnError {
        /// The key.
        key: &'static str,
    },
    /// A key that an alternative has not.
    #[error("`{key}` stands beside `any_of`, not in it: it holds for all of the expectation")]
    NotInside {
        /// The key.
        key: &'static str,
    },
    /// `any_of` in `any_of` in `any_of` …
    #[error("`any_of` is nested more than {most} deep")]
    Nested {
        /// What is allowed.
        most: usize,
    },
    /// A shell's variable where no shell of ours runs.
    #[error("the variable {name} cannot be captured: {why}")]
    NoShell {
        /// The shell's variable.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// The wrong number of variables.
    #[error("`{key}` takes {takes}, not {given} variables")]
    Variables {
        /// The key.
        key: &'static str,
        /// What it takes, in words.
        takes: &'static str,
        /// How many were given.
        given: usize,
    },
    /// `ratio: "> 5s"`.
    #[error("`{cmp}` has a unit that `{key}` cannot have")]
    WrongUnit {
        /// The key.
        key: &'static str,
        /// The comparison.
        cmp: String,
    },
    /// `capture: { X: { line: 0 } }`.
    #[error("there is no line 0; the first is 1, the last is -1")]
    LineZero,
    /// A glob that reaches out of the step's directory.
    #[error("`{glob}` must name files in the step's directory, with * and ? in the file name only")]
    Glob {
        /// As written.
        glob: String,
    },
    /// A condition whose value cannot be compared.
    #[error("the condition `{is}` cannot be judged of `{value}`")]
    Condition {
        /// The condition.
        is: String,
        /// The variable's value.
        value: String,
        /// Why.
        #[source]
        source: CmpError,
    },
}

/// A pattern for one line.
pub(super) fn line_pattern(pattern: &str) -> Result<bytes::Regex, JudgeError> {
    bytes::RegexBuilder::new(pattern)
        .multi_line(true)
        .size_limit(PATTERN_SIZE)
        .dfa_size_limit(PATTERN_SIZE / 2)
        .build()
        .map_err(|source| refused(pattern, source))
}

/// A pattern for a whole output; `^` and `$` stand at every line's ends, CRLF included.
pub(super) fn text_pattern(pattern: &str) -> Result<regex::Regex, JudgeError> {
    regex::RegexBuilder::new(pattern)
        .multi_line(true)
        .crlf(true)
        .size_limit(PATTERN_SIZE)
        .dfa_size_limit(PATTERN_SIZE / 2)
        .build()
        .map_err(|source| refused(pattern, source))
}

fn refused(pattern: &str, source: regex::Error) -> JudgeError {
    JudgeError::Pattern { pattern: pattern.to_owned(), source }
}
