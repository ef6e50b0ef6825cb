//! The door through which a file must come before serde_yaml sees it.
//!
//! serde_yaml takes 20 s for 100,000 `[` and 4.9 GB for one long scalar with 5,000 aliases (both measured). This pass
//! over the events bounds depth, nodes and bytes *after* aliases are expanded, refuses what the format does not use,
//! finds duplicate keys with both places, and keeps the byte range of every node. `mod` calls it; nothing skips it.

use super::bytes::line_of;
use super::diagnostic::Diagnostic;
use super::shape::{Entry, Kind, Shape, earlier, trimmed};
use granit_parser::{Event, Parser, ScanError, Span, options};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// Nesting, aliases expanded. The format itself needs about 14.
const DEPTH: usize = 64;
/// Nodes, aliases expanded: 10,000 steps with undos have about 260,000. It is what bounds memory.
const NODES: usize = 300_000;
/// What a list or a mapping counts for: it takes so much more room than a text.
const COLLECTION: usize = 5;
/// Bytes of scalars, aliases expanded: four times the largest file.
const BYTES: usize = 16 << 20;

/// Duplicate keys that are named before the file is given up.
const DUPLICATES: usize = 50;

/// What a subtree costs when it is written out.
#[derive(Clone, Copy, Default)]
struct Cost {
    nodes: usize,
    bytes: usize,
    height: usize,
}

enum Frame {
    List { items: Vec<Rc<Shape>> },
    Map { entries: Vec<Entry>, places: HashMap<String, usize>, key: Option<(String, Range<usize>)> },
}

struct Open {
    start: usize,
    anchor: usize,
    cost: Cost,
    frame: Frame,
}

/// The document's shape, or what is wrong with it.
pub(crate) fn shape(source: &str) -> Result<Rc<Shape>, Vec<Diagnostic>> {
    let mut guard = Guard {
        source,
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        documents: 0,
        spent: Cost::default(),
        found: Vec::new(),
    };
    // Wider than ours, which speaks in this project's words; not without end, since the scanner runs ahead of its
    // events.
    let set = options! { emit_comments: false, flow_nesting_limit: 4 * DEPTH, block_nesting_limit: 4 * DEPTH };
    for event in Parser::new_from_str_with_options(source, set) {
        let step = match event {
            Ok((event, span)) => guard.event(event, &span),
            Err(error) => Err(Box::new(syntax(source, &error))),
        };
        if let Err(fatal) = step {
            guard.found.push(*fatal);
            return Err(guard.found);
        }
    }
    match guard.root {
        Some(root) if guard.found.is_empty() => Ok(root),
        Some(_) => Err(guard.found),
        None => Err(vec![empty()]),
    }
}

pub(crate) fn empty() -> Diagnostic {
    Diagnostic::whole("RB0005", "the file holds no runbook")
        .help("a runbook begins with `tminus: 1`, a `title` and `phases`")
}

struct Guard<'a> {
    source: &'a str,
    open: Vec<Open>,
    anchors: HashMap<usize, (Rc<Shape>, Cost)>,
    root: Option<Rc<Shape>>,
    documents: usize,
    spent: Cost,
    found: Vec<Diagnostic>,
}

impl Guard<'_> {
    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), Box<Diagnostic>> {
        let range = span.byte_range().unwrap_or(0..0);
        if let Some(tag) = event.tag() {
            let start = span.tag_start().and_then(|mark| mark.byte_offset()).unwrap_or(range.start);
            let found = Diagnostic::error(
                "RB0012",
                &(start..range.end.max(start)),
                format!("`{tag}` is a YAML tag; a runbook has none"),
            )
            .help("quote the text if it begins with `!`");
            return Err(Box::new(found));
        }
        match event {
            Event::DocumentStart(..) => self.document(&range),
            Event::Scalar(text, style, anchor, _) => self.scalar(&text, anchor, trimmed(self.source, range, style)),
            Event::SequenceStart(_, anchor, _) => self.enter(range, anchor, Frame::List { items: Vec::new() }),
            Event::MappingStart(_, anchor, _) => {
                let frame = Frame::Map { entries: Vec::new(), places: HashMap::new(), key: None };
                self.enter(range, anchor, frame)
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(range),
            Event::Alias(id) => self.alias(id, range),
            Event::UnresolvedAlias(_)
            | Event::Anchor(..)
            | Event::Comment(..)
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentEnd => Ok(()),
            // The enum is another crate's and may grow.
            _ => Ok(()),
        }
    }

    fn document(&mut self, range: &Range<usize>) -> Result<(), Box<Diagnostic>> {
        self.documents += 1;
        if self.documents > 1 {
            return Err(Box::new(
                Diagnostic::error("RB0008", range, "a second document begins here; one file is one runbook")
                    .help("remove the `---`, or put the second runbook into a file of its own"),
            ));
        }
        Ok(())
    }

    fn scalar(&mut self, text: &str, anchor: usize, range: Range<usize>) -> Result<(), Box<Diagnostic>> {
        if self.wants_key() {
            return self.key(text, range);
        }
        let cost = Cost { nodes: 1, bytes: text.len(), height: 0 };
        let shape = Rc::new(Shape { span: range.clone(), kind: Kind::Scalar });
        self.spend(cost, &range)?;
        self.place(shape, cost, anchor);
        Ok(())
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { frame: Frame::Map { key: None, .. }, .. }))
    }

    fn key(&mut self, text: &str, range: Range<usize>) -> Result<(), Box<Diagnostic>> {
        self.spend(Cost { nodes: 1, bytes: text.len(), height: 0 }, &range)?;
        if text == "<<" {
            return Err(Box::new(
                Diagnostic::error("RB0011", &range, "`<<` (a merge key) is not part of the format")
                    .help("write the keys out, or use `defaults:`"),
            ));
        }
        let Some(Open { frame: Frame::Map { entries, places, key }, .. }) = self.open.last_mut() else {
            return Ok(());
        };
        match earlier(entries, places, text) {
            Some(_) if self.found.len() >= DUPLICATES => {
                return Err(Box::new(Diagnostic::error("RB0009", &range, "and more keys are given twice")));
            }
            Some(first) => {
                let line = line_of(self.source, entries[first].key_span.start);
                self.found.push(
                    Diagnostic::error("RB0009", &range, format!("`{text}` is already given on line {line}"))
                        .label("a second time")
                        .help("keep one of the two"),
                );
            }
            None => {}
        }
        *key = Some((text.to_owned(), range));
        Ok(())
    }

    fn enter(&mut self, range: Range<usize>, anchor: usize, frame: Frame) -> Result<(), Box<Diagnostic>> {
        if self.wants_key() {
            return Err(Box::new(
                Diagnostic::error("RB0013", &range, "a key must be a word, not a list or a mapping")
                    .help("quote a text that begins with `{` or `[`"),
            ));
        }
        self.spend(Cost { nodes: COLLECTION, bytes: 0, height: 0 }, &range)?;
        self.open.push(Open {
            start: range.start,
            anchor,
            cost: Cost { nodes: COLLECTION, bytes: 0, height: 1 },
            frame,
        });
        if self.open.len() > DEPTH {
            return Err(Box::new(too_deep(&range)));
        }
        Ok(())
    }

    fn leave(&mut self, range: Range<usize>) -> Result<(), Box<Diagnostic>> {
        let Some(done) = self.open.pop() else {
            return Ok(());
        };
        let (kind, last) = match done.frame {
            Frame::List { items } => {
                let last = items.last().map(|item| item.span.end);
                (Kind::List(items), last)
            }
            Frame::Map { entries, .. } => {
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.key_span.end));
                (Kind::Map(entries), last)
            }
        };
        // The end event of a block collection lies where the next thing begins; its last child says where it ends.
        let end = if range.is_empty() { last.unwrap_or(range.end) } else { range.end };
        let shape = Rc::new(Shape { span: done.start..end.max(done.start), kind });
        self.place(shape, done.cost, done.anchor);
        Ok(())
    }

    fn alias(&mut self, id: usize, range: Range<usize>) -> Result<(), Box<Diagnostic>> {
        let Some((shape, cost)) = self.anchors.get(&id).map(|(shape, cost)| (Rc::clone(shape), *cost)) else {
            return Err(Box::new(Diagnostic::error(
                "RB0010",
                &range,
                "an alias inside the very thing that it stands for",
            )));
        };
        if self.wants_key() {
            return Err(Box::new(Diagnostic::error("RB0013", &range, "a key must be a word, not an alias")));
        }
        if self.open.len() + cost.height > DEPTH {
            return Err(Box::new(too_deep(&range)));
        }
        self.spend(cost, &range)?;
        self.place(shape, cost, 0);
        Ok(())
    }

    /// Counts what is written out; past the bounds the file is refused before anything is built from it.
    fn spend(&mut self, cost: Cost, range: &Range<usize>) -> Result<(), Box<Diagnostic>> {
        self.spent.nodes = self.spent.nodes.saturating_add(cost.nodes);
        self.spent.bytes = self.spent.bytes.saturating_add(cost.bytes);
        if self.spent.nodes > NODES || self.spent.bytes > BYTES {
            return Err(Box::new(
                Diagnostic::error("RB0010", range, "with its aliases written out the file is too large")
                    .label("the limit is passed here")
                    .help(format!("at most {NODES} values and {} MiB of text", BYTES >> 20)),
            ));
        }
        Ok(())
    }

    fn place(&mut self, shape: Rc<Shape>, cost: Cost, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, (Rc::clone(&shape), cost));
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(shape);
            return;
        };
        parent.cost.nodes = parent.cost.nodes.saturating_add(cost.nodes);
        parent.cost.bytes = parent.cost.bytes.saturating_add(cost.bytes);
        parent.cost.height = parent.cost.height.max(cost.height + 1);
        match &mut parent.frame {
            Frame::List { items } => items.push(shape),
            Frame::Map { entries, key, .. } => {
                if let Some((key, key_span)) = key.take() {
                    entries.push(Entry { key, key_span, value: shape });
                }
            }
        }
    }
}

fn too_deep(range: &Range<usize>) -> Diagnostic {
    Diagnostic::error("RB0010", range, format!("nested more than {DEPTH} deep"))
}

fn syntax(source: &str, error: &ScanError) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(source.len()).min(source.len());
    let said = error.info();
    if said.contains("nesting") || said.contains("recursion") {
        return too_deep(&(at..at));
    }
    super::bytes::syntax_at(source, at, &said)
}
