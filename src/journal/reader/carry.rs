//! What a record names by hash and whoever folds it needs: the runbook of an amendment, read from `attach/`.
//!
//! A file that is not there, or is another one, leaves the record without it: the fold then says so, and `verify` names the
//! file. Every reader of records goes through here; nothing else is read.

use crate::journal::dir::RunDir;
use crate::model::amend::Carried;
use crate::model::event::Event;
use crate::model::record::Record;

/// Brings a record what it names.
pub(super) fn carry(dir: &RunDir, record: &mut Record) {
    if let Event::Amended { to, text, .. } = &mut record.event {
        *text = dir.attachment(to).map(|bytes| Carried::of(&bytes)).unwrap_or_default();
    }
}
