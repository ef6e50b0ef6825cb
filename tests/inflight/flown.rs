//! The real program: amended on a terminal and by lines, killed, resumed, replayed, reported, verified, tampered with.

use crate::support::aboard::Aboard;
use crate::support::screen::Screen;
use crate::support::{Reaped, events, records, said, until};
use crate::{BOOK, mended};
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;
use tminus::journal::RunDir;

/// What a card swallows while it is new has passed by then.
const SILENCE: Duration = Duration::from_millis(450);
const ANSWERS: &str =
    "operator: ci\nstart: yes\nsteps:\n  asked: { ok: \"yes\" }\n  broken: run\n  more: run\n  last: { ok: \"yes\" }\n";

fn aboard() -> Aboard {
    let bad = BOOK.replace("echo first", "echo other").replace("T+4h", "T+5h");
    Aboard::with(&[("book.yaml", BOOK), ("mended.yaml", &mended()), ("bad.yaml", &bad), ("answers.yaml", ANSWERS)])
}

fn only(aboard: &Aboard) -> RunDir {
    aboard.runs().first().expect("there is a run").clone()
}

/// On the screens, its first step done.
fn begun(aboard: &Aboard) -> Screen {
    let mut screen = Screen::start(&aboard.user.tminus(&["run", "book.yaml"]), 80, 24);
    screen.wait_for("Type");
    screen.wait_quiet(SILENCE);
    screen.keys("local\r");
    screen.wait_for("1.1 First");
    screen.wait_gone("Type  local");
    screen.wait_quiet(SILENCE);
    screen.keys("r");
    screen.wait_until("the first step to be ok", |screen| {
        screen.contents().lines().any(|line| line.contains(" ok ") && line.contains("1.1 First"))
    });
    screen
}

/// Opens the card of `:amend FILE`.
fn card(screen: &mut Screen, file: &str) {
    screen.wait_quiet(SILENCE);
    screen.keys(&format!(":amend {file}\r"));
    screen.wait_for(&format!("AMEND  {file}"));
    screen.wait_quiet(SILENCE);
}

/// Amends it by `mended.yaml`.
fn amend(screen: &mut Screen) {
    card(screen, "mended.yaml");
    screen.wait_for("Read to the last line first");
    // Nothing is taken before it was read.
    screen.keys("amend\r");
    screen.send(b"\x1b[6~\x1b[6~");
    screen.wait_for("Type  amend  to amend the runbook:  _");
    screen.keys("amend\rthe mirror moved\rmaya\r");
    screen.wait_for("run 0001 amended");
}

#[test]
fn a_run_that_is_amended_goes_on_by_the_new_runbook_over_a_kill_and_every_reader_says_so() {
    let aboard = aboard();
    let mut screen = begun(&aboard);
    card(&mut screen, "bad.yaml");
    screen.wait_for("1.1 First has an attempt (ok): it would be another");
    screen.wait_for("the change window would be another");
    screen.keys("\x1b");
    screen.wait_gone("AMEND  bad.yaml");
    // As a kill between the file and its record leaves it: a file in attach/ that no record names changes nothing.
    let run = only(&aboard);
    run.attach("mended.yaml", mended().as_bytes()).unwrap();
    amend(&mut screen);
    screen.wait_for("2.2 More");
    aboard.kill_conductor();
    drop(screen);
    let flown = aboard.user.run(&["resume", "1", "--answers", "answers.yaml"]);
    assert_eq!(aboard.user.listed()[0]["state"], "completed", "{}", said(&flown));
    assert_eq!(aboard.text("count"), "first\nright\nmore\n");
    let all = records(run.path());
    let amended = events(&all, "amended");
    assert_eq!(amended.len(), 1);
    assert_eq!(amended[0]["name"], "maya");
    assert_eq!(amended[0]["reason"], "the mirror moved");
    assert_eq!(aboard.user.listed()[0]["amended"], 1);
    verified(&aboard);
    let report = said(&aboard.user.run(&["report", "1"]));
    assert!(report.contains("Amended") && report.contains("the mirror moved"), "{report}");
    let replay = said(&aboard.user.run(&["replay", "1", "--linear"]));
    assert!(replay.contains("Amended: the runbook was amended by"), "{replay}");
    tampered(&aboard, &run);
}

/// Sealed, and flown by the runbook that it was amended to.
fn verified(aboard: &Aboard) {
    let holds = aboard.user.run(&["verify", "1"]);
    assert_eq!(holds.status.code(), Some(0), "{}", said(&holds));
    let by = |file: &str| aboard.user.run(&["verify", "1", "--runbook", file]);
    let mine = by("mended.yaml");
    assert_eq!(mine.status.code(), Some(0), "{}", said(&mine));
    let other = by("book.yaml");
    assert_eq!(other.status.code(), Some(1), "{}", said(&other));
    assert!(said(&other).contains("amends it to a runbook of sha256"), "{}", said(&other));
}

/// The copy in `attach/` changed, and taken away.
fn tampered(aboard: &Aboard, run: &RunDir) {
    let folder = run.path().join("attach");
    let copy = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let copy = copy.into_iter().find(|path| path.to_string_lossy().ends_with("-mended.yaml")).unwrap();
    let bytes = std::fs::read(&copy).unwrap();
    let named = |what: &str| {
        let found = aboard.user.run(&["verify", "1"]);
        assert_eq!(found.status.code(), Some(1), "{what}: {}", said(&found));
        assert!(said(&found).contains("the runbook that it names is not in attach/"), "{what}: {}", said(&found));
    };
    std::fs::write(&copy, String::from_utf8_lossy(&bytes).replace("echo right", "echo other")).unwrap();
    named("changed");
    std::fs::remove_file(&copy).unwrap();
    named("taken away");
    std::fs::write(&copy, &bytes).unwrap();
    assert_eq!(aboard.user.run(&["verify", "1"]).status.code(), Some(0));
    let part = run.path().join("events-0001.jsonl");
    let text = std::fs::read_to_string(&part).unwrap();
    std::fs::write(&part, text.replace("the mirror moved", "the mirror waved")).unwrap();
    let found = aboard.user.run(&["verify", "1"]);
    assert_eq!(found.status.code(), Some(1), "{}", said(&found));
    assert!(said(&found).contains("tampered"), "{}", said(&found));
    std::fs::write(&part, text).unwrap();
}

#[test]
fn a_run_is_amended_by_lines_and_what_may_not_be_is_refused_in_words() {
    let aboard = aboard();
    let log = std::fs::File::create(aboard.path("client.log")).unwrap();
    let mut client = aboard.user.tminus(&["run", "book.yaml", "--linear", "--no-key"]);
    client.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
    let mut client = Reaped(client.spawn().unwrap());
    let mut typing = client.0.stdin.take().unwrap();
    let mut line = |prompt: &str, text: &str| {
        until(60, &format!("{prompt:?}"), || aboard.text("client.log").contains(prompt));
        typing.write_all(format!("{text}\n").as_bytes()).unwrap();
    };
    line("1 start", "1");
    line("Type  local", "local");
    line("Next: 1.1", "1");
    line("1.2 Asked", "amend bad.yaml");
    line("1.1 First has an attempt", "amend mended.yaml");
    line("Type  amend  to amend the runbook:", "amend");
    line("Why:", "the mirror moved");
    line("Whose word it is:", "maya");
    until(60, "the amendment", || aboard.text("client.log").contains("Amended: the runbook was amended by"));
    let log = aboard.text("client.log");
    assert!(log.contains("+      - { id: more, title: More"), "{log}");
    assert!(log.contains("added: 2.2 More [C0]") && log.contains("changed: 2.3 Last [C0, was 2.2]"), "{log}");
    assert_eq!(events(&records(only(&aboard).path()), "amended").len(), 1);
}
