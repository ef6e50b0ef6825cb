//! The run as lines: what linear mode would have said, in the same words, with a head and a foot.
//!
//! For a terminal, a mail, a screen reader: no markup, every line made safe by the one door for foreign text.

use super::value::Report;
use super::words::by;
use crate::model::text::shown;

/// The lines.
pub(super) fn write(report: &Report) -> String {
    let mut page = String::new();
    let mut say = |line: &str| {
        page.push_str(shown(line).trim_end());
        page.push('\n');
    };
    for banner in &report.banners {
        say(&format!("{}: {}", banner.word, banner.text));
    }
    let run = &report.run;
    say(&run.title);
    say(&format!("{}, run {}, {}", run.environment, run.id, report.outcome()));
    if let Some(head) = &report.verification.head {
        say(&format!("head {head}"));
    }
    for redacted in &report.redacted {
        say(&format!("The value of {} was taken out in {} places.", redacted.name, redacted.places));
    }
    if !report.amendments.is_empty() {
        say(&format!("Amended: {}.", super::page::amended(report)));
    }
    for own in &report.amendments {
        say(&format!("  {}: {}", if own.what == "redaction" { "redacted" } else { "late note" }, own.text));
    }
    say("");
    if report.deviations.is_empty() {
        say("Deviations: none.");
    } else {
        say("Deviations:");
    }
    for own in &report.deviations {
        let number = own.number.as_ref().map(|number| format!(" {number}")).unwrap_or_default();
        let who = own.by.as_ref().map(|who| format!(" ({})", by(Some(who)))).unwrap_or_default();
        say(&format!("  {}{number} {}: {}{who}", report.clock_or(own.at, "        "), own.kind, own.text));
    }
    for own in &report.open {
        let number = own.number.as_ref().map(|number| format!(" {number}")).unwrap_or_default();
        say(&format!("  open:{number} {}: {}", own.kind, own.text));
    }
    say("");
    for line in &report.course {
        say(&line.text);
    }
    say("");
    say(&report.proof());
    page
}
