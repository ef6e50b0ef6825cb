//! Where in a journal something is wrong, and what was done there, as far as the lines around it show.
//!
//! A record's line and byte are found by reading its part again. What was done is told from the numbers that lines say of
//! themselves; they are not verified, so this is words for a person and never a ground to trust anything. Reads only.

use super::Problem;
use crate::journal::dir::{RunDir, part_name};
use crate::journal::error::JournalError;
use crate::journal::reader::Broken;
use crate::journal::reader::lines::Lines;
use crate::journal::reader::walk::Walk;
use crate::model::ids::Seq;

/// What was done to a run, where it does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Other bytes stand there.
    Changed,
    /// Something is there that was not.
    Added,
    /// Something is not there that was.
    Removed,
    /// A record stands there again.
    Repeated,
    /// It stands in another place's stead.
    Swapped,
    /// The end is gone, or an older copy is there.
    Cut,
    /// It is not as it must be; the words say how.
    Wrong,
}

impl What {
    /// The word for it, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            What::Changed => "changed",
            What::Added => "added",
            What::Removed => "removed",
            What::Repeated => "repeated",
            What::Swapped => "swapped",
            What::Cut => "cut",
            What::Wrong => "wrong",
        }
    }
}

/// Of so many problems the place is looked for; a hostile journal could have any number.
const LOCATED: usize = 16;

/// Gives the problems of the journal itself their file, line and byte.
pub(super) fn locate(dir: &RunDir, walk: &Walk, problems: &mut [Problem]) {
    for problem in problems.iter_mut().filter(|problem| problem.file.is_none()).take(LOCATED) {
        let Some((part, line)) = problem.seq.and_then(|seq| line_of(walk, seq)) else { continue };
        problem.file = Some(part_name(part));
        problem.line = Some(line);
        problem.byte = start_of(dir, part, line).ok().flatten();
    }
}

/// The part and the line in which a record stands.
fn line_of(walk: &Walk, seq: Seq) -> Option<(u32, u64)> {
    let mut before = 0;
    for walked in &walk.parts {
        if (before + 1..=walked.valid.seq.0).contains(&seq.0) {
            return Some((walked.valid.part, seq.0 - before));
        }
        before = walked.valid.seq.0;
    }
    let (part, first) = walk.chain.here();
    Some((part, seq.0.checked_sub(first.0)? + 1))
}

/// At which byte a line begins; `None` where the part has no such line.
fn start_of(dir: &RunDir, part: u32, line: u64) -> Result<Option<u64>, JournalError> {
    let name = part_name(part);
    let (mut lines, mut at) = (Lines::new(dir.read(&name)?, &name, u64::MAX), 0);
    for _ in 1..line {
        let Some(line) = lines.next()? else { return Ok(None) };
        at += line.len() as u64;
    }
    Ok(Some(at))
}

/// The record at which the chain breaks, with what was done to it.
pub(super) fn broken(dir: &RunDir, walk: &Walk, broken: &Broken) -> Problem {
    let (part, first) = walk.chain.here();
    let numbers = numbers(dir, part).unwrap_or_default();
    let (mut what, mut words) = done(&numbers, first.0, broken.seq.0);
    // Two lines with one number: the same line again, or one of somebody's own.
    if what == What::Repeated && !is_again(dir, part, &numbers, (first.0, broken.seq.0)) {
        (what, words) = (What::Added, Some("a line was added: two records have one number".to_owned()));
    }
    let words = words.map_or(String::new(), |words| format!("{words}: "));
    Problem { seq: Some(broken.seq), ..Problem::new(what, format!("{words}{}", broken.why)) }
}

/// What every line of a part says is its number; 0 of what is no record's beginning.
fn numbers(dir: &RunDir, part: u32) -> Result<Vec<u64>, JournalError> {
    let name = part_name(part);
    let (mut lines, mut numbers) = (Lines::new(dir.read(&name)?, &name, u64::MAX), Vec::new());
    while let Some(line) = lines.next()? {
        let digits = line.strip_prefix(br#"{"seq":"#).unwrap_or_default();
        let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(0);
        let number = std::str::from_utf8(&digits[..end]).ok().and_then(|digits| digits.parse().ok());
        numbers.push(number.unwrap_or(0));
    }
    Ok(numbers)
}

/// What was done, told from the numbers of a part whose first record is `first`, where record `at` does not hold.
fn done(numbers: &[u64], first: u64, at: u64) -> (What, Option<String>) {
    let Some(index) = at.checked_sub(first).and_then(|index| usize::try_from(index).ok()) else {
        return (What::Wrong, None);
    };
    let Some(number) = numbers.get(index).copied() else {
        return (What::Cut, Some("the part ends too early".into()));
    };
    let later = numbers[index + 1..].iter().position(|other| *other == at);
    let later = later.map(|later| index + later + 2);
    match (number, later) {
        (1.., _) if number < at => (What::Repeated, Some(format!("record {number} stands there again"))),
        (_, Some(line)) if number <= at => {
            (What::Added, Some(format!("a line was added: record {at} stands in line {line}")))
        }
        (_, Some(line)) => (What::Swapped, Some(format!("records were swapped: record {at} stands in line {line}"))),
        (_, None) if number > at => {
            let last = number - 1;
            let which = if last == at { format!("record {at} was") } else { format!("records {at} to {last} were") };
            (What::Removed, Some(format!("{which} removed")))
        }
        (_, None) => (What::Changed, None),
    }
}

/// Whether the line where record `at` should be is, byte for byte, the earlier one with its number.
fn is_again(dir: &RunDir, part: u32, numbers: &[u64], (first, at): (u64, u64)) -> bool {
    let index = (at - first) as usize;
    let earlier = numbers[..index].iter().position(|number| *number == numbers[index]);
    let line = |index: usize| nth(dir, part, index).ok().flatten();
    earlier.and_then(line).is_some_and(|earlier| Some(earlier) == line(index))
}

fn nth(dir: &RunDir, part: u32, index: usize) -> Result<Option<Vec<u8>>, JournalError> {
    let name = part_name(part);
    let mut lines = Lines::new(dir.read(&name)?, &name, u64::MAX);
    for _ in 0..index {
        if lines.next()?.is_none() {
            return Ok(None);
        }
    }
    Ok(lines.next()?.map(<[u8]>::to_vec))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_shows_in_the_numbers_of_the_lines() {
        let cases: [(&[u64], u64, What); 9] = [
            (&[1, 2, 3, 4], 3, What::Changed),
            (&[1, 2, 4, 5], 3, What::Removed),
            (&[1, 2, 4, 3, 5], 3, What::Swapped),
            (&[1, 2, 2, 3], 3, What::Repeated),
            (&[1, 2, 2], 3, What::Repeated),
            (&[1, 2, 0, 3], 3, What::Added),
            (&[1, 2, 0, 4], 3, What::Changed),
            (&[1, 2], 3, What::Cut),
            (&[], 1, What::Cut),
        ];
        for (numbers, at, what) in cases {
            assert_eq!(done(numbers, 1, at).0, what, "{numbers:?}");
        }
    }
}
