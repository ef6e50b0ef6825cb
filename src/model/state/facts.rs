//! What is true of a run as a whole: its genesis, its holds, its way back, who looks on, and the log of what stood out.

use crate::model::actor::Actor;
use crate::model::ids::{LevelIx, RunId, Seq, StepIx};
use crate::model::signed::{Realm, SignedText};
use crate::model::time::Stamp;
use std::sync::Arc;

/// What genesis says. Every value comes from the signed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFacts {
    /// The run.
    pub run: RunId,
    /// Live or drill.
    pub realm: Realm,
    /// Who began it.
    pub operator: String,
    /// Nobody was there: an answers file spoke.
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
            boot: get("boot").unwrap_or_default(),
        })
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
