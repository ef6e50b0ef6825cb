//! One file of a sealed run exchanged for any bytes: `verify`, `recover` and the follower end in words, never in a panic, and
//! the run passes only if the bytes are those that were there.
//!
//! The first byte chooses the file, the rest are its bytes. The run lies in `seeds/`; a copy of it is made in the temporary
//! folder, once a process.
//!
//! The fuzz target of this name and `tests/fuzzed.rs` call it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tminus::journal::RunDir;
use tminus::journal::keys::allowed::AllowedSigners;
use tminus::journal::reader::{Tail, recover};
use tminus::journal::verify::{VerifyWith, verify};
use tminus::model::ids::Seq;

struct Run {
    dir: RunDir,
    files: Vec<(PathBuf, Vec<u8>)>,
    with: VerifyWith,
}

fn copy(from: &Path, to: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    std::fs::create_dir_all(to).expect("the temporary folder can be written");
    for entry in std::fs::read_dir(from).expect("the seeds are there") {
        let (entry, to) = {
            let entry = entry.expect("a seed");
            let to = to.join(entry.file_name());
            (entry.path(), to)
        };
        if entry.is_dir() {
            copy(&entry, &to, files);
        } else {
            let bytes = std::fs::read(&entry).expect("a seed");
            std::fs::write(&to, &bytes).expect("the temporary folder can be written");
            files.push((to, bytes));
        }
    }
}

fn run() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let seeds = if here.join("seeds").is_dir() { here.join("seeds") } else { here.join("fuzz/seeds") };
        let first = std::fs::read_dir(&seeds).expect("the seeds are there").filter_map(Result::ok);
        let first = first.map(|entry| entry.path()).find(|path| path.is_dir()).expect("a seed run");
        let to = std::env::temp_dir().join(format!("tminus-fuzz-{}", std::process::id()));
        let to = to.join(first.file_name().expect("a run has a name"));
        let mut files = Vec::new();
        copy(&first, &to, &mut files);
        files.sort();
        let allowed = AllowedSigners::parse(&std::fs::read(seeds.join("signers")).expect("the list of keys"));
        let with =
            VerifyWith { allowed, own: false, head: None, mirror: None, now: 1_800_000_000, ask_ssh_keygen: false };
        let dir = RunDir::open(&to).expect("the seed is a run");
        assert!(verify(&dir, &with).passes(), "the seed itself does not verify");
        Run { dir, files, with }
    })
}

/// One try.
pub fn try_one(bytes: &[u8]) {
    let run = run();
    let Some((which, bytes)) = bytes.split_first() else { return };
    let (path, was) = &run.files[usize::from(*which) % run.files.len()];
    std::fs::write(path, bytes).expect("the copy can be written");
    let verified = verify(&run.dir, &run.with);
    let _ = verified.to_json();
    assert!(!verified.passes() || bytes == was, "other bytes in {} pass", path.display());
    let _ = recover(&run.dir, None);
    if let Ok(mut tail) = Tail::open(&run.dir) {
        let _ = tail.read_to(Seq(64));
    }
    std::fs::write(path, was).expect("the copy can be written");
}
