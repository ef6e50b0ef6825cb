//! What people did, on a page: decisions, gates, sign-offs, triggers, messages, notes.
//!
//! Pure, as `page`, which calls it.

use super::page::{Block, Cell, Section, Tone, mono, plain, section, toned};
use super::page_steps;
use super::value::{Gate, Report};
use super::words::by;

pub(super) fn decisions(report: &Report) -> Option<Section> {
    let rows: Vec<Vec<Cell>> = report
        .decisions
        .iter()
        .map(|own| {
            let how = if own.by.known == "typed" { Tone::Warn } else { Tone::Quiet };
            vec![
                mono(report.clock(own.at)),
                mono(own.number.clone().unwrap_or_default()),
                plain(&own.text),
                plain(&own.reason),
                plain(&own.by.name),
                toned(&own.by.known, how),
            ]
        })
        .collect();
    let head = vec!["When", "Step", "Decision", "Because", "Who", "Known by"];
    section("decisions", "Decisions", rows.len(), vec![Block::Table { head, wide: 3, rows }])
}

pub(super) fn gates(report: &Report) -> Option<Section> {
    let blocks = report.gates.iter().flat_map(|own| gate(report, own)).collect();
    section("gates", "Gates", report.gates.len(), blocks)
}

fn gate(report: &Report, own: &Gate) -> Vec<Block> {
    let tone = match own.decision.as_str() {
        "GO" if own.over.is_empty() => Tone::Good,
        "GO" => Tone::Warn,
        _no_go_or_open => Tone::Bad,
    };
    let when = own.at.map(|at| format!(" at {} by {}", report.clock(at), by(own.by.as_ref()))).unwrap_or_default();
    let because = if own.reason.is_empty() { String::new() } else { format!(": {}", own.reason) };
    let mut blocks =
        vec![Block::Text(toned(format!("{} {}: {}{when}{because}", own.number, own.text, own.decision), tone))];
    for over in &own.over {
        blocks.push(Block::Text(toned(format!("Against the advice: {over}"), Tone::Warn)));
    }
    let criteria = own.criteria.iter().map(|each| {
        let critical = if each.critical { " (critical)" } else { "" };
        vec![
            toned(&each.side, Tone::Quiet),
            mono(&each.number),
            plain(format!("{}{critical}", each.title)),
            page_steps::status(&each.status),
            plain(each.saw.join("; ")),
        ]
    });
    let polls = own.polls.iter().map(|poll| {
        let tone = if poll.vote == "GO" { Tone::Good } else { Tone::Bad };
        vec![
            toned("poll", Tone::Quiet),
            mono(""),
            plain(&poll.role),
            toned(&poll.vote, tone),
            plain(by(poll.by.as_ref())),
        ]
    });
    let rows: Vec<Vec<Cell>> = criteria.chain(polls).collect();
    if !rows.is_empty() {
        blocks.push(Block::Table { head: vec!["Side", "Step", "Criterion", "Was", "Seen"], wide: 2, rows });
    }
    blocks
}

pub(super) fn signoffs(report: &Report) -> Option<Section> {
    let blocks = report.signoffs.iter().flat_map(|own| {
        let enough = own.signatures.len() as u64 >= own.count;
        let tone = if enough { Tone::Good } else { Tone::Bad };
        let text = format!(
            "{} asked at {}: {} of {} signed, of {}",
            own.number,
            report.clock(own.at),
            own.signatures.len(),
            own.count,
            own.roles.join(", ")
        );
        let rows = own.signatures.iter().map(|each| {
            let key = match &each.key {
                Some(key) => mono(key),
                None => toned("a typed name only", Tone::Warn),
            };
            vec![
                mono(report.clock(each.at)),
                plain(format!("{}: {}", each.role, each.decision)),
                plain(&each.principal),
                key,
                plain(&each.comment),
            ]
        });
        let head = vec!["When", "Role", "Who", "Key", "Said with it"];
        [
            Block::Text(toned(text, tone)),
            Block::Lines(own.question.clone()),
            Block::Table { head, wide: 4, rows: rows.collect() },
        ]
    });
    section("sign-offs", "Sign-offs", report.signoffs.len(), blocks.collect())
}

pub(super) fn triggers(report: &Report) -> Option<Section> {
    let rows: Vec<Vec<Cell>> = report
        .triggers
        .iter()
        .map(|own| {
            let seen =
                own.seen.map(|at| format!("{} {}", report.clock(at), by(own.seen_by.as_ref()))).unwrap_or_default();
            let after = match (&own.over, own.cleared) {
                (Some(why), _) => format!("went on: {why}"),
                (None, Some(at)) => format!("no longer held at {}", report.clock(at)),
                (None, None) => String::new(),
            };
            vec![
                mono(report.clock(own.at)),
                plain(format!("{} {}", own.id, own.title)),
                plain(&own.why),
                plain(seen),
                plain(after),
            ]
        })
        .collect();
    let head = vec!["When", "Trigger", "Because", "Seen", "Then"];
    section("triggers", "Triggers that tripped", rows.len(), vec![Block::Table { head, wide: 2, rows }])
}

pub(super) fn said(
    id: &'static str,
    title: &'static str,
    all: &[super::value::Said],
    report: &Report,
) -> Option<Section> {
    let blocks = all.iter().flat_map(|own| {
        let to = own.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
        let at = own.number.as_ref().map(|number| format!(" at {number}")).unwrap_or_default();
        let head = format!("{}{at}{to}, {}", report.clock(own.at), own.by.shown());
        [Block::Text(toned(head, Tone::Quiet)), Block::Lines(own.text.clone())]
    });
    section(id, title, all.len(), blocks.collect())
}
