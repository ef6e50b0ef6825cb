//! What the operator's key signs while a run is under way: the journal, as it stood after each act of weight.
//!
//! A gate that was decided, a sign-off, a way back taken and at its end, a pause. The text follows from the records alone, so
//! the conductor, every screen, a resume and a verification make the same bytes of it. Signed after the act and never waited
//! for: until it is, the run is unsigned since then. Never judges a signature: that is the conductor's and the verifier's.
//! The fold and the verifier feed it; `docs/journal-format.md` has the fields.

use crate::model::event::Event;
use crate::model::ids::{RunId, Seq};
use crate::model::record::Record;
use crate::model::signed::{Realm, SignedText};
use crate::model::signoff::Prefix;
use crate::model::time::Stamp;
use std::time::Duration;

/// The kind of the text.
pub const KIND: &str = "barrier";
/// A signature that comes so soon after its act is in time: nothing is said of the moment in between.
pub const GRACE: Duration = Duration::from_secs(4);

/// An act of weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barrier {
    /// Its record.
    pub seq: Seq,
    /// When.
    pub at: Stamp,
    /// `gate`, `signoff`, `rollback`, `rollback-end`, `amend` or `pause`.
    pub act: &'static str,
    /// What was done, in the words that are signed.
    pub what: String,
    /// The journal up to the first checkpoint after it; `None` before it.
    pub prefix: Option<Prefix>,
}

/// Who signs in this part of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Operator {
    realm: Realm,
    run: RunId,
    /// `SHA256:…`.
    key: String,
}

/// Acts of weight and how far the operator's key signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Barriers {
    /// `None` in an unsigned part: nothing is asked for there.
    operator: Option<Operator>,
    /// Acts that no signature covers yet, the oldest first.
    open: Vec<Barrier>,
    /// The last record that the operator's key signed.
    signed: Option<Seq>,
}

impl Barriers {
    /// Takes over what a record adds: an act, how far the journal went then, who signs from here on.
    pub fn note(&mut self, record: &Record) {
        match &record.event {
            Event::Genesis { text, sig, .. } | Event::Resume { text, sig, .. } => self.open_part(record.seq, text, sig),
            Event::Ckpt { text, .. } => {
                for barrier in self.open.iter_mut().rev().take_while(|barrier| barrier.prefix.is_none()) {
                    barrier.prefix = Prefix::of_ckpt(text);
                }
            }
            _of_no_other_weight if self.operator.is_some() => {
                if let Some((act, what)) = act(&record.event) {
                    self.open.push(Barrier { seq: record.seq, at: record.at, act, what, prefix: None });
                }
            }
            _in_an_unsigned_part => {}
        }
    }

    /// A text was signed: it covers an act that waits, and all before that. An error where the journal does not lead to it.
    pub fn sign(&mut self, text: &str) -> Result<(), String> {
        let at = self.open.iter().position(|barrier| self.text(barrier).as_deref() == Some(text));
        let at = at.ok_or_else(|| self.why_not(text))?;
        self.signed = Some(self.open[at].seq);
        self.open.drain(..=at);
        Ok(())
    }

    /// A signed first record signs all before it too; one that is not signed asks for nothing.
    fn open_part(&mut self, seq: Seq, text: &str, sig: &str) {
        let text = SignedText::decode(text).filter(|text| sig != "-" && text.get("key origin") != Some("none"));
        let operator = |text: SignedText| {
            let key = text.get("key")?.to_owned();
            Some(Operator { realm: text.realm, run: text.run, key })
        };
        self.open.clear();
        self.operator = text.and_then(operator);
        if self.operator.is_some() {
            self.signed = Some(seq);
        }
    }

    /// The last record that the operator's key signed; `None` in a run that is not signed.
    pub fn signed(&self) -> Option<Seq> {
        self.signed
    }

    /// `SHA256:…` of the key that signs now.
    pub fn key(&self) -> Option<&str> {
        self.operator.as_ref().map(|operator| operator.key.as_str())
    }

    /// The first act that is not signed.
    pub fn oldest(&self) -> Option<&Barrier> {
        self.open.first()
    }

    /// Since when acts are not signed, once that is longer than a signature takes.
    pub fn unsigned_since(&self, now: Stamp) -> Option<i64> {
        let oldest = self.oldest()?;
        let long = now.since(oldest.at) >= GRACE || (now.wall - oldest.at.wall).unsigned_abs() >= 4_000_000;
        long.then_some(oldest.at.wall)
    }

    /// What is to be signed: the newest act, which covers all before it, and its text.
    pub fn wanted(&self) -> Option<(&Barrier, String)> {
        let newest = self.open.iter().rev().find(|barrier| barrier.prefix.is_some())?;
        Some((newest, self.text(newest)?))
    }

    fn text(&self, barrier: &Barrier) -> Option<String> {
        let (operator, prefix) = (self.operator.as_ref()?, barrier.prefix.as_ref()?);
        let text = SignedText::new(KIND, operator.realm, &operator.run)
            .with("part", prefix.part)
            .with("records", prefix.records)
            .with("bytes", prefix.bytes)
            .with("sha256", &prefix.sha256)
            .with("act", barrier.act)
            .with("record", barrier.seq)
            .with("what", &barrier.what)
            .with("key", &operator.key);
        Some(text.encode())
    }

    /// What a text says that the journal does not lead to.
    fn why_not(&self, text: &str) -> String {
        let Some(said) = SignedText::decode(text).filter(|text| text.kind == KIND) else {
            return "what it signs is not written as such a text is".into();
        };
        let Some(operator) = &self.operator else {
            return "it is signed, and this part of the run says that nobody signs it".into();
        };
        if (said.realm, &said.run) != (operator.realm, &operator.run) {
            return format!("it was signed for the {} run {}", said.realm.word(), said.run);
        }
        if said.get("key") != Some(&operator.key) {
            return "it names another key than the operator's".into();
        }
        let record = said.get("record").unwrap_or("nothing");
        match self.open.iter().find(|barrier| record == barrier.seq.to_string()) {
            None => format!("it signs record {record}, which is no act that waits for a signature"),
            Some(_) => format!("it does not sign what record {record} leads to: another journal, or other words"),
        }
    }
}

/// In which namespace they are signed.
pub fn namespace(realm: Realm) -> &'static str {
    match realm {
        Realm::Live => "barrier@tminus",
        Realm::Drill => "barrier.drill@tminus",
    }
}

/// What kind of act of weight an event is, and what it says, as it is signed; `None` for every other. Part of the format.
fn act(event: &Event) -> Option<(&'static str, String)> {
    match event {
        Event::GateDecided { step, attempt, go, over, .. } => {
            let word = match (go, over.is_empty()) {
                (true, true) => "GO",
                (true, false) => "GO ANYWAY",
                (false, _) => "NO-GO",
            };
            Some(("gate", format!("{word} at {step}, attempt {attempt}")))
        }
        Event::StepSigned { step, attempt, role, principal, .. } => {
            Some(("signoff", format!("{step}, attempt {attempt}, for {role} by {principal}")))
        }
        Event::RollbackStarted { level, .. } => Some(("rollback", format!("way back {level} taken"))),
        Event::RollbackEnded { level } => Some(("rollback-end", format!("way back {level} at its end"))),
        Event::Amended { to, .. } => Some(("amend", format!("runbook amended to {to}"))),
        Event::Paused { .. } => Some(("pause", "paused".to_owned())),
        _of_no_weight => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::actor::Actor;
    use crate::model::event::StopHow;
    use crate::model::ids::StepId;

    const RUN: &str = "0001-x";

    fn genesis(origin: &str) -> Event {
        let text = SignedText::new("genesis", Realm::Live, &RunId::from(RUN));
        let text = text.with("key origin", origin).with("key", "SHA256:maya").encode();
        Event::Genesis { fmt: "1.1".into(), text, sig: "armored".into() }
    }

    fn ckpt(bytes: u64) -> Event {
        let text = SignedText::new("ckpt", Realm::Live, &RunId::from(RUN));
        let text = text.with("part", 1).with("records", 5).with("bytes", bytes).with("sha256", "aa").encode();
        Event::Ckpt { text, sig: "x".into() }
    }

    fn gate(step: &str, go: bool) -> Event {
        let (step, reason, by) = (StepId(step.into()), String::new(), Actor::program());
        Event::GateDecided { step, attempt: 1, go, over: Vec::new(), reason, by }
    }

    struct Journal(Barriers, u64);

    impl Journal {
        fn of(events: Vec<Event>) -> Self {
            let mut journal = Self(Barriers::default(), 0);
            events.into_iter().for_each(|event| journal.write(event));
            journal
        }

        fn write(&mut self, event: Event) {
            self.1 += 1;
            let at = Stamp { wall: self.1 as i64 * 1_000_000, mono: self.1 * 1_000_000 };
            self.0.note(&Record { seq: Seq(self.1), at, event });
        }
    }

    #[test]
    fn the_newest_act_is_signed_and_covers_those_before_it() {
        let mut journal = Journal::of(vec![genesis("file"), ckpt(10), gate("one", true), ckpt(20)]);
        let first = journal.0.wanted().unwrap().1;
        journal.write(gate("two", false));
        assert_eq!(journal.0.wanted().unwrap().1, first, "what no checkpoint covers is not asked for");
        journal.write(ckpt(30));
        let (barrier, second) = journal.0.wanted().map(|(barrier, text)| (barrier.what.clone(), text)).unwrap();
        assert_eq!(barrier, "NO-GO at two, attempt 1");
        assert!(second.contains("bytes: 30\n") && second.contains("record: 5\n"), "{second}");
        let mut both = journal.0.clone();
        both.sign(&second).unwrap();
        assert_eq!((both.signed(), both.oldest()), (Some(Seq(5)), None));
        assert!(both.sign(&first).is_err(), "what a later signature covers is not signed again");
        journal.0.sign(&first).unwrap();
        assert_eq!(journal.0.signed(), Some(Seq(3)));
        assert_eq!(journal.0.oldest().map(|barrier| barrier.seq), Some(Seq(5)));
    }

    #[test]
    fn a_text_that_the_journal_does_not_lead_to_signs_nothing() {
        let journal = Journal::of(vec![genesis("file"), ckpt(10), gate("one", true), ckpt(20)]);
        let text = journal.0.wanted().unwrap().1;
        for (from, to, said) in [
            ("bytes: 20", "bytes: 21", "another journal"),
            ("act: gate", "act: pause", "other words"),
            ("GO at", "NO-GO at", "other words"),
            ("record: 3", "record: 1", "no act that waits"),
            ("SHA256:maya", "SHA256:lee", "another key"),
            (RUN, "0002-y", "run 0002-y"),
            ("live", "drill", "the drill run"),
            ("tminus/1 barrier", "tminus/1 signoff", "not written"),
        ] {
            let mut barriers = journal.0.clone();
            let why = barriers.sign(&text.replace(from, to)).unwrap_err();
            assert!(why.contains(said), "{from} -> {to}: {why}");
            assert_eq!(barriers, journal.0);
        }
    }

    #[test]
    fn an_unsigned_part_asks_for_nothing_and_a_signed_one_signs_all_before_it() {
        let mut journal = Journal::of(vec![genesis("none"), gate("one", true), ckpt(20)]);
        assert_eq!((journal.0.oldest(), journal.0.signed()), (None, None));
        let Event::Genesis { fmt, text, sig } = genesis("agent") else { panic!("no genesis") };
        journal.write(Event::Resume { fmt, text: text.replace(" genesis ", " resume "), sig });
        assert_eq!(journal.0.signed(), Some(Seq(4)));
        journal.write(gate("two", true));
        assert_eq!(journal.0.oldest().map(|barrier| barrier.seq), Some(Seq(5)));
    }

    #[test]
    fn it_is_unsigned_since_the_oldest_act_once_a_signature_had_its_time() {
        let mut journal = Journal::of(vec![genesis("file"), gate("one", true), ckpt(20)]);
        journal.write(Event::StopAsked {
            step: StepId("one".into()),
            attempt: 1,
            how: StopHow::Kill,
            by: Actor::program(),
        });
        let at = |second: u64| Stamp { wall: second as i64 * 1_000_000, mono: second * 1_000_000 };
        assert_eq!(journal.0.unsigned_since(at(3)), None);
        assert_eq!(journal.0.unsigned_since(at(6)), Some(2_000_000));
        journal.write(Event::Paused { by: Actor::program() });
        assert_eq!(journal.0.unsigned_since(at(60)), Some(2_000_000));
    }
}
