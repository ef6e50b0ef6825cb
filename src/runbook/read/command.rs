//! Commands: what runs, with what, how long, how often, and what is kept of its output.

use super::header::SHELLS;
use super::{Loose, Reader, Use};
use crate::model::expect::{Capture, CaptureFrom};
use crate::model::ids::{StepIx, VarName};
use crate::model::step::{Background, Command, Effect, Item, Place, Program, Retry, Work};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use crate::runbook::scope::Scope;
use serde_yaml::Value;
use std::time::Duration;

/// A command tried more often than this would not end in a change window.
const MOST_TRIES: i64 = 10_000;

impl<'a> Reader<'a> {
    pub(super) fn run(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>, at: StepIx) -> Work {
        let Some(mut command) = self.program_of(kind.node, fields, Some(at)) else {
            // Reported; a statement stands in so that the other checks can go on.
            return Work::Check(vec![Item::new(String::new())]);
        };
        self.judging = Some(at);
        command.expect = fields.take("expect").and_then(|node| self.expect(node)).unwrap_or_default();
        self.judging = None;
        command.capture = fields.take("capture").map(|node| self.captures(node, &command)).unwrap_or_default();
        let retry = fields.take_field("retry");
        let limit = self.steps[at.0].step.within.as_ref().map(|within| within.limit);
        command.retry = retry.as_ref().and_then(|field| self.retry(field.node, at, limit));
        self.lengths(fields, &mut command);
        command.tty = self.tty(fields, &command);
        let output = fields.take("output");
        command.private = output.is_some_and(|node| self.desk.word(node, &[("private", true)]).unwrap_or(false));
        if command.expect.of.is_some() && command.timeout.is_none() {
            let text = "what another step prints is waited for until `timeout`, and this command has none";
            let help = "leave `lasts` and `background` out: a command beside it looks, and ends";
            self.desk.report(Diagnostic::error("RB0109", &kind.key_span, text).help(help));
        }
        if let (Some(field), true) = (&retry, command.background.is_some() || command.lasts.is_some()) {
            let text = "a command that runs on, or for a time, is not tried again";
            self.desk.report(Diagnostic::error("RB0109", &field.key_span, text).help("leave `retry` out"));
        }
        Work::Run(Box::new(command))
    }

    /// A command that only reads, for a probe: no `capture`, no `retry`, and what it must show stands with those who watch.
    pub(super) fn probe_command(
        &mut self,
        node: Node<'a>,
        fields: &mut Fields<'a>,
        at: Option<StepIx>,
    ) -> Option<Command> {
        let flags = |fields: &Fields<'a>, key: &str| fields.rest().any(|field| field.key == key);
        let (literal, argv_secret) = (flags(fields, "literal"), flags(fields, "argv_secret"));
        let mut command = self.program_of(node, fields, at)?;
        command.timeout = Some(self.length_of(fields, "timeout").unwrap_or(self.defaults.timeout));
        self.loose.push(Loose { command: command.clone(), text: node.span(), literal, argv_secret });
        Some(command)
    }

    /// What runs, where, and with what.
    fn program_of(&mut self, node: Node<'a>, fields: &mut Fields<'a>, at: Option<StepIx>) -> Option<Command> {
        let accepted =
            fields.take("argv_secret").is_some_and(|node| self.desk.word(node, &[("accepted", true)]).unwrap_or(false));
        let stdin_field = fields.take_field("stdin");
        let stdin = stdin_field.as_ref().and_then(|field| self.any_text(field.node, Use::Private));
        let connect = fields.take_field("connect");
        let program = match node.value {
            Value::Mapping(_) => self.other_language(node, fields),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Sequence(_)
            | Value::Tagged(_) => self.program(node, fields, accepted).map(Command::new),
        };
        let (cwd, env) = (self.cwd_of(fields), self.env_of(fields));
        let example = fields.take("example");
        let example_text = example.and_then(|node| self.desk.text(node));
        let literal = self.desk.truth(fields.take("literal"));
        let target = match at {
            Some(at) => self.steps[at.0].target.clone(),
            None => fields.take("target").and_then(|node| self.target(node)).or(self.inherited.target.clone()),
        };
        // `local` leaves a target again.
        let target = target.filter(|target| target.as_str() != "local");
        if let Some(at) = at {
            let draft = &mut self.steps[at.0];
            draft.example = example.map(Node::span);
            draft.literal = literal;
            draft.argv_secret = accepted;
        }
        let mut command = program?;
        if let (Some(field), true) = (&stdin_field, command.stdin.is_some()) {
            let text = "the text in another language is what stands on its standard input";
            self.desk.report(Diagnostic::error("RB0107", &field.key_span, text).help("leave `stdin` out"));
        }
        if let Some(field) = connect {
            command.connect = self.connect(field.node);
        }
        command.stdin = command.stdin.or(stdin);
        (command.cwd, command.env, command.example, command.target) = (cwd, env, example_text, target);
        Some(command)
    }

    pub(super) fn cwd_of(&mut self, fields: &mut Fields<'a>) -> Option<String> {
        let own = fields.take("cwd").and_then(|node| self.filled_text(node, Use::Directory));
        own.or_else(|| self.inherited.cwd.clone())
    }

    /// The inherited environment, with what the step sets itself in its place.
    pub(super) fn env_of(&mut self, fields: &mut Fields<'a>) -> Vec<(String, String)> {
        let own = fields.take("env").map(|node| self.environment_of(node)).unwrap_or_default();
        let mut env = self.inherited.env.clone();
        env.retain(|(name, _)| own.iter().all(|(other, _)| other != name));
        env.extend(own);
        env
    }

    pub(super) fn connect(&mut self, node: Node<'a>) -> Option<VarName> {
        let name = self.located(node)?;
        let var = VarName(name.text.clone());
        self.wanted_vars.push(name);
        Some(var)
    }

    /// How long it may run, and whether it ends by time or runs on.
    fn lengths(&mut self, fields: &mut Fields<'a>, command: &mut Command) {
        let timeout = fields.take_field("timeout");
        let limit = timeout.as_ref().and_then(|field| self.length(field.node));
        command.lasts = self.length_of(fields, "lasts");
        let ready = fields.take_field("ready");
        let background = self.desk.truth(fields.take("background"));
        let wanted = ready.as_ref().and_then(|field| self.expect_of_output(field.node));
        if let (Some(field), false) = (&ready, background) {
            let found =
                Diagnostic::error("RB0107", &field.key_span, "`ready` belongs to a step with `background: true`");
            self.desk.report(found.help("what a command prints at its end stands in `expect`"));
        }
        command.background = background.then_some(Background { ready: wanted });
        command.timeout = match (&timeout, command.lasts, background) {
            (Some(field), Some(_), _) => {
                let text = "`lasts` ends the command, so that `timeout` never would";
                self.desk.report(Diagnostic::error("RB0109", &field.key_span, text).help("keep `lasts`"));
                None
            }
            (Some(field), None, true) if ready.is_none() => {
                let text = "what runs on beside later steps has no `timeout`: it ends with its phase";
                let help = "say `lasts: 10m` for a length, or `stop: [ID]` on the step that ends it";
                self.desk.report(Diagnostic::error("RB0109", &field.key_span, text).help(help));
                None
            }
            (Some(_), None, _) => limit,
            (None, Some(_), _) => None,
            (None, None, true) => ready.is_some().then_some(self.defaults.timeout),
            (None, None, false) => Some(self.defaults.timeout),
        };
    }

    /// A terminal of its own takes no other standard input.
    fn tty(&mut self, fields: &mut Fields<'a>, command: &Command) -> bool {
        let Some(field) = fields.take_field("tty") else {
            return false;
        };
        let wanted = self.desk.truth(Some(field.node));
        let why = match command {
            Command { stdin: Some(_), .. } => "a terminal is its own standard input, so that `stdin` has no place",
            Command { background: Some(_), .. } => "a command beside later steps cannot have the terminal",
            _else => return wanted,
        };
        if wanted {
            self.desk.report(Diagnostic::error("RB0109", &field.key_span, why).help("leave one of the two out"));
        }
        wanted
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
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Mapping(_)
            | Value::Tagged(_) => {
                let text = self.desk.full_text(node)?;
                Some(Program::Text { shell, strict, text })
            }
        }
    }

    pub(super) fn arguments(&mut self, node: Node<'a>, accepted: bool) -> Option<Program> {
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
        let around = self.inherited.clone();
        let command = Command {
            timeout: Some(self.defaults.timeout),
            cwd: around.cwd,
            env: around.env,
            target: around.target.filter(|target| target.as_str() != "local"),
            ..Command::new(program)
        };
        let title = self.title_from(&field);
        let step = &mut self.steps[at.0].step;
        step.title = title;
        step.effect = Effect::Changes;
        step.work = Work::Run(Box::new(command));
        at
    }

    fn retry(&mut self, node: Node<'a>, at: StepIx, within: Option<Duration>) -> Option<Retry> {
        let mut fields = self.desk.fields(node, Scope::Retry, "`{ times: 5, every: 10s }`")?;
        let times_node = fields.take("times");
        let every_node = fields.take("every");
        let accepted =
            fields.take("production").is_some_and(|node| self.desk.word(node, &[("accepted", true)]).unwrap_or(false));
        if (times_node.is_none() && within.is_none()) || every_node.is_none() {
            self.desk.missing(
                &fields.span.clone(),
                "`retry` needs `times` and `every`".into(),
                "retry: { times: 5, every: 10s }",
            );
        }
        self.desk.finish(fields, &|_| None);
        let effect = self.steps[at.0].effect.unwrap_or(Effect::Changes);
        if effect >= Effect::Production && !accepted {
            let text = format!("a step of `effect: {}` is not tried again by itself", effect.word());
            let help = "leave `retry` out, or say that it may: `retry: { times: 2, every: 10s, production: accepted }`";
            self.desk.report(Diagnostic::error("RB0109", &node.span(), text).help(help));
        }
        let every = self.length(every_node?)?;
        let times = match (times_node, within) {
            (Some(node), _) => self.desk.whole(node, 1)?,
            // As often as the stopwatch of `within` lets it.
            (None, Some(limit)) => {
                let often = limit.as_millis() / every.as_millis().max(1) + 1;
                i64::try_from(often).unwrap_or(MOST_TRIES).min(MOST_TRIES)
            }
            (None, None) => return None,
        };
        if times > MOST_TRIES {
            self.desk.report(Diagnostic::error("RB0109", &times_node?.span(), format!("at most {MOST_TRIES} tries")));
            return None;
        }
        Some(Retry { times: u32::try_from(times).ok()?, every })
    }

    pub(super) fn environment_of(&mut self, node: Node<'a>) -> Vec<(String, String)> {
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

    fn captures(&mut self, node: Node<'a>, command: &Command) -> Vec<(VarName, Capture)> {
        let mut all = Vec::new();
        for field in self.desk.named(node, "a mapping of variables and where they are found") {
            let capture = self.capture(&field);
            let declared = self.vars.iter().any(|var| var.name.0 == field.key && var.secret);
            let secret = declared || capture.as_ref().is_some_and(|capture| capture.secret);
            let name = self.sets(field.key, &field.key_span, secret);
            if let Some(Capture { from: CaptureFrom::Variable(_), .. }) = capture {
                self.shell_variable(&field, command);
            }
            if let (Some(name), Some(capture)) = (name, capture) {
                all.push((name, Capture { secret, ..capture }));
            }
        }
        all
    }

    /// Only a shell on this machine can say at its end what a variable of its own holds.
    fn shell_variable(&mut self, field: &Field<'a>, command: &Command) {
        let why = match command {
            Command { program: Program::Argv(_), .. } => "no shell reads this command, so that it has no variables",
            Command { target: Some(_), .. } => "a shell's variable is read on this machine only",
            _else => return,
        };
        self.desk.report(
            Diagnostic::error("RB0109", &field.node.span(), why)
                .help("print it, and keep the line: `{ regex: 'tag=(.*)' }`"),
        );
    }

    fn capture(&mut self, field: &Field<'a>) -> Option<Capture> {
        let node = field.node;
        if let Value::String(_) = node.value {
            let from = match self.desk.word(node, &[("stdout", false), ("variable", true)])? {
                true => CaptureFrom::Variable(field.key.to_owned()),
                false => CaptureFrom::Stdout,
            };
            return Some(Capture { from, secret: false });
        }
        let wanted = "`stdout`, `variable` or one of { json, regex, line, file, variable }";
        let mut fields = self.desk.fields(node, Scope::Capture, wanted)?;
        let secret = self.desk.truth(fields.take("secret"));
        let json = fields.take("json").map(|node| self.json_path(node).map(CaptureFrom::Json));
        let regex = fields.take("regex").map(|node| self.pattern(node).map(CaptureFrom::Regex));
        let line = fields.take("line").map(|node| self.line_number(node).map(CaptureFrom::Line));
        let file = fields.take("file").map(|node| self.glob(node).map(CaptureFrom::File));
        let stdout = fields.take("stdout").map(|node| self.desk.truth(Some(node)).then_some(CaptureFrom::Stdout));
        let variable = fields.take("variable").map(|node| self.variable_name(node, field.key));
        let head = fields.span.clone();
        self.desk.finish(fields, &|_| None);
        let mut given: Vec<Option<CaptureFrom>> =
            [json, regex, line, file, stdout, variable].into_iter().flatten().collect();
        if given.len() != 1 {
            self.desk.report(
                Diagnostic::error("RB0109", &head, "a capture says one place to look")
                    .help("one of json, regex, line, file, variable, or `stdout`"),
            );
            return None;
        }
        given.swap_remove(0).map(|from| Capture { from, secret })
    }

    /// `{ variable: true, secret: true }`, or a name of the shell's that is not the runbook's.
    fn variable_name(&mut self, node: Node<'a>, key: &str) -> Option<CaptureFrom> {
        if let Value::Bool(true) = node.value {
            return Some(CaptureFrom::Variable(key.to_owned()));
        }
        let name = self.desk.full_text(node)?;
        let fits = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !fits {
            let found = Diagnostic::error("RB0207", &node.span(), format!("`{name}` is not the name of a variable"));
            self.desk.report(found.help("write the name alone, without $"));
        }
        fits.then_some(CaptureFrom::Variable(name))
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
