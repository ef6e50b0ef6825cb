//! The writer on disks that fail and fill: output is held, a full disk is tried again, the journal goes on in another folder.
//!
//! Nothing acknowledged is lost and nothing else is said to be done, wherever the disk begins to fail.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic in a test is the report")]

mod journal_kit;
mod support;

use journal_kit::{Person, Rig, Said, chunk, exited, now, runs};
use rustix::io::Errno;
use std::path::Path;
use support::small_disk::Small;
use tminus::journal::RunDir;
use tminus::journal::elsewhere::{ElsewhereError, follow, moved_to, prepare};
use tminus::journal::keys::RunKey;
use tminus::journal::reader::{StartPoint, Valid, read_all, recover};
use tminus::journal::storage::{Disk, Fault, Faulty};
use tminus::journal::verify::{Verdict, verify};
use tminus::journal::writer::{Closing, Elsewhere, Order, Report};
use tminus::model::event::Event;
use tminus::model::ids::StepId;
use tminus::model::record::Record;
use tminus::model::signed::Realm;

const MIB: usize = 1 << 20;

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
