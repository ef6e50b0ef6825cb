//! FLOOR 1: the author's file → `model::plan::Plan`, with every mistake located, underlined and answered.
//!
//! `load` reads a file, `parse` its bytes; neither panics, executes, or reads anything else, whatever the bytes are.
//! The order is size, encoding, `guard` (bounds), serde_yaml, `read` (shape), `check` (meaning), and only a runbook
//! without an error becomes a plan. `commands` and the conductor call it; the conductor parses its own copy of the same
//! bytes.

mod bytes;
mod check;
mod diagnostic;
mod guard;
mod keys;
mod names;
mod nearest;
mod node;
mod read;
mod reader;
mod render;
mod schema;
mod scope;
mod shape;
mod t0;
mod times;

pub use diagnostic::{Diagnostic, Level};
pub use render::{render, to_json};
pub use schema::{keys as schema_keys, schema};

use crate::model::expect::Check;
use crate::model::plan::Plan;
use crate::model::step::Command;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Judges a command's `example` by its `expect` and `capture`; `engine::judge` does it, a floor above.
pub type ExampleJudge<'a> = &'a dyn Fn(&Command) -> Result<(), Vec<Check>>;

/// What came of a file.
#[derive(Debug)]
pub struct Loaded {
    /// The plan; `None` where there is an error.
    pub plan: Option<Plan>,
    /// Everything found, in the file's order.
    pub diagnostics: Vec<Diagnostic>,
    /// The bytes that were read.
    pub source: Vec<u8>,
    /// What the file is called in messages.
    pub name: String,
}

impl Loaded {
    /// How many of one level.
    pub fn count(&self, level: Level) -> usize {
        self.diagnostics.iter().filter(|found| found.level == level).count()
    }
}

/// Reads and parses a runbook. At most 4 MiB of a regular file are read.
pub fn load(path: &Path) -> Loaded {
    load_with(path, None)
}

/// The same, with the examples judged.
pub fn load_with(path: &Path, judge: Option<ExampleJudge<'_>>) -> Loaded {
    let name = path.display().to_string();
    match bytes_of(path) {
        Ok(bytes) => parse_with(&name, &bytes, judge),
        Err(found) => Loaded { plan: None, diagnostics: vec![*found], source: Vec::new(), name },
    }
}

/// The bytes of a runbook's file: at most 4 MiB of a regular file; or why they are not to be had.
pub fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    bytes_of(path).map_err(|found| found.message)
}

/// Parses a runbook's bytes.
pub fn parse(name: &str, bytes: &[u8]) -> Loaded {
    parse_with(name, bytes, None)
}

/// The same, with the examples judged.
pub fn parse_with(name: &str, bytes: &[u8], judge: Option<ExampleJudge<'_>>) -> Loaded {
    let (plan, diagnostics) = match bytes::text(bytes) {
        Ok(text) => parsed(text, judge),
        Err(found) => {
            let mut findings = diagnostic::Findings::default();
            findings.push(*found);
            (None, findings.settle(std::str::from_utf8(bytes).unwrap_or_default()))
        }
    };
    Loaded { plan, diagnostics, source: bytes.to_vec(), name: name.to_owned() }
}

/// Reads a text that is to take the place of a runbook; what is wrong with it in words, with its lines.
fn again(name: &str, bytes: &[u8]) -> Result<Plan, String> {
    let loaded = parse(name, bytes);
    let Some(plan) = loaded.plan else {
        let errors = loaded.diagnostics.iter().filter(|found| found.level == Level::Error);
        let line = |at: usize| loaded.source[..at.min(loaded.source.len())].split(|byte| *byte == b'\n').count();
        let said = errors.take(MOST_SAID).map(|found| match &found.span {
            Some(span) => format!("line {}: {}", line(span.start), found.message),
            None => found.message.clone(),
        });
        let said: Vec<String> = said.collect();
        return Err(format!("it is no runbook that could be flown: {}", said.join("; ")));
    };
    Ok(plan)
}

/// No more mistakes of such a text are said: `tminus check` says them all.
const MOST_SAID: usize = 4;

fn parsed(source: &str, judge: Option<ExampleJudge<'_>>) -> (Option<Plan>, Vec<Diagnostic>) {
    let (value, shape) = match document(source) {
        Ok(both) => both,
        Err(found) => {
            let mut findings = diagnostic::Findings::default();
            found.into_iter().for_each(|one| findings.push(one));
            return (None, findings.settle(source));
        }
    };
    let mut reader = read::Reader::new(source);
    reader.runbook(node::Node { value: &value, shape: &shape });
    let plan = check::plan(&mut reader, judge).map(|plan| Plan { reader: Some(again), ..plan });
    (plan, reader.desk.findings.settle(source))
}

/// The document's values and places; serde_yaml sees nothing that the guard has not bounded.
fn document(source: &str) -> Result<(serde_yaml::Value, std::rc::Rc<shape::Shape>), Vec<Diagnostic>> {
    let shape = guard::shape(source)?;
    let value: serde_yaml::Value = serde_yaml::from_str(source).map_err(|error| vec![not_yaml(source, &error)])?;
    if value.is_null() {
        return Err(vec![guard::empty()]);
    }
    node::agree(&value, &shape).map_err(|span| {
        vec![
            Diagnostic::error("RB0014", &span, "two readers of YAML read this differently, so people may too")
                .help("write it in a simpler way: quote the texts"),
        ]
    })?;
    Ok((value, shape))
}

fn not_yaml(source: &str, error: &serde_yaml::Error) -> Diagnostic {
    let at = error.location().map_or(source.len(), |place| place.index());
    bytes::syntax_at(source, at, &error.to_string())
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Box<Diagnostic>> {
    let cannot = |error: std::io::Error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
            _ => error.to_string(),
        };
        Box::new(Diagnostic::whole("RB0001", format!("cannot read the runbook: {why}")))
    };
    // Without waiting: a FIFO without a writer would hold the program for ever.
    let nonblock = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let mut file = std::fs::OpenOptions::new().read(true).custom_flags(nonblock).open(path).map_err(cannot)?;
    let about = file.metadata().map_err(cannot)?;
    if !about.is_file() {
        return Err(Box::new(Diagnostic::whole("RB0001", "cannot read the runbook: it is not a regular file")));
    }
    if about.len() > bytes::LARGEST as u64 {
        return Err(Box::new(bytes::too_large()));
    }
    let mut bytes = Vec::with_capacity(about.len() as usize + 1);
    file.by_ref().take(bytes::LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(cannot)?;
    Ok(bytes)
}
