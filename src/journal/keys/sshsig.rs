//! SSH signatures over texts: made, and checked more strictly than OpenSSH does.
//!
//! `ssh-keygen -Y verify` accepts a signature file in many spellings, so one signature would have many hashes. Here a
//! signature is read, written again, and must come out byte for byte; then its namespace, its hash and its key are judged.
//! `check` starts no process and says so where it cannot tell; `check_asking_ssh_keygen` may start one, in a client only.
//! An ECDSA signature (r, s) has a twin (r, n-s) that holds as well: that is a signature's own property, not a change of text.

use super::by_ring::{self, Told};
use super::public::{KeyKind, PublicKey};
use super::wire::{Malformed, Reader, put_string};
use super::{KeyError, SigError, keygen};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha512};

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const END: &str = "-----END SSH SIGNATURE-----\n";
const MAGIC: &[u8] = b"SSHSIG";
const HASH: &str = "sha512";
/// OpenSSH breaks the base64 of an armor after 70 letters.
const LINE: usize = 70;
/// The signature of an RSA key of 16,384 bits, key included, is a quarter of this.
const LONGEST: usize = 32 * 1024;

/// Checks an armored signature of `message` without starting a process. Gives the key that signed; whether that key may sign
/// is another question (`AllowedSigners`).
pub fn check(armored: &[u8], namespace: &str, message: &[u8]) -> Result<PublicKey, SigError> {
    let signature = Parsed::read(armored)?;
    signature.judge_namespace(namespace)?;
    let signed = signed_data(namespace, message);
    match signature.key.kind() {
        KeyKind::Ed25519 => signature.check_ed25519(&signed)?,
        KeyKind::P256 => signature.check_p256(namespace, message)?,
        KeyKind::SkEd25519 => signature.check_sk_ed25519(&signed)?,
        kind @ (KeyKind::P384 | KeyKind::P521 | KeyKind::Rsa | KeyKind::SkP256) => {
            match by_ring::judge(&signature.key, &signature.raw, &signed)? {
                Told::Holds => {}
                Told::Wrong => return Err(SigError::Mismatch),
                Told::Unknown => return Err(SigError::CannotCheckHere(kind.name())),
            }
        }
    }
    Ok(signature.key)
}

/// The same, and where this crate cannot tell, `ssh-keygen -Y check-novalidate` is asked. Never in the conductor, and only
/// where starting a process is allowed.
pub fn check_asking_ssh_keygen(armored: &[u8], namespace: &str, message: &[u8]) -> Result<PublicKey, SigError> {
    match check(armored, namespace, message) {
        Err(SigError::CannotCheckHere(_)) => {
            let signature = Parsed::read(armored)?;
            match keygen::check(armored, namespace, message) {
                Ok(()) => Ok(signature.key),
                Err(KeyError::KeygenFailed { .. }) => Err(SigError::Mismatch),
                Err(other) => Err(SigError::Unasked(other.to_string())),
            }
        }
        told => told,
    }
}

/// The key that an armored signature names, without a judgement whether it holds. For display.
pub fn named_key(armored: &[u8]) -> Result<PublicKey, SigError> {
    Parsed::read(armored).map(|signature| signature.key)
}

/// The one canonical spelling of a signature that was pasted: line ends and blanks may have been changed on the way, and what
/// stands around it is left out. Whether it holds is not looked at.
pub fn rearmored(pasted: &str) -> Option<String> {
    let (_, rest) = pasted.split_once(BEGIN.trim_end())?;
    let (body, _) = rest.split_once(END.trim_end())?;
    let body: String = body.chars().filter(|letter| !letter.is_whitespace()).collect();
    let blob = STANDARD.decode(body).ok().filter(|blob| blob.len() <= LONGEST)?;
    Some(armor_blob(&blob))
}

/// The bytes that a key really signs for `message`: the namespace, and the hash instead of the message.
pub(super) fn signed_data(namespace: &str, message: &[u8]) -> Vec<u8> {
    let mut data = MAGIC.to_vec();
    put_string(&mut data, namespace.as_bytes());
    put_string(&mut data, b"");
    put_string(&mut data, HASH.as_bytes());
    put_string(&mut data, &Sha512::digest(message));
    data
}

/// The armored signature file for a raw signature that an agent or a key made over `signed_data`.
pub(super) fn armor(key: &PublicKey, namespace: &str, raw: &[u8]) -> String {
    let mut blob = MAGIC.to_vec();
    blob.extend(1u32.to_be_bytes());
    put_string(&mut blob, key.blob());
    put_string(&mut blob, namespace.as_bytes());
    put_string(&mut blob, b"");
    put_string(&mut blob, HASH.as_bytes());
    put_string(&mut blob, raw);
    armor_blob(&blob)
}

/// A fresh signature, once it is seen to hold: an agent or a token may answer with anything, and a signature that fails later
/// cannot be made again.
pub(super) fn proven(armored: String, key: &PublicKey, namespace: &str, message: &[u8]) -> Result<String, KeyError> {
    let bad = |source| KeyError::BadSignature { fingerprint: key.fingerprint(), source };
    match check_asking_ssh_keygen(armored.as_bytes(), namespace, message) {
        Ok(signer) if signer == *key => Ok(armored),
        // Without ssh-keygen an agent's RSA key still signs; its form has been checked.
        Err(SigError::Unasked(_)) => Ok(armored),
        Ok(_) => Err(bad(SigError::Mismatch)),
        Err(source) => Err(bad(source)),
    }
}

fn armor_blob(blob: &[u8]) -> String {
    let text = STANDARD.encode(blob);
    let mut armored = String::with_capacity(text.len() + text.len() / LINE + BEGIN.len() + END.len() + 1);
    armored.push_str(BEGIN);
    for line in text.as_bytes().chunks(LINE) {
        armored.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        armored.push('\n');
    }
    armored.push_str(END);
    armored
}

/// A signature in canonical form, of which nothing is known yet but that.
struct Parsed {
    key: PublicKey,
    namespace: String,
    raw: Vec<u8>,
}

impl Parsed {
    fn read(armored: &[u8]) -> Result<Self, SigError> {
        let blob = unarmor(armored)?;
        let mut reader = Reader::new(&blob);
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(SigError::Form);
        }
        let version = reader.number()?;
        if version != 1 {
            return Err(SigError::Version(version));
        }
        let key = reader.string()?;
        let namespace = reader.text()?.to_owned();
        if !reader.string()?.is_empty() {
            return Err(SigError::Reserved);
        }
        let hash = reader.text()?;
        if hash != HASH {
            return Err(SigError::Hash(hash.to_owned()));
        }
        let raw = reader.string()?.to_vec();
        reader.end()?;
        let key = PublicKey::from_blob(key).map_err(|_| SigError::Kind(kind_of(key)))?;
        judge_raw(key.kind(), &raw)?;
        let parsed = Self { key, namespace, raw };
        // The last word: whatever was let through above, the file is the one text of what was understood of it.
        if armor(&parsed.key, &parsed.namespace, &parsed.raw).as_bytes() == armored {
            Ok(parsed)
        } else {
            Err(SigError::Form)
        }
    }

    fn judge_namespace(&self, wanted: &str) -> Result<(), SigError> {
        if self.namespace == wanted && !wanted.is_empty() {
            return Ok(());
        }
        Err(SigError::Namespace { found: self.namespace.clone(), wanted: wanted.to_owned() })
    }

    fn check_ed25519(&self, signed: &[u8]) -> Result<(), SigError> {
        let public = last::<32>(self.key.blob()).ok_or(SigError::Form)?;
        let signature = last::<64>(&self.raw).ok_or(SigError::Form)?;
        if super::run_key::verify(&public, signed, &signature) { Ok(()) } else { Err(SigError::Mismatch) }
    }

    /// A hardware token signs the hash of its application, what it saw (a touch must be among it) and the hash of the message.
    fn check_sk_ed25519(&self, signed: &[u8]) -> Result<(), SigError> {
        let data = by_ring::token_data(&self.key, &self.raw, signed)?.ok_or(SigError::Mismatch)?;
        let mut key = Reader::new(self.key.blob());
        key.string()?;
        let public = last::<32>(key.string()?).ok_or(SigError::Form)?;
        let mut raw = Reader::new(&self.raw);
        raw.string()?;
        let signature = last::<64>(raw.string()?).ok_or(SigError::Form)?;
        if super::run_key::verify(&public, &data, &signature) { Ok(()) } else { Err(SigError::Mismatch) }
    }

    fn check_p256(&self, namespace: &str, message: &[u8]) -> Result<(), SigError> {
        let key = ssh_key::PublicKey::from_bytes(self.key.blob()).map_err(|_| SigError::Form)?;
        let raw = ssh_key::Signature::try_from(self.raw.as_slice()).map_err(|_| SigError::Form)?;
        let signature = ssh_key::SshSig::new(key.key_data().clone(), namespace, ssh_key::HashAlg::Sha512, raw);
        let signature = signature.map_err(|_| SigError::Form)?;
        key.verify(namespace, message, &signature).map_err(|_| SigError::Mismatch)
    }
}

fn unarmor(armored: &[u8]) -> Result<Vec<u8>, SigError> {
    if armored.len() > LONGEST {
        return Err(SigError::Form);
    }
    let text = std::str::from_utf8(armored).map_err(|_| SigError::Form)?;
    let body = text.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)).ok_or(SigError::Form)?;
    let blob = STANDARD.decode(body.replace('\n', "")).map_err(|_| SigError::Form)?;
    if armor_blob(&blob) == text { Ok(blob) } else { Err(SigError::Form) }
}

/// Whether a raw signature has the one shape that its key's kind gives it.
fn judge_raw(kind: KeyKind, raw: &[u8]) -> Result<(), SigError> {
    let mut reader = Reader::new(raw);
    let name = reader.text()?;
    let known = match kind {
        KeyKind::Rsa => matches!(name, "rsa-sha2-512" | "rsa-sha2-256"),
        KeyKind::Ed25519 | KeyKind::P256 | KeyKind::P384 | KeyKind::P521 | KeyKind::SkEd25519 | KeyKind::SkP256 => {
            name == kind.name()
        }
    };
    if !known {
        return Err(SigError::Kind(name.to_owned()));
    }
    let bytes = reader.string()?;
    match kind {
        KeyKind::Ed25519 | KeyKind::SkEd25519 if bytes.len() != 64 => return Err(SigError::Form),
        KeyKind::P256 | KeyKind::P384 | KeyKind::P521 | KeyKind::SkP256 => {
            let mut pair = Reader::new(bytes);
            pair.positive()?;
            pair.positive()?;
            pair.end()?;
        }
        KeyKind::Ed25519 | KeyKind::SkEd25519 | KeyKind::Rsa => (),
    }
    match kind {
        KeyKind::SkEd25519 | KeyKind::SkP256 => {
            // What the token said: flags and a counter. Both are signed.
            reader.byte()?;
            reader.number()?;
        }
        KeyKind::Ed25519 | KeyKind::P256 | KeyKind::P384 | KeyKind::P521 | KeyKind::Rsa => (),
    }
    Ok(reader.end()?)
}

fn kind_of(blob: &[u8]) -> String {
    Reader::new(blob).text().unwrap_or("unknown").to_owned()
}

fn last<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.last_chunk::<N>().copied()
}

impl From<Malformed> for SigError {
    fn from(_: Malformed) -> Self {
        Self::Form
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::Sha256;

    fn signed(hash: &str, reserved: &[u8], version: u32) -> String {
        let key = ssh_key::PrivateKey::random(&mut rand_core::OsRng, ssh_key::Algorithm::Ed25519).unwrap();
        let signature = key.sign("seal@tminus", ssh_key::HashAlg::Sha512, b"text").unwrap();
        let raw = Vec::try_from(signature.signature().clone()).unwrap();
        let mut blob = MAGIC.to_vec();
        blob.extend(version.to_be_bytes());
        put_string(&mut blob, &key.public_key().to_bytes().unwrap());
        for part in [b"seal@tminus".as_slice(), reserved, hash.as_bytes(), &raw] {
            put_string(&mut blob, part);
        }
        armor_blob(&blob)
    }

    #[test]
    fn version_reserved_hash_and_namespace_are_each_refused_by_name() {
        let of = |armored: String, namespace: &str| check(armored.as_bytes(), namespace, b"text");
        assert!(of(signed("sha512", b"", 1), "seal@tminus").is_ok());
        assert_eq!(of(signed("sha512", b"", 0), "seal@tminus"), Err(SigError::Version(0)));
        assert_eq!(of(signed("sha512", b"", 2), "seal@tminus"), Err(SigError::Version(2)));
        assert_eq!(of(signed("sha512", b"x", 1), "seal@tminus"), Err(SigError::Reserved));
        assert_eq!(of(signed("sha256", b"", 1), "seal@tminus"), Err(SigError::Hash("sha256".into())));
        for wrong in ["seal.drill@tminus", "genesis@tminus", "seal@tminu", ""] {
            assert!(matches!(of(signed("sha512", b"", 1), wrong), Err(SigError::Namespace { .. })), "{wrong}");
        }
    }

    #[test]
    fn other_spellings_of_the_same_signature_are_refused() {
        let good = signed("sha512", b"", 1);
        let body = good.strip_prefix(BEGIN).unwrap().strip_suffix(END).unwrap();
        let one_line = format!("{BEGIN}{}\n{END}", body.replace('\n', ""));
        let spellings = [
            good.replace('\n', "\r\n"),
            good.trim_end().to_owned(),
            format!("{good}\n"),
            format!(" {good}"),
            format!("\u{feff}{good}"),
            good.replacen("\n", "\n\n", 1),
            one_line,
            good.repeat(2),
            String::new(),
            format!("{BEGIN}{END}"),
            "\0".repeat(LONGEST * 2),
        ];
        for spelling in spellings {
            assert_eq!(check(spelling.as_bytes(), "seal@tminus", b"text"), Err(SigError::Form), "{spelling:?}");
        }
        assert_eq!(check(b"\xff\xfe", "seal@tminus", b"text"), Err(SigError::Form));
    }

    #[test]
    fn a_token_signs_its_application_a_touch_and_the_text() {
        use ed25519_dalek::{Signer as _, SigningKey};
        let token = SigningKey::from_bytes(&[7; 32]);
        let name = KeyKind::SkEd25519.name().as_bytes();
        let made = |flags: u8, application: &[u8], text: &[u8]| {
            let mut blob = Vec::new();
            for part in [name, token.verifying_key().as_bytes(), b"ssh:"] {
                put_string(&mut blob, part);
            }
            let mut data = Sha256::digest(application).to_vec();
            data.push(flags);
            data.extend(9u32.to_be_bytes());
            data.extend(Sha256::digest(signed_data("seal@tminus", text)));
            let mut raw = Vec::new();
            put_string(&mut raw, name);
            put_string(&mut raw, &token.sign(&data).to_bytes());
            raw.push(flags);
            raw.extend(9u32.to_be_bytes());
            armor(&PublicKey::from_blob(&blob).unwrap(), "seal@tminus", &raw)
        };
        let of = |armored: String| check(armored.as_bytes(), "seal@tminus", b"text").map(|key| key.kind());
        assert_eq!(of(made(1, b"ssh:", b"text")), Ok(KeyKind::SkEd25519));
        assert_eq!(of(made(0, b"ssh:", b"text")), Err(SigError::Mismatch), "nobody touched it");
        assert_eq!(of(made(1, b"web:", b"text")), Err(SigError::Mismatch));
        assert_eq!(of(made(1, b"ssh:", b"other")), Err(SigError::Mismatch));
    }

    #[test]
    fn a_signature_that_was_pasted_is_the_same_however_its_lines_were_broken() {
        let good = signed("sha512", b"", 1);
        for pasted in [
            good.clone(),
            good.replace('\n', "\r\n"),
            good.replace('\n', " "),
            format!("here it is:\n  {}\nbye", good.replace('\n', "\n  ")),
        ] {
            assert_eq!(rearmored(&pasted).as_deref(), Some(good.as_str()), "{pasted:?}");
        }
        for none in ["", BEGIN, &good[..good.len() / 2], &good.replace("AAAA", "A*AA")] {
            assert_eq!(rearmored(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_signature_cut_anywhere_is_refused_and_never_panics() {
        let good = signed("sha512", b"", 1);
        for cut in 0..good.len() {
            assert!(check(&good.as_bytes()[..cut], "seal@tminus", b"text").is_err(), "cut at {cut}");
        }
        let blob = unarmor(good.as_bytes()).unwrap();
        for cut in 0..blob.len() {
            let cut_inside = armor_blob(&blob[..cut]);
            assert!(check(cut_inside.as_bytes(), "seal@tminus", b"text").is_err(), "blob cut at {cut}");
        }
    }
}
