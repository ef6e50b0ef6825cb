//! Whether a comparison can be made with what it is about: a ratio over 1, a time without a unit, bytes of lines.
//!
//! A comparison that parses and can never hold would be found out in the middle of the night, at a gate. Pure; `expect`
//! calls it for every comparison of a measured value.

use crate::model::cmp::{Cmp, Family, Quantity, Ratio, Unit};
use crate::runbook::diagnostic::Diagnostic;
use std::ops::Range;

/// What a comparison is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measures {
    Number,
    Ratio,
    Count,
    Time,
}

/// What is wrong with comparing it so.
pub(super) fn complaint(what: Measures, cmp: &Cmp, span: &Range<usize>) -> Option<Diagnostic> {
    let wrong = |text: String, help: &str| Some(Diagnostic::error("RB0408", span, text).help(help));
    let written = cmp.source.trim();
    match (what, cmp.unit().map(Unit::family)) {
        (Measures::Number, _)
        | (Measures::Time, Some(Family::Time))
        | (Measures::Ratio, Some(Family::Percent))
        | (Measures::Count, None) => None,
        (Measures::Time, None) => {
            wrong(format!("`{written}` needs a unit: it is a length of time"), "took: \"< 200ms\"; units ms s m h d")
        }
        (Measures::Time, Some(_)) => {
            wrong(format!("`{written}` has a unit that is no time"), "took: \"< 200ms\"; units ms s m h d")
        }
        (Measures::Ratio, None) => over_one(cmp, span),
        (Measures::Ratio, Some(_)) => {
            wrong(format!("`{written}` has a unit that a ratio cannot have"), "ratio: \">= 95%\", or \">= 0.95\"")
        }
        (Measures::Count, Some(_)) => wrong(format!("`{written}` has a unit, and lines have none"), "count: \">= 19\""),
    }
}

/// Without a unit 1 means all of them: whoever writes 95 means percent.
fn over_one(cmp: &Cmp, span: &Range<usize>) -> Option<Diagnostic> {
    let written = cmp.source.trim();
    let smallest = numbers(written).reduce(f64::min)?;
    let largest = numbers(written).reduce(f64::max)?;
    if largest <= 1.0 || written.contains('%') {
        return None;
    }
    let holds = |part: u64| {
        let ratio = Ratio::new(&Quantity::count(part), &Quantity::count(1));
        ratio.and_then(|ratio| cmp.judge_ratio(&ratio)).unwrap_or(false)
    };
    let help = match written.contains('±') || written.contains("+-") {
        true => "write percents with %, as in \"95% ± 2%\"".to_owned(),
        false => format!("did you mean `{written}%`?"),
    };
    let found = match holds(0) || holds(1) || smallest < 2.0 {
        true => Diagnostic::warning("RB0408", span, format!("`{written}`: 1 is all of them, and this is more")),
        false => Diagnostic::error("RB0408", span, format!("`{written}` never holds: 1 is all of them")),
    };
    Some(found.help(help))
}

/// The numbers in a comparison's text.
fn numbers(text: &str) -> impl Iterator<Item = f64> {
    text.split("..")
        .flat_map(|part| part.split(|letter: char| !letter.is_ascii_digit() && letter != '.'))
        .filter_map(|digits| digits.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::Level;

    fn said(what: Measures, text: &str) -> Option<(Level, String, String)> {
        let found = complaint(what, &Cmp::parse(text).unwrap(), &(0..1))?;
        Some((found.level, found.message, found.help.unwrap_or_default()))
    }

    #[test]
    fn a_ratio_over_one_means_percent() {
        for text in [">= 95", "= 19", "90..95"] {
            let (level, _, help) = said(Measures::Ratio, text).unwrap();
            assert_eq!((level, help), (Level::Error, format!("did you mean `{text}%`?")));
        }
        for text in ["<= 5", "0..5", "> 1.05", "!= 2"] {
            assert_eq!(said(Measures::Ratio, text).unwrap().0, Level::Warning, "{text}");
        }
        for text in [">= 95%", ">= 0.95", "= 1", "0.4..0.6", "95% ± 2%", "1 ± 5 %"] {
            assert_eq!(said(Measures::Ratio, text), None, "{text}");
        }
    }

    #[test]
    fn a_time_needs_a_unit_of_time() {
        assert!(said(Measures::Time, "< 200").unwrap().1.contains("needs a unit"));
        assert!(said(Measures::Time, "< 200 MB").is_some());
        assert_eq!(said(Measures::Time, "< 200ms"), None);
        assert_eq!(said(Measures::Number, "< 200"), None);
        assert!(said(Measures::Count, "< 5 MB").is_some());
    }
}
