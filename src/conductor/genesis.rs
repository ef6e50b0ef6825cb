//! What the first record of a run, or of a part that takes one up again, says of who starts what, where.

use super::commission::Commission;
use crate::engine::survivors::boot_id;
use crate::journal::keys::RunKey;
use crate::journal::texts::Opening;
use crate::model::time::Stamp;
use sha2::{Digest, Sha256};

/// What an opening needs beside the commission.
pub(super) struct About<'a> {
    /// When.
    pub now: Stamp,
    /// The runbook's file name.
    pub runbook_name: &'a str,
    /// Its sha256, hex.
    pub runbook: &'a str,
    /// Its folder.
    pub runbook_dir: &'a str,
    /// The run directory.
    pub run_dir: &'a str,
    /// T0 by `--t0`.
    pub t0: Option<i64>,
    /// Hash of the list by which sign-offs are judged.
    pub signers: &'a str,
}

/// Everything that the text says.
pub(super) fn opening(commission: &Commission, about: &About<'_>, key: &RunKey) -> Opening {
    let uname = rustix::system::uname();
    let uid = rustix::process::getuid().as_raw();
    let login = std::fs::read_to_string("/proc/self/loginuid").unwrap_or_default();
    Opening {
        started: about.now.wall,
        operator: commission.operator.clone(),
        key_origin: commission.key_origin.clone(),
        key: commission.fingerprint.clone().unwrap_or_default(),
        mode: if commission.answers.is_some() { "unattended" } else { "attended" }.into(),
        answers: commission.answers.clone().unwrap_or_default(),
        signers: about.signers.to_owned(),
        runbook: about.runbook.to_owned(),
        runbook_name: about.runbook_name.to_owned(),
        runbook_dir: about.runbook_dir.to_owned(),
        run_dir: about.run_dir.to_owned(),
        plan: String::new(),
        program: concat!("tminus ", env!("CARGO_PKG_VERSION")).into(),
        program_sha256: program_sha256(),
        argv: commission.argv.join(" "),
        vars: vars_sha256(&commission.vars),
        t0: about.t0.map(|t0| t0.to_string()).unwrap_or_default(),
        zone: commission.zone.clone(),
        host: uname.nodename().to_string_lossy().into_owned(),
        boot: boot_id(),
        user: super::peer::user_name(uid),
        uid,
        login_uid: login.trim().to_owned(),
        run_key: key.public_hex(),
        beacon: commission.beacon.clone(),
    }
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
    if vars.is_empty() {
        return String::new();
    }
    let mut hash = Sha256::new();
    for (name, value) in vars {
        hash.update(format!("{name}={value}\n"));
    }
    hex(&hash.finalize())
}

/// Bytes as lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
