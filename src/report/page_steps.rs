//! The steps on a page: a table of planned and actual, and behind it each step's own card to open.
//!
//! Pure, as `page`, which calls it.

use super::page::{Block, Cell, Section, Tone, mono, plain, toned};
use super::value::{Attempt, Part, Report, Step};
use super::words::{by, length, slip};

/// A slip under this is not worth a colour, microseconds.
const MINUTE: i64 = 60_000_000;

pub(super) fn section(report: &Report) -> Option<Section> {
    let rows = report.steps.iter().map(|step| row(report, step)).collect();
    let head = vec!["Step", "What", "Status", "Planned", "Actual", "Slip", "Took", "Whose time", "By"];
    let mut blocks = vec![Block::Table { head, wide: 1, rows }];
    blocks.extend(report.steps.iter().filter_map(|step| card(report, step)));
    let count = report.steps.len();
    (count > 0).then_some(Section { id: "steps", title: "Steps", count: Some(count), blocks })
}

fn row(report: &Report, step: &Step) -> Vec<Cell> {
    let late = match step.slip_us {
        Some(late) if late >= MINUTE => toned(slip(late), Tone::Warn),
        Some(late) => toned(slip(late), Tone::Quiet),
        None => plain(""),
    };
    let took = match (step.elapsed_us, step.takes_us) {
        (Some(took), Some(takes)) if took > takes => {
            toned(format!("{} of {}", length(took), length(takes)), Tone::Warn)
        }
        (Some(took), Some(takes)) => plain(format!("{} of {}", length(took), length(takes))),
        (Some(took), None) => plain(length(took)),
        (None, Some(takes)) => toned(format!("planned {}", length(takes)), Tone::Quiet),
        (None, None) => plain(""),
    };
    vec![
        mono(&step.number),
        plain(&step.title),
        status(&step.status),
        toned(report.clock_or(step.planned_start, ""), Tone::Quiet),
        mono(report.clock_or(step.started, "")),
        late,
        took,
        toned(whose(&step.whose), Tone::Quiet),
        plain(by(step.by.as_ref())),
    ]
}

/// A status in its colour; the word says all of it.
pub(super) fn status(word: &str) -> Cell {
    let tone = match word {
        "ok" => Tone::Good,
        "FAIL" | "time" | "stop" | "?" => Tone::Bad,
        "late" | "skip" | "hand" | "over" | "back" | "old" | "claim" => Tone::Warn,
        "RUN" | "you" => Tone::Plain,
        _not_yet_or_not_applicable => Tone::Quiet,
    };
    toned(word, tone)
}

/// `machine 8m, person 3m 30s`.
pub(super) fn whose(parts: &[Part]) -> String {
    let said = parts.iter().map(|part| format!("{} {}", part.whose, crate::model::spent::length(part.seconds)));
    said.collect::<Vec<_>>().join(", ")
}

/// What a step ran, was answered and came to.
fn card(report: &Report, step: &Step) -> Option<Block> {
    let mut inside = Vec::new();
    if let Some(command) = &step.command {
        inside.push(Block::Lines(command.clone()));
    }
    if let Some(place) = &step.runs_as {
        inside.push(Block::Text(toned(format!("as {place}"), Tone::Quiet)));
    }
    if let Some(chosen) = &step.chosen {
        inside.push(Block::Text(plain(format!("Chosen: {chosen}"))));
    }
    if let Some(reason) = &step.reason {
        inside.push(Block::Text(plain(format!("Reason: {reason}"))));
    }
    if !step.answers.is_empty() {
        let rows = step.answers.iter().map(|answer| {
            let tone = if answer.answer == "failed" { Tone::Bad } else { Tone::Plain };
            let answered = toned(&answer.answer, tone);
            vec![
                mono(report.clock(answer.at)),
                plain(&answer.text),
                answered,
                plain(&answer.saw),
                plain(answer.by.shown()),
            ]
        });
        let head = vec!["When", "Asked", "Answer", "Seen", "Who"];
        inside.push(Block::Table { head, wide: 1, rows: rows.collect() });
    }
    for attempt in &step.attempts {
        attempt_blocks(report, attempt, step.command.is_some(), &mut inside);
    }
    if inside.is_empty() {
        return None;
    }
    let class = if step.class.is_empty() { step.kind.clone() } else { format!("{}, {}", step.kind, step.class) };
    let head = vec![mono(&step.number), plain(&step.title), status(&step.status), toned(class, Tone::Quiet)];
    Some(Block::Fold { head, inside })
}

fn attempt_blocks(report: &Report, attempt: &Attempt, ran: bool, inside: &mut Vec<Block>) {
    if ran {
        let mut text = format!(
            "Attempt {} at {} by {}: {}",
            attempt.attempt,
            report.clock(attempt.started),
            attempt.by.shown(),
            attempt.status
        );
        let more = [attempt.exit.clone(), attempt.took_us.map(|took| format!("took {}", length(took)))];
        more.into_iter().flatten().for_each(|more| text.push_str(&format!(", {more}")));
        for (count, what) in [
            (attempt.bytes, "bytes printed"),
            (attempt.lost, "bytes not kept"),
            (attempt.masked, "secrets masked"),
            (attempt.typed, "bytes typed"),
        ] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        inside.push(Block::Text(plain(text)));
    }
    if let Some(why) = &attempt.why {
        inside.push(Block::Text(toned(format!("It could not be started: {why}"), Tone::Bad)));
    }
    if !attempt.checks.is_empty() {
        let rows = attempt.checks.iter().map(|check| {
            let held = if check.ok { toned("held", Tone::Good) } else { toned("did not hold", Tone::Bad) };
            vec![plain(&check.want), plain(&check.saw), held]
        });
        inside.push(Block::Table { head: vec!["Wanted", "Came", ""], wide: 1, rows: rows.collect() });
    }
    for hint in &attempt.hints {
        inside.push(Block::Text(toned(format!("The plan says: {hint}"), Tone::Warn)));
    }
}
