//! Every bit, every byte, every write of a small run: nothing that was acknowledged is lost, and nothing wrong verifies.
//!
//! Each torture says how many cases it tried, also where it passes.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic in a test is the report")]

mod journal_kit;

use journal_kit::{Person, Rig, again, copy, note, notes, now, runs, tried};
use rustix::process::{Signal, getpid, kill_process};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use tminus::journal::dir::RunDir;
use tminus::journal::keys::RunKey;
use tminus::journal::keys::allowed::AllowedSigners;
use tminus::journal::reader::{StartPoint, read_all, recover};
use tminus::journal::seal::{finish, prepare};
use tminus::journal::storage::{Disk, FileNo, Storage};
use tminus::journal::verify::{Verdict, VerifyWith, verify};
use tminus::journal::writer::{Closing, Order, Report};
use tminus::journal::{Lock, LockError};
use tminus::model::event::Event;
use tminus::model::ids::Seq;
use tminus::model::signed::Realm;
use tminus::model::time::Stamp;

/// The files that prove a run: all but the lock.
fn files(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let found = RunDir::open(path).unwrap().everything().unwrap();
    let proved = found.into_iter().map(|found| found.name).filter(|name| name != "lock");
    proved.map(|name| (path.join(&name), std::fs::read(path.join(name)).unwrap())).collect()
}

/// Tries the numbers below `count` on every core, a copy of the run for each core.
fn on_every_core(dir: &RunDir, count: usize, case: impl Fn(&Path, usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                let (_into, path) = copy(dir);
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        break;
                    }
                    case(&path, at);
                }
            });
        }
    });
}

/// The file and the place in it of the n-th byte of all.
fn place(files: &[(PathBuf, Vec<u8>)], mut at: usize) -> (usize, usize) {
    for (index, (_, bytes)) in files.iter().enumerate() {
        if at < bytes.len() {
            return (index, at);
        }
        at -= bytes.len();
    }
    unreachable!("there are that many bytes")
}

#[test]
fn every_single_bit_of_a_sealed_run_counts() {
    let (runs, person) = (runs(), Person::new());
    let dir = person.smallest(&runs);
    let all: usize = files(dir.path()).iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(verify(&dir, &person.with()).passes());
    // A byte a case: its eight bits one after the other.
    on_every_core(&dir, all, |path, at| {
        let (files, with) = (files(path), person.with());
        let (file, byte) = place(&files, at);
        let (name, bytes) = &files[file];
        let copied = RunDir::open(path).unwrap();
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[byte] ^= 1 << bit;
            std::fs::write(name, &changed).unwrap();
            let found = verify(&copied, &with);
            let seen = matches!(found.verdict, Verdict::Tampered | Verdict::UnknownFormat);
            assert!(seen, "{}, byte {byte}, bit {bit}: {:?}", name.display(), found.lines());
        }
        std::fs::write(name, bytes).unwrap();
    });
    tried(&format!("{} flips, every single bit of every file of a sealed run: each is found", all * 8));
}

#[test]
fn a_sealed_run_that_was_cut_at_any_byte_of_any_file_does_not_verify() {
    let (runs, person) = (runs(), Person::new());
    let dir = person.smallest(&runs);
    let all: usize = files(dir.path()).iter().map(|(_, bytes)| bytes.len()).sum();
    on_every_core(&dir, all, |path, at| {
        let files = files(path);
        let (file, cut) = place(&files, at);
        let (name, bytes) = &files[file];
        std::fs::write(name, &bytes[..cut]).unwrap();
        let found = verify(&RunDir::open(path).unwrap(), &person.with());
        assert_eq!(found.verdict, Verdict::Tampered, "{} cut at {cut}: {:?}", name.display(), found.lines());
        std::fs::write(name, bytes).unwrap();
    });
    tried(&format!("{all} cuts, at every byte of every file of a sealed run: none verifies"));
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// Other bytes in a file's place: a piece of it taken away, doubled, moved or overwritten, pieces of other files put in.
fn mangled(dice: &mut Dice, was: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = was.to_vec();
    for _ in 0..=dice.below(3) {
        let (from, length) = (dice.below(bytes.len()), dice.below(64) + 1);
        let to = (from + length).min(bytes.len());
        let piece: Vec<u8> = match dice.below(5) {
            0 => Vec::new(),
            1 => bytes[from..to].repeat(2),
            2 => other[dice.below(other.len())..].iter().take(length).copied().collect(),
            3 => (0..length).map(|_| dice.below(256) as u8).collect(),
            _ => b"\n{\"seq\":2,\"prev\":\"\xef\xbb\xbf\xe2\x80\xae\\u0000".iter().take(length).copied().collect(),
        };
        bytes.splice(from..to, piece);
    }
    bytes
}

/// What `fuzz/fuzz_targets/journal.rs` does with more time.
#[test]
fn any_bytes_in_a_files_place_end_in_words_and_never_verify() {
    const CASES: usize = 1200;
    let (runs, person) = (runs(), Person::new());
    let dir = person.smallest(&runs);
    on_every_core(&dir, CASES, |path, case| {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (case as u64 + 1));
        let files = files(path);
        let (name, was) = &files[dice.below(files.len())];
        let other = &files[dice.below(files.len())].1;
        let bytes = mangled(&mut dice, was, other);
        std::fs::write(name, &bytes).unwrap();
        let dir = RunDir::open(path).unwrap();
        let found = verify(&dir, &person.with());
        assert!(!found.passes() || bytes == *was, "case {case}, {}: {:?}", name.display(), found.lines());
        assert!(found.passes() || !found.lines().is_empty());
        let _ = recover(&dir, None);
        std::fs::write(name, was).unwrap();
    });
    tried(&format!("{CASES} files of other bytes in a sealed run: each ends in words, none verifies"));
}

/// When in a write the process dies.
#[derive(Clone, Copy, Debug)]
enum When {
    Before,
    /// With half of the bytes written.
    Within,
    After,
}

/// A disk in whose n-th call the process is killed.
struct Deadly {
    disk: Disk,
    left: u64,
    when: When,
}

impl Deadly {
    fn die() -> ! {
        kill_process(getpid(), Signal::KILL).unwrap();
        unreachable!("a killed process does nothing more")
    }

    fn call<T>(&mut self, call: impl FnOnce(&mut Disk) -> io::Result<T>) -> io::Result<T> {
        self.left = self.left.saturating_sub(1);
        let now = self.left == 0;
        if now && !matches!(self.when, When::After) {
            Self::die();
        }
        let done = call(&mut self.disk);
        if now {
            Self::die();
        }
        done
    }
}

impl Storage for Deadly {
    fn create(&mut self, name: &str) -> io::Result<FileNo> {
        self.call(|disk| disk.create(name))
    }

    fn append(&mut self, file: FileNo, bytes: &[u8]) -> io::Result<()> {
        if self.left == 1 && matches!(self.when, When::Within) {
            let _ = self.disk.append(file, &bytes[..bytes.len() / 2]);
        }
        self.call(|disk| disk.append(file, bytes))
    }

    fn sync(&mut self, file: FileNo) -> io::Result<()> {
        self.call(|disk| disk.sync(file))
    }

    fn close(&mut self, file: FileNo) {
        self.disk.close(file);
    }

    fn sync_names(&mut self, below: &str) -> io::Result<()> {
        self.call(|disk| disk.sync_names(below))
    }

    fn copy_start(&mut self, from: &str, bytes: u64, to: FileNo) -> io::Result<()> {
        self.call(|disk| disk.copy_start(from, bytes, to))
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.call(|disk| disk.rename(from, to))
    }

    fn reserve(&mut self, name: &str, bytes: u64) -> io::Result<()> {
        self.call(|disk| disk.reserve(name, bytes))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }
}

/// The child of the test below: writes a small run, says what was acknowledged, and is killed by its own disk.
#[test]
fn child_that_dies_in_a_write() {
    let Ok(runs) = std::env::var("TMINUS_TORTURE_RUNS") else { return };
    let number = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let when = [When::Before, When::Within, When::After][number("TMINUS_TORTURE_WHEN") as usize];
    let (dir, _) = RunDir::create(Path::new(&runs), "kill", now()).unwrap();
    let disk = Disk::new(dir.clone());
    let mut rig = Rig::on(dir, Box::new(Deadly { disk, left: number("TMINUS_TORTURE_AT"), when })).unwrap();
    rig.scenario();
    loop {
        match rig.report() {
            Report::Durable { head, .. } => println!("\nacked {}", head.seq),
            Report::Closed { .. } => break,
            Report::Failed { .. } | Report::Mended | Report::Frozen { .. } | Report::Moved { .. } => {}
            Report::NotKept { .. } => {}
        }
    }
}

#[test]
fn kill_9_at_every_write_of_a_run_loses_nothing_that_was_acknowledged() {
    let (next, killed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let case = next.fetch_add(1, Ordering::Relaxed);
                    if !dies_at(case / 3 + 1, case % 3) {
                        break;
                    }
                    killed.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let killed = killed.into_inner();
    assert!(killed > 90, "{killed}");
    tried(&format!(
        "{killed} kills (SIGKILL before, within and after every write, sync and name of a run): each was taken up again"
    ));
}

/// Whether a run came to its `at`-th write, was killed there, and was whole and taken up again.
fn dies_at(at: usize, when: usize) -> bool {
    let runs = runs();
    let said = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_dies_in_a_write", "--nocapture"])
        .env("TMINUS_TORTURE_RUNS", runs.path())
        .env("TMINUS_TORTURE_AT", at.to_string())
        .env("TMINUS_TORTURE_WHEN", when.to_string())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    if said.status.success() {
        return false;
    }
    let what = format!("killed at call {at}, {when}");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&said.status), Some(9), "{what}: {text}");
    let acked = text.lines().filter_map(|line| line.strip_prefix("acked ")?.parse().ok()).fold(0u64, u64::max);
    let Some(recovered) = RunDir::list(runs.path()).pop().and_then(|dir| recover(&dir, None).ok()) else {
        assert_eq!(acked, 0, "{what}: nothing can be read, and something was acknowledged");
        return true;
    };
    let dir = RunDir::list(runs.path()).pop().unwrap();
    assert_eq!(recovered.problem, None, "{what}");
    assert!(recovered.valid.seq >= Seq(acked), "{what}: acknowledged {acked}, there {}", recovered.valid.seq);
    let with = nobody();
    let found = verify(&dir, &with);
    assert_eq!(found.all, [Verdict::Unsigned, Verdict::Unsealed], "{what}: {:?}", found.lines());
    if recovered.ended {
        return true;
    }
    let mut rig = Rig::resumed(dir.clone(), &recovered).unwrap();
    rig.note("again");
    let closed = rig.finish(Closing::Ended).closed.unwrap();
    finish(&dir, &prepare(&dir, &closed).unwrap(), None).unwrap();
    assert_eq!(verify(&dir, &with).all, [Verdict::Unsigned], "{what}, and taken up again");
    let after = read_all(&dir).unwrap();
    assert_eq!(after[..recovered.records.len()], recovered.records, "{what}");
    true
}

/// Whoever knows no key.
fn nobody() -> VerifyWith {
    VerifyWith {
        allowed: AllowedSigners::default(),
        own: false,
        head: None,
        mirror: None,
        now: 0,
        ask_ssh_keygen: false,
    }
}

#[test]
fn of_many_conductors_that_take_a_run_up_at_once_one_does_and_the_journal_is_that_ones() {
    const ROUNDS: usize = 12;
    const EACH: usize = 6;
    let runs = runs();
    let mut rig = Rig::new(&runs);
    rig.finish(Closing::Left);
    let path = rig.dir.path().to_owned();
    drop(rig);
    for round in 0..ROUNDS {
        let (begin, tried, won) = (Barrier::new(EACH), Barrier::new(EACH), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..EACH {
                scope.spawn(|| {
                    let dir = RunDir::open(&path).unwrap();
                    begin.wait();
                    let lock = dir.lock();
                    // Nobody lets go before everybody has tried.
                    tried.wait();
                    match lock {
                        Ok(lock) => {
                            won.fetch_add(1, Ordering::Relaxed);
                            takes_up(lock, &dir, round);
                        }
                        Err(LockError::Held { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                });
            }
        });
        assert_eq!(won.into_inner(), 1, "round {round}");
    }
    let dir = RunDir::open(&path).unwrap();
    let expected: Vec<String> = (0..ROUNDS).map(|round| format!("round {round}")).collect();
    assert_eq!(notes(&read_all(&dir).unwrap()), expected);
    let found = verify(&dir, &nobody());
    assert_eq!(found.all, [Verdict::Unsigned, Verdict::Unsealed], "{:?}", found.lines());
    tried(&format!("{} conductors at once, {EACH} a round: one of each round took the run up", ROUNDS * EACH));
}

fn takes_up(lock: Lock, dir: &RunDir, round: usize) {
    let recovered = recover(dir, None).unwrap();
    let disk = (Box::new(Disk::new(dir.clone())) as Box<dyn Storage>, Box::new(now) as _);
    let mut rig = Rig::holding(lock, dir.clone(), disk, again(&recovered)).unwrap();
    rig.note(&format!("round {round}"));
    rig.finish(Closing::Left);
}

#[test]
fn a_clock_that_jumps_leaves_a_journal_that_holds_and_shows_each_jump() {
    const YEAR: i64 = 365 * 86_400 * 1_000_000;
    static WALL: AtomicI64 = AtomicI64::new(0);
    let at = || Stamp { wall: now().wall + WALL.load(Ordering::SeqCst), mono: now().mono };
    let (runs, person) = (runs(), Person::new());
    let (dir, _) = RunDir::create(runs.path(), "site", now()).unwrap();
    let key = RunKey::generate();
    let runbook = dir.attach("site.yaml", b"steps: []\n").unwrap();
    let text = person.opening(&key, &runbook).genesis(Realm::Live, dir.id()).encode();
    let first = (person.genesis(Realm::Live, text), StartPoint::first(Realm::Live, dir.id()), key);
    let lock = dir.lock().unwrap();
    let disk = Box::new(Disk::new(dir.clone())) as Box<dyn Storage>;
    let mut rig = Rig::holding(lock, dir.clone(), (disk, Box::new(at)), first).unwrap();
    // Forwards and backwards, over 1970, and to where times still fit a record.
    let jumps = [1, -1, YEAR, -YEAR, 40 * YEAR, -120 * YEAR, 200 * YEAR, -130 * YEAR, 3_600_000_000, -3_600_000_000];
    for (number, jump) in jumps.into_iter().enumerate() {
        WALL.fetch_add(jump, Ordering::SeqCst);
        let events = vec![(at(), Event::ClockJumped { micros: jump }), (at(), note(&format!("jump {number}")))];
        rig.tell(Order::Batch { events, barrier: true });
        rig.tell(Order::MoveKey);
    }
    rig.tell(Order::Close { at: at(), how: Closing::Ended });
    let said = rig.until_closed();
    assert!(said.failed.is_empty(), "{:?}", said.failed);
    person.seal(&dir, &said);
    let read = read_all(&dir).unwrap();
    assert_eq!(read, said.records);
    let recorded: Vec<i64> = read
        .iter()
        .filter_map(|record| match record.event {
            Event::ClockJumped { micros } => Some(micros),
            _ => None,
        })
        .collect();
    assert_eq!(recorded, jumps);
    assert!(read.windows(2).any(|two| two[0].at.wall > two[1].at.wall), "time went back");
    // The key is judged by the recorder's time, which went back behind 1970: a list without times knows it.
    let list = format!("maya {}\n", person.signer.public_openssh());
    let found = verify(&dir, &VerifyWith { allowed: AllowedSigners::parse(list.as_bytes()), ..person.with() });
    assert!(found.passes(), "{:?}", found.lines());
    tried(&format!("{} jumps of the clock, up to 200 years to and fro: recorded, and the journal holds", jumps.len()));
}
