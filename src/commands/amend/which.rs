//! Which output is meant: a step and an attempt, the extents by number, and what there is to choose from.
//!
//! Words only; nothing here touches a run.

use super::super::{Failure, Outcome, Ran, print, runs};
use crate::journal::RunDir;
use crate::journal::amend::{Amending, Redaction};
use crate::model::ids::{Attempt, StepId};
use crate::model::output::Stream;
use crate::model::text::shown;

/// The attempt that is meant by `STEP` or `STEP.ATTEMPT`, of those that printed something. A step is named by id or number.
pub(super) fn step(dir: &RunDir, amending: &Amending, wanted: &str) -> Result<(StepId, Attempt), Failure> {
    let plan = runs::plan_of(dir).ok();
    let number = |id: &StepId| {
        let plan = plan.as_ref()?;
        plan.find(id).map(|ix| plan.step(ix).number.clone())
    };
    let printed: Vec<(StepId, Attempt)> =
        amending.printed().map(|(step, attempt, _)| (step.clone(), attempt)).collect();
    let is = |id: &StepId, name: &str| id.as_str() == name || number(id).as_deref() == Some(name);
    let with_attempt = |(id, attempt): &&(StepId, Attempt)| {
        let rest = wanted.strip_suffix(&format!(".{attempt}"));
        rest.is_some_and(|name| is(id, name))
    };
    let mut hits: Vec<&(StepId, Attempt)> = printed.iter().filter(|(id, _)| is(id, wanted)).collect();
    if hits.is_empty() {
        hits = printed.iter().filter(with_attempt).collect();
    }
    let name = |(id, attempt): &&(StepId, Attempt)| format!("{id}.{attempt}");
    match hits[..] {
        [one] => Ok(one.clone()),
        [] => {
            let all: Vec<String> = printed.iter().map(|one| name(&one)).collect();
            let all = if all.is_empty() {
                "nothing was printed in it".into()
            } else {
                format!("these did: {}", all.join(", "))
            };
            Err(Failure::because(format!("no step {} of the run printed anything", shown(wanted))).hint(all))
        }
        [..] => {
            let all: Vec<String> = hits.iter().map(name).collect();
            Err(Failure::because(format!("{} attempts of it printed something", all.len()))
                .hint(format!("name one: --step {}", all.join(" or "))))
        }
    }
}

/// `3`, `1,4`, `5-7`: extents by number, in order, each once.
pub(super) fn numbers(text: &str) -> Result<Vec<u64>, Failure> {
    const MOST: u64 = 100_000;
    let no = || Failure::because(format!("{} names no extents", shown(text))).hint("numbers from 1: --extents 3,5-7");
    let mut numbers = Vec::new();
    for word in text.split(',') {
        let (from, to) = word.split_once('-').unwrap_or((word, word));
        let number = |word: &str| word.trim().parse::<u64>().map_err(|_| no());
        let (from, to) = (number(from)?, number(to)?);
        if from == 0 || from > to || to - from > MOST || numbers.len() as u64 > MOST {
            return Err(no());
        }
        numbers.extend(from..=to);
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// Says which extents an attempt's output has.
pub(super) fn list(amending: &Amending, (step, attempt): (&StepId, Attempt)) -> Ran {
    let gone = |number: u64| {
        let all = amending.written().iter().filter_map(|written| written.amendment.redaction.as_ref());
        let mut own = all.filter(|own| own.step == *step && own.attempt == attempt);
        own.any(|own| own.extents.iter().any(|taken| taken.number == number))
    };
    let found = amending.printed().find(|(id, of, _)| *id == step && *of == attempt);
    let mut line = 1;
    let mut text = format!("Extents of out/{step}.{attempt}.log; --extents N[,M] names those that go:\n");
    for (extent, number) in found.map(|(_, _, extents)| extents).unwrap_or_default().into_iter().zip(1..) {
        let stream = match extent.stream {
            Stream::Out => "out",
            Stream::Err => "err",
        };
        let gone = if gone(number) { "  redacted" } else { "" };
        let (from, to) = (extent.off, extent.off + extent.len);
        // The line feed that ends an extent's last line is its own.
        text.push_str(&format!(
            "{number:>6}  {stream}  bytes {from}-{to}, from line {line}, {} ends in it{gone}\n",
            extent.lines
        ));
        line += extent.lines;
    }
    print(&text)?;
    Ok(Outcome::Done)
}

/// That another redaction has to be finished first.
pub(super) fn unfinished(run: &str, number: u64, redaction: &Redaction) -> Failure {
    let numbers: Vec<String> = redaction.extents.iter().map(|taken| taken.number.to_string()).collect();
    let (step, attempt, numbers) = (&redaction.step, redaction.attempt, numbers.join(","));
    Failure::because(format!("redaction {number} is written down and was not carried out")).hint(format!(
        "that first; it is signed already: tminus redact {run} --step {step}.{attempt} --extents {numbers}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_are_named_by_numbers_and_ranges_and_nothing_else() {
        let read = |text: &str| numbers(text).ok();
        assert_eq!(read("3"), Some(vec![3]));
        assert_eq!(read("5-7,1, 6"), Some(vec![1, 5, 6, 7]));
        for odd in ["", "0", "a", "1-", "3-1", "-1", "1,,2", "1-99999999999", "1;2"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
