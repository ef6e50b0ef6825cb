//! Diagnostics for people and for editors.
//!
//! Only the lines around a mistake are handed to the renderer, made safe first: a runbook may come from anybody, and
//! its bytes must not reach a terminal (`model::text::shown`). Long lines are cut around the place that matters.

use super::Loaded;
use super::diagnostic::{Diagnostic, Level};
use crate::model::text::shown;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Shown, Renderer, Snippet};
use std::ops::Range;

/// Lines of one underlined place that are shown; a script of two hundred lines has one mistake.
const LINES: usize = 3;
/// Characters of a line that are shown before and after the place.
const AROUND: usize = 70;

/// All diagnostics as text, each with its line underlined.
pub fn render(loaded: &Loaded, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Ascii);
    let source = std::str::from_utf8(&loaded.source).unwrap_or_default();
    let name = shown(&loaded.name).into_owned();
    let mut text = String::new();
    for found in &loaded.diagnostics {
        text.push_str(&renderer.render(&[group(found, source, &name)]));
        text.push_str("\n\n");
    }
    text
}

fn group<'a>(found: &Diagnostic, source: &str, name: &str) -> Group<'a> {
    let level = match found.level {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
    };
    let title = level.primary_title(shown(&found.message).into_owned()).id(found.code);
    let mut group = match &found.span {
        Some(span) => {
            let excerpt = Excerpt::of(source, span);
            let mut mark = AnnotationKind::Primary.span(excerpt.mark);
            if let Some(label) = &found.label {
                mark = mark.label(shown(label).into_owned());
            }
            let snippet = Snippet::source(excerpt.text).path(name.to_owned()).line_start(found.line).annotation(mark);
            title.element(snippet)
        }
        None => {
            let origin = annotate_snippets::Origin::path(name.to_owned()).line(found.line).char_column(found.column);
            title.element(origin)
        }
    };
    if let Some(help) = &found.help {
        group = group.element(Shown::HELP.message(shown(help).into_owned()));
    }
    group
}

/// The lines of a place, safe to draw, with the place inside them.
struct Excerpt {
    text: String,
    mark: Range<usize>,
}

impl Excerpt {
    fn of(source: &str, span: &Range<usize>) -> Self {
        let start = source[..span.start].rfind('\n').map_or(0, |place| place + 1);
        let marked = &source[span.start..span.end];
        let kept: usize = marked.split_inclusive('\n').take(LINES).map(str::len).sum();
        let marked = marked[..kept].trim_end_matches(['\n', '\r']);
        let after = &source[span.start + marked.len()..];
        let rest = after.split('\n').next().unwrap_or_default();

        let before = tail(&source[start..span.start]);
        let mut text = shown(before).into_owned();
        if before.len() < span.start - start {
            text.insert_str(0, "… ");
        }
        let from = text.len();
        let lines: Vec<String> =
            marked.split('\n').map(|line| shown(head(line.trim_end_matches('\r'))).into_owned()).collect();
        text.push_str(&lines.join("\n"));
        let to = text.len();
        text.push_str(&shown(head(rest.trim_end_matches('\r'))));
        Self { text, mark: from..to }
    }
}

fn head(line: &str) -> &str {
    line.char_indices().nth(AROUND).map_or(line, |(at, _)| &line[..at])
}

fn tail(line: &str) -> &str {
    line.char_indices().rev().nth(AROUND).map_or(line, |(at, _)| &line[at..])
}

/// The same for editors: one object with `file`, `errors`, `warnings` and `diagnostics`.
pub fn to_json(loaded: &Loaded) -> serde_json::Value {
    let list: Vec<serde_json::Value> = loaded
        .diagnostics
        .iter()
        .map(|found| {
            let text = |text: &Option<String>| text.as_ref().map(|text| shown(text).into_owned());
            serde_json::json!({
                "level": found.level.word(),
                "code": found.code,
                "line": found.line,
                "column": found.column,
                "start": found.span.as_ref().map(|span| span.start),
                "end": found.span.as_ref().map(|span| span.end),
                "message": shown(&found.message),
                "label": text(&found.label),
                "help": text(&found.help),
            })
        })
        .collect();
    serde_json::json!({
        "file": shown(&loaded.name),
        "errors": loaded.count(Level::Error),
        "warnings": loaded.count(Level::Warning),
        "diagnostics": list,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_of_a_hostile_runbook_reaches_the_terminal() {
        let source = "tminus: 1\ntitle: \u{202e}x\u{200b}\n\"ke\u{202e}y]52;c\": \u{9b}".replace('\u{9b}', "1");
        let loaded = super::super::parse("a\x1b[31m.yaml", source.as_bytes());
        let text = render(&loaded, false);
        assert!(text.lines().all(|line| line.chars().all(crate::model::text::is_plain)), "{text:?}");
        assert!(text.contains("<U+202E>") && text.contains("^[[31m"), "{text}");
        assert!(!to_json(&loaded).to_string().contains('\u{202e}'));
    }

    #[test]
    fn a_line_of_a_megabyte_is_cut_around_the_mistake() {
        let source = format!("tminus: 1\ntitel: {}\n", "x".repeat(1 << 20));
        let text = render(&super::super::parse("a.yaml", source.as_bytes()), false);
        assert!(text.len() < 10_000 && text.contains("titel"), "{}", text.len());
    }
}
