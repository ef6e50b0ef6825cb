//! The texts with which a part of a journal begins: genesis, resume, continue.
//!
//! Which fields stand in them, in which order. The operator's key signs the first two; a `continue` is covered by the run key
//! that goes on. A verifier takes everything that it relies on from here. The conductor fills them in, `verify` reads them.

use crate::journal::line::FMT;
use crate::journal::reader::{Recovered, Valid};
use crate::model::event::Event;
use crate::model::ids::RunId;
use crate::model::signed::{Realm, SignedText};

/// What a genesis or a resume says of who starts what, where. An empty string is written as `-`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Unix microseconds.
    pub started: i64,
    /// Who signs: a principal, or `none` for an unsigned run.
    pub operator: String,
    /// `agent`, `file`, `self-made` or `none`.
    pub key_origin: String,
    /// `SHA256:…` of the operator's key.
    pub key: String,
    /// `attended` or `unattended`.
    pub mode: String,
    /// Hash of the answers file.
    pub answers: String,
    /// Hash of the list of keys by which sign-offs are judged.
    pub signers: String,
    /// Hash of the runbook as read; it is in `attach/`.
    pub runbook: String,
    /// Its file name.
    pub runbook_name: String,
    /// Its folder.
    pub runbook_dir: String,
    /// The run directory.
    pub run_dir: String,
    /// Hash of the plan as resolved.
    pub plan: String,
    /// Program version, and the hash of its binary where it is known.
    pub program: String,
    /// Hash of the binary.
    pub program_sha256: String,
    /// The arguments of tminus, secrets by name, joined by spaces.
    pub argv: String,
    /// Hash of the `--var` values in order.
    pub vars: String,
    /// T0 by `--t0`, Unix microseconds.
    pub t0: String,
    /// IANA name of the zone in which times of the clock are read.
    pub zone: String,
    /// Host name.
    pub host: String,
    /// Boot id.
    pub boot: String,
    /// User name.
    pub user: String,
    /// User id.
    pub uid: u32,
    /// Login user id, empty where unknown.
    pub login_uid: String,
    /// Public half of the first run key of this part, hex.
    pub run_key: String,
    /// A public value that was not known before this time.
    pub beacon: String,
}

impl Opening {
    /// The text of a run's first record.
    pub fn genesis(&self, realm: Realm, run: &RunId) -> SignedText {
        self.fields(SignedText::new("genesis", realm, run))
    }

    /// The text of the first record of a part that takes up what `recovered` found.
    pub fn resume(&self, recovered: &Recovered, reason: &str) -> SignedText {
        let text = SignedText::new("resume", recovered.realm, &recovered.run);
        let text = place(self.fields(text), recovered.start.part, &recovered.valid)
            .with("tail bytes", recovered.tail_bytes)
            .with("tail sha256", recovered.tail_sha256)
            .with("dead", dead(&recovered.dead));
        let cut = recovered.cut.as_ref().map_or(String::new(), |cut| cut.to_string());
        text.with("cut", cut).with("reason", reason)
    }

    fn fields(&self, text: SignedText) -> SignedText {
        text.with("fmt", FMT)
            .with("started", self.started)
            .with("operator", &self.operator)
            .with("key origin", &self.key_origin)
            .with("key", &self.key)
            .with("mode", &self.mode)
            .with("answers", &self.answers)
            .with("signers", &self.signers)
            .with("runbook", &self.runbook)
            .with("runbook name", &self.runbook_name)
            .with("runbook dir", &self.runbook_dir)
            .with("run dir", &self.run_dir)
            .with("plan", &self.plan)
            .with("program", &self.program)
            .with("program sha256", &self.program_sha256)
            .with("argv", &self.argv)
            .with("vars", &self.vars)
            .with("t0", &self.t0)
            .with("zone", &self.zone)
            .with("host", &self.host)
            .with("boot", &self.boot)
            .with("user", &self.user)
            .with("uid", self.uid)
            .with("login uid", &self.login_uid)
            .with("run key", &self.run_key)
            .with("beacon", &self.beacon)
    }
}

/// The kind and the signed text of an event that begins a part; `None` for every other.
pub(crate) fn of(event: &Event) -> Option<(&'static str, &str)> {
    if let Event::Genesis { text, .. } = event {
        return Some(("genesis", text));
    }
    if let Event::Resume { text, .. } = event {
        return Some(("resume", text));
    }
    if let Event::Continue { text, .. } = event {
        return Some(("continue", text));
    }
    None
}

/// The text of the first record of a part that goes on after something could not be written. `key` signs on. `moved` names
/// the directory that failed and the one that the run goes on in, where these are not the same.
pub(crate) fn go_on(
    (realm, run): (Realm, &RunId),
    part: u32,
    valid: &Valid,
    key: &str,
    (dead_parts, moved, reason): (&[u32], Option<(&str, &str)>, &str),
) -> SignedText {
    let (from, to) = moved.unwrap_or_default();
    let dead_parts: Vec<Dead> = dead_parts.iter().map(|part| Dead { part: *part, rest: None }).collect();
    let text = SignedText::new("continue", realm, run).with("fmt", FMT);
    let text = place(text, part, valid).with("dead", dead(&dead_parts)).with("run key", key);
    text.with("run dir", to).with("left", from).with("reason", reason)
}

fn place(text: SignedText, part: u32, valid: &Valid) -> SignedText {
    text.with("part", part)
        .with("parent", valid.part)
        .with("valid bytes", valid.bytes)
        .with("valid sha256", valid.sha256)
        .with("last ckpt", valid.ckpt)
}

/// A part between a parent and its child that never came to hold anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead {
    /// Its number.
    pub part: u32,
    /// Its bytes and their hash, where it was read; a part whose sync failed was not.
    pub rest: Option<(u64, crate::journal::Hash)>,
}

fn dead(parts: &[Dead]) -> String {
    let each: Vec<String> = parts
        .iter()
        .map(|dead| match &dead.rest {
            Some((bytes, sha256)) => format!("{}:{bytes}:{sha256}", dead.part),
            None => dead.part.to_string(),
        })
        .collect();
    each.join(" ")
}

/// Reads the `dead` field; `None` if it is not as it is written.
pub(crate) fn read_dead(text: Option<&str>) -> Option<Vec<Dead>> {
    let Some(text) = text else {
        return Some(Vec::new());
    };
    let read = |word: &str| -> Option<Dead> {
        let fields: Vec<&str> = word.split(':').collect();
        let part = fields.first()?.parse().ok()?;
        match fields[1..] {
            [] => Some(Dead { part, rest: None }),
            [bytes, hash] => {
                let rest = Some((bytes.parse().ok()?, crate::journal::Hash::parse(hash)?));
                Some(Dead { part, rest })
            }
            _ => None,
        }
    };
    text.split(' ').map(read).collect()
}
