//! Commands: what runs, with what, how long, how often, and what is kept of its output.

use super::header::SHELLS;
use super::{Reader, Use};
use crate::model::expect::{Capture, CaptureFrom};
use crate::model::ids::{StepIx, VarName};
use crate::model::step::{Command, Effect, Item, Place, Program, Retry, Work};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::later::{Scope, later};
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use serde_yaml::Value;

/// A command tried more often than this would not end in a change window.
const MOST_TRIES: i64 = 10_000;

impl<'a> Reader<'a> {
    pub(super) fn run(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>, at: StepIx) -> Work {
        let accepted =
            fields.take("argv_secret").is_some_and(|node| self.desk.word(node, &[("accepted", true)]).unwrap_or(false));
        let program = self.program(kind.node, fields, accepted);
        let expect = fields.take("expect").and_then(|node| self.expect(node)).unwrap_or_default();
        let capture = fields.take("capture").map(|node| self.captures(node)).unwrap_or_default();
        let retry = fields.take("retry").and_then(|node| self.retry(node));
        let timeout = self.length_of(fields, "timeout").unwrap_or(self.defaults.timeout);
        let stdin = fields.take("stdin").and_then(|node| self.any_text(node, Use::Private));
        let cwd = fields.take("cwd").and_then(|node| self.filled_text(node, Use::Directory));
        let env = fields.take("env").map(|node| self.environment_of(node)).unwrap_or_default();
        let example = fields.take("example");
        let example_text = example.and_then(|node| self.desk.text(node));
        let literal = self.desk.truth(fields.take("literal"));
        let draft = &mut self.steps[at.0];
        draft.example = example.map(Node::span);
        draft.literal = literal;
        draft.argv_secret = accepted;
        let Some(program) = program else {
            // Reported; a statement stands in so that the other checks can go on.
            return Work::Check(vec![Item::new(String::new())]);
        };
        Work::Run(Box::new(Command {
            expect,
            trip: None,
            capture,
            retry,
            timeout: Some(timeout),
            stdin,
            cwd,
            env,
            example: example_text,
            ..Command::new(program)
        }))
    }

    fn program(&mut self, node: Node<'a>, fields: &mut Fields<'a>, accepted: bool) -> Option<Program> {
        let shell_node = fields.take("shell");
        let strict_node = fields.take("strict");
        let shell = shell_node.and_then(|node| self.desk.word(node, &SHELLS)).unwrap_or(self.defaults.shell);
        let strict = strict_node.map_or(self.defaults.strict, |node| self.desk.truth(Some(node)));
        match node.value {
            Value::Sequence(_) => {
                if let Some(node) = shell_node.or(strict_node) {
                    self.desk.report(
                        Diagnostic::error("RB0107", &node.span(), "no shell reads a command in the form of a list")
                            .help("leave it out, or write the command as a text"),
                    );
                }
                self.arguments(node, accepted)
            }
            Value::Mapping(_) => {
                let language = node
                    .entries()
                    .and_then(|entries| entries.first().map(|field| field.key_span.clone()))
                    .unwrap_or(node.span());
                self.desk.report(later(&language, "a `run` in another language ({ sql: … })"));
                None
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => {
                let text = self.desk.full_text(node)?;
                Some(Program::Text { shell, strict, text })
            }
        }
    }

    fn arguments(&mut self, node: Node<'a>, accepted: bool) -> Option<Program> {
        let used = Use::Argument { secret_accepted: accepted };
        let list = self.desk.list(node, "a list of arguments");
        let words: Vec<String> = list.into_iter().filter_map(|node| self.any_text(node, used)).collect();
        if words.first().is_none_or(|program| program.trim().is_empty()) {
            self.desk.report(Diagnostic::error("RB0109", &node.span(), "the list names no program"));
            return None;
        }
        Some(Program::Argv(words))
    }

    /// A text that may be empty.
    fn any_text(&mut self, node: Node<'a>, used: Use) -> Option<String> {
        let text = self.desk.text(node)?;
        self.note_filled(&text, node, used);
        Some(text)
    }

    /// `confirm: …` has no command; an undo may be nothing but one.
    pub(super) fn bare_command(&mut self, node: Node<'a>, place: Place) -> StepIx {
        let field = Field { key: "run", key_span: node.span(), node };
        let at = self.reserve(place, &field);
        let text = self.desk.full_text(node).unwrap_or_default();
        let program = Program::Text { shell: self.defaults.shell, strict: self.defaults.strict, text };
        let command = Command { timeout: Some(self.defaults.timeout), ..Command::new(program) };
        let title = self.title_from(&field);
        let step = &mut self.steps[at.0].step;
        step.title = title;
        step.effect = Effect::Changes;
        step.work = Work::Run(Box::new(command));
        at
    }

    fn retry(&mut self, node: Node<'a>) -> Option<Retry> {
        let mut fields = self.desk.fields(node, Scope::Retry, "`{ times: 5, every: 10s }`")?;
        let times_node = fields.take("times");
        let every_node = fields.take("every");
        if times_node.is_none() || every_node.is_none() {
            self.desk.missing(
                &fields.span.clone(),
                "`retry` needs `times` and `every`".into(),
                "retry: { times: 5, every: 10s }",
            );
        }
        self.desk.finish(fields, &|_| None);
        let times = self.desk.whole(times_node?, 1)?;
        let every = self.length(every_node?)?;
        if times > MOST_TRIES {
            self.desk.report(Diagnostic::error("RB0109", &times_node?.span(), format!("at most {MOST_TRIES} tries")));
            return None;
        }
        Some(Retry { times: u32::try_from(times).ok()?, every })
    }

    fn environment_of(&mut self, node: Node<'a>) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for field in self.desk.named(node, "a mapping of names and values") {
            let fits = field.key.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
                && field.key.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
            if !fits || field.key.starts_with("TMINUS_") {
                self.desk.report(Diagnostic::error(
                    "RB0207",
                    &field.key_span,
                    format!("`{}` cannot be set in a command's environment", field.key),
                ));
            }
            if let Some(value) = self.any_text(field.node, Use::Private) {
                all.push((field.key.to_owned(), value));
            }
        }
        all
    }

    fn captures(&mut self, node: Node<'a>) -> Vec<(VarName, Capture)> {
        let mut all = Vec::new();
        for field in self.desk.named(node, "a mapping of variables and where they are found") {
            let capture = self.capture(field.node);
            let declared = self.vars.iter().any(|var| var.name.0 == field.key && var.secret);
            let secret = declared || capture.as_ref().is_some_and(|capture| capture.secret);
            let name = self.sets(field.key, &field.key_span, secret);
            if let (Some(name), Some(capture)) = (name, capture) {
                all.push((name, Capture { secret, ..capture }));
            }
        }
        all
    }

    fn capture(&mut self, node: Node<'a>) -> Option<Capture> {
        if let Value::String(word) = node.value {
            if word == "variable" {
                self.desk.report(later(&node.span(), "capture: variable"));
                return None;
            }
            self.desk.word(node, &[("stdout", ())])?;
            return Some(Capture { from: CaptureFrom::Stdout, secret: false });
        }
        let mut fields = self.desk.fields(node, Scope::Capture, "`stdout` or one of { json, regex, line, file }")?;
        let secret = self.desk.truth(fields.take("secret"));
        let json = fields.take("json").map(|node| self.json_path(node).map(CaptureFrom::Json));
        let regex = fields.take("regex").map(|node| self.pattern(node).map(CaptureFrom::Regex));
        let line = fields.take("line").map(|node| self.line_number(node).map(CaptureFrom::Line));
        let file = fields.take("file").map(|node| self.glob(node).map(CaptureFrom::File));
        let stdout = fields.take("stdout").map(|node| self.desk.truth(Some(node)).then_some(CaptureFrom::Stdout));
        let head = fields.span.clone();
        self.desk.finish(fields, &|_| None);
        let mut given: Vec<Option<CaptureFrom>> = [json, regex, line, file, stdout].into_iter().flatten().collect();
        if given.len() != 1 {
            self.desk.report(
                Diagnostic::error("RB0109", &head, "a capture says one place to look")
                    .help("one of json, regex, line, file, or `stdout`"),
            );
            return None;
        }
        given.swap_remove(0).map(|from| Capture { from, secret })
    }

    fn line_number(&mut self, node: Node<'a>) -> Option<i64> {
        let line = self.desk.whole(node, i64::MIN)?;
        if line == 0 {
            self.desk.report(Diagnostic::error(
                "RB0109",
                &node.span(),
                "lines are counted from 1, or from the end with -1",
            ));
        }
        (line != 0).then_some(line)
    }
}
