//! Is this run what it says it is: judged by somebody who trusts neither the operator nor tminus.
//!
//! The chain and every checkpoint, the signatures by the judge's own list of keys, every byte of output, the seal. It passes
//! only if all of it holds: no signature, no seal, an unknown key is never a pass. Every value comes from signed texts. Starts no
//! process but `ssh-keygen`, and that only where told; writes nothing.

mod amendments;
mod auditor;
mod barriers;
mod files;
mod json;
mod mirror;
mod place;
mod rules;
mod signatures;
mod signoffs;
mod trust;
mod witness;
mod words;

pub use amendments::{Amended, may_redact};
pub use auditor::OwnRunbook;
pub use place::What;
pub use trust::Trusted;

use crate::journal::dir::{RunDir, is_id};
use crate::journal::error::JournalError;
use crate::journal::facts::{Facts, gather};
use crate::journal::head::Head;
use crate::journal::keys::PublicKey;
use crate::journal::keys::allowed::AllowedSigners;
use crate::journal::line::FMT;
use crate::journal::reader::walk::Walk;
use crate::model::event::EndState;
use crate::model::ids::Seq;
use crate::model::signed::Realm;

/// So many lines of a list that vouch for nobody are named.
const NAMED_LINES: usize = 3;

/// By what a run is judged.
pub struct VerifyWith {
    /// The judge's list of keys.
    pub allowed: AllowedSigners,
    /// Whether that list is the one of the user who verifies, for want of another.
    pub own: bool,
    /// A head code that was written down, or the text of a sign-off or a checkpoint that somebody kept.
    pub head: Option<String>,
    /// What a mirror holds.
    pub mirror: Option<Vec<u8>>,
    /// Now, Unix seconds.
    pub now: i64,
    /// Whether `ssh-keygen` may be asked about kinds of keys that are not known here.
    pub ask_ssh_keygen: bool,
}

/// What keeps a run from passing, or that nothing does. The order is that of weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Something is not what was recorded.
    Tampered,
    /// A newer tminus wrote it.
    UnknownFormat,
    /// A key signed it that the judge's list of revoked keys has, whenever that was.
    RevokedKey,
    /// No person's key signed it.
    Unsigned,
    /// A key signed it that the list does not have.
    UnknownKey,
    /// A key that was not valid then, or is not now.
    KeyNotValid,
    /// It was not flown by the judge's runbook.
    AnotherRunbook,
    /// It was completed without everybody's sign-off whom it asked.
    SignOffsMissing,
    /// It goes on over records that were cut away.
    ResumedOverCut,
    /// No seal.
    Unsealed,
    /// A redaction was written down and not carried out, or cut off while it was.
    Unfinished,
    /// Something was taken out after the seal by those who may, and all else holds.
    Redacted,
    /// Sealed, and everything holds.
    Verified,
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// At which record.
    pub seq: Option<Seq>,
    /// In which file.
    pub file: Option<String>,
    /// In which line of a part, from 1.
    pub line: Option<u64>,
    /// From which byte of the file on, from 0.
    pub byte: Option<u64>,
    /// What was done there, as far as it shows.
    pub what: What,
    /// Why, in words; may hold foreign text.
    pub why: String,
}

impl Problem {
    fn new(what: What, why: String) -> Self {
        Self { seq: None, file: None, line: None, byte: None, what, why }
    }
}

/// Where a signature stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// In this record.
    Record(Seq),
    /// In this file.
    File(String),
}

/// A signature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBy {
    /// `genesis`, `resume`, `seal`.
    pub what: String,
    /// Where it stands.
    pub at: At,
    /// Who, as the judge's list says; the run's own claim where it does not know the key.
    pub who: String,
    /// `SHA256:…`.
    pub fingerprint: String,
    /// The key.
    pub key: PublicKey,
    /// Whether the list has it, for that, at that time.
    pub standing: Verdict,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The heaviest of what keeps it from passing.
    pub verdict: Verdict,
    /// All of it, in order of weight.
    pub all: Vec<Verdict>,
    /// The run, as its first record says; the directory's name where that cannot be read.
    pub run: String,
    /// Live or drill.
    pub realm: Option<Realm>,
    /// What does not hold, first records first.
    pub problems: Vec<Problem>,
    /// What is worth saying and no fault.
    pub notes: Vec<String>,
    /// Who signed what.
    pub signed: Vec<SignedBy>,
    /// What was amended after the seal, and counts.
    pub amendments: Vec<Amended>,
    /// How many records hold.
    pub records: u64,
    /// How many attempts printed something.
    pub outputs: u64,
    /// The last head.
    pub head: Option<Head>,
    /// How it ended.
    pub ended: Option<EndState>,
    /// Whether its key was made by tminus.
    pub self_made: bool,
    /// Hash of the runbook as the first record says.
    pub runbook: Option<String>,
    /// By which runbook the first record of each part says that it goes on.
    pub flown_by: Vec<(Seq, Option<String>)>,
    /// Amendments of the runbook: the record, and the hash of the runbook from then on.
    pub amended: Vec<(Seq, String)>,
    /// The judge's runbook, where one was given.
    pub yours: Option<OwnRunbook>,
    /// Whether it was judged by the verifier's own list.
    pub own: bool,
    /// Whether that list has any key at all.
    pub no_keys: bool,
    /// How far its journal can be trusted; not worth a word of a run that passes.
    pub trusted: Option<Trusted>,
}

/// Judges a run.
pub fn verify(dir: &RunDir, with: &VerifyWith) -> Verified {
    let mut found = Verified::new(dir, with);
    match gather(dir) {
        Ok((walk, facts)) => {
            judge(dir, with, (&walk, &facts), &mut found);
            found.trusted = Some(trust::judge(dir, (&walk, &facts), &found));
            place::locate(dir, &walk, &mut found.problems);
        }
        Err(JournalError::Newer { found: fmt, .. }) => {
            found.notes.push(format!("its format is {fmt}"));
            found.all.push(Verdict::UnknownFormat);
        }
        Err(JournalError::Broken { seq, why }) => found.say(Some(Seq(seq)), why),
        Err(error) => found.say(None, error.chain()),
    }
    lines_of_nobody(with, &mut found);
    found.end()
}

/// Where a key is not known, a line of the list that was not taken may be why.
fn lines_of_nobody(with: &VerifyWith, found: &mut Verified) {
    if !found.all.contains(&Verdict::UnknownKey) {
        return;
    }
    let refused = with.allowed.refused();
    for line in refused.iter().take(NAMED_LINES) {
        found.notes.push(format!("line {} of your list of keys vouches for nobody: {}", line.number, line.why));
    }
    if let Some(more) = refused.len().checked_sub(NAMED_LINES).filter(|more| *more > 0) {
        found.notes.push(format!("and {more} more lines of it"));
    }
}

fn judge(dir: &RunDir, with: &VerifyWith, (walk, facts): (&Walk, &Facts), found: &mut Verified) {
    found.records = facts.records;
    found.ended = facts.ended;
    found.outputs = facts.printed.values().filter(|printed| !printed.extents.is_empty()).count() as u64;
    found.head = walk.chain.valid.map(|valid| valid.head());
    if let Some((realm, run)) = &walk.chain.who {
        if is_id(dir.id().as_str()) && run != dir.id() {
            let why = format!("the directory is called {}, its journal is that of {run}", dir.id());
            found.say(Some(Seq(1)), why);
        }
        (found.realm, found.run) = (Some(*realm), run.to_string());
    }
    // A run is sealed after its last write, so a sealed one has no torn tail.
    let torn = walk.torn.as_ref();
    if let Some(broken) = walk.problem.as_ref().or_else(|| torn.filter(|_| dir.has("SEAL"))) {
        found.problems.push(place::broken(dir, walk, broken));
    } else if walk.tail.0 > 0 {
        let (bytes, seq) = (walk.tail.0, facts.records);
        found.notes.push(format!("{bytes} bytes behind record {seq} are torn, and no part of the run"));
    }
    if let Some((seq, why)) = &facts.wrong {
        found.say(Some(*seq), why.clone());
    }
    newer_format(walk, found);
    if let Some(kept) = &with.head {
        witness::judge(dir, kept, (walk, facts), found);
    }
    if let Some(mirror) = &with.mirror {
        mirror::judge(mirror, (walk, facts), found);
    }
    signatures::openings(with, facts, found);
    barriers::judge(with, (walk, facts), found);
    signoffs::judge(with, (walk, facts), found);
    files::judge(dir, with, (walk, facts), found);
}

/// What a newer program wrote and this one does not know was not judged: that is never a pass.
fn newer_format(walk: &Walk, found: &mut Verified) {
    let Some(fmt) = &walk.chain.newer else { return };
    found.notes.push(format!("its format is {fmt}, and this program knows {FMT}"));
    if !walk.chain.foreign.is_empty() {
        let names: Vec<&str> = walk.chain.foreign.iter().map(String::as_str).collect();
        found.notes.push(format!("not known here, and not judged: {}", names.join("; ")));
        found.all.push(Verdict::UnknownFormat);
    }
}

impl Verified {
    fn new(dir: &RunDir, with: &VerifyWith) -> Self {
        Self {
            verdict: Verdict::Tampered,
            all: Vec::new(),
            run: dir.id().to_string(),
            realm: None,
            problems: Vec::new(),
            notes: Vec::new(),
            signed: Vec::new(),
            amendments: Vec::new(),
            records: 0,
            outputs: 0,
            head: None,
            ended: None,
            self_made: false,
            runbook: None,
            flown_by: Vec::new(),
            amended: Vec::new(),
            yours: None,
            own: with.own,
            no_keys: with.allowed.is_empty(),
            trusted: None,
        }
    }

    /// Something that only whoever reads the runbook can see keeps it from passing too.
    pub fn also(&mut self, verdict: Verdict, note: String) {
        self.notes.push(note);
        self.all.push(verdict);
        self.all.sort_unstable();
        self.all.dedup();
        self.verdict = *self.all.first().unwrap_or(&Verdict::Verified);
    }

    fn say(&mut self, seq: Option<Seq>, why: String) {
        self.problems.push(Problem { seq, ..Problem::new(What::Wrong, why) });
    }

    fn say_of(&mut self, file: &str, why: impl Into<String>) {
        self.say_what(file, What::Wrong, why);
    }

    fn say_what(&mut self, file: &str, what: What, why: impl Into<String>) {
        self.problems.push(Problem { file: Some(file.to_owned()), ..Problem::new(what, why.into()) });
    }

    fn end(mut self) -> Self {
        self.problems.sort_by_key(|problem| (problem.seq.is_none(), problem.seq));
        if !self.problems.is_empty() {
            self.all.push(Verdict::Tampered);
        }
        self.all.sort_unstable();
        self.all.dedup();
        self.verdict = *self.all.first().unwrap_or(&Verdict::Verified);
        self
    }
}
