//! The run key: an Ed25519 key that exists in the conductor's memory only and signs checkpoints.
//!
//! It is never written, sent or shown, is wiped when dropped, and is replaced at each step border; what takes the memory
//! later cannot sign again what was before. It lies behind a pointer so that moving it leaves no copies. The writer signs
//! with it, every reader verifies against the public half that the text before named.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand_core::{OsRng, RngCore};
use zeroize::Zeroizing;

/// A private run key.
pub struct RunKey(Box<SigningKey>);

impl RunKey {
    /// Draws a new key from the system.
    pub fn generate() -> Self {
        let mut seed = Zeroizing::new([0u8; 32]);
        OsRng.try_fill_bytes(&mut *seed).expect("getrandom does not fail on a system that has booted");
        Self(Box::new(SigningKey::from_bytes(&seed)))
    }

    /// The public half.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The public half as 64 lower-case hex digits, as texts carry it.
    pub fn public_hex(&self) -> String {
        self.public().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A plain Ed25519 signature of `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
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
