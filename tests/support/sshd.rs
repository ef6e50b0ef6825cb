//! A real sshd on loopback, with keys, accounts and a config of its own, and an `ssh` first on PATH that reads that config.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses its own part; in a test a panic is the report")]

use std::ffi::OsString;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tminus::engine::clock::wait_until;
use tminus::engine::exec::SshTarget;

/// A server, and a folder that knows it as `db1` and `db2`. Known are too: `stranger` (its key is in no list), `changed` (another key
/// is), `keyless` (no key of ours is accepted), `silent` (nothing listens), `nowhere` (no such name).
pub struct Sshd {
    /// Holds keys, config, log and the `ssh` for PATH.
    pub folder: tempfile::TempDir,
    server: Child,
}

impl Sshd {
    /// Starts one; fails with what to install where there is none.
    pub fn start() -> Self {
        let program = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].into_iter().find(|path| Path::new(path).exists());
        let program = program.expect("these tests need sshd: apt-get install openssh-server");
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for key in ["host", "other-host", "mine", "refused"] {
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(at(key)).status();
            assert!(made.unwrap().success());
        }
        std::fs::copy(at("mine.pub"), at("authorized")).unwrap();
        if rustix::process::getuid().is_root() {
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        let server = (0..5).find_map(|_| listening(program, folder.path()));
        let server = server.unwrap_or_else(|| panic!("sshd does not listen: {:?}", std::fs::read_to_string(at("log"))));
        Self { folder, server }
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// PATH with our `ssh` first.
    pub fn path(&self) -> OsString {
        let mut path = self.folder.path().join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or(OsString::from("/usr/bin:/bin")));
        path
    }

    /// A target of that name in our config.
    pub fn target(&self, name: &str) -> SshTarget {
        let environment = vec![("PATH".into(), self.path()), ("HOME".into(), self.folder.path().into())];
        SshTarget { name: name.into(), address: name.into(), forward_agent: false, environment }
    }

    /// Every process that serves a connection.
    pub fn serving(&self) -> Vec<i32> {
        let mut found = vec![i32::try_from(self.server.id()).unwrap()];
        loop {
            let more: Vec<i32> = processes()
                .into_iter()
                .filter(|(pid, parent, comm)| {
                    found.contains(parent) && !found.contains(pid) && comm.starts_with("sshd")
                })
                .map(|(pid, ..)| pid)
                .collect();
            if more.is_empty() {
                return found.split_off(1);
            }
            found.extend(more);
        }
    }

    /// Cuts every connection, as a machine that falls over does.
    pub fn cut(&self) {
        self.signal(&self.serving(), rustix::process::Signal::KILL);
    }

    /// The server and every connection go on and say nothing more, as a line does that goes dead.
    pub fn freeze(&self) {
        let own = i32::try_from(self.server.id()).unwrap();
        self.signal(&[self.serving(), vec![own]].concat(), rustix::process::Signal::STOP);
    }

    fn signal(&self, pids: &[i32], signal: rustix::process::Signal) {
        for pid in pids {
            // One may have ended with the one before it.
            let _ = rustix::process::kill_process(rustix::process::Pid::from_raw(*pid).unwrap(), signal);
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.cut();
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A server on a port of its own; `None` where another program took that between our look and its bind.
fn listening(program: &str, folder: &Path) -> Option<Child> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    write_server_config(folder, port);
    write_client_config(folder, port);
    let mut server = Command::new(program);
    server.arg("-D").arg("-f").arg(folder.join("sshd_config")).arg("-E").arg(folder.join("log"));
    let mut server = server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let said = format!("Server listening on 127.0.0.1 port {port}.");
    let (mut listens, mut ended) = (false, false);
    wait_until(Duration::from_secs(60), Duration::from_millis(10), || {
        listens = std::fs::read_to_string(folder.join("log")).is_ok_and(|log| log.contains(&said));
        ended = server.try_wait().unwrap().is_some();
        listens || ended
    });
    if listens && !ended {
        return Some(server);
    }
    // It may have ended by itself.
    let _ = server.kill();
    let _ = server.wait();
    None
}

/// Number, parent and name of every process.
fn processes() -> Vec<(i32, i32, String)> {
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let line = |pid: i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (head, rest) = stat.rsplit_once(')')?;
        let comm = head.split_once('(')?.1.to_owned();
        Some((pid, rest.split_ascii_whitespace().nth(1)?.parse().ok()?, comm))
    };
    pids.filter_map(line).collect()
}

fn write_server_config(folder: &Path, port: u16) {
    let shown = folder.display();
    let text = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {shown}/host\nAuthorizedKeysFile {shown}/authorized\nStrictModes no\n\
         UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nPidFile none\n\
         LogLevel VERBOSE\nMaxSessions 50\nMaxStartups 100\n"
    );
    std::fs::write(folder.join("sshd_config"), text).unwrap();
}

fn write_client_config(folder: &Path, port: u16) {
    let public = |name: &str| {
        let line = std::fs::read_to_string(folder.join(format!("{name}.pub"))).unwrap();
        format!("[127.0.0.1]:{port} {line}")
    };
    std::fs::write(folder.join("known"), public("host")).unwrap();
    std::fs::write(folder.join("changed"), public("other-host")).unwrap();
    std::fs::write(folder.join("empty"), "").unwrap();
    // Nothing listens there: a privileged port that no system gives away by itself.
    let closed = 1;
    let host = |name: &str, address: &str, port: u16, key: &str, known: &str| {
        let shown = folder.display();
        format!(
            "Host {name}\n  HostName {address}\n  Port {port}\n  IdentityFile {shown}/{key}\n  \
             UserKnownHostsFile {shown}/{known}\n"
        )
    };
    let text = [
        host("db1", "127.0.0.1", port, "mine", "known"),
        host("db2", "127.0.0.1", port, "mine", "known"),
        host("stranger", "127.0.0.1", port, "mine", "empty"),
        host("changed", "127.0.0.1", port, "mine", "changed"),
        host("keyless", "127.0.0.1", port, "refused", "known"),
        host("silent", "127.0.0.1", closed, "mine", "known"),
        host("nowhere", "no-such-host.invalid", port, "mine", "known"),
        "Host *\n  IdentitiesOnly yes\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking ask\n".into(),
    ]
    .concat();
    std::fs::write(folder.join("ssh_config"), text).unwrap();
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let real = real_ssh();
    let script = format!("#!/bin/sh\nexec {} -F {}/ssh_config \"$@\"\n", real.display(), folder.display());
    std::fs::write(bin.join("ssh"), script).unwrap();
    std::fs::set_permissions(bin.join("ssh"), std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn real_ssh() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or(OsString::from("/usr/bin:/bin"));
    let found = std::env::split_paths(&path).map(|folder| folder.join("ssh")).find(|file| file.is_file());
    found.expect("these tests need ssh: apt-get install openssh-client")
}
