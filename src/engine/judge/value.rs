//! What a person read off or typed in, judged like output: `measure`, `ask`, and items with an `expect`.
//!
//! What cannot be an answer at all (no number where one is needed, 19/21 of 20) is refused in words, so that it is typed
//! again; a failed check is an answer and is recorded. Values are shown whole, and the caller masks what is secret.

use super::demand::{Demand, Evidence};
use super::finding::{Finding, Held, Privacy};
use super::flow::Flow;
use super::number::{self, Reading, Vars};
use super::reader::Reader;
use super::tally::{Keep, Tally};
use crate::model::cmp::{Quantity, Ratio};
use crate::model::expect::{Check, ExitWanted, Expect, Measured, Of};
use crate::model::output::Stream;

/// Bytes of a typed value; it may become an environment variable.
const LARGEST: usize = 64 * 1024;

/// A typed value and what was judged of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueJudged {
    /// What is kept: without `of:` as typed, else the number alone (`19`, also where `19/20` was typed).
    pub value: String,
    /// `19/20 → 95.0 %, needs >= 95 %`.
    pub shown: String,
    /// Every line of the expectation.
    pub checks: Vec<Check>,
    /// Whether all hold.
    pub ok: bool,
}

/// Judges a typed value. An error is a refusal in words for the person who typed.
pub fn judge_value(
    expect: Option<&Expect>,
    out_of: Option<u64>,
    typed: &str,
    vars: Vars,
) -> Result<ValueJudged, String> {
    let text = typed.trim();
    if text.is_empty() {
        return Err("nothing was typed".to_owned());
    }
    if text.contains('\0') || text.len() > LARGEST {
        return Err("a value holds no NUL byte and at most 64 KiB".to_owned());
    }
    let none = Expect::default();
    let expect = expect.unwrap_or(&none);
    let parts = out_of.map(|all| part_of(text, all)).transpose()?;
    let value = match &parts {
        Some((seen, _)) => seen.to_string(),
        None => text.to_owned(),
    };
    let mut findings = text_findings(expect, &value, vars)?;
    let mut sums = Vec::new();
    for wanted in &expect.number {
        let (finding, sum) = measured("number", wanted, read_number(wanted, &value, vars)?)?;
        findings.push(finding);
        sums.push(sum);
    }
    for wanted in &expect.ratio {
        let reading = match (&parts, &wanted.of) {
            (Some((seen, all)), Of::Output) => Reading::Ratio(ratio(seen, all)?),
            (Some(_) | None, Of::Output | Of::Regex(_) | Of::Vars(_)) => read_ratio(wanted, text, vars)?,
        };
        let (finding, sum) = measured("ratio", wanted, reading)?;
        findings.push(finding);
        sums.push(sum);
    }
    if sums.is_empty() {
        sums.push(match &parts {
            Some((seen, all)) => format!("{seen}/{all} → {}", ratio(seen, all)?.percent()),
            None => text.to_owned(),
        });
    }
    Ok(ValueJudged {
        value,
        shown: sums.join("; "),
        ok: findings.iter().all(|finding| finding.held == Held::Yes),
        checks: findings.iter().map(|finding| finding.check(&str::to_owned, Privacy::Whole)).collect(),
    })
}

/// `19` and `19/20` both answer "how many of 20?".
fn part_of(text: &str, all: u64) -> Result<(Quantity, Quantity), String> {
    let whole = |text: &str| {
        let number = Quantity::parse(text).ok().filter(|one| one.unit.is_none());
        let number = number.and_then(|number| number.as_whole());
        number
            .and_then(|number| u64::try_from(number).ok())
            .ok_or_else(|| format!("\"{}\" is not a whole number; {all} is all of them", text.trim()))
    };
    let seen = match text.split_once('/') {
        Some((seen, of)) if whole(of)? == all => whole(seen)?,
        Some((_, of)) => return Err(format!("it is of {all}, not of {}", of.trim())),
        None => whole(text)?,
    };
    if seen > all {
        return Err(format!("{seen} is more than all {all}"));
    }
    Ok((Quantity::count(seen), Quantity::count(all)))
}

fn ratio(seen: &Quantity, all: &Quantity) -> Result<Ratio, String> {
    Ratio::new(seen, all).map_err(|error| error.to_string())
}

/// Everything but numbers and ratios, with the value standing for standard output. Alternatives are judged whole.
fn text_findings(expect: &Expect, value: &str, vars: Vars) -> Result<Vec<Finding>, String> {
    let only_text = Expect { number: Vec::new(), ratio: Vec::new(), ..typed_alone(expect) };
    let (mut out, mut err) = (Reader::new(false), Reader::new(false));
    let demand = Demand::new(&only_text, (&mut out, &mut err)).map_err(|error| error.to_string())?;
    let mut flow =
        Flow::new(Stream::Out, std::iter::empty(), (Keep::Output, false)).map_err(|error| error.to_string())?;
    flow.expect = Some(out);
    flow.feed(value.as_bytes());
    flow.end();
    let out = flow.expect.as_ref().expect("it was just put in");
    let nothing = Tally::new(Keep::Nothing);
    let evidence = Evidence { out: (out, &flow.tally), err: (&err, &nothing), outcome: None, vars };
    Ok(demand.findings(&evidence))
}

/// What can be asked of a typed value: exit, time, errors, a status and what commands print around it are not.
fn typed_alone(expect: &Expect) -> Expect {
    Expect {
        exit: ExitWanted::Any,
        took: None,
        stderr: None,
        http: Vec::new(),
        except: Vec::new(),
        of: None,
        any_of: expect.any_of.iter().map(typed_alone).collect(),
        ..expect.clone()
    }
}

fn read_number(wanted: &Measured, value: &str, vars: Vars) -> Result<Reading, String> {
    match &wanted.of {
        Of::Output => Quantity::parse(value).map(Reading::Number).map_err(|error| error.to_string()),
        Of::Regex(_) | Of::Vars(_) => {
            let regex = compiled(wanted)?;
            let read = number::number(&wanted.of, regex.as_ref(), value, vars);
            read.map_err(|(saw, _)| Finding::new("", saw, Held::Unknown).words())
        }
    }
}

fn read_ratio(wanted: &Measured, text: &str, vars: Vars) -> Result<Reading, String> {
    match &wanted.of {
        Of::Output => Ratio::parse(text).map(Reading::Ratio).map_err(|error| error.to_string()),
        Of::Regex(_) | Of::Vars(_) => {
            let regex = compiled(wanted)?;
            let read = number::ratio(&wanted.of, regex.as_ref(), text, vars);
            read.map_err(|(saw, _)| Finding::new("", saw, Held::Unknown).words())
        }
    }
}

fn compiled(wanted: &Measured) -> Result<Option<regex::Regex>, String> {
    match &wanted.of {
        Of::Regex(pattern) => super::error::text_pattern(pattern).map(Some).map_err(|error| error.to_string()),
        Of::Output | Of::Vars(_) => Ok(None),
    }
}

/// The finding, and the sum that the person sees. A unit of another family is a slip of the pen, so it is refused.
fn measured(key: &str, wanted: &Measured, reading: Reading) -> Result<(Finding, String), String> {
    if let Some(cmp) = &wanted.is {
        number::holds(cmp, &reading).map_err(|error| error.to_string())?;
    }
    let seen = match &reading {
        Reading::Ratio(ratio) => format!("{ratio} → {}", ratio.percent()),
        Reading::Number(_) | Reading::Count { .. } => {
            reading.shown(wanted.is.as_ref().and_then(crate::model::cmp::Cmp::unit))
        }
    };
    let needs = match (&wanted.is, &reading) {
        (Some(cmp), _) => format!(", needs {cmp}"),
        (None, Reading::Ratio(_)) => ", needs all".to_owned(),
        (None, Reading::Number(_) | Reading::Count { .. }) => String::new(),
    };
    let ideally = match &wanted.ideally {
        Some(cmp) => format!(", ideally {cmp}"),
        None => String::new(),
    };
    let finding = number::judge(key, wanted, Ok(reading));
    Ok((finding, format!("{seen}{needs}{ideally}")))
}
