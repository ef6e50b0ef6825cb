//! One `expect` (or `trip`, or alternative) on one stream: compiled, and in the end a list of findings.
//!
//! It keeps no output: what is found as it comes stands in the stream's `Reader`, and what needs all of it borrows the stream's
//! `Tally`. `Demand` builds and asks it.

use super::error::{JudgeError, text_pattern};
use super::finding::{Finding, Held, Saw};
use super::json::{self, Document, Wanted, parse_path};
use super::lines::{Lines, Pattern};
use super::literal::{Literal, Wish};
use super::number::{self, Miss, Reading, Vars};
use super::reader::Reader;
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
    literals: Vec<usize>,
    patterns: Vec<usize>,
    counts: Vec<Option<usize>>,
    json: Vec<(String, JsonPath, Wanted)>,
    numbers: Vec<(Measured, Option<Regex>)>,
    ratios: Vec<(Measured, Option<Regex>)>,
}

impl Part {
    /// Compiles it; what is looked for as it comes goes into the stream's reader.
    pub(super) fn new(expect: &Expect, on: Stream, reader: &mut Reader) -> Result<Self, JudgeError> {
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
            literals: literals(expect, reader),
            patterns: expect.matches.iter().map(|source| reader.pattern(source)).collect::<Result<_, _>>()?,
            counts: expect.count.iter().map(|wanted| counted(wanted, reader)).collect::<Result<_, _>>()?,
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
        self.needs_text() || !self.literals.is_empty() || !self.patterns.is_empty() || !self.expect.http.is_empty()
    }

    /// Whether a text of `lacks` has come.
    pub(super) fn is_spoilt(&self, reader: &Reader) -> bool {
        let mut own = self.literals.iter().map(|at| &reader.literals.list()[*at]);
        own.any(|literal| literal.wish == Wish::Lacks && literal.found())
    }

    /// Everything that is judged by output, in the order of the format.
    pub(super) fn findings(&self, (reader, tally): (&Reader, &Tally), vars: Vars) -> Vec<Finding> {
        let mut list = Vec::new();
        if !self.expect.http.is_empty() {
            list.extend(tally.status(&self.expect.http));
        }
        list.extend(self.literal_findings(reader, tally));
        list.extend(self.match_findings(reader, tally));
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
        list.extend(self.count_findings(reader, tally));
        if self.on == Stream::Err {
            for finding in &mut list {
                finding.want.insert_str(0, "stderr ");
            }
        }
        list
    }

    fn literal_findings(&self, reader: &Reader, tally: &Tally) -> Vec<Finding> {
        let judged = |literal: &Literal| {
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
        self.literals.iter().map(|at| judged(&reader.literals.list()[*at])).collect()
    }

    fn match_findings(&self, reader: &Reader, tally: &Tally) -> Vec<Finding> {
        let judged = |pattern: &Pattern| {
            let saw = match pattern.lines {
                0 => Saw::words(format!("no match in {}", tally.amount())).then(&cut_note(&reader.lines)),
                _ => match &pattern.first {
                    Some((line, part)) => Saw::quoted("found:", line.trim_end()).around(part).glimpse(),
                    None => Saw::words("found"),
                },
            };
            let want = format!("matches {}", pattern.source);
            Finding::new(want, saw, pattern.lines > 0)
        };
        self.patterns.iter().map(|at| judged(&reader.lines.patterns[*at])).collect()
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

    fn count_findings(&self, reader: &Reader, tally: &Tally) -> Vec<Finding> {
        let aside = tally.lines_aside();
        let judged = |(wanted, at): (&Measured, &Option<usize>)| {
            let of = tally.lines();
            let pattern = at.map(|at| &reader.counted().patterns[at]);
            let hits = pattern.map_or(of, |pattern| {
                let too_many = aside.iter().filter(|line| pattern.regex.is_match(line.as_bytes())).count();
                pattern.lines.saturating_sub(too_many as u64)
            });
            let mut finding = number::judge("count", wanted, Ok(Reading::Count { hits, of }));
            if pattern.is_some() {
                finding.saw = finding.saw.then(&cut_note(reader.counted()));
            }
            finding
        };
        self.expect.count.iter().zip(&self.counts).map(judged).collect()
    }
}

fn cut_note(lines: &Lines) -> String {
    match lines.cut {
        0 => String::new(),
        1 => " (1 line over 1 MiB was judged by its first MiB)".to_owned(),
        more => format!(" ({more} lines over 1 MiB were judged by their first MiB)"),
    }
}

/// The places of `contains`, then those of `lacks`.
fn literals(expect: &Expect, reader: &mut Reader) -> Vec<usize> {
    let wished = expect.contains.iter().map(|text| (text, Wish::Contains));
    let unwished = expect.lacks.iter().map(|text| (text, Wish::Lacks));
    wished.chain(unwished).map(|(text, wish)| reader.literal(text, wish)).collect()
}

/// The place of what is counted; none where all lines are.
fn counted(wanted: &Measured, reader: &mut Reader) -> Result<Option<usize>, JudgeError> {
    match &wanted.of {
        Of::Output => Ok(None),
        Of::Regex(source) => reader.count(source).map(Some),
        Of::Vars(names) => {
            Err(JudgeError::Variables { key: "count", takes: "lines or a regular expression", given: names.len() })
        }
    }
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
        ("http", !expect.http.is_empty()),
        ("any_of", !expect.any_of.is_empty()),
        ("of", expect.of.is_some()),
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
