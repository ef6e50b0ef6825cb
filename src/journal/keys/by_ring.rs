//! Signatures that `ring` judges: RSA of 2,048 to 8,192 bits, ECDSA over P-384, and P-256 in a hardware token.
//!
//! What is told here is a yes or a no; what ring does not take (a shorter RSA key, P-521) is said to be that and left to
//! `ssh-keygen`. Nothing is signed here, and no process is started. Called by `sshsig` only.

use super::public::{KeyKind, PublicKey};
use super::wire::{Malformed, Reader};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// The key signed it.
    Holds,
    /// It did not.
    Wrong,
    /// Of this kind or size nothing can be told here.
    Unknown,
}

/// Judges a raw signature of `signed` by a key of one of these kinds. Its form was read before.
pub(super) fn judge(key: &PublicKey, raw: &[u8], signed: &[u8]) -> Result<Told, Malformed> {
    match key.kind() {
        KeyKind::Rsa => rsa(key, raw, signed),
        KeyKind::P384 => ecdsa(key, raw, (&ECDSA_P384_SHA384_FIXED, 48), signed),
        KeyKind::SkP256 => match token_data(key, raw, signed)? {
            Some(data) => ecdsa(key, raw, (&ECDSA_P256_SHA256_FIXED, 32), &data),
            None => Ok(Told::Wrong),
        },
        KeyKind::Ed25519 | KeyKind::P256 | KeyKind::P521 | KeyKind::SkEd25519 => Ok(Told::Unknown),
    }
}

fn rsa(key: &PublicKey, raw: &[u8], signed: &[u8]) -> Result<Told, Malformed> {
    let mut blob = Reader::new(key.blob());
    blob.text()?;
    let (exponent, modulus) = (number(blob.positive()?), number(blob.positive()?));
    if !(256..=1024).contains(&modulus.len()) || modulus.len() == 256 && modulus[0] < 0x80 {
        return Ok(Told::Unknown);
    }
    let mut raw = Reader::new(raw);
    let hash = match raw.text()? {
        "rsa-sha2-512" => &RSA_PKCS1_2048_8192_SHA512,
        "rsa-sha2-256" => &RSA_PKCS1_2048_8192_SHA256,
        _of_sha1 => return Ok(Told::Wrong),
    };
    // As long as the modulus, as OpenSSH writes it: with zeros left out one signature would have two texts.
    let signature = raw.string()?;
    let told = RsaPublicKeyComponents { n: modulus, e: exponent }.verify(hash, signed, signature);
    Ok(if told.is_ok() { Told::Holds } else { Told::Wrong })
}

fn ecdsa(
    key: &PublicKey,
    raw: &[u8],
    (algorithm, length): (&'static dyn VerificationAlgorithm, usize),
    signed: &[u8],
) -> Result<Told, Malformed> {
    let mut blob = Reader::new(key.blob());
    blob.text()?;
    blob.text()?;
    let point = blob.string()?;
    let mut raw = Reader::new(raw);
    raw.text()?;
    let mut pair = Reader::new(raw.string()?);
    let mut fixed = Vec::with_capacity(2 * length);
    for part in [number(pair.positive()?), number(pair.positive()?)] {
        let Some(zeros) = length.checked_sub(part.len()) else { return Ok(Told::Wrong) };
        fixed.resize(fixed.len() + zeros, 0);
        fixed.extend(part);
    }
    let told = UnparsedPublicKey::new(algorithm, point).verify(signed, &fixed);
    Ok(if told.is_ok() { Told::Holds } else { Told::Wrong })
}

/// What a token signs: the hash of its application, what it saw, how often it signed, the hash of the message; `None` where nobody
/// touched it.
pub(super) fn token_data(key: &PublicKey, raw: &[u8], signed: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let mut blob = Reader::new(key.blob());
    blob.text()?;
    match key.kind() {
        KeyKind::SkP256 => drop((blob.text()?, blob.string()?)),
        KeyKind::SkEd25519 => drop(blob.string()?),
        KeyKind::Ed25519 | KeyKind::P256 | KeyKind::P384 | KeyKind::P521 | KeyKind::Rsa => return Err(Malformed),
    }
    let application = blob.string()?;
    let mut raw = Reader::new(raw);
    raw.text()?;
    raw.string()?;
    let (flags, counter) = (raw.byte()?, raw.number()?);
    let hash = |bytes: &[u8]| ring::digest::digest(&ring::digest::SHA256, bytes);
    let mut data = hash(application).as_ref().to_vec();
    data.push(flags);
    data.extend(counter.to_be_bytes());
    data.extend(hash(signed).as_ref());
    Ok((flags & 1 != 0).then_some(data))
}

/// The bytes of a positive number without the zero that keeps its sign.
fn number(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(&[0]).unwrap_or(bytes)
}
