//! The second channel: signals for a session on a target, and a look at what of it still lives.
//!
//! Each errand is an `ssh` of its own over the same connection, with a limit: a stop never waits for a dead line. An errand
//! that does not come back says so and is not repeated. Called by `course`.

use super::Shared;
use super::bootstrap::{ERRAND_LINE, Errand, LEFT, errand, look_back};
use super::system::{Ssh, options};
use crate::engine::exec::{CommandSpec, Control, ExecFact, Executor, Program, SshTarget, StdinSource, Target};
use crate::model::output::{Holder, Stream};
use std::path::PathBuf;
use std::time::Duration;

/// An errand that takes longer has not come back; the longest, KILL, takes 2 s.
const LIMIT: Duration = Duration::from_secs(15);

/// Whose session it is.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) target: SshTarget,
    pub(super) socket: PathBuf,
    pub(super) group: u32,
    pub(super) marker: String,
}

impl Session {
    /// Does `what`; says what of the session still lives, but for its shell. `Err` says in words why nobody knows.
    pub(super) async fn run(&self, shared: &Shared, what: Errand) -> Result<Vec<Holder>, String> {
        self.send(shared, errand(what, self.group, &self.marker)).await
    }

    /// The same for a session that nobody has followed for a while, so that its number may be another's by now.
    pub(super) async fn look_back(&self, shared: &Shared, control: Option<Control>) -> Result<Vec<Holder>, String> {
        self.send(shared, look_back(control, self.group, &self.marker)).await
    }

    async fn send(&self, shared: &Shared, text: String) -> Result<Vec<Holder>, String> {
        let mut ssh = Ssh::new(&self.target, &["-T", "-o", "BatchMode=yes"]);
        ssh.socket(&self.socket).options(options::USING).options(options::CONNECTING);
        let mut running = shared.local.spawn(CommandSpec {
            program: Program::Argv(ssh.argv(ERRAND_LINE)),
            cwd: "/".into(),
            env: self.target.environment.clone(),
            stdin: StdinSource::Bytes(text.into_bytes()),
            // Not the step's own: what is looked for by that must not be this.
            marker: super::marker_of_run(&self.marker, &self.target),
            terminal: None,
            target: Target::Local,
        });
        let controls = running.controls();
        let answer = tokio::time::timeout(LIMIT, async move {
            let (mut out, mut said) = (String::new(), String::new());
            while let Some(fact) = running.facts.recv().await {
                match fact {
                    ExecFact::Output { stream: Stream::Out, bytes, .. } => {
                        out.push_str(&String::from_utf8_lossy(&bytes))
                    }
                    ExecFact::Output { stream: Stream::Err, bytes, .. } => {
                        said.push_str(&String::from_utf8_lossy(&bytes))
                    }
                    ExecFact::NotStarted { why, .. } => said.push_str(&why),
                    ExecFact::Spawned { .. }
                    | ExecFact::Reached { .. }
                    | ExecFact::Exited { .. }
                    | ExecFact::Lost { .. } => {}
                }
            }
            out.lines()
                .find_map(|line| line.strip_prefix(LEFT))
                .map(|list| holders(list, &self.target.name))
                .ok_or(said)
        });
        match answer.await {
            Ok(Ok(left)) => Ok(left),
            Ok(Err(said)) => Err(super::refusal::spoken(&said)),
            Err(_) => {
                controls.ask(Control::Kill);
                Err(format!("no answer in {} s", LIMIT.as_secs()))
            }
        }
    }
}

/// `PID NAME PID NAME …`. A number of another machine names no process of this one, so it has no start time.
pub(super) fn holders(list: &str, target: &str) -> Vec<Holder> {
    let words: Vec<&str> = list.split_ascii_whitespace().collect();
    let pairs = words.iter().zip(words.iter().skip(1));
    let named = pairs.filter_map(|(pid, name)| {
        let is_name = !name.bytes().all(|byte| byte.is_ascii_digit());
        let pid = pid.parse().ok().filter(|_| is_name)?;
        Some(Holder { pid, start: 0, comm: format!("{name} on {target}") })
    });
    named.collect()
}
