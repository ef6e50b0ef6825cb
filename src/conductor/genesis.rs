//! The first record of a run, and of a part that takes one up again: what their signed texts say.

use super::commission::Commission;
use crate::engine::survivors::boot_id;
use crate::journal::keys::RunKey;
use crate::model::ids::RunId;
use crate::model::signed::{Realm, SignedText};
use crate::model::time::Stamp;
use sha2::{Digest, Sha256};

/// The journal's format.
pub const FMT: &str = "1.0";

/// What genesis needs beside the commission.
pub(super) struct Beginning<'a> {
    /// The run.
    pub run: &'a RunId,
    /// When.
    pub now: Stamp,
    /// The runbook's name in `attach/`.
    pub runbook: &'a str,
    /// Its sha256, hex.
    pub runbook_sha256: &'a str,
    /// Its folder.
    pub runbook_dir: &'a str,
    /// The run directory.
    pub run_dir: &'a str,
    /// T0 by `--t0`.
    pub t0: Option<i64>,
}

/// Genesis's text, in the order that `docs/journal-format.md` gives.
pub(super) fn genesis(commission: &Commission, of: &Beginning<'_>, key: &RunKey) -> SignedText {
    let text = SignedText::new("genesis", Realm::Live, of.run).with("fmt", FMT).with("started", of.now.wall);
    let text = who(text, commission);
    where_from(text, commission)
        .with("runbook", of.runbook)
        .with("runbook-sha256", of.runbook_sha256)
        .with("runbook-dir", of.runbook_dir)
        .with("run-dir", of.run_dir)
        .with("t0", of.t0.map(|t0| t0.to_string()).unwrap_or_default())
        .with("zone", &commission.zone)
        .with("run-key", key.public_hex())
        .with("beacon", "")
}

/// A resume's text: who, from where, and exactly what it goes on from.
pub(super) fn resume(commission: &Commission, run: &RunId, now: Stamp, from: &crate::journal::Recovered, key: &RunKey) -> SignedText {
    let text = SignedText::new("resume", Realm::Live, run).with("fmt", FMT).with("started", now.wall);
    let text = where_from(who(text, commission), commission);
    from.describe(text).with("run-key", key.public_hex())
}

fn who(text: SignedText, commission: &Commission) -> SignedText {
    text.with("operator", &commission.operator)
        .with("mode", if commission.answers.is_some() { "unattended" } else { "attended" })
        .with("answers-sha256", commission.answers.clone().unwrap_or_default())
        .with("key-origin", &commission.key_origin)
        .with("key", commission.fingerprint.clone().unwrap_or_default())
}

fn where_from(text: SignedText, commission: &Commission) -> SignedText {
    let uname = rustix::system::uname();
    let uid = rustix::process::getuid().as_raw();
    let login = std::fs::read_to_string("/proc/self/loginuid").unwrap_or_default();
    text.with("program", concat!("tminus ", env!("CARGO_PKG_VERSION")))
        .with("program-sha256", program_sha256())
        .with("host", uname.nodename().to_string_lossy())
        .with("boot", boot_id())
        .with("user", super::peer::user_name(uid))
        .with("uid", uid)
        .with("login-uid", login.trim())
        .with("argv", commission.argv.join(" "))
        .with("vars-sha256", vars_sha256(&commission.vars))
}

fn program_sha256() -> String {
    let Ok(mut program) = std::fs::File::open("/proc/self/exe") else { return String::new() };
    let mut hash = Sha256::new();
    match std::io::copy(&mut program, &mut hash) {
        Ok(_) => hex(&hash.finalize()),
        Err(_) => String::new(),
    }
}

fn vars_sha256(vars: &[(String, String)]) -> String {
    let mut hash = Sha256::new();
    for (name, value) in vars {
        hash.update(format!("{name}={value}\n"));
    }
    hex(&hash.finalize())
}

/// Bytes as lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
