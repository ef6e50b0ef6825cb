//! What a phase or a group says for all of its steps: each step takes it over where it says nothing itself.
//!
//! `Reader::inherited` holds what counts where the reader stands; whoever opens a phase or group puts its own in and puts
//! the former back afterwards (`within`). A step of a level, a procedure or a horizon takes over what that says.

use super::{Reader, Use};
use crate::model::ids::{RoleId, TargetId};
use crate::model::plan::Environment;
use crate::model::step::{Condition, Risk, Skip};
use crate::runbook::node::Node;
use crate::runbook::reader::Fields;

/// What steps take over from what they stand in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inherited {
    /// Working directory.
    pub cwd: Option<String>,
    /// More environment of commands; a step's own names win.
    pub env: Vec<(String, String)>,
    /// Where commands run; `local` is named to leave a target again.
    pub target: Option<TargetId>,
    /// Whose it is.
    pub role: Option<RoleId>,
    /// How risky.
    pub risk: Option<Risk>,
    /// Conditions, which add up.
    pub when: Vec<Condition>,
    /// Whether steps may be left out.
    pub skip: Option<Skip>,
    /// Where it acts, where that differs from the runbook's.
    pub environment: Option<Environment>,
}

impl<'a> Reader<'a> {
    /// Reads the keys that are handed on, on top of what counts already; `role`, `risk`, `when` and `skip` among them.
    pub(super) fn handed_on(&mut self, fields: &mut Fields<'a>) -> Inherited {
        let around = self.inherited.clone();
        let cwd = fields.take("cwd").and_then(|node| self.filled_text(node, Use::Directory));
        let mut env = around.env;
        for (name, value) in fields.take("env").map(|node| self.environment_of(node)).unwrap_or_default() {
            env.retain(|(known, _)| *known != name);
            env.push((name, value));
        }
        let target = fields.take("target").and_then(|node| self.target(node));
        let role = fields.take("role").and_then(|node| self.role(node));
        let risks = [("low", Risk::Low), ("medium", Risk::Medium), ("high", Risk::High)];
        let risk = fields.take("risk").and_then(|node| self.desk.word(node, &risks));
        let mut when = around.when;
        when.extend(fields.take("when").map(|node| self.conditions(node)).unwrap_or_default());
        let skip = fields.take("skip").and_then(|node| self.skip(node));
        let named = fields.take("environment").and_then(|node| self.environment_named(node));
        let of_target = target.as_ref().and_then(|id| self.targets.iter().find(|target| target.id == *id));
        let of_target = of_target.and_then(|target| target.environment.clone());
        Inherited {
            cwd: cwd.or(around.cwd),
            env,
            target: target.or(around.target),
            role: role.or(around.role),
            risk: risk.or(around.risk),
            when,
            skip: skip.or(around.skip),
            environment: named.or(of_target).or(around.environment),
        }
    }

    /// Reads something in which these count.
    pub(super) fn within<T>(&mut self, inherited: Inherited, read: impl FnOnce(&mut Self) -> T) -> T {
        let around = std::mem::replace(&mut self.inherited, inherited);
        let made = read(self);
        self.inherited = around;
        made
    }

    /// The target of this name; `local` is this machine.
    pub(super) fn target(&mut self, node: Node<'a>) -> Option<TargetId> {
        let name = self.desk.full_text(node)?;
        if name == "local" || self.targets.iter().any(|target| target.id.as_str() == name) {
            return Some(TargetId(name));
        }
        let known: Vec<String> = self.targets.iter().map(|target| target.id.0.clone()).collect();
        self.unknown("RB0217", node, ("target", &name), &known);
        None
    }

    /// The environment of this name: one of `environments:`, or the runbook's own by its kind.
    pub(super) fn environment_named(&mut self, node: Node<'a>) -> Option<Environment> {
        let name = self.desk.full_text(node)?;
        if let Some((_, found)) = self.environments.iter().find(|(known, _)| *known == name) {
            return Some(found.clone());
        }
        if let Some(own) = self.environment.as_ref().filter(|own| own.kind.word() == name) {
            return Some(own.clone());
        }
        let known: Vec<String> = self.environments.iter().map(|(known, _)| known.clone()).collect();
        self.unknown("RB0218", node, ("environment", &name), &known);
        None
    }

    fn unknown(&mut self, code: &'static str, node: Node<'a>, named: (&str, &str), known: &[String]) {
        let (what, name) = named;
        let help = self.desk.suggest(name, known.iter().map(String::as_str));
        let help = help.unwrap_or_else(|| match known {
            [] => format!("the runbook declares no `{what}s:`"),
            _ => format!("{what}s: {}", known.join(", ")),
        });
        let found =
            crate::runbook::diagnostic::Diagnostic::error(code, &node.span(), format!("there is no {what} `{name}`"));
        self.desk.report(found.help(help));
    }
}
