//! A shell text, read just well enough to say where each `$NAME` goes: into a program's arguments, a builtin's, an
//! assignment, stdin.
//!
//! It judges nothing and runs nothing. It is no shell: where a text is stranger than this reader it may miss an
//! expansion, but it never panics, and every byte moves it forward. `commands` turns what it finds into warnings.

/// Where an expansion's value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Goes {
    /// An argument of this program, which every local user can read in the process list.
    Argument(String),
    /// An argument of a builtin: `printable` where it ends up on the step's own output.
    Builtin { name: String, printable: bool },
    /// An assignment, a redirection, a here-document, a word of `case` or `for`.
    Inside,
}

/// One `$NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expansion {
    pub name: String,
    pub at: usize,
    pub goes: Goes,
}

/// What a text holds.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    pub expansions: Vec<Expansion>,
    /// Letters of another script that look like ASCII, outside quotes and comments.
    pub look_alikes: Vec<(usize, char)>,
}

/// Reads a whole text.
pub(super) fn scan(text: &str) -> Scanned {
    let mut scan =
        Scan { text, at: 0, depth: 0, found: Scanned::default(), heredocs: Vec::new(), functions: functions(text) };
    while scan.at < text.len() {
        scan.commands(None);
        scan.bump();
    }
    scan.found
}

const PREFIXES: [&str; 16] = [
    "if", "then", "elif", "else", "do", "while", "until", "!", "{", "}", "time", "exec", "command", "builtin", "fi",
    "done",
];
const BUILTINS: [&str; 32] = [
    "echo", "printf", "test", "[", "[[", ":", "true", "false", "export", "local", "declare", "typeset", "readonly",
    "read", "cd", "set", "unset", "shift", "eval", "return", "exit", "trap", "wait", "case", "for", "select", "let",
    "kill", "type", "hash", "source", ".",
];
/// Substitutions inside one another, past which the rest is taken as it stands.
const DEEP: usize = 32;

/// Names that the text itself defines as functions.
fn functions(text: &str) -> Vec<String> {
    text.match_indices("()")
        .filter_map(|(at, _)| {
            text[..at]
                .trim_end()
                .rsplit(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '-'))
                .next()
        })
        .filter(|name| !name.is_empty())
        .take(100)
        .map(str::to_owned)
        .collect()
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    found: Scanned,
    /// Ends of here-documents that begin after this line.
    heredocs: Vec<String>,
    functions: Vec<String>,
}

/// A simple command so far.
#[derive(Default)]
struct Simple {
    program: Option<String>,
    pending: Vec<(String, usize)>,
    redirected: bool,
}

impl Scan<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    fn eat(&mut self, what: &str) -> bool {
        let there = self.text[self.at..].starts_with(what);
        if there {
            self.at += what.len();
        }
        there
    }

    /// Commands up to `close` (not eaten) or the end.
    fn commands(&mut self, close: Option<char>) {
        let mut simple = Simple::default();
        while let Some(letter) = self.peek() {
            if Some(letter) == close {
                break;
            }
            match letter {
                ' ' | '\t' => {
                    self.bump();
                }
                '#' => self.skip_line(),
                '\n' => {
                    self.end(&mut simple, false);
                    self.bump();
                    self.skip_heredocs();
                }
                '|' => {
                    let piped = !self.text[self.at..].starts_with("||");
                    self.end(&mut simple, piped);
                    self.bump();
                    self.eat("|");
                }
                ';' | '&' | '(' | ')' => {
                    self.end(&mut simple, false);
                    self.bump();
                }
                '<' | '>' => self.redirect(&mut simple),
                _ => self.argument(&mut simple),
            }
        }
        self.end(&mut simple, false);
    }

    fn skip_line(&mut self) {
        self.at = self.text[self.at..].find('\n').map_or(self.text.len(), |more| self.at + more);
    }

    /// The bodies of here-documents: they are stdin, not arguments.
    fn skip_heredocs(&mut self) {
        for end in std::mem::take(&mut self.heredocs) {
            while self.at < self.text.len() {
                let start = self.at;
                self.skip_line();
                let line = self.text[start..self.at].trim_start_matches('\t');
                self.bump();
                if line == end {
                    break;
                }
            }
        }
    }

    fn redirect(&mut self, simple: &mut Simple) {
        if self.eat("<(") || self.eat(">(") {
            self.substitution(')');
            return;
        }
        if self.text[self.at..].starts_with("<<") && !self.text[self.at..].starts_with("<<<") {
            self.at += 2;
            self.eat("-");
            self.skip_blanks();
            let start = self.at;
            self.word();
            let end = self.text[start..self.at].replace(['"', '\'', '\\'], "");
            self.heredocs.push(end);
            return;
        }
        simple.redirected |= self.peek() == Some('>');
        while self.peek().is_some_and(|letter| matches!(letter, '<' | '>' | '&' | '|')) {
            self.bump();
        }
        self.skip_blanks();
        for (name, at) in self.word() {
            self.push(name, at, Goes::Inside);
        }
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|letter| letter == ' ' || letter == '\t') {
            self.bump();
        }
    }

    fn argument(&mut self, simple: &mut Simple) {
        let start = self.at;
        let expansions = self.word();
        let word = &self.text[start..self.at];
        if self.at == start {
            self.bump();
            return;
        }
        if simple.program.is_some() {
            simple.pending.extend(expansions);
        } else if is_assignment(word) {
            for (name, at) in expansions {
                self.push(name, at, Goes::Inside);
            }
        } else if !PREFIXES.contains(&word) {
            simple.program = Some(word.replace(['"', '\'', '\\'], ""));
            // A program whose very name is a variable stands in the process list too.
            simple.pending.extend(expansions);
        }
    }

    /// One word; its own expansions come back, those inside substitutions are recorded there.
    fn word(&mut self) -> Vec<(String, usize)> {
        let mut expansions = Vec::new();
        let mut quoted = false;
        while let Some(letter) = self.peek() {
            match letter {
                '\\' => {
                    self.bump();
                    self.bump();
                }
                '\'' if !quoted => {
                    self.bump();
                    self.at = self.text[self.at..].find('\'').map_or(self.text.len(), |more| self.at + more + 1);
                }
                '"' => {
                    self.bump();
                    quoted = !quoted;
                }
                '$' | '`' => self.dollar(letter, &mut expansions),
                ' ' | '\t' | '\n' | '|' | ';' | '&' | '(' | ')' | '<' | '>' if !quoted => break,
                _ => {
                    if !quoted && looks_ascii(letter) {
                        self.found.look_alikes.push((self.at, letter));
                    }
                    self.bump();
                }
            }
        }
        expansions
    }

    fn dollar(&mut self, letter: char, expansions: &mut Vec<(String, usize)>) {
        let start = self.at;
        self.bump();
        if letter == '`' {
            self.substitution('`');
        } else if self.eat("((") {
            self.at = self.text[self.at..].find("))").map_or(self.text.len(), |more| self.at + more + 2);
        } else if self.eat("(") {
            self.substitution(')');
        } else {
            let braced = self.eat("{");
            let length_only = braced && self.eat("#");
            let name_start = self.at;
            while self.peek().is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
                self.bump();
            }
            let name = self.text[name_start..self.at].to_owned();
            if braced {
                self.at = self.text[self.at..].find('}').map_or(self.text.len(), |more| self.at + more + 1);
            }
            if !name.is_empty() && !length_only {
                expansions.push((name, start));
            }
        }
    }

    fn substitution(&mut self, close: char) {
        if self.depth >= DEEP {
            self.at = self.text.len();
            return;
        }
        self.depth += 1;
        self.commands(Some(close));
        self.bump();
        self.depth -= 1;
    }

    fn end(&mut self, simple: &mut Simple, piped: bool) {
        let Simple { program, pending, redirected } = std::mem::take(simple);
        let program = program.unwrap_or_default();
        let known = BUILTINS.contains(&program.as_str()) || self.functions.contains(&program);
        let prints = matches!(program.as_str(), "echo" | "printf");
        let printable = prints && !piped && !redirected && self.depth == 0;
        for (name, at) in pending {
            let goes = if known {
                Goes::Builtin { name: program.clone(), printable }
            } else {
                Goes::Argument(program.clone())
            };
            self.push(name, at, goes);
        }
    }

    fn push(&mut self, name: String, at: usize, goes: Goes) {
        self.found.expansions.push(Expansion { name, at, goes });
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        !name.is_empty()
            && !name.starts_with(|letter: char| letter.is_ascii_digit())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    })
}

/// Greek, Cyrillic, Armenian, fullwidth and mathematical letters: those that a reader takes for ASCII.
fn looks_ascii(letter: char) -> bool {
    let other_script = matches!(letter,
        '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{531}'..='\u{58f}'
        | '\u{ff10}'..='\u{ff5a}' | '\u{1d400}'..='\u{1d7ff}');
    letter.is_alphanumeric() && other_script
}

#[cfg(test)]
mod tests;
