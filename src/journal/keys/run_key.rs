//! The run key: an Ed25519 key that exists in the conductor's memory only and signs checkpoints.
//!
//! It is never written, sent or shown, is wiped when dropped, and is replaced at each step border; what takes the memory
//! later cannot sign again what was before. It lies in a page of its own (`page`), drawn there by the system, and what the
//! arithmetic leaves on the stack is overwritten each time. The writer signs with it, every reader verifies against the
//! public half that the text before named.

use super::page::Page;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand_core::{OsRng, RngCore};

/// As deep below a caller as making a signature reaches, several times over.
const REACHED: usize = 32 << 10;

/// A private run key.
pub struct RunKey {
    seed: Page,
    public: [u8; 32],
}

impl RunKey {
    /// Draws a new key from the system.
    pub fn generate() -> Self {
        let mut seed = Page::new();
        OsRng.try_fill_bytes(seed.bytes_mut()).expect("getrandom does not fail on a system that has booted");
        let public = leaving_nothing(&seed, |key| key.verifying_key().to_bytes());
        Self { seed, public }
    }

    /// What the kernel refused of the protection of its memory, in words that follow "the run key"; mostly nothing.
    pub fn lacks(&self) -> &[String] {
        self.seed.lacks()
    }

    /// The public half.
    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    /// The public half as 64 lower-case hex digits, as texts carry it.
    pub fn public_hex(&self) -> String {
        self.public().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A plain Ed25519 signature of `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        leaving_nothing(&self.seed, |key| key.sign(message).to_bytes())
    }
}

/// What `act` makes with the key. The key for it is made from the page each time (some 30 µs more than to keep it), and of
/// what it was made with the stack keeps nothing.
fn leaving_nothing<T>(seed: &Page, act: impl FnOnce(&SigningKey) -> T) -> T {
    let made = with_key(seed, act);
    overwrite_below();
    made
}

#[inline(never)]
fn with_key<T>(seed: &Page, act: impl FnOnce(&SigningKey) -> T) -> T {
    act(&SigningKey::from_bytes(seed.bytes()))
}

/// Writes zeros over where the functions that were just called had their variables: the crates wipe what they know to be a key,
/// not the blocks of the hash that went over it nor what was moved.
#[inline(never)]
fn overwrite_below() {
    // A variable: a borrowed constant would lie in the program's file, and nothing would be written.
    let below = [0u8; REACHED];
    std::hint::black_box(&below);
}

impl std::fmt::Debug for RunKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "RunKey({})", self.public_hex())
    }
}

/// Whether `public` signed `message`. Strict: a key of small order, which would fit many messages, and a signature that is not
/// in its one reduced form are refused, so the answer is the same for every verifier.
pub fn verify(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(public)
        .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha512};
    use std::os::unix::fs::FileExt;

    /// The seed, and both halves of what it expands to, each byte inverted so that looking for them finds no copy of ours.
    #[inline(never)]
    fn inverted(seed: &Page) -> [[u8; 32]; 3] {
        let expanded = Sha512::digest(seed.bytes());
        let (mut scalar, mut rest) = ([0u8; 32], [0u8; 32]);
        for at in 0..32 {
            (scalar[at], rest[at]) = (!expanded[at], !expanded[at + 32]);
        }
        [seed.bytes().map(|byte| !byte), scalar, rest]
    }

    /// Where in the writable memory of this process something stands whose inversion is given: which, and where.
    fn copies(inverted: &[[u8; 32]; 3]) -> Vec<(usize, String)> {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let memory = std::fs::File::open("/proc/self/mem").unwrap();
        let mut block = vec![0u8; 1 << 20];
        let own = block.as_ptr() as usize..block.as_ptr() as usize + block.len();
        let mut found = Vec::new();
        for line in maps.lines().filter(|line| line.contains(" rw")) {
            let (from, to) = line.split(' ').next().and_then(|range| range.split_once('-')).unwrap();
            let (mut at, to) = (usize::from_str_radix(from, 16).unwrap(), usize::from_str_radix(to, 16).unwrap());
            while at < to {
                let wanted = block.len().min(to - at);
                // What another thread gave back meanwhile cannot be read.
                let read = memory.read_at(&mut block[..wanted], at as u64).unwrap_or(0);
                for (which, needle) in inverted.iter().enumerate() {
                    // The second byte leads, since the first and the last of the scalar are used with bits changed.
                    for start in memchr::memchr_iter(!needle[1], &block[..read]).filter_map(|hit| hit.checked_sub(1)) {
                        let same = start + 32 <= read && (1..31).all(|byte| block[start + byte] == !needle[byte]);
                        if same && !own.contains(&(at + start)) {
                            found.push((which, format!("{:x} in {line}", at + start)));
                        }
                    }
                }
                at += if wanted == block.len() { wanted - 31 } else { wanted };
            }
        }
        found
    }

    #[test]
    fn after_signing_the_key_lies_in_its_page_and_nowhere_else() {
        let key = RunKey::generate();
        let moved = std::hint::black_box(Some(key)).unwrap();
        assert!(verify(&moved.public(), b"ckpt", &moved.sign(b"ckpt")));
        let needles = inverted(&moved.seed);
        overwrite_below();
        let found = copies(&needles);
        assert_eq!(found.iter().map(|(which, _)| *which).collect::<Vec<_>>(), [0], "{found:?}");
        drop(moved);
        assert_eq!(copies(&needles), [], "it is wiped");
    }

    #[test]
    fn every_bit_of_message_signature_and_key_counts() {
        let key = RunKey::generate();
        let (public, signature) = (key.public(), key.sign(b"ckpt"));
        assert!(verify(&public, b"ckpt", &signature));
        for bit in 0..512 {
            let mut other = signature;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify(&public, b"ckpt", &other), "bit {bit} of the signature");
        }
        for bit in 0..256 {
            let mut other = public;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify(&other, b"ckpt", &signature), "bit {bit} of the key");
        }
        assert!(!verify(&public, b"ckpu", &signature) && !verify(&public, b"", &signature));
    }

    #[test]
    fn a_key_of_small_order_signs_nothing() {
        // The identity point with the signature (identity, 0) passes the lax equation for every message.
        let mut identity = [0u8; 32];
        identity[0] = 1;
        let mut signature = [0u8; 64];
        signature[0] = 1;
        let lax = VerifyingKey::from_bytes(&identity).unwrap();
        use ed25519_dalek::Verifier;
        assert!(lax.verify(b"anything", &Signature::from_bytes(&signature)).is_ok(), "the attack itself works");
        assert!(!verify(&identity, b"anything", &signature));
    }

    #[test]
    fn debug_prints_only_the_public_half_and_two_keys_differ() {
        let (one, two) = (RunKey::generate(), RunKey::generate());
        assert_ne!(one.public(), two.public());
        assert_eq!(format!("{one:?}"), format!("RunKey({})", one.public_hex()));
        assert_eq!(one.public_hex().len(), 64);
    }
}
