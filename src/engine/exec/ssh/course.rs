//! One command on a target, from the connection to the last of its output.
//!
//! The shell's own lines on the stream say that the session is there and how the command ended; without the latter nobody
//! knows, whatever `ssh` returns, and that is said as `Lost`. A stop goes through the second channel. Neither a slow reader
//! of the facts nor a dead line keeps a stop from being sent. Nothing here is tried twice. Called by `ssh::Remote`.

use super::Shared;
use super::bootstrap::{self, Errand};
use super::errands::{Session, holders};
use super::feeding::Feeding;
use super::refusal::spoken;
use super::sieve::{Heard, Sieve};
use super::way::{Way, begin, no_address, reach};
use crate::engine::exec::keyboard::Keys;
use crate::engine::exec::stop::{Order, Stop};
use crate::engine::exec::{CommandSpec, Control, Controls, ExecFact, Running, SshTarget, StdinSource, words};
use crate::model::output::{Drained, Exit, Holder, Stream};
use crate::model::time::Stamp;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

/// How long `ssh` may take to end after the command did: something may hold the output there.
const DRAIN: Duration = Duration::from_secs(2);
/// How often a session that is being stopped is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Of what a login says, so much is kept for the words of an error, bytes.
const WORDS: usize = 4096;

/// Runs the command and says its last fact; `Err` has the words where none came to be.
pub(super) async fn run(
    shared: Arc<Shared>,
    (mut spec, target): (CommandSpec, SshTarget),
    facts: &mpsc::Sender<ExecFact>,
    mut asked: mpsc::UnboundedReceiver<Control>,
    keys: Option<Keys>,
) -> Result<ExecFact, String> {
    let wrong = words::impossible(&spec).or_else(|| bootstrap::impossible(&spec)).or_else(|| no_address(&target));
    if let Some(why) = wrong {
        return Err(why);
    }
    let way = reach(&shared, &spec, &target, &mut asked).await?;
    let nonce = super::nonce();
    let marker = bootstrap::marker_there(&spec.marker, &target);
    let payload = bootstrap::payload(&spec, &marker, &nonce);
    let running = begin(&shared, &spec, &target, &way);
    let (greet, greeted) = oneshot::channel();
    let (say_ready, ready) = oneshot::channel();
    let stdin = std::mem::replace(&mut spec.stdin, StdinSource::Null);
    let person = matches!(way, Way::Own(_));
    let feeding = Feeding { ssh: running.controls(), greeted, ready, stdin, keys, person };
    let feeder = tokio::spawn(feeding.run());
    let session = Session { marker, target, socket: way.socket().into(), group: 0 };
    let course = Course::new(shared, session, spec, (running.controls(), nonce));
    let course = Course { greet: Some((greet, payload)), ready: Some(say_ready), ..course };
    let last = course.follow(running, facts, asked, &way).await;
    feeder.abort();
    last
}

/// How the command ended, by the shell's word.
struct End {
    status: i32,
    left: Vec<Holder>,
    at: Stamp,
}

/// Where what makes the shell run the command goes, and that.
type Greet = (oneshot::Sender<Zeroizing<Vec<u8>>>, Zeroizing<Vec<u8>>);
/// What came of an errand.
type Answer = (Errand, Result<Vec<Holder>, String>);

struct Course {
    shared: Arc<Shared>,
    session: Session,
    spec: CommandSpec,
    ssh: Controls,
    sieve: Sieve,
    /// Taken when the shell greets.
    greet: Option<Greet>,
    /// Taken when the shell says where it is: the terminal there is as the command will find it.
    ready: Option<oneshot::Sender<()>>,
    stop: Stop,
    end: Option<End>,
    /// Why the shell did not begin the command.
    refused: Option<String>,
    /// What the login and `ssh` said before the session.
    said: Vec<u8>,
    /// What is to be said next; while there is any, nothing more is read.
    pending: VecDeque<ExecFact>,
    errands: mpsc::UnboundedSender<Answer>,
    answers: mpsc::UnboundedReceiver<Answer>,
    /// What a look after the end found, or why it found nothing.
    looked: Option<Result<Vec<Holder>, String>>,
    /// What came of KILL.
    killed: Option<Result<Vec<Holder>, String>>,
    look_again: Option<Instant>,
    give_up: Option<Instant>,
    gave_up: bool,
    ssh_over: bool,
}

impl Course {
    fn new(shared: Arc<Shared>, session: Session, spec: CommandSpec, (ssh, nonce): (Controls, String)) -> Self {
        let (errands, answers) = mpsc::unbounded_channel();
        Self {
            shared,
            session,
            spec,
            ssh,
            sieve: Sieve::new(bootstrap::tag(&nonce)),
            greet: None,
            ready: None,
            stop: Stop::default(),
            end: None,
            refused: None,
            said: Vec::new(),
            pending: VecDeque::new(),
            errands,
            answers,
            looked: None,
            killed: None,
            look_again: None,
            give_up: None,
            gave_up: false,
            ssh_over: false,
        }
    }

    async fn follow(
        mut self,
        mut running: Running,
        facts: &mpsc::Sender<ExecFact>,
        mut asked: mpsc::UnboundedReceiver<Control>,
        way: &Way,
    ) -> Result<ExecFact, String> {
        while !(self.ssh_over && self.pending.is_empty() && self.settled()) {
            let due = self.due();
            tokio::select! {
                place = facts.reserve(), if !self.pending.is_empty() => {
                    // If nobody listens any more, the command is followed to its end all the same.
                    if let (Some(fact), Ok(place)) = (self.pending.pop_front(), place) {
                        place.send(fact);
                    }
                }
                fact = running.facts.recv(), if self.pending.is_empty() && !self.ssh_over => self.hear(fact),
                Some(control) = asked.recv() => {
                    let order = self.stop.ask(control, Instant::now());
                    self.carry_out(order);
                }
                Some((errand, answer)) = self.answers.recv() => self.answered(errand, answer),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.on_time(),
            }
        }
        self.conclude(way)
    }

    fn hear(&mut self, fact: Option<ExecFact>) {
        match fact {
            Some(ExecFact::Output { stream: Stream::Out, bytes, at }) => {
                for heard in self.sieve.push(&bytes) {
                    self.take(heard, at);
                }
            }
            Some(ExecFact::Output { stream: Stream::Err, bytes, at }) => match self.greet {
                Some(_) => self.keep(&bytes),
                None => self.pending.push_back(ExecFact::Output { stream: Stream::Err, bytes, at }),
            },
            Some(spawned @ (ExecFact::Spawned { .. } | ExecFact::Reached { .. })) => self.pending.push_back(spawned),
            Some(ExecFact::NotStarted { why, .. } | ExecFact::Lost { why, .. }) => {
                self.refused = Some(format!("{why}; install OpenSSH's client"));
                self.ssh_over = true;
            }
            Some(ExecFact::Exited { .. }) | None => {
                let rest = self.sieve.finish();
                if self.greet.is_some() {
                    self.keep(&rest);
                } else if !rest.is_empty() {
                    self.output(rest, self.shared.clock.now());
                }
                self.ssh_over = true;
            }
        }
    }

    fn take(&mut self, heard: Heard, at: Stamp) {
        match heard {
            Heard::Before(bytes) => {
                self.keep(&bytes);
                // A prompt of the login is for the person at the terminal.
                if self.spec.terminal.is_some() {
                    self.output(bytes, at);
                }
            }
            Heard::Session(group) => {
                self.session.group = group;
                if let Some((greet, payload)) = self.greet.take() {
                    // The feeder waits for it, unless it was told to end: then the command is being stopped.
                    let _ = greet.send(payload);
                }
            }
            Heard::Cannot(what) => {
                let name = &self.session.target.name;
                self.refused = Some(match what.as_str() {
                    "setsid" => {
                        format!("{name} gives no session and has no setsid: a stop would not reach what runs there")
                    }
                    what => format!("{name} has no {what}, which a terminal there needs"),
                });
            }
            Heard::Output(bytes) => self.output(bytes, at),
            Heard::Line(line) => self.line(&line, at),
        }
    }

    fn line(&mut self, line: &str, at: Stamp) {
        let name = &self.session.target.name;
        if line == "not cwd" {
            let cwd = self.spec.cwd.display();
            self.refused = Some(format!("the working directory {cwd} does not exist on {name}, or cannot be entered"));
        } else if line == "not program" {
            let (program, _) = super::super::spawn::argv(&self.spec.program);
            let program = program.to_string_lossy();
            self.refused =
                Some(format!("there is no program {program} on {name}, by the PATH that the step has there"));
        } else if let Some(place) = line.strip_prefix("here ") {
            let (group, place) = (self.session.group, place.to_owned());
            self.pending.push_back(ExecFact::Reached { group, place, at });
            // The feeder waits for it, unless it was told to end.
            self.ready.take().map(|ready| ready.send(()));
        } else if let Some(end) = line.strip_prefix("end ") {
            let (status, left) = end.split_once(' ').unwrap_or((end, ""));
            // The shell says a number; if it ever does not, nobody knows how the command ended.
            let Ok(status) = status.parse() else { return };
            let mut left = holders(left, name);
            left.retain(|holder| u32::try_from(holder.pid) != Ok(self.session.group));
            self.end = Some(End { status, left, at });
            if self.stop.wanted() {
                self.errand(Errand::Look);
            } else {
                self.give_up = Some(Instant::now() + DRAIN);
            }
        }
    }

    fn output(&mut self, bytes: Vec<u8>, at: Stamp) {
        self.pending.push_back(ExecFact::Output { stream: Stream::Out, bytes, at });
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.said.extend_from_slice(bytes);
        self.said.drain(..self.said.len().saturating_sub(WORDS));
    }

    /// Before the session there is nothing there to be signalled: the `ssh` here ends.
    fn carry_out(&mut self, order: Order) {
        let errand = match (order, self.greet.is_some()) {
            (Order::Interrupt, true) => return,
            (Order::Terminate | Order::Kill | Order::KillAll, true) => return self.ssh.ask(Control::Kill),
            (Order::Interrupt, false) => Errand::Interrupt,
            (Order::Terminate, false) => Errand::Terminate,
            (Order::Kill, false) => Errand::Kill,
            (Order::KillAll, false) => Errand::KillAll,
        };
        self.errand(errand);
    }

    fn errand(&self, errand: Errand) {
        let (session, shared, answers) = (self.session.clone(), Arc::clone(&self.shared), self.errands.clone());
        tokio::spawn(async move {
            let answer = session.run(&shared, errand).await;
            // The command may be over by now; then the answer matters to nobody.
            let _ = answers.send((errand, answer));
        });
    }

    fn answered(&mut self, errand: Errand, answer: Result<Vec<Holder>, String>) {
        match errand {
            Errand::Kill | Errand::KillAll => {
                self.killed = Some(answer);
                self.give_up = Some(Instant::now() + DRAIN);
            }
            Errand::Look => {
                let deserted = answer.as_ref().map_or(true, Vec::is_empty);
                self.looked = Some(answer);
                if deserted {
                    self.give_up.get_or_insert(Instant::now() + DRAIN);
                } else {
                    self.look_again = Some(Instant::now() + LOOK_AGAIN);
                }
            }
            // What came of them is seen by what the command does, or by what KILL says after the grace.
            Errand::Interrupt | Errand::Terminate => {}
        }
    }

    /// Whether what is left of the session need not be waited for.
    fn settled(&self) -> bool {
        let deserted =
            matches!(&self.looked, Some(Err(_))) || matches!(&self.looked, Some(Ok(left)) if left.is_empty());
        match (&self.end, self.stop.wanted()) {
            (None, _) => self.stop.killed().is_none() || self.killed.is_some() || self.greet.is_some(),
            (Some(_), false) => true,
            (Some(_), true) => deserted || self.killed.is_some(),
        }
    }

    fn due(&self) -> Option<Instant> {
        // A session that is deserted needs no KILL.
        let grace = self.stop.due().filter(|_| self.end.is_none() || !self.settled());
        let give_up = self.give_up.filter(|_| !self.gave_up);
        [grace, self.look_again, give_up].into_iter().flatten().min()
    }

    fn on_time(&mut self) {
        let now = Instant::now();
        let reached = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        if reached(self.stop.due()) && (self.end.is_none() || !self.settled()) {
            let order = self.stop.grace_over(now);
            self.carry_out(order);
        }
        if reached(self.look_again) {
            self.look_again = None;
            self.errand(Errand::Look);
        }
        if reached(self.give_up) && !self.gave_up {
            self.gave_up = true;
            self.ssh.ask(Control::Kill);
        }
    }

    fn conclude(mut self, way: &Way) -> Result<ExecFact, String> {
        if let Some(why) = self.refused.take() {
            return Err(format!("on target {}: {why}", self.session.target.name));
        }
        if self.greet.is_some() {
            return Err(self.no_session(way));
        }
        let killed = self.killed.take();
        let Some(end) = self.end.take() else {
            let gone = matches!(&killed, Some(Ok(left)) if left.is_empty());
            let at = self.shared.clock.now();
            return Ok(match gone {
                true => ended(Exit::Signal(9), Drained::Grace, Vec::new(), at),
                false => ExecFact::Lost { why: self.lost(way, killed.and_then(Result::err)), at },
            });
        };
        // A shell says a signal as 128 and its number, and so may a program: only after a stop is it taken for one.
        let exit = match end.status {
            status @ 129..=192 if self.stop.wanted() => Exit::Signal(status - 128),
            status => Exit::Code(status),
        };
        let drained = if self.gave_up { Drained::Grace } else { Drained::Eof };
        let looked = self.looked.take().and_then(Result::ok);
        let left = killed.and_then(Result::ok).or(looked).unwrap_or(end.left);
        Ok(ended(exit, drained, left, end.at))
    }

    fn no_session(&self, way: &Way) -> String {
        let (name, address) = (&self.session.target.name, &self.session.target.address);
        if self.stop.wanted() {
            return format!("it was stopped before its session on {name} began");
        }
        let said = spoken(&self.words(way));
        format!("no session began on target {name} (ssh {address}): nothing was sent; try it by hand. ssh says: {said}")
    }

    fn lost(&self, way: &Way, stop_failed: Option<String>) -> String {
        let Session { target, group, .. } = &self.session;
        let stop = stop_failed.map(|why| format!(" The stop could not be confirmed: {why}.")).unwrap_or_default();
        format!(
            "the connection to target {} (ssh {}) was lost after the command was sent: it may run on, and how it ends cannot be \
             seen from here. Its process group there is {group}; look for it before it is run again.{stop} ssh says: {}",
            target.name,
            target.address,
            spoken(&self.words(way))
        )
    }

    fn words(&self, way: &Way) -> String {
        format!("{}\n{}", way.words(), String::from_utf8_lossy(&self.said))
    }
}

fn ended(exit: Exit, drained: Drained, holders: Vec<Holder>, at: Stamp) -> ExecFact {
    ExecFact::Exited { exit, drained, holders, at }
}
