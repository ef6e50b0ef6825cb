//! A fabricated run for the tests of cards: a plan made by hand, records folded into a state, a port that plays a disk.
//!
//! What a card wishes is given to the real `decide`, so that a card that asks too little, or sends another text than the
//! conductor wants, fails here.

use crate::feed::{Port, Role as Part};
use crate::model::actor::{Actor, Known};
use crate::model::decide::{self, Asked, Reading};
use crate::model::event::{Bound, Event, Invocation};
use crate::model::ids::{Attempt, LevelId, PhaseId, RoleId, Seq, StepId, StepIx, VarName};
use crate::model::intent::{Intent, Refusal};
use crate::model::plan::{Environment, EnvironmentKind, Level, Phase, Plan, Role, Source, Var};
use crate::model::record::Record;
use crate::model::signed::{Realm, SignedText};
use crate::model::state::RunState;
use crate::model::step::{Command, Effect, Place, PlannedStep, Program, Shell, Work};
use crate::model::time::Stamp;
use crate::tui::context::{ActionLine, Card, Context, Reply};
use crate::tui::overlays::Overlay;
use crate::tui::streams::Streams;
use crate::tui::theme::{Glyphs, ROLES, Theme};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Style;
use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::time::Duration;

/// 2026-11-21 20:00 UTC, 15:00 in New York.
pub const T0: i64 = 1_795_291_200_000_000;

/// Output files by step and attempt.
#[derive(Default)]
pub struct Disk(pub HashMap<(String, Attempt), Vec<u8>>);

impl Port for Disk {
    fn wish(&mut self, _: Intent, _: Seq) -> Result<u64, String> {
        Err("this is a test".into())
    }

    fn output(&self, step: &StepId, attempt: Attempt, range: Range<u64>) -> io::Result<Vec<u8>> {
        let file = self.0.get(&(step.0.clone(), attempt)).map_or(&[][..], Vec::as_slice);
        let end = (range.end as usize).min(file.len());
        let start = (range.start as usize).min(end);
        Ok(file[start..end].to_vec())
    }

    fn give_up(&mut self, _: String) {}

    fn role(&self) -> Part {
        Part::Drives
    }
}

/// A run in the making.
pub struct Stage {
    pub plan: Plan,
    pub state: RunState,
    pub now: Stamp,
    pub theme: Theme,
    pub disk: Disk,
    pub actions: Vec<ActionLine<'static>>,
    pub streams: Streams,
}

/// A step of a phase that reads only and runs `true`.
pub fn step(id: &str, number: &str, title: &str) -> PlannedStep {
    PlannedStep {
        effect: Effect::Reads,
        ..PlannedStep::new(id.into(), number.into(), title.into(), Place::Phase(0), run("true"))
    }
}

/// A command text for bash.
pub fn run(text: &str) -> Work {
    Work::Run(Box::new(command(text)))
}

/// The same, to be changed.
pub fn command(text: &str) -> Command {
    Command {
        expect: crate::model::expect::Expect::default(),
        timeout: Some(Duration::from_secs(300)),
        ..Command::new(Program::Text { shell: Shell::Bash, strict: true, text: text.into() })
    }
}

/// Who maya is.
pub fn maya() -> Actor {
    Actor { name: "maya".into(), known: Known::Peer }
}

/// A level of these steps.
pub fn level(id: &str, title: &str, steps: Vec<StepIx>) -> Level {
    Level {
        budget: Some(Duration::from_secs(300)),
        loses: Some("nothing".into()),
        ..Level::new(LevelId(id.into()), title.into(), steps)
    }
}

/// What a card answers to a key that came too early: that it did nothing.
pub fn too_early() -> Reply {
    Reply::Say(crate::tui::overlays::quiet::EARLY.into())
}

impl Stage {
    /// A plan of one phase with the steps whose place is a phase; the run has begun and is not started.
    pub fn of(steps: Vec<PlannedStep>) -> Self {
        let in_phase =
            |(place, step): (usize, &PlannedStep)| matches!(step.place, Place::Phase(_)).then_some(StepIx(place));
        let phase = Phase::new(
            PhaseId("switch".into()),
            "2".into(),
            "Switch".into(),
            steps.iter().enumerate().filter_map(in_phase).collect(),
        );
        let plan = Plan {
            zone: Some("America/New_York".into()),
            decider: Some(RoleId("lead".into())),
            roles: vec![
                Role { id: RoleId("lead".into()), title: "Technical lead".into(), signers: Vec::new() },
                Role { id: RoleId("ops".into()), title: "Operations lead".into(), signers: Vec::new() },
            ],
            phases: vec![phase],
            steps,
            by_id: HashMap::new(),
            ..Plan::new(
                "Search index cutover".into(),
                Environment { name: "PROD search.example".into(), kind: EnvironmentKind::Production },
            )
        }
        .indexed();
        let mut stage = Self {
            state: RunState::of(&plan),
            plan,
            now: Stamp { wall: T0, mono: 1_000_000_000 },
            theme: Theme {
                name: "plain".into(),
                styles: [Style::default(); ROLES],
                glyphs: Glyphs::Ascii,
                against: Vec::new(),
            },
            disk: Disk::default(),
            actions: Vec::new(),
            streams: Streams::default(),
        };
        stage.begin();
        stage
    }

    fn begin(&mut self) {
        let run = crate::model::ids::RunId("0007-20261121T2000Z-search-0123456789abcdef".into());
        let text = SignedText::new("genesis", Realm::Live, &run)
            .with("operator", "maya")
            .with("mode", "attended")
            .with("host", "jump2")
            .with("user", "maya")
            .with("zone", "America/New_York")
            .with("runbook dir", "/srv/app")
            .with("runbook name", "search.yaml")
            .with("runbook", "00")
            .with("run dir", "/srv/runs/0007")
            .with("key origin", "agent")
            .with("boot", "b");
        self.tell(Event::Genesis { fmt: "tminus/1".into(), text: text.encode(), sig: "-".into() });
    }

    /// Levels of the plan.
    #[must_use]
    pub fn with_levels(mut self, levels: Vec<Level>) -> Self {
        self.plan.levels = levels;
        self
    }

    /// Declares a variable.
    #[must_use]
    pub fn with_var(mut self, name: &str, source: Source, secret: bool) -> Self {
        self.plan.vars.push(Var {
            name: VarName(name.into()),
            source,
            secret,
            one_of: Vec::new(),
            matches: None,
            show_host: false,
        });
        self
    }

    /// Starts the run and binds these variables; `None` is a secret that is set.
    #[must_use]
    pub fn started(mut self, vars: &[(&str, Option<&str>)]) -> Self {
        self.tell(Event::Started {
            by: maya(),
            typed: "production".into(),
            t0: T0,
            zone: "America/New_York".into(),
            hard_stop: Some(T0 + 12_600_000_000),
        });
        let values = vars
            .iter()
            .map(|(name, value)| Bound { name: VarName((*name).into()), value: value.map(str::to_owned), hash: None })
            .collect();
        self.tell(Event::VarsBound { values });
        self
    }

    /// Folds one event in, at the present instant. A command that starts runs something.
    pub fn tell(&mut self, mut event: Event) {
        if let Event::StepStarted { step, invocation, .. } = &mut event {
            let ix = self.plan.find(step).unwrap();
            if invocation.is_none() && self.plan.step(ix).command().is_some() {
                let (argv, cwd, user) = (vec!["true".into()], "/srv".into(), "maya@ops".into());
                *invocation = Some(Invocation { argv, cwd, env: Vec::new(), user, timeout: None });
            }
        }
        if let Event::Output { step, attempt, extent } = &event {
            self.streams.note(self.plan.find(step).unwrap(), *attempt, extent);
        }
        let record = Record { seq: Seq(self.state.last.0 + 1), at: self.now, event };
        self.state.apply(&self.plan, &record).unwrap();
    }

    /// Lets time pass.
    pub fn pass(&mut self, millis: u64) {
        self.now.mono += millis * 1000;
        self.now.wall += i64::try_from(millis).unwrap() * 1000;
    }

    /// What cards are drawn from.
    pub fn ctx(&self) -> Context<'_> {
        Context {
            plan: &self.plan,
            state: &self.state,
            now: self.now,
            theme: &self.theme,
            port: &self.disk,
            streams: &self.streams,
            trouble: "",
            actions: &self.actions,
        }
    }

    /// A card, seen at 80x24 and silent for long enough.
    pub fn open(&mut self, card: Card) -> Overlay {
        let overlay = Overlay::open(card, &self.ctx());
        self.pass(400);
        self.picture(&overlay, 80, 24);
        overlay
    }

    /// One key.
    pub fn key(&self, overlay: &mut Overlay, code: KeyCode) -> Reply {
        overlay.key(KeyEvent::from(code), &self.ctx())
    }

    /// A letter.
    pub fn letter(&self, overlay: &mut Overlay, letter: char) -> Reply {
        self.key(overlay, KeyCode::Char(letter))
    }

    /// A letter with Ctrl.
    pub fn control(&self, overlay: &mut Overlay, letter: char) -> Reply {
        overlay.key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL), &self.ctx())
    }

    /// A text and Enter; what Enter led to.
    pub fn submit(&self, overlay: &mut Overlay, text: &str) -> Reply {
        for letter in text.chars() {
            assert_eq!(self.letter(overlay, letter), Reply::Stay, "{letter}");
        }
        self.key(overlay, KeyCode::Enter)
    }

    /// The conductor's answer to what a card wished.
    pub fn decide(&self, reply: &Reply, reading: Option<Reading>) -> Result<Vec<Event>, Refusal> {
        let (Reply::Wish(intent) | Reply::Ask(intent)) = reply else {
            panic!("no wish but {reply:?}");
        };
        let asked = Asked { reading: reading.map(Ok), ..Asked::plain(maya(), self.now) };
        decide::decide(&self.plan, &self.state, intent, &asked)
    }

    /// Decides and folds.
    pub fn take(&mut self, reply: &Reply) {
        for event in self.decide(reply, None).unwrap() {
            self.tell(event);
        }
    }

    /// A frame as text.
    pub fn picture(&self, overlay: &Overlay, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let drawn = terminal.draw(|frame| overlay.draw(frame, frame.area(), &self.ctx())).unwrap();
        let buffer = drawn.buffer;
        let mut text = String::new();
        for y in 0..height {
            let row: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
            text.push_str(row.trim_end());
            text.push('\n');
        }
        text
    }
}
