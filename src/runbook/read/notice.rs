//! What speaks to people or points elsewhere: sign-offs, messages, calls, and what a step proposes when it ends.
//!
//! An OUTCOME is one type wherever it stands (`then`, `otherwise`, `if_fails`): it proposes and never acts. The names in
//! it may point forward, so that they are only noted here; `check::refs` resolves them.

use super::{Located, Loose, Reader, What};
use crate::model::ids::{LevelId, MessageId, ProcedureId, RoleId, StepId, StepIx};
use crate::model::step::{Callee, Command, Effect, Hint, Notice, Program, SignOff, Work};
use crate::model::watch::Outcome;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use crate::runbook::scope::Scope;
use serde_yaml::Value;

const WORDS: [(&str, Word); 3] = [("hold", Word::Hold), ("abort", Word::Abort), ("go_on", Word::GoOn)];
const WANTED: &str = "`hold`, `abort`, `go_on`, `{ rollback: ID }`, `{ recycle: STEP }` or `{ call: ID }`";

#[derive(Clone, Copy)]
enum Word {
    Hold,
    Abort,
    GoOn,
}

impl<'a> Reader<'a> {
    /// What is proposed, seen from the step `near` where it stands in one.
    pub(super) fn outcome(&mut self, node: Node<'a>, near: Option<StepIx>) -> Option<Outcome> {
        if node.entries().is_none() {
            if !matches!(node.value, Value::String(_)) {
                self.desk.wrong_type(node, WANTED);
                return None;
            }
            return self.desk.word(node, &WORDS).map(|word| match word {
                Word::Hold => Outcome::Hold,
                Word::Abort => Outcome::Abort,
                Word::GoOn => Outcome::GoOn,
            });
        }
        let mut fields = self.desk.fields(node, Scope::Otherwise, WANTED)?;
        let level = fields.take("rollback").and_then(|node| self.name_of(node, What::Level, near));
        let step = fields.take("recycle").and_then(|node| self.name_of(node, What::Step, near));
        let procedure = fields.take("call").and_then(|node| self.name_of(node, What::Procedure, near));
        let head = fields.span.clone();
        let complete = fields.rest().next().is_none();
        self.desk.finish(fields, &|_| None);
        match (level, step, procedure) {
            (Some(level), None, None) => Some(Outcome::RollBack(LevelId(level))),
            (None, Some(step), None) => Some(Outcome::Recycle(StepId(step))),
            (None, None, Some(procedure)) => Some(Outcome::Call(ProcedureId(procedure))),
            (None, None, None) if !complete || node.entries().is_some_and(|all| !all.is_empty()) => None,
            _several_or_none => {
                self.desk.report(
                    Diagnostic::error("RB0109", &head, "one thing is proposed, no more and no fewer").help(WANTED),
                );
                None
            }
        }
    }

    pub(super) fn outcome_of(
        &mut self,
        fields: &mut Fields<'a>,
        key: &'static str,
        near: Option<StepIx>,
    ) -> Option<Outcome> {
        let node = fields.take(key)?;
        self.outcome(node, near)
    }

    /// `hints`: what a failure looks like, and what is probably wrong then.
    pub(super) fn hints(&mut self, node: Node<'a>, at: StepIx) -> Vec<Hint> {
        let list = self.desk.list(node, "a list of `{ when: …, say: … }`");
        let list = self.desk.capped(list, 50, &node.span(), "hints");
        list.into_iter().filter_map(|node| self.hint(node, at)).collect()
    }

    fn hint(&mut self, node: Node<'a>, at: StepIx) -> Option<Hint> {
        let mut fields = self.desk.fields(node, Scope::Hint, "`{ when: { contains: … }, say: … }`")?;
        let head = fields.span.clone();
        // A hint is about a failure, whatever the exit code of it.
        let when = fields.take("when").and_then(|node| self.expect_of_output(node));
        let say = self.said_of(&mut fields, "say");
        let then = self.outcome_of(&mut fields, "then", Some(at));
        if node.entries().is_some_and(|all| ["when", "say"].iter().any(|key| all.iter().all(|one| one.key != *key))) {
            self.desk.missing(
                &head,
                "a hint needs `when` and `say`".into(),
                "hints: [ { when: { contains: \"401\" }, say: The webhook secret is not configured } ]",
            );
        }
        self.desk.finish(fields, &|_| None);
        Some(Hint { when: when?, say: say?, then })
    }

    pub(super) fn sign(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>) -> Work {
        let text = self.said(kind.node).unwrap_or_default();
        let statements = fields.take("statements").map(|node| self.statements(node)).unwrap_or_default();
        let roles_node = fields.take("roles");
        let mut roles: Vec<RoleId> = Vec::new();
        if let Some(node) = roles_node {
            let list = self.desk.list(node, "a list of roles");
            roles = list.into_iter().filter_map(|node| self.role(node)).collect();
        }
        if roles_node.is_none_or(|node| node.items().is_some_and(|items| items.is_empty())) {
            self.desk.missing(&kind.key_span, "nobody is named who signs".into(), "add `roles: [lead]`");
        }
        let count_node = fields.take("count");
        let count = count_node.and_then(|node| self.desk.whole(node, 1)).and_then(|count| usize::try_from(count).ok());
        if let (Some(node), Some(count)) = (count_node, count)
            && count > roles.len()
            && !roles.is_empty()
        {
            let text = format!("{count} must sign, and only {} may", roles.len());
            self.desk.report(Diagnostic::error("RB0109", &node.span(), text));
        }
        let count = count.unwrap_or(roles.len());
        let same_person = match fields.take("same_person") {
            Some(node) => self.desk.word(node, &[("allowed", true)]).unwrap_or(false),
            None => false,
        };
        Work::Sign(SignOff { text, statements, roles, count, same_person })
    }

    fn statements(&mut self, node: Node<'a>) -> Vec<String> {
        let list = self.desk.list(node, "a list of texts");
        let list = self.desk.capped(list, 200, &node.span(), "statements");
        list.into_iter().filter_map(|node| self.said(node)).collect()
    }

    pub(super) fn notify(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>, at: StepIx) -> Work {
        let message = self.name_of(kind.node, What::Message, Some(at)).unwrap_or_default();
        let to = self.said_of(fields, "to");
        let own = fields.take("via").and_then(|node| self.via(node)).map(Box::new);
        // Messages are read before the phases, wherever they stand in the file.
        let meant = self.messages.iter().find(|one| one.id.0 == message);
        let via = own.or_else(|| meant.and_then(|one| one.via.clone()));
        Work::Notify(Notice { message: MessageId(message), via, to })
    }

    /// The command that sends a message: it gets the text on its standard input.
    pub(super) fn via(&mut self, node: Node<'a>) -> Option<Command> {
        let program = match node.value {
            Value::Sequence(_) => self.arguments(node, false)?,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Mapping(_)
            | Value::Tagged(_) => {
                let text = self.desk.full_text(node)?;
                Program::Text { shell: self.defaults.shell, strict: self.defaults.strict, text }
            }
        };
        let command = Command { timeout: Some(self.defaults.timeout), ..Command::new(program) };
        self.loose.push(Loose { command: command.clone(), text: node.span(), literal: false, argv_secret: false });
        Some(command)
    }

    pub(super) fn call(&mut self, kind: &Field<'a>, at: StepIx) -> Work {
        // Which of the two it is, `check::refs` knows: both may stand further down.
        let name = self.name_of(kind.node, What::Callee, Some(at)).unwrap_or_default();
        Work::Call(Callee::Procedure(ProcedureId(name)))
    }

    /// A name that something further down may bear.
    pub(super) fn name_of(&mut self, node: Node<'a>, what: What, near: Option<StepIx>) -> Option<String> {
        let name: Located = self.located(node)?;
        let text = name.text.clone();
        self.want(what, near, name);
        Some(text)
    }

    /// What a step does to the world where the author does not say: commands change, all else reads, and so do criteria.
    pub(super) fn default_effect(&mut self, kind: &Field<'a>, at: StepIx) {
        let draft = &mut self.steps[at.0];
        let sends = matches!(&draft.step.work, Work::Notify(notice) if notice.via.is_some());
        let changes = !draft.is_criterion && (kind.key == "run" || sends);
        draft.step.effect = draft.effect.unwrap_or(if changes { Effect::Changes } else { Effect::Reads });
    }
}
