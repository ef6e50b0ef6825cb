//! Takes the values of named variables out of an export, in every encoding that the masker of secrets knows.
//!
//! The run keeps what it has; only what is written here is without it, and says so. Every value that the variable ever had in
//! the run goes. The whole report is masked text by text, whatever field it stands in, so that none can be forgotten.

use super::value::{Redacted, Report};
use crate::engine::mask::{MaskedBytes, Masker};
use crate::model::output::Masked;
use crate::model::secret::Secret;
use std::collections::BTreeMap;

/// What is to be taken out.
pub struct Redactor {
    masker: Masker,
    counts: BTreeMap<String, u64>,
}

impl Redactor {
    /// A redactor for these variables, with every value that they ever had. A secret's value is nowhere in a run: its name is
    /// taken and nothing is found.
    pub fn new(names: &[String], values: &[(String, String)]) -> Self {
        let wanted = values.iter().filter(|(name, _)| names.contains(name));
        let secrets: Vec<(String, Secret)> =
            wanted.map(|(name, value)| (name.clone(), Secret::new(value.clone()))).collect();
        let by_name: Vec<(&str, &Secret)> = secrets.iter().map(|(name, secret)| (name.as_str(), secret)).collect();
        let counts = names.iter().map(|name| (name.clone(), 0)).collect();
        Self { masker: Masker::new(&by_name), counts }
    }

    /// For one stream of bytes.
    pub fn stream(&self) -> Stream {
        Stream { masker: self.masker.fresh(), replaced: Vec::new() }
    }

    /// Counts what a stream replaced.
    pub fn count(&mut self, replaced: &[Masked]) {
        for masked in replaced {
            *self.counts.entry(masked.name.clone()).or_default() += masked.count;
        }
    }

    /// A text without the values.
    pub fn text(&mut self, text: &str) -> String {
        let masked = self.masker.whole(text.as_bytes());
        self.count(&masked.masked);
        if masked.masked.is_empty() {
            return text.to_owned();
        }
        named(&String::from_utf8_lossy(&masked.bytes), self.counts.keys())
    }

    /// The report without them, and with what was done to it.
    pub fn report(&mut self, report: Report) -> Report {
        if self.counts.is_empty() {
            return report;
        }
        let Ok(mut value) = serde_json::to_value(&report) else { return Report::default() };
        self.value(&mut value);
        let redacted = self.counts.iter().map(|(name, places)| Redacted { name: name.clone(), places: *places });
        let redacted = redacted.collect();
        // The value has the report's own shape, so it reads back; an empty report would show that it did not.
        let masked: Report = serde_json::from_value(value).unwrap_or_default();
        Report { redacted, ..masked }
    }

    fn value(&mut self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.text(text),
            serde_json::Value::Array(all) => all.iter_mut().for_each(|value| self.value(value)),
            serde_json::Value::Object(all) => all.values_mut().for_each(|value| self.value(value)),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
        }
    }
}

/// What was taken out is no secret, and must not be called one.
fn named<'a>(text: &str, names: impl Iterator<Item = &'a String>) -> String {
    names.fold(text.to_owned(), |text, name| text.replace(&format!("[secret {name}]"), &format!("[redacted {name}]")))
}

/// One stream of bytes, masked as it goes.
pub struct Stream {
    masker: Masker,
    replaced: Vec<Masked>,
}

impl Stream {
    /// What is decided after these bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let masked = self.masker.push(bytes);
        self.take(masked)
    }

    /// What was held back.
    pub fn end(&mut self) -> Vec<u8> {
        let masked = self.masker.finish();
        self.take(masked)
    }

    /// What was replaced so far.
    pub fn replaced(&self) -> Vec<Masked> {
        self.replaced.clone()
    }

    fn take(&mut self, masked: MaskedBytes) -> Vec<u8> {
        if masked.masked.is_empty() {
            return masked.bytes;
        }
        let mut bytes = masked.bytes;
        for masked in &masked.masked {
            bytes = replace(&bytes, &format!("[secret {}]", masked.name), &format!("[redacted {}]", masked.name));
        }
        self.replaced.extend(masked.masked);
        bytes
    }
}

fn replace(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 16);
    let mut rest = bytes;
    while let Some(at) = memchr::memmem::find(rest, from.as_bytes()) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to.as_bytes());
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::value::Line;

    fn redactor() -> Redactor {
        let values = [("HOST", "db1.internal.example"), ("HOST", "db2.internal.example"), ("OTHER", "stays-as-it-is")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Redactor::new(&["HOST".into()], &values)
    }

    #[test]
    fn every_value_that_the_variable_ever_had_goes_in_each_encoding_and_nothing_else() {
        let mut redactor = redactor();
        let line = |text: &str| Line { text: text.into(), ..Line::default() };
        // printf db1.internal.example | base64
        let texts =
            ["to db1.internal.example", "ZGIxLmludGVybmFsLmV4YW1wbGU=", "db2.internal.example!", "stays-as-it-is"];
        let report = Report { course: texts.map(line).to_vec(), ..Report::default() };
        let report = redactor.report(report);
        let said: Vec<&str> = report.course.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(said[0], "to [redacted HOST]");
        assert!(!said[1].contains("ZGIx"), "{said:?}");
        assert_eq!(&said[2..], ["[redacted HOST]!", "stays-as-it-is"]);
        assert_eq!(report.redacted, [Redacted { name: "HOST".into(), places: 3 }]);
    }

    #[test]
    fn a_value_that_two_chunks_share_goes_as_well() {
        let redactor = redactor();
        let mut stream = redactor.stream();
        let mut out = stream.push(b"ping db1.inter");
        out.extend(stream.push(b"nal.example ok"));
        out.extend(stream.end());
        assert_eq!(String::from_utf8(out).unwrap(), "ping [redacted HOST] ok");
        assert_eq!(stream.replaced().len(), 1);
    }
}
