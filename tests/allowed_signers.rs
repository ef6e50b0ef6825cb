//! Lists of allowed signers: what we say of a key, beside what the real `ssh-keygen -Y verify` says of a signature by it.
//!
//! The answers are the same, of every list in the table.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tminus::journal::keys::PublicKey;
use tminus::journal::keys::allowed::{AllowedSigners, Standing};

const NAMESPACE: &str = "signoff@tminus";
const WHO: &str = "ana@example.com";
/// When the signature is made and judged: 2026-11-21 12:00 UTC.
const AT: i64 = 1_795_262_400;

struct Desk {
    home: tempfile::TempDir,
    ana: String,
    eve: String,
}

impl Desk {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let key = |name: &str| {
            let path = home.path().join(name);
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "a comment", "-f"]).arg(&path);
            assert!(keygen.status().unwrap().success());
            let public = std::fs::read_to_string(path.with_extension("pub")).unwrap();
            public.split(' ').take(2).collect::<Vec<_>>().join(" ")
        };
        let (ana, eve) = (key("ana"), key("eve"));
        let desk = Self { home, ana, eve };
        std::fs::write(desk.path("text"), "text").unwrap();
        let mut sign = Command::new("ssh-keygen");
        sign.args(["-q", "-Y", "sign", "-n", NAMESPACE, "-f"]).arg(desk.path("ana")).arg(desk.path("text"));
        assert!(sign.stderr(Stdio::null()).status().unwrap().success());
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Whether OpenSSH takes ana's signature by this list, for this person.
    fn openssh(&self, list: &[u8], who: &str) -> bool {
        std::fs::write(self.path("list"), list).unwrap();
        let mut verify = Command::new("ssh-keygen");
        verify.args(["-Y", "verify", "-O", "verify-time=20261121120000Z", "-n", NAMESPACE, "-I", who]);
        verify.arg("-f").arg(self.path("list")).arg("-s").arg(self.path("text.sig")).env("TZ", "UTC");
        let mut child = verify.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // One that refuses the list before it reads the text leaves it.
        let _ = child.stdin.take().unwrap().write_all(b"text");
        child.wait().unwrap().success()
    }

    fn ours(&self, list: &[u8], who: &str) -> Standing {
        let key = PublicKey::from_openssh(&self.ana).unwrap();
        AllowedSigners::parse(list).check_principal(who, &key, NAMESPACE, (AT, AT))
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of lists")]
fn a_list_says_of_a_key_what_openssh_says_of_a_signature_by_it() {
    let desk = Desk::new();
    let (ana, eve) = (&desk.ana, &desk.eve);
    let lists = [
        format!("{WHO} {ana}"),
        format!("{WHO} {ana} a comment of several words\n"),
        format!("# a list\n\n   \n{WHO}\t{ana}\n"),
        format!("{WHO} {eve}\n{WHO} {ana}\n"),
        format!("{WHO} {eve}"),
        format!("eve@example.com {ana}"),
        format!("*@example.com {ana}"),
        format!("ana@example.??? {ana}"),
        format!("*@example.com,!ana@example.com {ana}"),
        format!("!ana@example.com,*@example.com {ana}"),
        format!("eve@example.com,{WHO} {ana}"),
        format!("\"eve@example.com,{WHO}\" {ana}"),
        format!("{WHO} namespaces=\"{NAMESPACE}\" {ana}"),
        format!("{WHO} NameSpaces=\"{NAMESPACE}\" {ana}"),
        format!("{WHO} namespaces=\"file,git\" {ana}"),
        format!("{WHO} namespaces=\"file,signoff*\" {ana}"),
        format!("{WHO} namespaces=\"*,!{NAMESPACE}\" {ana}"),
        format!("{WHO} namespaces=\"\" {ana}"),
        format!("{WHO} namespaces={NAMESPACE} {ana}"),
        format!("{WHO} valid-after=\"20260101\" {ana}"),
        format!("{WHO} valid-after=\"20260101Z\" {ana}"),
        format!("{WHO} valid-after=\"20270101Z\" {ana}"),
        format!("{WHO} valid-before=\"20270101Z\" {ana}"),
        format!("{WHO} valid-before=\"20260101Z\" {ana}"),
        format!("{WHO} valid-after=\"202611211159Z\",valid-before=\"202611211201Z\" {ana}"),
        format!("{WHO} valid-after=\"20261121120000Z\" {ana}"),
        format!("{WHO} valid-before=\"20261121115959Z\" {ana}"),
        format!("{WHO} valid-after=\"20270101Z\",valid-before=\"20260101Z\" {ana}"),
        format!("{WHO} valid-after=\"soon\" {ana}"),
        format!("{WHO} valid-after=\"20261301Z\" {ana}"),
        format!("{WHO} namespaces=\"{NAMESPACE}\",valid-before=\"20270101Z\" {ana}"),
        format!("{WHO} namespaces=\"{NAMESPACE}\" valid-before=\"20270101Z\" {ana}"),
        format!("{WHO} namespaces=\"{NAMESPACE}\",namespaces=\"{NAMESPACE}\" {ana}"),
        format!("{WHO} no-such-option {ana}"),
        format!("{WHO} namespaces=\"{NAMESPACE} {ana}"),
        format!("{WHO} cert-authority {ana}"),
        format!("{WHO} cert-authority,namespaces=\"{NAMESPACE}\" {ana}"),
        format!("{WHO} {}", ana.replace("ssh-ed25519 ", "ssh-rsa ")),
        format!("{WHO} {}", &ana[..ana.len() - 6]),
        WHO.to_owned(),
        ana.clone(),
        format!("\"{WHO} {ana}"),
        String::new(),
        format!("{WHO} {ana}\r\n"),
        format!("not a line\n{WHO} {ana}\n"),
    ];
    let mut yes = 0;
    for list in lists {
        let theirs = desk.openssh(list.as_bytes(), WHO);
        let ours = desk.ours(list.as_bytes(), WHO);
        yes += usize::from(theirs);
        let known = matches!(ours, Standing::Known { .. });
        assert_eq!(known, theirs, "{list:?}: {ours:?} here, {theirs} by ssh-keygen");
    }
    assert!(yes > 12, "the table has lists that name her: {yes}");
    // A person is asked for by a name, never by a pattern.
    let all = format!("* {ana}");
    for who in [WHO, "*", "ana", "ANA@EXAMPLE.COM"] {
        let theirs = desk.openssh(all.as_bytes(), who);
        assert_eq!(matches!(desk.ours(all.as_bytes(), who), Standing::Known { .. }), theirs, "{who}");
    }
}
