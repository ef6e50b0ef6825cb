//! The journal beside the bare disk: a barrier beside write and fdatasync, `verify` beside `sha256sum`.

use super::flood::flown;
use super::journal_kit::{Rig, runs};
use super::measure::{line, percentile, timed};
use std::fs::File;
use std::io::Write;
use std::process::Command;
use tminus::journal::writer::Report;

const TIMES: usize = 500;

/// One record made durable, beside 300 bytes written and synced.
pub fn append_and_sync() {
    let folder = runs();
    let mut rig = Rig::new(&folder);
    let mut ours = Vec::new();
    let mut bare = Vec::new();
    let mut file = File::create(folder.path().join("bare")).unwrap();
    let bytes = [b'x'; 300];
    for at in 0..TIMES {
        let (took, ()) = timed(|| {
            rig.note(&format!("note {at}"));
            loop {
                match rig.report() {
                    Report::Durable { records, .. } if !records.is_empty() => break,
                    _ => {}
                }
            }
        });
        ours.push(took);
        let (took, ()) = timed(|| {
            file.write_all(&bytes).unwrap();
            file.sync_data().unwrap();
        });
        bare.push(took);
    }
    let (ours50, ours99) = (percentile(&mut ours, 50), percentile(&mut ours, 99));
    let (bare50, bare99) = (percentile(&mut bare, 50), percentile(&mut bare, 99));
    line("append, sign and sync a record, p50 / p99", &format!("{ours50:.0} / {ours99:.0} us"), "");
    line("write and fdatasync 300 bytes, p50 / p99", &format!("{bare50:.0} / {bare99:.0} us"), "");
    line("ratio of the medians", &format!("{:.2}", ours50 / bare50), "");
}

/// `tminus verify` of a run with 1 GB of output, beside `sha256sum` of the same files.
pub fn verify() {
    let aboard = flown();
    let run = aboard.runs().remove(0);
    let name = run.path().to_str().unwrap().to_owned();
    let sum = || {
        let command = format!("find {name} -type f | xargs sha256sum > /dev/null");
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
    };
    let check = || {
        let verified = aboard.user.run(&["verify", &name]);
        assert!(verified.status.code().is_some_and(|code| code < 2), "{}", super::support::said(&verified));
    };
    sum();
    check();
    let mut theirs: Vec<f64> = (0..5).map(|_| timed(sum).0).collect();
    let mut ours: Vec<f64> = (0..5).map(|_| timed(check).0).collect();
    let (ours, theirs) = (percentile(&mut ours, 50), percentile(&mut theirs, 50));
    line("tminus verify, 1 GB of output", &format!("{:.0} ms", ours / 1000.0), "");
    line("sha256sum of the same files", &format!("{:.0} ms", theirs / 1000.0), "");
    line("ratio", &format!("{:.2}", ours / theirs), "aim <= 1");
}
