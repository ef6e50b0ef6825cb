//! A fabricated run for the tests of screens: a parsed runbook, records made by hand, a fixed clock, a port that plays a disk.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::collections::HashMap;
use std::io;
use std::ops::Range;
use tminus::feed::{News, Port, Role};
use tminus::model::actor::{Actor, Known};
use tminus::model::event::{Answer, Event, Invocation};
use tminus::model::expect::{Check, Verdict};
use tminus::model::ids::{Attempt, RunId, Seq, StepId};
use tminus::model::intent::Intent;
use tminus::model::output::{Drained, Exit, Extent, Stream};
use tminus::model::plan::Plan;
use tminus::model::record::Record;
use tminus::model::signed::{Realm, SignedText};
use tminus::model::time::Stamp;
use tminus::tui::theme::{Glyphs, Look, Theme};
use tminus::tui::{App, Effect, Msg};

/// 2026-11-21 20:00 UTC, 15:00 in New York.
pub const T0: i64 = 1_795_291_200_000_000;

pub const RUNBOOK: &str = include_str!("search.yaml");

#[derive(Default)]
pub struct Disk {
    pub files: HashMap<(String, Attempt), Vec<u8>>,
    pub role: Option<Role>,
    /// The longest range that was ever asked for.
    pub longest: std::cell::Cell<u64>,
}

impl Port for Disk {
    fn wish(&mut self, _: Intent, _: Seq) -> Result<u64, String> {
        Err("this is a test".into())
    }

    fn output(&self, step: &StepId, attempt: Attempt, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.longest.set(self.longest.get().max(range.end - range.start));
        let file = self.files.get(&(step.0.clone(), attempt)).map_or(&[][..], Vec::as_slice);
        let end = (range.end as usize).min(file.len());
        Ok(file[(range.start as usize).min(end)..end].to_vec())
    }

    fn give_up(&mut self, _: String) {}

    fn role(&self) -> Role {
        self.role.unwrap_or(Role::Drives)
    }
}

pub struct Stage {
    pub app: App,
    pub plan: Plan,
    pub disk: Disk,
    pub now: Stamp,
    pub seq: u64,
    pub wishes: Vec<Intent>,
    /// Whether it is a drill.
    pub realm: Realm,
    /// How its key came, and the signature of its first record.
    pub signed: (&'static str, &'static str),
}

pub fn plan(yaml: &str) -> Plan {
    let loaded = tminus::runbook::parse("search.yaml", yaml.as_bytes());
    let said: Vec<_> = loaded.diagnostics.iter().map(|found| format!("{found:?}")).collect();
    loaded.plan.unwrap_or_else(|| panic!("{}", said.join("\n")))
}

pub fn person(name: &str) -> Actor {
    Actor { name: name.into(), known: Known::Peer }
}

pub fn theme(name: &str, glyphs: Glyphs) -> Look {
    Look { theme: Theme::named(name, glyphs).unwrap(), ask_background: false }
}

impl Stage {
    pub fn of(yaml: &str, look: Look) -> Self {
        let plan = plan(yaml);
        let app = App::new(plan.clone(), look);
        let now = Stamp { wall: T0, mono: 1_000_000_000 };
        Self {
            app,
            plan,
            disk: Disk::default(),
            now,
            seq: 0,
            wishes: Vec::new(),
            realm: Realm::Live,
            signed: ("agent", "-"),
        }
    }

    pub fn new() -> Self {
        Self::of(RUNBOOK, theme("mono", Glyphs::Unicode))
    }

    /// Genesis, a screen that drives, and all records of the past read.
    pub fn begun(mut self) -> Self {
        let run = RunId("0007-20261121T2000Z-search-0123456789abcdef".into());
        let text = SignedText::new("genesis", self.realm, &run)
            .with("operator", "maya")
            .with("mode", "attended")
            .with("host", "jump2")
            .with("user", "maya")
            .with("runbook dir", "/srv/app")
            .with("runbook name", "search.yaml")
            .with("runbook", "00")
            .with("run dir", "/srv/runs/0007")
            .with("key origin", self.signed.0)
            .with("key", "SHA256:maya")
            .with("zone", "America/New_York")
            .with("boot", "b");
        self.tell(Event::Genesis { fmt: "tminus/1".into(), text: text.encode(), sig: self.signed.1.into() });
        self.tell(Event::ClientJoined {
            client: 1,
            who: person("maya"),
            drives: true,
            host: "jump2".into(),
            tty: "pts/1".into(),
        });
        self.msg(Msg::News(News::Driver { name: "maya".into(), you: true }));
        self
    }

    pub fn started(mut self) -> Self {
        self = self.begun();
        let hard_stop = Some(T0 + 12_600_000_000);
        self.tell(Event::Started {
            by: person("maya"),
            typed: "production".into(),
            t0: T0,
            zone: "America/New_York".into(),
            hard_stop,
        });
        self.tell(Event::VarsBound { values: Vec::new() });
        self
    }

    /// Started, and everything of the first phase done.
    pub fn in_phase_two(mut self) -> Self {
        self = self.started();
        self.ran("backup", 291, "backup of 2.1 GB written\n");
        self.ran("migrate", 192, "migrated 14 tables\n");
        self.answered("look", "4 of 4");
        self
    }

    pub fn pass(&mut self, seconds: u64) {
        self.now.mono += seconds * 1_000_000;
        self.now.wall += seconds as i64 * 1_000_000;
    }

    pub fn msg(&mut self, msg: Msg) -> Vec<Effect> {
        let effects = self.app.update(msg, &self.disk, self.now);
        for effect in &effects {
            if let Effect::Wish(intent) = effect {
                self.wishes.push(intent.clone());
            }
        }
        effects
    }

    pub fn record(&mut self, event: Event) -> Record {
        self.seq += 1;
        Record { seq: Seq(self.seq), at: self.now, event }
    }

    pub fn tell(&mut self, event: Event) {
        let record = self.record(event);
        self.msg(Msg::News(News::Records(vec![record])));
    }

    pub fn attempt(&self, step: &str) -> Attempt {
        self.app.state().step(self.plan.find(&step.into()).expect("a step")).attempt
    }

    pub fn start(&mut self, step: &str) {
        let attempt = self.attempt(step) + 1;
        let by = person("maya");
        let runs = self.plan.step(self.plan.find(&step.into()).unwrap()).command().is_some();
        let (argv, cwd, user) = (vec!["true".into()], "/srv".into(), "maya@ops".into());
        let invocation = runs.then_some(Invocation { argv, cwd, env: Vec::new(), user, timeout: None });
        self.tell(Event::StepStarted {
            step: step.into(),
            attempt,
            by,
            typed: None,
            reason: None,
            second: None,
            invocation,
            until: None,
        });
    }

    pub fn print(&mut self, step: &str, stream: Stream, text: &str) {
        let attempt = self.attempt(step);
        let file = self.disk.files.entry((step.into(), attempt)).or_default();
        let extent = Extent {
            stream,
            off: file.len() as u64,
            len: text.len() as u64,
            lines: text.matches('\n').count() as u64,
            sha256: String::new(),
            masked: Vec::new(),
        };
        file.extend_from_slice(text.as_bytes());
        self.tell(Event::Output { step: step.into(), attempt, extent });
    }

    pub fn end(&mut self, step: &str, code: i32, checks: Vec<Check>) {
        let attempt = self.attempt(step);
        let started = self.app.state().step(self.plan.find(&step.into()).unwrap()).started.unwrap();
        let took = self.now.since(started);
        self.tell(Event::StepExited {
            step: step.into(),
            attempt,
            exit: Exit::Code(code),
            took,
            drained: Drained::Eof,
            holders: Vec::new(),
        });
        let verdict = if checks.iter().all(|check| check.ok) { Verdict::Ok } else { Verdict::Fail };
        self.tell(Event::StepJudged {
            step: step.into(),
            attempt,
            verdict,
            checks,
            bound: Vec::new(),
            retry: None,
            hints: Vec::new(),
        });
    }

    pub fn ran(&mut self, step: &str, seconds: u64, text: &str) {
        self.start(step);
        self.print(step, Stream::Out, text);
        self.pass(seconds);
        self.end(step, 0, vec![Check { want: "exit 0".into(), saw: "exit 0".into(), ok: true }]);
    }

    pub fn failed(&mut self, step: &str, code: i32) {
        self.start(step);
        self.pass(4);
        self.end(step, code, vec![Check { want: "exit 0".into(), saw: format!("exit {code}"), ok: false }]);
    }

    pub fn answered(&mut self, step: &str, saw: &str) {
        self.start(step);
        self.pass(3);
        let attempt = self.attempt(step);
        self.tell(Event::StepAnswered {
            step: step.into(),
            attempt,
            item: 0,
            answer: Answer::Ok,
            saw: saw.into(),
            checks: Vec::new(),
            bound: Vec::new(),
            by: person("maya"),
        });
    }

    pub fn key(&mut self, code: KeyCode) -> Vec<Effect> {
        self.now.mono += 400_000;
        self.now.wall += 400_000;
        self.msg(Msg::Key(KeyEvent::from(code)))
    }

    pub fn letters(&mut self, text: &str) -> Vec<Effect> {
        text.chars().flat_map(|letter| self.key(KeyCode::Char(letter))).collect()
    }

    pub fn ctrl(&mut self, letter: char) -> Vec<Effect> {
        self.msg(Msg::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)))
    }

    pub fn buffer(&self, width: u16, height: u16) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| self.app.draw(frame, &self.disk, self.now)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// A frame as text, each row trimmed.
    pub fn picture(&self, width: u16, height: u16) -> String {
        text_of(&self.buffer(width, height))
    }
}

/// A buffer as text; the second cell of a wide character is left out.
pub fn text_of(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut row = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            row.push_str(symbol);
            x += u16::try_from(unicode_width::UnicodeWidthStr::width(symbol).max(1)).unwrap();
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}
