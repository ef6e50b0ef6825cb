//! One line of an allowed-signers file: `principals [options] type base64 [comment]`.
//!
//! Read as OpenSSH's `sshsig.c` reads it, where that is stricter than its manual page too: option values in double quotes, no option twice,
//! names of options without regard to case. A date without `Z` is in this machine's zone, as there. Called by `allowed` only.

use super::PublicKey;
use chrono::{Local, NaiveDate, NaiveDateTime, TimeZone, Utc};

/// What a line says.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) principals: String,
    pub(super) key: PublicKey,
    namespaces: Option<String>,
    after: Option<i64>,
    before: Option<i64>,
}

/// Reads a line; a comment or an empty one is nothing, an error the reason why it vouches for nobody.
pub(super) fn read(line: &[u8]) -> Result<Option<Line>, &'static str> {
    let line = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    let line = line.strip_suffix('\r').unwrap_or(line).trim_matches([' ', '\t']);
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    if line.chars().any(|letter| letter.is_control() && letter != '\t') {
        return Err("it holds a control character");
    }
    let (principals, rest) = split_principals(line)?;
    let no_key = |_| "it holds no key that is taken";
    let (options, key) = match PublicKey::from_openssh(rest) {
        Ok(key) => (None, key),
        Err(_) => {
            let (options, rest) = split_options(rest).ok_or("it holds no key that is taken")?;
            (Some(options), PublicKey::from_openssh(rest).map_err(no_key)?)
        }
    };
    let mut read = Line { principals, key, namespaces: None, after: None, before: None };
    if let Some(options) = options {
        read.take_options(options)?;
    }
    match (read.after, read.before) {
        (Some(after), Some(before)) if before <= after => Err("it ends before it begins"),
        (Some(_) | None, Some(_) | None) => Ok(Some(read)),
    }
}

impl Line {
    pub(super) fn speaks_for(&self, principal: &str) -> bool {
        matches_list(&self.principals, principal)
    }

    pub(super) fn allows(&self, namespace: &str) -> bool {
        self.namespaces.as_ref().is_none_or(|list| matches_list(list, namespace))
    }

    pub(super) fn valid(&self, at: i64) -> bool {
        self.after.is_none_or(|after| at >= after) && self.before.is_none_or(|before| at <= before)
    }

    fn take_options(&mut self, mut rest: &str) -> Result<(), &'static str> {
        loop {
            rest = self.take_option(rest)?;
            if rest.is_empty() {
                return Ok(());
            }
            rest = rest.strip_prefix(',').ok_or("it has an option that is not known")?;
        }
    }

    fn take_option<'a>(&mut self, text: &'a str) -> Result<&'a str, &'static str> {
        if past_word(text, "cert-authority").is_some() {
            return Err("certificate authorities are not taken");
        }
        if let Some(rest) = past_word(text, "namespaces=") {
            let (value, rest) = quoted(rest)?;
            once(&mut self.namespaces, value)?;
            return Ok(rest);
        }
        for (name, slot) in [("valid-after=", &mut self.after), ("valid-before=", &mut self.before)] {
            if let Some(rest) = past_word(text, name) {
                let (value, rest) = quoted(rest)?;
                once(slot, time(&value, name == "valid-after=").ok_or("it has a date that is not one")?)?;
                return Ok(rest);
            }
        }
        Err("it has an option that is not known")
    }
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), &'static str> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err("it has an option twice"),
    }
}

fn past_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then_some(rest)
}

/// The principals are one word, or what stands between double quotes at the start.
fn split_principals(line: &str) -> Result<(String, &str), &'static str> {
    let (principals, rest) = match line.strip_prefix('"') {
        Some(rest) => rest.split_once('"').ok_or("a quote is not closed")?,
        None => line.split_once([' ', '\t']).ok_or("it names nobody, or holds no key")?,
    };
    if principals.is_empty() {
        return Err("it names nobody");
    }
    Ok((principals.to_owned(), rest.trim_start_matches([' ', '\t'])))
}

/// The options end at the first blank that is not between quotes.
fn split_options(text: &str) -> Option<(&str, &str)> {
    let mut in_quotes = false;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = text[at + 1..].starts_with('"'),
            '"' => in_quotes = !in_quotes,
            ' ' | '\t' if !in_quotes => {
                return Some((&text[..at], text[at..].trim_start_matches([' ', '\t'])));
            }
            _ => (),
        }
    }
    None
}

/// A value in double quotes, in which `\"` is a quote.
fn quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut rest = text.strip_prefix('"').ok_or("a value is not in quotes")?;
    let mut value = String::new();
    loop {
        let at = rest.find('"').ok_or("a quote is not closed")?;
        let (head, tail) = (&rest[..at], &rest[at + 1..]);
        match head.strip_suffix('\\') {
            Some(head) => {
                value.push_str(head);
                value.push('"');
                rest = tail;
            }
            None => {
                value.push_str(head);
                return Ok((value, tail));
            }
        }
    }
}

/// `YYYYMMDD[HHMM[SS]]`, with `Z` or `UTC` at its end in UTC. Where a clock shows a time twice, the narrower reading is taken.
fn time(text: &str, is_start: bool) -> Option<i64> {
    let (digits, utc) = match text.strip_suffix(['Z', 'z']).or_else(|| text.strip_suffix("UTC")) {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).map_or(Some(0), |part| part.parse::<u32>().ok());
    if !matches!(digits.len(), 8 | 12 | 14) {
        return None;
    }
    let day = NaiveDate::from_ymd_opt(i32::try_from(part(0, 4)?).ok()?, part(4, 6)?, part(6, 8)?)?;
    let shown: NaiveDateTime = day.and_hms_opt(part(8, 10)?, part(10, 12)?, part(12, 14)?)?;
    if utc {
        return Some(Utc.from_utc_datetime(&shown).timestamp());
    }
    let local = Local.from_local_datetime(&shown);
    let instant = if is_start { local.latest() } else { local.earliest() };
    instant.map(|instant| instant.timestamp())
}

/// OpenSSH's pattern list: comma-separated, `*` and `?`; a `!pattern` that fits refuses whatever else fits.
fn matches_list(list: &str, name: &str) -> bool {
    let mut found = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches_pattern(pattern.as_bytes(), name.as_bytes()) => return false,
            Some(_) => (),
            None => found |= matches_pattern(pattern.as_bytes(), name.as_bytes()),
        }
    }
    found
}

/// Goes back to the last star only, so that no pattern takes longer than its length times the name's.
fn matches_pattern(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(letter) if *letter == b'?' || *letter == name[seen] => {
                at += 1;
                seen += 1;
            }
            Some(_) | None => {
                let Some((after, from)) = star else {
                    return false;
                };
                star = Some((after, from + 1));
                at = after + 1;
                seen = from + 1;
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_openssh_s_do() {
        for (list, name, fits) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("?b", "ab", true),
            ("?", "", false),
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("*a*b", "xaxxb", true),
            ("x,y", "y", true),
            ("*,!y", "y", false),
            ("!y", "x", false),
            ("A", "a", false),
            ("", "", true),
        ] {
            assert_eq!(matches_list(list, name), fits, "{list:?} {name:?}");
        }
    }

    #[test]
    fn dates_are_read_as_openssh_s_are() {
        assert_eq!(time("20200101Z", true), Some(1_577_836_800));
        assert_eq!(time("202001011230z", true), Some(1_577_881_800));
        assert_eq!(time("20200101123045Z", true), Some(1_577_881_845));
        for wrong in [
            "",
            "Z",
            "2020",
            "20201301Z",
            "20200101 Z",
            "2020010112Z",
            "+2020101Z",
            "99999999999999Z",
            "２０２００１０１",
        ] {
            assert_eq!(time(wrong, true), None, "{wrong}");
        }
        assert!(time("20200101", true).is_some());
    }
}
