//! The nearest right name for a wrong one.
//!
//! Counts inserted, removed, changed and swapped letters. Every diagnostic about an unknown name calls it; it never
//! guesses from too far away, since a wrong suggestion is worse than none.

/// Longer words are not compared: nobody mistypes them, and a hostile one would cost time.
const LONGEST: usize = 64;

/// The candidate nearest to `wrong`, if one is near enough.
pub(crate) fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.is_empty() || wrong.len() > LONGEST {
        return None;
    }
    let folded = wrong.to_lowercase().replace('-', "_");
    let reach = (folded.chars().count() / 3).max(1);
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let by_letters = candidates
        .iter()
        .copied()
        .filter(|name| name.len() <= LONGEST)
        .map(|name| (distance(&folded, &name.to_lowercase().replace('-', "_")), name))
        .filter(|(far, name)| *far <= reach && *far < name.chars().count())
        .min_by_key(|(far, _)| *far)
        .map(|(_, name)| name);
    by_letters.or_else(|| shortened(&folded, &candidates))
}

/// The one candidate that begins with `wrong`: `prod` for `production`. Of several none is meant.
fn shortened<'a>(wrong: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let mut longer = candidates.iter().filter(|name| name.starts_with(wrong));
    let first = longer.next().filter(|_| wrong.chars().count() >= 3)?;
    longer.next().is_none().then_some(*first)
}

/// "did you mean `x`?", where something is near enough.
pub(crate) fn did_you_mean<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(wrong, candidates).map(|name| format!("did you mean `{name}`?"))
}

fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > LONGEST / 3 {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for i in 1..=one.len() {
        let mut row = vec![i; other.len() + 1];
        for j in 1..=other.len() {
            let change = usize::from(one[i - 1] != other[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            let swapped = i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
            if swapped {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 5] = ["timeout", "takes", "title", "expect", "point_of_no_return"];

    #[test]
    fn a_slip_of_the_finger_finds_its_key() {
        for (wrong, right) in [
            ("timeuot", "timeout"),
            ("titel", "title"),
            ("expects", "expect"),
            ("Point-Of-No-Return", "point_of_no_return"),
        ] {
            assert_eq!(nearest(wrong, KEYS), Some(right), "{wrong}");
        }
    }

    #[test]
    fn a_shortened_word_finds_the_only_one_that_it_begins() {
        assert_eq!(nearest("prod", ["production", "staging", "local"]), Some("production"));
        assert_eq!(nearest("prod", ["production", "producer"]), None);
        assert_eq!(nearest("ti", ["timeout", "takes"]), None);
    }

    #[test]
    fn what_is_far_away_is_not_suggested() {
        assert_eq!(nearest("zebra", KEYS), None);
        assert_eq!(nearest("x", KEYS), None);
        assert_eq!(nearest(&"t".repeat(100_000), KEYS), None);
    }
}
