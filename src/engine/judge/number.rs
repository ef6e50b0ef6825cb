//! `number`, `ratio`, `count` and `took`: where the value comes from, and what it is judged to be.
//!
//! The value must be the only one there: of two numbers none is chosen. `ideally` is said, never judged. `Part` calls it with
//! what a command printed, `value` with what a person typed.

use super::finding::{Finding, Held, Saw};
use crate::model::cmp::{Cmp, CmpError, Quantity, Ratio, Unit};
use crate::model::expect::{Measured, Of};
use regex::Regex;
use std::sync::LazyLock;

/// Looks a variable up.
pub(super) type Vars<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Why there is no value.
pub(super) type Miss = (Saw, Held);

/// A value that was read.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    Number(Quantity),
    Ratio(Ratio),
    Count { hits: u64, of: u64 },
}

/// Why a text is no number, without our cutting it: it is output.
pub(super) fn refused(error: &CmpError, text: &str) -> Saw {
    match error {
        CmpError::UnlikeUnits { .. } => Saw::value(&error.to_string()),
        CmpError::Separator(_) => Saw::quoted("not a number, for the separator between its digits:", text),
        CmpError::NotAUnit(_) => Saw::quoted("not a number with a known unit:", text),
        CmpError::TooLarge | CmpError::DividedByZero => Saw::value(text).then(&format!(": {error}")),
        CmpError::NotARatio(_) => Saw::quoted("not a ratio:", text),
        CmpError::Empty
        | CmpError::NotANumber(_)
        | CmpError::NotAnOperator(_)
        | CmpError::Backwards { .. }
        | CmpError::NegativeTolerance(_) => Saw::quoted("not a number:", text),
    }
}

fn miss(words: impl Into<String>) -> Miss {
    (Saw::words(words), Held::Unknown)
}

/// One judged value against what was wanted.
pub(super) fn judge(key: &str, wanted: &Measured, read: Result<Reading, Miss>) -> Finding {
    let want = words(key, wanted);
    let reading = match read {
        Ok(reading) => reading,
        Err((saw, held)) => return Finding::new(want, saw, held),
    };
    let held = match &wanted.is {
        Some(cmp) => holds(cmp, &reading),
        None => Ok(reading.is_all()),
    };
    let stretch = match wanted.ideally.as_ref().map(|cmp| holds(cmp, &reading)) {
        Some(Ok(true)) => ", within the ideal",
        Some(Ok(false) | Err(_)) => ", not within the ideal",
        None => "",
    };
    match held {
        Ok(held) => {
            let saw = reading.shown(wanted.is.as_ref().and_then(Cmp::unit));
            Finding::new(want, Saw::value(&saw).then(stretch), held)
        }
        Err(error) => Finding::new(want, refused(&error, &reading.shown(None)), Held::Unknown),
    }
}

/// `number of (\d+) rows >= 19 (ideally >= 25)`.
fn words(key: &str, wanted: &Measured) -> String {
    let of = match &wanted.of {
        Of::Output => String::new(),
        Of::Regex(pattern) => format!(" of {pattern}"),
        Of::Vars(names) => {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            format!(" of {}", names.join(", "))
        }
    };
    let is = match (&wanted.is, key) {
        (Some(cmp), _) => format!(" {cmp}"),
        (None, "number" | "took") => String::new(),
        (None, _) => " all".to_owned(),
    };
    let ideally = match &wanted.ideally {
        Some(cmp) => format!(" (ideally {cmp})"),
        None => String::new(),
    };
    format!("{key}{of}{is}{ideally}")
}

pub(super) fn holds(cmp: &Cmp, reading: &Reading) -> Result<bool, CmpError> {
    match reading {
        Reading::Number(number) => cmp.judge(number),
        Reading::Ratio(ratio) => cmp.judge_ratio(ratio),
        Reading::Count { hits, .. } => cmp.judge(&Quantity::count(*hits)),
    }
}

impl Reading {
    /// What `all` means: a ratio of one, every line; any number will do.
    fn is_all(&self) -> bool {
        match self {
            Reading::Number(_) => true,
            Reading::Ratio(ratio) => ratio.is_whole(),
            Reading::Count { hits, of } => hits == of && *of > 0,
        }
    }

    /// `12 (taken as 12s)`, `18/20 = 90.0 %`, `3 of 12 lines`.
    pub(super) fn shown(&self, unit: Option<Unit>) -> String {
        match self {
            Reading::Number(number) if number.unit.is_none() && unit.is_some() => {
                format!("{number} (taken as {})", number.clone().or_unit(unit))
            }
            Reading::Number(number) => number.to_string(),
            Reading::Ratio(ratio) => format!("{ratio} = {}", ratio.percent()),
            Reading::Count { hits, of } if hits == of => format!("{hits}"),
            Reading::Count { hits, of } => format!("{hits} of {of} lines"),
        }
    }
}

/// The number that `number:` means.
pub(super) fn number(of: &Of, regex: Option<&Regex>, text: &str, vars: Vars) -> Result<Reading, Miss> {
    let read = |text: &str| Quantity::parse(text).map_err(|error| (refused(&error, text.trim()), Held::Unknown));
    let number = match (of, regex) {
        (Of::Vars(names), _) => read(&variable(names.first().map(|name| name.as_str()), vars)?)?,
        (Of::Output | Of::Regex(_), Some(regex)) => read(first_match(regex, text)?.0)?,
        (Of::Output | Of::Regex(_), None) => the_number(text)?,
    };
    Ok(Reading::Number(number))
}

/// The ratio that `ratio:` means.
pub(super) fn ratio(of: &Of, regex: Option<&Regex>, text: &str, vars: Vars) -> Result<Reading, Miss> {
    let zero_fails = |error: CmpError, text: &str| {
        let held = match error {
            CmpError::DividedByZero => Held::No,
            CmpError::Empty
            | CmpError::NotANumber(_)
            | CmpError::Separator(_)
            | CmpError::NotAUnit(_)
            | CmpError::NotAnOperator(_)
            | CmpError::UnlikeUnits { .. }
            | CmpError::Backwards { .. }
            | CmpError::NegativeTolerance(_)
            | CmpError::NotARatio(_)
            | CmpError::TooLarge => Held::Unknown,
        };
        (refused(&error, text.trim()), held)
    };
    let text = match (of, regex) {
        (Of::Vars(names), _) => {
            let values: Result<Vec<String>, Miss> =
                names.iter().map(|name| variable(Some(name.as_str()), vars)).collect();
            values?.join("/")
        }
        (Of::Output | Of::Regex(_), Some(regex)) => match first_match(regex, text)? {
            (a, Some(b)) => format!("{a}/{b}"),
            (all, None) => all.to_owned(),
        },
        (Of::Output | Of::Regex(_), None) => the_ratio(text)?,
    };
    let ratio = Ratio::parse(&text).map_err(|error| zero_fails(error, &text))?;
    Ok(Reading::Ratio(ratio))
}

fn variable(name: Option<&str>, vars: Vars) -> Result<String, Miss> {
    let name = name.unwrap_or_default();
    vars(name).ok_or_else(|| miss(format!("{name} has no value")))
}

/// Group 1 (else all) of the first match, and group 2 where the pattern has one.
pub(super) fn first_match<'a>(regex: &Regex, text: &'a str) -> Result<(&'a str, Option<&'a str>), Miss> {
    let groups = regex.captures(text).ok_or_else(|| miss("nothing in the output matches"))?;
    let group = |at| groups.get(at).map(|found| found.as_str());
    let first = group(1).or(group(0)).unwrap_or_default();
    Ok((first, group(2)))
}

/// The one number of an output: all of it, or the only word in it that is one.
fn the_number(text: &str) -> Result<Quantity, Miss> {
    let whole = text.trim();
    if whole.is_empty() {
        return Err(miss("no output"));
    }
    if let Ok(number) = Quantity::parse(whole) {
        return Ok(number);
    }
    let between = |letter: char| letter.is_whitespace() || "=:;,()[]{}<>|\"'`".contains(letter);
    let mut words =
        whole.split(between).map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty()).peekable();
    let mut only: Option<Quantity> = None;
    while let Some(word) = words.next() {
        let number = match Quantity::parse(word) {
            Ok(number) => number,
            Err(CmpError::TooLarge) => {
                return Err((refused(&CmpError::TooLarge, word), Held::Unknown));
            }
            Err(_) => continue,
        };
        let unit = words.peek().and_then(|next| Unit::parse(next));
        let number = if number.unit.is_none() && unit.is_some() {
            words.next();
            number.or_unit(unit)
        } else {
            number
        };
        if let Some(first) = &only {
            let both = format!("{first}, {number}");
            return Err((Saw::quoted("more than one number:", &both), Held::Unknown));
        }
        only = Some(number);
    }
    only.ok_or_else(|| (Saw::quoted("no number in the output:", whole), Held::Unknown))
}

static A_OF_B: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^\w./-])(\d+(?:\.\d+)?[ \t]*/[ \t]*\d+(?:\.\d+)?)\.?(?:[^\w./-]|$)")
        .expect("a constant that a test compiles")
});

/// The one `a/b` of an output; dates and paths are none.
fn the_ratio(text: &str) -> Result<String, Miss> {
    if text.trim().is_empty() {
        return Err(miss("no output"));
    }
    let next = |from: usize| A_OF_B.captures_at(text, from).and_then(|found| found.get(1));
    let Some(first) = next(0) else {
        return Err((Saw::quoted("no ratio like 19/20 in the output:", text.trim()), Held::Unknown));
    };
    if let Some(second) = next(first.end()) {
        let both = format!("{}, {}", first.as_str(), second.as_str());
        return Err((Saw::quoted("more than one ratio:", &both), Held::Unknown));
    }
    Ok(first.as_str().to_owned())
}
