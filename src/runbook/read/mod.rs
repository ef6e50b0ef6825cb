//! From located YAML to a draft of the plan, every mistake of shape and type reported on the way.
//!
//! References may point forward (a gate names a rollback further down), so names are kept as written with their places,
//! and `check` resolves them. Nothing here stops at a mistake. `runbook::parse_with` calls `Reader::runbook`.

mod around;
mod command;
mod criterion;
mod draft;
mod duties;
mod expect;
mod gate;
mod group;
mod header;
mod inherited;
mod language;
mod measures;
mod monitor;
mod notice;
mod patterns;
mod phase;
mod step;
mod targets;
mod triggers;
mod wanted;
mod work;

use super::diagnostic::{Diagnostic, Findings};
use super::node::Node;
use super::reader::{Desk, Fields};
use super::scope::Scope;
use super::times;
use crate::model::around::{Contact, Horizon, KnownRisk, Message, Procedure, Target};
use crate::model::ids::{RoleId, StepIx, VarName};
use crate::model::plan::{Environment, Role, Start, Var};
use crate::model::step::{Owner, Place, Shell};
use crate::model::watch::{Probe, Trigger};
use crate::model::when::{Day, When};
use chrono_tz::Tz;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::time::Duration;

pub(crate) use around::AroundWhen;
pub(crate) use draft::{Defaults, Draft, DraftLevel, DraftPhase, DraftUndo, Filled, Located, Loose, Owed, Use, WhenOf};
pub(crate) use inherited::Inherited;
pub(crate) use wanted::{Wanted, What};

/// The draft of a plan, and the desk for complaints about it.
pub(crate) struct Reader<'a> {
    pub desk: Desk<'a>,
    pub title: String,
    pub summary: Option<String>,
    pub owner: Option<String>,
    pub environment: Option<Environment>,
    /// Keys of the head that stand there, faulty or not: what is faulty is not missing as well.
    pub has_environment: bool,
    pub has_hard_stop: bool,
    /// It is no runbook of this version: all that could be said of the rest would be a false alarm.
    pub is_foreign: bool,
    pub start: Start,
    pub zone: Option<Tz>,
    pub hard_stop: Option<(When, Range<usize>)>,
    pub safety_floor: Duration,
    pub same_operator: bool,
    pub signing_required: bool,
    pub decider: Option<RoleId>,
    pub roles: Vec<Role>,
    pub vars: Vec<Var>,
    /// Where each of `vars` is named.
    pub var_spans: Vec<Range<usize>>,
    /// Variables that a step sets: `into`, `capture`.
    pub set_by_steps: Vec<(VarName, bool)>,
    pub defaults: Defaults,
    pub phases: Vec<DraftPhase>,
    pub levels: Vec<DraftLevel>,
    pub steps: Vec<Draft>,
    /// More steps than that are not read, and that was said.
    is_full: bool,
    pub filled: Vec<Filled>,
    pub whens: Vec<(WhenOf, Range<usize>)>,
    /// Names that refer to what may stand further down.
    pub wanted: Vec<Wanted>,
    /// Probes of monitors that read for themselves; `check::ids` names them.
    pub own_probes: Vec<(StepIx, Probe)>,
    /// Commands that are no step's, for those who look at commands as text.
    pub loose: Vec<Loose>,
    /// Variables named by `when`, `of`.
    pub wanted_vars: Vec<Located>,
    /// Every variable's name, and whether it is a secret; `index_variables` fills it.
    pub known_vars: HashMap<String, bool>,
    /// Regular expressions and JSONPaths that were compiled before.
    known_patterns: HashSet<String>,
    counted_patterns: usize,
    patterns_full: bool,
    /// Where commands run, beside this machine.
    pub targets: Vec<Target>,
    /// Environments that steps name, beside the runbook's.
    pub environments: Vec<(String, Environment)>,
    /// What is polled, those of monitors not among them.
    pub probes: Vec<Probe>,
    /// Abort criteria.
    pub triggers: Vec<Trigger>,
    /// Where each of `triggers` begins.
    pub trigger_heads: Vec<Range<usize>>,
    /// Quick fixes.
    pub procedures: Vec<Procedure>,
    /// Texts for people.
    pub messages: Vec<Message>,
    /// Where each of `messages` begins.
    pub message_heads: Vec<Range<usize>>,
    /// What must be true after the event.
    pub horizons: Vec<Horizon>,
    /// The risk register.
    pub risks: Vec<KnownRisk>,
    /// Where each of `risks` begins.
    pub risk_heads: Vec<Range<usize>>,
    /// Where to look and whom to call.
    pub contacts: Vec<Contact>,
    /// What must be met before anything begins.
    pub requires: Vec<StepIx>,
    /// Phases that triggers name.
    pub wanted_phases: Vec<Located>,
    /// What risks stand before, by their places.
    pub risks_before: Vec<(usize, Located)>,
    /// Ids of procedures, horizons and risks, each with its kind.
    around_ids: HashSet<String>,
    /// What steps take over from what the reader stands in.
    pub inherited: Inherited,
    /// Where an owed inline step goes: the phase or level that is being read.
    home: Place,
    /// The phase that is being read, where it says when it is: times of the clock in it are on its date.
    dated: Option<usize>,
    owed: Vec<StepIx>,
    /// The step whose `expect` is being read: `of` in it may name a sibling by its short id.
    judging: Option<StepIx>,
}

impl<'a> Reader<'a> {
    #[allow(clippy::too_many_lines, reason = "one line a field")]
    pub fn new(source: &'a str) -> Self {
        Self {
            desk: Desk { source, findings: Findings::default() },
            title: String::new(),
            summary: None,
            owner: None,
            environment: None,
            has_environment: false,
            has_hard_stop: false,
            is_foreign: false,
            start: Start::AtStart,
            zone: None,
            hard_stop: None,
            safety_floor: Duration::from_secs(300),
            same_operator: false,
            signing_required: false,
            decider: None,
            roles: Vec::new(),
            vars: Vec::new(),
            var_spans: Vec::new(),
            set_by_steps: Vec::new(),
            defaults: Defaults {
                shell: Shell::Bash,
                timeout: Duration::from_secs(600),
                strict: true,
                runners: HashMap::new(),
            },
            phases: Vec::new(),
            levels: Vec::new(),
            steps: Vec::new(),
            is_full: false,
            filled: Vec::new(),
            whens: Vec::new(),
            wanted: Vec::new(),
            own_probes: Vec::new(),
            loose: Vec::new(),
            wanted_vars: Vec::new(),
            known_vars: HashMap::new(),
            known_patterns: HashSet::new(),
            counted_patterns: 0,
            patterns_full: false,
            targets: Vec::new(),
            environments: Vec::new(),
            probes: Vec::new(),
            triggers: Vec::new(),
            trigger_heads: Vec::new(),
            procedures: Vec::new(),
            messages: Vec::new(),
            message_heads: Vec::new(),
            horizons: Vec::new(),
            risks: Vec::new(),
            risk_heads: Vec::new(),
            contacts: Vec::new(),
            requires: Vec::new(),
            wanted_phases: Vec::new(),
            risks_before: Vec::new(),
            around_ids: HashSet::new(),
            inherited: Inherited::default(),
            home: Place::Phase(0),
            dated: None,
            owed: Vec::new(),
            judging: None,
        }
    }

    /// Reads the whole document.
    pub fn runbook(&mut self, root: Node<'a>) {
        let Some(mut fields) = self.desk.fields(root, Scope::Top, "a mapping that begins with `tminus: 1`") else {
            self.is_foreign = true;
            return;
        };
        if !self.version(&mut fields) {
            self.is_foreign = true;
            return;
        }
        self.header(&mut fields);
        self.before_the_phases(&mut fields);
        match fields.take("phases") {
            Some(node) => self.phases(node),
            None => self.desk.missing(
                &fields.span.clone(),
                "the runbook has no `phases`".into(),
                "add `phases:` with at least one phase and its `steps`",
            ),
        }
        if let Some(node) = fields.take("rollbacks") {
            self.levels(node);
        }
        self.after_the_phases(&mut fields);
        self.desk.finish(fields, &|_| None);
    }

    /// What phases and steps name: signals and messages are read first only so that the file's order is kept in the plan.
    fn before_the_phases(&mut self, fields: &mut Fields<'a>) {
        if let Some(node) = fields.take("signals") {
            self.signals(node);
        }
        if let Some(node) = fields.take("contacts") {
            self.contacts(node);
        }
        if let Some(node) = fields.take("messages") {
            self.messages(node);
        }
        if let Some(node) = fields.take("requires") {
            self.requires = self.requires(node, Owner::Runbook);
        }
    }

    fn after_the_phases(&mut self, fields: &mut Fields<'a>) {
        if let Some(node) = fields.take("procedures") {
            self.procedures(node);
        }
        if let Some(node) = fields.take("horizons") {
            self.horizons(node);
        }
        if let Some(node) = fields.take("triggers") {
            self.triggers(node);
        }
        if let Some(node) = fields.take("risks") {
            self.risks(node);
        }
    }

    /// Of another version nothing else is said: every line of it would be a false alarm.
    fn version(&mut self, fields: &mut Fields<'a>) -> bool {
        let Some(node) = fields.take("tminus") else {
            self.desk.report(
                Diagnostic::error("RB0101", &fields.head(), "the runbook does not say its format version")
                    .help("begin it with `tminus: 1`"),
            );
            return true;
        };
        if node.value.as_i64() == Some(1) {
            return true;
        }
        let said = self.desk.written(&node.span()).to_owned();
        let found = Diagnostic::error(
            "RB0101",
            &node.span(),
            format!("format version `{said}` is not known; this tminus reads version 1"),
        );
        let newer = node.value.as_i64().is_some_and(|version| version > 1);
        self.desk.report(found.help(if newer { "a newer tminus reads it" } else { "write `tminus: 1`" }));
        false
    }

    /// A text that people read, `${…}` allowed.
    pub(crate) fn said(&mut self, node: Node<'a>) -> Option<String> {
        self.filled_text(node, Use::People)
    }

    /// A text that is filled in, for this use.
    fn filled_text(&mut self, node: Node<'a>, used: Use) -> Option<String> {
        let text = self.desk.full_text(node)?;
        self.note_filled(&text, node, used);
        Some(text)
    }

    fn note_filled(&mut self, text: &str, node: Node<'a>, used: Use) {
        if text.contains("${") {
            let text = Located { text: text.to_owned(), span: node.span() };
            self.filled.push(Filled { text, used });
        }
    }

    /// The text of a key that people read.
    fn said_of(&mut self, fields: &mut Fields<'a>, key: &'static str) -> Option<String> {
        let node = fields.take(key)?;
        self.said(node)
    }

    fn located(&mut self, node: Node<'a>) -> Option<Located> {
        let text = self.desk.full_text(node)?;
        Some(Located { text, span: node.span() })
    }

    /// A length of time.
    fn length(&mut self, node: Node<'a>) -> Option<Duration> {
        let text = self.desk.full_text(node)?;
        let read = times::length(&text);
        let found = match read {
            Ok(length) => return Some(length),
            Err(error) => Diagnostic::error(error.code(), &node.span(), error.to_string()).help(error.help()),
        };
        let instant = text.trim() == "instant";
        self.desk.report(if instant { found.help("nothing is instant: write 60s") } else { found });
        None
    }

    fn length_of(&mut self, fields: &mut Fields<'a>, key: &'static str) -> Option<Duration> {
        let node = fields.take(key)?;
        self.length(node)
    }

    /// A WHEN; a bare length only where `wait` asks for one.
    fn when(&mut self, node: Node<'a>, length_allowed: bool) -> Option<When> {
        let text = self.desk.full_text(node)?;
        let found = match times::when(&text) {
            Ok(When::After(_)) if !length_allowed => {
                Diagnostic::error("RB0302", &node.span(), format!("`{text}` is a length, not a time"))
                    .help(format!("write T+{} for so long after T0", text.trim()))
            }
            // Of a `wait` it is the next one.
            Ok(When::Clock { day: Day::NotSaid, time }) if !length_allowed => {
                return Some(When::Clock { day: self.dated.map_or(Day::NotSaid, Day::OfPhase), time });
            }
            Ok(when) => return Some(when),
            Err(error) => Diagnostic::error(error.code(), &node.span(), error.to_string()).help(error.help()),
        };
        self.desk.report(found);
        None
    }

    /// A role that `roles:` declares.
    fn role(&mut self, node: Node<'a>) -> Option<RoleId> {
        let name = self.desk.full_text(node)?;
        if self.roles.iter().any(|role| role.id.0 == name) {
            return Some(RoleId(name));
        }
        let known: Vec<&str> = self.roles.iter().map(|role| role.id.as_str()).collect();
        let help = self.desk.suggest(&name, known.iter().copied()).unwrap_or_else(|| match known.as_slice() {
            [] => "the runbook declares no `roles:`".into(),
            _ => format!("roles: {}", known.join(", ")),
        });
        self.desk.report(Diagnostic::error("RB0203", &node.span(), format!("there is no role `{name}`")).help(help));
        None
    }

    /// After all is read: which variables there are, whoever sets them.
    pub fn index_variables(&mut self) {
        for (name, secret) in self
            .vars
            .iter()
            .map(|var| (&var.name, var.secret))
            .chain(self.set_by_steps.iter().map(|(name, secret)| (name, *secret)))
        {
            *self.known_vars.entry(name.0.clone()).or_insert(false) |= secret;
        }
    }

    /// A variable that a step sets.
    fn sets(&mut self, name: &str, span: &Range<usize>, secret: bool) -> Option<VarName> {
        if let Some(why) = super::names::refuse_variable(name) {
            self.desk.report(Diagnostic::error("RB0207", span, format!("`{name}` {why}")));
            return None;
        }
        let name = VarName(name.to_owned());
        self.set_by_steps.push((name.clone(), secret));
        Some(name)
    }
}
