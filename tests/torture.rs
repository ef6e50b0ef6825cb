//! The journal against broken disks, cuts, kills and hostile directories.
//!
//! What was reported durable is found again, whatever happens; nothing that was not is said to be; and nothing here ends in
//! a panic.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic in a test is the report")]

mod journal_kit;

use journal_kit::{PRINTED, Rig, Said, chunk, copy, note, notes, now, runs, tried};
use rustix::io::Errno;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tminus::journal::dir::RunDir;
use tminus::journal::reader::{Tail, read_all, recover};
use tminus::journal::storage::{Disk, Fault, Faulty};
use tminus::journal::verify::{VerifyWith, verify};
use tminus::journal::writer::{Closing, Order};
use tminus::model::event::Event;
use tminus::model::ids::{Seq, StepId};
use tminus::model::record::Record;

/// A small run with everything in it.
fn scenario(rig: &mut Rig) -> Said {
    rig.scenario();
    rig.until_closed()
}

fn faulty(runs: &tempfile::TempDir, fault: Fault) -> (RunDir, Result<Rig, String>, Arc<AtomicU64>) {
    let (dir, _) = RunDir::create(runs.path(), "site", now()).unwrap();
    let (storage, calls) = Faulty::new(Disk::new(dir.clone()), fault);
    let rig = Rig::on(dir.clone(), Box::new(storage)).map_err(|error| error.chain());
    (dir, rig, calls)
}

fn extents(records: &[Record]) -> u64 {
    let length = |record: &Record| match &record.event {
        Event::Output { extent, .. } => extent.len,
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

#[test]
fn a_sync_that_fails_is_never_shown_as_done() {
    let runs = runs();
    let none = Fault { at: u64::MAX, count: 0, errno: Errno::IO };
    let (_, rig, calls) = faulty(&runs, none);
    let whole = scenario(&mut rig.unwrap());
    let calls = calls.load(Ordering::SeqCst);
    assert!(calls > 30, "{calls}");
    assert_eq!(whole.notes(), ["one", "two", "three", "four"]);
    let (mut cases, mut began, mut survived, mut reserved, mut dead) = (0, 0, 0, 0, 0);
    for errno in [Errno::IO, Errno::NOSPC] {
        for count in [1, 2, 3, 5, 8, u64::MAX] {
            for at in 0..calls {
                cases += 1;
                let said = format!("{errno:?} {count} times from call {at}");
                let (dir, rig, _) = faulty(&runs, Fault { at, count, errno });
                let Ok(mut rig) = rig else {
                    // It never began; what lies there is no run or a legal one, and nothing was reported.
                    let _ = recover(&dir, None);
                    continue;
                };
                began += 1;
                let seen = scenario(&mut rig);
                check(&dir, &seen, &said);
                match (seen.failed.is_empty(), seen.closed.is_some()) {
                    (true, _) => {
                        survived += 1;
                        assert_eq!(seen.notes(), whole.notes(), "{said}");
                        assert!(seen.closed.is_some() && seen.not_kept == 0, "{said}");
                        assert_eq!(extents(&seen.records), 3 * PRINTED.len() as u64, "{said}");
                    }
                    (false, true) => {
                        reserved += 1;
                        assert_eq!(seen.notes(), whole.notes(), "{said}: records fit the reserve");
                        assert_eq!(lost(&seen.records), seen.not_kept, "{said}");
                        let all = extents(&seen.records) + lost(&seen.records);
                        assert_eq!(all, 3 * PRINTED.len() as u64, "{said}");
                    }
                    (false, false) => dead += 1,
                }
            }
        }
    }
    tried(&format!(
        "{cases} faults (EIO, ENOSPC; at each of {calls} writes, syncs and names; for once up to for good): {began} began, \
         {survived} went on in another part, {reserved} in the reserve, {dead} not at all; nothing acknowledged was lost"
    ));
    assert!(survived > 20 && reserved > 20 && dead > 20);
}

/// What was said to be durable is there, in order, without a gap, and nothing is there that was refused.
fn check(dir: &RunDir, seen: &Said, said: &str) {
    let recovered = recover(dir, None).unwrap_or_else(|error| panic!("{said}: {}", error.chain()));
    assert_eq!(recovered.problem, None, "{said}");
    let with =
        VerifyWith { allowed: Default::default(), own: false, head: None, mirror: None, now: 0, ask_ssh_keygen: false };
    let verified = verify(dir, &with);
    assert!(verified.problems.is_empty() && !verified.passes(), "{said}: {:?}", verified.lines());
    let seqs: Vec<u64> = seen.records.iter().map(|record| record.seq.0).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "{said}");
    assert_eq!(recovered.records[..seen.records.len()], seen.records, "{said}");
    let last = seen.records.last().unwrap().seq;
    assert_eq!(Tail::open(dir).unwrap().read_to(last).unwrap(), seen.records, "{said}");
    for step in ["build", "check"] {
        let file = std::fs::read(dir.output_path(&StepId::from(step), 1)).unwrap_or_default();
        let twice = [PRINTED, PRINTED].concat();
        for record in &seen.records {
            if let Event::Output { step: of, extent, .. } = &record.event
                && of.as_str() == step
            {
                let (from, to) = (extent.off as usize, (extent.off + extent.len) as usize);
                assert_eq!(file[from..to], twice[from..to], "{said}");
            }
        }
    }
}

#[test]
fn a_full_disk_is_said_in_the_journal_and_what_is_lost_is_counted() {
    let runs = runs();
    let mount = |args: &[&str]| Command::new("mount").args(args).stderr(Stdio::null()).status();
    let at = runs.path().to_str().unwrap();
    if !mount(&["-t", "tmpfs", "-o", "size=12m,mode=700", "none", at]).is_ok_and(|done| done.success()) {
        println!("no file system can be mounted here; the same is tested with a faulty storage");
        return;
    }
    struct Unmount<'a>(&'a str);
    impl Drop for Unmount<'_> {
        fn drop(&mut self) {
            let _ = Command::new("umount").args(["-l", self.0]).status();
        }
    }
    let _unmount = Unmount(at);
    let mut rig = Rig::new(&runs);
    rig.note("before");
    let block = vec![b'x'; 256 << 10];
    for _ in 0..32 {
        rig.output(chunk("flood", &block));
    }
    rig.end_output("flood");
    rig.note("after");
    let seen = rig.finish(Closing::Ended);
    assert_eq!(seen.failed.len(), 1, "{:?}", seen.failed);
    assert!(seen.failed[0] == "disk full", "{:?}", seen.failed);
    assert_eq!(seen.notes(), ["before", "after"]);
    assert!(seen.not_kept > 0 && lost(&seen.records) == seen.not_kept);
    assert_eq!(extents(&seen.records) + seen.not_kept, 32 * block.len() as u64);
    assert!(seen.records.iter().any(|record| matches!(record.event, Event::JournalFailed { .. })));
    assert_eq!(read_all(&rig.dir).unwrap(), seen.records);
    let (dir, _) = RunDir::create(runs.path(), "next", now()).unwrap();
    let refused = Rig::on(dir.clone(), Box::new(Disk::new(dir))).err().unwrap().chain();
    assert!(refused.contains("8 MiB of room"), "a run without its reserve does not begin: {refused}");
}

#[test]
fn cut_at_every_byte_a_journal_opens_and_says_what_was_torn() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    rig.note("one");
    rig.output(chunk("build", PRINTED));
    rig.note("two");
    rig.finish(Closing::Left);
    let dir = rig.dir.clone();
    drop(rig);
    let recovered = recover(&dir, None).unwrap();
    let mut rig = Rig::resumed(dir.clone(), &recovered).unwrap();
    rig.note("three");
    rig.finish(Closing::Left);
    let whole = read_all(&dir).unwrap();
    let (_into, path) = copy(&dir);
    let copied = RunDir::open(&path).unwrap();
    let mut cuts = 0;
    for part in ["events-0002.jsonl", "events-0001.jsonl"] {
        let file = path.join(part);
        let bytes = std::fs::read(&file).unwrap();
        let mut before = 0;
        for cut in 0..bytes.len() {
            cuts += 1;
            std::fs::write(&file, &bytes[..cut]).unwrap();
            let at = format!("{part} cut at {cut}");
            match recover(&copied, None) {
                Ok(recovered) => {
                    assert_eq!(recovered.problem, None, "{at}");
                    assert_eq!(recovered.records[..], whole[..recovered.records.len()], "{at}");
                    let left = recovered.valid.bytes + recovered.tail_bytes;
                    let dead: u64 = recovered.dead.iter().filter_map(|dead| Some(dead.rest?.0)).sum();
                    assert!(left == cut as u64 || dead == cut as u64, "{at}: {left} {dead}");
                    assert_eq!(recovered.torn, recovered.tail_bytes > 0 || !recovered.dead.is_empty());
                    assert!(recovered.records.len() >= before, "{at}: a longer journal has less");
                    before = recovered.records.len();
                }
                Err(_) => assert!(part.contains("0001") && before == 0, "{at} does not open"),
            }
        }
        std::fs::remove_file(file).unwrap();
    }
    assert!(RunDir::open(&path).is_err());
    tried(&format!(
        "{cuts} cuts of an unsealed journal of two parts, at every byte: each opens with what its checkpoints cover"
    ));
}

#[test]
fn a_journal_that_was_cut_anywhere_can_be_taken_up_again() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    rig.note("one");
    rig.note("two");
    rig.finish(Closing::Left);
    let bytes = std::fs::read(rig.dir.path().join("events-0001.jsonl")).unwrap();
    for cut in (0..bytes.len()).step_by(97).chain([bytes.len()]) {
        let (_into, path) = copy(&rig.dir);
        let part = path.join("events-0001.jsonl");
        std::fs::write(&part, &bytes[..cut]).unwrap();
        let dir = RunDir::open(&path).unwrap();
        let Ok(recovered) = recover(&dir, None) else {
            continue;
        };
        let mut again = Rig::resumed(dir.clone(), &recovered).unwrap();
        again.note("three");
        // As if it had been killed in the middle of its next write, twice over.
        let said = again.finish(Closing::Left);
        let all = read_all(&dir).unwrap();
        assert_eq!(all, [recovered.records, said.records].concat(), "cut at {cut}");
        assert_eq!(std::fs::read(&part).unwrap(), &bytes[..cut], "the torn part is left as it was");
        let mut changed = bytes[..cut].to_vec();
        changed.push(b'\n');
        std::fs::write(&part, changed).unwrap();
        assert!(read_all(&dir).is_err(), "bytes that came behind a part after its resume are tampering");
    }
}

#[test]
fn damage_before_the_last_good_checkpoint_is_not_taken_for_a_torn_write() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    for number in 0..6 {
        rig.note(&format!("note {number}"));
    }
    let said = rig.finish(Closing::Left);
    let heads: Vec<u64> = said.heads.iter().map(|head| head.bytes).collect();
    // All but the last two batches: there the damage may be a torn write, and a kept head tells.
    let until = heads[heads.len() - 3] as usize;
    let part = rig.dir.path().join("events-0001.jsonl");
    let bytes = std::fs::read(&part).unwrap();
    for at in (0..until).step_by(37) {
        for bit in [1, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            std::fs::write(&part, &changed).unwrap();
            match recover(&rig.dir, None) {
                Ok(recovered) => assert!(recovered.problem.is_some(), "byte {at} of {until}"),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

/// The child of the test below: writes until it is killed, and says each record that was acknowledged.
#[test]
fn child_that_is_killed() {
    let Ok(runs) = std::env::var("TMINUS_TORTURE_RUNS") else {
        return;
    };
    let (dir, _) = RunDir::create(std::path::Path::new(&runs), "kill", now()).unwrap();
    let storage = Box::new(Disk::new(dir.clone()));
    let mut rig = Rig::on(dir, storage).unwrap();
    let mut number = 0;
    loop {
        rig.output(chunk("flood", &vec![b'y'; 40_000]));
        rig.tell(Order::Batch { events: vec![(now(), note(&format!("n{number}")))], barrier: true });
        number += 1;
        if number % 3 == 0 {
            rig.tell(Order::MoveKey);
        }
        if let tminus::journal::writer::Report::Durable { head, .. } = rig.report() {
            println!("acked {}", head.seq);
        }
    }
}

#[test]
fn kill_9_of_a_writer_loses_nothing_that_was_acknowledged() {
    for round in 0..12usize {
        let runs = runs();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_is_killed", "--nocapture"])
            .env("TMINUS_TORTURE_RUNS", runs.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acked = 0u64;
        let mut left = 1 + round * round;
        for line in lines.by_ref() {
            // The test harness prints words of its own before the first.
            if let Some((_, seq)) = line.unwrap().split_once("acked ") {
                acked = seq.parse().unwrap();
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let later = lines.filter_map(|line| line.ok()?.split_once("acked ")?.1.parse().ok());
        acked = later.fold(acked, u64::max);
        let dir = RunDir::list(runs.path()).pop().unwrap();
        let recovered = recover(&dir, None).unwrap();
        assert_eq!(recovered.problem, None);
        let there = recovered.records.last().unwrap().seq;
        assert!(there >= Seq(acked), "round {round}: acknowledged {acked}, there {there}");
        let file = std::fs::metadata(dir.output_path(&StepId::from("flood"), 1));
        let file = file.map_or(0, |file| file.len());
        assert!(file >= extents(&recovered.records));
        let mut rig = Rig::resumed(dir.clone(), &recovered).unwrap();
        rig.note("again");
        rig.finish(Closing::Ended);
        assert!(notes(&read_all(&dir).unwrap()).contains(&"again".to_owned()));
    }
}

#[test]
fn hostile_directories_end_in_words() {
    let runs = runs();
    let mut rig = Rig::new(&runs);
    rig.note("one");
    rig.finish(Closing::Left);
    type Change = fn(&std::path::Path);
    let changes: [(&str, Change); 8] = [
        ("a part that is a link", |path| {
            let part = path.join("events-0001.jsonl");
            std::fs::rename(&part, path.join("elsewhere")).unwrap();
            std::os::unix::fs::symlink(path.join("elsewhere"), part).unwrap();
        }),
        ("a part that is a pipe", |path| {
            let part = path.join("events-0001.jsonl");
            std::fs::remove_file(&part).unwrap();
            rustix::fs::mkfifoat(rustix::fs::CWD, &part, rustix::fs::Mode::RWXU).unwrap();
        }),
        ("a part that is a directory", |path| {
            let part = path.join("events-0001.jsonl");
            std::fs::remove_file(&part).unwrap();
            std::fs::create_dir(part).unwrap();
        }),
        ("a line of 70 KB", |path| {
            std::fs::write(path.join("events-0001.jsonl"), vec![b'x'; 70_000]).unwrap();
        }),
        ("no bytes at all", |path| std::fs::write(path.join("events-0001.jsonl"), "").unwrap()),
        ("zeros", |path| std::fs::write(path.join("events-0001.jsonl"), [0; 9000]).unwrap()),
        ("a missing first part", |path| {
            let part = path.join("events-0001.jsonl");
            std::fs::rename(part, path.join("events-0002.jsonl")).unwrap();
        }),
        ("two parts that are the first", |path| {
            let part = path.join("events-0001.jsonl");
            std::fs::copy(part, path.join("events-0002.jsonl")).unwrap();
        }),
    ];
    for (what, change) in changes {
        let (_into, path) = copy(&rig.dir);
        change(&path);
        let words = match RunDir::open(&path).and_then(|dir| recover(&dir, None)) {
            Ok(recovered) => recovered.problem.map(|broken| broken.to_string()).unwrap_or_default(),
            Err(error) => error.chain(),
        };
        assert!(!words.is_empty(), "{what} passes");
        println!("{what}: {words}");
    }
}
