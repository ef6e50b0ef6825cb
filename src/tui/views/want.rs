//! What must come of a command or a reading, in words, before anything has come.
//!
//! Once it was judged the records say what was wanted, in the words of the judge; this is for the time before.

use crate::model::expect::{ExitWanted, Expect, JsonWanted, Measured, Of};
use crate::model::text::shown;

/// Each line of an expectation in words; a plain `exit 0` is said too, since it is what decides.
pub fn lines(expect: &Expect) -> Vec<String> {
    let mut said = Vec::new();
    match &expect.exit {
        ExitWanted::Codes(codes) => {
            let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
            said.push(format!("exit {}", codes.join(" or ")));
        }
        ExitWanted::Any => said.push("any exit code".into()),
    }
    body(expect, "", &mut said);
    if let Some(took) = &expect.took {
        said.push(format!("took {}", is(took)));
    }
    if let Some(stderr) = &expect.stderr {
        body(stderr, "stderr ", &mut said);
    }
    said
}

fn body(expect: &Expect, of: &str, said: &mut Vec<String>) {
    said.extend(expect.contains.iter().map(|text| format!("{of}contains \"{}\"", shown(text))));
    said.extend(expect.lacks.iter().map(|text| format!("{of}lacks \"{}\"", shown(text))));
    said.extend(expect.matches.iter().map(|text| format!("{of}matches {}", shown(text))));
    said.extend(expect.equals.iter().map(|text| format!("{of}equals \"{}\"", shown(text))));
    for (path, wanted) in &expect.json {
        let wanted = match wanted {
            JsonWanted::Equals(value) => format!("= {}", shown(value)),
            JsonWanted::Cmp(cmp) => shown(&cmp.source).into_owned(),
        };
        said.push(format!("{of}{} {wanted}", shown(path)));
    }
    for (word, measures) in [("number", &expect.number), ("ratio", &expect.ratio), ("count", &expect.count)] {
        said.extend(measures.iter().map(|measured| format!("{of}{word}{} {}", origin(&measured.of), is(measured))));
    }
}

fn origin(of: &Of) -> String {
    match of {
        Of::Output => String::new(),
        Of::Regex(regex) => format!(" of {}", shown(regex)),
        Of::Vars(names) => {
            let names: Vec<String> = names.iter().map(|name| shown(name.as_str()).into_owned()).collect();
            format!(" of {}", names.join(" / "))
        }
    }
}

fn is(measured: &Measured) -> String {
    match &measured.is {
        Some(cmp) => shown(&cmp.source).into_owned(),
        None => "all".into(),
    }
}
