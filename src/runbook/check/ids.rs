//! Ids and numbers: the author's own where given, else made from titles and places.
//!
//! Ids that an author wrote come first, so that a made one never takes the name that somebody chose. Steps of a level,
//! of a gate and of an undo carry their owner's id before their own.

use crate::model::ids::{LevelId, PhaseId, StepId, StepIx};
use crate::model::step::{Place, Work};
use crate::runbook::bytes::line_of;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::names::{Taken, id_from};
use crate::runbook::read::{Located, Reader};
use std::collections::HashMap;
use std::ops::Range;

/// What each id of the file names.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub steps: HashMap<String, StepIx>,
    pub phases: HashMap<String, usize>,
    pub levels: HashMap<String, usize>,
}

struct Claims {
    taken: Taken,
    spans: HashMap<String, Range<usize>>,
}

impl Claims {
    /// Takes an id that the author wrote; a second one is an error that names the first.
    fn own(&mut self, reader: &mut Reader<'_>, full: &str, id: &Located) {
        if self.taken.claim(full) {
            self.spans.insert(full.to_owned(), id.span.clone());
            return;
        }
        let line = self
            .spans
            .get(full)
            .filter(|_| !reader.desk.findings.full())
            .map(|span| line_of(reader.desk.source, span.start));
        let first = line.map_or_else(String::new, |line| format!(" (line {line})"));
        let found = Diagnostic::error("RB0202", &id.span, format!("the id `{full}` is already taken{first}"))
            .label("a second time")
            .help("phases, steps and rollbacks share one set of ids");
        reader.desk.report(found);
    }
}

/// Gives every phase, level and step its id.
pub(super) fn assign(reader: &mut Reader<'_>) -> Names {
    let mut claims = Claims { taken: Taken::default(), spans: HashMap::new() };
    let mut names = Names::default();
    for at in 0..reader.phases.len() {
        if let Some(id) = reader.phases[at].own_id.clone() {
            claims.own(reader, &id.text, &id);
            reader.phases[at].phase.id = PhaseId(id.text);
        }
    }
    for at in 0..reader.levels.len() {
        if let Some(id) = reader.levels[at].own_id.clone() {
            claims.own(reader, &id.text, &id);
            reader.levels[at].level.id = LevelId(id.text);
        }
    }
    own_step_ids(reader, &mut claims);
    for at in 0..reader.levels.len() {
        if reader.levels[at].own_id.is_none() {
            reader.levels[at].level.id = LevelId(claims.taken.claim_free("", &format!("level-{}", at + 1)));
        }
        names.levels.insert(reader.levels[at].level.id.0.clone(), at);
    }
    made_step_ids(reader, &mut claims);
    for at in 0..reader.phases.len() {
        if reader.phases[at].own_id.is_none() {
            let made = id_from(&reader.phases[at].phase.title, "phase");
            reader.phases[at].phase.id = PhaseId(claims.taken.claim_free("", &made));
        }
        names.phases.insert(reader.phases[at].phase.id.0.clone(), at);
    }
    for (at, draft) in reader.steps.iter().enumerate() {
        names.steps.entry(draft.step.id.0.clone()).or_insert(StepIx(at));
    }
    names
}

/// Steps of phases and options that the author named.
fn own_step_ids(reader: &mut Reader<'_>, claims: &mut Claims) {
    for at in 0..reader.steps.len() {
        let plain = matches!(reader.steps[at].step.place, Place::Phase(_) | Place::Choice { .. });
        if let Some(id) = reader.steps[at].own_id.clone().filter(|_| plain) {
            claims.own(reader, &id.text, &id);
            reader.steps[at].step.id = StepId(id.text);
        }
    }
}

/// All others, owners before what they own.
fn made_step_ids(reader: &mut Reader<'_>, claims: &mut Claims) {
    for at in 0..reader.steps.len() {
        let draft = &reader.steps[at];
        if !draft.step.id.0.is_empty() {
            continue;
        }
        let prefix = match draft.step.place {
            Place::Phase(_) | Place::Choice { .. } => String::new(),
            Place::Criterion { gate: owner, .. } | Place::Undo(owner) => {
                format!("{}.", reader.steps[owner.0].step.id)
            }
            Place::Level(level) => format!("{}.", reader.levels.get(level).map_or("", |level| level.level.id.as_str())),
            Place::Group(_) | Place::Procedure(_) | Place::Horizon(_) | Place::Requirement(_) => String::new(),
        };
        let id = match (&draft.own_id, draft.step.place) {
            (Some(own), _) => {
                let (own, full) = (own.clone(), format!("{prefix}{}", own.text));
                claims.own(reader, &full, &own);
                full
            }
            (None, Place::Undo(_)) => claims.taken.claim_free(&prefix, "undo"),
            (None, _made_from_title) => claims.taken.claim_free(&prefix, &id_from(&draft.step.title, "step")),
        };
        reader.steps[at].step.id = StepId(id);
    }
}

/// Gives every step its number.
pub(super) fn number(reader: &mut Reader<'_>) {
    let mut numbers = vec![String::new(); reader.steps.len()];
    for phase in &reader.phases {
        for (place, step) in phase.phase.steps.iter().enumerate() {
            numbers[step.0] = format!("{}.{}", phase.phase.number, place + 1);
        }
    }
    for (level, draft) in reader.levels.iter().enumerate() {
        for (place, step) in draft.level.steps.iter().enumerate() {
            numbers[step.0] = format!("L{}.{}", level + 1, place + 1);
        }
    }
    for at in 0..reader.steps.len() {
        let step = &reader.steps[at].step;
        let own = numbers[at].clone();
        for (place, undo) in step.undo.iter().enumerate() {
            let tail = if step.undo.len() > 1 { format!(".{}", place + 1) } else { String::new() };
            numbers[undo.0] = format!("U{own}{tail}");
        }
        match &step.work {
            Work::Choose { options, .. } => {
                for (option, choice) in options.iter().enumerate() {
                    for (place, inner) in choice.steps.iter().enumerate() {
                        numbers[inner.0] = format!("{own}{}.{}", letters(option), place + 1);
                    }
                }
            }
            Work::Gate(gate) => {
                for (place, criterion) in gate.go.iter().enumerate() {
                    numbers[criterion.0] = (place + 1).to_string();
                }
                for (place, criterion) in gate.no_go.iter().enumerate() {
                    numbers[criterion.0] = letters(place);
                }
            }
            Work::Run(_) | Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Wait(_) => {}
            Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => {
            }
        }
    }
    for (draft, number) in reader.steps.iter_mut().zip(numbers) {
        draft.step.number = number;
    }
}

/// `a` … `z`, `aa`, `ab` …
fn letters(mut place: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, char::from(b'a' + (place % 26) as u8));
        if place < 26 {
            return text;
        }
        place = place / 26 - 1;
    }
}
