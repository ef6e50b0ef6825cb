//! `${NAME}` in texts for people and in arguments: found, checked, filled. Never used on a text that a shell reads.
//!
//! `${NAME:FORMAT}` formats an instant (`T0`, `NOW`) with chrono's letters; `$${` is a literal `${`.
#![allow(missing_docs, reason = "a variant says what its fields are")]

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// As it stands.
    Text(&'a str),
    /// A name, and the format after a colon.
    Name { name: &'a str, format: Option<&'a str> },
}

/// Splits a text into pieces. `${` without `}`, and names that are not `[A-Z][A-Z0-9_]*`, are left as text.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if rest[..start].ends_with('$') {
            found.push(Piece::Text(&rest[..start - 1]));
            found.push(Piece::Text("${"));
            rest = &rest[start + 2..];
            continue;
        }
        let Some(end) = rest[start..].find('}').map(|end| start + end) else {
            break;
        };
        let inside = &rest[start + 2..end];
        let (name, format) = inside.split_once(':').map_or((inside, None), |(name, format)| (name, Some(format)));
        if is_name(name) {
            found.push(Piece::Text(&rest[..start]));
            found.push(Piece::Name { name, format });
        } else {
            found.push(Piece::Text(&rest[..=end]));
        }
        rest = &rest[end + 1..];
    }
    found.push(Piece::Text(rest));
    found.retain(|piece| !matches!(piece, Piece::Text("")));
    found
}

/// Fills a text in; a name that `value` does not know stays as it stands.
pub fn fill(text: &str, value: &dyn Fn(&str, Option<&str>) -> Option<String>) -> String {
    let mut full = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(plain) => full.push_str(plain),
            Piece::Name { name, format } => match (value(name, format), format) {
                (Some(known), _) => full.push_str(&known),
                (None, Some(format)) => full.push_str(&format!("${{{name}:{format}}}")),
                (None, None) => full.push_str(&format!("${{{name}}}")),
            },
        }
    }
    full
}

/// The blanks of a message in the order in which they stand: `<word>` without spaces, not after a digit; `<@U1>`, `<#C1>`,
/// `<!here>` and `<https:…>` are text.
pub fn blanks(text: &str) -> Vec<String> {
    blank_places(text).into_iter().map(|(from, to)| text[from + 1..to - 1].to_owned()).collect()
}

/// A message with its blanks filled in, in their order; a blank for which no word is left stays.
pub fn fill_blanks(text: &str, words: &[String]) -> String {
    let mut full = String::with_capacity(text.len());
    let mut at = 0;
    for ((from, to), word) in blank_places(text).into_iter().zip(words) {
        full.push_str(&text[at..from]);
        full.push_str(word);
        at = to;
    }
    full.push_str(&text[at..]);
    full
}

fn blank_places(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(from) = text[at..].find('<').map(|from| at + from) {
        at = from + 1;
        let Some(to) = text[at..].find('>').map(|to| at + to) else { break };
        let word = &text[at..to];
        let plain = word.starts_with(char::is_alphabetic)
            && word.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'));
        if plain && !text[..from].ends_with(|before: char| before.is_ascii_digit()) {
            found.push((from, to + 1));
            at = to + 1;
        }
    }
    found
}

/// Whether this is a variable's name.
pub fn is_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

/// Whether a command text names a variable as a shell would read it: `$NAME`, `${NAME…}`, or the bare word (as `env` or
/// `printenv` take it). Used to hand a secret only to the commands that use it.
pub fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        let joins = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        !joins(before) && !joins(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_and_the_rest_stays() {
        let value = |name: &str, format: Option<&str>| match (name, format) {
            ("TAG", None) => Some("v2".to_owned()),
            ("T0", Some(format)) => Some(format!("<{format}>")),
            _ => None,
        };
        assert_eq!(
            fill("index-${TAG} ${T0:%H:%M} $${TAG} ${lower} ${NONE} ${", &value),
            "index-v2 <%H:%M> ${TAG} ${lower} ${NONE} ${"
        );
    }

    #[test]
    fn a_name_is_mentioned_only_as_a_word() {
        assert!(mentions("psql \"$URL\"", "URL") && mentions("echo ${URL:-x}", "URL"));
        assert!(!mentions("echo $URLS $MYURL", "URL"));
    }
}
