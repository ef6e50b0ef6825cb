//! Thirty-two bytes in a page of their own, for a private key: held in memory, out of core files, empty in a fork.
//!
//! What the kernel refuses of that (a limit on locked memory, an old kernel) is told and no reason to fail: the page serves
//! without it. The bytes are wiped before the page is given back, and never copied here. Called by `run_key` only; the one
//! place beside the start of a process that is `unsafe`, because an address is nothing that the compiler can follow.

#![allow(unsafe_code, reason = "a page of its own is asked of the kernel by its address")]

use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mlock, mmap_anonymous, munmap};
use std::ptr::{NonNull, null_mut};
use zeroize::Zeroize;

/// How many bytes it holds. The kernel rounds up: nothing else ever lies in the same page.
pub(super) const SEED: usize = 32;

type Bytes = [u8; SEED];

/// A page with one secret.
pub(super) struct Page {
    at: NonNull<Bytes>,
    lacks: Vec<String>,
}

// SAFETY: the page belongs to this value alone and is reached through it alone, shared or not as the value itself is; neither
// its address nor what it holds depends on a thread.
unsafe impl Send for Page {}
// SAFETY: as above; a shared `Page` gives shared bytes only.
unsafe impl Sync for Page {}

impl Page {
    /// A page of zeros.
    pub(super) fn new() -> Self {
        // SAFETY: the kernel chooses where, so no memory of anybody's is replaced.
        let mapped = unsafe { mmap_anonymous(null_mut(), SEED, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE) };
        let at = mapped.expect("a system that has no page of memory left ends the program at any allocation");
        let mut lacks = Vec::new();
        let mut lacking = |done: Result<(), Errno>, words: &str| {
            if let Err(why) = done {
                lacks.push(format!("{words} ({why})"));
            }
        };
        // SAFETY: the mapping was made above and is this value's; none of these moves it, changes its bytes in this process, or
        // takes it away.
        unsafe {
            lacking(madvise(at, SEED, Advice::LinuxDontDump), "would be in a core file");
            lacking(
                madvise(at, SEED, Advice::LinuxWipeOnFork),
                "is copied into each process that is started, until it executes",
            );
            lacking(mlock(at, SEED), "may be written to the swap space");
        }
        let at = NonNull::new(at.cast::<Bytes>()).expect("the kernel maps nothing at address zero unless told to");
        Self { at, lacks }
    }

    /// What the kernel refused, in words that follow "the run key".
    pub(super) fn lacks(&self) -> &[String] {
        &self.lacks
    }

    /// The secret.
    pub(super) fn bytes(&self) -> &Bytes {
        // SAFETY: mapped readable until the drop, at least this long, aligned as a page is, zeros or what was written; and
        // `bytes_mut` needs the value for itself.
        unsafe { self.at.as_ref() }
    }

    /// The secret, to be written.
    pub(super) fn bytes_mut(&mut self) -> &mut Bytes {
        // SAFETY: as in `bytes`; nobody else has it while the value is borrowed for change.
        unsafe { self.at.as_mut() }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.bytes_mut().zeroize();
        // SAFETY: mapped by `new` with this length; no reference into it outlives the value. An error leaves a page of zeros.
        let _ = unsafe { munmap(self.at.as_ptr().cast(), SEED) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The flags of the mapping that holds `at`, from `/proc/self/smaps`.
    fn flags(at: usize) -> Vec<String> {
        let text = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        for line in text.lines() {
            let range = line.split_once(' ').and_then(|(range, _)| range.split_once('-'));
            if let Some((from, to)) = range
                && let (Ok(from), Ok(to)) = (usize::from_str_radix(from, 16), usize::from_str_radix(to, 16))
            {
                inside = (from..to).contains(&at);
            } else if let (true, Some(words)) = (inside, line.strip_prefix("VmFlags:")) {
                return words.split_whitespace().map(str::to_owned).collect();
            }
        }
        Vec::new()
    }

    #[test]
    fn a_page_has_each_protection_or_says_which_it_lacks() {
        let mut page = Page::new();
        assert_eq!(page.bytes(), &[0; SEED]);
        page.bytes_mut()[31] = 7;
        assert_eq!(page.bytes()[31], 7);
        let flags = flags(page.at.as_ptr() as usize);
        let has = ["dd", "wf", "lo"].iter().filter(|flag| flags.iter().any(|has| has == *flag)).count();
        assert_eq!(has + page.lacks().len(), 3, "{flags:?} {:?}", page.lacks());
    }
}
