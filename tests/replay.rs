//! A run seen again: the state at any record and any moment is what the fold of the records up to there is, whatever lies in
//! the run directory, and nothing is written or started for it.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

#[path = "support/recorded.rs"]
mod recorded;
#[path = "support/mod.rs"]
mod support;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use recorded::Recorded;
use std::path::Path;
use tminus::feed::Port;
use tminus::feed::replay::{Course, Looking, Measures, To, Verdict, moment, parse_when};
use tminus::journal::RunDir;
use tminus::journal::writer::Closing;
use tminus::model::ids::Seq;
use tminus::model::plan::Plan;
use tminus::model::schedule;
use tminus::model::state::RunState;

const BOOK: &str = include_str!("screens/search.yaml");

fn told(runs: &Path) -> Recorded {
    let mut run = Recorded::begin(runs, "search.yaml", BOOK).started().story();
    run.close(Closing::Ended);
    run
}

fn open(path: &Path, plan: &Plan, measures: Measures) -> Course {
    let course = Course::open_with(RunDir::open(path).unwrap(), plan.clone(), false, measures).unwrap();
    course.wait(&|_| false);
    course
}

#[test]
fn the_state_at_a_record_is_the_fold_up_to_it_wherever_one_comes_from() {
    let runs = tempfile::tempdir().unwrap();
    let run = told(runs.path());
    let count = run.records.len() as u64;
    let mut folds = vec![RunState::of(&run.plan)];
    for record in &run.records {
        let mut next = folds.last().unwrap().clone();
        next.apply(&run.plan, record).unwrap();
        folds.push(next);
    }
    for measures in [Measures::default(), Measures { apart: 3, room: 40 << 20 }, Measures { apart: 1, room: 1 }] {
        let course = open(run.dir.path(), &run.plan, measures);
        let known = course.known();
        assert_eq!(known.verdict, Verdict::Whole { records: count, followed: false });
        assert_eq!(*known.end, run.state);
        let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
        let places = (0..=count, 0..=count, 0..20_u64);
        let seeks = |(first, then, on): (u64, u64, u64)| {
            for at in [first, then] {
                let found = course.seek(To::Record(Seq(at)), &mut |_| {}).unwrap();
                prop_assert_eq!(&found.state, &folds[at as usize], "at record {}", at);
                prop_assert_eq!(found.lived, found.state.lived);
            }
            let mut found = course.seek(To::Record(Seq(then)), &mut |_| {}).unwrap();
            for _ in 0..on {
                found.cursor.step(&mut found.state).unwrap();
            }
            prop_assert_eq!(&found.state, &folds[(then + on).min(count) as usize]);
            Ok(())
        };
        runner.run(&places, seeks).unwrap();
    }
}

#[test]
fn between_two_records_the_clock_goes_on_and_the_state_stays() {
    let runs = tempfile::tempdir().unwrap();
    let run = told(runs.path());
    let course = open(run.dir.path(), &run.plan, Measures { apart: 4, room: 40 << 20 });
    let end = run.state.lived;
    let mut before = 0;
    for lived in (0..=end).step_by(7_300_000) {
        let found = course.seek(To::Lived(lived), &mut |_| {}).unwrap();
        assert!(found.state.lived <= lived && found.state.last.0 >= before, "at {lived}");
        before = found.state.last.0;
        let now = moment(&found.state, found.lived);
        assert_eq!(now.wall - found.state.at.wall, (lived - found.state.lived) as i64, "at {lived}");
        if let Some(next) = found.cursor.clone().peek().unwrap() {
            assert!(found.state.lived + found.state.length_to(next) > lived, "a record too few at {lived}");
        }
    }
    assert_eq!(course.seek(To::Lived(u64::MAX), &mut |_| {}).unwrap().state, run.state);
}

#[test]
fn a_place_is_found_by_t_by_the_clock_by_a_step_and_by_its_record() {
    let runs = tempfile::tempdir().unwrap();
    let run = told(runs.path());
    let course = open(run.dir.path(), &run.plan, Measures::default());
    let known = course.known();
    let at = |text: &str| {
        let to = parse_when(text, &run.plan, &known).unwrap_or_else(|why| panic!("{text}: {why}"));
        course.seek(to, &mut |_| {}).unwrap()
    };
    let clock = |text: &str| {
        let found = at(text);
        let now = found.now();
        let wall = schedule::format_wall(now.wall, &found.state.zone, Some("%H:%M:%S")).unwrap();
        (wall, schedule::t_clock(&found.state, now).map(|t| t / 1_000_000))
    };
    assert_eq!(clock("15:10"), ("15:10:00".into(), Some(600)));
    assert_eq!(clock("2026-11-21 15:10:07"), ("15:10:07".into(), Some(607)));
    assert_eq!(clock("T+10m"), ("15:10:00".into(), Some(600)));
    assert_eq!(clock("T+20m10s"), ("15:25:10".into(), Some(1210)));
    assert_eq!(at("2.2").state, at("smoke").state);
    let smoke = at("smoke").state;
    assert_eq!(smoke.step(run.plan.find(&"smoke".into()).unwrap()).attempt, 1);
    assert_eq!(at("#7").state.last, Seq(7));
    assert_eq!(at("start").lived, 0);
    assert!(at("end").state == run.state && at("end").lived == run.state.lived);
    for (text, says) in [
        ("3.1", "never began"),
        ("noon", "no place of this run"),
        ("", "Say where"),
        ("17:00", "The run went from 2026-11-21 14:59"),
        ("#x", "no record"),
        ("25:00", "no such time"),
    ] {
        let why = parse_when(text, &run.plan, &known).unwrap_err();
        assert!(why.contains(says), "{text}: {why}");
    }
}

#[test]
fn a_torn_tail_is_not_shown_and_what_is_behind_a_break_is_shown_as_it_stands() {
    let runs = tempfile::tempdir().unwrap();
    let run = told(runs.path());
    let journal = run.dir.path().join("events-0001.jsonl");
    let whole = std::fs::read(&journal).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let ckpt = |at: usize| String::from_utf8_lossy(lines[at]).contains("\"ev\":\"ckpt\"");

    let cut = (20..lines.len()).find(|at| ckpt(*at - 1) && !ckpt(*at)).unwrap();
    let torn = [lines[..cut].concat(), lines[cut][..30].to_vec()].concat();
    std::fs::write(&journal, torn).unwrap();
    let course = open(run.dir.path(), &run.plan, Measures::default());
    assert_eq!(course.known().verdict, Verdict::Torn { good: cut as u64 });
    assert_eq!(course.known().end.last.0, cut as u64);

    let note = lines.iter().position(|line| String::from_utf8_lossy(line).contains("CDN purge ok")).unwrap();
    let changed = String::from_utf8_lossy(&whole).replace("CDN purge ok", "CDN purge no");
    std::fs::write(&journal, changed).unwrap();
    let course = open(run.dir.path(), &run.plan, Measures { apart: 2, room: 40 << 20 });
    let Verdict::Broken { seq, good, later, .. } = course.known().verdict else {
        panic!("{:?}", course.known().verdict)
    };
    assert_eq!((seq, good), (note as u64 + 1, note as u64));
    assert_eq!(good + later, lines.len() as u64, "the rest is shown all the same");
    let found = course.seek(To::Record(Seq(note as u64 + 1)), &mut |_| {}).unwrap();
    assert!(found.state.log.last().unwrap().text.contains("CDN purge no"));
    assert!(course.seek(To::Record(Seq(lines.len() as u64)), &mut |_| {}).unwrap().state.closed);
}

#[test]
fn a_journal_that_is_changed_while_it_is_looked_at_is_refused_in_words() {
    let runs = tempfile::tempdir().unwrap();
    let run = told(runs.path());
    let course = open(run.dir.path(), &run.plan, Measures::default());
    let journal = run.dir.path().join("events-0001.jsonl");
    let changed = std::fs::read_to_string(&journal).unwrap().replace("CDN purge ok", "CDN purge no");
    std::fs::write(&journal, changed).unwrap();
    let why = course.seek(To::Record(run.last()), &mut |_| {}).err().expect("it does not follow");
    assert!(std::error::Error::source(&why).unwrap().to_string().contains("does not follow"), "{why:?}");
}

#[test]
fn a_run_that_is_followed_shows_what_checkpoints_cover_and_no_more() {
    let runs = tempfile::tempdir().unwrap();
    let mut run = Recorded::begin(runs.path(), "search.yaml", BOOK).started();
    let dir = RunDir::open(run.dir.path()).unwrap();
    let course = Course::open(dir, run.plan.clone(), true).unwrap();
    let reaches = |course: &Course, seq: u64| {
        let limit = std::time::Duration::from_secs(60);
        let beat = std::time::Duration::from_millis(20);
        let reached = tminus::engine::clock::wait_until(limit, beat, || course.known().end.last.0 >= seq);
        assert!(reached, "{:?} at {}, not {seq}", course.known().verdict, course.known().end.last);
    };
    reaches(&course, run.last().0);
    let begun = run.last();
    run.ran("backup", 10, "written\n");
    reaches(&course, run.last().0);
    let found = course.seek(To::Record(run.last()), &mut |_| {}).unwrap();
    assert_eq!(found.state, run.state);
    let mut before = course.seek(To::Record(begun), &mut |_| {}).unwrap();
    while before.cursor.step(&mut before.state).unwrap().is_some() {}
    assert_eq!(before.state, run.state);
    run.complete();
    reaches(&course, run.last().0);
    let whole = Verdict::Whole { records: run.last().0, followed: false };
    let limit = std::time::Duration::from_secs(60);
    assert!(tminus::engine::clock::wait_until(limit, limit / 1000, || course.known().verdict == whole));
}

fn pipe(path: &Path) {
    let (fifo, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU);
    rustix::fs::mknodat(rustix::fs::CWD, path, fifo, mode, 0).unwrap();
}

#[test]
fn a_hostile_run_directory_ends_in_words() {
    let runs = tempfile::tempdir().unwrap();
    let run = told(runs.path());
    let port = Looking::at(RunDir::open(run.dir.path()).unwrap());
    let read = |step: &str| port.output(&step.into(), 1, 0..u64::MAX);
    assert!(read("backup").unwrap().starts_with(b"backup of 2.1 GB written\n"));
    let out = run.dir.path().join("out");
    std::os::unix::fs::symlink("/etc/passwd", out.join("link.1.log")).unwrap();
    pipe(&out.join("pipe.1.log"));
    assert!(["link", "pipe", "missing"].iter().all(|step| read(step).is_err()));
    let journal = run.dir.path().join("events-0001.jsonl");
    let whole = std::fs::read(&journal).unwrap();
    let elsewhere = runs.path().join("elsewhere");
    std::fs::write(&elsewhere, &whole).unwrap();
    for hostile in ["link", "pipe", "empty", "noise", "endless"] {
        std::fs::remove_file(&journal).unwrap();
        match hostile {
            "link" => std::os::unix::fs::symlink(&elsewhere, &journal).unwrap(),
            "pipe" => pipe(&journal),
            "empty" => std::fs::write(&journal, b"").unwrap(),
            "noise" => std::fs::write(&journal, b"\xff\0not a line\n{}\n\n").unwrap(),
            _ => std::fs::write(&journal, vec![b'x'; 3 << 20]).unwrap(),
        }
        let course = open(run.dir.path(), &run.plan, Measures::default());
        let known = course.known();
        assert!(matches!(known.verdict, Verdict::Broken { good: 0, .. }), "{hostile}: {:?}", known.verdict);
        assert_eq!(course.seek(To::Lived(99), &mut |_| {}).unwrap().state, RunState::of(&run.plan));
    }
}

/// The records of a run in the runs folder of a user, as `tminus replay` finds it.
fn flown(user: &support::User) -> Recorded {
    told(&user.runs())
}

#[test]
fn at_a_real_terminal_it_plays_goes_where_it_is_told_and_cannot_act() {
    let user = support::User::new();
    flown(&user);
    let mut screen = support::screen::Screen::start(&user.tminus(&["replay", "1"]), 120, 40);
    screen.wait_for("chain ok");
    screen.wait_for("REPLAY (read only)   run 0001");
    screen.keys("gt");
    screen.wait_for("Go to");
    screen.keys("15:15\r1");
    screen.wait_for("15:15:00 EST");
    screen.wait_for("slow link");
    screen.keys("r");
    screen.wait_for("This is a replay of run 0001. Nothing here can run.");
    screen.keys("!");
    screen.wait_for("This is a replay of run 0001. Nothing here can run.");
    screen.keys("5>>>>>>> ");
    screen.wait_for("This is the end of the run.");
    screen.resize(80, 24);
    screen.wait_for("rolled-back, closed by maya");
    screen.keys("?");
    screen.wait_for("play, or pause");
    screen.keys("\x1b");
    screen.wait_gone("play, or pause");
    screen.keys("q");
    assert_eq!(screen.wait_exit(), (0, None));
}

#[test]
fn a_place_and_a_speed_can_be_given_and_what_is_none_is_said() {
    let user = support::User::new();
    flown(&user);
    let mut screen = support::screen::Screen::start(&user.tminus(&["replay", "1", "--at", "2.2"]), 80, 24);
    screen.wait_for("15:25:14 EST");
    screen.keys("q");
    assert_eq!(screen.wait_exit(), (0, None));
    let mut screen = support::screen::Screen::start(&user.tminus(&["replay", "1", "--speed", "4096"]), 80, 24);
    screen.wait_for("This is the end of the run.");
    screen.keys("q");
    assert_eq!(screen.wait_exit(), (0, None));
    for (args, says) in [
        (&["replay", "7"][..], "no run is called 7"),
        (&["replay", "1", "--at", "nowhere"], "nowhere is no place of this run"),
        (&["replay", "1", "--beside", "9"], "no run is called 9"),
        (&["replay", "1", "--beside", "1", "--align", "9.9"], "no step 9.9"),
    ] {
        let output = user.run(args);
        assert_eq!(output.status.code(), Some(2), "{}", support::said(&output));
        assert!(support::said(&output).contains(says), "{}", support::said(&output));
    }
}

#[test]
fn as_lines_it_tells_the_course_with_its_times() {
    let user = support::User::new();
    let run = flown(&user);
    let output = user.run(&["replay", "1", "--linear"]);
    assert_eq!(output.status.code(), Some(0), "{}", support::said(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "Replay of run 0001, read only. chain ok".to_owned(),
        "15:20:04 T+20m  2.1 ok.".to_owned(),
        "  err slow link".to_owned(),
        "15:25:18 T+20m  2.2 FAILED".to_owned(),
        format!("End of the replay of run 0001. chain ok {0}/{0}.", run.last()),
    ] {
        assert!(text.contains(&line), "{line} is not in\n{text}");
    }
    let from = user.run(&["replay", "1", "--linear", "--at", "T+20m5s"]);
    let text = String::from_utf8(from.stdout).unwrap();
    assert!(
        text.contains("From 15:25:05 T+20m") && !text.contains("  2.1 ok") && text.contains("2.2 FAILED"),
        "{text}"
    );
    told(&user.runs());
    let beside = user.run(&["replay", "1", "--linear", "--beside", "2"]);
    let text = String::from_utf8(beside.stdout).unwrap();
    assert!(text.contains("2.1 Deploy backend with flags OFF: T+10m back 9:58"), "{text}");
    assert!(text.contains("planned 10m; run 0002 T+10m back 9:58; +0:00"), "{text}");
    let journal = run.dir.path().join("events-0001.jsonl");
    let changed = std::fs::read_to_string(&journal).unwrap().replace("CDN purge ok", "CDN purge no");
    std::fs::write(&journal, changed).unwrap();
    let output = user.run(&["replay", "1", "--linear"]);
    assert_eq!(output.status.code(), Some(1), "{}", support::said(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("JOURNAL BROKEN at record") && text.contains("CDN purge no"), "{text}");
}

#[test]
fn a_run_under_way_is_followed_line_by_line() {
    let user = support::User::new();
    let mut run = Recorded::begin(&user.runs(), "search.yaml", BOOK).started();
    let mut child = user.tminus(&["replay", "1", "--follow", "--linear"]);
    let child = child.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut child = support::Reaped(child);
    let out = child.0.stdout.take().unwrap();
    let (said, lines) = std::sync::mpsc::channel();
    let reader = std::io::BufReader::new(out);
    std::thread::spawn(move || {
        std::io::BufRead::lines(reader).map_while(Result::ok).all(|line| said.send(line).is_ok())
    });
    let comes = |text: &str| {
        let limit = std::time::Duration::from_secs(60);
        while !lines.recv_timeout(limit).unwrap_or_else(|_| panic!("{text} never came")).contains(text) {}
    };
    comes("Started by maya");
    run.ran("backup", 10, "written\n");
    comes("out written");
    comes("1.1 ok");
    run.complete();
    comes("End of the replay of run 0001");
    assert!(child.0.wait().unwrap().success());
}

fn traced(user: &support::User, args: &[&str]) -> String {
    let trace = user.home.path().join("trace");
    let plain = user.tminus(args);
    let mut command = std::process::Command::new("strace");
    command.args([
        "-f",
        "-qq",
        "-e",
        "trace=execve,openat,connect,socket,unlink,unlinkat,rename,mkdir,mkdirat,fork,vfork",
    ]);
    command.arg("-o").arg(&trace).arg(plain.get_program()).args(plain.get_args()).current_dir(user.home.path());
    command.env_clear();
    for (name, value) in plain.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", support::said(&output));
    std::fs::read_to_string(trace).unwrap()
}

#[test]
fn nothing_is_started_written_or_connected_for_a_replay() {
    let user = support::User::new();
    let run = flown(&user);
    let name = run.dir.id().to_string();
    let listing = |path: &Path| {
        let all = RunDir::open(path).unwrap().everything().unwrap();
        all.into_iter().map(|found| (std::fs::read(path.join(&found.name)).unwrap(), found.name)).collect::<Vec<_>>()
    };
    let before = listing(run.dir.path());
    let trace = traced(&user, &["replay", "1", "--linear"]);
    assert!(trace.contains(&name), "the trace says nothing of the run:\n{trace}");
    let calls = |call: &str| trace.lines().filter(|line| line.contains(&format!("{call}("))).count();
    assert_eq!(calls("execve"), 1, "itself:\n{trace}");
    for call in ["connect", "socket", "unlink", "unlinkat", "rename", "mkdir", "mkdirat", "fork", "vfork"] {
        assert_eq!(calls(call), 0, "{call}:\n{trace}");
    }
    for line in trace.lines().filter(|line| line.contains("openat(")) {
        assert!(!line.contains("O_WRONLY") && !line.contains("O_RDWR") && !line.contains("O_CREAT"), "{line}");
    }
    assert!(listing(run.dir.path()) == before);
}
