//! Who may do what to a run: two screens, the wheel, a step that wants to steer, strangers at the socket, a second conductor,
//! folders that cannot be written, keys.
//!
//! Real conductors; the clients are this test itself over the run's socket, or the real binary.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic here is the report of a test")]

mod support;

use rustix::process::{Signal, kill_process};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;
use support::aboard::Aboard;
use support::screen::Screen;
use support::{Reaped, events, records, said, until};
use tminus::engine::clock::wait_until;
use tminus::feed::live::{Coming, Live, connect};
use tminus::feed::{News, Port, Role};
use tminus::journal::RunDir;
use tminus::model::ids::{Seq, StepId};
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
      - { id: hello, title: Say hello, run: \"echo hello\", effect: reads }
      - { id: mark, title: Mark, run: \"echo x >> mark\", undo: \"rm mark\" }
rollbacks:
  - { id: level-1, title: Back, budget: 1m, loses: nothing, undo: all }
";
const ANSWERS: &str = "operator: ci\nstart: yes\nsteps:\n  hello: run\n  mark: run\n";

/// A seat at a run: what it was told so far.
struct Seat {
    port: Live,
    news: Receiver<News>,
    records: Vec<Record>,
    words: Vec<String>,
}

impl Seat {
    fn take(dir: &RunDir, watch: bool, name: &str) -> Self {
        let coming = Coming { watch, unattended: false, name: Some(name.into()), signer: None, ..Coming::default() };
        let (port, news) = connect(dir.clone(), coming).expect("the conductor is there");
        let mut seat = Self { port, news, records: Vec::new(), words: Vec::new() };
        seat.until(&format!("{name} to be welcomed"), |seat| seat.words.iter().any(|word| word.starts_with("driver ")));
        seat
    }

    fn hear(&mut self) {
        while let Ok(news) = self.news.try_recv() {
            match news {
                News::Records(records) => self.records.extend(records),
                News::Taken(id) => self.words.push(format!("taken {id}")),
                News::Refused(id, why) => self.words.push(format!("refused {id} {why}")),
                News::Driver { name, you } => self.words.push(format!("driver {name} {you}")),
                News::Trouble(words) => self.words.push(format!("trouble {words}")),
                News::Over { why, .. } => self.words.push(format!("over {}", why.unwrap_or_default())),
                News::Lost(why) => self.words.push(format!("lost {why}")),
            }
        }
    }

    fn until(&mut self, waited_for: &str, mut holds: impl FnMut(&Self) -> bool) {
        let held = wait_until(Duration::from_secs(40), Duration::from_millis(5), || {
            self.hear();
            holds(self)
        });
        assert!(held, "waited for {waited_for}; heard {:?}", self.words);
    }

    /// Wishes; the refusal's words where it is refused.
    fn wish(&mut self, intent: Intent) -> Result<(), String> {
        let seen = self.records.last().map_or(Seq(0), |record| record.seq);
        let id = self.port.wish(intent, seen)?;
        let (taken, refused) = (format!("taken {id}"), format!("refused {id} "));
        let mut answer = None;
        self.until("an answer to a wish", |seat| {
            let found = seat.words.iter().find(|word| **word == taken || word.starts_with(&refused)).cloned();
            answer = found;
            answer.is_some()
        });
        answer.and_then(|answer| answer.strip_prefix(&refused).map(str::to_owned)).map_or(Ok(()), Err)
    }

    fn has(&mut self, event: &str, step: &str) -> bool {
        self.hear();
        self.records.iter().any(|record| {
            let shown = serde_json::to_value(&record.event).expect("an event is JSON");
            shown["ev"] == event && (step.is_empty() || shown["step"] == step)
        })
    }

    fn until_event(&mut self, event: &str, step: &str) {
        let held = wait_until(Duration::from_secs(40), Duration::from_millis(5), || self.has(event, step));
        assert!(held, "waited for {event} {step}; heard {:?} and {:?}", self.words, self.records.last());
    }
}

fn run(step: &str) -> Intent {
    Intent::Run { step: StepId(step.into()), typed: Typed::default() }
}

fn note(text: &str) -> Intent {
    Intent::Note { text: text.into(), step: None }
}

/// A run that waits for its start, with nobody attached.
fn detached(book: &str) -> (Aboard, RunDir) {
    let aboard = Aboard::with(&[("book.yaml", book), ("answers.yaml", ANSWERS)]);
    let begun = aboard.user.run(&["run", "book.yaml", "--detach", "--no-key"]);
    assert_eq!(begun.status.code(), Some(4), "{}", said(&begun));
    let dir = aboard.runs().pop().expect("a run");
    (aboard, dir)
}

fn started(dir: &RunDir) -> Seat {
    let mut seat = Seat::take(dir, false, "maya");
    seat.until("the wheel", |seat| seat.port.role() == Role::Drives);
    seat.wish(Intent::Start { typed: "local".into() }).unwrap();
    seat.until_event("vars", "");
    seat
}

#[test]
fn one_drives_and_the_other_is_refused_in_words_but_may_hold() {
    let (_aboard, dir) = detached(BOOK);
    let mut maya = started(&dir);
    let mut bob = Seat::take(&dir, false, "bob");
    assert_eq!(bob.port.role(), Role::Beside);
    let why = bob.wish(run("hello")).unwrap_err();
    assert_eq!(why, "maya (typed) is driving. You are watching. :drive asks for the wheel");
    let mut eve = Seat::take(&dir, true, "eve");
    assert!(eve.wish(Intent::Hold { reason: "no".into() }).unwrap_err().contains("watches"));
    bob.wish(Intent::Hold { reason: "something smells".into() }).unwrap();
    maya.until_event("held", "");
    maya.wish(Intent::GoOn).unwrap();
    maya.wish(run("hello")).unwrap();
    for seat in [&mut maya, &mut bob, &mut eve] {
        seat.until_event("step.judged", "hello");
    }
    assert_eq!(
        maya.records[..bob.records.len().min(maya.records.len())],
        bob.records[..bob.records.len().min(maya.records.len())]
    );
}

#[test]
fn the_wheel_stays_with_a_driver_that_acts_and_goes_at_once_where_nobody_drives() {
    let (_aboard, dir) = detached(BOOK);
    let mut maya = started(&dir);
    let mut bob = Seat::take(&dir, false, "bob");
    bob.wish(Intent::Drive).unwrap();
    maya.until("the question", |seat| seat.words.iter().any(|word| word.contains("bob") && word.contains("wheel")));
    maya.wish(note("I keep it")).unwrap();
    assert_eq!(bob.port.role(), Role::Beside);
    drop(maya);
    bob.until("word that nobody drives", |seat| seat.words.iter().any(|word| word.starts_with("driver nobody")));
    bob.wish(Intent::Drive).unwrap();
    bob.until("the wheel", |seat| seat.port.role() == Role::Drives);
    bob.until_event("wheel.taken", "");
    bob.wish(run("hello")).unwrap();
    bob.until_event("step.judged", "hello");
}

#[test]
fn the_wheel_goes_over_after_twenty_seconds_without_an_answer() {
    let (_aboard, dir) = detached(BOOK);
    let mut maya = started(&dir);
    let mut bob = Seat::take(&dir, false, "bob");
    bob.wish(Intent::Drive).unwrap();
    assert_eq!(bob.port.role(), Role::Beside);
    bob.until("the wheel", |seat| seat.port.role() == Role::Drives);
    maya.until("the loss of the wheel", |seat| seat.port.role() == Role::Beside);
    assert!(maya.wish(run("hello")).unwrap_err().contains("bob (typed) is driving"));
    assert!(bob.has("wheel.taken", ""));
}

#[test]
fn a_step_that_connects_to_its_own_run_is_refused_and_recorded() {
    let tminus = env!("CARGO_BIN_EXE_tminus");
    // Once plainly, once without the marker and out of the session: it still descends from the conductor.
    let plain = format!(
        "sleep 1 | TMINUS_RUNS=$(dirname $RUN_DIR) {tminus} attach $RUN_ID --linear --no-key || echo plain refused"
    );
    let hidden = format!(
        "sleep 1 | env -i HOME=$HOME PATH=$PATH TMINUS_RUNS=$(dirname $RUN_DIR) setsid -w {tminus} attach $RUN_ID --linear --no-key || echo hidden refused"
    );
    let book = BOOK.replace("echo hello", &format!("{plain}; {hidden}").replace('"', "\\\""));
    let (_aboard, dir) = detached(&book);
    let mut maya = started(&dir);
    maya.wish(run("hello")).unwrap();
    maya.until_event("step.judged", "hello");
    let all = records(dir.path());
    let refused = events(&all, "intent.refused");
    let output = std::fs::read_to_string(dir.output_path(&StepId("hello".into()), 1)).unwrap();
    assert_eq!(refused.len(), 2, "{refused:?}\n{output}");
    for record in refused {
        assert!(record["exe"].as_str().unwrap().ends_with("tminus"), "{record}");
    }
    let output = std::fs::read_to_string(dir.output_path(&StepId("hello".into()), 1)).unwrap();
    assert!(output.contains("plain refused") && output.contains("hidden refused"), "{output}");
    assert_eq!(output.matches("a program that the run itself started may not").count(), 2, "in words: {output}");
    assert_eq!(
        events(&all, "client.joined").len(),
        2,
        "the screen that detached and maya: no step ever joins: {all:?}"
    );
    maya.wish(note("still mine")).unwrap();
}

#[test]
fn garbage_giant_frames_and_a_crowd_do_not_disturb_a_run() {
    let (aboard, dir) = detached(BOOK);
    let mut maya = started(&dir);
    let socket = dir.socket_path();
    let frame = |text: &str| [&u32::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat();
    let hello =
        r#"{"say":"hello","program":"0","wire":1,"watch":false,"unattended":false,"name":null,"tty":"-","key":null}"#;
    let wish = r#"{"say":"wish","id":1,"seen":0,"intent":{"wish":"abort","reason":"no"}}"#;
    let bad: Vec<Vec<u8>> = vec![
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0xff; 100_000],
        [0xff, 0xff, 0xff, 0xff, b'{'].to_vec(),
        vec![0, 0, 0, 0],
        vec![0, 0],
        [&1000_u32.to_be_bytes()[..], b"{\"say\":\"hello\""].concat(),
        frame("{\"say\":\"nonsense\"}"),
        frame("[[[[[[[[[["),
        frame("\u{0}"),
        // A wish before any hello, and one of another wire version.
        frame(wish),
        [frame(&hello.replace("\"wire\":1", "\"wire\":999")), frame(wish)].concat(),
        [frame(hello), frame(hello), frame(hello), frame(wish)].concat(),
    ];
    let mut held = Vec::new();
    for bytes in &bad {
        let mut stream = UnixStream::connect(&socket).expect("the conductor listens");
        // It may hang up in the middle of what it is sent.
        let _ = stream.write_all(bytes);
        held.push(stream);
    }
    // A crowd that says nothing, and one that never reads what it is told.
    for _ in 0..60 {
        held.extend(UnixStream::connect(&socket));
    }
    maya.wish(run("hello")).unwrap();
    maya.until_event("step.judged", "hello");
    drop(held);
    let memory = std::fs::read_to_string(format!("/proc/{}/status", aboard.conductor().as_raw_nonzero())).unwrap();
    let peak = memory
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse::<u64>()
        .unwrap();
    assert!(peak < 128 * 1024, "a header of 4 GiB is not believed: {peak} kB");
    let mut bob = Seat::take(&dir, false, "bob");
    assert!(!bob.has("aborted", ""));
    maya.wish(run("mark")).unwrap();
    bob.until_event("step.judged", "mark");
}

#[test]
fn a_second_conductor_of_the_same_run_is_refused() {
    let (aboard, dir) = detached(BOOK);
    let refused = aboard.user.run(&["resume", "1", "--linear", "--no-key"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    let pid = aboard.conductor().as_raw_nonzero();
    assert!(said(&refused).contains(&format!("conducted already, by process {pid}")), "{}", said(&refused));
    aboard.kill_conductor();
    // Four at once: the lock lets one in.
    let resume = |_| {
        let mut resume = aboard.user.tminus(&["resume", "1", "--linear", "--no-key"]);
        Reaped(resume.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    };
    let mut four: Vec<Reaped> = (0..4).map(resume).collect();
    until(60, "three of four to be refused", || {
        four.iter_mut().filter_map(|one| one.0.try_wait().unwrap()).filter(|left| left.code() == Some(2)).count() == 3
    });
    until(60, "the one to have begun", || !events(&records(dir.path()), "resume").is_empty());
    assert_eq!(events(&records(dir.path()), "resume").len(), 1);
}

#[test]
fn a_runs_folder_that_cannot_be_written_is_said_in_words_and_leaves_nothing() {
    let aboard = Aboard::with(&[("book.yaml", BOOK), ("answers.yaml", ANSWERS), ("a-file", "")]);
    for runs in ["a-file", "a-file/runs", "/proc/runs", "/dev/null"] {
        let output = aboard.user.run(&["run", "book.yaml", "--answers", "answers.yaml", "--no-key", "--runs", runs]);
        assert!(matches!(output.status.code(), Some(2 | 3)), "{runs}: {}", said(&output));
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(words.contains(runs) && !words.contains("panicked"), "{runs}: {words}");
    }
    assert!(!aboard.path("mark").exists());
}

/// A run on a disk of this size, whose first step prints 30 MB; `None` where this machine lets no test mount a disk.
fn on_a_small_disk(size: &str) -> Option<(Aboard, std::process::Output)> {
    let book = BOOK.replace("echo hello", "yes | head -c 30000000");
    let aboard = Aboard::with(&[("book.yaml", &book), ("answers.yaml", ANSWERS)]);
    let small = aboard.path("small");
    std::fs::create_dir(&small).unwrap();
    let options = format!("size={size},mode=700");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&small).output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        println!("left out: this machine does not let a test mount a small disk");
        return None;
    }
    let runs = small.join("runs");
    let line = ["run", "book.yaml", "--answers", "answers.yaml", "--no-key", "--runs", runs.to_str().unwrap()];
    let output = aboard.user.run(&line);
    let _ = Command::new("umount").arg("-l").arg(&small).output();
    Some((aboard, output))
}

#[test]
fn a_disk_that_is_full_at_the_start_or_in_a_step_ends_the_run_with_words_and_code_three() {
    for size in ["1m", "16m"] {
        let Some((aboard, output)) = on_a_small_disk(size) else { return };
        assert!(!aboard.path("mark").exists(), "no step starts after the journal failed: {}", said(&output));
        assert_eq!(output.status.code(), Some(3), "{size}: {}", said(&output));
        assert!(said(&output).contains("journal"), "{size}: {}", said(&output));
    }
}

#[test]
fn a_key_with_a_passphrase_is_asked_for_on_a_terminal_and_refused_without_one() {
    let aboard = Aboard::with(&[("book.yaml", BOOK), ("answers.yaml", ANSWERS)]);
    let key = aboard.path("locked");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "open sesame", "-C", "locked", "-f"])
        .arg(&key)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", said(&made));
    let line = ["run", "book.yaml", "--answers", "answers.yaml", "--key", key.to_str().unwrap()];
    let refused = aboard.user.run(&line);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("passphrase"), "{}", said(&refused));
    assert!(aboard.user.listed().is_empty(), "nothing was left behind");
    let mut screen = Screen::start(&aboard.user.tminus(&line), 100, 30);
    let before = screen.termios();
    screen.wait_for("Passphrase for");
    screen.keys("open barley\r");
    screen.wait_until("the question again", |screen| screen.contents().matches("Passphrase for").count() == 2);
    screen.wait_until("a terminal that shows nothing", |screen| !screen.termios().contains("ECHO |"));
    screen.keys("open sesame\r");
    screen.wait_for("completed");
    assert_eq!(screen.wait_exit(), (0, None));
    assert!(!String::from_utf8_lossy(&screen.written).contains("sesame"), "{}", screen.shown());
    assert_eq!(screen.termios(), before);
    let listed = aboard.user.listed();
    assert_eq!(listed[0]["sealed"], true, "{listed:?}");
}

#[test]
fn a_passphrase_that_is_given_up_leaves_the_terminal_as_it_was() {
    let aboard = Aboard::with(&[("book.yaml", BOOK)]);
    let key = aboard.path("locked");
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "open sesame", "-f"]).arg(&key).output().unwrap();
    assert!(made.status.success(), "{}", said(&made));
    let mut screen =
        Screen::start(&aboard.user.tminus(&["run", "book.yaml", "--linear", "--key", key.to_str().unwrap()]), 100, 30);
    let before = screen.termios();
    screen.wait_for("Passphrase for");
    screen.wait_until("a terminal that shows nothing", |screen| screen.termios() != before);
    screen.keys("\x03");
    screen.wait_exit();
    assert_eq!(screen.termios(), before, "a shell after it would not show what is typed");
    assert!(aboard.user.listed().is_empty());
}

#[test]
fn a_run_without_a_key_says_unsigned_everywhere() {
    let aboard = Aboard::with(&[("book.yaml", BOOK), ("answers.yaml", ANSWERS)]);
    let flown = aboard.user.run(&["run", "book.yaml", "--answers", "answers.yaml", "--no-key"]);
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    assert!(said(&flown).contains("UNSIGNED"), "{}", said(&flown));
    let listed = aboard.user.run(&["runs"]);
    assert!(said(&listed).contains("UNSIGNED"), "{}", said(&listed));
    let verified = aboard.user.run(&["verify", "1"]);
    assert!(said(&verified).to_lowercase().contains("unsigned"), "{}", said(&verified));
}

#[test]
fn a_conductor_that_is_told_to_end_stays_while_a_step_runs() {
    let (aboard, dir) = detached(&BOOK.replace("echo hello", "echo on; while [ ! -e go ]; do sleep 0.05; done"));
    let mut maya = started(&dir);
    maya.wish(run("hello")).unwrap();
    maya.until_event("step.spawned", "hello");
    kill_process(aboard.conductor(), Signal::TERM).unwrap();
    maya.until("word of it", |seat| seat.words.iter().any(|word| word.contains("it stays until what runs has ended")));
    aboard.user.write("go", "");
    maya.until_event("step.judged", "hello");
}

const TERMINAL: &str = "\
tminus: 1
title: Terminal
environment: { name: here, kind: local }
phases:
  - id: one
    title: One
    steps:
      - { id: ask, title: Ask, run: \"read -r -s -p 'Word: ' w; echo; echo ${#w}; stty size; read -r x; echo $x\", tty: true, effect: reads }
      - { id: plain, title: Plain, run: \"sleep 2\", effect: reads }
";

/// Types, and waits for the words of a refusal.
fn refused(seat: &mut Seat, step: &str, attempt: u32, keys: &[u8]) -> String {
    let id = seat.port.type_in(&StepId(step.into()), attempt, keys).expect("it is sent");
    let refused = format!("refused {id} ");
    seat.until("a refusal", |seat| seat.words.iter().any(|word| word.starts_with(&refused)));
    seat.words.iter().find_map(|word| word.strip_prefix(&refused)).expect("it was there").to_owned()
}

#[test]
fn keys_reach_the_terminal_of_the_attempt_that_runs_from_the_one_who_drives_and_are_nowhere_in_the_run() {
    let (_aboard, dir) = detached(TERMINAL);
    let mut maya = started(&dir);
    let mut bob = Seat::take(&dir, false, "bob");
    let ask = StepId("ask".into());
    let printed = |seat: &mut Seat, sign: &str| {
        let held = wait_until(Duration::from_secs(60), Duration::from_millis(5), || {
            let shown = seat.port.output(&StepId("ask".into()), 1, 0..4096).unwrap_or_default();
            String::from_utf8_lossy(&shown).contains(sign)
        });
        assert!(held, "waited for {sign:?}");
    };
    assert!(refused(&mut maya, "ask", 1, b"early\r").contains("that attempt is over"));
    maya.wish(run("ask")).unwrap();
    printed(&mut maya, "Word: ");
    assert!(bob.port.type_in(&ask, 1, b"bob\r").unwrap_err().contains("does not drive"));
    assert!(refused(&mut maya, "ask", 2, b"x\r").contains("that attempt is over"));
    assert!(refused(&mut maya, "nothing", 1, b"x\r").contains("no such step"));
    maya.port.resize(&ask, 1, 50, 132);
    maya.port.type_in(&ask, 1, b"correct-horse\r").unwrap();
    printed(&mut maya, "13\n50 132\n");
    maya.port.type_in(&ask, 1, b"echoed\r").unwrap();
    maya.until_event("step.judged", "ask");
    let output = maya.port.output(&ask, 1, 0..4096).unwrap();
    assert_eq!(String::from_utf8_lossy(&output), "Word: \n13\n50 132\nechoed\nechoed\n");
    maya.wish(run("plain")).unwrap();
    maya.until_event("step.spawned", "plain");
    assert!(refused(&mut maya, "plain", 1, b"x").contains("it has no terminal"));
    maya.until_event("step.judged", "plain");
    for file in files_below(dir.path()) {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let holds = bytes.windows(13).any(|part| part == b"correct-horse");
        assert!(!holds, "{} holds what was typed", file.display());
    }
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() => files_below(&path),
            path => vec![path],
        })
        .collect()
}
