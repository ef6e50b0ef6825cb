//! What is wrong with a runbook, where, and what would be right.
//!
//! `Findings` collects: one run of `tminus check` names every mistake, not the first. It keeps the first few hundred
//! and counts the rest, so that a hostile file cannot fill the memory with complaints. Positions become lines and
//! columns once, at the end.

use std::ops::Range;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The runbook cannot be used.
    Error,
    /// It can; somebody should look.
    Warning,
}

impl Level {
    /// `error`, `warning`.
    pub fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
        }
    }
}

/// One thing that is wrong. Its texts may quote the author's bytes: `render` and `to_json` make them safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad.
    pub level: Level,
    /// Its code: `RB0102`. `RB0190` is "of the format, but not of this version".
    pub code: &'static str,
    /// Where, in bytes of the file.
    pub span: Option<Range<usize>>,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What stands at the underlined place.
    pub label: Option<String>,
    /// What would be right.
    pub help: Option<String>,
}

impl Diagnostic {
    pub(crate) fn error(code: &'static str, span: &Range<usize>, message: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            code,
            span: Some(span.clone()),
            line: 1,
            column: 1,
            message: message.into(),
            label: None,
            help: None,
        }
    }

    pub(crate) fn warning(code: &'static str, span: &Range<usize>, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(code, span, message) }
    }

    /// For the file as a whole, or where its bytes cannot be shown.
    pub(crate) fn whole(code: &'static str, message: impl Into<String>) -> Self {
        Self { span: None, ..Self::error(code, &(0..0), message) }
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// `help`, where there is one.
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

/// More than these of one level are counted, not kept.
const KEPT: usize = 200;

/// Everything found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Diagnostic>,
    errors: usize,
    warnings: usize,
}

impl Findings {
    pub(crate) fn push(&mut self, found: Diagnostic) {
        let count = match found.level {
            Level::Error => &mut self.errors,
            Level::Warning => &mut self.warnings,
        };
        *count += 1;
        if *count <= KEPT {
            self.list.push(found);
        }
    }

    /// Whether further errors are only counted.
    pub(crate) fn full(&self) -> bool {
        self.errors >= KEPT
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// In the file's order, each once (an alias would repeat them), with lines and columns.
    pub(crate) fn settle(mut self, source: &str) -> Vec<Diagnostic> {
        for (count, level) in [(self.errors, Level::Error), (self.warnings, Level::Warning)] {
            if count > KEPT {
                let mut rest =
                    Diagnostic::whole("RB0000", format!("{} more {}s are not listed", count - KEPT, level.word()));
                rest.level = level;
                self.list.push(rest);
            }
        }
        self.list.sort_by_key(|one| {
            let start = one.span.as_ref().map_or(usize::MAX, |span| span.start);
            (start, one.level, one.code)
        });
        self.list.dedup();
        locate(&mut self.list, source);
        self.list
    }
}

/// Lines and columns for sorted findings, in one pass over the source.
fn locate(list: &mut [Diagnostic], source: &str) {
    let (mut line, mut line_start, mut seen) = (1, 0, 0);
    for one in list {
        let Some(span) = one.span.as_mut() else {
            continue;
        };
        span.end = floor(source, span.end.max(span.start));
        span.start = floor(source, span.start);
        for (at, _) in source[seen..span.start].match_indices('\n') {
            line += 1;
            line_start = seen + at + 1;
        }
        seen = span.start;
        one.line = line;
        one.column = source[line_start..span.start].chars().count() + 1;
    }
}

/// The nearest character border at or before `at`.
fn floor(source: &str, at: usize) -> usize {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_lines_from_one() {
        let source = "título: x\n  ü: y\n";
        let mut findings = Findings::default();
        let at = source.find('y').unwrap();
        findings.push(Diagnostic::error("RB0102", &(at..at + 1), "second"));
        findings.push(Diagnostic::error("RB0102", &(9..10), "first"));
        let list = findings.settle(source);
        let places: Vec<_> = list.iter().map(|d| (d.line, d.column)).collect();
        assert_eq!(places, [(1, 9), (2, 6)]);
    }

    #[test]
    fn a_flood_of_mistakes_is_counted_not_kept() {
        let mut findings = Findings::default();
        for at in 0..5000 {
            findings.push(Diagnostic::error("RB0102", &(at..at + 1), "x"));
        }
        let list = findings.settle(&"x".repeat(5000));
        assert_eq!(list.len(), KEPT + 1);
        assert!(list[KEPT].message.contains("4800 more errors"));
    }
}
