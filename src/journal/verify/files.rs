//! Every file of a run against its records and its seal.
//!
//! In a sealed run there is exactly what the seal lists; in another, output and attachments are judged by what records say of
//! them. Links, pipes and files with a second name elsewhere are never read.

use super::amendments::{self, Left};
use super::signatures::{Unknown, check, stand};
use super::{At, Problem, Verdict, Verified, VerifyWith, What};
use crate::journal::content;
use crate::journal::dir::{Found, RunDir, part_name};
use crate::journal::facts::Facts;
use crate::journal::hash::Hash;
use crate::journal::keys::sshsig;
use crate::journal::reader::walk::Walk;
use crate::journal::seal::text::Seal;
use crate::journal::seal::{MOST, header, is_beside, namespace, sig_name, text};

/// Judges all files.
pub(super) fn judge(dir: &RunDir, with: &VerifyWith, (walk, facts): (&Walk, &Facts), found: &mut Verified) {
    let all = match dir.everything() {
        Ok(all) => all,
        Err(error) => return found.say(None, error.chain()),
    };
    for odd in all.iter().filter(|file| !file.plain && file.name != "socket") {
        found.say_of(&odd.name, "it is not a plain file with one name");
    }
    let seal = seal(dir, with, (walk, facts), (&all, found));
    let listed = |name: &String| seal.is_some() || name.starts_with("attach/");
    let plain = all.iter().filter(|file| file.plain && !is_beside(&file.name));
    let whole: Vec<String> = plain.map(|file| file.name.clone()).filter(listed).collect();
    let mut left = amendments::judge(dir, with, (walk, facts), found);
    let content = content::judge(dir, facts.printed.iter(), (&whole, &left.blanks));
    for wrong in content.wrong {
        let (seq, file, byte) = (wrong.seq, Some(wrong.name), wrong.byte);
        found.problems.push(Problem { seq, file, byte, ..Problem::new(What::Changed, wrong.why) });
    }
    for (name, bytes) in content.behind {
        found.notes.push(format!("{name}: {bytes} bytes were printed and never recorded"));
    }
    attachments(&content.whole, found);
    if let Some(seal) = seal {
        against_seal(&seal, &content.whole, &mut left, found);
        if walk.problem.is_none() {
            closed(&all, dir, facts, found);
        }
    }
    left.end(found);
}

/// The seal, if there is one that can be read; its header and its signatures judged.
fn seal(
    dir: &RunDir,
    with: &VerifyWith,
    (walk, facts): (&Walk, &Facts),
    (all, found): (&[Found], &mut Verified),
) -> Option<Seal> {
    let sigs: Vec<&str> =
        all.iter().map(|file| file.name.as_str()).filter(|name| name.starts_with("SEAL") && *name != "SEAL").collect();
    if !all.iter().any(|file| file.name == "SEAL") {
        for sig in sigs {
            found.say_of(sig, "it belongs to a seal, and there is none");
        }
        found.all.push(Verdict::Unsealed);
        return None;
    }
    let bytes = match dir.read_whole("SEAL", MOST) {
        Ok(bytes) => bytes,
        Err(error) => {
            found.say_of("SEAL", error.chain());
            return None;
        }
    };
    signers(dir, with, (&bytes, &sigs, facts), (walk, found));
    let seal = match text::read(&bytes) {
        Ok(seal) => seal,
        Err(why) => {
            found.say_of("SEAL", why);
            return None;
        }
    };
    if walk.chain.who.as_ref() != Some(&(seal.realm, seal.run.clone())) {
        found.say_of("SEAL", "it is the seal of another run");
    }
    let is = header(walk, facts, seal.listed.len());
    // Where the journal itself does not hold, what is left of it says nothing about the seal.
    if walk.problem.is_none() {
        let (part, _) = walk.chain.here();
        if seal.header.records > is.records {
            let (sealed, there) = (seal.header.records, is.records);
            let why = format!(
                "it ends with record {there}, and {sealed} were sealed: its end was cut off, or an older copy is there"
            );
            found.say_what(&part_name(part), What::Cut, why);
        } else if seal.header != is {
            found.say_what("SEAL", What::Changed, "its header is not what the journal says");
        } else if !walk.chain.ended {
            found.say_of("SEAL", "the run that it seals has not ended");
        }
    }
    Some(seal)
}

fn signers(
    dir: &RunDir,
    with: &VerifyWith,
    (seal, sigs, facts): (&[u8], &[&str], &Facts),
    (walk, found): (&Walk, &mut Verified),
) {
    let Some((realm, _)) = &walk.chain.who else {
        return;
    };
    if sigs.is_empty() {
        found.all.push(Verdict::Unsigned);
    }
    let at = facts.last.div_euclid(1_000_000);
    for name in sigs {
        let sig = match dir.read_whole(name, 1 << 16) {
            Ok(sig) => sig,
            Err(error) => {
                found.say_of(name, error.chain());
                continue;
            }
        };
        if sshsig::named_key(&sig).is_ok_and(|key| sig_name(key.blob()) != *name) {
            found.say_of(name, "it is not called after the key that made it");
        }
        match check(with, &sig, namespace(*realm), seal) {
            Ok(key) => {
                let claimed = key.fingerprint();
                let place = At::File((*name).to_owned());
                stand(with, (key, namespace(*realm), at), ("seal", &claimed, place), found);
            }
            Err(Unknown::Wrong(why)) => found.say_of(name, why),
            Err(Unknown::Unchecked(why)) => {
                found.notes.push(format!("{name}: {why}"));
                found.all.push(Verdict::UnknownKey);
            }
        }
    }
}

/// Each attachment is called after its hash, and the runbook is among them.
fn attachments(whole: &[(String, Hash)], found: &mut Verified) {
    let mut runbook = found.runbook.is_none();
    let mut missing = found.amended.clone();
    for (name, sha256) in whole {
        let Some(name_below) = name.strip_prefix("attach/") else {
            continue;
        };
        let hex = sha256.hex();
        runbook |= found.runbook.as_ref() == Some(&hex);
        missing.retain(|(_, to)| *to != hex);
        if !name_below.starts_with(&format!("{}-", &hex[..16])) {
            found.say_what(name, What::Changed, "its bytes do not have the hash that its name says");
        }
    }
    if !runbook {
        let why = "the runbook that the first record names is not there: it was changed or taken away";
        found.say_what("attach/", What::Removed, why);
    }
    for (seq, _) in missing {
        let why = "the runbook that it names is not in attach/: it was changed or taken away";
        found.say(Some(seq), why.into());
    }
}

fn against_seal(seal: &Seal, whole: &[(String, Hash)], left: &mut Left, found: &mut Verified) {
    // Both are in order of names, and no name is in either twice.
    let place = |name: &str| seal.listed.binary_search_by(|listed| listed.name.as_str().cmp(name));
    let mut there = vec![false; seal.listed.len()];
    for (name, sha256) in whole {
        match place(name) {
            Ok(at) => {
                there[at] = true;
                let amended = left.file(name, (seal.listed[at].sha256, *sha256), found);
                if !amended && seal.listed[at].sha256 != *sha256 {
                    let other = seal.listed.iter().find(|listed| listed.sha256 == *sha256);
                    match other {
                        Some(other) => {
                            let why = format!("the bytes of {} stand there: files were swapped", other.name);
                            found.say_what(name, What::Swapped, why);
                        }
                        None => found.say_what(name, What::Changed, "its bytes are not those that were sealed"),
                    }
                }
            }
            Err(_) => found.say_what(name, What::Added, "the seal does not list it: the file was added"),
        }
    }
    for (listed, _) in seal.listed.iter().zip(there).filter(|(_, there)| !there) {
        found.say_what(&listed.name, What::Removed, "the seal lists it, and it is not there as a plain file");
    }
}

/// The last record counts the output files and their bytes.
fn closed(all: &[Found], dir: &RunDir, facts: &Facts, found: &mut Verified) {
    let is_log = |file: &&Found| file.name.starts_with("out/") && file.name.ends_with(".log");
    let logs: Vec<u64> =
        all.iter().filter(is_log).filter_map(|file| Some(dir.read(&file.name).ok()?.metadata().ok()?.len())).collect();
    if facts.closed != Some((logs.len() as u64, logs.iter().sum())) {
        found.say(None, "its last record counts other output than is there".into());
    }
}
