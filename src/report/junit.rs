//! The run as JUnit XML: one test suite a phase, one test case a step.
//!
//! Passed is what passed by evidence or by a named person's word; failed what failed, ran out of time or was stopped; an error
//! what nobody knows; all else is skipped, with its word. Characters that XML cannot hold become U+FFFD.

use super::value::{Report, Step};
use super::words::by;
use chrono::{DateTime, SecondsFormat};

/// The XML.
pub(super) fn write(report: &Report) -> String {
    let mut suites: Vec<(String, Vec<&Step>)> = Vec::new();
    for step in &report.steps {
        let name = suite(report, step);
        match suites.iter_mut().find(|(known, _)| *known == name) {
            Some((_, steps)) => steps.push(step),
            None => suites.push((name, vec![step])),
        }
    }
    let all: Vec<&Step> = report.steps.iter().collect();
    let mut page = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" {}>\n",
        xml(&report.run.title),
        counts(&all)
    );
    for (name, steps) in &suites {
        page.push_str(&format!("  <testsuite name=\"{}\" {}{}>\n", xml(name), counts(steps), stamp(report)));
        properties(report, &mut page);
        steps.iter().for_each(|step| case(name, step, &mut page));
        page.push_str("  </testsuite>\n");
    }
    page.push_str("</testsuites>\n");
    page
}

/// How a step came out, as JUnit has it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    Passed,
    Failed,
    Error,
    Skipped,
}

fn came(step: &Step) -> Came {
    match step.status.as_str() {
        "ok" | "late" | "hand" | "over" => Came::Passed,
        "FAIL" | "time" | "stop" => Came::Failed,
        "?" => Came::Error,
        _not_done => Came::Skipped,
    }
}

fn suite(report: &Report, step: &Step) -> String {
    let phase = report.phases.iter().find(|phase| Some(&phase.number) == step.phase.as_ref());
    match phase {
        Some(phase) => format!("{} {}", phase.number, phase.title),
        None => step.place.clone(),
    }
}

fn counts(steps: &[&Step]) -> String {
    let count = |wanted: Came| steps.iter().filter(|step| came(step) == wanted).count();
    let time: u64 = steps.iter().filter_map(|step| step.elapsed_us).sum();
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\"",
        steps.len(),
        count(Came::Failed),
        count(Came::Error),
        count(Came::Skipped),
        seconds(time)
    )
}

fn stamp(report: &Report) -> String {
    let at = report.run.started.or(report.run.began).and_then(DateTime::from_timestamp_micros);
    at.map(|at| format!(" timestamp=\"{}\"", at.to_rfc3339_opts(SecondsFormat::Secs, true))).unwrap_or_default()
}

fn properties(report: &Report, page: &mut String) {
    let (run, proof) = (&report.run, &report.verification);
    let mut all = vec![
        ("run", run.id.as_str()),
        ("kind", &run.kind),
        ("state", &run.state),
        ("verification", &proof.verdict),
        ("verify with", &proof.command),
    ];
    all.extend(proof.head.as_ref().map(|head| ("head", head.as_str())));
    all.extend(report.banners.iter().map(|banner| (banner.word.as_str(), banner.text.as_str())));
    page.push_str("    <properties>\n");
    for (name, value) in all {
        page.push_str(&format!("      <property name=\"{}\" value=\"{}\"/>\n", xml(name), xml(value)));
    }
    page.push_str("    </properties>\n");
}

fn case(suite: &str, step: &Step, page: &mut String) {
    let time = seconds(step.elapsed_us.unwrap_or(0));
    let name = format!("{} {}", step.number, step.title);
    page.push_str(&format!("    <testcase classname=\"{}\" name=\"{}\" time=\"{time}\"", xml(suite), xml(&name)));
    let said = said(step);
    let inside = match came(step) {
        Came::Passed if step.status == "ok" => None,
        Came::Passed => Some(format!("      <system-out>{}: {}</system-out>\n", xml(&step.status), xml(&said))),
        Came::Failed => Some(element("failure", step, &said)),
        Came::Error => Some(element("error", step, &said)),
        Came::Skipped => Some(format!("      <skipped message=\"{}\"/>\n", xml(&format!("{}: {said}", step.status)))),
    };
    match inside {
        Some(inside) => page.push_str(&format!(">\n{inside}    </testcase>\n")),
        None => page.push_str("/>\n"),
    }
}

fn element(name: &str, step: &Step, said: &str) -> String {
    format!("      <{name} message=\"{}\" type=\"{}\">{}</{name}>\n", xml(said), xml(&step.status), xml(&checks(step)))
}

/// Why it stands where it stands, in a line.
fn said(step: &Step) -> String {
    let last = step.attempts.last();
    let why = last.and_then(|own| own.why.clone());
    let failed = last.and_then(|own| own.checks.iter().find(|check| !check.ok));
    let failed = failed.map(|check| format!("{}: {}", check.want, check.saw));
    let reason = step.reason.as_ref().map(|reason| format!("{reason} ({})", by(step.by.as_ref())));
    why.or(failed).or(reason).unwrap_or_default()
}

fn checks(step: &Step) -> String {
    let mut lines = Vec::new();
    for own in &step.attempts {
        let exit = own.exit.as_deref().unwrap_or("no exit");
        lines.push(format!("attempt {}: {}, {exit}", own.attempt, own.status));
        lines.extend(own.checks.iter().map(|check| {
            let held = if check.ok { "held" } else { "did not hold" };
            format!("  {}: {} ({held})", check.want, check.saw)
        }));
    }
    lines.join("\n")
}

fn seconds(micros: u64) -> String {
    format!("{}.{:03}", micros / 1_000_000, micros / 1000 % 1000)
}

/// A text as XML 1.0 can hold it, in an attribute or between tags.
fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\n' => safe.push_str("&#10;"),
            '\t' => safe.push_str("&#9;"),
            letter if crate::model::text::is_plain(letter) && !matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                safe.push(letter)
            }
            _illegal_or_not_seen => safe.push('\u{fffd}'),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced_and_nothing_closes_a_tag() {
        assert_eq!(
            xml("]]></failure><a b=\"c\">\0\x1b\u{fffe}\u{202e}&'"),
            "]]&gt;&lt;/failure&gt;&lt;a b=&quot;c&quot;&gt;\u{fffd}\u{fffd}\u{fffd}\u{fffd}&amp;&apos;"
        );
        assert_eq!(xml("a\nb\tc"), "a&#10;b&#9;c");
    }
}
