//! A journal that cannot be written, and the ways on: output is held, a full disk is tried again, the run goes on in another
//! folder.
//!
//! The writer on faulty storage and on a small real disk, then the real binary on one. Nothing acknowledged is lost, nothing
//! else is shown as done, nothing runs twice.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic in a test is the report")]

mod journal_kit;
mod support;

use journal_kit::{Person, Rig, Said, chunk, exited, now, runs};
use rustix::io::Errno;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;
use support::aboard::Aboard;
use support::screen::Screen;
use support::{events, records, said, until};
use tminus::engine::clock::wait_until;
use tminus::feed::live::{Coming, Live, connect};
use tminus::feed::{News, Port};
use tminus::journal::RunDir;
use tminus::journal::elsewhere::{ElsewhereError, follow, moved_to, prepare};
use tminus::journal::keys::RunKey;
use tminus::journal::reader::{StartPoint, Valid, read_all, recover};
use tminus::journal::storage::{Disk, Fault, Faulty};
use tminus::journal::verify::{Verdict, verify};
use tminus::journal::writer::{Closing, Elsewhere, Order, Report};
use tminus::model::event::{Event, Resolution};
use tminus::model::ids::{LevelId, Seq, StepId};
use tminus::model::intent::{Intent, Typed};
use tminus::model::record::Record;
use tminus::model::signed::Realm;

const MIB: usize = 1 << 20;

/// A small disk of its own; `None` where this machine lets no test mount one.
struct Small(PathBuf);

impl Small {
    fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("size={size},mode=700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(at).output();
        if !mounted.is_ok_and(|mounted| mounted.status.success()) {
            println!("left out: this machine does not let a test mount a small disk");
            return None;
        }
        Some(Self(at.to_owned()))
    }

    /// Takes all the room there is.
    fn fill(&self) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.0.join("ballast")).unwrap();
        for size in [64 << 10, 4096, 1] {
            while file.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).stderr(Stdio::null()).status();
    }
}

/// A signed run on a disk that fails for good from its n-th call on.
fn failing(person: &Person, runs: &tempfile::TempDir, at: u64, errno: Errno) -> Rig {
    let (dir, _) = RunDir::create(runs.path(), "site", now()).unwrap();
    let (storage, _) = Faulty::new(Disk::new(dir.clone()), Fault { at, count: u64::MAX, errno });
    let key = RunKey::generate();
    let runbook = dir.attach("site.yaml", b"steps: []\n").unwrap();
    let first = person.genesis(Realm::Live, person.opening(&key, &runbook).genesis(Realm::Live, dir.id()).encode());
    let start = StartPoint::first(Realm::Live, dir.id());
    Rig::begun(dir, Box::new(storage), (first, start, key)).unwrap()
}

/// Calls of a beginning: the reserve, the part, its write and its sync, the names.
const BEGUN: u64 = 5;

fn until_report(rig: &mut Rig, seen: &mut Said, is_it: impl Fn(&Report) -> bool) -> Report {
    loop {
        let report = rig.report();
        if let Report::Durable { records, .. } = &report {
            seen.records.extend(records.clone());
        }
        if let Report::NotKept { bytes, .. } = &report {
            seen.not_kept += bytes;
        }
        if is_it(&report) {
            return report;
        }
    }
}

fn frozen(rig: &mut Rig, seen: &mut Said) -> Valid {
    rig.tell(Order::Freeze);
    match until_report(rig, seen, |report| matches!(report, Report::Frozen { .. })) {
        Report::Frozen { valid } => valid,
        _ => unreachable!("it was waited for"),
    }
}

fn printed(records: &[Record], step: &str) -> u64 {
    let length = |record: &Record| match &record.event {
        Event::Output { step: of, extent, .. } if of.as_str() == step => extent.len,
        _ => 0,
    };
    records.iter().map(length).sum()
}

fn lost(records: &[Record]) -> u64 {
    let length = |record: &Record| match &record.event {
        Event::OutputLost { bytes, .. } => *bytes,
        _ => 0,
    };
    records.iter().map(length).sum()
}

fn end_output(rig: &Rig, step: &str) -> bool {
    let (told, lost) = tokio::sync::oneshot::channel();
    rig.tell(Order::EndOutput { step: StepId::from(step), attempt: 1, lost: Some(told) });
    lost.blocking_recv().unwrap()
}

fn exit(rig: &Rig, step: &str) {
    rig.tell(Order::Batch { events: vec![(now(), exited(step))], barrier: true });
}

#[test]
fn what_is_printed_while_the_disk_is_full_is_held_and_written_when_there_is_room_again() {
    let runs = runs();
    let Some(disk) = Small::mount(runs.path(), "40m") else { return };
    let mut rig = Rig::new(&runs);
    let mut seen = Said::default();
    rig.note("before");
    until_report(&mut rig, &mut seen, |report| matches!(report, Report::Durable { .. }));
    disk.fill();
    for _ in 0..3 {
        rig.output(chunk("build", &vec![b'x'; MIB]));
    }
    until_report(&mut rig, &mut seen, |report| matches!(report, Report::Failed { records: true, .. }));
    rig.output(chunk("build", &vec![b'y'; MIB]));
    assert!(!end_output(&rig, "build"), "nothing is lost yet");
    exit(&rig, "build");
    rig.note("after");
    disk.make_room();
    until_report(&mut rig, &mut seen, |report| matches!(report, Report::Mended));
    let rest = rig.finish(Closing::Ended);
    seen.records.extend(rest.records);
    assert_eq!((printed(&seen.records, "build"), lost(&seen.records)), (4 * MIB as u64, 0));
    assert_eq!(seen.notes(), ["before", "after"]);
    assert_eq!(read_all(&rig.dir).unwrap(), seen.records);
    let place = |is_it: &dyn Fn(&Event) -> bool| seen.records.iter().rposition(|record| is_it(&record.event)).unwrap();
    let (last, exited) = (
        place(&|event| matches!(event, Event::Output { .. })),
        place(&|event| matches!(event, Event::StepExited { .. })),
    );
    assert!(last < exited, "the exit comes after the last of the output");
    let file = std::fs::read(rig.dir.output_path(&StepId::from("build"), 1)).unwrap();
    assert_eq!(file, [vec![b'x'; 3 * MIB], vec![b'y'; MIB]].concat());
}

#[test]
fn only_what_is_over_eight_mebibytes_is_dropped_and_it_is_counted_and_told() {
    for (mebibytes, some) in [(8, false), (9, true)] {
        let runs = runs();
        let person = Person::new();
        let mut rig = failing(&person, &runs, BEGUN + 4, Errno::NOSPC);
        let mut seen = Said::default();
        rig.output(chunk("build", b"first\n"));
        rig.note("one");
        until_report(&mut rig, &mut seen, |report| matches!(report, Report::Failed { .. }));
        for _ in 0..mebibytes {
            rig.output(chunk("build", &vec![b'x'; MIB]));
        }
        assert_eq!(end_output(&rig, "build"), some, "{mebibytes} MiB");
        exit(&rig, "build");
        let into = runs.path().join("else");
        let valid = frozen(&mut rig, &mut seen);
        assert_eq!(seen.not_kept, if some { MIB as u64 } else { 0 });
        let ready = prepare(&rig.dir, &valid, &into, &runs.path().join("heads")).unwrap();
        rig.tell(Order::Elsewhere(Elsewhere::new(ready)));
        until_report(&mut rig, &mut seen, |report| matches!(report, Report::Mended));
        let rest = rig.finish(Closing::Ended);
        seen.records.extend(rest.records);
        let all = (6 + mebibytes * MIB) as u64;
        assert_eq!((printed(&seen.records, "build"), lost(&seen.records)), (all - seen.not_kept, seen.not_kept));
    }
}

#[test]
fn the_journal_goes_on_in_another_folder_and_nothing_that_was_acknowledged_is_lost() {
    for errno in [Errno::NOSPC, Errno::IO] {
        for at in BEGUN..BEGUN + 24 {
            let (runs, person) = (runs(), Person::new());
            let (into, heads) = (runs.path().join("else"), runs.path().join("heads"));
            let mut rig = failing(&person, &runs, at, errno);
            let mut seen = Said::default();
            for step in ["one", "two", "three"] {
                rig.output(chunk(step, b"0123456789\n"));
                rig.note(step);
                rig.output(chunk(step, b"abc"));
                end_output(&rig, step);
                rig.tell(Order::MoveKey);
                exit(&rig, step);
            }
            until_report(&mut rig, &mut seen, |report| matches!(report, Report::Failed { .. }));
            let valid = frozen(&mut rig, &mut seen);
            let before = seen.records.clone();
            let ready = prepare(&rig.dir, &valid, &into, &heads).unwrap_or_else(|why| panic!("{at}: {}", why.chain()));
            rig.tell(Order::Elsewhere(Elsewhere::new(ready)));
            let moved = until_report(&mut rig, &mut seen, |report| matches!(report, Report::Moved { .. }));
            let Report::Moved { dir } = moved else { unreachable!() };
            rig.note("four");
            let rest = rig.finish(Closing::Ended);
            let closed = rest.closed.clone();
            seen.records.extend(rest.records);
            let said = format!("{errno:?} from call {at}");
            assert_eq!(seen.records[..before.len()], before, "{said}");
            assert_eq!(read_all(&dir).unwrap(), seen.records, "{said}");
            assert_eq!(seen.notes(), ["one", "two", "three", "four"], "{said}");
            assert_eq!((printed(&seen.records, "two"), lost(&seen.records)), (14, 0), "{said}");
            person.seal(&dir, &Said { closed, ..Said::default() });
            let verified = verify(&dir, &person.with());
            assert_eq!(verified.verdict, Verdict::Verified, "{said}: {:?}", verified.problems);
            let text = seen.records.iter().find_map(|record| match &record.event {
                Event::Continue { text, .. } if text.contains("\nleft: /") => Some(text.clone()),
                _ => None,
            });
            assert!(text.unwrap().contains(&format!("left: {}\n", rig.dir.path().display())), "{said}");
            assert_eq!(moved_to(&rig.dir, &heads).unwrap(), dir.path(), "{said}");
            assert!(follow(rig.dir.clone(), &heads).unwrap().is(&dir) && moved_to(&dir, &heads).is_none(), "{said}");
        }
    }
}

#[test]
fn a_folder_that_cannot_hold_the_run_is_refused_and_nothing_is_left_there() {
    use std::os::unix::fs::PermissionsExt;
    let (runs, person) = (runs(), Person::new());
    let heads = runs.path().join("heads");
    let mut rig = failing(&person, &runs, BEGUN + 10, Errno::IO);
    let mut seen = Said::default();
    rig.output(chunk("build", b"hello\n"));
    rig.note("one");
    rig.note("two");
    rig.note("three");
    until_report(&mut rig, &mut seen, |report| matches!(report, Report::Failed { .. }));
    let valid = frozen(&mut rig, &mut seen);
    let open = runs.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, PermissionsExt::from_mode(0o777)).unwrap();
    std::fs::write(runs.path().join("file"), "").unwrap();
    for (folder, words) in [
        (open.as_path(), "others may write into it"),
        (&runs.path().join("file"), "cannot make"),
        (Path::new("/proc/none"), "cannot make"),
        (runs.path(), "File exists"),
    ] {
        let why = prepare(&rig.dir, &valid, folder, &heads).unwrap_err().chain();
        assert!(why.contains(words), "{}: {why}", folder.display());
    }
    let into = runs.path().join("else");
    let part = rig.dir.path().join("events-0001.jsonl");
    let whole = std::fs::read(&part).unwrap();
    let mut changed = whole.clone();
    changed[200] ^= 1;
    std::fs::write(&part, &changed).unwrap();
    let why = prepare(&rig.dir, &valid, &into, &heads).unwrap_err();
    assert!(matches!(why, ElsewhereError::NotWhole { .. }), "{}", why.chain());
    std::fs::write(&part, &whole).unwrap();
    std::fs::write(rig.dir.output_path(&StepId::from("build"), 1), "hellO\n").unwrap();
    let why = prepare(&rig.dir, &valid, &into, &heads).unwrap_err();
    assert!(why.chain().contains("not those that were recorded"), "{}", why.chain());
    assert_eq!(std::fs::read_dir(&into).unwrap().count(), 0, "what was begun there is gone");
    assert!(moved_to(&rig.dir, &heads).is_none(), "the run is where it was");
    rig.tell(Order::Thaw);
    assert!(recover(&rig.dir, None).is_ok());
}

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
        let coming = Coming { watch: false, unattended: false, name: Some("maya".into()), signer: None };
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
        let held = wait_until(Duration::from_secs(40), Duration::from_millis(5), || {
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
    until(20, "the command to have printed all, unhindered", || aboard.path("printed").exists());
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
    until(20, "the command to have printed all, unhindered", || aboard.path("printed").exists());
    aboard.user.write("go", "");
    seat.until_event("output.lost", "flood");
    seat.until_event("step.judged", "flood");
    let unknown = |record: &Record| matches!(&record.event, Event::StepJudged { verdict, .. } if format!("{verdict:?}") == "Unknown");
    assert!(seat.records.iter().any(unknown), "{:?}", seat.records.last());
    assert!(moved_to(&old, Path::new("/none")).is_none(), "all of that is on the disk that was full");
    // By hand, as soon as something can be written.
    let how = Intent::Resolve { step: StepId("flood".into()), how: Resolution::Finished, reason: "looked".into() };
    seat.wish(how).unwrap();
    seat.wish(Intent::Hand { step: StepId("mark".into()), reason: "in a shell".into() }).unwrap();
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
