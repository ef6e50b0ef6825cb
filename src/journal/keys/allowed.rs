//! Whose key is it: an allowed-signers file, as OpenSSH writes and reads it.
//!
//! The file is the judge's own, never the copy in a run. A line that is not understood, or that trusts a certificate authority, vouches
//! for nobody and is kept with its number and the reason, so that it can be said; it never makes another line stronger. Default deny:
//! every answer but `Known` is a no. `verify`, sign-offs and `doctor` ask here.

use super::PublicKey;
use super::allowed_line::{self, Line};

/// No honest file is near it; what is longer is read up to here, and the rest vouches for nobody.
const MOST_LINES: usize = 100_000;

/// A list of keys and what each may sign.
#[derive(Clone, Debug, Default)]
pub struct AllowedSigners {
    lines: Vec<Line>,
    refused: Vec<RefusedLine>,
}

/// A line that vouches for nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedLine {
    /// Its number, from 1.
    pub number: usize,
    /// Why.
    pub why: &'static str,
}

/// What a list says of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may sign that, and could then and can now.
    Known {
        /// The principals of its line, as written; one name, most often. Foreign text.
        principal: String,
    },
    /// No line has this key.
    NotListed,
    /// Listed, for other namespaces.
    WrongNamespace,
    /// Not valid at the time of the signature.
    NotValidThen,
    /// Valid then, and no longer (or not yet) now: a signature that nothing anchors may be dated back.
    NotValidNow,
}

impl AllowedSigners {
    /// Reads a file's bytes. Never fails as a whole: each line stands for itself.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut list = Self::default();
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let number = index + 1;
            if number > MOST_LINES {
                list.refused.push(RefusedLine { number, why: "too many lines; this one and the rest are not read" });
                break;
            }
            match allowed_line::read(line) {
                Ok(Some(line)) => list.lines.push(line),
                Ok(None) => (),
                Err(why) => list.refused.push(RefusedLine { number, why }),
            }
        }
        list
    }

    /// What the list says of `key` signing in `namespace` at `at`, judged at `now`; both in Unix seconds. Where an anchor fixes the
    /// time of the signature, its time is given for both.
    pub fn check(&self, key: &PublicKey, namespace: &str, at: i64, now: i64) -> Standing {
        self.best(key, namespace, (at, now), |_| true)
    }

    /// The same, by the lines only that speak for `principal`.
    pub fn check_principal(
        &self,
        principal: &str,
        key: &PublicKey,
        namespace: &str,
        at_and_now: (i64, i64),
    ) -> Standing {
        self.best(key, namespace, at_and_now, |line| line.speaks_for(principal))
    }

    /// Every key that may sign for one of these people in `namespace` at `now`, with whose it is, in their order.
    pub fn keys_of(&self, principals: &[String], namespace: &str, now: i64) -> Vec<(String, PublicKey)> {
        let mut keys: Vec<(String, PublicKey)> = Vec::new();
        for principal in principals {
            for line in &self.lines {
                let known = line.speaks_for(principal) && line.allows(namespace) && line.valid(now);
                if known && !keys.iter().any(|(who, key)| who == principal && *key == line.key) {
                    keys.push((principal.clone(), line.key.clone()));
                }
            }
        }
        keys
    }

    /// Every key that the list ever gave to this person, for anything, whether it is valid or not.
    pub fn all_keys_of(&self, principal: &str) -> Vec<&PublicKey> {
        self.lines.iter().filter(|line| line.speaks_for(principal)).map(|line| &line.key).collect()
    }

    /// The lines that vouch for nobody.
    pub fn refused(&self) -> &[RefusedLine] {
        &self.refused
    }

    /// Whether no line vouches for anybody.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Of several lines for one key the one that says most for it.
    fn best(&self, key: &PublicKey, namespace: &str, times: (i64, i64), takes: impl Fn(&Line) -> bool) -> Standing {
        let lines = self.lines.iter().filter(|line| line.key == *key && takes(line));
        let said = lines.map(|line| line.standing(namespace, times));
        said.max_by_key(Standing::rank).unwrap_or(Standing::NotListed)
    }
}

impl Standing {
    fn rank(&self) -> u8 {
        match self {
            Self::NotListed => 0,
            Self::WrongNamespace => 1,
            Self::NotValidThen => 2,
            Self::NotValidNow => 3,
            Self::Known { .. } => 4,
        }
    }
}

impl Line {
    fn standing(&self, namespace: &str, (at, now): (i64, i64)) -> Standing {
        if !self.allows(namespace) {
            Standing::WrongNamespace
        } else if !self.valid(at) {
            Standing::NotValidThen
        } else if !self.valid(now) {
            Standing::NotValidNow
        } else {
            Standing::Known { principal: self.principals.clone() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
    const B: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQTtWTVzd2t27+t0DEHBPW7iOD23TUiYLio";
    const NOON: i64 = 1_577_880_000; // 2020-01-01 12:00 UTC

    fn says(file: &str, key: &str, namespace: &str, at: i64, now: i64) -> Standing {
        AllowedSigners::parse(file.as_bytes()).check(&PublicKey::from_openssh(key).unwrap(), namespace, at, now)
    }

    fn known(principal: &str) -> Standing {
        Standing::Known { principal: principal.into() }
    }

    #[test]
    fn a_key_is_known_for_its_namespaces_only() {
        let file = format!("# mine\n\n  maya namespaces=\"seal@tminus,genesis@*,!genesis@x\" {A} laptop\r\nall {B}");
        assert_eq!(says(&file, A, "seal@tminus", NOON, NOON), known("maya"));
        assert_eq!(says(&file, A, "genesis@tminus", NOON, NOON), known("maya"));
        assert_eq!(says(&file, A, "genesis@x", NOON, NOON), Standing::WrongNamespace, "negated");
        assert_eq!(says(&file, A, "seal.drill@tminus", NOON, NOON), Standing::WrongNamespace);
        assert_eq!(says(&file, B, "anything", NOON, NOON), known("all"));
        assert_eq!(says("", A, "seal@tminus", NOON, NOON), Standing::NotListed);
        assert_eq!(says(&format!("maya {A}"), B, "x", NOON, NOON), Standing::NotListed);
    }

    #[test]
    fn a_key_no_longer_valid_now_is_not_known_however_its_signature_is_dated() {
        let file = format!("maya valid-after=\"20200101Z\",valid-before=\"202001020000Z\" {A}");
        assert_eq!(says(&file, A, "x", NOON, NOON), known("maya"));
        assert_eq!(says(&file, A, "x", NOON, NOON + 86_400), Standing::NotValidNow);
        assert_eq!(says(&file, A, "x", NOON - 86_400, NOON), Standing::NotValidThen);
        let both = format!("{file}\nnew valid-after=\"20200102Z\" {A}");
        assert_eq!(says(&both, A, "x", NOON + 86_400, NOON + 86_400), known("new"), "a renewed line");
    }

    #[test]
    fn principals_are_patterns_when_one_is_asked_for() {
        let list = AllowedSigners::parse(format!("*@example.com,!eve@example.com {A}\n\"two words\" {B}").as_bytes());
        let (a, b) = (PublicKey::from_openssh(A).unwrap(), PublicKey::from_openssh(B).unwrap());
        let asks = |name: &str, key| list.check_principal(name, key, "x", (NOON, NOON));
        assert_eq!(asks("op@example.com", &a), known("*@example.com,!eve@example.com"));
        assert_eq!(asks("eve@example.com", &a), Standing::NotListed);
        assert_eq!(asks("op@example.org", &a), Standing::NotListed);
        assert_eq!(asks("op@example.com", &b), Standing::NotListed, "another's key");
        assert_eq!(asks("two words", &b), known("two words"));
    }

    #[test]
    fn a_line_that_is_not_understood_vouches_for_nobody_and_is_named() {
        let lines = [
            format!("ca cert-authority {A}"),
            format!("ca CERT-AUTHORITY,namespaces=\"x\" {A}"),
            format!("maya no-such-option {A}"),
            format!("maya namespaces=x {A}"),
            format!("maya namespaces=\"x {A}"),
            format!("maya namespaces=\"x\",namespaces=\"y\" {A}"),
            format!("maya valid-after=\"yesterday\" {A}"),
            format!("maya valid-after=\"20200230Z\" {A}"),
            format!("maya valid-after=\"20200102Z\",valid-before=\"20200101Z\" {A}"),
            format!("maya namespaces=\"x\", {A}"),
            format!("\"maya {A}"),
            A.to_owned(),
            "maya".to_owned(),
            "maya ssh-ed25519".to_owned(),
            "maya ssh-ed25519 AAAA".to_owned(),
            format!("maya {}", A.replace("ed25519 ", "rsa ")),
            format!("maya\0 {A}"),
        ];
        for line in lines {
            let list = AllowedSigners::parse(line.as_bytes());
            assert!(list.is_empty() && list.refused().len() == 1, "{line:?}");
        }
        let mixed = AllowedSigners::parse(format!("ca cert-authority {A}\nmaya {A}\n\u{e9}\n").as_bytes());
        assert_eq!(mixed.refused().iter().map(|line| line.number).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(mixed.refused()[0].why, "certificate authorities are not taken");
        let bytes = [b"maya\xff ".as_slice(), A.as_bytes()].concat();
        assert!(AllowedSigners::parse(&bytes).is_empty(), "not UTF-8");
    }

    #[test]
    fn a_huge_file_or_pattern_is_read_in_time() {
        let many = format!("maya {A}\n").repeat(MOST_LINES + 5);
        assert_eq!(AllowedSigners::parse(many.as_bytes()).refused().len(), 1);
        let stars = format!("{} namespaces=\"{}b\" {A}", "*".repeat(2_000), "*a".repeat(2_000));
        assert_eq!(says(&stars, A, &"a".repeat(2_000), NOON, NOON), Standing::WrongNamespace);
    }
}
