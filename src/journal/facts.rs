//! What a journal says of the files beside it and of its own making: gathered in one walk, for the seal and for `verify`.
//!
//! Only what checkpoints cover comes here. Judges what records alone can tell (extents without gaps, one `closed`, nothing
//! after it); opens no output file.

use crate::journal::dir::RunDir;
use crate::journal::error::JournalError;
use crate::journal::hash::Hash;
use crate::journal::reader::walk::{Walk, walk};
use crate::journal::signoffs::SignOffs;
use crate::model::barrier::Barriers;
use crate::model::event::{EndState, Event};
use crate::model::ids::{Attempt, Seq, StepId};
use crate::model::output::Extent;
use crate::model::record::Record;
use crate::model::signed::SignedText;
use crate::model::time::Stamp;
use std::collections::BTreeMap;

/// The first record of a part, as it stands there.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) seq: Seq,
    pub(crate) fmt: String,
    pub(crate) text: String,
    /// The armored signature; `None` for a `continue`, which the run key's checkpoints vouch for.
    pub(crate) sig: Option<String>,
}

/// A signature of the operator's after an act of weight.
#[derive(Clone, Debug)]
pub(crate) struct Vouched {
    pub(crate) seq: Seq,
    /// Unix microseconds.
    pub(crate) at: i64,
    pub(crate) text: String,
    pub(crate) sig: String,
    /// The key that has to have signed it, where the text is what the journal leads to; else why it is not.
    pub(crate) fits: Result<String, String>,
}

/// What records say of one attempt's output.
#[derive(Clone, Debug, Default)]
pub(crate) struct Printed {
    pub(crate) extents: Vec<(Seq, Extent)>,
    /// Whether more than the extents may lie in the file: some was lost, or nobody saw the attempt end.
    pub(crate) lost: bool,
    pub(crate) exited: bool,
}

impl Printed {
    /// How long the file is by its records.
    pub(crate) fn length(&self) -> u64 {
        self.extents.last().map_or(0, |(_, extent)| extent.off + extent.len)
    }

    /// Whether bytes may lie behind the last extent.
    pub(crate) fn may_be_longer(&self) -> bool {
        self.lost || !self.exited
    }
}

/// What a walk gathered.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) openings: Vec<Opened>,
    pub(crate) printed: BTreeMap<(StepId, Attempt), Printed>,
    pub(crate) ended: Option<EndState>,
    pub(crate) closed: Option<(u64, u64)>,
    pub(crate) ckpts: Vec<(Seq, Hash)>,
    /// When each of them was made.
    pub(crate) times: Vec<Stamp>,
    /// Where each attempt began.
    pub(crate) begun: Vec<(Seq, StepId, Attempt)>,
    pub(crate) records: u64,
    /// When the last record was made, Unix microseconds.
    pub(crate) last: i64,
    /// What was asked to be signed, and who signed.
    pub(crate) signoffs: SignOffs,
    /// Acts of weight that are not signed.
    pub(crate) barriers: Barriers,
    /// Amendments: the record, the runbook before, the one from then on.
    pub(crate) amended: Vec<(Seq, String, String)>,
    /// What the operator's key signed of them.
    pub(crate) vouched: Vec<Vouched>,
    /// The first record that cannot stand where it stands.
    pub(crate) wrong: Option<(Seq, String)>,
}

/// Walks over a run and gathers.
pub(crate) fn gather(dir: &RunDir) -> Result<(Walk, Facts), JournalError> {
    let mut facts = Facts::default();
    let walk = walk(dir, &mut |record, valid| {
        if record.seq == valid.seq {
            facts.ckpts.push((valid.seq, valid.ckpt));
            facts.times.push(record.at);
        }
        facts.take(record);
    })?;
    Ok((walk, facts))
}

impl Facts {
    #[allow(clippy::too_many_lines, reason = "a new kind of event has to be looked at here, so each is named")]
    fn take(&mut self, record: Record) {
        self.records = record.seq.0;
        self.last = record.at.wall;
        self.signoffs.take(&record);
        self.barriers.note(&record);
        let seq = record.seq;
        if self.closed.is_some() && !matches!(record.event, Event::Ckpt { .. }) {
            self.say(seq, "it stands after the record that closed the run");
        }
        let opened = |fmt, text, sig| Opened { seq, fmt, text, sig };
        match record.event {
            Event::Genesis { fmt, text, sig } | Event::Resume { fmt, text, sig } => {
                self.openings.push(opened(fmt, text, Some(sig)));
            }
            Event::Continue { fmt, text, sig } => {
                if sig != "-" {
                    self.say(seq, "a continue has no signature of its own");
                }
                self.openings.push(opened(fmt, text, None));
            }
            Event::Output { step, attempt, extent } => self.extent(seq, (step, attempt), extent),
            Event::StepStarted { step, attempt, .. } => self.begun.push((seq, step, attempt)),
            Event::OutputLost { step, attempt, .. } => {
                self.printed.entry((step, attempt)).or_default().lost = true;
            }
            Event::StepExited { step, attempt, .. } => {
                self.printed.entry((step, attempt)).or_default().exited = true;
            }
            Event::BarrierSigned { text, sig } => {
                let fits = self.barriers.sign(&text);
                let fits = fits.map(|()| self.barriers.key().unwrap_or_default().to_owned());
                self.vouched.push(Vouched { seq, at: record.at.wall, text, sig, fits });
            }
            Event::Amended { from, to, .. } => self.amended.push((seq, from, to)),
            Event::Ended { how, .. } => self.ended = Some(how),
            Event::Closed { output_files, output_bytes } => {
                self.closed = Some((output_files, output_bytes));
            }
            Event::Ckpt { .. }
            | Event::Started { .. }
            | Event::HandedOver { .. }
            | Event::DecisionsAcknowledged { .. }
            | Event::VarsBound { .. }
            | Event::VarsFailed { .. }
            | Event::StepSpawned { .. }
            | Event::StepReached { .. }
            | Event::StepTyped { .. }
            | Event::StepNotStarted { .. }
            | Event::StepJudged { .. }
            | Event::StepAnswered { .. }
            | Event::StepSettled { .. }
            | Event::StepConditions { .. }
            | Event::StepChosen { .. }
            | Event::WaitEnded { .. }
            | Event::StopAsked { .. }
            | Event::StepTimeout { .. }
            | Event::StepResolved { .. }
            | Event::Survivors { .. }
            | Event::GateVoted { .. }
            | Event::GateDecided { .. }
            | Event::StepReady { .. }
            | Event::StepEnding { .. }
            | Event::StepOld { .. }
            | Event::MessageFilled { .. }
            | Event::SignAsked { .. }
            | Event::StepSigned { .. }
            | Event::Sampled { .. }
            | Event::TriggerTripped { .. }
            | Event::TriggerAcked { .. }
            | Event::TriggerOver { .. }
            | Event::TriggerCleared { .. }
            | Event::ProcedureCalled { .. }
            | Event::ProcedureEnded { .. }
            | Event::Recycled { .. }
            | Event::HorizonRound { .. }
            | Event::RiskClosed { .. }
            | Event::Warned { .. }
            | Event::Held { .. }
            | Event::Released { .. }
            | Event::RollbackStarted { .. }
            | Event::RollbackEnded { .. }
            | Event::PhaseSeen { .. }
            | Event::Noted { .. }
            | Event::Aborted { .. }
            | Event::Paused { .. }
            | Event::AnswersEnded { .. }
            | Event::ClientJoined { .. }
            | Event::ClientLeft { .. }
            | Event::WheelTaken { .. }
            | Event::IntentRefused { .. }
            | Event::ClockJumped { .. }
            | Event::JournalFailed { .. }
            | Event::MirrorFailed { .. }
            | Event::MirrorMended { .. }
            | Event::Foreign { .. } => {}
        }
    }

    /// The fingerprints of the keys with which the run was begun and taken up.
    pub(crate) fn operators(&self) -> Vec<String> {
        let texts = self.openings.iter().filter_map(|opened| SignedText::decode(&opened.text));
        texts.filter_map(|text| text.get("key").map(str::to_owned)).collect()
    }

    fn extent(&mut self, seq: Seq, of: (StepId, Attempt), extent: Extent) {
        let name = of.0.as_str();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !name.bytes().all(plain) || name.starts_with('.') {
            return self.say(seq, "its step has a name that no file may have");
        }
        let printed = self.printed.entry(of).or_default();
        let follows = printed.length() == extent.off && (1..=1 << 20).contains(&extent.len);
        printed.extents.push((seq, extent));
        if !follows {
            self.say(seq, "its extent does not follow the one before it in the file");
        }
    }

    fn say(&mut self, seq: Seq, why: &str) {
        self.wrong.get_or_insert((seq, why.to_owned()));
    }
}
