//! The operator, two people who sign, and a list that knows all three; what they sign of a journal that the test writes.

use super::{Person, Rig};
use tminus::journal::keys::allowed::AllowedSigners;
use tminus::journal::verify::{Verified, VerifyWith};
use tminus::journal::writer::Report;
use tminus::model::event::Event;
use tminus::model::signoff::Prefix;

pub struct Cast {
    pub maya: Person,
    pub ana: Person,
    pub ben: Person,
}

impl Cast {
    pub fn new() -> Self {
        Self { maya: Person::new(), ana: Person::new(), ben: Person::new() }
    }

    pub fn list(&self) -> String {
        let line = |who: &str, person: &Person| format!("{who} {}\n", person.signer.public_openssh());
        [line("maya", &self.maya), line("ana", &self.ana), line("ben", &self.ben)].concat()
    }

    pub fn with(&self, list: &str) -> VerifyWith {
        VerifyWith { allowed: AllowedSigners::parse(list.as_bytes()), ..self.maya.with() }
    }
}

/// What the first checkpoint says is before it that stands behind a record for which this holds.
pub fn prefix_after(rig: &mut Rig, holds: impl Fn(&Event) -> bool) -> Prefix {
    let mut seen = false;
    loop {
        let Report::Durable { records, .. } = rig.report() else { continue };
        for record in &records {
            seen |= holds(&record.event);
            if let (true, Event::Ckpt { text, .. }) = (seen, &record.event) {
                return Prefix::of_ckpt(text).unwrap();
            }
        }
    }
}

/// All that is said against a run.
pub fn why(verified: &Verified) -> String {
    verified.problems.iter().map(|problem| format!("{problem}\n")).collect::<String>() + &verified.notes.join("\n")
}
