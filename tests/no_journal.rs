//! The real binary on a disk that fills in the middle of a step: the run holds, goes on in another folder, ends, verifies.
//!
//! What runs is left alone, nothing starts that cannot be recorded, nothing runs twice; screens and lines offer the ways on.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic in a test is the report")]

mod support;

use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use support::aboard::Aboard;
use support::screen::Screen;
use support::small_disk::Small;
use support::{events, records, said, until};
use tminus::engine::clock::wait_until;
use tminus::feed::live::{Coming, Live, connect};
use tminus::feed::{News, Port};
use tminus::journal::RunDir;
use tminus::journal::elsewhere::{follow, moved_to};
use tminus::model::event::{Event, Resolution};
use tminus::model::ids::{LevelId, Seq, StepId};
use tminus::model::intent::{Intent, Typed};
use tminus::model::record::Record;

const BOOK: &str = "\
tminus: 1
title: Two
environment: { name: here, kind: local }
defaults: { shell: sh }
phases:
  - id: one
    title: One
    steps:
      - { id: flood, title: Flood, run: \"echo begun; while [ ! -e full ]; do sleep 0.02; done; yes | head -c SIZE; echo x >> ran; touch printed; while [ ! -e go ]; do sleep 0.02; done\", effect: reads }
      - { id: mark, title: Mark, run: \"echo x >> mark\", undo: \"rm mark\", effect: changes }
rollbacks:
  - { id: level-1, title: Back, budget: 1m, loses: nothing, undo: all, steps: [ { id: tell, title: Tell them, run: \"echo 'it is back' > told\" } ] }
";

/// A run on a small disk whose first step prints so many bytes once the file `full` is there.
fn aboard(size: usize) -> Option<(Aboard, Small)> {
    let book = BOOK.replace("SIZE", &size.to_string());
    let aboard = Aboard::with(&[("book.yaml", &book)]);
    let disk = Small::mount(&aboard.user.runs(), "64m")?;
    Some((aboard, disk))
}

struct Seat {
    port: Live,
    news: Receiver<News>,
    records: Vec<Record>,
    words: Vec<String>,
}

impl Seat {
    fn take(dir: &RunDir) -> Self {
        let coming =
            Coming { watch: false, unattended: false, name: Some("maya".into()), signer: None, ..Coming::default() };
        let (port, news) = connect(dir.clone(), coming).expect("the conductor is there");
        Self { port, news, records: Vec::new(), words: Vec::new() }
    }

    fn hear(&mut self) {
        while let Ok(news) = self.news.try_recv() {
            match news {
                News::Records(records) => self.records.extend(records),
                other => self.words.push(format!("{other:?}")),
            }
        }
    }

    fn until(&mut self, waited_for: &str, mut holds: impl FnMut(&Self) -> bool) {
        let held = wait_until(Duration::from_secs(120), Duration::from_millis(5), || {
            self.hear();
            holds(self)
        });
        assert!(held, "waited for {waited_for}; heard {:?} and {:?}", self.words, self.records.last());
    }

    fn heard(&mut self, words: &str) {
        self.until(words, |seat| seat.words.iter().any(|word| word.contains(words)));
    }

    fn wish(&mut self, intent: Intent) -> Result<(), String> {
        let seen = self.records.last().map_or(Seq(0), |record| record.seq);
        let id = self.port.wish(intent, seen)?;
        let (taken, refused) = (format!("Taken({id})"), format!("Refused({id}, "));
        self.until("an answer", |seat| seat.words.iter().any(|word| *word == taken || word.starts_with(&refused)));
        let no = self.words.iter().find_map(|word| word.strip_prefix(&refused).map(str::to_owned));
        no.map_or(Ok(()), Err)
    }

    /// Says it again until it can be recorded: the disk is full, and what the reserve still takes comes and goes.
    fn insist(&mut self, intent: &Intent) {
        until(60, "it to be recorded", || self.wish(intent.clone()).is_ok());
    }

    fn until_event(&mut self, event: &str, step: &str) {
        self.until(&format!("{event} {step}"), |seat| {
            seat.records.iter().any(|record| {
                let shown = serde_json::to_value(&record.event).unwrap();
                shown["ev"] == event && (step.is_empty() || shown["step"] == step)
            })
        });
    }
}

fn by_hand(step: &StepId) -> Intent {
    Intent::Hand { step: step.clone(), reason: "in a shell of my own".into() }
}

fn run(step: &str) -> Intent {
    Intent::Run { step: StepId(step.into()), typed: Typed::default() }
}

fn flooding(aboard: &Aboard) -> (RunDir, Seat) {
    let begun = aboard.user.run(&["run", "book.yaml", "--detach", "--no-key"]);
    assert_eq!(begun.status.code(), Some(4), "{}", said(&begun));
    let dir = aboard.runs().pop().expect("a run");
    let mut seat = Seat::take(&dir);
    seat.until("the wheel", |seat| seat.words.iter().any(|word| word.contains("you: true")));
    seat.wish(Intent::Start { typed: "local".into() }).unwrap();
    seat.until_event("vars", "");
    seat.wish(run("flood")).unwrap();
    seat.until_event("output", "flood");
    (dir, seat)
}

#[test]
fn a_disk_that_fills_in_a_step_holds_the_run_which_goes_on_elsewhere_ends_and_verifies() {
    let size = 3_000_000;
    let Some((aboard, disk)) = aboard(size) else { return };
    let (old, mut seat) = flooding(&aboard);
    disk.fill();
    aboard.user.write("full", "");
    seat.heard("Journal write failed (disk full). Holding. No step starts until this is fixed.");
    until(60, "the command to have printed all, unhindered", || aboard.path("printed").exists());
    aboard.user.write("go", "");
    for refused in [run("mark"), Intent::RollBack { level: LevelId("level-1".into()), typed: Typed::default() }] {
        let why = seat.wish(refused).unwrap_err();
        assert!(why.contains("nothing starts"), "{why}");
    }
    let why = seat.wish(Intent::Journal { dir: "elsewhere".into() }).unwrap_err();
    assert!(why.contains("from the root"), "{why}");
    let why = seat.wish(Intent::Journal { dir: "/proc/none".into() }).unwrap_err();
    assert!(why.contains("/proc/none cannot hold this run"), "{why}");
    let elsewhere = aboard.path("elsewhere");
    seat.wish(Intent::Journal { dir: elsewhere.display().to_string() }).unwrap();
    seat.until_event("step.judged", "flood");
    seat.until_event("held", "");
    let judged = seat.records.iter().find_map(|record| match &record.event {
        Event::StepJudged { verdict, .. } => Some(format!("{verdict:?}")),
        _ => None,
    });
    assert_eq!(judged.as_deref(), Some("Ok"), "all of its output was kept");
    let new = RunDir::open(&elsewhere.join(old.id().as_str())).unwrap();
    assert_eq!(std::fs::metadata(new.output_path(&StepId::from("flood"), 1)).unwrap().len(), size as u64 + 6);
    drop(seat);
    let mut seat = Seat::take(&follow(old.clone(), Path::new("/none")).unwrap());
    seat.until("the wheel", |seat| seat.words.iter().any(|word| word.contains("you: true")));
    seat.wish(Intent::GoOn).unwrap();
    seat.wish(run("mark")).unwrap();
    seat.until_event("step.judged", "mark");
    seat.wish(Intent::Close).unwrap();
    seat.heard("sealed: true");
    assert_eq!((aboard.text("ran"), aboard.text("mark")), ("x\n".into(), "x\n".into()), "nothing ran twice");
    let verified = aboard.user.run(&["verify", "1"]);
    assert!(said(&verified).contains("unsigned") && !said(&verified).contains("wrong"), "{}", said(&verified));
    let listed = aboard.user.listed();
    assert_eq!((listed.len(), &listed[0]["sealed"]), (1, &serde_json::Value::Bool(true)), "{listed:?}");
    assert_eq!(listed[0]["dir"], new.path().display().to_string());
    assert_eq!(events(&records(new.path()), "journal.failed").len(), 1);
}

#[test]
fn more_than_can_be_held_is_counted_and_the_attempt_is_unknown_from_the_reserve() {
    let Some((aboard, disk)) = aboard(30_000_000) else { return };
    let (old, mut seat) = flooding(&aboard);
    disk.fill();
    aboard.user.write("full", "");
    seat.heard("bytes not kept");
    until(60, "the command to have printed all, unhindered", || aboard.path("printed").exists());
    aboard.user.write("go", "");
    seat.until_event("output.lost", "flood");
    seat.until_event("step.judged", "flood");
    let unknown = |record: &Record| matches!(&record.event, Event::StepJudged { verdict, .. } if format!("{verdict:?}") == "Unknown");
    assert!(seat.records.iter().any(unknown), "{:?}", seat.records.last());
    assert!(moved_to(&old, Path::new("/none")).is_none(), "all of that is on the disk that was full");
    // By hand, as soon as something can be written.
    let how = Intent::Resolve { step: StepId("flood".into()), how: Resolution::Finished, reason: "looked".into() };
    seat.insist(&how);
    seat.insist(&Intent::Hand { step: StepId("mark".into()), reason: "in a shell".into() });
    seat.until_event("step.settled", "mark");
    assert!(!aboard.path("mark").exists(), "tminus ran nothing that it could not record");
    disk.make_room();
    seat.until("the trouble to be over", |seat| {
        seat.words.last().is_some_and(|word| word.starts_with("Trouble") && !word.contains("write failed"))
    });
    seat.wish(by_hand(&StepId("level-1.tell".into()))).unwrap();
    seat.until_event("step.settled", "level-1.tell");
    seat.wish(Intent::GoOn).unwrap();
    let level = Intent::RollBack { level: LevelId("level-1".into()), typed: Typed::default() };
    seat.wish(level).unwrap();
    seat.until_event("rollback.started", "");
    assert!(!aboard.path("told").exists(), "what was said to be done by hand does not run");
}

#[test]
fn a_run_whose_journal_went_elsewhere_is_not_taken_up_where_it_was() {
    let Some((aboard, disk)) = aboard(3_000_000) else { return };
    let (old, mut seat) = flooding(&aboard);
    disk.fill();
    aboard.user.write("full", "");
    seat.heard("Journal write failed");
    let elsewhere = aboard.path("elsewhere");
    seat.wish(Intent::Journal { dir: elsewhere.display().to_string() }).unwrap();
    seat.heard("Trouble(\"\")");
    let dir = follow(old.clone(), Path::new("/none")).unwrap();
    aboard.kill_conductor();
    disk.make_room();
    let mut screen = Screen::start(&aboard.user.tminus(&["resume", "1", "--linear", "--no-key"]), 100, 30);
    screen.wait_for("Nobody knows if it finished");
    assert!(events(&records(dir.path()), "resume").len() == 1 && events(&records(old.path()), "resume").is_empty());
    std::fs::rename(dir.path(), aboard.path("hidden")).unwrap();
    let refused = aboard.user.run(&["verify", "1"]);
    assert!(said(&refused).contains("where it goes on it cannot be read"), "{}", said(&refused));
}

#[test]
fn the_roll_back_key_shows_the_two_ways_and_the_folder_is_taken_from_there() {
    let Some((aboard, disk)) = aboard(3_000_000) else { return };
    let (old, seat) = flooding(&aboard);
    drop(seat);
    let mut screen = Screen::start(&aboard.user.tminus(&["attach", "1", "--no-key"]), 100, 40);
    screen.wait_for("Flood");
    screen.wait_for("p hold");
    disk.fill();
    aboard.user.write("full", "");
    screen.wait_for("Journal write failed (disk full). Holding. No step starts until this is fixed.");
    screen.keys("!");
    screen.wait_for("NO JOURNAL");
    screen.wait_for("# level-1 Back: 1 in order");
    screen.wait_for("echo '");
    screen.wait_for("cd ");
    screen.keys("j");
    screen.wait_for("Folder, from the root:");
    screen.keys(&format!("{}\r", aboard.path("elsewhere").display()));
    screen.wait_gone("NO JOURNAL");
    screen.wait_for("journal ok");
    assert!(follow(old.clone(), Path::new("/none")).unwrap().path().starts_with(aboard.path("elsewhere")));
    aboard.user.write("go", "");
    screen.wait_for("Held by tminus: the journal could not be written");
}

#[test]
fn lines_offer_the_same_two_ways_and_leaving_says_code_three() {
    let Some((aboard, disk)) = aboard(3_000_000) else { return };
    let (old, seat) = flooding(&aboard);
    drop(seat);
    let mut screen = Screen::start(&aboard.user.tminus(&["attach", "1", "--no-key", "--linear"]), 100, 60);
    screen.wait_for("Flood is running");
    disk.fill();
    aboard.user.write("full", "");
    screen.wait_for("Holding. No step starts until this is fixed.");
    screen.wait_for("The journal cannot be written. Nothing starts.");
    screen.wait_quiet(Duration::from_millis(600));
    screen.keys("roll back by hand\r");
    screen.wait_for("# level-1 Back: 1 in order");
    screen.wait_quiet(Duration::from_millis(600));
    screen.keys("leave\r");
    assert_eq!(screen.wait_exit().0, 3, "{}", screen.contents());
    let mut screen = Screen::start(&aboard.user.tminus(&["attach", "1", "--no-key", "--linear"]), 100, 60);
    screen.wait_for("The journal cannot be written. Nothing starts.");
    screen.wait_quiet(Duration::from_millis(600));
    screen.keys(&format!(":journal {}\r", aboard.path("elsewhere").display()));
    screen.wait_for("That trouble is over.");
    assert!(follow(old, Path::new("/none")).unwrap().path().starts_with(aboard.path("elsewhere")));
}
