//! The operator's signature after acts of weight, with the real binary: asked for at once, waited for by nothing.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod support;

use serde_json::Value;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;
use support::aboard::Aboard;
use support::{events, records, said, until};
use tminus::engine::clock::wait_until;
use tminus::feed::live::{Coming, Live, connect};
use tminus::feed::{News, Port};
use tminus::journal::keys::find::{Found, KeyPlaces, look};
use tminus::journal::keys::{KeyError, KeyOrigin, Signer};
use tminus::model::event::Answer;
use tminus::model::ids::Seq;
use tminus::model::intent::{Intent, Typed};
use tminus::model::record::Record;

const PLAN: &str = "\
tminus: 1
title: Vouched
environment: { name: here, kind: local }
defaults: { shell: sh }
phases:
  - id: one
    title: One
    steps:
      - { id: first, gate: Go on?, go: [ { id: ready, confirm: All is ready } ] }
      - { id: hello, title: Say hello, run: \"echo hello\", effect: reads }
      - { id: second, gate: Go further?, go: [ { id: still, confirm: All is ready still } ] }
      - { id: last, title: The last, confirm: It is over }
";

/// A key that signs when it is let, and counts how often it was asked.
struct Touch {
    key: Arc<dyn Signer>,
    refuses: AtomicBool,
    waits: AtomicBool,
    asked: AtomicUsize,
}

impl Touch {
    fn new(key: Arc<dyn Signer>) -> Arc<Self> {
        let (refuses, waits, asked) = (AtomicBool::new(false), AtomicBool::new(false), AtomicUsize::new(0));
        Arc::new(Self { key, refuses, waits, asked })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Signer for Touch {
    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, KeyError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let let_go = || !self.waits.load(Ordering::SeqCst);
        assert!(wait_until(Duration::from_secs(120), Duration::from_millis(5), let_go), "nobody touched the key");
        if self.refuses.load(Ordering::SeqCst) {
            return Err(KeyError::AgentRefused { fingerprint: self.key.fingerprint() });
        }
        self.key.sign(namespace, message)
    }

    fn public_openssh(&self) -> String {
        self.key.public_openssh()
    }

    fn fingerprint(&self) -> String {
        self.key.fingerprint()
    }

    fn origin(&self) -> KeyOrigin {
        self.key.origin()
    }
}

/// An operator with a key, and a run of theirs.
struct Desk {
    aboard: Aboard,
}

impl Desk {
    fn new() -> Self {
        let aboard = Aboard::with(&[("plan.yaml", PLAN)]);
        let desk = Self { aboard };
        for name in ["op", "lee"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(desk.aboard.path(name));
            assert!(keygen.stdout(Stdio::null()).status().unwrap().success());
        }
        let list = format!("op {}lee {}", desk.aboard.text("op.pub"), desk.aboard.text("lee.pub"));
        desk.aboard.user.write("signers", &list);
        desk
    }

    fn key(&self, name: &str) -> Arc<dyn Signer> {
        let key = Some(self.aboard.path(name));
        let places =
            KeyPlaces { key, agent: None, ssh_dir: None, data_dir: self.aboard.path("data"), user: name.into() };
        match look(&places).unwrap().found {
            Found::Ready(signer) => Arc::from(signer),
            Found::NeedsPassphrase(_) | Found::Nothing => panic!("{name} has no key"),
        }
    }

    fn begin(&self, args: &[&str]) {
        let began = self.aboard.user.run(&[&["run", "plan.yaml", "--detach"], args].concat());
        assert_eq!(began.status.code(), Some(4), "{}", said(&began));
    }

    fn records(&self) -> Vec<Value> {
        records(self.aboard.runs()[0].path())
    }

    /// What was signed of acts of weight: the `what` of each text.
    fn vouched(&self) -> Vec<String> {
        let all = self.records();
        let what = |one: &&Value| {
            let text = one["text"].as_str().unwrap().to_owned();
            text.lines().find_map(|line| line.strip_prefix("what: ")).unwrap().to_owned()
        };
        events(&all, "barrier.signed").iter().map(what).collect()
    }

    fn until_vouched(&self, what: &[&str]) {
        let held = wait_until(Duration::from_secs(60), Duration::from_millis(20), || self.vouched() == what);
        assert!(held, "waited for {what:?} to be signed; it has {:?} in {:#?}", self.vouched(), self.records());
    }

    fn verify(&self) -> Output {
        self.aboard.user.run(&["verify", "1", "--allowed-signers", "signers"])
    }
}

/// A client.
struct Seat {
    port: Live,
    news: Receiver<News>,
    records: Vec<Record>,
    words: Vec<String>,
}

impl Seat {
    fn take(desk: &Desk, signer: Option<Arc<dyn Signer>>) -> Self {
        let coming = Coming { signer, ..Coming::default() };
        let (port, news) = connect(desk.aboard.runs().remove(0), coming).unwrap();
        let mut seat = Self { port, news, records: Vec::new(), words: Vec::new() };
        seat.until("a welcome", |seat| seat.words.iter().any(|word| word.starts_with("driver ")));
        seat
    }

    fn until(&mut self, waited_for: &str, mut holds: impl FnMut(&Self) -> bool) {
        let held = wait_until(Duration::from_secs(60), Duration::from_millis(5), || {
            while let Ok(news) = self.news.try_recv() {
                match news {
                    News::Records(records) => self.records.extend(records),
                    News::Taken(id) => self.words.push(format!("taken {id}")),
                    News::Refused(id, why) => self.words.push(format!("refused {id} {why}")),
                    News::Driver { name, .. } => self.words.push(format!("driver {name}")),
                    News::Trouble(words) => self.words.push(format!("trouble {words}")),
                    News::Over { sealed, .. } => self.words.push(format!("over {sealed}")),
                    News::Lost(why) => self.words.push(format!("lost {why}")),
                }
            }
            holds(self)
        });
        assert!(held, "waited for {waited_for}; heard {:?}", self.words);
    }

    fn until_word(&mut self, word: &str) {
        self.until(word, |seat| seat.words.iter().any(|said| said.contains(word)));
    }

    fn wish(&mut self, intent: Intent) {
        let seen = self.records.last().map_or(Seq(0), |record| record.seq);
        let id = self.port.wish(intent, seen).unwrap();
        self.until_word(&format!("taken {id}"));
    }

    fn until_event(&mut self, name: &str, count: usize) {
        let named = |record: &&Record| serde_json::to_value(&record.event).unwrap()["ev"] == name;
        self.until(name, |seat| seat.records.iter().filter(named).count() >= count);
    }

    fn start(&mut self) {
        self.wish(Intent::Start { typed: "local".into() });
        self.until_event("vars", 1);
    }

    fn decide(&mut self, step: &str, criterion: &str) {
        let before = self.records.iter().filter(|record| is_decision(record)).count();
        let (item, answer, saw) = (0, Answer::Ok, "yes".to_owned());
        self.wish(Intent::Answer { step: criterion.into(), item, answer, saw });
        self.until("the criterion", |seat| seat.records.iter().any(|record| answered(record, criterion)));
        self.wish(Intent::Decide { step: step.into(), go: true, typed: String::new(), reason: String::new() });
        self.until("the decision", |seat| seat.records.iter().filter(|record| is_decision(record)).count() > before);
    }
}

fn answered(record: &Record, criterion: &str) -> bool {
    let event = serde_json::to_value(&record.event).unwrap();
    event["ev"] == "step.answered" && event["step"] == criterion
}

fn is_decision(record: &Record) -> bool {
    serde_json::to_value(&record.event).unwrap()["ev"] == "gate.decided"
}

#[test]
fn each_act_is_signed_as_soon_as_it_is_on_disk_and_verify_names_it() {
    let desk = Desk::new();
    desk.begin(&["--key", "op"]);
    let mut seat = Seat::take(&desk, Some(desk.key("op")));
    seat.start();
    seat.decide("first", "first.ready");
    desk.until_vouched(&["GO at first, attempt 1"]);
    seat.wish(Intent::Run { step: "hello".into(), typed: Typed::default() });
    seat.until_event("step.judged", 1);
    seat.decide("second", "second.still");
    desk.until_vouched(&["GO at first, attempt 1", "GO at second, attempt 1"]);
    seat.wish(Intent::Pause);
    seat.until_word("over false");
    desk.until_vouched(&["GO at first, attempt 1", "GO at second, attempt 1", "paused"]);
    let verified = desk.verify();
    assert!(said(&verified).contains("unsealed") && !said(&verified).contains("wrong:"), "{}", said(&verified));
    assert!(!said(&verified).contains("no act of weight"), "{}", said(&verified));
    let listed = desk.aboard.user.listed();
    assert_eq!((&listed[0]["unsigned_since"], &listed[0]["state"]), (&Value::Null, &"paused".into()));
}

#[test]
fn nothing_waits_for_a_key_and_what_was_not_signed_is_said_until_somebody_signs_it() {
    let desk = Desk::new();
    desk.begin(&["--key", "op"]);
    // Somebody else drives: a key that is not the operator's is not asked.
    let lees = Touch::new(desk.key("lee"));
    let mut seat = Seat::take(&desk, Some(lees.clone()));
    seat.start();
    seat.decide("first", "first.ready");
    seat.wish(Intent::Run { step: "hello".into(), typed: Typed::default() });
    seat.until_event("step.judged", 1);
    until(60, "the list to say that it is not signed", || desk.aboard.user.listed()[0]["unsigned_since"].is_string());
    let text = String::from_utf8(desk.aboard.user.run(&["runs"]).stdout).unwrap();
    assert!(text.contains(" unsigned since "), "{text}");
    assert_eq!((lees.asked(), desk.vouched()), (0, Vec::<String>::new()));
    let verified = said(&desk.verify());
    assert!(verified.contains("(GO at first, attempt 1) on, no act of weight is signed"), "{verified}");
    // The operator comes: what waited is signed, by whoever has the key and not by whoever drives.
    let _operator = Seat::take(&desk, Some(desk.key("op")));
    desk.until_vouched(&["GO at first, attempt 1"]);
    until(60, "the list to say no more", || desk.aboard.user.listed()[0]["unsigned_since"].is_null());
    assert_eq!(lees.asked(), 0);
}

#[test]
fn a_key_that_waits_for_a_touch_is_asked_once_an_act_and_the_newest_act_stands_for_all() {
    let desk = Desk::new();
    desk.begin(&["--key", "op"]);
    let key = Touch::new(desk.key("op"));
    let mut seat = Seat::take(&desk, Some(key.clone()));
    seat.start();
    key.waits.store(true, Ordering::SeqCst);
    seat.decide("first", "first.ready");
    until(60, "the key to be asked", || key.asked() == 1);
    // The run goes on while the key waits, and nothing else is asked of it.
    seat.wish(Intent::Run { step: "hello".into(), typed: Typed::default() });
    seat.until_event("step.judged", 1);
    seat.decide("second", "second.still");
    assert_eq!((key.asked(), desk.vouched()), (1, Vec::<String>::new()));
    key.waits.store(false, Ordering::SeqCst);
    desk.until_vouched(&["GO at first, attempt 1", "GO at second, attempt 1"]);
    assert_eq!(key.asked(), 2);
}

#[test]
fn a_key_that_refuses_is_not_asked_again_for_that_act_and_the_next_act_asks_for_both() {
    let desk = Desk::new();
    desk.begin(&["--key", "op"]);
    let key = Touch::new(desk.key("op"));
    let mut seat = Seat::take(&desk, Some(key.clone()));
    seat.start();
    key.refuses.store(true, Ordering::SeqCst);
    seat.decide("first", "first.ready");
    seat.until_word("trouble Not signed (GO at first, attempt 1): ");
    seat.wish(Intent::Run { step: "hello".into(), typed: Typed::default() });
    seat.until_event("step.judged", 1);
    assert_eq!(key.asked(), 1, "it is not asked again at every record");
    key.refuses.store(false, Ordering::SeqCst);
    seat.decide("second", "second.still");
    desk.until_vouched(&["GO at second, attempt 1"]);
    seat.until("the trouble to be over", |seat| seat.words.iter().any(|word| word == "trouble "));
    assert_eq!(key.asked(), 2);
}

#[test]
fn a_run_without_a_key_asks_for_no_signature_and_says_so_everywhere() {
    let desk = Desk::new();
    desk.begin(&["--no-key"]);
    let key = Touch::new(desk.key("op"));
    let mut seat = Seat::take(&desk, Some(key.clone()));
    seat.start();
    seat.decide("first", "first.ready");
    seat.wish(Intent::Pause);
    seat.until_word("over false");
    assert_eq!((key.asked(), desk.vouched()), (0, Vec::<String>::new()));
    let text = String::from_utf8(desk.aboard.user.run(&["runs"]).stdout).unwrap();
    assert!(text.contains(" UNSIGNED") && !text.contains("unsigned since"), "{text}");
    assert_eq!(desk.aboard.user.listed()[0]["key"], "UNSIGNED");
    let verified = desk.verify();
    assert!(verified.status.code() == Some(1) && said(&verified).contains("unsigned"), "{}", said(&verified));
}

#[test]
fn lines_the_list_and_verify_say_that_nobody_signs_or_that_the_key_was_made_by_tminus() {
    let answers = "operator: ci\nstart: yes\nsteps:\n  first: { ready: ok, decide: go }\n  hello: run\n  second: { still: ok, decide: go }\n  last: { ok: seen }\n";
    for (args, word, verdict) in [(&["--no-key"][..], "UNSIGNED", "unsigned"), (&[], "SELF-MADE KEY", "SELF-MADE KEY")]
    {
        let desk = Desk::new();
        desk.aboard.user.write("answers.yaml", answers);
        let flown = desk.aboard.user.run(&[&["run", "plan.yaml", "--answers", "answers.yaml"], args].concat());
        let out = String::from_utf8(flown.stdout.clone()).unwrap();
        assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
        let (first, last) = (out.lines().next().unwrap(), out.lines().last().unwrap());
        assert!(first.contains(word) && last.contains(word), "{out}");
        let listed = String::from_utf8(desk.aboard.user.run(&["runs"]).stdout).unwrap();
        assert!(listed.contains(word), "{listed}");
        let verified = desk.aboard.user.run(&["verify", "1"]);
        let line = String::from_utf8(verified.stdout.clone()).unwrap();
        assert!(line.lines().next().unwrap().contains(verdict), "{line}");
        // The key that tminus made signs acts as any other, and its owner's list knows it for that.
        let by_key = args.is_empty();
        assert_eq!((verified.status.code() == Some(0), desk.vouched().is_empty()), (by_key, !by_key), "{line}");
    }
}
