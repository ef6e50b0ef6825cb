//! What is true of a run as a whole: its genesis, its holds, its way back, who looks on, and the log of what stood out.

use crate::model::actor::Actor;
use crate::model::ids::{LevelIx, RunId, Seq, StepIx};
use crate::model::signed::{Realm, SignedText};
use crate::model::state::handover::Operator;
use crate::model::time::Stamp;
use std::sync::Arc;

/// What genesis says. Every value comes from the signed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFacts {
    /// The run.
    pub run: RunId,
    /// Live or drill.
    pub realm: Realm,
    /// Who conducts the present part.
    pub operator: String,
    /// Who conducted each part, in order.
    pub operators: Vec<Operator>,
    /// Nobody was there, at least in one part: an answers file spoke.
    pub unattended: bool,
    /// Where its conductor runs.
    pub host: String,
    /// OS user of the conductor.
    pub user: String,
    /// Folder of the runbook.
    pub runbook_dir: String,
    /// The runbook's name in `attach/`.
    pub runbook: String,
    /// Its sha256, hex.
    pub runbook_sha256: String,
    /// The run directory at the start.
    pub run_dir: String,
    /// How the key came: `agent`, `file`, `self-made`, `none`.
    pub key_origin: String,
    /// Fingerprints of the keys of whoever began the run or took it up.
    pub operator_keys: Vec<String>,
    /// T0 where `--t0` gave it, Unix microseconds.
    pub t0: Option<i64>,
    /// IANA name of the zone that times of the clock are read in.
    pub zone: String,
    /// What nobody could know before the run began; empty where nothing was given.
    pub beacon: String,
    /// Boot id of the present conductor's host.
    pub boot: String,
}

impl RunFacts {
    /// Reads genesis's text; `None` where something that a run needs is missing.
    pub fn read(text: &str) -> Option<Self> {
        let text = SignedText::decode(text)?;
        let get = |key: &str| text.get(key).map(str::to_owned);
        Some(Self {
            run: text.run.clone(),
            realm: text.realm,
            operator: get("operator")?,
            operators: vec![Operator::read(&text, Seq(1))],
            unattended: text.get("mode") == Some("unattended"),
            host: get("host")?,
            user: get("user")?,
            runbook_dir: get("runbook dir")?,
            runbook: get("runbook name")?,
            runbook_sha256: get("runbook")?,
            run_dir: get("run dir")?,
            key_origin: get("key origin").unwrap_or_else(|| "none".into()),
            operator_keys: get("key").into_iter().collect(),
            t0: text.get("t0").and_then(|t0| t0.parse().ok()),
            zone: text.get("zone").unwrap_or("UTC").to_owned(),
            beacon: get("beacon").unwrap_or_default(),
            boot: get("boot").unwrap_or_default(),
        })
    }

    /// Another part begins: from here on it is that operator's. A run is as little signed as its weakest part.
    pub(super) fn taken_up(&mut self, text: &SignedText, since: Seq) {
        let operator = Operator::read(text, since);
        self.operator_keys.extend(operator.key.clone());
        self.operator.clone_from(&operator.name);
        self.user.clone_from(&operator.user);
        self.host.clone_from(&operator.host);
        self.unattended |= operator.unattended;
        let weight = |origin: &str| match origin {
            "none" => 0,
            "self-made" => 1,
            _of_the_operator => 2,
        };
        let origin = text.get("key origin").unwrap_or("none");
        if weight(origin) < weight(&self.key_origin) {
            origin.clone_into(&mut self.key_origin);
        }
        self.operators.push(operator);
    }

    /// What every screen must say of the run's key: `UNSIGNED`, `SELF-MADE KEY`, or nothing.
    pub fn key_word(&self) -> Option<&'static str> {
        match self.key_origin.as_str() {
            "none" => Some("UNSIGNED"),
            "self-made" => Some("SELF-MADE KEY"),
            _ => None,
        }
    }
}

/// A hold that is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Since when.
    pub since: Stamp,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: Actor,
    /// What was next.
    pub at: Option<StepIx>,
}

/// A way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollBack {
    /// Which level.
    pub level: LevelIx,
    /// Its steps in order.
    pub path: Vec<StepIx>,
    /// From where.
    pub from: Option<StepIx>,
    /// Since when.
    pub since: Stamp,
    /// When it came to its end.
    pub ended: Option<Stamp>,
    /// Why.
    pub reason: String,
}

/// A screen that is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Who.
    pub who: Actor,
    /// Whether it may act.
    pub drives: bool,
    /// Since when.
    pub since: Stamp,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its record.
    pub seq: Seq,
    /// When.
    pub at: Stamp,
    /// Which step.
    pub step: Option<StepIx>,
    /// A word that can be filtered by: a status word, `note`, `hold`, `screen` …
    pub word: &'static str,
    /// What, in words.
    pub text: String,
    /// Who did it, or began the step that it is about; `None` where nobody did.
    pub who: Option<Arc<str>>,
}
