//! SHA-256 of many messages side by side: eight in the lanes of one vector, for processors that have no instruction for it.
//!
//! One message cannot be cut, so a chain of blocks is as slow as it is; extents are messages of their own, each with its
//! salt. The values are those of `sha2`, which also ends every message and does all of them where it is the faster one.
//! Messages are read in order, a window at a time. The writer and `content` ask here.

use super::Hash;
use pulp::{Arch, Simd, WithSimd};
use sha2::digest::generic_array::GenericArray;
use sha2::{Digest, Sha256, compress256};
use std::io::{self, Read};

/// How many stand side by side: 32-bit words in a vector of AVX2.
const LANES: usize = 8;
/// How much of each is read at a time; all windows together stay in a core's own cache.
const WINDOW: usize = 16 << 10;
const BLOCK: usize = 64;

/// The state of eight messages: word by word, each of all lanes.
type States = [[u32; LANES]; 8];

/// What is hashed.
pub(crate) struct Message<R> {
    /// Its length in bytes.
    pub(crate) len: u64,
    /// Its bytes; more than `len` are not read.
    pub(crate) bytes: R,
}

/// The hash of each message, or why it could not be read.
pub(crate) fn each<R: Read>(messages: Vec<Message<R>>) -> Vec<io::Result<Hash>> {
    if pays() { side_by_side(messages) } else { messages.into_iter().map(alone).collect() }
}

/// Whether lanes are faster than `sha2` here. Measured in one run without SHA instructions: 191 MB/s alone, 864 in lanes
/// with AVX2, 148 in lanes without. In a build without optimisation they are slower than any.
fn pays() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        !cfg!(debug_assertions) && has!("avx2") && !has!("sha")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}

fn alone<R: Read>(mut message: Message<R>) -> io::Result<Hash> {
    let (mut hash, mut window, mut left) = (Sha256::new(), vec![0; WINDOW], message.len);
    while left > 0 {
        let piece = piece(left);
        message.bytes.read_exact(&mut window[..piece])?;
        hash.update(&window[..piece]);
        left -= piece as u64;
    }
    Ok(Hash::end(hash))
}

/// So much of `left` bytes fits a window.
fn piece(left: u64) -> usize {
    usize::try_from(left).unwrap_or(WINDOW).min(WINDOW)
}

fn side_by_side<R: Read>(messages: Vec<Message<R>>) -> Vec<io::Result<Hash>> {
    let mut hashes: Vec<Option<io::Result<Hash>>> = messages.iter().map(|_| None).collect();
    let mut sorted: Vec<(usize, Message<R>)> = messages.into_iter().enumerate().collect();
    // Lanes go together as far as the shortest goes, so those of a length stand together.
    sorted.sort_by_key(|(_, message)| message.len);
    while !sorted.is_empty() {
        let group = sorted.split_off(sorted.len().saturating_sub(LANES));
        let (places, group): (Vec<usize>, Vec<Message<R>>) = group.into_iter().unzip();
        for (place, hash) in places.into_iter().zip(together(group)) {
            hashes[place] = Some(hash);
        }
    }
    hashes.into_iter().map(|hash| hash.expect("each message is in one group")).collect()
}

/// Up to eight messages, the shortest first.
fn together<R: Read>(mut group: Vec<Message<R>>) -> Vec<io::Result<Hash>> {
    let arch = Arch::new();
    let mut states: States = FIRST.map(|word| [word; LANES]);
    let mut windows = vec![[0u8; WINDOW]; LANES];
    let mut failed: Vec<Option<io::Error>> = group.iter().map(|_| None).collect();
    let common = if group.len() < 2 { 0 } else { group[0].len / BLOCK as u64 * BLOCK as u64 };
    let mut left = common;
    while left > 0 {
        let bytes = piece(left);
        for ((message, window), failed) in group.iter_mut().zip(&mut windows).zip(&mut failed) {
            if failed.is_none() {
                *failed = message.bytes.read_exact(&mut window[..bytes]).err();
            }
        }
        arch.dispatch(Compress { states: &mut states, windows: &windows, bytes });
        left -= bytes as u64;
    }
    let ends = group.into_iter().zip(failed).enumerate().map(|(lane, (message, failed))| match failed {
        Some(error) => Err(error),
        None => end(states.map(|word| word[lane]), common, message),
    });
    ends.collect()
}

/// What follows the first `done` bytes, and what SHA-256 puts behind every message.
fn end<R: Read>(mut state: [u32; 8], done: u64, mut message: Message<R>) -> io::Result<Hash> {
    let mut left = message.len - done;
    let mut block = [0u8; BLOCK];
    while left >= BLOCK as u64 {
        message.bytes.read_exact(&mut block)?;
        compress256(&mut state, &[GenericArray::from(block)]);
        left -= BLOCK as u64;
    }
    let rest = piece(left);
    block = [0; BLOCK];
    message.bytes.read_exact(&mut block[..rest])?;
    block[rest] = 0x80;
    if rest >= BLOCK - 8 {
        compress256(&mut state, &[GenericArray::from(block)]);
        block = [0; BLOCK];
    }
    block[BLOCK - 8..].copy_from_slice(&(message.len * 8).to_be_bytes());
    compress256(&mut state, &[GenericArray::from(block)]);
    let mut hash = [0; 32];
    for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    Ok(Hash(hash))
}

/// The first `bytes` bytes of every window, into the states.
struct Compress<'a> {
    states: &'a mut States,
    windows: &'a [[u8; WINDOW]],
    bytes: usize,
}

impl WithSimd for Compress<'_> {
    type Output = ();

    // Everything below is inlined here: only here the compiler may use the vectors that `Arch` found.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for at in (0..self.bytes).step_by(BLOCK) {
            block(self.states, self.windows, at);
        }
    }
}

#[inline(always)]
fn block(states: &mut States, windows: &[[u8; WINDOW]], at: usize) {
    let mut words = [[0u32; LANES]; 16];
    for (lane, window) in windows.iter().enumerate().take(LANES) {
        for (word, bytes) in words.iter_mut().zip(window[at..at + BLOCK].chunks_exact(4)) {
            word[lane] = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *states;
    for (round, constant) in ROUNDS.iter().enumerate() {
        if round >= 16 {
            words[round & 15] = word(&words, round);
        }
        let (mut one, mut both) = ([0u32; LANES], [0u32; LANES]);
        for i in 0..LANES {
            let mixed = e[i].rotate_right(6) ^ e[i].rotate_right(11) ^ e[i].rotate_right(25);
            let chosen = g[i] ^ (e[i] & (f[i] ^ g[i]));
            let sum = h[i].wrapping_add(mixed).wrapping_add(chosen).wrapping_add(*constant);
            one[i] = sum.wrapping_add(words[round & 15][i]);
            let mixed = a[i].rotate_right(2) ^ a[i].rotate_right(13) ^ a[i].rotate_right(22);
            let most = (a[i] & b[i]) | (c[i] & (a[i] | b[i]));
            both[i] = one[i].wrapping_add(mixed.wrapping_add(most));
        }
        (h, g, f, e, d, c, b, a) = (g, f, e, add(d, one), c, b, a, both);
    }
    for (state, new) in states.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *state = add(*state, new);
    }
}

/// The word of a later round, from those of the sixteen before it.
#[inline(always)]
fn word(words: &[[u32; LANES]; 16], round: usize) -> [u32; LANES] {
    let [oldest, next, middle, late] = [0, 1, 9, 14].map(|back| words[(round + back) & 15]);
    let mut new = [0; LANES];
    for i in 0..LANES {
        let small = next[i].rotate_right(7) ^ next[i].rotate_right(18) ^ (next[i] >> 3);
        let large = late[i].rotate_right(17) ^ late[i].rotate_right(19) ^ (late[i] >> 10);
        new[i] = oldest[i].wrapping_add(small).wrapping_add(middle[i]).wrapping_add(large);
    }
    new
}

#[inline(always)]
fn add(mut one: [u32; LANES], other: [u32; LANES]) -> [u32; LANES] {
    for i in 0..LANES {
        one[i] = one[i].wrapping_add(other[i]);
    }
    one
}

/// The state before the first block (FIPS 180-4, 5.3.3).
const FIRST: [u32; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// The constant of each round (4.2.2).
#[rustfmt::skip]
const ROUNDS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(len: usize, seed: usize) -> Vec<u8> {
        (0..len).map(|at| (at.wrapping_mul(2_654_435_761).wrapping_add(seed * 97) >> 7) as u8).collect()
    }

    fn messages(all: &[Vec<u8>]) -> Vec<Message<&[u8]>> {
        all.iter().map(|bytes| Message { len: bytes.len() as u64, bytes: &bytes[..] }).collect()
    }

    fn hashed(all: &[Vec<u8>]) -> Vec<Hash> {
        side_by_side(messages(all)).into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn messages_of_any_number_and_length_have_the_hashes_that_sha2_gives_them() {
        let around: Vec<usize> = (0..200).chain([WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW + 77]).collect();
        for count in [1, 2, 3, 7, 8, 9, 17] {
            for lengths in around.windows(count) {
                let all: Vec<Vec<u8>> = lengths.iter().enumerate().map(|(seed, len)| bytes(*len, seed)).collect();
                let one_by_one: Vec<Hash> = all.iter().map(|bytes| Hash::of(bytes)).collect();
                assert_eq!(hashed(&all), one_by_one, "{lengths:?}");
            }
        }
        let same: Vec<Vec<u8>> = (0..9).map(|seed| bytes(WINDOW + 32, seed)).collect();
        assert_eq!(hashed(&same), same.iter().map(|bytes| Hash::of(bytes)).collect::<Vec<_>>());
        assert_eq!(hashed(&[]), []);
    }

    #[test]
    fn a_message_that_ends_early_is_an_error_and_no_hash_and_spoils_no_other() {
        let all: Vec<Vec<u8>> = (0..3).map(|seed| bytes(1000, seed)).collect();
        for short in [0, 500, 999] {
            for way in [side_by_side, |messages: Vec<Message<_>>| messages.into_iter().map(alone).collect()] {
                let mut messages = messages(&all);
                messages[1].bytes = &all[1][..short];
                let hashes = way(messages);
                assert!(hashes[1].is_err(), "{short}");
                for whole in [0, 2] {
                    assert_eq!(*hashes[whole].as_ref().unwrap(), Hash::of(&all[whole]), "{short}");
                }
            }
        }
    }
}
