//! What is shown where output was taken out: the reason and by whom, in place of the bytes.
//!
//! As the amendments say, not judged: whoever wants to know whether they hold asks `verify`. Only what is really overwritten is
//! replaced, byte for byte, so that every place in the file stays where records and line counts have it. Reads; never fails:
//! a run whose amendments cannot be read shows its files as they are.

use super::blank::is_blank;
use super::read;
use crate::journal::dir::RunDir;
use crate::journal::seal::{MOST, text};
use crate::model::ids::{Attempt, StepId};
use std::ops::Range;

/// Everything that was taken out of a run's output.
#[derive(Clone, Debug, Default)]
pub struct Removed {
    all: Vec<Place>,
    words: Vec<(Option<(StepId, Attempt)>, String)>,
}

#[derive(Clone, Debug)]
struct Place {
    step: StepId,
    attempt: Attempt,
    bytes: Range<u64>,
    words: Vec<u8>,
}

/// Reads what was taken out of a run.
pub fn removed(dir: &RunDir) -> Removed {
    if !dir.has(super::FILE) {
        return Removed::default();
    }
    let seal = dir.read_whole("SEAL", MOST).ok();
    let amendments = seal.and_then(|seal| {
        let who = text::read(&seal).ok()?;
        read(dir, (who.realm, &who.run), &seal).ok()
    });
    let mut removed = Removed::default();
    for written in amendments.map(|read| read.all).unwrap_or_default() {
        let by: Vec<&str> = written.amendment.hands.iter().map(|hand| hand.principal.as_str()).collect();
        let said = format!("{} (by {})", written.amendment.reason, by.join(", ")).replace(['\n', '\r'], " ");
        let Some(redaction) = &written.amendment.redaction else {
            removed.words.push((None, format!("late note: {said}")));
            continue;
        };
        let words = format!("redacted: {said} ");
        let numbers: Vec<String> = redaction.extents.iter().map(|taken| taken.number.to_string()).collect();
        let what = format!("redacted: {} of {}: {said}", numbers.join(", "), redaction.log_name());
        removed.words.push((Some((redaction.step.clone(), redaction.attempt)), what));
        let mut places: Vec<Place> = Vec::new();
        for taken in &redaction.extents {
            match places.last_mut() {
                // What lies side by side is one place, with room for the words.
                Some(last) if last.bytes.end == taken.bytes.start => last.bytes.end = taken.bytes.end,
                Some(_) | None => places.push(Place {
                    step: redaction.step.clone(),
                    attempt: redaction.attempt,
                    bytes: taken.bytes.clone(),
                    words: words.clone().into_bytes(),
                }),
            }
        }
        removed.all.extend(places);
    }
    removed
}

impl Removed {
    /// Puts the words over what was overwritten of an attempt's output, of which `bytes` are those from `from` on.
    pub fn over(&self, step: &StepId, attempt: Attempt, from: u64, bytes: &mut [u8]) {
        let end = from + bytes.len() as u64;
        for place in self.all.iter().filter(|place| place.step == *step && place.attempt == attempt) {
            let (first, last) = (place.bytes.start.max(from), place.bytes.end.min(end));
            if first >= last {
                continue;
            }
            let there = &mut bytes[(first - from) as usize..(last - from) as usize];
            if !is_blank(there) {
                continue;
            }
            let said = usize::try_from(first - place.bytes.start).ok().and_then(|skip| place.words.get(skip..));
            for (byte, word) in there.iter_mut().zip(said.unwrap_or_default()) {
                *byte = *word;
            }
        }
    }

    /// Each amendment in words: all of the run's, or those that are about one output.
    pub fn words(&self, of: Option<(&StepId, Attempt)>) -> Vec<String> {
        let about = |own: &Option<(StepId, Attempt)>| match (of, own) {
            (None, _) => true,
            (Some((step, attempt)), Some(own)) => own.0 == *step && own.1 == attempt,
            (Some(_), None) => false,
        };
        self.words.iter().filter(|(own, _)| about(own)).map(|(_, words)| words.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_stand_where_the_bytes_were_whichever_window_is_read() {
        let place =
            Place { step: "a".into(), attempt: 1, bytes: 10..40, words: b"redacted: a token (by op) ".to_vec() };
        let removed = Removed { all: vec![place], words: Vec::new() };
        let mut file = [b"kept here ".as_slice(), &[b'#'; 30], b" and here"].concat();
        let before = file.clone();
        removed.over(&"a".into(), 1, 0, &mut file);
        assert_eq!(file, b"kept here redacted: a token (by op) #### and here");
        for from in 0..before.len() {
            let mut window = before[from..].to_vec();
            removed.over(&"a".into(), 1, from as u64, &mut window);
            assert_eq!(window, file[from..], "{from}");
        }
        // What is still there is never covered.
        let mut there = b"0123456789the bytes are still here, all of it".to_vec();
        removed.over(&"a".into(), 1, 0, &mut there);
        assert!(there.starts_with(b"0123456789the bytes"));
    }
}
