//! Commands in another language: `run: { sql: TEXT }`, whose runner gets the text on its standard input.
//!
//! The text is taken as it is written, never filled in, and a connection URL reaches the runner by its environment:
//! neither is an argument, which anybody on the machine can read.

use super::Reader;
use crate::model::ids::VarName;
use crate::model::step::{Command, Program};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::names::is_id;
use crate::runbook::nearest::did_you_mean;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use crate::runbook::scope::Scope;

impl<'a> Reader<'a> {
    pub(super) fn other_language(&mut self, node: Node<'a>, outside: &mut Fields<'a>) -> Option<Command> {
        for key in ["shell", "strict"] {
            if let Some(field) = outside.take_field(key) {
                let text = "no shell reads a text in another language";
                self.desk.report(Diagnostic::error("RB0107", &field.key_span, text).help("leave it out"));
            }
        }
        let mut fields = self.desk.fields(node, Scope::Language, "a command, or `{ sql: … }`")?;
        let runner = fields.take_field("runner");
        let connect = fields.take("connect").and_then(|node| self.connect(node));
        let mut languages: Vec<Field<'a>> = fields.rest().cloned().collect();
        let head = fields.head();
        if languages.len() != 1 {
            let text = "a command in another language is one text under the language's name";
            let help = "run: { sql: select 1, runner: [psql, -XAt], connect: DATABASE_URL }";
            self.desk.report(Diagnostic::error("RB0105", &head, text).help(help));
            return None;
        }
        let language = languages.remove(0);
        let text = self.desk.full_text(language.node)?;
        let default = self.defaults.runners.get(language.key).cloned();
        let argv = match (&runner, &default) {
            (Some(field), _) => match self.arguments(field.node, false)? {
                Program::Argv(words) => words,
                Program::Text { .. } => return None,
            },
            (None, Some((argv, _))) => argv.clone(),
            (None, None) => {
                self.no_runner(&language);
                return None;
            }
        };
        let connect: Option<VarName> = connect.or_else(|| default.and_then(|(_, connect)| connect));
        // `stdin` is filled in, and this text is not: what looks like a name in it stays as it stands.
        let stdin = Some(text.replace("${", "$${"));
        Some(Command { stdin, connect, ..Command::new(Program::Argv(argv)) })
    }

    fn no_runner(&mut self, language: &Field<'a>) {
        let known: Vec<&str> = self.defaults.runners.keys().map(String::as_str).collect();
        let help = did_you_mean(language.key, known).unwrap_or_else(|| {
            let name = if is_id(language.key) { language.key } else { "sql" };
            format!("add `runner: [ … ]`, or `defaults: {{ runners: {{ {name}: {{ argv: [ … ] }} }} }}`")
        });
        let text = format!("nothing says what runs a text in `{}`", language.key);
        self.desk.report(Diagnostic::error("RB0105", &language.key_span, text).help(help));
    }
}
