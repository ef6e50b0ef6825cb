//! What must come of a command, in words: `exit 0, contains "ready", number >= 19`.
//!
//! The author's expectation as the operator reads it before anything runs. What came of it is in the recorded checks, whose
//! words the conductor chose; nothing here judges.

use crate::model::expect::{ExitWanted, Expect, JsonWanted, Measured, Of};
use crate::model::text::shown;

/// The lines of an expectation, in the author's order of keys.
pub fn lines(expect: &Expect) -> Vec<String> {
    let mut said = vec![exit(&expect.exit)];
    said.extend(texts(expect));
    if let Some(stderr) = &expect.stderr {
        said.extend(texts(stderr).into_iter().map(|line| format!("standard error {line}")));
    }
    said.extend(expect.took.iter().map(|took| measured("took", took)));
    said
}

/// The expectation of a value that is read off: no exit code.
pub fn of_value(expect: &Expect) -> Vec<String> {
    texts(expect)
}

fn exit(wanted: &ExitWanted) -> String {
    match wanted {
        ExitWanted::Any => "any exit".into(),
        ExitWanted::Codes(codes) => {
            let codes: Vec<String> = codes.iter().map(i32::to_string).collect();
            format!("exit {}", codes.join(" or "))
        }
    }
}

fn texts(expect: &Expect) -> Vec<String> {
    let mut said = Vec::new();
    let quoted = |word: &str, text: &String| format!("{word} \"{}\"", shown(text));
    said.extend(expect.contains.iter().map(|text| quoted("contains", text)));
    said.extend(expect.lacks.iter().map(|text| quoted("lacks", text)));
    said.extend(expect.matches.iter().map(|regex| format!("matches /{}/", shown(regex))));
    said.extend(expect.equals.iter().map(|text| quoted("is", text)));
    said.extend(expect.json.iter().map(|(path, wanted)| {
        let wanted = match wanted {
            JsonWanted::Equals(json) => format!("= {}", shown(json)),
            JsonWanted::Cmp(cmp) => shown(&cmp.source).into_owned(),
        };
        format!("{} {wanted}", shown(path))
    }));
    said.extend(expect.number.iter().map(|each| measured("number", each)));
    said.extend(expect.ratio.iter().map(|each| measured("ratio", each)));
    said.extend(expect.count.iter().map(|each| measured("lines", each)));
    said
}

fn measured(what: &str, each: &Measured) -> String {
    let of = match &each.of {
        Of::Output => String::new(),
        Of::Regex(regex) => format!(" of /{}/", shown(regex)),
        Of::Vars(names) => {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            format!(" of {}", names.join(" and "))
        }
    };
    let is = each.is.as_ref().map_or("all".into(), |cmp| shown(&cmp.source).into_owned());
    let ideally = each.ideally.as_ref().map_or(String::new(), |cmp| format!(" (ideally {})", shown(&cmp.source)));
    format!("{what}{of} {is}{ideally}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cmp::Cmp;

    #[test]
    fn an_expectation_reads_as_words() {
        let cmp = |source: &str| Some(Cmp::parse(source).unwrap());
        let expect = Expect {
            contains: vec!["ready\x1b".into()],
            number: vec![Measured { of: Of::Output, is: cmp(">= 19"), ideally: cmp("20") }],
            ratio: vec![Measured { of: Of::Output, is: None, ideally: None }],
            stderr: Some(Box::new(Expect { lacks: vec!["panic".into()], ..Expect::default() })),
            ..Expect::default()
        };
        assert_eq!(
            lines(&expect),
            [
                "exit 0",
                "contains \"ready^[\"",
                "number >= 19 (ideally 20)",
                "ratio all",
                "standard error lacks \"panic\""
            ]
        );
    }
}
