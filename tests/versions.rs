//! Older and newer programs at one run: what is not known is named and not judged, a newer format is never written to, and
//! programs that speak different versions say so.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod journal_kit;
mod support;

use journal_kit::{Person, note, now};
use std::collections::BTreeMap;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;
use support::aboard::Aboard;
use support::{User, said};
use tminus::engine::clock::wait_until;
use tminus::feed::frames::{read_frame, write_frame};
use tminus::feed::live::{Coming, connect};
use tminus::feed::{News, Port, Role};
use tminus::journal::ckpt::{Ckpt, Next};
use tminus::journal::keys::RunKey;
use tminus::journal::reader::{StartPoint, Tail, read_all, recover};
use tminus::journal::verify::{Verdict, Verified, verify};
use tminus::journal::{Hash, JournalError, RunDir, line};
use tminus::model::event::Event;
use tminus::model::ids::Seq;
use tminus::model::intent::Intent;
use tminus::model::record::Record;
use tminus::model::signed::Realm;
use tminus::model::wire::{ToClient, ToConductor, WIRE};

/// A run as a tminus of another format writes it: a first record of that format, these lines (as they stand behind `m`), and a
/// checkpoint.
fn written(runs: &Path, maya: &Person, fmt: &str, lines: &[&str]) -> RunDir {
    let (dir, _) = RunDir::create(runs, "site", now()).unwrap();
    let (key, realm) = (RunKey::generate(), Realm::Live);
    let runbook = dir.attach("site.yaml", b"steps: []\n").unwrap();
    let text = maya.opening(&key, &runbook).genesis(realm, dir.id()).encode();
    let text = text.replace(&format!("fmt: {}\n", line::FMT), &format!("fmt: {fmt}\n"));
    let Event::Genesis { text, sig, .. } = maya.genesis(realm, text) else { panic!("no genesis") };
    let first = Record { seq: Seq(1), at: now(), event: Event::Genesis { fmt: fmt.into(), text, sig } };
    let mut bytes = line::encode(&first, &StartPoint::first(realm, dir.id()).prev).unwrap();
    let mut prev = Hash::of(&bytes);
    for (number, rest) in lines.iter().enumerate() {
        let at = now();
        let seq = number + 2;
        let line =
            format!("{{\"seq\":{seq},\"prev\":\"{}\",\"t\":{},\"m\":{},{rest}}}\n", prev.hex(), at.wall, at.mono);
        prev = Hash::of(line.as_bytes());
        bytes.extend(line.as_bytes());
    }
    let (seq, at) = (Seq(lines.len() as u64 + 2), now());
    let (records, sha256) = (lines.len() as u64 + 1, Hash::of(&bytes));
    let length = bytes.len() as u64;
    let ckpt = Ckpt {
        part: 1,
        seq,
        prev,
        at,
        records,
        bytes: length,
        sha256,
        before: None,
        key: key.public(),
        next: Next::Same,
    };
    let event = ckpt.sign(realm, dir.id(), &key);
    bytes.extend(line::encode(&Record { seq, at, event }, &prev).unwrap());
    std::fs::write(dir.path().join("events-0001.jsonl"), bytes).unwrap();
    dir
}

const WEIGHED: &str = r#""ev":"step.weighed","step":"go","weight":7"#;
const NOTED: &str =
    r#""ev":"noted","text":"hello","colour":"red","step":null,"by":{"name":"maya","known":"typed","badge":9}"#;

fn why(verified: &Verified) -> String {
    verified.problems.iter().map(|problem| format!("{problem}\n")).collect::<String>() + &verified.notes.join("\n")
}

/// Every file of a run with its bytes.
fn bytes_of(dir: &RunDir) -> BTreeMap<String, Vec<u8>> {
    let files = dir.everything().unwrap().into_iter().filter(|file| file.plain);
    files.map(|file| (file.name.clone(), std::fs::read(dir.path().join(&file.name)).unwrap())).collect()
}

#[test]
fn what_a_newer_minor_adds_is_named_and_not_judged_and_the_rest_is_read() {
    let (runs, maya) = (tempfile::tempdir().unwrap(), Person::new());
    let dir = written(runs.path(), &maya, "1.7", &[WEIGHED, NOTED]);
    let all = read_all(&dir).unwrap();
    assert_eq!(all[1].event, Event::Foreign { name: "step.weighed".into() });
    assert!(matches!(&all[2].event, Event::Noted { text, .. } if text == "hello"), "{:?}", all[2]);
    let verified = verify(&dir, &maya.with());
    assert_eq!(verified.verdict, Verdict::UnknownFormat, "{}", why(&verified));
    let names = "not known here, and not judged: noted: badge; noted: colour; step.weighed";
    assert!(why(&verified).contains("its format is 1.7") && why(&verified).contains(names), "{}", why(&verified));
    // Whoever attaches is told the same.
    let mut tail = Tail::open(&dir).unwrap();
    tail.read_to(Seq(4)).unwrap();
    let told = tail.not_known().unwrap();
    assert!(told.contains("noted: badge; noted: colour; step.weighed"), "{told}");
    assert_eq!(tail.not_known(), None, "and once");
    // A newer minor in which nothing is unknown is judged as any other; so is an older one.
    for fmt in ["1.7", "1.0"] {
        let (_, seq) = (note("x"), r#""ev":"closed","output_files":0,"output_bytes":0"#);
        let dir = written(runs.path(), &maya, fmt, &[seq]);
        let verified = verify(&dir, &maya.with());
        assert_eq!(verified.all, [Verdict::Unsealed], "{fmt}: {}", why(&verified));
    }
    // In a format that is ours nothing may be unknown.
    let dir = written(runs.path(), &maya, line::FMT, &[WEIGHED]);
    assert_eq!(verify(&dir, &maya.with()).verdict, Verdict::Tampered);
}

#[test]
fn a_run_of_a_newer_format_is_never_written_to() {
    let (user, maya) = (User::new(), Person::new());
    std::fs::create_dir(user.runs()).unwrap();
    std::fs::set_permissions(user.runs(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    for (name, fmt) in [("1", "1.7"), ("2", "2.0")] {
        let dir = written(&user.runs(), &maya, fmt, &[WEIGHED]);
        let before = bytes_of(&dir);
        let refusals = [
            user.run(&["resume", name, "--no-key", "--linear"]),
            user.run(&["resume", name, "--no-key", "--linear", "--over-cut", "because"]),
            user.run(&["sign", name, "--yes"]),
        ];
        for refused in refusals {
            let words = said(&refused);
            assert_eq!(refused.status.code(), Some(2), "{words}");
            assert!(
                words.contains(&format!("is written in format {fmt}, and this tminus writes {}", line::FMT)),
                "{words}"
            );
            assert!(words.contains("use the tminus that wrote it, or a newer one"), "{words}");
        }
        assert_eq!(bytes_of(&dir), before, "{fmt}");
        let words = said(&user.run(&["verify", name]));
        assert!(words.contains("unknown format") && words.contains(fmt), "{words}");
    }
    // The conductor looks for itself too, whoever started it.
    let dir = RunDir::list(&user.runs()).remove(0);
    assert_eq!(recover(&dir, None).unwrap().newer.as_deref(), Some("1.7"));
    let dir = RunDir::list(&user.runs()).remove(1);
    assert!(matches!(recover(&dir, None), Err(JournalError::Newer { found, .. }) if found == "2.0"));
}

/// A conductor of another version: it answers a hello with these frames.
fn conductor(dir: &RunDir, frames: Vec<serde_json::Value>) -> std::thread::JoinHandle<()> {
    let listener = UnixListener::bind(dir.socket_path()).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let hello: ToConductor = read_frame(&mut stream).unwrap().unwrap();
        assert!(matches!(hello, ToConductor::Hello { wire, .. } if wire == WIRE));
        frames.iter().for_each(|frame| write_frame(&mut stream, frame).unwrap());
        // Until the client leaves.
        while let Ok(Some(_)) = read_frame::<serde_json::Value>(&mut stream) {}
    })
}

#[test]
fn a_client_of_another_version_than_the_conductor_says_so_and_only_looks() {
    let (runs, maya) = (tempfile::tempdir().unwrap(), Person::new());
    let dir = written(runs.path(), &maya, "1.7", &[WEIGHED]);
    let welcome = serde_json::json!({
        "say": "welcome", "run": dir.id().as_str(), "client": 1, "drives": true, "driver": "maya", "durable": 3,
        "signers": "/x", "wire": 99, "program": "9.9.9", "weather": "fine",
    });
    let unheard = serde_json::json!({ "say": "sing", "loud": true });
    let driver = serde_json::json!({ "say": "driver", "driver": "lee", "you": false });
    let other = conductor(&dir, vec![welcome, unheard, driver]);
    let (mut port, news) = connect(dir.clone(), Coming::default()).unwrap();
    let (mut words, mut records) = (Vec::new(), 0);
    let told = wait_until(Duration::from_secs(60), Duration::from_millis(5), || {
        while let Ok(news) = news.try_recv() {
            match news {
                News::Trouble(said) => words.push(said),
                News::Records(read) => records += read.len(),
                News::Driver { name, .. } => words.push(format!("driver {name}")),
                News::Lost(why) => words.push(format!("lost {why}")),
                News::Taken(_) | News::Refused(..) | News::Over { .. } => {}
            }
        }
        words.iter().any(|word| word == "driver lee")
    });
    assert!(told, "{words:?}");
    let said = "The conductor is tminus 9.9.9 (socket version 99), this is tminus";
    assert!(words.iter().any(|word| word.starts_with(said) && word.contains("may look, not touch")), "{words:?}");
    assert!(words.iter().any(|word| word.contains("not interpreted: step.weighed")), "{words:?}");
    assert_eq!((records, port.role()), (3, Role::Watches));
    assert!(port.wish(Intent::Pause, Seq(3)).is_err());
    drop(port);
    other.join().unwrap();
    // A conductor whose very first word is not understood.
    dir.remove_socket().unwrap();
    let other = conductor(&dir, vec![serde_json::json!({ "say": "moin" })]);
    let (port, news) = connect(dir, Coming::default()).unwrap();
    let Ok(News::Lost(why)) = news.recv_timeout(Duration::from_secs(60)) else { panic!("not lost") };
    assert!(why.contains("speaks another language") && why.contains("use the tminus that conducts the run"), "{why}");
    drop(port);
    other.join().unwrap();
}

#[test]
fn a_conductor_tells_a_client_of_another_version_why_it_may_not_steer() {
    let plan = "tminus: 1\ntitle: Plain\nenvironment: { name: here, kind: local }\ndefaults: { shell: sh }\nphases:\n  - id: one\n    title: One\n    steps:\n      - { id: hello, title: Hello, run: \"echo hello\", effect: reads }\n";
    let aboard = Aboard::with(&[("plan.yaml", plan)]);
    let began = aboard.user.run(&["run", "plan.yaml", "--no-key", "--detach"]);
    assert_eq!(began.status.code(), Some(4), "{}", said(&began));
    let mut stream = std::os::unix::net::UnixStream::connect(aboard.runs()[0].socket_path()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let hello = serde_json::json!({
        "say": "hello", "program": "9.9.9", "wire": 99, "watch": false, "unattended": false, "name": null, "tty": "-", "key": null,
    });
    write_frame(&mut stream, &hello).unwrap();
    let wish = |intent: serde_json::Value| serde_json::json!({ "say": "wish", "id": 7, "seen": 1, "intent": intent });
    write_frame(&mut stream, &wish(serde_json::json!({ "wish": "pause" }))).unwrap();
    let (mut welcomed, mut refused) = (None, None);
    while refused.is_none() {
        match read_frame::<ToClient>(&mut stream).unwrap().expect("it goes on talking") {
            ToClient::Welcome { drives, wire, .. } => welcomed = Some((drives, wire)),
            ToClient::Refused { id: 7, why } => refused = Some(why),
            _of_the_run => {}
        }
    }
    assert_eq!(welcomed, Some((false, WIRE)));
    let why = refused.unwrap();
    assert!(why.contains("this screen is of tminus 9.9.9") && why.contains("may look, not touch"), "{why}");
}
