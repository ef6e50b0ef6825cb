//! Two people and a sealed run of theirs, which is amended without the binary.

use crate::journal_kit::{Person, copy, runs};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tminus::journal::amend::{Amending, Draft, Hand, Said};
use tminus::journal::dir::RunDir;
use tminus::journal::keys::allowed::AllowedSigners;
use tminus::journal::verify::{Verdict, Verified, VerifyWith, verify};

/// The operator, somebody else, and a run of the operator's.
pub struct Two {
    pub op: Person,
    pub ben: Person,
    pub dir: RunDir,
    _runs: TempDir,
}

impl Two {
    /// `out/build.1.log` has `hello\n` and `oh`: two extents.
    pub fn new() -> Self {
        let (op, ben, runs) = (Person::new(), Person::new(), runs());
        let dir = op.sealed(&runs);
        Self { op, ben, dir, _runs: runs }
    }

    /// The least that can be amended, by a note or by a redaction of its one extent, `hi\n` of `out/b.1.log`.
    pub fn smallest(redacted: bool) -> Self {
        let (op, ben, runs) = (Person::new(), Person::new(), runs());
        let dir = op.smallest(&runs);
        let two = Self { op, ben, dir, _runs: runs };
        match redacted {
            true => two.redact_of(("b", two.dir.path()), &[1], &[&two.op, &two.ben], true),
            false => two.note(two.dir.path(), "late"),
        }
        two
    }

    /// Lines of a list: each person's name and key.
    pub fn list(&self, people: &[(&str, &Person)]) -> AllowedSigners {
        let lines: String =
            people.iter().map(|(name, person)| format!("{name} {}\n", person.signer.public_openssh())).collect();
        AllowedSigners::parse(lines.as_bytes())
    }

    pub fn with(&self) -> VerifyWith {
        VerifyWith { allowed: self.list(&[("op", &self.op), ("ben", &self.ben)]), ..self.op.with() }
    }

    pub fn verify(&self, path: &Path) -> Verified {
        verify(&RunDir::open(path).unwrap(), &self.with())
    }

    /// A copy of the run, to be amended.
    pub fn copy(&self) -> (TempDir, PathBuf) {
        copy(&self.dir)
    }

    pub fn said(&self, reason: &str, people: &[&Person]) -> Said {
        let hand = |one: &&Person| Hand { principal: "somebody".into(), key: one.signer.fingerprint() };
        let at = crate::journal_kit::now().wall;
        Said { reason: reason.into(), at, hands: people.iter().map(hand).collect() }
    }

    /// Writes down a note.
    pub fn note(&self, path: &Path, text: &str) {
        let mut amending = begin(path);
        let draft = amending.note(&self.said(text, &[&self.ben])).unwrap();
        amending.declare(&draft, &sign(&draft, &[&self.ben])).unwrap();
    }

    /// Writes down a redaction by these people, and carries it out where that is wanted.
    pub fn redact(&self, path: &Path, extents: &[u64], people: &[&Person], carry_out: bool) {
        self.redact_of(("build", path), extents, people, carry_out);
    }

    fn redact_of(&self, (step, path): (&str, &Path), extents: &[u64], people: &[&Person], carry_out: bool) {
        let mut amending = begin(path);
        let said = self.said("it held a token", people);
        let draft = amending.redaction((&step.into(), 1), extents, &said).unwrap();
        amending.declare(&draft, &sign(&draft, people)).unwrap();
        if carry_out {
            assert_eq!(amending.carry_out().unwrap(), Some(draft.amendment().sequence));
        }
    }
}

pub fn begin(path: &Path) -> Amending {
    Amending::begin(&RunDir::open(path).unwrap()).unwrap()
}

pub fn sign(draft: &Draft, people: &[&Person]) -> Vec<String> {
    people.iter().map(|one| one.signer.sign(draft.namespace, draft.text.as_bytes()).unwrap()).collect()
}

/// Tampered, and this file is named.
#[track_caller]
pub fn assert_tampered(found: &Verified, file: &str, what: &str) {
    let named = found.problems.iter().any(|problem| problem.file.as_deref() == Some(file));
    assert!(found.verdict == Verdict::Tampered && named, "{what}: {:#?}", found.lines());
}

#[track_caller]
pub fn assert_all(found: &Verified, all: &[Verdict], what: &str) {
    assert_eq!(found.all, all, "{what}: {:#?}", found.lines());
}
