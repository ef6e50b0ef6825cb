//! Every class of change that is made to a sealed run; none of them may pass.

use std::path::Path;

/// Lines of the first part, changed.
pub fn lines(path: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let part = path.join("events-0001.jsonl");
    let text = std::fs::read_to_string(&part).unwrap();
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    change(&mut lines);
    std::fs::write(part, lines.concat()).unwrap();
}

/// What is done to a run directory.
pub type Change = fn(&Path);

/// Every class of change; each is applied to a sealed run.
pub const CHANGES: [(&str, Change); 17] = [
    ("two records swapped", |path| lines(path, |lines| lines.swap(2, 3))),
    ("a record removed", |path| lines(path, |lines| drop(lines.remove(2)))),
    ("a record repeated", |path| {
        lines(path, |lines| {
            let again = lines[2].clone();
            lines.insert(2, again);
        });
    }),
    ("a second genesis", |path| {
        lines(path, |lines| {
            let again = lines[0].clone();
            lines.push(again);
        });
    }),
    ("a record changed", |path| {
        lines(path, |lines| lines[2] = lines[2].replace("one", "two"));
    }),
    ("a key twice", |path| {
        lines(path, |lines| lines[2] = lines[2].replace("\"ev\"", "\"ev\":\"noted\",\"ev\""));
    }),
    ("cut back to a checkpoint", |path| {
        lines(path, |lines| {
            let at = lines.iter().rposition(|line| line.contains("\"ev\":\"closed\"")).unwrap();
            lines.truncate(at);
        });
    }),
    ("output changed", |path| std::fs::write(path.join("out/build.1.log"), "hullo\noh").unwrap()),
    ("output longer", |path| std::fs::write(path.join("out/build.1.log"), "hello\nohx").unwrap()),
    ("output missing", |path| std::fs::remove_file(path.join("out/build.1.log")).unwrap()),
    ("a salt changed", |path| {
        let salt = path.join("out/build.1.salt");
        let text = std::fs::read_to_string(&salt).unwrap();
        let first = if text.starts_with('0') { "1" } else { "0" };
        std::fs::write(&salt, format!("{first}{}", &text[1..])).unwrap();
    }),
    ("a file more", |path| std::fs::write(path.join("out/more.1.log"), "").unwrap()),
    ("a link more", |path| {
        std::os::unix::fs::symlink("/etc/hostname", path.join("attach/link")).unwrap();
    }),
    ("SEAL names a file outside", |path| {
        let text = std::fs::read_to_string(path.join("SEAL")).unwrap();
        let line = format!("{:064}  ../outside\n", 0);
        std::fs::write(path.join("SEAL"), text + &line).unwrap();
    }),
    ("SEAL without a file", |path| {
        let text = std::fs::read_to_string(path.join("SEAL")).unwrap();
        let kept: Vec<&str> = text.lines().filter(|line| !line.ends_with(".salt")).collect();
        std::fs::write(path.join("SEAL"), kept.join("\n") + "\n").unwrap();
        std::fs::remove_file(path.join("out/build.1.salt")).unwrap();
    }),
    ("SEAL without its signature", |path| {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "sig") {
                std::fs::remove_file(path).unwrap();
            }
        }
    }),
    ("the runbook exchanged", |path| {
        let attach = std::fs::read_dir(path.join("attach")).unwrap().next().unwrap().unwrap();
        std::fs::write(attach.path(), "steps: [other]\n").unwrap();
    }),
];

/// Two steps' outputs in each other's place, salts and all.
pub fn swap_outputs(path: &Path) {
    for end in ["log", "salt"] {
        let name = |step: &str| path.join(format!("out/{step}.1.{end}"));
        std::fs::rename(name("build"), path.join("kept")).unwrap();
        std::fs::rename(name("check"), name("build")).unwrap();
        std::fs::rename(path.join("kept"), name("check")).unwrap();
    }
}
