//! What somebody kept of a run elsewhere, against what is here now: a head code that was written down or read aloud, or the text
//! of a sign-off or a checkpoint, which names how long the journal was and its hash.
//!
//! This is what shows that an unsealed journal was cut back or put in an older copy's place: alone it cannot tell. What was kept is
//! taken as the judge gives it; whether its signature holds is for whoever kept it to say.

use super::place::What;
use super::{Problem, Verified};
use crate::journal::dir::{RunDir, part_name};
use crate::journal::facts::Facts;
use crate::journal::hash::{Hash, of_next};
use crate::journal::head::Head;
use crate::journal::reader::walk::Walk;
use crate::model::ids::Seq;
use crate::model::signed::SignedText;

/// Letters of a code, and of the short one that screens show.
const CODE: usize = 20;
const SHORT: usize = 8;

/// Judges what was kept.
pub(super) fn judge(dir: &RunDir, kept: &str, (walk, facts): (&Walk, &Facts), found: &mut Verified) {
    match SignedText::decode(kept) {
        Some(text) => signed(dir, &text, (walk, facts), found),
        None => code(kept, (walk, facts), found),
    }
}

fn code(kept: &str, (walk, facts): (&Walk, &Facts), found: &mut Verified) {
    let code: String = kept.chars().filter(|letter| *letter != '-' && !letter.is_whitespace()).collect();
    let code = code.to_ascii_lowercase();
    if ![SHORT, CODE].contains(&code.len()) {
        let why = format!("what was given is no head code: {CODE} letters and digits, or the first {SHORT}");
        return found.say(None, why);
    }
    let of = |(seq, ckpt): &(Seq, Hash)| {
        let head = Head { part: 0, seq: *seq, bytes: 0, ckpt: *ckpt };
        head.code().replace('-', "").starts_with(&code).then_some(*seq)
    };
    match facts.ckpts.iter().find_map(of) {
        Some(seq) => {
            let later = facts.records - seq.0;
            found.notes.push(format!("the head code is that of record {seq}; {later} follow it"));
            if code.len() == SHORT {
                let why = "the first 8 letters of a head code guard against mistakes, not against the operator";
                found.notes.push(why.to_owned());
            }
        }
        None => cut(walk, facts, "no checkpoint of it has the head code that was given", found),
    }
}

fn signed(dir: &RunDir, text: &SignedText, (walk, facts): (&Walk, &Facts), found: &mut Verified) {
    let kind = &text.kind;
    if walk.chain.who.as_ref() != Some(&(text.realm, text.run.clone())) {
        return found.say(None, format!("the {kind} that was given is of another run: {}", text.run));
    }
    let number = |key: &str| text.get(key)?.parse::<u64>().ok();
    let part = number("part").and_then(|part| u32::try_from(part).ok());
    let sha256 = text.get("sha256").and_then(Hash::parse);
    let (Some(part), Some(bytes), Some(sha256)) = (part, number("bytes"), sha256) else {
        return found.say(None, format!("the {kind} that was given does not say over which journal it was made"));
    };
    let there = walk.parts.iter().find(|walked| walked.valid.part == part).map_or(0, |walked| walked.valid.bytes);
    if there < bytes {
        let why =
            format!("the {kind} that was given was made over {bytes} bytes of part {part}, and {there} are there");
        return cut(walk, facts, &why, found);
    }
    let name = part_name(part);
    match dir
        .read(&name)
        .map_err(|error| error.chain())
        .and_then(|file| of_next(file, bytes).map_err(|error| error.to_string()))
    {
        Ok(hash) if hash == sha256 => {
            let why = format!("the {kind} that was given was made over the first {bytes} bytes of {name}, as they are");
            found.notes.push(why);
        }
        Ok(_) => {
            let why =
                format!("the {kind} that was given was made over other bytes than the first {bytes} that are there");
            found.say_what(&name, What::Changed, why);
        }
        Err(why) => found.say_of(&name, why),
    }
}

/// The journal is not the one of which something was kept.
fn cut(walk: &Walk, facts: &Facts, why: &str, found: &mut Verified) {
    let (part, _) = walk.chain.here();
    let why =
        format!("{why}: it was cut back after record {}, or is an older or another copy of this run", facts.records);
    found.problems.push(Problem { file: Some(part_name(part)), ..Problem::new(What::Cut, why) });
}
