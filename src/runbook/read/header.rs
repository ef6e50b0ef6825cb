//! The head of a runbook: what it is, where it acts, when, who, and its variables and defaults.
//!
//! Roles and variables are read before the phases, wherever they stand in the file, so that steps can name them.

use super::{Located, Reader, Use};
use crate::model::ids::{RoleId, VarName};
use crate::model::plan::{Environment, EnvironmentKind, Role, Source, Var};
use crate::model::step::Shell;
use crate::model::when::When;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::names;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use crate::runbook::scope::Scope;
use crate::runbook::t0;
use serde_yaml::Value;

pub(super) const SHELLS: [(&str, Shell); 2] = [("bash", Shell::Bash), ("sh", Shell::Sh)];

impl<'a> Reader<'a> {
    pub(super) fn header(&mut self, fields: &mut Fields<'a>) {
        match fields.take("title") {
            Some(node) => self.title = self.said(node).unwrap_or_default(),
            None => self.desk.missing(&fields.head(), "the runbook has no `title`".into(), "add `title: …`"),
        }
        self.summary = self.said_of(fields, "summary");
        self.owner = self.said_of(fields, "owner");
        if let Some(node) = fields.take("environment") {
            self.has_environment = true;
            self.environment = self.environment(node);
        }
        if let Some(node) = fields.take("environments") {
            self.environments(node);
        }
        if let Some(node) = fields.take("targets") {
            self.targets(node);
        }
        if let Some(node) = fields.take("start") {
            self.start(node);
        }
        if let Some(node) = fields.take("hard_stop") {
            self.has_hard_stop = true;
            self.hard_stop(node);
        }
        if let Some(floor) = self.length_of(fields, "safety_floor") {
            self.safety_floor = floor;
        }
        let resumes = [("anybody", false), ("same-operator", true)];
        let same = fields.take("resume").and_then(|node| self.desk.word(node, &resumes));
        self.same_operator = same.unwrap_or(false);
        let signings = [("optional", false), ("required", true)];
        let signed = fields.take("signing").and_then(|node| self.desk.word(node, &signings));
        self.signing_required = signed.unwrap_or(false);
        if let Some(node) = fields.take("roles") {
            let roles = self.desk.named(node, "a mapping of roles");
            for field in self.desk.capped(roles, 200, &node.span(), "roles") {
                self.one_role(field);
            }
        }
        self.decider = fields.take("decider").and_then(|node| self.role(node));
        if let Some(node) = fields.take("vars") {
            let vars = self.desk.named(node, "a mapping of variables");
            for field in self.desk.capped(vars, 1000, &node.span(), "variables") {
                self.variable(field);
            }
        }
        if let Some(node) = fields.take("defaults") {
            self.defaults(node);
        }
    }

    pub(super) fn environment(&mut self, node: Node<'a>) -> Option<Environment> {
        let wanted = "`{ name: …, kind: production }`";
        let mut fields = self.desk.fields(node, Scope::Environment, wanted)?;
        let name = self.said_of(&mut fields, "name");
        let kinds = [
            ("production", EnvironmentKind::Production),
            ("staging", EnvironmentKind::Staging),
            ("local", EnvironmentKind::Local),
        ];
        let kind = match fields.take("kind") {
            Some(node) => self.desk.word(node, &kinds),
            None => {
                self.desk.missing(
                    &fields.span.clone(),
                    "the environment has no `kind`".into(),
                    "kind: production, staging or local",
                );
                None
            }
        };
        self.desk.finish(fields, &|_| None);
        let kind = kind?;
        Some(Environment { name: name.unwrap_or_else(|| kind.band().to_owned()), kind })
    }

    fn start(&mut self, node: Node<'a>) {
        let Some(text) = self.desk.full_text(node) else {
            return;
        };
        match t0::start(&text) {
            Ok((start, zone)) => {
                self.start = start;
                self.zone = Some(zone);
            }
            Err(error) => {
                self.desk.report(Diagnostic::error(error.code(), &node.span(), error.to_string()).help(error.help()))
            }
        }
    }

    /// `none` says that there is no window on purpose.
    fn hard_stop(&mut self, node: Node<'a>) {
        if matches!(node.value, Value::String(word) if word == "none") {
            return;
        }
        let Some(when) = self.when(node, false) else {
            return;
        };
        if let When::FromT0(offset) = &when
            && (offset.days < 0 || offset.micros < 0)
        {
            let found = Diagnostic::error("RB0305", &node.span(), "the hard stop lies before T0")
                .help("the change window ends after it begins: T+3h30m");
            self.desk.report(found);
        }
        if matches!(when, When::FromStep { .. }) {
            self.whens.push((super::WhenOf::HardStop, node.span()));
        }
        self.hard_stop = Some((when, node.span()));
    }

    fn one_role(&mut self, field: Field<'a>) {
        if !names::is_id(field.key) {
            self.bad_id(&Located { text: field.key.to_owned(), span: field.key_span });
            return;
        }
        let mut signers = Vec::new();
        let title = match field.node.value {
            Value::Null => None,
            Value::Mapping(_) => self.desk.fields(field.node, Scope::Role, "a mapping").and_then(|mut fields| {
                let title = self.said_of(&mut fields, "title");
                signers = fields.take("signers").map(|node| self.signers(node)).unwrap_or_default();
                self.desk.finish(fields, &|_| None);
                title
            }),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Sequence(_) | Value::Tagged(_) => {
                self.said(field.node)
            }
        };
        let title = title.unwrap_or_else(|| field.key.to_owned());
        self.roles.push(Role { id: RoleId(field.key.to_owned()), title, signers });
    }

    /// Principals of an allowed-signers file, each one name: a pattern or a list in one would let others sign.
    fn signers(&mut self, node: Node<'a>) -> Vec<String> {
        let listed = self.desk.list(node, "a list of signers");
        if listed.is_empty() {
            self.desk.missing(
                &node.span(),
                "the role has `signers` and none in it".into(),
                "name them, or leave it out",
            );
        }
        let mut signers: Vec<String> = Vec::new();
        for node in self.desk.capped(listed, 50, &node.span(), "signers") {
            let Some(name) = self.desk.full_text(node) else { continue };
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "@._+-/%=~".contains(letter);
            let wrong = if name.len() > 254 || !name.chars().all(plain) {
                "cannot be a signer"
            } else if signers.contains(&name) {
                "is named twice"
            } else {
                signers.push(name);
                continue;
            };
            let found =
                Diagnostic::error("RB0210", &node.span(), format!("`{}` {wrong}", crate::model::text::shown(&name)))
                    .help("a signer is one principal of an allowed-signers file, such as ana@example.com");
            self.desk.report(found);
        }
        signers
    }

    pub(super) fn bad_id(&mut self, id: &Located) {
        let found = Diagnostic::error("RB0201", &id.span, format!("`{}` cannot be an id", id.text))
            .help("an id has small letters, digits and hyphens, a letter or digit first, at most 48");
        self.desk.report(found);
    }

    fn variable(&mut self, field: Field<'a>) {
        if let Some(why) = names::refuse_variable(field.key) {
            self.desk.report(Diagnostic::error("RB0207", &field.key_span, format!("`{}` {why}", field.key)));
        }
        let place = self.vars.len();
        let mut var = Var {
            name: VarName(field.key.to_owned()),
            source: Source::Given,
            secret: false,
            one_of: Vec::new(),
            matches: None,
            show_host: false,
        };
        match field.node.value {
            Value::Null => {}
            Value::Mapping(_) => self.variable_keys(&field, &mut var, place),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Sequence(_) | Value::Tagged(_) => {
                if let Some(text) = self.default_text(field.node, place) {
                    var.source = Source::Default(text);
                }
            }
        }
        let quiet = matches!(var.source, Source::Env { .. } | Source::Default(_) | Source::Given);
        if !var.secret && quiet && names::looks_secret(field.key) {
            let found = Diagnostic::warning(
                "RB0509",
                &field.key_span,
                format!("`{}` is named like a secret and is not one", field.key),
            )
            .help("add `secret: true`, so that its value is masked and never stored");
            self.desk.report(found);
        }
        self.vars.push(var);
        self.var_spans.push(field.key_span);
    }

    /// A default may be empty.
    fn default_text(&mut self, node: Node<'a>, place: usize) -> Option<String> {
        let text = self.desk.text(node)?;
        self.note_filled(&text, node, Use::Default(place));
        Some(text)
    }

    fn variable_keys(&mut self, field: &Field<'a>, var: &mut Var, place: usize) {
        let Some(mut fields) = self.desk.fields(field.node, Scope::Var, "a mapping") else {
            return;
        };
        var.secret = self.desk.truth(fields.take("secret"));
        let env = fields.take("env").and_then(|node| self.env_name(node));
        let default_node = fields.take("default");
        let default = default_node.and_then(|node| self.default_text(node, place));
        let command_node = fields.take_field("command");
        let command = command_node.as_ref().and_then(|field| self.desk.full_text(field.node));
        if let Some(node) = default_node.filter(|_| var.secret) {
            let found = Diagnostic::error(
                "RB0405",
                &node.span(),
                format!("the secret `{}` has a default: it would stand in the file", field.key),
            )
            .help("read it with `env:` or `command:`");
            self.desk.report(found);
        }
        if let Some(command_field) = command_node.filter(|_| env.is_some() || default_node.is_some()) {
            let found =
                Diagnostic::error("RB0109", &command_field.key_span, format!("`{}` has two sources", field.key))
                    .help("keep `command`, or `env` with its `default`");
            self.desk.report(found);
        }
        if let Some(node) = fields.take("one_of") {
            var.one_of = self.texts(node);
        }
        var.matches = fields.take("matches").and_then(|node| self.pattern(node));
        let shows = fields.take("show").and_then(|node| self.desk.word(node, &[("host", true), ("value", false)]));
        var.show_host = shows.unwrap_or(false);
        self.desk.finish(fields, &|_| None);
        self.default_fits(var, default_node, default.as_deref());
        var.source = match (env, command, default) {
            (Some(name), _, default) => Source::Env { name, default },
            (None, Some(command), _) => Source::Command(command),
            (None, None, Some(default)) => Source::Default(default),
            (None, None, None) => Source::Given,
        };
    }

    /// `sql: { argv: [psql, -XAt], connect: DATABASE_URL }`.
    fn runner(&mut self, field: Field<'a>) {
        let Some(mut fields) = self.desk.fields(field.node, Scope::Runner, "`{ argv: [ … ], connect: VAR }`") else {
            return;
        };
        let argv = fields.take("argv").map(|node| self.texts(node)).unwrap_or_default();
        let connect = fields.take("connect").and_then(|node| self.located(node));
        if argv.is_empty() {
            let help = "argv: [psql, -X, -v, ON_ERROR_STOP=1]";
            self.desk.missing(&field.key_span, format!("`{}` names no program", field.key), help);
        }
        self.desk.finish(fields, &|_| None);
        let connect = connect.map(|name| {
            let var = VarName(name.text.clone());
            self.wanted_vars.push(name);
            var
        });
        self.defaults.runners.insert(field.key.to_owned(), (argv, connect));
    }

    fn env_name(&mut self, node: Node<'a>) -> Option<String> {
        let name = self.desk.full_text(node)?;
        let fits = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !fits {
            let found = Diagnostic::error(
                "RB0207",
                &node.span(),
                format!("`{name}` is not the name of an environment variable"),
            )
            .help("write the name alone, without $");
            self.desk.report(found);
        }
        fits.then_some(name)
    }

    fn default_fits(&mut self, var: &Var, node: Option<Node<'a>>, default: Option<&str>) {
        let (Some(node), Some(default)) = (node, default) else {
            return;
        };
        if default.contains("${") {
            return;
        }
        let listed = var.one_of.is_empty() || var.one_of.iter().any(|one| one == default);
        let matched =
            var.matches.as_deref().and_then(|text| regex::Regex::new(text).ok()).is_none_or(|re| re.is_match(default));
        if !listed || !matched {
            let found = Diagnostic::error(
                "RB0406",
                &node.span(),
                format!("the default of `{}` is not a value that it may have", var.name),
            );
            self.desk.report(found);
        }
    }

    fn defaults(&mut self, node: Node<'a>) {
        let Some(mut fields) = self.desk.fields(node, Scope::Defaults, "a mapping") else {
            return;
        };
        if let Some(shell) = fields.take("shell").and_then(|node| self.desk.word(node, &SHELLS)) {
            self.defaults.shell = shell;
        }
        if let Some(length) = self.length_of(&mut fields, "timeout") {
            self.defaults.timeout = length;
        }
        if let Some(node) = fields.take("strict") {
            self.defaults.strict = self.desk.truth(Some(node));
        }
        if let Some(target) = fields.take("target").and_then(|node| self.target(node)) {
            self.inherited.target = Some(target);
        }
        if let Some(node) = fields.take("runners") {
            let list = self.desk.named(node, "a mapping of languages and programs");
            for field in self.desk.capped(list, 50, &node.span(), "runners") {
                self.runner(field);
            }
        }
        self.desk.finish(fields, &|_| None);
    }
}
