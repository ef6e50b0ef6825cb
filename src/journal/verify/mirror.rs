//! A run against its mirror: each checkpoint that was copied elsewhere must be in the run.
//!
//! So a tail that was cut away shows, and a journal that was replaced by an older or another copy of itself. A mirror may hold
//! other runs and other lines: of each line what begins as a record is read. Proves nothing of what came after the last copy.

use super::{Problem, Verified, What};
use crate::journal::ckpt;
use crate::journal::facts::Facts;
use crate::journal::hash::Hash;
use crate::journal::line::{self, Minor};
use crate::journal::reader::walk::Walk;
use crate::model::event::Event;
use crate::model::ids::{RunId, Seq};
use crate::model::signed::Realm;
use std::collections::HashSet;

/// Judges a run by what its mirror holds.
pub(super) fn judge(mirror: &[u8], (walk, facts): (&Walk, &Facts), found: &mut Verified) {
    let Some(who) = &walk.chain.who else { return };
    let there: HashSet<Hash> = facts.ckpts.iter().map(|(_, ckpt)| *ckpt).collect();
    let (mut held, mut last, mut missing) = (0_u64, Seq(0), Vec::new());
    for (seq, hash) in mirror.split(|byte| *byte == b'\n').filter_map(|line| checkpoint(line, who)) {
        if there.contains(&hash) {
            held += 1;
            last = last.max(seq);
        } else {
            missing.push(seq);
        }
    }
    missing.sort_unstable();
    if let Some(first) = missing.first() {
        let more = match missing.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let why = format!("the mirror has the checkpoint of record {first} that this run has not{more}");
        let why = format!("{why}: it was cut back, or is another copy. It has {} records", facts.records);
        found.problems.push(Problem { seq: Some(*first), ..Problem::new(What::Cut, why) });
    }
    if held == 0 && missing.is_empty() {
        return found.say(None, "the mirror has no checkpoint of this run".into());
    }
    let later = facts.records.saturating_sub(last.0);
    found.notes.push(format!(
        "the mirror has {held} checkpoints of this run, the last that of record {last}; {later} follow it"
    ));
}

/// The checkpoint of this run that a line of the mirror is, behind whatever a log puts before it.
fn checkpoint(line: &[u8], (realm, run): &(Realm, RunId)) -> Option<(Seq, Hash)> {
    const START: &[u8] = b"{\"seq\":";
    let at = line.windows(START.len()).position(|window| window == START)?;
    let line = [&line[at..], b"\n"].concat();
    let record = line::decode(&line, Minor::Newer).ok()?.record;
    let Event::Ckpt { text, sig } = &record.event else { return None };
    let (its_realm, its_run, ckpt) = ckpt::Ckpt::read(text)?;
    // A line that its own key did not sign was changed on its way: it is no checkpoint of anything.
    let own = its_realm == *realm && its_run == *run && ckpt::signed_by(&ckpt.key, text, sig);
    own.then(|| (record.seq, Hash::of(&line)))
}
