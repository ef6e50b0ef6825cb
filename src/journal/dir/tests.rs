//! Run directories against names, links and races.

use super::*;
use std::os::unix::fs::{PermissionsExt, symlink};

fn runs() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn at() -> Stamp {
    Stamp { wall: 1_790_000_000_000_000, mono: 1 }
}

fn run(runs: &Path, stem: &str) -> RunDir {
    let (dir, _) = RunDir::create(runs, stem, at()).unwrap();
    dir.make("events-0001.jsonl").unwrap();
    dir
}

#[test]
fn a_run_directory_is_private_and_its_name_needs_no_quoting() {
    let runs = runs();
    let dir = run(runs.path(), "../rün book $(x) with a very long name");
    let id = dir.id().as_str();
    assert!(id.starts_with("0001-20260921T"), "{id}");
    assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{id}");
    assert_eq!(std::fs::metadata(dir.path()).unwrap().permissions().mode() & 0o7777, 0o700);
    let file = std::fs::metadata(dir.path().join("events-0001.jsonl")).unwrap();
    assert_eq!(file.permissions().mode() & 0o7777, 0o600);
}

#[test]
fn runs_made_at_once_get_numbers_of_their_own() {
    let runs = runs();
    let make = || RunDir::create(runs.path(), "x", at()).unwrap().1.short().to_owned();
    let mut numbers: Vec<String> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|_| scope.spawn(|| (make(), make()))).collect();
        all.into_iter().flat_map(|one| <[String; 2]>::from(one.join().unwrap())).collect()
    });
    numbers.sort();
    let expected: Vec<String> = (1..=16).map(|number| format!("{number:04}")).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn a_run_is_found_by_number_beginning_id_and_directory_and_nothing_else() {
    let runs = runs();
    let all: Vec<RunDir> = (0..12).map(|_| run(runs.path(), "site")).collect();
    std::fs::create_dir(runs.path().join("0013-notes")).unwrap();
    let find = |name: &str| RunDir::find(runs.path(), name);
    assert_eq!(find("7").unwrap().id(), all[6].id());
    assert_eq!(find("0007").unwrap().id(), all[6].id());
    assert_eq!(find(all[2].id().as_str()).unwrap().id(), all[2].id());
    assert_eq!(find(&all[2].path().display().to_string()).unwrap().id(), all[2].id());
    assert_eq!(find(&all[2].id().as_str()[..20]).unwrap().id(), all[2].id());
    assert!(matches!(find("00"), Err(FindError::None { .. })));
    assert!(matches!(find("000x"), Err(FindError::None { .. })));
    assert_eq!(find("001").unwrap().id(), all[0].id(), "a number, with its zeros or without");
    assert!(matches!(find("99"), Err(FindError::None { .. })));
    assert!(matches!(find(""), Err(FindError::None { .. })));
    assert!(find("0001-").is_ok());
    assert_eq!(RunDir::list(runs.path()).len(), 12);
}

#[test]
fn a_second_lock_is_refused_and_names_the_holder() {
    let runs = runs();
    let dir = run(runs.path(), "x");
    let lock = dir.lock().unwrap();
    let again = RunDir::open(dir.path()).unwrap();
    let Err(LockError::Held { pid }) = again.lock() else {
        panic!("two hold it");
    };
    assert_eq!(pid, Some(std::process::id() as i32));
    assert!(lock.still_ours());
    std::fs::rename(dir.path().join("lock"), dir.path().join("lock.old")).unwrap();
    std::fs::write(dir.path().join("lock"), "").unwrap();
    assert!(!lock.still_ours(), "a lock file that was replaced is not ours");
}

#[test]
fn links_pipes_and_second_names_are_not_read() {
    let runs = runs();
    let dir = run(runs.path(), "x");
    let path = |name: &str| dir.path().join(name);
    symlink("/etc/passwd", path("out/link.1.log")).unwrap();
    std::fs::write(path("out/two.1.log"), "x").unwrap();
    std::fs::hard_link(path("out/two.1.log"), path("out/three.1.log")).unwrap();
    rustix::fs::mkfifoat(&dir, "out/pipe.1.log", Mode::RWXU).unwrap();
    for name in ["out/link.1.log", "out/two.1.log", "out/pipe.1.log", "out", "out/none"] {
        assert!(dir.read(name).is_err(), "{name}");
    }
    symlink("/tmp/elsewhere", path("new")).unwrap();
    assert!(dir.make("new").is_err(), "a new file is not made through a link");
    let odd: Vec<String> =
        dir.everything().unwrap().into_iter().filter(|found| !found.plain).map(|found| found.name).collect();
    assert_eq!(odd, ["new", "out/link.1.log", "out/pipe.1.log", "out/three.1.log", "out/two.1.log"]);
}

#[test]
fn a_directory_that_others_may_write_into_is_refused() {
    let runs = runs();
    std::fs::set_permissions(runs.path(), PermissionsExt::from_mode(0o777)).unwrap();
    let refused = RunDir::create(runs.path(), "x", at()).unwrap_err();
    assert!(matches!(refused, JournalError::Untrusted { .. }), "{refused}");
}

#[test]
fn an_attachment_is_found_by_its_hash_and_a_changed_one_is_not_given_out() {
    let runs = runs();
    let dir = run(runs.path(), "x");
    let sha256 = dir.attach("../my runbook.yaml", b"steps").unwrap();
    assert_eq!(dir.attach("../my runbook.yaml", b"steps").unwrap(), sha256);
    assert_eq!(dir.attachment(&sha256).unwrap(), b"steps");
    let name = &dir.names("attach").unwrap()[0];
    assert!(name.ends_with("-my-runbook.yaml") && !name.contains(".."), "{name}");
    std::fs::write(dir.path().join("attach").join(name), "stepz").unwrap();
    let changed = dir.attachment(&sha256).unwrap_err();
    assert!(matches!(changed, JournalError::Changed { .. }), "{changed}");
    assert!(dir.attachment("").is_err() && dir.attachment("zz").is_err());
}

#[test]
fn a_file_a_missing_path_and_an_empty_directory_are_no_runs() {
    let runs = runs();
    std::fs::write(runs.path().join("file"), "").unwrap();
    assert!(RunDir::open(&runs.path().join("file")).is_err());
    assert!(RunDir::open(&runs.path().join("none")).is_err());
    assert!(matches!(RunDir::open(runs.path()), Err(JournalError::NotARun(_))));
}
