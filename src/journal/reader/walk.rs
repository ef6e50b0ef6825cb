//! The walk over all parts of a run, in the order in which they follow each other.
//!
//! A part's valid length is what the next part's first record says; of the last part it is its last checkpoint that holds.
//! Records are handed on only once a checkpoint covers them. What is not covered is a tail: counted and hashed, kept, never
//! read as records. Two batches are never on their way at once, so a tail with two checkpoints in it is damage, not a torn
//! write.

use crate::journal::dir::{RunDir, part_name};
use crate::journal::error::JournalError;
use crate::journal::hash::{Hash, Running};
use crate::journal::line::{self, FMT, LineError, Minor};
use crate::journal::reader::carry::carry;
use crate::journal::reader::chain::Chain;
use crate::journal::reader::lines::Lines;
use crate::journal::reader::{Broken, Valid};
use crate::journal::texts::{self, Dead, read_dead};
use crate::model::event::Event;
use crate::model::ids::Seq;
use crate::model::record::Record;
use crate::model::signed::SignedText;
use std::io::{Read, Seek, SeekFrom};

/// What a walk found.
pub(crate) struct Walk {
    /// The chain at the last checkpoint that held.
    pub(crate) chain: Chain,
    /// The parts that hold something, in order: how far, and how long the file is.
    pub(crate) parts: Vec<Walked>,
    /// Parts that never came to hold anything, with what lies in them.
    pub(crate) dead: Vec<Dead>,
    /// What lies in the last part after its last good checkpoint.
    pub(crate) tail: (u64, Hash),
    /// The first thing that does not hold.
    pub(crate) problem: Option<Broken>,
    /// Why the tail is none of the journal, where it is taken for a torn write.
    pub(crate) torn: Option<Broken>,
    /// Parts that came to nothing and that a later one names.
    named_dead: Vec<u32>,
}

impl Walk {
    /// Whether a file is a part that came to nothing, as a later part says.
    pub(crate) fn is_known_dead(&self, name: &str) -> bool {
        self.named_dead.iter().any(|part| part_name(*part) == name)
    }
}

/// One part that was walked over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Walked {
    /// How far it is valid.
    pub(crate) valid: Valid,
    /// How long its file is.
    pub(crate) length: u64,
}

/// Walks over a run. `take` gets every record that a checkpoint covers, in order, checkpoints included, with the checkpoint.
pub(crate) fn walk(dir: &RunDir, take: &mut dyn FnMut(Record, &Valid)) -> Result<Walk, JournalError> {
    let plan = plan(dir)?;
    let mut chain = Chain::new();
    let mut walk = Walk {
        chain: Chain::new(),
        parts: Vec::new(),
        dead: plan.dead,
        tail: (0, Hash::of(b"")),
        problem: None,
        torn: None,
        named_dead: plan.said_dead.iter().map(|dead| dead.part).collect(),
    };
    for stage in &plan.stages {
        chain.enter(stage.part);
        let last = stage.limit.is_none();
        let (held, broken) = part(dir, stage, &mut chain, take)?;
        let name = part_name(stage.part);
        let (length, tail) = rest(dir, &name, held.map_or(0, |valid| valid.bytes))?;
        walk.problem = match (broken, last) {
            (Some(broken), true) if !torn(dir, &name, held.as_ref())? => Some(broken),
            (None, false) => tail_as_said(stage, tail, &chain),
            (torn, true) => {
                walk.torn = torn;
                None
            }
            (broken @ Some(_), false) => broken,
        };
        walk.parts.extend(held.map(|valid| Walked { valid, length }));
        if last || walk.problem.is_some() {
            walk.tail = tail;
        }
        if walk.problem.is_some() {
            break;
        }
    }
    walk.chain = chain;
    if walk.problem.is_none() && walk.chain.ended && (walk.tail.0 > 0 || !walk.dead.is_empty()) {
        let why = "something stands after the checkpoint that ended the run".to_owned();
        walk.problem = Some(Broken { seq: walk.chain.next_seq(), why });
    }
    walk.problem = walk.problem.or(dead_as_said(dir, &plan.said_dead, &walk.chain)?);
    Ok(walk)
}

/// Which parts follow each other.
struct Plan {
    stages: Vec<Stage>,
    /// Parts after the last that holds something.
    dead: Vec<Dead>,
    /// Parts in between, as the part after them says.
    said_dead: Vec<Dead>,
}

struct Stage {
    part: u32,
    /// What the next part says of this one: its valid length, and its tail where it says that.
    limit: Option<u64>,
    tail: Option<(u64, Hash)>,
}

fn plan(dir: &RunDir) -> Result<Plan, JournalError> {
    let numbers = dir.parts()?;
    for (index, number) in numbers.iter().enumerate() {
        if *number as usize != index + 1 {
            let missing = part_name(index as u32 + 1);
            return Err(JournalError::Parts(format!("{missing} is missing")));
        }
    }
    let mut plan = Plan { stages: Vec::new(), dead: Vec::new(), said_dead: Vec::new() };
    let mut part = numbers.len() as u32;
    while part > 0 && is_unborn(dir, part)? {
        let (bytes, sha256) = rest(dir, &part_name(part), 0)?.1;
        plan.dead.insert(0, Dead { part, rest: Some((bytes, sha256)) });
        part -= 1;
    }
    if part == 0 {
        let why = "the first record was never finished".to_owned();
        return Err(JournalError::Broken { seq: 1, why });
    }
    let (mut limit, mut tail) = (None, None);
    loop {
        plan.stages.insert(0, Stage { part, limit, tail });
        let said = opening(dir, part)?;
        if part == 1 {
            return Ok(plan);
        }
        let number = |key: &str| said.as_ref().and_then(|text| text.get(key)?.parse::<u64>().ok());
        let parent = number("parent").and_then(|parent| u32::try_from(parent).ok());
        let dead = said.as_ref().and_then(|text| read_dead(text.get("dead")));
        let (Some(parent), Some(dead), Some(valid)) = (parent, dead, number("valid bytes")) else {
            let why = format!("the first record of part {part} does not say what it follows");
            return Err(JournalError::Parts(why));
        };
        let between: Vec<u32> = dead.iter().map(|dead| dead.part).collect();
        if parent == 0 || parent >= part || between != (parent + 1..part).collect::<Vec<_>>() {
            let why = format!("part {part} follows parts that cannot be before it");
            return Err(JournalError::Parts(why));
        }
        plan.said_dead.extend(dead);
        let sha256 = said.as_ref().and_then(|text| Hash::parse(text.get("tail sha256")?));
        tail = number("tail bytes").zip(sha256);
        limit = Some(valid);
        part = parent;
    }
}

/// A part's first two lines are one write; one that has not both never held anything.
fn is_unborn(dir: &RunDir, part: u32) -> Result<bool, JournalError> {
    let name = part_name(part);
    let mut lines = Lines::new(dir.read(&name)?, &name, 2 * line::LONGEST as u64);
    Ok(lines.next()?.is_none() || lines.next()?.is_none())
}

/// The format of a part that is a newer minor than this program's; a newer major is an error.
pub fn newer_format(dir: &RunDir) -> Result<Option<String>, JournalError> {
    for part in dir.parts()? {
        let name = part_name(part);
        let mut lines = Lines::new(dir.read(&name)?, &name, line::LONGEST as u64);
        match lines.next()?.map(line::format_of) {
            Some(Ok(Minor::Newer)) => {
                return Ok(Some(
                    opening(dir, part)?.and_then(|text| text.get("fmt").map(str::to_owned)).unwrap_or_default(),
                ));
            }
            Some(Err(LineError::Newer(found))) => return Err(JournalError::Newer { found, ours: FMT }),
            Some(Ok(Minor::Ours) | Err(_)) | None => {}
        }
    }
    Ok(None)
}

/// The signed text of a part's first record, not judged.
pub(crate) fn opening(dir: &RunDir, part: u32) -> Result<Option<SignedText>, JournalError> {
    let name = part_name(part);
    let mut lines = Lines::new(dir.read(&name)?, &name, line::LONGEST as u64);
    let Some(first) = lines.next()? else {
        return Ok(None);
    };
    let minor = match line::format_of(first) {
        Err(LineError::Newer(found)) => return Err(JournalError::Newer { found, ours: FMT }),
        Err(_) => return Ok(None),
        Ok(minor) => minor,
    };
    let event = line::decode(first, minor).map(|line| line.record.event);
    Ok(event.ok().and_then(|event| SignedText::decode(texts::of(&event)?.1)))
}

/// Walks over one part; `chain` is left at its last good checkpoint.
fn part(
    dir: &RunDir,
    stage: &Stage,
    chain: &mut Chain,
    take: &mut dyn FnMut(Record, &Valid),
) -> Result<(Option<Valid>, Option<Broken>), JournalError> {
    let name = part_name(stage.part);
    let limit = stage.limit.unwrap_or(u64::MAX);
    let mut lines = Lines::new(dir.read(&name)?, &name, limit);
    let mut good = chain.clone();
    let (mut held, mut waiting, mut broken) = (None, Vec::new(), None);
    while let Some(line) = lines.next()? {
        match chain.take(line) {
            Ok(mut record) => {
                carry(dir, &mut record);
                let ckpt = matches!(record.event, Event::Ckpt { .. });
                waiting.push(record);
                if let (true, Some(valid)) = (ckpt, chain.valid) {
                    held = Some(valid);
                    good = chain.clone();
                    for record in waiting.drain(..) {
                        take(record, &valid);
                    }
                }
            }
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    let seq = chain.next_seq();
    let cut_off = || Broken { seq, why: "the line is not finished, or is too long".into() };
    let uncovered = || Broken { seq, why: "no checkpoint covers the end of this part".into() };
    if broken.is_none() && !lines.last().is_empty() {
        broken = Some(cut_off());
    }
    if broken.is_none() && stage.limit.is_some_and(|limit| held.map(|held| held.bytes) != Some(limit)) {
        broken = Some(uncovered());
    }
    *chain = good;
    Ok((held, broken))
}

/// Whether what follows the last good checkpoint can be one torn write: at most one checkpoint stands in it.
fn torn(dir: &RunDir, name: &str, held: Option<&Valid>) -> Result<bool, JournalError> {
    let Some(held) = held else {
        return Ok(false);
    };
    let mut file = dir.read(name)?;
    file.seek(SeekFrom::Start(held.bytes)).map_err(JournalError::io("read", name))?;
    let (mut lines, mut ckpts) = (Lines::new(file, name, u64::MAX), 0);
    loop {
        let event = lines.next()?.map(|line| line::decode(line, Minor::Newer));
        match event {
            Some(Ok(line)) => ckpts += usize::from(matches!(line.record.event, Event::Ckpt { .. })),
            Some(Err(_)) => {}
            None if lines.last().is_empty() => return Ok(ckpts < 2),
            None => {}
        }
    }
}

/// A rest is a torn write, and small as a rule.
const REST: usize = 16 << 10;

/// A file's length, and the length and hash of what follows `from`.
fn rest(dir: &RunDir, name: &str, from: u64) -> Result<(u64, (u64, Hash)), JournalError> {
    let mut file = dir.read(name)?;
    file.seek(SeekFrom::Start(from)).map_err(JournalError::io("read", name))?;
    let (mut hash, mut bytes, mut block) = (Running::new(), 0, vec![0; REST]);
    loop {
        let count = file.read(&mut block).map_err(JournalError::io("read", name))?;
        if count == 0 {
            return Ok((from + bytes, (bytes, Hash::end(hash))));
        }
        hash.update(&block[..count]);
        bytes += count as u64;
    }
}

fn tail_as_said(stage: &Stage, tail: (u64, Hash), chain: &Chain) -> Option<Broken> {
    let said = stage.tail?;
    let why = format!("what lies behind the end of part {} is not what the next part says", stage.part);
    (said != tail).then_some(Broken { seq: chain.next_seq(), why })
}

fn dead_as_said(dir: &RunDir, said: &[Dead], chain: &Chain) -> Result<Option<Broken>, JournalError> {
    for dead in said {
        if let Some(said) = dead.rest
            && rest(dir, &part_name(dead.part), 0)?.1 != said
        {
            let why = format!("part {} is not what the part after it says", dead.part);
            let seq = Seq(chain.next_seq().0);
            return Ok(Some(Broken { seq, why }));
        }
    }
    Ok(None)
}
