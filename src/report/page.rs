//! What stands on a page and in what order, for Markdown and HTML alike: the summary and what deviated first.
//!
//! Pure: a report in, sections of plain blocks out. Texts are still those of the run; the writers make them harmless. Decides no
//! look, and leaves a section out where there is nothing to say, but for those whose emptiness says something.

use super::page_steps;
use super::value::{Gate, Report};
use super::words::{by, length, size, slip};

/// How a cell is to be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tone {
    #[default]
    Plain,
    Quiet,
    Good,
    Warn,
    Bad,
    /// A number, an id, a path, an instant.
    Mono,
}

/// A text with its tone.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cell {
    pub text: String,
    pub tone: Tone,
}

/// A piece of a page.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Block {
    /// Labels with what they say.
    Facts(Vec<(&'static str, Cell)>),
    /// A table; `wide` is the column that takes the room.
    Table { head: Vec<&'static str>, wide: usize, rows: Vec<Vec<Cell>> },
    /// A sentence.
    Text(Cell),
    /// Text as it was, line by line.
    Lines(String),
    /// What is opened by whoever wants to see it.
    Fold { head: Vec<Cell>, inside: Vec<Block> },
    /// The picture of planned and actual times.
    Timeline,
    /// Whose time it was.
    Whose,
}

/// A part of a page under a title.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Section {
    pub id: &'static str,
    pub title: &'static str,
    pub count: Option<usize>,
    pub blocks: Vec<Block>,
}

pub(super) fn plain(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), tone: Tone::Plain }
}

pub(super) fn toned(text: impl Into<String>, tone: Tone) -> Cell {
    Cell { text: text.into(), tone }
}

pub(super) fn mono(text: impl Into<String>) -> Cell {
    toned(text, Tone::Mono)
}

/// The whole page.
pub(super) fn sections(report: &Report) -> Vec<Section> {
    let all = [
        summary(report),
        deviations(report),
        open(report),
        ways_back(report),
        timeline(report),
        page_steps::section(report),
        decisions(report),
        gates(report),
        signoffs(report),
        triggers(report),
        said("messages", "Messages said", &report.messages, report),
        said("notes", "Notes", &report.notes, report),
        values(report),
        outputs(report),
        verification(report),
    ];
    all.into_iter().flatten().collect()
}

fn section(id: &'static str, title: &'static str, count: usize, blocks: Vec<Block>) -> Option<Section> {
    (count > 0).then_some(Section { id, title, count: Some(count), blocks })
}

fn summary(report: &Report) -> Option<Section> {
    let (run, totals) = (&report.run, &report.totals);
    let mut facts = vec![
        ("Run", mono(&run.id)),
        ("Ended", toned(report.outcome(), outcome_tone(report))),
        ("Operator", plain(operator(report))),
        ("Started", plain(run.started.map_or("not started".into(), |at| report.date(at)))),
    ];
    if let Some(at) = run.ended {
        facts.push(("Closed", plain(format!("{}, by {}", report.date(at), by(run.ended_by.as_ref())))));
    } else {
        facts.push(("Last record", plain(report.date(run.last))));
    }
    if let Some(reason) = &run.reason {
        facts.push(("Because", plain(reason)));
    }
    facts.push(("Took", plain(took(report))));
    facts.push(("Steps", plain(steps_line(report))));
    facts.push(("Runbook", mono(format!("{} sha256 {}", run.runbook, run.runbook_sha256))));
    facts.push(("Key", plain(keys(report))));
    if let Some(head) = &report.verification.head {
        facts.push(("Head code", mono(head)));
    }
    let tone = if report.verification.passes { Tone::Good } else { Tone::Bad };
    facts.push(("Verification", toned(&report.verification.verdict, tone)));
    facts.push(("Check it yourself", mono(&report.verification.command)));
    for redacted in &report.redacted {
        let text = format!(
            "the value of {} was taken out in {} places of this page; the run has it",
            redacted.name, redacted.places
        );
        facts.push(("Redacted", toned(text, Tone::Warn)));
    }
    let masked = totals.secrets_masked;
    if masked > 0 {
        facts.push(("Secrets", plain(format!("masked {masked} times in what commands printed, exact forms only"))));
    }
    let mut blocks = vec![Block::Facts(facts)];
    blocks.extend((!totals.whose.is_empty()).then_some(Block::Whose));
    Some(Section { id: "summary", title: "Summary", count: None, blocks })
}

fn outcome_tone(report: &Report) -> Tone {
    match report.run.state.as_str() {
        "completed" => Tone::Good,
        "aborted" | "failed" => Tone::Bad,
        _on_the_way_or_back => Tone::Warn,
    }
}

fn operator(report: &Report) -> String {
    let run = &report.run;
    let alone = if run.unattended { ", nobody there: an answers file spoke" } else { "" };
    format!("{} as {} on {}{alone}", run.operator, run.user, run.host)
}

fn took(report: &Report) -> String {
    let totals = &report.totals;
    let mut text = length(totals.elapsed_us);
    if let Some(late) = totals.slip_us {
        text.push_str(&format!(
            ", {}",
            if late / 1_000_000 == 0 { "on plan".into() } else { format!("{} against the plan", slip(late)) }
        ));
    }
    if totals.held_us >= 1_000_000 {
        text.push_str(&format!(", held for {}", length(totals.held_us)));
    }
    if report.run.resumes > 0 {
        text.push_str(&format!(", taken up again {}", times(report.run.resumes)));
    }
    text
}

fn times(count: u64) -> String {
    if count == 1 { "once".into() } else { format!("{count} times") }
}

fn steps_line(report: &Report) -> String {
    let totals = &report.totals;
    format!(
        "{} of {} done, {} of them on somebody's word or left out; {} attempts, {} failed",
        totals.done, totals.steps, totals.unchecked, totals.attempts, totals.failed_attempts
    )
}

fn keys(report: &Report) -> String {
    let run = &report.run;
    match run.key_origin.as_str() {
        "none" | "" => "UNSIGNED: no key".into(),
        "self-made" => format!("SELF-MADE KEY {}", run.keys.join(", ")),
        origin => format!("{} ({origin})", run.keys.join(", ")),
    }
}

fn deviations(report: &Report) -> Option<Section> {
    let rows: Vec<Vec<Cell>> = report
        .deviations
        .iter()
        .map(|own| {
            let tone = match own.kind.as_str() {
                "failed" | "timed out" | "over" | "aborted" | "unknown" | "output lost" | "journal" | "alarm"
                | "trigger" | "no-go" => Tone::Bad,
                _a_departure => Tone::Warn,
            };
            vec![
                mono(report.clock_or(own.at, "")),
                toned(&own.kind, tone),
                mono(own.number.clone().unwrap_or_default()),
                plain(&own.text),
                toned(by(own.by.as_ref()), Tone::Quiet),
            ]
        })
        .collect();
    let count = Some(rows.len());
    let blocks = if rows.is_empty() {
        vec![Block::Text(toned("None: it went as planned.", Tone::Good))]
    } else {
        vec![Block::Table { head: vec!["When", "What", "Step", "How", "Who"], wide: 3, rows }]
    };
    Some(Section { id: "deviations", title: "Deviations", count, blocks })
}

fn open(report: &Report) -> Option<Section> {
    let rows: Vec<Vec<Cell>> = report
        .open
        .iter()
        .map(|own| vec![toned(&own.kind, Tone::Bad), mono(own.number.clone().unwrap_or_default()), plain(&own.text)])
        .collect();
    section(
        "open",
        "Open and owed",
        rows.len(),
        vec![Block::Table { head: vec!["What", "Step", "Which"], wide: 2, rows }],
    )
}

fn ways_back(report: &Report) -> Option<Section> {
    let between = |from: Option<i64>, to: Option<i64>| {
        let length = from.zip(to).map(|(from, to)| length((to - from).max(0).unsigned_abs()));
        mono(length.unwrap_or_else(|| "-".into()))
    };
    let mut blocks = Vec::new();
    for own in &report.ways_back {
        let over = if own.over { " The plan did not offer it." } else { "" };
        let from = own.from.as_ref().map(|from| format!(" at {from}")).unwrap_or_default();
        let text = format!("{} {}{from}, by {}: {}.{over}", own.level, own.title, own.by.shown(), own.reason);
        blocks.push(Block::Text(plain(text)));
        let end = own.ended.or(own.last_act);
        let row = vec![
            between(own.shown, own.detected),
            between(own.detected, Some(own.decided)),
            between(Some(own.decided), own.first_act),
            between(own.first_act, own.last_act),
            between(own.shown.or(Some(own.decided)), end),
            mono(own.budget_us.map_or_else(|| "-".into(), length)),
            plain(format!("{} of {} done", own.done, own.steps)),
        ];
        let head = vec!["Detect", "Decide", "Start", "Run", "Total", "Budget", "Steps"];
        blocks.push(Block::Table { head, wide: 6, rows: vec![row] });
    }
    let title = if report.run.kind == "drill" { "Ways back, as the drill measured them" } else { "Ways back taken" };
    section("ways-back", title, report.ways_back.len(), blocks)
}

fn timeline(report: &Report) -> Option<Section> {
    let any = report.phases.iter().any(|phase| phase.started.is_some());
    any.then(|| Section { id: "timeline", title: "Planned and actual", count: None, blocks: vec![Block::Timeline] })
}

fn decisions(report: &Report) -> Option<Section> {
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

fn gates(report: &Report) -> Option<Section> {
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

fn signoffs(report: &Report) -> Option<Section> {
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
            vec![mono(report.clock(each.at)), plain(&each.role), plain(&each.principal), key, plain(&each.comment)]
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

fn triggers(report: &Report) -> Option<Section> {
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

fn said(id: &'static str, title: &'static str, all: &[super::value::Said], report: &Report) -> Option<Section> {
    let blocks = all.iter().flat_map(|own| {
        let to = own.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
        let at = own.number.as_ref().map(|number| format!(" at {number}")).unwrap_or_default();
        let head = format!("{}{at}{to}, {}", report.clock(own.at), own.by.shown());
        [Block::Text(toned(head, Tone::Quiet)), Block::Lines(own.text.clone())]
    });
    section(id, title, all.len(), blocks.collect())
}

fn values(report: &Report) -> Option<Section> {
    let rows: Vec<Vec<Cell>> = report
        .values
        .iter()
        .map(|own| {
            let value = match &own.value {
                Some(value) => mono(value),
                None => toned("secret: kept nowhere", Tone::Quiet),
            };
            vec![mono(&own.name), value]
        })
        .collect();
    section("values", "Variables", rows.len(), vec![Block::Table { head: vec!["Name", "Value"], wide: 1, rows }])
}

fn outputs(report: &Report) -> Option<Section> {
    let blocks = report.outputs.iter().map(|own| {
        let head = vec![
            mono(&own.number),
            plain(format!("attempt {}", own.attempt)),
            toned(format!("{} lines, {}", own.lines, size(own.bytes)), Tone::Quiet),
        ];
        let hash =
            own.sha256.clone().unwrap_or_else(|| "left out, since what was taken out could be guessed from it".into());
        let mut inside = vec![Block::Facts(vec![
            ("File", mono(&own.file)),
            ("Bytes", mono(own.bytes.to_string())),
            ("SHA-256", mono(hash)),
        ])];
        if let Some(problem) = &own.problem {
            inside.push(Block::Text(toned(problem, Tone::Bad)));
        }
        inside.push(Block::Lines(own.head.clone()));
        if own.left_out > 0 {
            inside.push(Block::Text(toned(format!("… {} bytes left out …", own.left_out), Tone::Quiet)));
            inside.push(Block::Lines(own.tail.clone()));
        }
        Block::Fold { head, inside }
    });
    section("outputs", "Outputs", report.outputs.len(), blocks.collect())
}

fn verification(report: &Report) -> Option<Section> {
    let own = &report.verification;
    let tone = if own.passes { Tone::Good } else { Tone::Bad };
    let mut blocks = vec![Block::Text(toned(&own.line, tone))];
    blocks.extend(own.problems.iter().map(|problem| Block::Text(toned(format!("wrong: {problem}"), Tone::Bad))));
    let rows: Vec<Vec<Cell>> = own
        .signed
        .iter()
        .map(|by| {
            let tone = if by.standing == "verified" { Tone::Good } else { Tone::Bad };
            let standing = if by.standing == "verified" { "known" } else { &by.standing };
            vec![plain(&by.what), plain(&by.who), mono(&by.fingerprint), toned(standing, tone)]
        })
        .collect();
    if !rows.is_empty() {
        blocks.push(Block::Table { head: vec!["Signed", "By", "Key", "Standing"], wide: 2, rows });
    }
    blocks.extend(own.notes.iter().map(|note| Block::Text(toned(format!("note: {note}"), Tone::Quiet))));
    let text = "This page cannot prove itself. Whoever has the run directory repeats the verification with:";
    blocks.push(Block::Text(plain(text)));
    blocks.push(Block::Lines(own.command.clone()));
    blocks.push(Block::Text(toned(
        format!("Written by {} from {} records.", report.tool, report.run.records),
        Tone::Quiet,
    )));
    Some(Section { id: "verification", title: "Verification", count: None, blocks })
}
