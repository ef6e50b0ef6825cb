//! What stands on a page and in what order, for Markdown and HTML alike: the summary and what deviated first.
//!
//! Pure: a report in, sections of plain blocks out. Texts are still those of the run; the writers make them harmless. Decides no
//! look, and leaves a section out where there is nothing to say, but for those whose emptiness says something.

use super::value::{Report, WayBack};
use super::words::{because, by, length, size, slip};
use super::{page_people, page_steps};

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
        page_people::decisions(report),
        page_people::gates(report),
        page_people::signoffs(report),
        page_people::triggers(report),
        page_people::said("messages", "Messages said", &report.messages, report),
        page_people::said("notes", "Notes", &report.notes, report),
        values(report),
        outputs(report),
        verification(report),
    ];
    all.into_iter().flatten().collect()
}

/// A section, where there is something in it.
pub(super) fn section(id: &'static str, title: &'static str, count: usize, blocks: Vec<Block>) -> Option<Section> {
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
    for amended in &run.amended {
        let second = amended.second.as_ref().map(|second| format!(", second {second}")).unwrap_or_default();
        let (at, name, by) = (report.date(amended.at), &amended.name, by(Some(&amended.by)));
        let words = format!(
            "at {at} by {name}{second} (screen of {by}), {}, to {} sha256 {}: {}",
            amended.steps, amended.file, amended.to, amended.reason
        );
        facts.push(("Amended", toned(words, Tone::Warn)));
    }
    facts.push(("Key", plain(keys(report))));
    if !run.beacon.is_empty() {
        facts.push(("Not begun before", mono(format!("{} was known", run.beacon))));
    }
    if let Some(head) = &report.verification.head {
        facts.push(("Head code", mono(head)));
    }
    let tone = if report.verification.passes { Tone::Good } else { Tone::Bad };
    facts.push(("Verification", toned(&report.verification.verdict, tone)));
    if !report.amendments.is_empty() {
        facts.push(("Amended", plain(amended(report))));
    }
    facts.push(("Check it yourself", mono(&report.verification.command)));
    for redacted in &report.redacted {
        let text = format!(
            "the value of {} was taken out in {} places of this page; the run has it",
            redacted.name, redacted.places
        );
        facts.push(("Redacted", toned(text, Tone::Warn)));
    }
    for own in &report.amendments {
        let label = if own.what == "redaction" { "Redacted after the seal" } else { "Late note" };
        facts.push((label, toned(&own.text, if own.what == "redaction" { Tone::Warn } else { Tone::Quiet })));
    }
    let masked = totals.secrets_masked;
    if masked > 0 {
        facts.push(("Secrets", plain(format!("masked {masked} times in what commands printed, exact forms only"))));
    }
    let mut blocks = vec![Block::Facts(facts)];
    blocks.extend((!totals.whose.is_empty()).then_some(Block::Whose));
    Some(Section { id: "summary", title: "Summary", count: None, blocks })
}

/// How much was amended after the seal.
pub(super) fn amended(report: &Report) -> String {
    let all = report.amendments.len();
    let redactions = report.amendments.iter().filter(|own| own.what == "redaction").count();
    let many = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    format!("{} and {} after the seal", many(redactions, "redaction"), many(all - redactions, "late note"))
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
        let because = because(&own.reason);
        let text = format!("{} {}{from}, by {}{because}.{over}", own.level, own.title, own.by.shown());
        blocks.push(Block::Text(plain(text)));
        let end = own.ended.or(own.last_act);
        let row = vec![
            between(own.shown, own.detected),
            between(own.detected, Some(own.decided)),
            between(Some(own.decided), own.first_act),
            Cell {
                tone: if over_budget(own) { Tone::Bad } else { Tone::Mono },
                ..between(own.first_act, own.last_act)
            },
            between(own.last_act, own.ended),
            between(own.shown.or(Some(own.decided)), end),
            mono(own.budget_us.map_or_else(|| "-".into(), length)),
            plain(format!("{} of {} done", own.done, own.steps)),
        ];
        let head = vec!["Detect", "Decide", "Start", "Run", "Verify", "Total", "Budget", "Steps"];
        blocks.push(Block::Table { head, wide: 7, rows: vec![row] });
    }
    let title = if report.run.kind == "drill" { "Ways back, as the drill measured them" } else { "Ways back taken" };
    section("ways-back", title, report.ways_back.len(), blocks)
}

fn over_budget(own: &WayBack) -> bool {
    let ran = own.first_act.zip(own.ended.or(own.last_act)).map(|(first, last)| (last - first).max(0).unsigned_abs());
    ran.zip(own.budget_us).is_some_and(|(ran, budget)| ran > budget)
}

fn timeline(report: &Report) -> Option<Section> {
    let any = report.phases.iter().any(|phase| phase.started.is_some());
    any.then(|| Section { id: "timeline", title: "Planned and actual", count: None, blocks: vec![Block::Timeline] })
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
