//! Planned and actual times side by side: the rows, the axis, and the picture in letters.
//!
//! Pure. The axis shows the time that the run took and at most twice as much before and behind it: what was planned days away
//! is cut at the edge, so that it does not press the run together. `html` draws the same rows as SVG.

use super::value::{Report, Step};
use super::words::slip;
use crate::model::schedule::format_wall;
use crate::model::text::shown;
use unicode_width::UnicodeWidthStr;

/// With more steps than this only phases are shown.
const MANY: usize = 120;
/// Columns of the picture in letters.
const COLUMNS: usize = 60;
/// Letters of a label in it.
const LABEL: usize = 30;
const SECOND: i64 = 1_000_000;
/// Distances between ticks, seconds.
const STEPS: [i64; 20] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];

/// A stretch of time, in thousandths of the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub from: u32,
    pub to: u32,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub number: String,
    pub title: String,
    pub is_phase: bool,
    pub status: String,
    pub planned: Option<Span>,
    pub actual: Option<Span>,
    /// In words: what the bars say.
    pub says: String,
}

/// The rows over their axis.
pub(super) struct Timeline {
    pub rows: Vec<Row>,
    /// Where, in thousandths, and what stands there.
    pub ticks: Vec<(u32, String)>,
}

/// The instants of a row.
#[derive(Clone, Copy)]
struct Times {
    planned: (Option<i64>, Option<i64>),
    actual: (Option<i64>, Option<i64>),
}

impl Timeline {
    /// `None` for a run in which nothing began.
    pub fn of(report: &Report) -> Option<Self> {
        let axis = Axis::of(report)?;
        let mut rows = Vec::new();
        let with_steps = report.steps.len() <= MANY;
        for phase in &report.phases {
            let planned = (phase.planned_start, phase.planned_end);
            let open = phase.started.map(|_| phase.ended.unwrap_or(report.run.last));
            let times = Times { planned, actual: (phase.started, open) };
            let status = if phase.ended.is_some() { "ok" } else { "" };
            rows.push(axis.row(report, (&phase.number, &phase.title, status, true), times));
            let own = report.steps.iter().filter(|step| step.phase.as_ref() == Some(&phase.number));
            let shown = own.filter(|step| with_steps && (step.started.is_some() || step.planned_start.is_some()));
            rows.extend(shown.map(|step| axis.step(report, step)));
        }
        let outside = report.steps.iter().filter(|step| with_steps && step.phase.is_none() && step.started.is_some());
        rows.extend(outside.map(|step| axis.step(report, step)));
        // What never began and was not planned for this time would be an empty line.
        rows.retain(|row| row.planned.is_some() || row.actual.is_some());
        Some(Self { rows, ticks: axis.ticks(report) })
    }

    /// As letters: a line for what was planned where something was, one for what was.
    pub fn text(&self) -> String {
        let mut lines = vec![self.scale()];
        for row in &self.rows {
            let label = fit(&format!("{} {}", row.number, row.title), row.is_phase);
            let (above, below) = match (row.planned, row.actual) {
                (Some(planned), actual) => (bar(planned, '-'), actual.map(|actual| bar(actual, '#'))),
                (None, Some(actual)) => (bar(actual, '#'), None),
                (None, None) => (String::new(), None),
            };
            lines.push(format!("{label} {above}"));
            lines.extend(below.map(|below| format!("{} {below}", " ".repeat(LABEL))));
        }
        lines.push(String::new());
        lines.push("- planned   # actual".into());
        lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
    }

    fn scale(&self) -> String {
        let mut scale = " ".repeat(LABEL + 1);
        for (at, label) in &self.ticks {
            let column = LABEL + 1 + column(*at);
            let width = scale.chars().count();
            if column >= width || scale.trim().is_empty() {
                scale.push_str(&" ".repeat(column.saturating_sub(width)));
                scale.push_str(label);
                scale.push(' ');
            }
        }
        scale
    }
}

fn column(thousandth: u32) -> usize {
    thousandth as usize * COLUMNS / 1000
}

fn bar(span: Span, letter: char) -> String {
    let (from, to) = (column(span.from).min(COLUMNS - 1), column(span.to));
    format!("{}{}", " ".repeat(from), letter.to_string().repeat((to.saturating_sub(from)).max(1)))
}

/// A label in its room, a step's a little further in.
fn fit(label: &str, is_phase: bool) -> String {
    let label = shown(label);
    let mut text = if is_phase { String::new() } else { "  ".to_owned() };
    for letter in label.chars() {
        let with = format!("{text}{letter}");
        if with.width() > LABEL {
            break;
        }
        text = with;
    }
    let room = LABEL.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(room))
}

/// The stretch of time that is shown.
struct Axis {
    from: i64,
    to: i64,
}

impl Axis {
    fn of(report: &Report) -> Option<Self> {
        let all = || report.steps.iter();
        let first = all().filter_map(|step| step.started).min()?;
        let last = all().filter_map(|step| step.ended.or(step.started)).max()?.max(first);
        let span = (2 * (last - first)).max(600 * SECOND);
        let planned_first = all().filter_map(|step| step.planned_start).min().unwrap_or(first);
        let planned_last = all().filter_map(|step| step.planned_end.or(step.planned_start)).max().unwrap_or(last);
        let from = first.min(planned_first).max(first - span);
        let to = last.max(planned_last).min(last + span).max(from + 10 * SECOND);
        Some(Self { from, to })
    }

    fn place(&self, at: i64) -> u32 {
        let inside = (at.clamp(self.from, self.to) - self.from).unsigned_abs();
        u32::try_from(inside * 1000 / (self.to - self.from).unsigned_abs()).unwrap_or(1000)
    }

    fn span(&self, (from, to): (Option<i64>, Option<i64>)) -> Option<Span> {
        let from = from?;
        let to = to.unwrap_or(from);
        // What lies wholly off the axis is said in words only.
        (to >= self.from && from <= self.to).then(|| Span { from: self.place(from), to: self.place(to) })
    }

    fn step(&self, report: &Report, step: &Step) -> Row {
        let ended = step.started.map(|started| step.ended.filter(|ended| *ended >= started).unwrap_or(report.run.last));
        let times = Times { planned: (step.planned_start, step.planned_end), actual: (step.started, ended) };
        self.row(report, (&step.number, &step.title, &step.status, false), times)
    }

    fn row(&self, report: &Report, (number, title, status, is_phase): (&str, &str, &str, bool), times: Times) -> Row {
        let stretch = |(from, to): (Option<i64>, Option<i64>)| {
            let from = report.clock(from?);
            Some(to.map_or(from.clone(), |to| format!("{from} to {}", report.clock(to))))
        };
        let planned = stretch(times.planned).map(|text| format!("planned {text}"));
        let actual = stretch(times.actual).map_or("never began".into(), |text| format!("was {text}"));
        let late = times.actual.0.zip(times.planned.0).map(|(actual, planned)| slip(actual - planned));
        let says: Vec<String> = [planned, Some(actual), late].into_iter().flatten().collect();
        Row {
            number: number.into(),
            title: title.into(),
            is_phase,
            status: status.into(),
            planned: self.span(times.planned),
            actual: self.span(times.actual),
            says: says.join(", "),
        }
    }

    fn ticks(&self, report: &Report) -> Vec<(u32, String)> {
        let length = self.to - self.from;
        let step = STEPS.into_iter().map(|step| step * SECOND).find(|step| length / step <= 6);
        let step = step.unwrap_or(length / 6).max(SECOND);
        let how = match step / SECOND {
            0..60 => "%H:%M:%S",
            60..86_400 => "%H:%M",
            _days => "%m-%d",
        };
        let first = self.from.div_euclid(step) * step + if self.from.rem_euclid(step) == 0 { 0 } else { step };
        let all = (0..8).map(|count| first + count * step).take_while(|at| *at <= self.to);
        all.filter_map(|at| Some((self.place(at), format_wall(at, &report.run.zone, Some(how))?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::value::Phase;

    fn step(number: &str, planned: (i64, i64), actual: (i64, i64)) -> Step {
        let at = |minute: i64| Some(1_790_000_040 * SECOND + minute * 60 * SECOND);
        Step {
            number: number.into(),
            title: "Do it".into(),
            phase: Some("1".into()),
            status: "ok".into(),
            planned_start: at(planned.0),
            planned_end: at(planned.1),
            started: at(actual.0),
            ended: at(actual.1),
            ..Step::default()
        }
    }

    #[test]
    fn what_was_planned_days_away_does_not_press_the_run_together() {
        let steps =
            vec![step("1.1", (0, 5), (0, 10)), step("1.2", (5, 10), (10, 12)), step("1.3", (9000, 9010), (12, 13))];
        let mut report = Report { steps, ..Report::default() };
        report.run.zone = "UTC".into();
        report.phases = vec![Phase { number: "1".into(), started: Some(1), ..Phase::default() }];
        let timeline = Timeline::of(&report).unwrap();
        let last = timeline.rows.last().unwrap();
        assert_eq!(last.planned, None, "it lies beyond the edge");
        assert!(last.says.contains("planned"), "{}", last.says);
        assert_eq!(timeline.rows[0].actual, Some(Span { from: 0, to: 256 }));
        assert!((3..=8).contains(&timeline.ticks.len()), "{:?}", timeline.ticks);
        let text = timeline.text();
        assert!(text.lines().all(|line| line.width() <= LABEL + 1 + COLUMNS + 9), "{text}");
    }
}
