//! Commands as tests start them through `engine::exec`, and everything that was said of one.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses its own part; in a test a panic is the report")]

use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tminus::engine::clock::{Clock, SystemClock, wait_until};
use tminus::engine::exec::{
    CommandSpec, Control, ExecFact, Executor, Local, Program, Running, Shell, StdinSource, Target,
};
use tminus::engine::survivors;
use tminus::model::output::{Drained, Exit, Holder, Stream};

/// Everything that was said of one command.
#[derive(Debug, Default)]
pub struct Told {
    pub pid: i32,
    pub there: Option<(u32, String)>,
    pub out: Vec<u8>,
    pub err: Vec<u8>,
    pub end: Option<(Exit, Drained, Vec<Holder>)>,
    pub refused: Option<String>,
    pub lost: Option<String>,
    pub took: Duration,
}

impl Told {
    pub fn exit(&self) -> Exit {
        self.end.as_ref().unwrap_or_else(|| panic!("no end: {self:?}")).0
    }

    pub fn drained(&self) -> Drained {
        self.end.as_ref().unwrap_or_else(|| panic!("no end: {self:?}")).1
    }

    pub fn holders(&self) -> &[Holder] {
        &self.end.as_ref().unwrap_or_else(|| panic!("no end: {self:?}")).2
    }

    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    pub fn hear(&mut self, fact: ExecFact) {
        match fact {
            ExecFact::Spawned { pid, start, .. } => {
                // A quick one is gone by now.
                assert!(survivors::start_ticks(pid).is_none_or(|seen| seen == start));
                self.pid = pid;
            }
            ExecFact::Output { stream: Stream::Out, bytes, .. } => self.out.extend(bytes),
            ExecFact::Output { stream: Stream::Err, bytes, .. } => self.err.extend(bytes),
            ExecFact::Reached { group, place, .. } => self.there = Some((group, place)),
            ExecFact::Exited { exit, drained, holders, .. } => self.end = Some((exit, drained, holders)),
            ExecFact::NotStarted { why, .. } => self.refused = Some(why),
            ExecFact::Lost { why, .. } => self.lost = Some(why),
        }
    }
}

/// A command whose marker is its own: what two commands share, each would be told of as left by the other.
pub fn spec(program: Program, marker: &str) -> CommandSpec {
    static COMMANDS: AtomicU32 = AtomicU32::new(1);
    let path = std::env::var_os("PATH").unwrap_or(OsString::from("/usr/bin:/bin"));
    let marker = format!("{marker}/{}/{}", std::process::id(), COMMANDS.fetch_add(1, Ordering::Relaxed));
    let (env, stdin) = (vec![("PATH".into(), path)], StdinSource::Null);
    CommandSpec { program, cwd: "/".into(), env, stdin, marker, terminal: None, target: Target::Local }
}

pub fn shell(shell: Shell, text: &str) -> Program {
    Program::Shell { shell, strict: true, text: text.into() }
}

pub fn bash(text: &str, marker: &str) -> CommandSpec {
    spec(shell(Shell::Bash, text), marker)
}

/// What `again` told that took less than `limit`. A busy machine can make any one try slow, what waits makes all three so.
pub fn sooner_than(limit: Duration, mut again: impl FnMut() -> Told) -> Told {
    let mut slow = Vec::new();
    for _ in 0..3 {
        let told = again();
        if told.took < limit {
            return told;
        }
        slow.push(told.took);
    }
    panic!("not one of three tries took less than {limit:?}: {slow:?}");
}

/// Runs `what` on a runtime as the conductor has it, and fails if it takes longer than two minutes.
pub fn on_runtime<T>(what: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(120), what).await.expect("within two minutes") })
}

pub fn start(spec: CommandSpec) -> Running {
    Local::new(Arc::new(SystemClock)).spawn(spec)
}

pub async fn to_the_end(running: &mut Running, mut told: Told) -> Told {
    let begun = SystemClock.now();
    while let Some(fact) = running.facts.recv().await {
        told.hear(fact);
    }
    told.took = SystemClock.now().since(begun);
    told
}

pub fn run(spec: CommandSpec) -> Told {
    on_runtime(async { to_the_end(&mut start(spec), Told::default()).await })
}

/// Runs `spec` until it has printed `sign`.
pub async fn until_printed(running: &mut Running, sign: &str) -> Told {
    let mut told = Told::default();
    hear_until(running, &mut told, sign).await;
    told
}

/// Goes on until `sign` is in what it printed.
pub async fn hear_until(running: &mut Running, told: &mut Told, sign: &str) {
    while !told.out().contains(sign) {
        let fact = running.facts.recv().await.unwrap_or_else(|| panic!("ended before {sign}: {told:?}"));
        told.hear(fact);
    }
}

pub fn gone(holder: &Holder) -> bool {
    wait_until(Duration::from_secs(60), Duration::from_millis(5), || !survivors::is_alive(holder))
}

pub fn end(holders: &[Holder]) {
    for holder in holders {
        survivors::signal_group(holder, Control::Kill);
        assert!(gone(holder), "{holder:?} does not die");
    }
}
