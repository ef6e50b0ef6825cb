//! The report as Markdown (CommonMark with GitHub's tables).
//!
//! Every text of the run passes `inline` or `fence`: no markup, HTML, image or link of it is left, and no line of it begins a
//! block of its own. What is folded is in `details`, which is the only HTML, and ours.

use super::page::{Block, Cell, Section, Tone, sections};
use super::page_steps::whose;
use super::timeline::Timeline;
use super::value::Report;
use crate::model::text::{shown, shown_lines};

/// The Markdown.
pub(super) fn write(report: &Report) -> String {
    let mut page = format!("# {}\n\n", inline(&report.run.title));
    for banner in &report.banners {
        page.push_str(&format!("> **{}**: {}\n>\n", inline(&banner.word), inline(&banner.text)));
    }
    if !report.banners.is_empty() {
        page.truncate(page.len() - 2);
        page.push('\n');
    }
    page.push_str(&format!("**{}**\n\n", inline(&report.run.environment)));
    if let Some(summary) = &report.run.summary {
        page.push_str(&format!("{}\n\n", inline(summary)));
    }
    for section in sections(report) {
        write_section(report, &section, &mut page);
    }
    format!("{}\n", page.trim_end())
}

fn write_section(report: &Report, section: &Section, page: &mut String) {
    let count = section.count.map(|count| format!(" ({count})")).unwrap_or_default();
    page.push_str(&format!("## {}{count}\n\n", section.title));
    blocks(report, &section.blocks, page);
}

fn blocks(report: &Report, all: &[Block], page: &mut String) {
    for block in all {
        match block {
            Block::Facts(facts) => {
                page.push_str("| | |\n|---|---|\n");
                for (label, what) in facts {
                    page.push_str(&format!("| {label} | {} |\n", cell(what)));
                }
                page.push('\n');
            }
            Block::Table { head, rows, .. } => table(head, rows, page),
            Block::Text(text) => page.push_str(&format!("{}\n\n", line(text))),
            Block::Lines(text) => page.push_str(&fence(text)),
            Block::Fold { head, inside } => {
                let head: Vec<String> = head.iter().map(|cell| html(&cell.text)).collect();
                page.push_str(&format!("<details><summary>{}</summary>\n\n", head.join(" ")));
                blocks(report, inside, page);
                page.push_str("</details>\n\n");
            }
            Block::Timeline => {
                if let Some(timeline) = Timeline::of(report) {
                    page.push_str(&fence(&timeline.text()));
                }
            }
            Block::Whose => page.push_str(&format!("Whose time it was: {}\n\n", inline(&whose(&report.totals.whose)))),
        }
    }
}

fn table(head: &[&str], rows: &[Vec<Cell>], page: &mut String) {
    page.push_str(&format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len())));
    for row in rows {
        let cells: Vec<String> = row.iter().map(cell).collect();
        page.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    page.push('\n');
}

fn cell(cell: &Cell) -> String {
    match cell.tone {
        Tone::Bad if !cell.text.trim().is_empty() => format!("**{}**", inline(&cell.text)),
        Tone::Plain | Tone::Quiet | Tone::Good | Tone::Warn | Tone::Bad | Tone::Mono => inline(&cell.text),
    }
}

/// Foreign text inside a line: one line, nothing of it is markup.
fn inline(text: &str) -> String {
    let text = shown(text);
    let mut safe = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut letters = text.trim().chars().peekable();
    while let Some(letter) = letters.next() {
        let was = std::mem::replace(&mut before, letter);
        let goes_on = letters.peek().is_some_and(|next| !next.is_whitespace());
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            // An address is text here: whoever wants to go there copies it.
            ':' if was.is_alphabetic() && goes_on => safe.push_str("&#58;"),
            '@' => safe.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' | '#' | '^' => {
                safe.push('\\');
                safe.push(letter);
            }
            _letter => safe.push(letter),
        }
    }
    safe
}

/// The same where it begins a line: nor a list or a rule.
fn line(cell: &Cell) -> String {
    let mut safe = self::cell(cell);
    if safe.starts_with(['-', '+', '=']) || safe.starts_with(|first: char| first.is_ascii_digit()) && listed(&safe) {
        let at = safe.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(0);
        safe.insert(at, '\\');
    }
    safe
}

fn listed(text: &str) -> bool {
    let rest = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    rest.starts_with(". ") || rest.starts_with(") ") || rest == "." || rest == ")"
}

/// Foreign text of several lines: a fence that is longer than any run of backticks inside.
fn fence(text: &str) -> String {
    let text = shown_lines(text.trim_end_matches('\n'));
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}\n\n")
}

/// Foreign text inside our own HTML.
fn html(text: &str) -> String {
    inline(text).replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        let safe = inline("<script>![x](http://a) `c` **b** |\n# h\u{202e}");
        assert!(!safe.contains(['<', '>', '\n', '\u{202e}']), "{safe}");
        assert!(safe.contains("\\!\\[x\\](http&#58;//a) \\`c\\` \\*\\*b\\*\\* \\| \\# h&lt;U+202E&gt;"), "{safe}");
        let begun = |text: &str| line(&Cell { text: text.into(), tone: Tone::Plain });
        assert_eq!(begun("- a"), "\\- a");
        assert_eq!(begun("12. a"), "12\\. a");
        assert_eq!(begun("1.2 a: 12:00"), "1.2 a: 12:00");
    }

    #[test]
    fn a_fence_is_longer_than_any_run_of_backticks_inside() {
        let safe = fence("a\n`````\n</details>");
        assert!(safe.starts_with("``````text\n") && safe.ends_with("\n``````\n\n"), "{safe}");
    }
}
