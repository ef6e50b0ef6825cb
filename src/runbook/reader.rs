//! The reader's own tools: texts, numbers, words and keys of a mapping, each with its complaint.
//!
//! A method here never stops at a mistake: it reports and returns `None`, and the caller goes on with a default, so
//! that one run of `tminus check` finds all there is to find. `read` is written in terms of these.

use super::diagnostic::{Diagnostic, Findings};
use super::nearest::did_you_mean;
use super::node::{Field, Node};
use super::scope::Scope;
use serde_yaml::Value;
use std::ops::Range;

/// The keys of a mapping that are not yet taken.
pub(crate) struct Fields<'a> {
    pub scope: Scope,
    pub span: Range<usize>,
    left: Vec<Field<'a>>,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Takes a key's value out.
    pub fn take(&mut self, key: &'static str) -> Option<Node<'a>> {
        self.take_field(key).map(|field| field.node)
    }

    /// Takes a key with its value out.
    pub fn take_field(&mut self, key: &'static str) -> Option<Field<'a>> {
        debug_assert!(
            super::keys::has(self.scope, key),
            "`{key}` of {} is not in the table of keys",
            self.scope.owner()
        );
        #[cfg(test)]
        super::keys::ASKED.with_borrow_mut(|asked| asked.insert((self.scope, key)));
        self.asked.push(key);
        let at = self.left.iter().position(|field| field.key == key)?;
        #[cfg(test)]
        super::keys::FOUND.with_borrow_mut(|found| found.insert((self.scope, key)));
        Some(self.left.remove(at))
    }

    /// The keys not yet taken.
    pub fn rest(&self) -> impl Iterator<Item = &Field<'a>> {
        self.left.iter()
    }

    /// The first line's worth of the mapping: what to underline when the mapping as a whole is meant.
    pub fn head(&self) -> Range<usize> {
        self.left.first().map_or(self.span.clone(), |field| field.key_span.clone())
    }
}

/// Collects complaints over one source.
pub(crate) struct Desk<'a> {
    pub source: &'a str,
    pub findings: Findings,
}

impl<'a> Desk<'a> {
    pub fn report(&mut self, found: Diagnostic) {
        self.findings.push(found);
    }

    /// The source's text of a range.
    pub fn written(&self, span: &Range<usize>) -> &'a str {
        self.source.get(span.clone()).unwrap_or_default()
    }

    /// A narrower range: the first place of `needle` inside `span`, else the first line of `span`.
    pub fn inside(&self, span: &Range<usize>, needle: &str) -> Range<usize> {
        match self.written(span).find(needle).filter(|_| !needle.is_empty()) {
            Some(at) => span.start + at..span.start + at + needle.len(),
            None => span.clone(),
        }
    }

    pub fn wrong_type(&mut self, node: Node<'a>, wanted: &str) {
        let help = match node.value {
            Value::Null if self.written(&node.span()).is_empty() => {
                Some("nothing stands here; `#` after a space begins a comment: quote it if it belongs to the text")
            }
            Value::Mapping(_) if wanted.contains("text") => {
                Some("a text that holds `: `, or begins with `{`, is read as a mapping: quote it, or use |")
            }
            Value::Sequence(_) if wanted == "a text" => {
                Some("a text that begins with `[` or `- ` is read as a list: quote it, or use |")
            }
            Value::String(word) if wanted.contains("true") && is_old_boolean(word) => {
                Some("write true or false; in YAML 1.2 yes, no, on and off are texts")
            }
            _ => None,
        };
        let found = Diagnostic::error(
            "RB0104",
            &first_line(self.source, node.span()),
            format!("{wanted} is wanted here, not {}", node.what()),
        )
        .maybe_help(help.map(str::to_owned));
        self.report(found);
    }

    /// A mapping's keys.
    pub fn fields(&mut self, node: Node<'a>, scope: Scope, wanted: &str) -> Option<Fields<'a>> {
        match node.entries() {
            Some(left) => Some(Fields { scope, span: node.span(), left, asked: Vec::with_capacity(48) }),
            None => {
                self.wrong_type(node, wanted);
                None
            }
        }
    }

    /// A mapping whose keys are names of the author's.
    pub fn named(&mut self, node: Node<'a>, wanted: &str) -> Vec<Field<'a>> {
        node.entries().unwrap_or_else(|| {
            self.wrong_type(node, wanted);
            Vec::new()
        })
    }

    /// A list.
    pub fn list(&mut self, node: Node<'a>, wanted: &str) -> Vec<Node<'a>> {
        node.items().unwrap_or_else(|| {
            self.wrong_type(node, wanted);
            Vec::new()
        })
    }

    /// A text. A bare number is taken as it is written (`1.10` stays `1.10`).
    pub fn text(&mut self, node: Node<'a>) -> Option<String> {
        match node.value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(self.written(&node.span()).trim().to_owned()),
            Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => {
                self.wrong_type(node, "a text");
                None
            }
        }
    }

    /// A text that says something.
    pub fn full_text(&mut self, node: Node<'a>) -> Option<String> {
        let text = self.text(node)?;
        if text.trim().is_empty() {
            self.report(Diagnostic::error("RB0109", &node.span(), "the text is empty"));
            return None;
        }
        Some(text)
    }

    /// `true` or `false`.
    pub fn truth(&mut self, node: Option<Node<'a>>) -> bool {
        match node.map(|node| (node, node.value)) {
            None => false,
            Some((_, Value::Bool(truth))) => *truth,
            Some((node, _)) => {
                self.wrong_type(node, "true or false");
                false
            }
        }
    }

    /// A whole number of at least `least`.
    pub fn whole(&mut self, node: Node<'a>, least: i64) -> Option<i64> {
        match node.value.as_i64() {
            Some(number) if number >= least => Some(number),
            Some(_) => {
                self.report(Diagnostic::error(
                    "RB0104",
                    &node.span(),
                    format!("a whole number of at least {least} is wanted here"),
                ));
                None
            }
            None => {
                self.wrong_type(node, "a whole number");
                None
            }
        }
    }

    /// One of some words.
    pub fn word<T: Copy>(&mut self, node: Node<'a>, words: &[(&'static str, T)]) -> Option<T> {
        let said = self.text(node)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == said) {
            return Some(*value);
        }
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let found = Diagnostic::error("RB0108", &node.span(), format!("`{said}` is not one of {}", all.join(", ")))
            .maybe_help(did_you_mean(&said, all.iter().copied()));
        self.report(found);
        None
    }

    /// "did you mean", unless nobody will read it; candidates may be many.
    pub fn suggest<'n>(&self, wrong: &str, candidates: impl IntoIterator<Item = &'n str>) -> Option<String> {
        if self.findings.full() { None } else { did_you_mean(wrong, candidates) }
    }

    /// A list's first `most` entries; more are an error, since names are looked up one by one.
    pub fn capped<T>(&mut self, mut list: Vec<T>, most: usize, span: &Range<usize>, what: &str) -> Vec<T> {
        if list.len() > most {
            let found = Diagnostic::error(
                "RB0010",
                &first_line(self.source, span.clone()),
                format!("{} {what}: at most {most}", list.len()),
            );
            self.report(found);
            list.truncate(most);
        }
        list
    }

    pub fn missing(&mut self, span: &Range<usize>, message: String, help: &str) {
        let found = Diagnostic::error("RB0103", &first_line(self.source, span.clone()), message).help(help);
        self.report(found);
    }

    /// Reports every key that nobody took. `elsewhere` explains a key that is right for another kind of step.
    pub fn finish(&mut self, fields: Fields<'a>, elsewhere: &dyn Fn(&str) -> Option<String>) {
        let owner = fields.scope.owner();
        for field in fields.rest() {
            let key = field.key;
            if self.findings.full() {
                // Counted, and no more: suggestions for a hundred thousand keys take minutes.
                self.report(Diagnostic::error("RB0102", &field.key_span, ""));
                continue;
            }
            let found = if let Some(why) = elsewhere(key) {
                Diagnostic::error("RB0107", &field.key_span, why)
            } else {
                Diagnostic::error("RB0102", &field.key_span, format!("`{key}` is not a key of {owner}"))
                    .label("unknown key")
                    .help(
                        did_you_mean(key, fields.asked.iter().copied())
                            .unwrap_or_else(|| format!("keys of {owner}: {}", fields.asked.join(", "))),
                    )
            };
            self.report(found);
        }
    }
}

pub(crate) fn first_line(source: &str, span: Range<usize>) -> Range<usize> {
    let text = source.get(span.clone()).unwrap_or_default();
    let line = text.split('\n').next().unwrap_or_default().trim_end();
    span.start..span.start + line.len()
}

fn is_old_boolean(word: &str) -> bool {
    ["yes", "no", "on", "off", "y", "n", "true", "false"].contains(&word.to_lowercase().as_str())
}
