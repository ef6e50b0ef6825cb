//! People with keys, a list that names them, the operator's client, and an ssh-agent: for tests of what people sign.
//!
//! Keys are made by the real ssh-keygen; nothing waits but for a named condition, and everything ends with the test.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use crate::support::aboard::Aboard;
use crate::support::{Reaped, events, records, said};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use tminus::engine::clock::wait_until;
use tminus::feed::live::{Coming, Live, connect};
use tminus::feed::{News, Port};
use tminus::journal::keys::Signer;
use tminus::journal::keys::find::{Found, KeyPlaces, look};
use tminus::model::event::Answer;
use tminus::model::ids::{Seq, StepId};
use tminus::model::intent::{Intent, Typed};
use tminus::model::record::Record;

/// People with keys, a list that names them, and their run.
pub struct Desk {
    pub aboard: Aboard,
}

impl Desk {
    pub fn new(plan: &str) -> Self {
        let aboard = Aboard::with(&[("plan.yaml", plan), ("answers.yaml", "operator: ci\n")]);
        std::fs::create_dir(aboard.path("keys")).unwrap();
        let desk = Self { aboard };
        let people =
            [("op", "op"), ("ana", "ana@example.com"), ("ben", "ben@example.com"), ("cleo", "cleo@example.com")];
        let lines = people.map(|(name, principal)| desk.key(name, principal));
        desk.aboard.user.write("signers", &lines.concat());
        desk
    }

    /// Makes a key; its line in a list of allowed signers.
    pub fn key(&self, name: &str, principal: &str) -> String {
        let path = self.path(&format!("keys/{name}"));
        let made =
            Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&path).status();
        assert!(made.unwrap().success());
        format!("{principal} {}", self.public(name))
    }

    pub fn public(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(&format!("keys/{name}.pub"))).unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.aboard.path(name)
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.aboard.user.run(args)
    }

    pub fn signer(&self, name: &str) -> Arc<dyn Signer> {
        let places = KeyPlaces {
            key: Some(self.path(&format!("keys/{name}"))),
            agent: None,
            ssh_dir: None,
            data_dir: self.path("data"),
            user: name.into(),
        };
        match look(&places).unwrap().found {
            Found::Ready(signer) => Arc::from(signer),
            Found::NeedsPassphrase(_) | Found::Nothing => panic!("{name} has no key"),
        }
    }

    /// A run that was started, and the operator at its wheel.
    pub fn started(&self) -> Seat {
        let args = ["run", "plan.yaml", "--key", "keys/op", "--allowed-signers", "signers", "--detach"];
        let began = self.run(&args);
        assert_eq!(began.status.code(), Some(4), "{}", said(&began));
        let mut seat = Seat::take(self);
        seat.wish(Intent::Start { typed: "local".into() }).unwrap();
        seat.until_records("the variables", |records| has(records, "vars", 1));
        seat
    }

    /// A run that waits at `off`, and the operator at its wheel.
    pub fn waiting(&self) -> Seat {
        let mut seat = self.started();
        seat.run("hello");
        seat.until_records("hello to be ok", |records| has(records, "step.judged", 1));
        seat.run("off");
        seat.until_records("the question", |records| has(records, "sign.asked", 1));
        seat
    }

    pub fn sign(&self, key: &str, more: &[&str]) -> Output {
        let key = format!("keys/{key}");
        self.run(&[&["sign", "1", "--yes", "--key", &key], more].concat())
    }

    /// What somebody with `key` would sign for `role`, signed there in `namespace` by the real ssh-keygen.
    pub fn signed_elsewhere(&self, name: &str, (key, role): (&str, &str), namespace: &str) {
        let public = format!("keys/{key}.pub");
        let written = self.run(&["sign", "1", "--write", name, "--role", role, "--key", &public]);
        assert!(written.status.success(), "{}", said(&written));
        self.keygen(name, key, namespace);
    }

    pub fn keygen(&self, name: &str, key: &str, namespace: &str) {
        let key = self.path(&format!("keys/{key}"));
        let _ = std::fs::remove_file(self.path(&format!("{name}.sig")));
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-Y", "sign", "-n", namespace, "-f"]).arg(key).arg(self.path(name));
        assert!(command.stderr(Stdio::null()).status().unwrap().success());
    }

    pub fn hand_in(&self, name: &str) -> Output {
        self.run(&["sign", "1", "--text", name, "--sig", &format!("{name}.sig")])
    }

    pub fn verify(&self, list: &str) -> Output {
        self.run(&["verify", "1", "--allowed-signers", list])
    }

    pub fn dir(&self) -> PathBuf {
        self.aboard.runs()[0].path().to_owned()
    }
}

/// The operator's client.
pub struct Seat {
    port: Live,
    news: Receiver<News>,
    pub records: Vec<Record>,
    words: Vec<String>,
}

impl Seat {
    pub fn take(desk: &Desk) -> Self {
        Self::of(desk, "op")
    }

    /// A client with this key.
    pub fn of(desk: &Desk, key: &str) -> Self {
        let coming = Coming { signer: Some(desk.signer(key)), ..Coming::default() };
        let (port, news) = connect(desk.aboard.runs().remove(0), coming).unwrap();
        let mut seat = Self { port, news, records: Vec::new(), words: Vec::new() };
        seat.until("a welcome", |seat| seat.words.iter().any(|word| word.starts_with("driver ")));
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
                News::Over { sealed, why } => self.words.push(format!("over {sealed} {}", why.unwrap_or_default())),
                News::Lost(why) => self.words.push(format!("lost {why}")),
            }
        }
    }

    pub fn until(&mut self, waited_for: &str, mut holds: impl FnMut(&Self) -> bool) {
        let held = wait_until(Duration::from_secs(60), Duration::from_millis(5), || {
            self.hear();
            holds(self)
        });
        assert!(held, "waited for {waited_for}; heard {:?}", self.words);
    }

    pub fn until_records(&mut self, waited_for: &str, holds: impl Fn(&[Record]) -> bool) {
        self.until(waited_for, |seat| holds(&seat.records));
    }

    /// Wishes; the refusal's words where it is refused.
    pub fn wish(&mut self, intent: Intent) -> Result<(), String> {
        let seen = self.records.last().map_or(Seq(0), |record| record.seq);
        let id = self.port.wish(intent, seen)?;
        let (taken, refused) = (format!("taken {id}"), format!("refused {id} "));
        let mut answer = None;
        self.until("an answer to a wish", |seat| {
            answer = seat.words.iter().find(|word| **word == taken || word.starts_with(&refused)).cloned();
            answer.is_some()
        });
        answer.and_then(|answer| answer.strip_prefix(&refused).map(str::to_owned)).map_or(Ok(()), Err)
    }

    pub fn run(&mut self, step: &str) {
        self.wish(Intent::Run { step: step.into(), typed: Typed::default() }).unwrap();
    }

    /// The last step, then the end and the seal.
    pub fn finish(mut self) {
        let (step, saw) = (StepId::from("after"), "yes".to_owned());
        self.wish(Intent::Answer { step, item: 0, answer: Answer::Ok, saw }).unwrap();
        self.until_records("the last step", |records| has(records, "step.answered", 1));
        self.wish(Intent::Close).unwrap();
        self.until("the seal", |seat| seat.words.iter().any(|word| word.starts_with("over true")));
    }
}

/// Whether so many records of one event are there.
pub fn has(records: &[Record], event: &str, count: usize) -> bool {
    let named = |record: &&Record| serde_json::to_value(&record.event).unwrap()["ev"] == event;
    records.iter().filter(named).count() >= count
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn assert_refused(output: &Output, why: &str) {
    assert!(output.status.code() == Some(2) && err(output).contains(why), "wanted {why}\n{}", said(output));
}

pub fn signed(dir: &Path) -> Vec<(String, String)> {
    let all = records(dir);
    let of = |record: &&serde_json::Value, key: &str| record[key].as_str().unwrap().to_owned();
    events(&all, "step.signed").iter().map(|one| (of(one, "role"), of(one, "principal"))).collect()
}

/// What the script of `docs/verify-by-hand.md` says of the run.
pub fn by_hand(desk: &Desk, list: &str) -> (bool, String) {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify-by-hand.md")).unwrap();
    let start = text.find("#!/bin/sh").unwrap();
    let end = text[start..].find("```").unwrap();
    desk.aboard.user.write("by-hand.sh", &text[start..start + end]);
    let mut script = Command::new("sh");
    let done = script.arg(desk.path("by-hand.sh")).arg(desk.dir()).arg(desk.path(list)).output().unwrap();
    (done.status.success(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
}

/// An ssh-agent of the test's own.
pub fn agent(desk: &Desk, keys: &[&str]) -> (Reaped, PathBuf) {
    let socket = desk.path("agent");
    let mut command = Command::new("ssh-agent");
    let mut agent = Reaped(command.arg("-D").arg("-a").arg(&socket).stdout(Stdio::piped()).spawn().unwrap());
    // It prints this line after it listens.
    let mut line = String::new();
    BufReader::new(agent.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    for key in keys {
        let mut add = Command::new("ssh-add");
        add.arg("-q").arg(desk.path(&format!("keys/{key}"))).env("SSH_AUTH_SOCK", &socket).stderr(Stdio::null());
        assert!(add.status().unwrap().success());
    }
    (agent, socket)
}
