//! Starting the conductor: the same binary in a session of its own, told what to conduct over its standard input.

use super::Failure;
use crate::conductor::commission::{Commission, Ready};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Starts a conductor and waits until its socket is open. The exit code rides along where it refuses. It writes into the same
/// log as the client that starts it.
pub(super) fn launch(commission: &Commission, log: Option<&Path>) -> Result<Ready, Failure> {
    let failed = |what: &str, why: &dyn std::fmt::Display| Failure::because(format!("{what}: {why}"));
    let program = std::env::current_exe().map_err(|why| failed("cannot find tminus itself", &why))?;
    let mut child = Command::new(program)
        .arg("conduct")
        .args(log.into_iter().flat_map(|path| [OsStr::new("--log"), path.as_os_str()]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|why| failed("cannot start the conductor", &why))?;
    let told = serde_json::to_vec(commission).map_err(|why| failed("cannot tell the conductor what to do", &why))?;
    let mut stdin = child.stdin.take().ok_or_else(|| Failure::because("the conductor has no standard input"))?;
    let mut stdout = child.stdout.take().ok_or_else(|| Failure::because("the conductor has no standard output"))?;
    stdin.write_all(&told).map_err(|why| failed("cannot tell the conductor what to do", &why))?;
    drop(stdin);
    // The conductor closes its standard output as soon as it has said this; it lives on in a session of its own.
    let mut said = String::new();
    stdout.read_to_string(&mut said).map_err(|why| failed("the conductor cannot be heard", &why))?;
    serde_json::from_str(&said).map_err(|_| {
        Failure::because("the conductor ended before it began")
            .hint("run with --log FILE and TMINUS_LOG=debug to see why")
    })
}
