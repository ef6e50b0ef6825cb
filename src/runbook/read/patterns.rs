//! Regular expressions, JSONPaths and globs: each compiled once, here, to be known good.
//!
//! What passes this file cannot fail to compile in the middle of a run, and no pattern of a hostile runbook keeps its
//! compiler busy: size, depth and number are bounded, with the bounds of `engine::judge`, a floor above.

use super::Reader;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::node::Node;
use std::ops::Range;

/// The compiled size of one regular expression.
const REGEX_SIZE: usize = 1 << 20;
/// Different regular expressions and JSONPaths in one runbook; each takes about 0.1 ms to compile.
const PATTERNS: usize = 3000;
/// Those of them that count repetitions: they may take 10 ms each.
const COUNTED: usize = 100;
/// Bytes of a path, and brackets open at once in it: the parser's time doubles with each filter in a filter.
const LONGEST_PATH: usize = 2000;
const DEEPEST_PATH: usize = 10;

impl<'a> Reader<'a> {
    /// A regular expression that compiles.
    pub(super) fn pattern(&mut self, node: Node<'a>) -> Option<String> {
        let text = self.desk.full_text(node)?;
        self.check_pattern(&text, node);
        Some(text)
    }

    pub(super) fn check_pattern(&mut self, text: &str, node: Node<'a>) {
        // What has no letter of its own meaning needs no compiling: ten thousand steps are to open at once.
        let literal =
            |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_' | ':' | ',' | '/' | '=');
        if text.chars().all(literal) || !self.known_patterns.insert(format!("/{text}")) {
            return;
        }
        self.counted_patterns += usize::from(text.contains('{'));
        if self.too_many_patterns(&node.span()) {
            return;
        }
        let compiled = regex::RegexBuilder::new(text).multi_line(true).crlf(true).size_limit(REGEX_SIZE).build();
        if let Err(error) = compiled {
            let said = error.to_string();
            let why = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let text = format!("this is not a regular expression: {why}");
            self.desk.report(Diagnostic::error("RB0406", &node.span(), text));
        }
    }

    fn too_many_patterns(&mut self, span: &Range<usize>) -> bool {
        let too_many = self.known_patterns.len() > PATTERNS || self.counted_patterns > COUNTED;
        if too_many && !self.patterns_full {
            self.patterns_full = true;
            let text = format!("more than {PATTERNS} different patterns, or {COUNTED} that count repetitions");
            self.desk.report(Diagnostic::error("RB0010", span, text));
        }
        too_many
    }

    pub(super) fn json_path(&mut self, node: Node<'a>) -> Option<String> {
        let text = self.desk.full_text(node)?;
        self.check_json_path(&text, &node.span());
        Some(text)
    }

    pub(super) fn check_json_path(&mut self, text: &str, span: &Range<usize>) {
        if !self.known_patterns.insert(format!("${text}")) || self.too_many_patterns(span) {
            return;
        }
        if text.len() > LONGEST_PATH || depth(text) > DEEPEST_PATH {
            let text = format!(
                "the path is too large: at most {LONGEST_PATH} bytes, {DEEPEST_PATH} brackets inside one another"
            );
            self.desk.report(Diagnostic::error("RB0407", span, text));
            return;
        }
        if let Err(error) = serde_json_path::JsonPath::parse(text) {
            let found = Diagnostic::error("RB0407", span, format!("this is not a JSONPath: {}", error.message()))
                .help("paths begin with $ (RFC 9535): $.status, $.items[*].id");
            self.desk.report(found);
        }
    }

    /// A glob below the step's directory, with its wildcards in the file's name only.
    pub(super) fn glob(&mut self, node: Node<'a>) -> Option<String> {
        let text = self.filled_text(node, super::Use::Never)?;
        let (folder, name) = text.rsplit_once('/').unwrap_or(("", &text));
        let plain = folder.split('/').all(|part| part != ".." && !part.contains(['*', '?']));
        let fits = plain && !text.starts_with('/') && !name.is_empty() && !text.contains('\0');
        if !fits {
            let found = Diagnostic::error(
                "RB0406",
                &node.span(),
                format!("`{text}` does not name files below the step's directory"),
            )
            .help("no leading /, no `..`, and * or ? only in the file's name");
            self.desk.report(found);
        }
        fits.then_some(text)
    }
}

/// Brackets open at once. One in quotation marks counts all the same: no real path comes near the limit.
fn depth(path: &str) -> usize {
    let (mut open, mut most, mut quote) = (0_usize, 0, None);
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '[' | '(' => open += 1,
            ']' | ')' if quote.is_none() => open = open.saturating_sub(1),
            '\\' if quote.is_some() => drop(letters.next()),
            '\'' | '"' if quote.is_none() => quote = Some(letter),
            letter if quote == Some(letter) => quote = None,
            _ => {}
        }
        most = most.max(open);
    }
    most
}
