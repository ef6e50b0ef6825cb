//! Where things happen: targets that commands run on, environments that steps name, contacts.

use super::{Located, Reader};
use crate::model::around::{Contact, Target};
use crate::model::ids::TargetId;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::names;
use crate::runbook::node::{Field, Node};
use crate::runbook::scope::Scope;
use serde_yaml::Value;

impl<'a> Reader<'a> {
    pub(super) fn environments(&mut self, node: Node<'a>) {
        let list = self.desk.named(node, "a mapping of environments");
        for field in self.desk.capped(list, 50, &node.span(), "environments") {
            if let Some(environment) = self.environment(field.node) {
                self.environments.push((field.key.to_owned(), environment));
            }
        }
    }

    pub(super) fn targets(&mut self, node: Node<'a>) {
        let list = self.desk.named(node, "a mapping of targets");
        for field in self.desk.capped(list, 200, &node.span(), "targets") {
            self.one_target(field);
        }
    }

    /// `db1: { ssh: deploy@db1.internal }`; `local: {}` is this machine and may be left out.
    fn one_target(&mut self, field: Field<'a>) {
        if !names::is_id(field.key) {
            self.bad_id(&Located { text: field.key.to_owned(), span: field.key_span });
            return;
        }
        let mut target =
            Target { id: TargetId(field.key.to_owned()), ssh: None, environment: None, forward_agent: false };
        if !matches!(field.node.value, Value::Null) {
            let Some(mut fields) = self.desk.fields(field.node, Scope::Target, "a mapping such as { ssh: user@host }")
            else {
                return;
            };
            target.ssh = fields.take("ssh").and_then(|node| self.destination(node));
            target.environment = fields.take("environment").and_then(|node| self.environment_named(node));
            target.forward_agent = self.desk.truth(fields.take("forward_agent"));
            self.desk.finish(fields, &|_| None);
        }
        if target.ssh.is_some() == (field.key == "local") {
            let text = match field.key {
                "local" => "`local` is this machine: it has no `ssh`".to_owned(),
                name => format!("the target `{name}` does not say where it is"),
            };
            self.desk
                .report(Diagnostic::error("RB0109", &field.key_span, text).help("db1: { ssh: deploy@db1.internal }"));
        }
        self.targets.push(target);
    }

    /// A destination goes to ssh as one argument: nothing that ssh could take for an option.
    fn destination(&mut self, node: Node<'a>) -> Option<String> {
        let text = self.desk.full_text(node)?;
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "@._-:[]/%".contains(letter);
        if text.starts_with('-') || !text.chars().all(plain) {
            let found = Diagnostic::error("RB0109", &node.span(), format!("`{text}` is no destination of ssh"));
            self.desk.report(found.help("user@host, or a name of your ~/.ssh/config"));
            return None;
        }
        Some(text)
    }

    pub(super) fn contacts(&mut self, node: Node<'a>) {
        let list = self.desk.named(node, "a mapping of names and texts");
        for field in self.desk.capped(list, 200, &node.span(), "contacts") {
            if let Some(text) = self.said(field.node) {
                self.contacts.push(Contact { name: field.key.to_owned(), text });
            }
        }
    }
}
