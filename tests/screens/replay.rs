//! A run seen again on the live screens: what is drawn at which moment, what keys do, and that none of them acts.

use crate::recorded::Recorded;
use crate::stage::{RUNBOOK, text_of, theme};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tempfile::TempDir;
use tminus::feed::replay::{Course, Looking};
use tminus::journal::RunDir;
use tminus::journal::writer::Closing;
use tminus::model::schedule;
use tminus::model::time::Stamp;
use tminus::tui::replay::{Opening, Other};
use tminus::tui::theme::Glyphs;
use tminus::tui::{App, Effect, Msg};

/// A replay on a screen of any size, its real clock set by hand.
struct Again {
    app: App,
    port: Looking,
    real: Stamp,
    effects: Vec<Effect>,
    _runs: TempDir,
}

fn recorded() -> (TempDir, Recorded) {
    let runs = tempfile::tempdir().unwrap();
    let mut run = Recorded::begin(runs.path(), "search.yaml", RUNBOOK).started().story();
    run.close(Closing::Ended);
    (runs, run)
}

fn course(run: &Recorded) -> Course {
    let course = Course::open(RunDir::open(run.dir.path()).unwrap(), run.plan.clone(), false).unwrap();
    course.wait(&|_| false);
    course
}

impl Again {
    fn new() -> Self {
        Self::opened(Glyphs::Unicode, Opening::default())
    }

    fn opened(glyphs: Glyphs, opening: Opening) -> Self {
        let (runs, run) = recorded();
        let course = course(&run);
        let app = App::replaying(run.plan.clone(), theme("mono", glyphs), course, opening).unwrap();
        let port = Looking::at(RunDir::open(run.dir.path()).unwrap());
        let real = Stamp { wall: 1_800_000_000_000_000, mono: 77_000_000 };
        let mut again = Self { app, port, real, effects: Vec::new(), _runs: runs };
        again.pass(0.1);
        again
    }

    fn msg(&mut self, msg: Msg) {
        self.effects.extend(self.app.update(msg, &self.port, self.real));
    }

    /// Real time passes, in frames of a tenth of a second.
    fn pass(&mut self, seconds: f64) {
        for _ in 0..(seconds * 10.0).round() as u32 {
            self.real.mono += 100_000;
            self.real.wall += 100_000;
            self.msg(Msg::Tick);
        }
    }

    fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.chars() {
            self.real.mono += 200_000;
            self.real.wall += 200_000;
            let code = match key {
                '\r' => KeyCode::Enter,
                '\x1b' => KeyCode::Esc,
                letter => KeyCode::Char(letter),
            };
            self.msg(Msg::Key(KeyEvent::from(code)));
        }
        self
    }

    fn picture(&self, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| self.app.draw(frame, &self.port, self.real)).unwrap();
        text_of(terminal.backend().buffer())
    }

    /// The clock of the header, and T in seconds.
    fn clock(&self) -> (String, String) {
        let picture = self.picture(80, 24);
        let line = picture.lines().find(|line| line.contains(" EST   ")).unwrap_or_else(|| panic!("{picture}"));
        let (clock, rest) = line.trim_start().split_once(" EST   ").unwrap();
        (clock.to_owned(), rest.split_whitespace().next().unwrap_or_default().to_owned())
    }
}

fn shot(name: &str, again: &Again, (width, height): (u16, u16)) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = format!("replay-{name}-{width}x{height}");
    settings.bind(|| insta::assert_snapshot!(name, again.picture(width, height)));
}

#[test]
fn it_shows_the_course_the_marks_and_the_events_of_the_whole_run() {
    let mut again = Again::new();
    again.keys("gf");
    for size in [(80, 24), (160, 48), (40, 10)] {
        shot("events", &again, size);
    }
    again.keys("1");
    shot("live", &again, (80, 24));
    shot("live", &again, (160, 48));
    again.keys("=");
    shot("beside", &again, (80, 24));
}

#[test]
fn the_live_screens_show_what_they_showed_then() {
    let mut again = Again::new();
    again.keys("gt15:15\r1");
    assert_eq!(again.clock(), ("15:15:00".into(), "T+15m".into()));
    let picture = again.picture(160, 48);
    for text in ["RUN  2.1", "slow link", "uploading", "next  2.2"] {
        assert_eq!(picture.contains(text), text != "next  2.2", "{text}\n{picture}");
    }
    assert!(!picture.contains("deployed\n") && !picture.contains("out deployed"), "what is printed later:\n{picture}");
    again.keys("L");
    assert_eq!(again.clock().0, "15:16:00");
    again.keys("gtdeploy\r").keys(",");
    let picture = again.picture(160, 48);
    assert!(!picture.contains("slow link"), "{picture}");
    for screen in "234567".chars() {
        again.keys(&screen.to_string());
        let picture = again.picture(80, 24);
        assert!(picture.starts_with(" REPLAY (read only)"), "{picture}");
        again.keys("\x1b");
    }
}

#[test]
fn no_key_can_act() {
    let mut again = Again::new();
    again.keys("gt15:15\r1");
    let says = "This is a replay of run 0001. Nothing here can run.";
    for key in "rRpfsbevacQ!".chars() {
        again.keys(&key.to_string());
        let picture = again.picture(80, 24);
        assert!(picture.contains(says), "{key}:\n{picture}");
    }
    again.msg(Msg::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
    assert!(again.picture(80, 24).contains(says));
    for line in ["hold", "abort", "pause", "close", "drive", "recycle 2.1", "trip x", "rollback", "run"] {
        again.keys(&format!(":{line}\r"));
        let picture = again.picture(80, 24);
        assert!(!picture.contains("CARD") && again.app.seen().0 < 60, "{line}:\n{picture}");
        again.keys("\x1b\x1b1");
    }
    again.keys("gt2.2\r").keys("4").keys("gnrv\r y");
    assert!(again.effects.iter().all(|effect| !matches!(effect, Effect::Wish(_) | Effect::Type { .. })));
}

#[test]
fn time_passes_as_fast_as_asked_and_idle_stretches_are_cut() {
    let mut again = Again::new();
    again.keys("gt15:00:30\r");
    assert_eq!(again.clock().0, "15:00:30");
    again.pass(5.0);
    assert_eq!(again.clock().0, "15:00:30", "it is paused");
    // Nothing was recorded for minutes around there: with real gaps it goes by the second.
    again.keys("i ");
    again.pass(5.0);
    assert_eq!(again.clock().0, "15:00:35");
    again.keys(">>");
    again.pass(5.0);
    // Twice the speed for the moment between the two keys.
    assert!(["15:00:55", "15:00:56"].contains(&again.clock().0.as_str()), "{:?}", again.clock());
    again.keys("i");
    again.pass(0.1);
    assert_eq!(again.clock().0, "15:04:51", "what is left of the stretch was cut");
    again.keys(" <<<");
    let paused = again.clock();
    again.pass(3.0);
    assert_eq!(again.clock(), paused);
}

#[test]
fn it_stops_at_marks_and_at_the_end_and_says_so() {
    let mut again = Again::new();
    again.keys("gt1.2\r").keys("m>>>>>>>>>> ");
    again.pass(30.0);
    assert!(again.picture(80, 24).contains("Stopped at a note. space goes on."), "{}", again.picture(80, 24));
    let at = again.app.seen();
    again.keys("m ");
    again.pass(60.0);
    assert!(again.app.seen() > at);
    assert!(again.picture(80, 24).contains("This is the end of the run."), "{}", again.picture(80, 24));
    assert!(again.picture(80, 24).contains("paused"));
}

#[test]
fn each_way_of_moving_leads_where_it_says() {
    let mut again = Again::new();
    let mut at = |keys: &str| {
        again.keys(keys);
        let state = again.app.state();
        let last = state.log.last().map(|entry| entry.text.clone()).unwrap_or_default();
        (again.app.seen().0, last)
    };
    let first = at("g0");
    let fail = at("gf");
    assert_eq!(fail.1, "2.2 FAIL, exit 7");
    assert_eq!(at("gb").1, "level-2 started by maya: the new build does not answer");
    assert_eq!(at("["), fail);
    assert_eq!(at("]").1, "level-2 started by maya: the new build does not answer");
    assert_eq!(at(",").1, "2.2 FAIL, exit 7");
    assert_eq!(at(".").1, "level-2 started by maya: the new build does not answer");
    assert_eq!(at("gf").1, "level-2 started by maya: the new build does not answer", "there is none after it");
    assert_eq!(at("g0"), first);
    assert_eq!(at(",").0, 3, "the first event");
    assert_eq!(at("/purge\r").1, at("").1);
    assert_eq!(at("n").1, "jlee: CDN purge ok");
    assert_eq!(at("N").1, "jlee: CDN purge ok", "there is none before it");
    let end = at("\x1bG");
    assert_eq!(end.1, "rolled-back, closed by maya");
    again.keys("gtnowhere\r");
    assert!(again.picture(120, 40).contains("nowhere is no place of this run"), "{}", again.picture(120, 40));
    assert_eq!(again.app.seen().0, end.0);
    again.keys("q");
    assert_eq!(again.effects.last(), Some(&Effect::Quit));
}

#[test]
fn every_size_is_drawn_and_says_that_it_is_a_replay() {
    let mut again = Again::opened(Glyphs::Ascii, Opening::default());
    again.keys("gf");
    for keys in ["1", "2", "3", "5", "6", "7", "=", "?", "\x1bgt", "\x1bo"] {
        again.keys(keys);
        for (width, height) in [(1, 1), (2, 3), (10, 2), (40, 10), (39, 7), (60, 14), (80, 24), (110, 30), (160, 48)] {
            let picture = again.picture(width, height);
            assert!(picture.is_ascii(), "{picture}");
            assert!(width < 40 || picture.contains("REPLAY"), "{keys:?} at {width}x{height}:\n{picture}");
        }
        again.keys("\x1b");
    }
}

#[test]
fn another_run_stands_beside_it_from_t0_or_from_a_step() {
    let (_runs, other) = recorded();
    let beside = |align: Option<&str>| {
        let align = align.map(Into::into);
        let other = Other { course: course(&other), align };
        let mut again = Again::opened(Glyphs::Unicode, Opening { beside: Some(other), ..Opening::default() });
        again.keys("=");
        again.picture(120, 40)
    };
    let from_t0 = beside(None);
    let row = |picture: &str| picture.lines().find(|line| line.contains("Smoke test")).unwrap().to_owned();
    assert_eq!(row(&from_t0).matches("T+25m").count(), 2, "{from_t0}");
    let from_smoke = beside(Some("smoke"));
    assert_eq!(row(&from_smoke).matches("T+0s").count(), 2, "{from_smoke}");
    assert!(row(&from_smoke).contains("0:00"), "{from_smoke}");
}

#[test]
fn a_broken_journal_says_so_on_every_screen_and_can_be_looked_at() {
    let (runs, run) = recorded();
    let journal = run.dir.path().join("events-0001.jsonl");
    let changed = std::fs::read_to_string(&journal).unwrap().replace("CDN purge ok", "CDN purge no");
    std::fs::write(&journal, changed).unwrap();
    let course = course(&run);
    let app = App::replaying(run.plan.clone(), theme("mono", Glyphs::Unicode), course, Opening::default()).unwrap();
    let port = Looking::at(RunDir::open(run.dir.path()).unwrap());
    let real = Stamp { wall: 1_800_000_000_000_000, mono: 77_000_000 };
    let mut again = Again { app, port, real, effects: Vec::new(), _runs: runs };
    again.pass(0.1);
    again.keys("gb");
    shot("broken", &again, (80, 24));
    for screen in ["1", "2", "3", "5", "="] {
        again.keys(screen);
        let picture = again.picture(80, 24);
        assert!(picture.contains("JOURNAL BROKEN at record"), "{picture}");
    }
    assert!(again.app.state().rollback.is_some(), "what is behind it is shown all the same");
    let t = schedule::t_clock(again.app.state(), again.app.state().at).unwrap();
    assert!(t > 0);
}

#[test]
fn the_events_are_sifted_by_who_step_class_and_word_and_all_of_it_must_hold() {
    let mut again = Again::new();
    let mut found = |typed: &str| {
        again.keys(&format!("\x1b/{typed}\r"));
        let picture = again.picture(100, 40);
        let row = |line: &&str| (line.starts_with(" 1") || line.starts_with(">1")) && !line.contains(" EST ");
        picture.lines().filter(row).map(str::to_owned).collect::<Vec<_>>()
    };
    let all = found("");
    let (fails, of_step, hers) = (found("word:fail"), found("step:2.2"), found("who:jlee"));
    assert!(fails.len() == 1 && fails[0].contains("2.2 FAIL"), "{fails:#?}");
    assert!(of_step.len() > 1 && of_step.len() < all.len(), "{of_step:#?}");
    assert!(
        ["hold", "RUN      2.2", "2.2 FAIL", "rollback"].iter().zip(&of_step).all(|(word, line)| line.contains(word))
    );
    assert!(!hers.is_empty() && hers.iter().any(|line| line.contains("CDN purge ok")), "{hers:#?}");
    assert!(hers.len() < found("who:maya").len());
    assert_eq!(found("step:2.2 word:fail"), fails);
    assert_eq!(found("step:2.1 word:fail"), [""; 0]);
    assert_eq!(found("cdn who:jlee"), hers);
    assert!(found("step:2").len() > of_step.len(), "all steps of 2");
    assert!(!found("class:c2").is_empty() && found("class:c2").len() < all.len());
    assert_eq!(found("who:"), all, "nothing is narrowed yet");
    assert_eq!(found("whom:jlee"), [""; 0], "text like any other");
}

#[test]
fn one_steps_track_shows_its_attempts_and_nothing_else_until_t_again() {
    let mut again = Again::new();
    again.keys("gf");
    let whole = again.picture(100, 40);
    again.keys("t");
    let one = again.picture(100, 40);
    assert!(one.lines().next().unwrap().contains("only 2.2"), "{one}");
    let track = |picture: &str, of: &str| picture.lines().find(|line| line.starts_with(of)).unwrap().to_owned();
    let cells = |line: &str| line.chars().filter(|letter| "━─FD!RH".contains(*letter)).count();
    assert!(cells(&track(&one, " plan")) < cells(&track(&whole, " plan")), "{one}");
    let under_way = |picture: &str| track(picture, " act").matches('━').count();
    assert!(track(&one, " act").contains('F') && under_way(&one) < under_way(&whole), "{one}");
    assert!(!one.contains("CDN purge ok"), "{one}");
    shot("one-step", &again, (80, 24));
    again.keys("t");
    assert_eq!(again.picture(100, 40), whole);
    again.keys("1gr").keys("t");
    assert!(again.picture(100, 40).contains("only "), "{}", again.picture(100, 40));
}
