//! What plays a run again: where it stands, how fast it goes, what it stops at. No drawing, no terminal.
//!
//! The state itself is the app's own, so that the live screens draw it; this moves it along. Time here is the run's own
//! (`RunState::lived`), in microseconds; real time only says how much of it passes. Nothing of it can act.

pub mod keys;
mod moves;
mod one_step;
mod speed;

pub use one_step::OneStep;
pub use speed::Speed;

use crate::feed::replay::{Course, Cursor, Found, Known, Looking, ReplayError, To, moment, parse_when};
use crate::model::ids::StepId;
use crate::model::record::Record;
use crate::model::state::RunState;
use crate::model::time::Stamp;
use crate::tui::eye::Scroll;
use crate::tui::widgets::text_field::TextField;
use std::time::Duration;

/// An idle stretch is cut to so much of the run's time.
pub const CUT: u64 = 2_000_000;
/// A stretch of this length in which nothing was recorded is said.
const GAP: u64 = 60_000_000;
/// No more records are passed in one frame: a flood at a high speed is shown slower than asked, and keys are heard.
const MOST: usize = 20_000;
/// The picture while something moves.
const FRAME: Duration = Duration::from_millis(100);

/// Another run beside this one.
pub struct Other {
    /// It.
    pub course: Course,
    /// The step that both are counted from; T0 where there is none.
    pub align: Option<StepId>,
}

/// How a replay begins.
#[derive(Default)]
pub struct Opening {
    /// `--speed`.
    pub speed: Speed,
    /// `--at`.
    pub at: Option<String>,
    /// `--follow`.
    pub follow: bool,
    /// Whether it plays from the first frame on.
    pub plays: bool,
    /// `--beside`.
    pub beside: Option<Other>,
}

/// Plays one run.
pub struct Player {
    course: Course,
    known: Known,
    cursor: Cursor,
    lived: u64,
    /// When time was passed last, by the real clock.
    passed: Option<u64>,
    /// Where `--at` wants to be, until so much was read.
    wanted: Option<String>,
    /// It stands where the run itself does, and goes on with it.
    edge: bool,
    gap: Option<Duration>,
    /// It goes.
    pub playing: bool,
    /// How fast.
    pub speed: Speed,
    /// Whether idle stretches are cut.
    pub cuts: bool,
    /// Whether it stops at marks.
    pub stops: bool,
    /// The plan beside what was is shown.
    pub table: bool,
    /// Only this step's track is shown.
    pub one: Option<OneStep>,
    /// A place that is being typed.
    pub asking: Option<TextField>,
    /// Another run beside this one.
    pub beside: Option<Other>,
    /// Scroll of the table.
    pub rows: Scroll,
    /// Scroll of the events.
    pub events: Scroll,
}

impl Player {
    /// Before the first record, with the state there.
    pub fn open(course: Course, opening: Opening) -> Result<(Self, RunState), ReplayError> {
        let Found { state, cursor, lived } = course.beginning()?;
        let known = course.known();
        let wanted = opening.at.or(opening.follow.then(|| "end".into()));
        let player = Self {
            course,
            known,
            cursor,
            lived,
            passed: None,
            wanted: Some(wanted.unwrap_or_else(|| "start".into())),
            edge: opening.follow,
            gap: None,
            playing: opening.plays || opening.follow,
            speed: opening.speed,
            cuts: true,
            stops: false,
            table: false,
            one: None,
            asking: None,
            beside: opening.beside,
            rows: Scroll::default(),
            events: Scroll::default(),
        };
        Ok((player, state))
    }

    /// What every key that would act is answered with.
    pub fn refusal(&self) -> String {
        Looking::refusal(self.run())
    }

    /// The runbook.
    pub fn plan(&self) -> &crate::model::plan::Plan {
        self.course.plan()
    }

    /// The run's number.
    pub fn run(&self) -> &str {
        self.course.dir().id().short()
    }

    /// What is known of the whole run.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Where it stands, in the run's own time.
    pub fn lived(&self) -> u64 {
        self.lived
    }

    /// The clocks at the moment that is shown.
    pub fn now(&self, state: &RunState) -> Stamp {
        moment(state, self.lived)
    }

    /// Whether it stands where the run itself does, and goes on with it.
    pub fn follows(&self) -> bool {
        self.edge && self.known.grows()
    }

    /// For how long the picture stays true by itself.
    pub fn stays(&self) -> Option<Duration> {
        let waits = self.beside.as_ref().is_some_and(|other| other.course.known().grows());
        (self.playing || self.known.grows() || self.wanted.is_some() || waits).then_some(FRAME)
    }

    /// How long the stretch is in which nothing was recorded, where it stands in a long one.
    pub fn gap(&self) -> Option<Duration> {
        self.gap
    }

    fn look_for_gap(&mut self, state: &RunState) -> Result<(), ReplayError> {
        let length = self.cursor.peek()?.map(|next| state.length_to(next));
        self.gap = length.filter(|length| *length >= GAP).map(Duration::from_micros);
        Ok(())
    }

    /// Lets real time pass. Words where something is to be said; the records that were passed go to `passed`.
    pub fn pass(
        &mut self,
        state: &mut RunState,
        real: Stamp,
        passed: &mut dyn FnMut(Option<&Record>),
    ) -> Result<Option<String>, ReplayError> {
        if let Some(known) = self.course.news(self.known.version) {
            self.known = known;
            let step = self.one.take().map(|one| one.step);
            self.one = step.map(|step| OneStep::of(step, &self.known));
        }
        let elapsed = self.passed.replace(real.mono).map_or(0, |before| real.mono.saturating_sub(before));
        let words = match self.go_where_wanted(state, passed)? {
            Some(words) => Some(words),
            None if !self.playing => None,
            None if self.edge => self.go_to_edge(state, real, passed).map(|()| None)?,
            None => self.play(state, self.speed.of(elapsed), passed)?,
        };
        self.look_for_gap(state)?;
        Ok(words)
    }

    /// Goes to where `--at` wanted, once so much was read.
    fn go_where_wanted(
        &mut self,
        state: &mut RunState,
        passed: &mut dyn FnMut(Option<&Record>),
    ) -> Result<Option<String>, ReplayError> {
        let Some(wanted) = self.wanted.clone() else { return Ok(None) };
        let reading = matches!(self.known.verdict, crate::feed::replay::Verdict::Reading(_));
        let begins = wanted == "start";
        if self.known.end.facts.is_none() && reading {
            return Ok(None);
        }
        let to = match parse_when(&wanted, self.course.plan(), &self.known) {
            // A place at the end of what was read so far may be further on.
            Ok(to) if begins || !reading || !self.is_end(to) => to,
            Ok(_) => return Ok(None),
            Err(_) if reading => return Ok(None),
            Err(words) => {
                self.wanted = None;
                self.go(To::Lived(0), state, passed)?;
                return Ok(Some(words));
            }
        };
        self.wanted = None;
        let edge = self.edge;
        self.go(to, state, passed)?;
        self.edge = edge;
        Ok(None)
    }

    fn is_end(&self, to: To) -> bool {
        let end = &self.known.end;
        match to {
            To::Record(seq) => seq >= end.last,
            To::Lived(lived) => lived >= end.lived,
            To::Wall(wall) => wall >= end.at.wall,
            To::T(t) => end.t0.is_none_or(|t0| t0.saturating_add(t) >= end.at.wall),
        }
    }

    /// Plays, or pauses; at the end it begins again.
    pub fn play_or_pause(&mut self, state: &RunState) {
        self.playing = !self.playing;
        let at_end = state.last >= self.known.end.last;
        if self.playing && at_end {
            match self.known.grows() {
                true => self.edge = true,
                false => self.wanted = Some("start".into()),
            }
        }
        if !self.playing {
            self.edge = false;
        }
    }

    /// Goes to a place; `passed` gets `None` first, since what was known of the records before is of another place.
    pub fn go(
        &mut self,
        to: To,
        state: &mut RunState,
        passed: &mut dyn FnMut(Option<&Record>),
    ) -> Result<(), ReplayError> {
        passed(None);
        let found = self.course.seek(to, &mut |record| passed(Some(record)))?;
        *state = found.state;
        (self.cursor, self.lived) = (found.cursor, found.lived);
        self.edge = false;
        self.look_for_gap(state)
    }

    /// Passes all that came, and shows the time that it is.
    fn go_to_edge(
        &mut self,
        state: &mut RunState,
        real: Stamp,
        passed: &mut dyn FnMut(Option<&Record>),
    ) -> Result<(), ReplayError> {
        for _ in 0..MOST {
            match self.cursor.step(state)? {
                Some(record) => passed(Some(&record)),
                None => break,
            }
        }
        let since = u64::try_from(real.wall.saturating_sub(state.at.wall)).unwrap_or(0);
        self.lived = if self.known.grows() { state.lived.saturating_add(since) } else { state.lived };
        self.playing = self.known.grows();
        Ok(())
    }

    fn play(
        &mut self,
        state: &mut RunState,
        mut left: u64,
        passed: &mut dyn FnMut(Option<&Record>),
    ) -> Result<Option<String>, ReplayError> {
        for _ in 0..MOST {
            let Some(next) = self.cursor.peek()? else {
                if self.known.grows() {
                    return Ok(None);
                }
                self.lived = state.lived;
                self.playing = false;
                return Ok(Some("This is the end of the run. g0 goes to its beginning.".into()));
            };
            let at = state.lived.saturating_add(state.length_to(next));
            let pause = state.lived.saturating_add(CUT);
            if self.cuts && self.lived >= pause.min(at) {
                self.lived = at;
            }
            let until = if self.cuts { at.min(pause) } else { at };
            let wait = until.saturating_sub(self.lived);
            if left < wait {
                self.lived += left;
                return Ok(None);
            }
            left -= wait;
            self.lived = self.lived.max(until);
            if self.lived < at {
                continue;
            }
            if let Some(record) = self.cursor.step(state)? {
                passed(Some(&record));
                if let Some(mark) = self.mark_at(record.seq).filter(|_| self.stops) {
                    self.playing = false;
                    return Ok(Some(format!("Stopped at a {}. space goes on.", mark.kind.word())));
                }
            }
        }
        Ok(None)
    }
}
