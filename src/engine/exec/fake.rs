//! An executor that starts nothing and says what a test told it to.
//!
//! A script is a list of cues for one marker: facts to say, and places where it waits to be asked something. What was to be
//! started and what was asked is kept, so that a test can look. Only tests and simulated drills use it.

use super::keyboard::{Keys, Typed, with_keys, without_keys};
use super::{CommandSpec, Control, ExecFact, Executor, Running};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc};

/// One thing that a scripted command does.
#[derive(Clone, Debug)]
pub enum Cue {
    /// It says this.
    Say(ExecFact),
    /// It goes on only after something was asked of it.
    UntilAsked(Control),
    /// It goes on only after `ScriptedExecutor::release` with this name.
    UntilReleased(String),
}

/// Commands whose course is given beforehand, by marker. A clone is the same executor.
#[derive(Clone, Default)]
pub struct ScriptedExecutor(Arc<Inner>);

#[derive(Default)]
struct Inner {
    scripts: Mutex<BTreeMap<String, VecDeque<Vec<Cue>>>>,
    spawned: Mutex<Vec<CommandSpec>>,
    asked: Mutex<Vec<(String, Control)>>,
    typed: Mutex<Vec<(String, Vec<u8>)>>,
    released: Mutex<Vec<String>>,
    changed: Notify,
}

impl ScriptedExecutor {
    /// An executor that knows no command yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next command with `marker` says `facts` at once. Given twice, the second is for the second command.
    pub fn reply(&self, marker: &str, facts: Vec<ExecFact>) {
        self.script(marker, facts.into_iter().map(Cue::Say).collect());
    }

    /// The next command with `marker` follows `cues`. When they are over, its facts end.
    pub fn script(&self, marker: &str, cues: Vec<Cue>) {
        lock(&self.0.scripts).entry(marker.into()).or_default().push_back(cues);
    }

    /// Lets every command go on that waits, or will wait, for `name`.
    pub fn release(&self, name: &str) {
        lock(&self.0.released).push(name.into());
        self.0.changed.notify_waiters();
    }

    /// What was to be started so far.
    pub fn spawned(&self) -> Vec<CommandSpec> {
        lock(&self.0.spawned).clone()
    }

    /// What was typed so far, to which marker.
    pub fn typed(&self) -> Vec<(String, Vec<u8>)> {
        lock(&self.0.typed).clone()
    }

    /// What was asked so far, of which marker.
    pub fn asked(&self) -> Vec<(String, Control)> {
        lock(&self.0.asked).clone()
    }
}

impl Executor for ScriptedExecutor {
    fn spawn(&self, spec: CommandSpec) -> Running {
        let cues = lock(&self.0.scripts).get_mut(&spec.marker).and_then(VecDeque::pop_front);
        let cues = cues.unwrap_or_else(|| {
            let why = format!("no reply is scripted for {}", spec.marker);
            vec![Cue::Say(ExecFact::NotStarted { why, at: Default::default() })]
        });
        let marker = spec.marker.clone();
        let (facts, heard) = mpsc::channel(8);
        let (asking, controls) = if spec.terminal.is_some() {
            let (asking, controls, keys) = with_keys();
            tokio::spawn(self.clone().keep_typed(marker.clone(), keys));
            (asking, controls)
        } else {
            without_keys()
        };
        lock(&self.0.spawned).push(spec);
        tokio::spawn(Actor { executor: self.clone(), marker, seen: Vec::new(), controls }.play(cues, facts));
        Running::new(heard, asking)
    }
}

impl ScriptedExecutor {
    async fn keep_typed(self, marker: String, mut keys: Keys) {
        while let Some(Typed::Bytes(bytes)) = keys.typed.recv().await {
            lock(&self.0.typed).push((marker.clone(), bytes.to_vec()));
        }
    }
}

struct Actor {
    executor: ScriptedExecutor,
    marker: String,
    seen: Vec<Control>,
    controls: mpsc::UnboundedReceiver<Control>,
}

impl Actor {
    async fn play(mut self, cues: Vec<Cue>, facts: mpsc::Sender<ExecFact>) {
        for cue in cues {
            match cue {
                Cue::Say(fact) => {
                    if facts.send(fact).await.is_err() {
                        return;
                    }
                }
                Cue::UntilAsked(wanted) => self.until_asked(wanted).await,
                Cue::UntilReleased(name) => self.until_released(&name).await,
            }
        }
        while let Ok(control) = self.controls.try_recv() {
            self.note(control);
        }
    }

    async fn until_asked(&mut self, wanted: Control) {
        while !self.seen.contains(&wanted) {
            match self.controls.recv().await {
                Some(control) => self.note(control),
                // Nobody can ask any more: it waits for ever, as a command does that nobody stops.
                None => std::future::pending().await,
            }
        }
        self.seen.clear();
    }

    async fn until_released(&mut self, name: &str) {
        let executor = self.executor.clone();
        let mut open = true;
        loop {
            // The waiter is made before the look, so that a release between the two is not missed.
            let changed = executor.0.changed.notified();
            if lock(&executor.0.released).iter().any(|released| released == name) {
                return;
            }
            tokio::select! {
                () = changed => {}
                control = self.controls.recv(), if open => match control {
                    Some(control) => self.note(control),
                    None => open = false,
                },
            }
        }
    }

    fn note(&mut self, control: Control) {
        lock(&self.executor.0.asked).push((self.marker.clone(), control));
        self.seen.push(control);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::exec::{Program, StdinSource, Target};
    use crate::model::output::{Drained, Exit};

    fn spec(marker: &str) -> CommandSpec {
        let program = Program::Argv(vec!["never".into()]);
        CommandSpec {
            program,
            cwd: "/".into(),
            env: Vec::new(),
            stdin: StdinSource::Null,
            marker: marker.into(),
            terminal: None,
            target: Target::Local,
        }
    }

    fn exited(code: i32) -> ExecFact {
        let (exit, at) = (Exit::Code(code), Default::default());
        ExecFact::Exited { exit, drained: Drained::Eof, holders: Vec::new(), at }
    }

    #[tokio::test]
    async fn each_command_gets_the_reply_of_its_marker_in_order() {
        let executor = ScriptedExecutor::new();
        executor.reply("a/1", vec![exited(1)]);
        executor.reply("a/1", vec![exited(2)]);
        for code in [1, 2] {
            let mut running = executor.spawn(spec("a/1"));
            assert_eq!(running.facts.recv().await, Some(exited(code)));
            assert_eq!(running.facts.recv().await, None);
        }
        let unknown = executor.spawn(spec("b/1")).facts.recv().await;
        assert!(matches!(unknown, Some(ExecFact::NotStarted { why, .. }) if why.contains("b/1")));
        assert_eq!(executor.spawned().len(), 3);
    }

    #[tokio::test]
    async fn a_script_waits_to_be_asked_and_to_be_released() {
        let executor = ScriptedExecutor::new();
        let cues = vec![Cue::UntilAsked(Control::Terminate), Cue::UntilReleased("go".into()), Cue::Say(exited(3))];
        executor.script("a/1", cues);
        let mut running = executor.spawn(spec("a/1"));
        running.control(Control::Interrupt);
        running.control(Control::Terminate);
        executor.release("go");
        assert_eq!(running.facts.recv().await, Some(exited(3)));
        let asked = [Control::Interrupt, Control::Terminate].map(|control| ("a/1".to_string(), control));
        assert_eq!(executor.asked(), asked);
    }
}
