//! Frames at four sizes, as people see them; reviewed like code.

use crate::stage::*;
use crossterm::event::KeyCode;
use tminus::feed::News;
use tminus::model::event::Event;
use tminus::model::output::Stream;
use tminus::tui::Msg;
use tminus::tui::theme::Glyphs;

const SIZES: [(u16, u16); 4] = [(160, 48), (120, 40), (80, 24), (40, 10)];

pub fn shot(name: &str, stage: &Stage) {
    for (width, height) in SIZES {
        shot_at(&format!("{name}-{width}x{height}"), stage, (width, height));
    }
}

fn shot_at(name: &str, stage: &Stage, size: (u16, u16)) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, stage.picture(size.0, size.1)));
}

pub fn running() -> Stage {
    let mut stage = Stage::new().in_phase_two();
    stage.ran("deploy", 598, "deployed\n");
    stage.ran("smoke", 4, "ok\n");
    stage.start("routes");
    stage.print("routes", Stream::Out, "HTTP/2 200\n{\"ok\":true,\"visibility\":\"private\"}\n");
    stage.print("routes", Stream::Err, "curl: slow answer\n");
    stage.pass(252);
    stage
}

#[test]
fn a_step_runs() {
    shot("running", &running());
}

#[test]
fn a_run_that_is_not_started_asks_by_its_start_card() {
    let stage = Stage::new().begun();
    shot_at("start-80x24", &stage, (80, 24));
    shot_at("start-160x48", &stage, (160, 48));
}

#[test]
fn a_step_that_failed_says_why_and_what_can_be_done() {
    let mut stage = Stage::new().in_phase_two();
    stage.ran("deploy", 650, "deployed\n");
    stage.start("smoke");
    stage.print("smoke", Stream::Err, "curl: (7) Failed to connect to search.example port 443\n");
    stage.pass(4);
    stage.end(
        "smoke",
        7,
        vec![tminus::model::expect::Check { want: "exit 0".into(), saw: "exit 7".into(), ok: false }],
    );
    shot_at("failed-80x24", &stage, (80, 24));
    shot_at("failed-120x40", &stage, (120, 40));
}

#[test]
fn a_run_that_is_held_says_for_how_long_and_by_whom() {
    let mut stage = Stage::new().in_phase_two();
    stage.tell(Event::Held { reason: "waiting for the network team".into(), by: person("maya") });
    stage.pass(195);
    shot_at("held-80x24", &stage, (80, 24));
    let picture = stage.picture(80, 24);
    assert!(picture.contains("HOLD 3:15"), "{picture}");
}

#[test]
fn what_is_wrong_is_on_every_screen() {
    let mut stage = running();
    stage.msg(Msg::News(News::Trouble(
        "Journal write failed (disk full). Holding. No step starts until this is fixed.".into(),
    )));
    shot_at("trouble-80x24", &stage, (80, 24));
    for key in ['1', '2', '3', '5', 'o', '?', '!'] {
        stage.key(KeyCode::Char(key));
        for (width, height) in SIZES {
            let picture = stage.picture(width, height);
            assert!(picture.contains("Journal write failed"), "after {key} at {width}x{height}:\n{picture}");
        }
        if !matches!(key, '1' | '2' | '3' | '5') {
            stage.key(KeyCode::Esc);
        }
    }
}

#[test]
fn a_screen_that_watches_says_who_drives() {
    let mut stage = running();
    stage.tell(Event::WheelTaken { client: 1, who: person("jlee") });
    stage.msg(Msg::News(News::Driver { name: "jlee".into(), you: false }));
    shot_at("watching-80x24", &stage, (80, 24));
    let picture = stage.picture(80, 24);
    assert!(picture.contains("jlee is driving since 15:00. You are watching. :drive asks for the wheel."), "{picture}");
}

#[test]
fn a_way_back_shows_its_own_steps() {
    let mut stage = running();
    stage.end("routes", 0, Vec::new());
    stage.tell(Event::RollbackStarted {
        level: "level-2".into(),
        from: Some("routes".into()),
        path: vec!["deploy.undo".into(), "migrate.undo".into()],
        over: false,
        reason: "error rate 1.8%".into(),
        by: person("maya"),
    });
    stage.start("deploy.undo");
    stage.pass(30);
    shot_at("rollback-80x24", &stage, (80, 24));
    shot_at("rollback-160x48", &stage, (160, 48));
}

#[test]
fn other_screens_have_the_same_shell() {
    let mut stage = running();
    stage.tell(Event::Noted { text: "CDN purge ok".into(), step: None, by: person("jlee") });
    stage.key(KeyCode::Char('5'));
    shot_at("log-80x24", &stage, (80, 24));
    stage.key(KeyCode::Char('2'));
    shot_at("step-80x24", &stage, (80, 24));
    stage.key(KeyCode::Char('3'));
    shot_at("watch-80x24", &stage, (80, 24));
}

#[test]
fn a_gate_opens_by_itself() {
    let mut stage = at_the_gate();
    for size in [(80, 24), (160, 48)] {
        let seen = stage.picture(size.0, size.1);
        let first = seen.lines().next().unwrap();
        assert!(first.contains("15:21:07 EST") && first.contains("T+21m") && first.contains("hard stop"), "{first}");
    }
    shot_at("gate-80x24", &stage, (80, 24));
    stage.key(KeyCode::Esc);
    shot_at("gate-behind-120x40", &stage, (120, 40));
}

pub fn at_the_gate() -> Stage {
    let mut stage = Stage::new().in_phase_two();
    for step in ["deploy", "smoke", "routes"] {
        stage.ran(step, 60, "ok\n");
    }
    let until = Some(stage.now.wall + 600_000_000);
    let by = tminus::model::actor::Actor::program();
    stage.tell(Event::StepStarted {
        step: "settle".into(),
        attempt: 1,
        by: by.clone(),
        typed: None,
        reason: None,
        second: None,
        invocation: None,
        until,
    });
    stage.pass(600);
    stage.tell(Event::WaitEnded { step: "settle".into(), attempt: 1, early: None, by });
    stage.start("go");
    stage.pass(1);
    stage
}

#[test]
fn a_countdown_counts() {
    let mut stage = Stage::new().in_phase_two();
    for step in ["deploy", "smoke", "routes"] {
        stage.ran(step, 60, "ok\n");
    }
    let until = Some(stage.now.wall + 600_000_000);
    let by = tminus::model::actor::Actor::program();
    stage.tell(Event::StepStarted {
        step: "settle".into(),
        attempt: 1,
        by,
        typed: None,
        reason: None,
        second: None,
        invocation: None,
        until,
    });
    stage.pass(348);
    shot_at("countdown-80x24", &stage, (80, 24));
}

#[test]
fn ascii_looks_deliberate_too() {
    let mut stage = Stage::of(RUNBOOK, theme("mono", Glyphs::Ascii)).in_phase_two();
    stage.failed("deploy", 1);
    shot_at("ascii-80x24", &stage, (80, 24));
    let picture = stage.picture(160, 48);
    assert!(picture.is_ascii(), "{picture}");
}

#[test]
fn a_step_of_which_nobody_knows_is_a_question() {
    let mut stage = running();
    let text = tminus::model::signed::SignedText::new(
        "resume",
        tminus::model::signed::Realm::Live,
        &tminus::model::ids::RunId("0007-20261121T2000Z-search-0123456789abcdef".into()),
    )
    .with("operator", "maya")
    .with("key origin", "file")
    .with("boot", "b");
    stage.tell(Event::Resume { fmt: "tminus/1".into(), text: text.encode(), sig: "-".into() });
    stage.tell(Event::ClientJoined {
        client: 2,
        who: person("maya"),
        drives: true,
        host: "jump2".into(),
        tty: "pts/2".into(),
    });
    stage.msg(Msg::News(News::Driver { name: "maya".into(), you: true }));
    shot_at("unknown-80x24", &stage, (80, 24));
}

#[test]
fn a_run_that_ended_stays_on_the_screen() {
    let mut stage = Stage::new().in_phase_two();
    for step in ["deploy", "smoke", "routes", "settle", "go", "flag", "drop", "tell"] {
        stage.tell(Event::StepSettled {
            step: step.into(),
            attempt: 0,
            how: tminus::model::event::Settled::Skipped,
            reason: "not today".into(),
            by: person("maya"),
        });
    }
    shot_at("nothing-left-80x24", &stage, (80, 24));
    stage.tell(Event::Ended { how: tminus::model::event::EndState::Completed, by: person("maya") });
    stage.tell(Event::Closed { output_files: 3, output_bytes: 300 });
    stage.msg(Msg::News(News::Over { sealed: true, why: None }));
    stage.key(KeyCode::Char('k'));
    shot_at("ended-80x24", &stage, (80, 24));
    assert!(stage.picture(80, 24).contains("Plan finished 15:08. Nothing left to run."));
}
