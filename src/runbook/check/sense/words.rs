//! Words in commands and texts that mean more than they say.
//!
//! Each function finds one thing and returns the words it found, as they are written.

use super::kind_word;
use crate::model::plan::EnvironmentKind;
use chrono::DateTime;
use chrono_tz::Tz;
use regex::Regex;
use std::sync::LazyLock;

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($text).expect("the pattern is a constant, and a test compiles it"));
    };
}

pattern!(
    FOLLOWS,
    r"(?m)(?:^|[;&|(]\s*|\s)(tail\s+(?:-[a-zA-Z]*\s*[0-9]*\s+)*(?:-[a-zA-Z]*[fF]\b|--follow\b)|(?:\blogs|journalctl)\b[^|;&\n]*?\s(?:-f|--follow)\b|stripe\s+listen\b)"
);
pattern!(TEMPORARY, r"(?i)\b(temporarily|for the test only|for the time of the test|until it is put back)\b");
pattern!(UNMEASURED, r"(?i)\b(sustained|spikes?|(?:looks?|is|are|back to) normal|acceptable|reasonable)\b");
pattern!(HOST, r"(?i)\bhttps?://(?:[^/\s@]*@)?([a-z0-9.-]+)");
pattern!(COUNTED, r"(?i)\b(\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\s+([a-z]+)\b");
pattern!(CLOCK_ZONE, r"(?i)\b\d{1,2}(?::\d{2})?\s*(?:am|pm)?\s*(EST|CST|MST|PST|CET|GMT)\b");

pattern!(
    COST,
    r"(?i)\b(buys?|purchases?|orders? (?:one|a|the)\b|pays?|charges? (?:the|a|one)\b|costs? money|spends?)\b|[$€£]\s?\d"
);
pattern!(CLOCK, r"(?i)\b(?:\d{1,2}:\d{2}(?:\s*(?:am|pm))?|\d{1,2}\s*(?:am|pm))\b");
pattern!(ZONE, r"^\s*(?:\(?\$\{|\(?[A-Z]{2,5}\b|\(?[A-Z][a-z]+/[A-Z]|Z\b|[+-]\d{2}|\(?(?i:local time|your time|h\b))");
pattern!(REHEARSED, r"(?i)rehears|\bdrill|\bdry[- ]run|\b(?:tried|tested|practi[sc]ed)\b|restor");
pattern!(PAUSES, r"(?i)^(pauses?|mutes?|silences?|suspends?|freezes?)\b");
pattern!(RESUMES, r"(?i)resum|unpaus|unmut|unsilenc|unsuspend|unfreez|thaw|\blift|put.{0,20}back|re-?enabl");

/// "buys", "pays", "$5".
pub(super) fn cost(text: &str) -> Option<&str> {
    COST.find(text).map(|hit| hit.as_str())
}

/// `15:00`, where no zone stands after it and none anywhere else in the text.
pub(super) fn without_zone(text: &str) -> Option<&str> {
    let bare = |hit: &regex::Match<'_>| {
        let inside = text[..hit.start()].rfind("${").is_some_and(|at| !text[at..hit.start()].contains('}'));
        let continued = text[..hit.start()].ends_with([':', '.', '-']) || text[hit.end()..].starts_with(':');
        !inside && !continued && !ZONE.is_match(&text[hit.end()..])
    };
    let zone_said = text.contains("%Z") || text.contains("UTC") || CLOCK_ZONE.is_match(text);
    CLOCK.find_iter(text).find(bare).filter(|_| !zone_said).map(|hit| hit.as_str())
}

/// A word about having tried it, anywhere in a runbook.
pub(super) fn rehearsed(source: &str) -> bool {
    REHEARSED.is_match(source)
}

/// "Pause …", in a runbook that says nowhere how it goes on.
pub(super) fn paused<'t>(title: &'t str, source: &str) -> Option<&'t str> {
    PAUSES.find(title).map(|hit| hit.as_str()).filter(|_| !RESUMES.is_match(source))
}

/// A command that follows what is written, unless something beside it ends it.
pub(super) fn endless(text: &str) -> Option<&str> {
    let ended = ["timeout ", "| head", "|head", "grep -m", "grep -q", "sed -n", "&\n", "kill ", "--no-follow"];
    if ended.iter().any(|word| text.contains(word)) || text.trim_end().ends_with('&') {
        return None;
    }
    // A comment or a quoted text runs nothing.
    let hit = FOLLOWS.captures(text)?.get(1)?;
    let line = text[..hit.start()].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line..hit.start()];
    (!before.contains(['#', '\'', '"'])).then(|| hit.as_str())
}

/// "temporarily".
pub(super) fn temporary(text: &str) -> Option<&str> {
    TEMPORARY.find(text).map(|hit| hit.as_str())
}

/// "sustained", "spike", "is normal", where no number stands in the text.
pub(super) fn unmeasured(text: &str) -> Option<&str> {
    let measured = text.contains(|letter: char| letter.is_ascii_digit()) || text.contains("${");
    UNMEASURED.find(text).filter(|_| !measured).map(|hit| hit.as_str())
}

/// A host that bears the name of another kind of environment.
pub(super) fn foreign_host(text: &str, own: EnvironmentKind) -> Option<(&str, &'static str)> {
    HOST.captures_iter(text).find_map(|hit| {
        let host = hit.get(1)?.as_str();
        let mut labels = host.split(['.', '-']).map(str::to_lowercase);
        let kind = labels.find_map(|label| match label.as_str() {
            "staging" | "stage" | "stg" | "uat" | "preprod" => Some(EnvironmentKind::Staging),
            "prod" | "production" => Some(EnvironmentKind::Production),
            _no_kind => None,
        })?;
        (kind != own).then(|| (host, kind_word(kind)))
    })
}

/// `7` in "all seven checks", for `checks`.
pub(super) fn count_said(text: &str, noun: &str) -> Option<usize> {
    let words = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let hit = COUNTED.captures_iter(text).find(|hit| hit[2].eq_ignore_ascii_case(noun))?;
    let said = hit[1].to_lowercase();
    let word = words.iter().position(|word| *word == said).map(|at| at + 2);
    word.or_else(|| said.parse().ok())
}

/// `EST` on a day when the clocks there show `EDT`.
pub(super) fn summer_zone(text: &str, t0: i64) -> Option<(&str, String)> {
    let hit = CLOCK_ZONE.captures(text)?.get(1)?;
    let zone: Tz = match hit.as_str().to_uppercase().as_str() {
        "EST" => chrono_tz::America::New_York,
        "CST" => chrono_tz::America::Chicago,
        "MST" => chrono_tz::America::Denver,
        "PST" => chrono_tz::America::Los_Angeles,
        "CET" => chrono_tz::Europe::Berlin,
        _gmt => chrono_tz::Europe::London,
    };
    let local = DateTime::from_timestamp_micros(t0)?.with_timezone(&zone);
    let now = local.format("%Z").to_string();
    (now != hit.as_str().to_uppercase()).then(|| (hit.as_str(), now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_follows_is_found_and_one_that_ends_is_not() {
        for text in [
            "tail -f log",
            "tail -n 5 -F log | grep x",
            "kubectl logs -f pod",
            "stripe listen --forward-to x",
            "docker logs --follow web",
        ] {
            assert!(endless(text).is_some(), "{text}");
        }
        for text in [
            "timeout 10 tail -f log",
            "tail -f log | head -1",
            "tail -f log &",
            "kubectl apply -f deploy.yaml",
            "docker build -f Dockerfile .",
            "docker compose -f x.yaml up -d",
            "# tail -f log",
            "echo 'tail -f log'",
            "tail -5 log",
            "rm -f x",
        ] {
            assert!(endless(text).is_none(), "{text}");
        }
    }

    #[test]
    fn words_that_need_a_number_have_none() {
        for text in ["No sustained errors", "CPU looks normal", "No spikes in the queue"] {
            assert!(unmeasured(text).is_some(), "{text}");
        }
        for text in [
            "Errors below 1 %, not sustained",
            "Normal users can log in",
            "The abnormal case",
            "A spike test ran at 10:00",
        ] {
            assert!(unmeasured(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_costs_and_what_only_sounds_like_it() {
        for text in ["Buy one number", "The script buys a number", "Top up by $10", "Charge the card"] {
            assert!(cost(text).is_some(), "{text}");
        }
        for text in ["Charges are seen once", "Order of the steps", "Check the payments page", "$NAME is set"] {
            assert!(cost(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_time_for_people_has_its_zone() {
        for (text, found) in [("We begin at 15:00.", "15:00"), ("Down from 3pm for an hour", "3pm")] {
            assert_eq!(without_zone(text), Some(found), "{text}");
        }
        for text in [
            "We begin at 15:00 UTC",
            "From 3pm EST",
            "From 15:00 to 16:00 CET",
            "At 09:00 Europe/Berlin",
            "At ${T0:%H:%M} we begin",
            "At 09:00 local time",
            "2026-11-21T15:00:00Z",
            "19:20 of 20:00 (${T0:%Z})",
            "Ratio 3:4",
        ] {
            assert_eq!(without_zone(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_paused_goes_on_somewhere() {
        assert_eq!(paused("Pause the tenant", "pause and be done"), Some("Pause"));
        assert_eq!(paused("Pause the tenant", "Resume the tenant"), None);
        assert_eq!(paused("Look at the paused tenant", ""), None);
    }

    #[test]
    fn hosts_counts_and_zones() {
        let production = EnvironmentKind::Production;
        assert_eq!(
            foreign_host("curl https://api.staging.x.com/a", production),
            Some(("api.staging.x.com", "staging"))
        );
        assert_eq!(foreign_host("curl https://api.x.com/staging", production), None);
        assert_eq!(foreign_host("curl https://user@backstage.x.com", production), None);
        assert_eq!(count_said("All seven checks pass", "checks"), Some(7));
        assert_eq!(count_said("19 of 20 checks", "items"), None);
        let summer = 1_784_000_000_000_000;
        assert_eq!(summer_zone("We begin at 3pm EST", summer), Some(("EST", "EDT".to_owned())));
        assert_eq!(summer_zone("We begin at 3pm EST", summer + 15_552_000_000_000), None);
        assert_eq!(summer_zone("The best time", summer), None);
    }
}
