//! The report as one HTML page that needs nothing else: no script, no font, no picture, no network.
//!
//! Every text of the run passes `esc`, the one function that escapes, after `shown` made it visible; a policy in the page
//! forbids everything but its own style, for the case that one was forgotten. The look is in `page.css`.

use super::page::{Block, Cell, Section, Tone, sections};
use super::timeline::{Row, Span, Timeline};
use super::value::{Part, Report};
use crate::journal::Hash;
use crate::model::spent::length;
use crate::model::text::{shown, shown_lines};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const STYLE: &str = include_str!("page.css");
/// The page.
pub(super) fn write(report: &Report) -> String {
    let title = esc(&report.run.title);
    let sections = sections(report);
    let style = format!("{STYLE}{}", places(report));
    let policy = policy(&style);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    );
    header(report, &title, &sections, &mut page);
    page.push_str("<main>\n");
    for section in &sections {
        let count = section.count.map(|count| format!(" <span class=\"count\">{count}</span>")).unwrap_or_default();
        page.push_str(&format!("<section id=\"{}\">\n<h2>{}{count}</h2>\n", section.id, section.title));
        blocks(report, &section.blocks, &mut page);
        page.push_str("</section>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// Nothing may be fetched, run, framed or sent, and no style counts but this one, by its hash.
fn policy(style: &str) -> String {
    let hash = STANDARD.encode(Hash::of(style.as_bytes()).0);
    format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'")
}

/// Where the ticks stand: in the style, since the policy lets no element have one of its own.
fn places(report: &Report) -> String {
    let ticks = Timeline::of(report).map(|timeline| timeline.ticks).unwrap_or_default();
    ticks.iter().map(|(at, _)| format!(".at{at} {{ left: {}.{}%; }}\n", at / 10, at % 10)).collect()
}

fn header(report: &Report, title: &str, sections: &[Section], page: &mut String) {
    let run = &report.run;
    let production = if run.environment_kind == "production" { " production" } else { "" };
    page.push_str("<header>\n");
    for banner in &report.banners {
        let tone = if banner.tone == "bad" { "bad" } else { "warn" };
        let (word, text) = (esc(&banner.word), esc(&banner.text));
        page.push_str(&format!("<p class=\"banner {tone}\"><strong>{word}</strong> <span>{text}</span></p>\n"));
    }
    page.push_str(&format!(
        "<p class=\"over\"><span class=\"env{production}\">{}</span> run {}</p>\n<h1>{title}</h1>\n",
        esc(&run.environment),
        esc(&run.number)
    ));
    if let Some(summary) = &run.summary {
        page.push_str(&format!("<p class=\"lead\">{}</p>\n", esc(summary)));
    }
    page.push_str("<nav>");
    for section in sections.iter().skip(1) {
        page.push_str(&format!("<a href=\"#{}\">{}</a> ", section.id, section.title));
    }
    page.push_str("</nav>\n</header>\n");
}

fn blocks(report: &Report, all: &[Block], page: &mut String) {
    for block in all {
        match block {
            Block::Facts(facts) => {
                page.push_str("<dl>\n");
                for (label, what) in facts {
                    page.push_str(&format!("<div><dt>{label}</dt><dd>{}</dd></div>\n", span(what)));
                }
                page.push_str("</dl>\n");
            }
            Block::Table { head, wide, rows } => table(head, *wide, rows, page),
            Block::Text(text) => page.push_str(&format!("<p>{}</p>\n", span(text))),
            Block::Lines(text) => page.push_str(&pre(text)),
            Block::Fold { head, inside } => {
                let head: Vec<String> = head.iter().map(span).collect();
                page.push_str(&format!("<details><summary>{}</summary>\n<div class=\"in\">\n", head.join(" ")));
                blocks(report, inside, page);
                page.push_str("</div></details>\n");
            }
            Block::Timeline => {
                if let Some(timeline) = Timeline::of(report) {
                    draw(&timeline, page);
                }
            }
            Block::Whose => whose(&report.totals.whose, page),
        }
    }
}

fn table(head: &[&str], wide: usize, rows: &[Vec<Cell>], page: &mut String) {
    let many = match head.len() {
        0..=3 => " class=\"few\"",
        4..=6 => "",
        _seven_and_more => " class=\"many\"",
    };
    page.push_str(&format!("<table{many}>\n<thead><tr>"));
    for title in head {
        page.push_str(&format!("<th scope=\"col\">{title}</th>"));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        page.push_str("<tr>");
        for (at, (cell, title)) in row.iter().zip(head).enumerate() {
            let class = if at == wide { " class=\"wide\"" } else { "" };
            // An empty cell has no place where a row is a card.
            let empty = if cell.text.trim().is_empty() { " hidden-empty" } else { "" };
            let class = if empty.is_empty() { class.to_owned() } else { format!(" class=\"{}\"", empty.trim()) };
            page.push_str(&format!("<td{class} data-h=\"{title}\">{}</td>", span(cell)));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n");
}

fn span(cell: &Cell) -> String {
    let text = esc(&cell.text);
    let class = match cell.tone {
        Tone::Plain => return text,
        Tone::Quiet => "quiet",
        Tone::Good => "good",
        Tone::Warn => "warn",
        Tone::Bad => "bad",
        Tone::Mono => "mono",
    };
    format!("<span class=\"{class}\">{text}</span>")
}

fn pre(text: &str) -> String {
    let text = shown_lines(text.trim_end_matches('\n'));
    format!("<pre tabindex=\"0\">{}</pre>\n", escaped(&text))
}

/// The only way in which a text of the run gets onto the page.
fn esc(text: &str) -> String {
    escaped(&shown(text))
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

/// Whose time it was, as one bar with its legend.
fn whose(parts: &[Part], page: &mut String) {
    let total: u64 = parts.iter().map(|part| part.seconds).sum();
    if total == 0 {
        return;
    }
    page.push_str("<figure class=\"whose\">\n<svg viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Whose time it was\">");
    let mut before = 0;
    for part in parts {
        let (x, next) = (before * 1000 / total, (before + part.seconds) * 1000 / total);
        page.push_str(&format!(
            "<rect class=\"{}\" x=\"{x}\" y=\"0\" width=\"{}\" height=\"14\"/>",
            hue(&part.whose),
            next - x
        ));
        before += part.seconds;
    }
    page.push_str("</svg>\n<figcaption>");
    for part in parts {
        let (whose, long) = (esc(&part.whose), length(part.seconds));
        page.push_str(&format!(
            "<span class=\"key\"><i class=\"{}\"></i>{whose} <b>{long}</b></span> ",
            hue(&part.whose)
        ));
    }
    page.push_str("</figcaption>\n</figure>\n");
}

fn hue(whose: &str) -> &'static str {
    match whose {
        "machine" => "w0",
        "person" => "w1",
        "hold" => "w2",
        "retry" => "w3",
        "wait" => "w4",
        "watch" => "w5",
        _away => "w6",
    }
}

/// Planned and actual, a row each; labels are text, so that they stay readable however narrow the page is.
fn draw(timeline: &Timeline, page: &mut String) {
    page.push_str("<figure class=\"timeline\">\n<div class=\"row axis\"><span></span><span class=\"ticks\">");
    for (at, label) in &timeline.ticks {
        let last = if *at > 900 { " last" } else { "" };
        page.push_str(&format!("<span class=\"at{at}{last}\">{}</span>", esc(label)));
    }
    page.push_str("</span></div>\n");
    for row in &timeline.rows {
        bars(timeline, row, page);
    }
    page.push_str("<figcaption><span class=\"key\"><i class=\"plan\"></i>planned</span> <span class=\"key\"><i class=\"was\"></i>actual</span></figcaption>\n</figure>\n");
}

fn bars(timeline: &Timeline, row: &Row, page: &mut String) {
    let phase = if row.is_phase { " phase" } else { "" };
    let (number, title, says) = (esc(&row.number), esc(&row.title), esc(&row.says));
    page.push_str(&format!(
        "<div class=\"row{phase}\"><span class=\"label\"><b>{number}</b> {title}</span>\
         <svg viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{number}: {says}\"><title>{says}</title>"
    ));
    for (at, _) in &timeline.ticks {
        page.push_str(&format!("<line x1=\"{at}\" x2=\"{at}\" y1=\"0\" y2=\"20\"/>"));
    }
    let rect = |class: &str, span: Span, (y, height): (u32, u32)| {
        // A bar is never too thin to be seen.
        let width = (span.to - span.from).max(3);
        let x = span.from.min(1000 - width);
        format!("<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>")
    };
    let (planned, actual) = if row.is_phase { ((4, 4), (10, 4)) } else { ((3, 5), (9, 8)) };
    if let Some(span) = row.planned {
        page.push_str(&rect("plan", span, planned));
    }
    if let Some(span) = row.actual {
        page.push_str(&rect(&format!("was {}", colour(&row.status)), span, actual));
    }
    page.push_str("</svg></div>\n");
}

fn colour(status: &str) -> &'static str {
    match status {
        "FAIL" | "time" | "stop" | "?" => "bad",
        "late" | "skip" | "hand" | "over" | "back" | "old" => "warn",
        _went_well_or_goes_on => "good",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_leave_its_place() {
        let safe = esc("</script><img src=x onerror=\"a()\" alt='b'>&amp;\n\u{202e}\x1b[2J");
        assert!(!safe.contains(['<', '>', '"', '\'', '\n', '\x1b', '\u{202e}']), "{safe}");
        assert!(safe.contains("&amp;amp;"));
    }
}
