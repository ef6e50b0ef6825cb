//! `${NAME}` in texts: known names, formats that chrono knows, and no secret where people or process lists would see
//! it.
//!
//! Filling itself is `model::fill`, in the conductor and on screens; what passes here it can fill.

use super::refs::{is_variable, unknown_variable};
use crate::model::fill::is_name;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::read::{Filled, Reader, Use};
use chrono::format::{Item, StrftimeItems};
use std::ops::Range;

pub(super) fn check(reader: &mut Reader<'_>) {
    for filled in std::mem::take(&mut reader.filled) {
        for name in names(&filled.text.text) {
            let span = reader.desk.inside(&filled.text.span, name.written);
            if let Some(found) = complaint(reader, &filled, &name, &span) {
                reader.desk.report(found);
            }
        }
    }
}

/// One `${…}`.
struct Named<'t> {
    /// With its braces, or all that is left where they do not close.
    written: &'t str,
    name: &'t str,
    format: Option<&'t str>,
    closed: bool,
}

fn names(text: &str) -> Vec<Named<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("${").map(|at| from + at) {
        from = at + 2;
        if text[..at].ends_with('$') {
            continue;
        }
        let end = text[at..].find('}').map(|end| at + end);
        let inside = &text[at + 2..end.unwrap_or(text.len())];
        let (name, format) = inside.split_once(':').map_or((inside, None), |(name, format)| (name, Some(format)));
        let written = end.map_or("${", |end| &text[at..=end]);
        found.push(Named { written, name, format, closed: end.is_some() });
        from = end.unwrap_or(text.len());
    }
    found
}

fn complaint(reader: &Reader<'_>, filled: &Filled, named: &Named<'_>, span: &Range<usize>) -> Option<Diagnostic> {
    let name = named.name;
    if filled.used == Use::Never {
        return (is_name(name) && is_variable(reader, name)).then(|| {
            Diagnostic::error("RB0209", span, format!("`{}` is not filled in here", named.written))
                .help("what is expected stands in the runbook; compare values in the command itself")
        });
    }
    if !named.closed {
        return Some(Diagnostic::error("RB0208", span, "`${` is not closed").help("write `$${` for a literal `${`"));
    }
    if !is_name(name) {
        let like_a_name =
            !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        return if like_a_name {
            unknown_variable(reader, name, span)
        } else {
            Some(
                Diagnostic::error("RB0208", span, format!("`{}` is not a variable", named.written))
                    .help("only ${NAME} and ${T0:%H:%M} are filled in; write `$${` for a literal `${`"),
            )
        };
    }
    if let Some(unknown) = unknown_variable(reader, name, span) {
        return Some(unknown);
    }
    if let Some(format) = named.format {
        return bad_format(name, format, span);
    }
    secret(reader, filled.used, name, span).or_else(|| too_early(reader, filled.used, name, span))
}

fn bad_format(name: &str, format: &str, span: &Range<usize>) -> Option<Diagnostic> {
    if !matches!(name, "T0" | "NOW") {
        return Some(
            Diagnostic::error("RB0208", span, format!("`{name}` is no instant, so it takes no format"))
                .help("only T0 and NOW do: ${T0:%H:%M}"),
        );
    }
    let wrong = format.is_empty() || StrftimeItems::new(format).any(|item| item == Item::Error);
    wrong.then(|| {
        Diagnostic::error("RB0208", span, format!("`{format}` is not a format of time"))
            .help("formats are chrono's: %Y %m %d %H %M %S %Z")
    })
}

/// Whether a variable holds a secret.
pub(super) fn is_secret(reader: &Reader<'_>, name: &str) -> bool {
    reader.known_vars.get(name).copied().unwrap_or(false)
}

fn secret(reader: &Reader<'_>, used: Use, name: &str, span: &Range<usize>) -> Option<Diagnostic> {
    if !is_secret(reader, name) {
        return None;
    }
    match used {
        Use::People => {
            Some(Diagnostic::error("RB0410", span, format!("the secret `{name}` would stand in a text for people")))
        }
        Use::Directory => {
            Some(Diagnostic::error("RB0410", span, format!("the secret `{name}` would stand in a directory's name")))
        }
        Use::Argument { secret_accepted: false } => Some(
            Diagnostic::error("RB0404", span, format!("the secret `{name}` would stand in the process list"))
                .help("pass it by `stdin:` or `env:`, or say `argv_secret: accepted`"),
        ),
        Use::Argument { secret_accepted: true } => Some(Diagnostic::warning(
            "RB0510",
            span,
            format!("the secret `{name}` stands in the process list, as accepted"),
        )),
        Use::Default(place) if !reader.vars[place].secret => Some(Diagnostic::error(
            "RB0410",
            span,
            format!("the secret `{name}` would be part of `{}`, which is none", reader.vars[place].name),
        )),
        Use::Default(_) | Use::Private | Use::Never => None,
    }
}

/// Variables are bound once, in the file's order: a default can use only what comes before it.
fn too_early(reader: &Reader<'_>, used: Use, name: &str, span: &Range<usize>) -> Option<Diagnostic> {
    let Use::Default(place) = used else {
        return None;
    };
    let declared = reader.vars.iter().position(|var| var.name.0 == name);
    let late = match declared {
        Some(at) => at >= place,
        None => reader.set_by_steps.iter().any(|(set, _)| set.0 == name) || matches!(name, "STEP_ID" | "ATTEMPT"),
    };
    late.then(|| {
        Diagnostic::error(
            "RB0204",
            span,
            format!("`{name}` has no value yet when `{}` is bound", reader.vars[place].name),
        )
        .help("move it up: variables are bound in the file's order")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_a_text_is_found_and_escaped_ones_are_not() {
        let found: Vec<_> = names("a ${TAG} $${NOT} ${T0:%H:%M} ${oops")
            .into_iter()
            .map(|one| (one.name, one.format, one.closed))
            .collect();
        assert_eq!(found, [("TAG", None, true), ("T0", Some("%H:%M"), true), ("oops", None, false)]);
    }
}
