//! Why a command could not be started, in words that say what to mend.
//!
//! The system's error alone does not say which of three paths was missing, so this looks again after the failure. It
//! quotes the runbook's own text: whoever shows it passes it through the door for foreign text. It never quotes the
//! environment, which holds secrets.

use super::{CommandSpec, Program, Shell, StdinSource};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The name of a shell's program.
pub(super) fn shell_name(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => "bash",
        Shell::Sh => "sh",
    }
}

/// What can be seen to be wrong before anything is started: what no system call could be given.
pub(super) fn impossible(spec: &CommandSpec) -> Option<String> {
    let nul = |bytes: &[u8]| bytes.contains(&0);
    match &spec.program {
        Program::Shell { text, .. } if nul(text.as_bytes()) => {
            return Some("the command holds a NUL byte, which no program can be given".into());
        }
        Program::Argv(argv) if argv.first().is_none_or(String::is_empty) => {
            return Some("no program is named".into());
        }
        Program::Argv(argv) if argv.iter().any(|arg| nul(arg.as_bytes())) => {
            return Some("an argument holds a NUL byte, which no program can be given".into());
        }
        Program::Shell { .. } | Program::Argv(_) => {}
    }
    if spec.terminal.is_some() && matches!(spec.stdin, StdinSource::Bytes(_)) {
        return Some("it has both a terminal and an input of its own; on a terminal a person types".into());
    }
    if nul(spec.cwd.as_os_str().as_bytes()) {
        return Some("the name of the working directory holds a NUL byte".into());
    }
    if nul(spec.marker.as_bytes()) {
        return Some("the name of the step holds a NUL byte".into());
    }
    let bad = |name: &OsStr| name.is_empty() || nul(name.as_bytes()) || name.as_bytes().contains(&b'=');
    spec.env.iter().find_map(|(name, value)| {
        let shown = name.to_string_lossy();
        if bad(name) {
            Some(format!("{:?} cannot be the name of a variable", shown.as_ref()))
        } else if nul(value.as_bytes()) {
            Some(format!("the value of {shown} holds a NUL byte, which no program can be given"))
        } else {
            None
        }
    })
}

/// What `error` from the start of `spec` means.
pub(super) fn why(spec: &CommandSpec, error: &io::Error) -> String {
    if let Some(words) = why_not_there(&spec.cwd) {
        return words;
    }
    let program = program_name(spec);
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT) => not_found(spec, program),
        Some(Errno::ACCESS | Errno::PERM) => format!("{program} may not be executed ({error})"),
        Some(Errno::NOEXEC) => {
            format!("{program} is neither a program for this machine nor a script with a #! line")
        }
        Some(Errno::TOOBIG) => too_long(spec),
        Some(Errno::AGAIN | Errno::NOMEM) => {
            format!("the system has no room for another process ({error})")
        }
        Some(Errno::MFILE | Errno::NFILE) => format!("too many files are open ({error})"),
        Some(_) | None if error.kind() == io::ErrorKind::NotFound => not_found(spec, program),
        Some(_) | None => format!("{program} could not be started: {error}"),
    }
}

fn why_not_there(cwd: &Path) -> Option<String> {
    let shown = cwd.display();
    match std::fs::metadata(cwd) {
        Ok(found) if !found.is_dir() => Some(format!("the working directory {shown} is not a directory")),
        Ok(_) => match rustix::fs::access(cwd, rustix::fs::Access::EXEC_OK) {
            Ok(()) => None,
            Err(error) => Some(format!("the working directory {shown} cannot be entered ({error})")),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Some(format!("the working directory {shown} does not exist"))
        }
        Err(error) => Some(format!("the working directory {shown} cannot be entered ({error})")),
    }
}

fn program_name(spec: &CommandSpec) -> &str {
    match &spec.program {
        Program::Shell { shell, .. } => shell_name(*shell),
        Program::Argv(argv) => argv.first().map_or("", String::as_str),
    }
}

fn not_found(spec: &CommandSpec, program: &str) -> String {
    if let Some(file) = candidate(spec, program) {
        return format!("{} is there, but what it names as its interpreter or loader is not", file.display());
    }
    match &spec.program {
        Program::Shell { .. } => format!("there is no {program} on the PATH that the step has"),
        Program::Argv(_) if program.contains('/') => {
            format!("the program {program} does not exist")
        }
        Program::Argv(_) => format!("there is no program {program} on the PATH that the step has"),
    }
}

/// The file that would have been executed, if there is one.
fn candidate(spec: &CommandSpec, program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(spec.cwd.join(program)).filter(|file| file.is_file());
    }
    let path = spec.env.iter().rev().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_os_str());
    let path = path.unwrap_or(OsStr::new("/bin:/usr/bin"));
    std::env::split_paths(path).map(|folder| spec.cwd.join(folder).join(program)).find(|file| file.is_file())
}

fn too_long(spec: &CommandSpec) -> String {
    let command = match &spec.program {
        Program::Shell { text, .. } => text.len(),
        Program::Argv(argv) => argv.iter().map(String::len).sum(),
    };
    let env: usize = spec.env.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let mut words = format!(
        "too long for the system: the command has {command} bytes and its environment {env}, one argument or variable \
         may have 131072; put it into a script file"
    );
    if matches!(spec.stdin, StdinSource::Null) {
        words.push_str(" or give it as stdin");
    }
    words
}
