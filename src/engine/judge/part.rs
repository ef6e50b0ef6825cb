//! One `expect` (or `trip`) on one stream: compiled, fed, and in the end a list of findings.
//!
//! It keeps no output; what needs all of it borrows the stream's `Tally`. Built and fed by `Judge`.

use super::error::{JudgeError, line_pattern, text_pattern};
use super::finding::{Finding, Held, Saw};
use super::json::{self, Document, Wanted, parse_path};
use super::lines::{Lines, Need, Pattern};
use super::literal::{Literals, Wish};
use super::number::{self, Miss, Reading, Vars};
use super::tally::{Tally, without_last_break};
use crate::model::cmp::{Cmp, Family, Unit};
use crate::model::expect::{Expect, Measured, Of};
use crate::model::output::Stream;
use regex::Regex;
use serde_json_path::JsonPath;

/// A compiled expectation.
pub(super) struct Part {
    pub(super) expect: Expect,
    pub(super) on: Stream,
    literals: Literals,
    lines: Lines,
    json: Vec<(String, JsonPath, Wanted)>,
    numbers: Vec<(Measured, Option<Regex>)>,
    ratios: Vec<(Measured, Option<Regex>)>,
}

impl Part {
    pub(super) fn new(expect: &Expect, on: Stream) -> Result<Self, JudgeError> {
        no_empty_text("contains", &expect.contains)?;
        no_empty_text("lacks", &expect.lacks)?;
        if on == Stream::Err {
            only_error_keys(expect)?;
        }
        check_units("took", expect.took.iter(), &[Family::Time])?;
        check_units("ratio", expect.ratio.iter(), &[Family::Percent])?;
        check_units("count", expect.count.iter(), &[])?;
        let json =
            expect.json.iter().map(|(path, wanted)| Ok((path.clone(), parse_path(path)?, Wanted::new(path, wanted)?)));
        Ok(Self {
            on,
            literals: Literals::new(&expect.contains, &expect.lacks),
            lines: Lines::new(patterns(expect)?),
            json: json.collect::<Result<_, JudgeError>>()?,
            numbers: sources("number", &expect.number, ("one variable", 1))?,
            ratios: sources("ratio", &expect.ratio, ("two variables or one", 2))?,
            expect: expect.clone(),
        })
    }

    /// Whether something needs all the output at the end.
    pub(super) fn needs_text(&self) -> bool {
        let from_output =
            |list: &[(Measured, Option<Regex>)]| list.iter().any(|(one, _)| !matches!(one.of, Of::Vars(_)));
        self.expect.equals.is_some() || !self.json.is_empty() || from_output(&self.numbers) || from_output(&self.ratios)
    }

    /// Whether it reads the stream at all.
    pub(super) fn reads(&self) -> bool {
        self.reads_more_than_counts() || !self.expect.count.is_empty()
    }

    /// Whether an empty stream leaves it without an answer; for a count, none is an answer.
    pub(super) fn reads_more_than_counts(&self) -> bool {
        self.needs_text() || !self.literals.list().is_empty() || !self.expect.matches.is_empty()
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        self.literals.feed(chunk);
        self.lines.feed(chunk);
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.literals.held_bytes() + self.lines.held_bytes()
    }

    /// Everything that is judged by output, in the order of the format.
    pub(super) fn findings(&mut self, tally: &Tally, vars: Vars) -> Vec<Finding> {
        self.lines.end();
        let mut list = self.literal_findings(tally);
        list.extend(self.match_findings(tally));
        list.extend(self.equals_finding(tally));
        list.extend(self.json_findings(tally));
        for (wanted, regex) in &self.numbers {
            let read = text_for(wanted, tally, "a number")
                .and_then(|text| number::number(&wanted.of, regex.as_ref(), &text, vars));
            list.push(number::judge("number", wanted, read));
        }
        for (wanted, regex) in &self.ratios {
            let read = text_for(wanted, tally, "a ratio")
                .and_then(|text| number::ratio(&wanted.of, regex.as_ref(), &text, vars));
            list.push(number::judge("ratio", wanted, read));
        }
        list.extend(self.count_findings(tally));
        if self.on == Stream::Err {
            for finding in &mut list {
                finding.want.insert_str(0, "stderr ");
            }
        }
        list
    }

    fn literal_findings(&self, tally: &Tally) -> Vec<Finding> {
        let judged = |literal: &super::literal::Literal| {
            let text = &literal.text;
            let nowhere = || Saw::words(format!("\"{text}\" not found in {}", tally.amount()));
            match literal.wish {
                Wish::Contains => {
                    let found = || Saw::words("found").then(&format!(" \"{}\"", glimpse(text)));
                    let saw = if literal.found() { found() } else { nowhere() };
                    Finding::new(format!("contains \"{text}\""), saw, literal.found())
                }
                Wish::Lacks => {
                    let saw = literal.line().unwrap_or_else(nowhere);
                    Finding::new(format!("lacks \"{text}\""), saw, !literal.found())
                }
            }
        };
        self.literals.list().iter().map(judged).collect()
    }

    fn match_findings(&self, tally: &Tally) -> Vec<Finding> {
        let wished = &self.lines.patterns[..self.expect.matches.len()];
        let judged = |pattern: &Pattern| {
            let saw = match pattern.lines {
                0 => Saw::words(format!("no match in {}", tally.amount())).then(&self.cut_note()),
                _ => match &pattern.first {
                    Some((line, part)) => Saw::quoted("found:", line.trim_end()).around(part).glimpse(),
                    None => Saw::words("found"),
                },
            };
            let want = format!("matches {}", pattern.source);
            Finding::new(want, saw, pattern.lines > 0)
        };
        wished.iter().map(judged).collect()
    }

    fn cut_note(&self) -> String {
        match self.lines.cut {
            0 => String::new(),
            1 => " (1 line over 1 MiB was judged by its first MiB)".to_owned(),
            more => format!(" ({more} lines over 1 MiB were judged by their first MiB)"),
        }
    }

    fn equals_finding(&self, tally: &Tally) -> Option<Finding> {
        let wanted = self.expect.equals.as_ref()?;
        let want = format!("equals \"{wanted}\"");
        let text = match tally.text("equal to a text") {
            Ok(text) => text,
            Err((saw, held)) => return Some(Finding::new(want, saw, held)),
        };
        let came = without_last_break(&text);
        let equal = came == without_last_break(wanted);
        let saw = match (equal, came.is_empty()) {
            (true, true) => Saw::words("equal: no output"),
            (true, false) => Saw::quoted("equal:", came).glimpse(),
            (false, true) => Saw::words("no output"),
            (false, false) => Saw::quoted("", came),
        };
        Some(Finding::new(want, saw, equal))
    }

    fn json_findings(&self, tally: &Tally) -> Vec<Finding> {
        if self.json.is_empty() {
            return Vec::new();
        }
        let filtered = self.json.iter().any(|(source, ..)| source.contains('?'));
        let document =
            tally.text("JSON").and_then(|text| Document::parse(&text, filtered).map_err(|saw| (saw, Held::Unknown)));
        let judged = |(source, path, wanted): &(String, JsonPath, Wanted)| match &document {
            Ok(document) => json::judge((source, path), wanted, document),
            Err((saw, held)) => Finding::new(wanted.words_at(source), saw.clone(), *held),
        };
        self.json.iter().map(judged).collect()
    }

    fn count_findings(&self, tally: &Tally) -> Vec<Finding> {
        let mut counted = self.lines.patterns[self.expect.matches.len()..].iter();
        let judged = |wanted: &Measured| {
            let of = tally.lines();
            let hits = match &wanted.of {
                Of::Output | Of::Vars(_) => of,
                Of::Regex(_) => counted.next().map_or(0, |pattern| pattern.lines),
            };
            let mut finding = number::judge("count", wanted, Ok(Reading::Count { hits, of }));
            if matches!(wanted.of, Of::Regex(_)) {
                finding.saw = finding.saw.then(&self.cut_note());
            }
            finding
        };
        self.expect.count.iter().map(judged).collect()
    }
}

/// The patterns of `matches`, then those of `count`.
fn patterns(expect: &Expect) -> Result<Vec<Pattern>, JudgeError> {
    let mut list = Vec::new();
    let mut push = |source: &str, need| {
        list.push(Pattern { source: source.to_owned(), regex: line_pattern(source)?, lines: 0, need, first: None });
        Ok(())
    };
    for source in &expect.matches {
        push(source, Need::One)?;
    }
    for wanted in &expect.count {
        match &wanted.of {
            Of::Output => {}
            Of::Regex(source) => push(source, Need::All)?,
            Of::Vars(names) => {
                return Err(JudgeError::Variables {
                    key: "count",
                    takes: "lines or a regular expression",
                    given: names.len(),
                });
            }
        }
    }
    Ok(list)
}

/// The beginning of an author's text.
fn glimpse(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn sources(
    key: &'static str,
    list: &[Measured],
    (takes, most): (&'static str, usize),
) -> Result<Vec<(Measured, Option<Regex>)>, JudgeError> {
    let compiled = |wanted: &Measured| {
        let regex = match &wanted.of {
            Of::Output => None,
            Of::Regex(pattern) => Some(text_pattern(pattern)?),
            Of::Vars(names) if (1..=most).contains(&names.len()) => None,
            Of::Vars(names) => {
                return Err(JudgeError::Variables { key, takes, given: names.len() });
            }
        };
        Ok((wanted.clone(), regex))
    };
    list.iter().map(compiled).collect()
}

fn text_for<'a>(wanted: &Measured, tally: &'a Tally, what: &str) -> Result<std::borrow::Cow<'a, str>, Miss> {
    match wanted.of {
        Of::Vars(_) => Ok(std::borrow::Cow::Borrowed("")),
        Of::Output | Of::Regex(_) => tally.text(what),
    }
}

fn no_empty_text(key: &'static str, texts: &[String]) -> Result<(), JudgeError> {
    match texts.iter().any(String::is_empty) {
        true => Err(JudgeError::EmptyText { key }),
        false => Ok(()),
    }
}

fn only_error_keys(expect: &Expect) -> Result<(), JudgeError> {
    let other = [
        ("json", !expect.json.is_empty()),
        ("number", !expect.number.is_empty()),
        ("ratio", !expect.ratio.is_empty()),
        ("took", expect.took.is_some()),
        ("stderr", expect.stderr.is_some()),
    ];
    match other.into_iter().find(|(_, given)| *given) {
        Some((key, _)) => Err(JudgeError::NotOnError { key }),
        None => Ok(()),
    }
}

fn check_units<'a>(
    key: &'static str,
    list: impl Iterator<Item = &'a Measured>,
    allowed: &[Family],
) -> Result<(), JudgeError> {
    for wanted in list {
        for cmp in wanted.is.iter().chain(&wanted.ideally) {
            let family = cmp.unit().map(Unit::family);
            if family.is_some_and(|family| !allowed.contains(&family)) {
                return Err(JudgeError::WrongUnit { key, cmp: Cmp::to_string(cmp) });
            }
        }
    }
    Ok(())
}
