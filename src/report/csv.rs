//! Timings as CSV (RFC 4180): a header, then one row a step, instants in RFC 3339 UTC, lengths in seconds.
//!
//! A cell in which a spreadsheet would see a formula gets an apostrophe in front; numbers are numbers. Line breaks and controls
//! are made visible, so that a row is a line.

use super::value::{Report, Step};
use crate::model::text::shown;
use chrono::{DateTime, SecondsFormat};

const HEAD: &str = "run,phase,step,title,kind,status,attempts,planned_start,planned_end,started,ended,slip_s,takes_s,took_s,machine_s,person_s,hold_s,retry_s,wait_s,watch_s,away_s,by";

/// The CSV.
pub(super) fn write(report: &Report) -> String {
    let mut page = format!("{HEAD}\r\n");
    for step in &report.steps {
        page.push_str(&row(report, step));
    }
    page
}

fn row(report: &Report, step: &Step) -> String {
    let seconds = |micros: Option<i64>| micros.map(decimal).unwrap_or_default();
    let length = |micros: Option<u64>| seconds(micros.and_then(|micros| i64::try_from(micros).ok()));
    let mut cells = vec![
        text(&report.run.number),
        text(step.phase.as_deref().unwrap_or_default()),
        text(&step.number),
        text(&step.title),
        text(&step.kind),
        text(&step.status),
        step.attempts.len().to_string(),
        instant(step.planned_start),
        instant(step.planned_end),
        instant(step.started),
        instant(step.ended),
        seconds(step.slip_us),
        length(step.takes_us),
        length(step.elapsed_us),
    ];
    for whose in ["machine", "person", "hold", "retry", "wait", "watch", "away"] {
        let part = step.whose.iter().find(|part| part.whose == whose);
        cells.push(part.map_or(0, |part| part.seconds).to_string());
    }
    cells.push(text(&super::words::by(step.by.as_ref())));
    format!("{}\r\n", cells.join(","))
}

/// `12.345`: seconds to the millisecond, without a float.
fn decimal(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let millis = micros.unsigned_abs() / 1000;
    format!("{sign}{}.{:03}", millis / 1000, millis % 1000)
}

fn instant(at: Option<i64>) -> String {
    let at = at.and_then(DateTime::from_timestamp_micros);
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true)).unwrap_or_default()
}

fn text(text: &str) -> String {
    let safe = shown(text);
    // What was a tab or a line break in front is a space now; the spreadsheet trims it.
    let formula = safe.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r', '\n']);
    let guarded = if formula && safe != "-" { format!("'{safe}") } else { safe.into_owned() };
    if guarded.contains([',', '"', '\'']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_no_text_breaks_a_row() {
        assert_eq!(text("=HYPERLINK(\"http://a\",\"b\")"), "\"'=HYPERLINK(\"\"http://a\"\",\"\"b\"\")\"");
        assert_eq!(text("+1"), "\"'+1\"");
        assert_eq!(text("\t=1"), "\"'    =1\"");
        assert_eq!(text("a\r\nb"), "a  b");
        assert_eq!(text("@x"), "\"'@x\"");
        assert_eq!(text("plain"), "plain");
        assert_eq!(text("-"), "-");
        assert_eq!(decimal(-1_234_567), "-1.234");
    }
}
