//! The bytes that ssh keys, signatures and agents are made of: lengths, strings, numbers.
//!
//! Reading is strict: nothing is allocated by a length that the bytes do not back, and `end` refuses what is left over.
//! Used by `public`, `sshsig` and `agent` only.

/// What is left to read of a message.
pub(super) struct Reader<'a>(&'a [u8]);

/// The bytes end before what they promise, or go on after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = rest;
        Ok(head)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn number(&mut self) -> Result<u32, Malformed> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    pub(super) fn string(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.number()?;
        self.take(usize::try_from(length).map_err(|_| Malformed)?)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.string()?).map_err(|_| Malformed)
    }

    /// A positive number of any size in its only canonical form: not empty, no sign bit, no needless leading zero.
    pub(super) fn positive(&mut self) -> Result<&'a [u8], Malformed> {
        let bytes = self.string()?;
        let canonical = match bytes {
            [] => false,
            [0, next, ..] => *next >= 0x80,
            [first, ..] => (1..0x80).contains(first),
        };
        if canonical { Ok(bytes) } else { Err(Malformed) }
    }

    pub(super) fn end(&self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

/// Appends `bytes` with their length before them.
pub(super) fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("what is signed here is far below 4 GiB");
    out.extend(length.to_be_bytes());
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_beyond_the_bytes_is_refused_and_allocates_nothing() {
        assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 1]).string(), Err(Malformed));
        assert_eq!(Reader::new(&[0, 0, 0]).string(), Err(Malformed));
        assert_eq!(Reader::new(&[0, 0, 0, 1, 7]).string(), Ok(&[7u8][..]));
    }

    #[test]
    fn a_number_has_one_form_only() {
        let read = |bytes: &[u8]| {
            let mut framed = Vec::new();
            put_string(&mut framed, bytes);
            Reader::new(&framed).positive().is_ok()
        };
        assert!(read(&[1]) && read(&[0, 0x80]) && read(&[0x7f, 0]));
        assert!(!read(&[]) && !read(&[0]) && !read(&[0, 0x7f]) && !read(&[0x80]));
    }
}
