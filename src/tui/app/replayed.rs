//! The app as a replay: real time moves the run along, keys of a replay come first, and nothing can act.
//!
//! The live screens draw the same state at the moment that is shown. What a key would do to a run is answered in words, here
//! and again where a wish would be made; the port of a replay has nobody to send one to.

use super::{App, Cut, Effect, Msg};
use crate::feed::Port;
use crate::feed::replay::{Course, MarkKind, ReplayError, To, Verdict, parse_when};
use crate::model::event::Event;
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::text::shown;
use crate::model::time::Stamp;
use crate::tui::actions::{Action, Reach, TABLE};
use crate::tui::context::ActionLine;
use crate::tui::eye::{Row, Screen};
use crate::tui::keymap::{self, Meaning};
use crate::tui::replay::keys::{self, Does};
use crate::tui::replay::{OneStep, Opening, Player};
use crate::tui::streams::Streams;
use crate::tui::theme::Look;
use crate::tui::widgets::text_field::{Echo, TextField};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

impl App {
    /// The screens of a run that is seen again.
    pub fn replaying(plan: Plan, look: Look, course: Course, opening: Opening) -> Result<Self, ReplayError> {
        let mut app = Self::new(plan, look);
        let (player, state) = Player::open(course, opening)?;
        app.cut = Some(Cut { word: "REPLAY", next: player.refusal() });
        app.state = state;
        app.eye.screen = Screen::Log;
        app.replay = Some(Box::new(player));
        Ok(app)
    }

    /// The moment that is drawn: that of the replay, or the real one.
    pub(super) fn moment(&self, now: Stamp) -> Stamp {
        self.replay.as_ref().map_or(now, |player| player.now(&self.state))
    }

    pub(super) fn update_replay(&mut self, msg: Msg, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        self.pass_time(now);
        let mut effects = match msg {
            Msg::Key(key) => {
                let before = self.eye.selected;
                let effects = self.replay_key(key, port, now);
                if self.eye.selected != before {
                    self.eye.moved = Some(now);
                }
                effects
            }
            Msg::Paste(text) => match self.replay.as_mut().and_then(|player| player.asking.as_mut()) {
                Some(field) => {
                    field.paste(&text);
                    Vec::new()
                }
                None => self.paste(&text, port, now),
            },
            Msg::Copied(words) => self.say(words),
            Msg::Background(red, green, blue) => {
                self.background((red, green, blue));
                Vec::new()
            }
            Msg::Back => vec![Effect::Redraw],
            Msg::News(_) | Msg::Sent(_) | Msg::Tick | Msg::Resize | Msg::Focus(_) => Vec::new(),
        };
        if effects.iter().any(|effect| matches!(effect, Effect::Wish(_))) {
            effects.retain(|effect| !matches!(effect, Effect::Wish(_)));
            self.refuse_all();
        }
        self.follow(now);
        self.close_what_is_over(port, self.moment(now));
        effects
    }

    fn refuse_all(&mut self) {
        let words = self.replay.as_ref().map(|player| player.refusal()).unwrap_or_default();
        self.say(words);
    }

    /// Lets time pass, and takes over what became known of the run.
    fn pass_time(&mut self, now: Stamp) {
        self.moving(|player, state, passed| player.pass(state, now, passed));
        let Some(player) = &self.replay else { return };
        self.trouble = match &player.known().verdict {
            Verdict::Broken { seq, at, why, .. } => {
                let day = crate::model::schedule::format_wall(*at, &player.known().end.zone, Some("%Y-%m-%d %H:%M"));
                format!(
                    "JOURNAL BROKEN at record {seq} ({}): later lines cannot be trusted: {}",
                    day.unwrap_or_default(),
                    shown(why)
                )
            }
            Verdict::Reading(_) | Verdict::Whole { .. } | Verdict::Torn { .. } => String::new(),
        };
    }

    fn go_where(&mut self, to: Option<To>) -> Vec<Effect> {
        match to {
            Some(to) => self.moving(|player, state, passed| player.go(to, state, passed).map(|()| None)),
            None => drop(self.say("There is none.")),
        }
        Vec::new()
    }

    /// Moves the state along, and says what comes of it.
    #[allow(clippy::type_complexity, reason = "the one place that hands all of it out")]
    fn moving(
        &mut self,
        go: impl FnOnce(
            &mut Player,
            &mut crate::model::state::RunState,
            &mut dyn FnMut(Option<&Record>),
        ) -> Result<Option<String>, ReplayError>,
    ) {
        let Some(mut player) = self.replay.take() else { return };
        let (end, streams) = (player.known().end.clone(), &mut self.streams);
        // Of whatever runbook was in force: places are the same in all of them.
        let plan = end.plan(&self.first);
        let mut passed = |record: Option<&Record>| match record.map(|record| &record.event) {
            Some(Event::Output { step, attempt, extent }) => {
                if let Some(ix) = plan.find(step) {
                    streams.note(ix, *attempt, extent);
                }
            }
            Some(_) => {}
            None => *streams = Streams::default(),
        };
        let said = go(&mut player, &mut self.state, &mut passed);
        if said.is_err() {
            player.playing = false;
        }
        self.replay = Some(player);
        self.take_plan();
        match said {
            Ok(None) => {}
            Ok(Some(words)) => drop(self.say(words)),
            Err(why) => {
                let cause = std::error::Error::source(&why).map(ToString::to_string).unwrap_or_default();
                self.say(format!("{}: {}.", why, shown(&cause)));
            }
        }
    }

    fn replay_key(&mut self, key: KeyEvent, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        if key.kind != KeyEventKind::Press {
            return Vec::new();
        }
        if self.replay.as_ref().is_some_and(|player| player.asking.is_some()) {
            return self.asked(key);
        }
        if self.overlays.is_empty() && !self.eye.search.typing {
            let after_go = self.go_since.is_some();
            if let Some(does) = keys::meaning(key, after_go) {
                self.go_since = None;
                self.message = None;
                return self.replays(does, now);
            }
            if let Meaning::Does(action) = keymap::meaning(key, after_go)
                && let Some(effects) = self.replay_moves(action)
            {
                self.go_since = None;
                return effects;
            }
        }
        self.key(key, port, now)
    }

    /// A key while a place is being typed.
    fn asked(&mut self, key: KeyEvent) -> Vec<Effect> {
        let Some(player) = self.replay.as_mut() else { return Vec::new() };
        match (key.code, player.asking.as_mut()) {
            (KeyCode::Enter, Some(field)) => {
                let text = field.text().to_owned();
                player.asking = None;
                self.go_to(&text)
            }
            (KeyCode::Esc, _) => {
                player.asking = None;
                Vec::new()
            }
            (_, Some(field)) => {
                field.key(key);
                Vec::new()
            }
            (_, None) => Vec::new(),
        }
    }

    fn go_to(&mut self, text: &str) -> Vec<Effect> {
        let Some(player) = &self.replay else { return Vec::new() };
        match parse_when(text, player.plan(), player.known()) {
            Ok(to) => self.go_where(Some(to)),
            Err(words) => self.say(words),
        }
    }

    fn replays(&mut self, does: Does, now: Stamp) -> Vec<Effect> {
        let Some(player) = self.replay.as_mut() else { return Vec::new() };
        let state = &self.state;
        match does {
            Does::Play => {
                player.play_or_pause(state);
                self.pass_time(now);
                Vec::new()
            }
            Does::Slower => self.at_speed(false),
            Does::Faster => self.at_speed(true),
            Does::EventBack => self.by_event(-1),
            Does::EventOn => self.by_event(1),
            Does::MarkBack => self.go_by(|player, state| player.by_mark(state, true)),
            Does::MarkOn => self.go_by(|player, state| player.by_mark(state, false)),
            Does::SecondsBack => self.go_by(|player, _| Some(player.by_seconds(-10))),
            Does::SecondsOn => self.go_by(|player, _| Some(player.by_seconds(10))),
            Does::MinuteBack => self.go_by(|player, _| Some(player.by_seconds(-60))),
            Does::MinuteOn => self.go_by(|player, _| Some(player.by_seconds(60))),
            Does::Tenth(tenth) => self.go_by(|player, _| Some(player.tenth(tenth.into()))),
            Does::Failure => self.next_of(MarkKind::Failure),
            Does::Decision => self.next_of(MarkKind::Decision),
            Does::WayBack => self.next_of(MarkKind::RollBack),
            Does::GoTo => {
                player.asking = Some(TextField::new(Echo::Shown));
                Vec::new()
            }
            Does::Gaps => {
                player.cuts = !player.cuts;
                Vec::new()
            }
            Does::Stops => {
                player.stops = !player.stops;
                let words = if player.stops { "It stops at marks." } else { "It plays over marks." };
                self.say(words)
            }
            Does::OneStep => self.one_step(),
            Does::Table => {
                player.table = !player.table;
                Vec::new()
            }
        }
    }

    /// Only the step of the event or row that is marked, or all again. The search says so, where it can be widened too.
    fn one_step(&mut self) -> Vec<Effect> {
        let Some(player) = self.replay.as_mut() else { return Vec::new() };
        if player.one.take().is_some() {
            self.eye.search = Default::default();
            return Vec::new();
        }
        let event = player.event(&self.state).and_then(|at| player.known().log().get(at)?.step);
        let step = if self.eye.screen == Screen::Log { event } else { self.eye.selected.step().or(event) };
        let Some(step) = step else { return self.say("This line is about no step.") };
        player.one = Some(OneStep::of(step, player.known()));
        self.eye.search =
            crate::tui::eye::Search { text: format!("step:{}", player.plan().step(step).id), typing: false };
        Vec::new()
    }

    fn at_speed(&mut self, faster: bool) -> Vec<Effect> {
        if let Some(player) = self.replay.as_mut() {
            player.speed = if faster { player.speed.faster() } else { player.speed.slower() };
        }
        Vec::new()
    }

    fn go_by(&mut self, to: impl FnOnce(&Player, &crate::model::state::RunState) -> Option<To>) -> Vec<Effect> {
        let to = self.replay.as_ref().and_then(|player| to(player, &self.state));
        self.go_where(to)
    }

    fn by_event(&mut self, by: isize) -> Vec<Effect> {
        self.go_by(|player, state| player.by_events(state, by))
    }

    fn next_of(&mut self, kind: MarkKind) -> Vec<Effect> {
        let to = self.replay.as_ref().and_then(|player| player.next_of(&self.state, kind));
        match to {
            Some(to) => self.go_where(Some(to)),
            None => self.say(format!("There is no {} after this.", kind.word())),
        }
    }

    /// Keys of the live screens that mean something else where events or the table are listed; `None` where they do not.
    fn replay_moves(&mut self, action: Action) -> Option<Vec<Effect>> {
        let player = self.replay.as_mut()?;
        if player.table {
            let page = isize::try_from(player.rows.height()).unwrap_or(1);
            match action {
                Action::Down => player.rows.by(1),
                Action::Up => player.rows.by(-1),
                Action::PageDown | Action::HalfDown => player.rows.by(page),
                Action::PageUp | Action::HalfUp => player.rows.by(-page),
                Action::Top => player.rows.home(),
                Action::Bottom => player.rows.end(),
                Action::Back => player.table = false,
                _ => return None,
            }
            return Some(Vec::new());
        }
        let searches = !self.eye.search.text.trim().is_empty();
        let page = isize::try_from(player.events.height()).unwrap_or(1);
        match (self.eye.screen, action) {
            (_, Action::Back) if searches => None,
            (Screen::Log, Action::Back) => Some(vec![Effect::Quit]),
            (_, Action::Back) => Some(self.show(Screen::Log)),
            (_, Action::Leave) => Some(vec![Effect::Quit]),
            (Screen::Log, Action::Down) => Some(self.by_event(1)),
            (Screen::Log, Action::Up) => Some(self.by_event(-1)),
            (Screen::Log, Action::PageDown | Action::HalfDown) => Some(self.by_event(page)),
            (Screen::Log, Action::PageUp | Action::HalfUp) => Some(self.by_event(-page)),
            (Screen::Log, Action::Top) => Some(self.go_where(Some(To::Lived(0)))),
            (Screen::Log, Action::Bottom) => Some(self.go_to("end")),
            (Screen::Log, Action::NextMatch | Action::PrevMatch) if searches => {
                let (text, back) = (self.eye.search.text.clone(), action == Action::PrevMatch);
                Some(self.go_by(|player, state| player.by_text(state, &text, back)))
            }
            (Screen::Log, Action::Open) => Some(self.open_event()),
            (Screen::Live | Screen::Step, Action::Open) => Some(self.show(Screen::Step)),
            _ => None,
        }
    }

    fn open_event(&mut self) -> Vec<Effect> {
        let entry = self.replay.as_ref().and_then(|player| player.known().log().get(player.event(&self.state)?));
        match entry.and_then(|entry| entry.step) {
            Some(ix) => {
                self.select(Row::Step { ix, depth: 0 });
                self.show(Screen::Step)
            }
            None => self.say("This line is about no step."),
        }
    }

    /// A line of help or palette: `goto T+65m`. `None` where it is none of a replay's.
    pub(super) fn replay_perform(&mut self, line: &str, now: Stamp) -> Option<Vec<Effect>> {
        self.replay.as_ref()?;
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        if name == "leave" {
            return Some(vec![Effect::Quit]);
        }
        Some(match (keys::named(name)?, rest.trim()) {
            (Does::GoTo, place) if !place.is_empty() => self.go_to(place),
            (Does::Tenth(_), tenth) => {
                let tenth: u8 = tenth.parse().ok().filter(|tenth| *tenth <= 10).unwrap_or(0);
                self.replays(Does::Tenth(tenth), now)
            }
            (does, _) => self.replays(does, now),
        })
    }

    /// What help and palette of a replay list: its own keys, and what of the others only looks.
    pub(super) fn replay_lines(&self) -> Vec<ActionLine<'static>> {
        let own =
            keys::TABLE.iter().map(|line| ActionLine { name: line.name, key: line.shown, does: line.does, here: true });
        let hidden = [Action::GoFailure, Action::GoDecision, Action::Suspend];
        let looks = TABLE.iter().filter(|entry| {
            let opens = [Action::Output, Action::Gate, Action::Filter, Action::Palette, Action::Help, Action::Open];
            (entry.reach == Reach::Moves || opens.contains(&entry.action)) && !hidden.contains(&entry.action)
        });
        let lines = looks.map(|entry| ActionLine {
            name: entry.name,
            key: keymap::key_of(entry.action),
            does: entry.does,
            here: false,
        });
        own.chain(lines).collect()
    }

    /// The key line of a replay.
    pub(super) fn replay_keys(&self, player: &Player) -> Vec<(&'static str, &'static str)> {
        let play = if player.playing { "pause" } else { "play" };
        let mut keys = vec![("space", play), (",/.", "event"), ("[/]", "mark"), ("</>", "speed")];
        if player.table {
            keys.push(("q", "back"));
        }
        keys.extend([("gt", "go to"), ("gf", "fail"), ("gd", "decide"), ("=", "plan"), ("1-7", "screens")]);
        keys.extend([("i", "gaps"), ("m", "stop at marks"), ("o", "output"), ("/", "find")]);
        keys.extend([("q", if self.eye.screen == Screen::Log { "leave" } else { "back" }), ("?", "help")]);
        keys
    }
}
