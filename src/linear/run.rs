//! `--linear`: the run as lines, with numbered choices typed on standard input.
//!
//! The loop waits for news and lines at once. A line is taken only when the prompt that it answers was on the screen: one
//! typed before is named and dropped at a terminal (a key pressed for one question must never answer another), and waits for
//! its prompt where input is a pipe. End of input leaves the run going. Decides nothing: every wish goes to the conductor.

use super::amend;
use super::handed::Handed;
use super::hush::Hush;
use super::input::{Heard, Line, listen};
use super::prompt::{Prompt, interrupted, prompt, without_journal};
use super::sign_off;
use super::talk::{Reply, Talk, in_line, listed};
use super::teller::Teller;
use super::words::clock;
use super::{Left, LinearError};
use crate::feed::{News, Port, Role};
use crate::model::ids::{Attempt, Seq, StepIx};
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::time::Stamp;
use crate::model::wire::JOURNAL_FAILED;
use std::collections::VecDeque;
use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// A prompt is shown when the run has been silent for so long, so that a burst of records leads to one prompt.
const QUIET: Duration = Duration::from_millis(60);
/// How long to wait for anything while nothing is to be shown.
const IDLE: Duration = Duration::from_secs(5);
/// At a terminal, a line that comes so soon after a prompt that appeared by itself was typed for the one before it.
pub(super) const TOO_SOON: Duration = Duration::from_millis(350);
/// How long the records of a wish that was taken are waited for before the next line is.
const FOLLOW: Duration = Duration::from_secs(1);

/// Shows the run line by line until it ends or the client leaves.
#[allow(clippy::too_many_arguments, reason = "the six ends of a client; a struct would only move the list")]
pub fn run(
    plan: &Plan,
    port: Box<dyn Port>,
    news: Receiver<News>,
    input: impl BufRead + Send + 'static,
    output: impl Write,
    clock: &dyn Fn() -> Stamp,
) -> Result<Left, LinearError> {
    let typed = if std::io::stdin().is_terminal() { Typing::Terminal } else { Typing::Pipe };
    let lines = Lines::new(Teller::new(plan, output), port, typed, clock);
    let heard = listen(news, input, (typed, lines.raw.clone()))?;
    lines.run(&heard)
}

/// How lines come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typing {
    /// From fingers: what was typed too early is dropped.
    Terminal,
    /// From a program: every line counts, in order.
    Pipe,
}

/// A wish that was sent.
struct Sent {
    id: u64,
    taken: Option<Stamp>,
}

pub(super) struct Lines<'a, W> {
    pub(super) teller: Teller<W>,
    pub(super) port: Box<dyn Port>,
    pub(super) typing: Typing,
    pub(super) clock: &'a dyn Fn() -> Stamp,
    /// The terminal, while it is handed through to a program; since when or since the last early key.
    pub(super) handed: Option<Handed>,
    pub(super) handed_at: Stamp,
    /// The attempt whose terminal was left, so that it is not handed through again by itself.
    pub(super) come_back_from: Option<(StepIx, Attempt)>,
    /// Input is bytes and not lines.
    pub(super) raw: Arc<AtomicBool>,
    talk: Talk,
    pending: VecDeque<(Line, Stamp)>,
    sent: Option<Sent>,
    /// The prompt that was shown last, when, and whether it came by itself.
    pub(super) shown: Option<Prompt>,
    shown_at: Stamp,
    /// The prompt or question is to be said (again).
    due: bool,
    /// Somebody typed, so that what is shown next does not come by itself.
    answered: bool,
    hush: Option<Hush>,
    /// What was said of the journal, while it cannot be written.
    no_journal: Option<String>,
    role: Role,
}

impl<'a, W: Write> Lines<'a, W> {
    pub fn new(teller: Teller<W>, port: Box<dyn Port>, typing: Typing, clock: &'a dyn Fn() -> Stamp) -> Self {
        let role = port.role();
        Self {
            teller,
            port,
            typing,
            clock,
            handed: None,
            handed_at: Stamp::default(),
            come_back_from: None,
            raw: Arc::default(),
            talk: Talk::default(),
            pending: VecDeque::new(),
            sent: None,
            shown: None,
            shown_at: Stamp::default(),
            due: false,
            answered: false,
            hush: None,
            no_journal: None,
            role,
        }
    }

    pub fn run(mut self, heard: &Receiver<Heard>) -> Result<Left, LinearError> {
        loop {
            let wait = if self.due || self.sent.is_some() || !self.pending.is_empty() { QUIET } else { IDLE };
            let left = match heard.recv_timeout(wait) {
                Ok(Heard::News(news)) => self.news(news),
                Ok(Heard::Line(line)) => {
                    self.pending.push_back((line, (self.clock)()));
                    None
                }
                Ok(Heard::Keys(bytes)) => {
                    self.keys(&bytes);
                    None
                }
                Ok(Heard::Resized) => {
                    self.say_size();
                    None
                }
                Ok(Heard::Interrupt) => {
                    self.interrupt();
                    None
                }
                Ok(Heard::Silence) | Err(RecvTimeoutError::Disconnected) => {
                    Some(Left::Lost("the conductor cannot be reached any more".into()))
                }
                Err(RecvTimeoutError::Timeout) => self.quiet(),
            };
            self.pass_on();
            self.follow_terminal();
            if self.handed.is_none() {
                self.teller.unsigned((self.clock)());
            }
            let left = left.or_else(|| self.take_lines());
            if let Some(gone) = self.teller.voice.flush()? {
                return Ok(gone);
            }
            if let Some(left) = left {
                return Ok(left);
            }
        }
    }

    fn news(&mut self, news: News) -> Option<Left> {
        match news {
            News::Records(records) => {
                let now = (self.clock)();
                let left = self.teller.records(&records, self.port.as_ref(), now);
                if self.sent.as_ref().is_some_and(|sent| sent.taken.is_some()) {
                    self.sent = None;
                }
                self.due = true;
                return left;
            }
            News::Taken(id) => {
                let now = (self.clock)();
                if let Some(sent) = self.sent.as_mut().filter(|sent| sent.id == id) {
                    sent.taken = Some(now);
                }
            }
            News::Refused(id, why) => {
                if self.sent.as_ref().is_some_and(|sent| sent.id == id) {
                    self.sent = None;
                }
                self.teller.voice.say(&format!("Refused: {why}"));
                self.ask_again();
            }
            News::Driver { name, you } => {
                let who = if you { "You drive." } else { "You may hold, stop and roll back." };
                self.teller.voice.say(&if you { who.to_owned() } else { format!("{name} drives. {who}") });
                self.due = true;
            }
            News::Trouble(words) => {
                let failing = words.starts_with(JOURNAL_FAILED);
                if failing != self.no_journal.is_some() {
                    self.talk.drop_question();
                    self.ask_again();
                }
                if words.is_empty() {
                    self.teller.voice.say("That trouble is over.");
                } else {
                    self.teller.voice.say(&format!("Trouble: {words}"));
                }
                self.no_journal = failing.then_some(words);
            }
            News::Over { sealed, why } => return Some(self.teller.over(sealed, why)),
            News::Lost(why) => return Some(Left::Lost(why)),
        }
        None
    }

    /// Nothing came for a moment: now is the time to say what can be done.
    fn quiet(&mut self) -> Option<Left> {
        let now = (self.clock)();
        if self.sent.as_ref().and_then(|sent| sent.taken).is_some_and(|taken| now.since(taken) > FOLLOW) {
            self.sent = None;
        }
        if self.handed.is_some() || self.sent.is_some() || !self.due || self.teller.state.facts.is_none() {
            return None;
        }
        self.due = false;
        self.role = self.port.role();
        let next = match self.no_journal {
            Some(_) => without_journal(&self.teller.plan, &self.teller.state, self.role),
            None => prompt(&self.teller.plan, &self.state_at(now), self.role),
        };
        let changed = self.shown.as_ref().is_none_or(|shown| !same(shown, &next));
        if self.talk.is_asking() {
            // What is being asked stays; it is said again after what came in between, and the conductor judges the answer.
            for line in self.talk.question() {
                self.teller.voice.say(&line);
            }
            return None;
        }
        if changed || self.answered {
            self.show(next, changed, now);
        } else {
            self.talk.shown(self.teller.state.last);
            self.shown = Some(next);
        }
        None
    }

    /// The state as it is now: what is early at the last record may not be any more.
    fn state_at(&self, now: Stamp) -> RunState {
        RunState { at: now, ..self.teller.state.clone() }
    }

    fn show(&mut self, next: Prompt, changed: bool, now: Stamp) {
        let voice = &mut self.teller.voice;
        if self.shown.as_ref().is_none_or(|shown| shown.card != next.card) {
            for line in &next.card {
                voice.say(line);
            }
        }
        let clock = clock(&self.teller.state, now.wall);
        if next.choices.iter().any(|choice| !choice.note.is_empty()) {
            voice.say(&format!("{clock} {}", next.heading));
            for line in listed(&next.choices) {
                voice.say(&line);
            }
        } else {
            voice.say(&format!("{clock} {} {}", next.heading, in_line(&next.choices)));
        }
        if changed {
            if self.typing == Typing::Terminal {
                while let Some((line, _)) = self.pending.pop_front() {
                    if line == Line::End {
                        self.pending.push_front((line, now));
                        break;
                    }
                    self.teller.voice.say("A line that was typed before this prompt was not taken.");
                }
            }
            self.shown_at = if self.answered { Stamp::default() } else { now };
        }
        self.answered = false;
        self.talk.shown(self.teller.state.last);
        self.shown = Some(next);
    }

    /// ^C: what was being typed is dropped, and what runs may be stopped; the client itself stays.
    fn interrupt(&mut self) {
        self.hush = None;
        self.sent = None;
        self.pending.retain(|(line, _)| *line == Line::End);
        self.talk.drop_question();
        self.ask_again();
        let (plan, state) = (self.teller.plan.as_ref(), &self.teller.state);
        self.role = self.port.role();
        let at_now = self.state_at((self.clock)());
        self.shown.get_or_insert_with(|| prompt(plan, &at_now, self.role));
        self.talk.shown(state.last);
        // The terminal wrote `^C` and no line's end.
        self.teller.voice.say("");
        match interrupted(plan, state, self.role) {
            // The menu itself is said when the run is quiet.
            Some(ask) => drop(self.talk.open(ask)),
            None => self.teller.voice.say("Nothing was stopped. Type  leave  to leave; the run goes on."),
        }
    }

    /// Says the prompt or the question again.
    pub(super) fn ask_again(&mut self) {
        self.due = true;
        self.answered = true;
    }

    fn take_lines(&mut self) -> Option<Left> {
        while self.sent.is_none() && !self.due {
            let Some(shown) = self.shown.clone() else {
                break;
            };
            let Some((line, at)) = self.pending.pop_front() else {
                break;
            };
            let early = self.typing == Typing::Terminal
                && !self.talk.is_asking()
                && self.shown_at != Stamp::default()
                && at.since(self.shown_at) < TOO_SOON;
            match line {
                Line::End => return Some(self.leave()),
                Line::Unusable(why) => {
                    self.teller.voice.say(&format!("That line was not taken: {why}."));
                    self.ask_again();
                }
                Line::Text(text) if early && !text.trim().is_empty() => {
                    self.teller.voice.say("That came too soon after the prompt and was not taken.");
                    self.ask_again();
                }
                Line::Text(text) => {
                    if let Some(left) = self.hear(&text, &shown) {
                        return Some(left);
                    }
                }
            }
        }
        // Before the first prompt nobody can be answered, but an end of input is an end all the same.
        let end = self.shown.is_none()
            && self.teller.state.facts.is_none()
            && matches!(self.pending.front(), Some((Line::End, _)));
        end.then(|| self.leave())
    }

    /// What a reply leads to.
    fn follow(&mut self, reply: Reply, shown: &Prompt) -> Option<Left> {
        match reply {
            Reply::Leave => return Some(self.leave()),
            Reply::More => {}
            // A card that was just read with the prompt is not read out twice.
            Reply::Say(lines) => {
                let again = lines == shown.card && self.talk.is_asking();
                for line in lines.into_iter().filter(|_| !again) {
                    self.teller.voice.say(&line);
                }
                if self.talk.is_asking() {
                    if self.talk.is_hidden() {
                        self.hush = Hush::new();
                    }
                    for line in self.talk.question() {
                        self.teller.voice.say(&line);
                    }
                } else {
                    self.ask_again();
                }
            }
            Reply::Terminal(first) => match self.runs_in_terminal() {
                Some(to) if self.typing == Typing::Terminal => self.hand_through(to, first),
                Some(_) | None => self.teller.voice.say("There is no terminal to hand through."),
            },
            Reply::Wish(intent, seen) => return self.wish(intent, seen, shown),
        }
        None
    }

    fn hear(&mut self, text: &str, shown: &Prompt) -> Option<Left> {
        self.hush = None;
        let typed = text.trim().trim_start_matches(':');
        if let (Some(dir), Some(_)) = (typed.strip_prefix("journal "), &self.no_journal) {
            let seen = self.teller.state.last;
            self.send(Intent::Journal { dir: dir.trim().to_owned() }, seen);
            return None;
        }
        if let (Some(file), false) = (typed.strip_prefix("amend "), self.talk.is_asking()) {
            let seen = self.teller.state.last;
            return self.wish(amend::of_file(file.trim()), seen, shown);
        }
        let reply = self.talk.hear(text, shown);
        self.follow(reply, shown)
    }

    fn wish(&mut self, intent: Intent, seen: Seq, shown: &Prompt) -> Option<Left> {
        let (plan, state) = (self.teller.plan.as_ref(), &self.teller.state);
        if let Some(ask) = amend::ask(plan, state, self.port.as_ref(), &intent) {
            let reply = self.talk.open(ask);
            return self.follow(reply, shown);
        }
        match sign_off::ask(plan, state, self.port.as_ref(), &intent) {
            Some(Ok(ask)) => {
                let reply = self.talk.open(ask);
                return self.follow(reply, shown);
            }
            Some(Err(why)) => self.teller.voice.say(&format!("Not signed: {why}.")),
            None => match sign_off::brought(self.port.as_ref(), intent) {
                Ok(intent) => self.send(intent, seen),
                Err(why) => self.teller.voice.say(&format!("Not signed: {why}.")),
            },
        }
        self.ask_again();
        None
    }

    fn send(&mut self, intent: Intent, seen: Seq) {
        self.ask_again();
        let by_hand = self.typing == Typing::Terminal;
        if let Some(why) = super::needs_hands(&self.teller.plan, &intent).filter(|_| !by_hand) {
            self.teller.voice.say(&format!("Not sent: {why}."));
            return;
        }
        match self.port.wish(intent, seen) {
            Ok(id) => self.sent = Some(Sent { id, taken: None }),
            Err(why) => self.teller.voice.say(&format!("Not sent: {why}")),
        }
    }

    fn leave(&mut self) -> Left {
        let running = self.teller.state.running();
        let words = match running.first() {
            Some(ix) => {
                format!("Leaving. {} goes on by itself; the next step will wait.", self.teller.plan.step(*ix).number)
            }
            None => "Leaving. The run goes on.".into(),
        };
        if let Some(trouble) = &self.no_journal {
            return Left::JournalFailed(format!("{trouble} The run waits: tminus attach, then journal DIR."));
        }
        self.teller.voice.say(&words);
        Left::Leaving
    }
}

/// Whether two prompts offer the same: what stands on their cards may change without a new question.
fn same(one: &Prompt, other: &Prompt) -> bool {
    let labels = |prompt: &Prompt| -> Vec<(String, String)> {
        prompt.choices.iter().map(|choice| (choice.label.clone(), choice.note.clone())).collect()
    };
    one.heading == other.heading && labels(one) == labels(other)
}
