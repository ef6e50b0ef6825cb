//! SEAL as text: header lines that begin with `# `, then lines that `sha256sum -c --strict` checks.
//!
//! Names are relative, of plain letters, without `..`, in bytewise order and each there once; anything else is no seal.
//! Written and read here; a text that would have been written otherwise is not read.

use crate::journal::hash::Hash;
use crate::model::ids::RunId;
use crate::model::signed::{Realm, SignedText};

/// What a seal says of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// `completed`, `rolled-back`, `aborted`, `failed`.
    pub(crate) end: String,
    /// `number:bytes:sha256` of each part, as far as it is valid.
    pub(crate) parts: String,
    /// The number of the last record.
    pub(crate) records: u64,
    /// The hash of the last checkpoint line.
    pub(crate) ckpt: String,
    /// How many files are listed.
    pub(crate) files: u64,
    /// What had to be signed off, by how many of whom.
    pub(crate) required: String,
    /// Who did.
    pub(crate) present: String,
}

/// One listed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its hash.
    pub(crate) sha256: Hash,
    /// Its name, relative to the run directory.
    pub(crate) name: String,
}

/// A seal that was read.
pub(crate) struct Seal {
    pub(crate) realm: Realm,
    pub(crate) run: RunId,
    pub(crate) header: Header,
    pub(crate) listed: Vec<Listed>,
}

/// Writes a seal; `listed` in order.
pub(crate) fn write(realm: Realm, run: &RunId, header: &Header, listed: &[Listed]) -> String {
    let head = SignedText::new("seal", realm, run)
        .with("end", &header.end)
        .with("parts", &header.parts)
        .with("records", header.records)
        .with("last ckpt", &header.ckpt)
        .with("files", header.files)
        .with("required sign-offs", &header.required)
        .with("present sign-offs", &header.present)
        .encode();
    let mut text: String = head.lines().map(|line| format!("# {line}\n")).collect();
    for Listed { sha256, name } in listed {
        text.push_str(&format!("{sha256}  {name}\n"));
    }
    text
}

/// Reads a seal; what is wrong with it, in words, if it is none.
pub(crate) fn read(bytes: &[u8]) -> Result<Seal, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not ASCII")?;
    let (mut head, mut listed) = (String::new(), Vec::<Listed>::new());
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let at = index + 1;
        match line.strip_prefix("# ") {
            Some(line) if listed.is_empty() => head.push_str(line),
            Some(_) => return Err(format!("line {at} is a header behind the files")),
            None => {
                let file = file(line).ok_or_else(|| format!("line {at} names no file as it should"))?;
                if listed.last().is_some_and(|last| last.name >= file.name) {
                    return Err(format!("line {at} is out of order, or names a file twice"));
                }
                listed.push(file);
            }
        }
    }
    let signed = SignedText::decode(&head).ok_or("its header is not written as one is")?;
    let word = |key: &str| signed.get(key).unwrap_or_default().to_owned();
    let number = |key: &str| word(key).parse().map_err(|_| format!("its header has no {key}"));
    let header = Header {
        end: word("end"),
        parts: word("parts"),
        records: number("records")?,
        ckpt: word("last ckpt"),
        files: number("files")?,
        required: word("required sign-offs"),
        present: word("present sign-offs"),
    };
    let seal = Seal { realm: signed.realm, run: signed.run, header, listed };
    let again = write(seal.realm, &seal.run, &seal.header, &seal.listed);
    if again != text {
        return Err("its header is not written as one is".into());
    }
    Ok(seal)
}

fn file(line: &str) -> Option<Listed> {
    let (sha256, name) = line.strip_suffix('\n')?.split_once("  ")?;
    let sha256 = Hash::parse(sha256)?;
    is_plain(name).then(|| Listed { sha256, name: name.to_owned() })
}

/// Whether a name can stand in a seal.
pub(crate) fn is_plain(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    !name.is_empty()
        && name.bytes().all(letter)
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !name.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_reads_back_and_no_other_spelling_of_it_does() {
        let (required, present) = ("off.1:1/lead".into(), "off.1/lead/typed".into());
        let (end, parts, ckpt) = ("completed".into(), "1:2:x".into(), "c".into());
        let header = Header { end, parts, records: 3, ckpt, files: 2, required, present };
        let file = |name: &str| Listed { sha256: Hash::of(b""), name: name.into() };
        let listed = [file("events-0001.jsonl"), file("out/a.1.log")];
        let run = RunId::from("0001-x");
        let text = write(Realm::Live, &run, &header, &listed);
        let read_back = read(text.as_bytes()).map(|seal| (seal.header, seal.listed));
        assert_eq!(read_back, Ok((header.clone(), listed.to_vec())));
        let name = "out/a.1.log";
        let odd = [
            text.replace(name, "out/../a"),
            text.replace(name, "/etc/passwd"),
            text.replace(name, "out//a"),
            text.replace(name, "events-0001.jsonl"),
            text.replace(name, "a b"),
            text.replace(name, "a\\n"),
            text.replace("  ", " *"),
            text.replace("# end", "#end"),
            text.replace('\n', "\r\n"),
            format!("{text}\n"),
            format!("{text}# more: 1\n"),
            text.trim_end().to_owned(),
            text.replace("# files: 2", "# files: 02"),
            String::new(),
        ];
        for odd in odd {
            assert!(read(odd.as_bytes()).is_err(), "{odd}");
        }
    }
}
