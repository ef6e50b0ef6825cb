//! Certificates of OpenSSH, made by a real authority: refused where one signs, and an authority in a list vouches for nobody and is named.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

#[path = "support/signing.rs"]
mod signing;
mod support;

use signing::{Desk, agent, assert_refused};
use std::process::{Command, Stdio};
use support::said;

const PLAN: &str = "\
tminus: 1
title: Signed
environment: { name: here, kind: local }
defaults: { shell: sh }
roles:
  lead: { title: Technical lead, signers: [ana@example.com] }
phases:
  - title: One
    steps:
      - { id: hello, title: Say hello, run: \"echo hello\", effect: reads }
      - { id: off, title: Sign it off, sign: The data is whole, roles: [lead] }
      - { id: after, title: After, confirm: It is over }
";

/// Certifies ana's key for a day by an authority of the test's own.
fn certify(desk: &Desk) {
    desk.key("ca", "ca@example.com");
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-I", "ana", "-n", "ana@example.com", "-V", "+1d", "-s"]).arg(desk.path("keys/ca"));
    let made = keygen.arg(desk.path("keys/ana.pub")).stderr(Stdio::null()).status().unwrap();
    assert!(made.success());
}

#[test]
fn a_signature_by_a_certificate_is_refused_with_the_way_out_and_an_authority_vouches_for_nobody() {
    let desk = Desk::new(PLAN);
    certify(&desk);
    let mut seat = desk.waiting();
    // What ana would sign, signed with her certificate by the real ssh-keygen, which takes it by the authority's line.
    let written = desk.run(&["sign", "1", "--write", "ana.txt", "--role", "lead", "--key", "keys/ana.pub"]);
    assert!(written.status.success(), "{}", said(&written));
    let (_agent, socket) = agent(&desk, &["ana"]);
    let mut sign = Command::new("ssh-keygen");
    sign.args(["-q", "-Y", "sign", "-n", "signoff@tminus", "-f"]).arg(desk.path("keys/ana-cert.pub"));
    sign.arg(desk.path("ana.txt")).env("SSH_AUTH_SOCK", &socket).stderr(Stdio::null());
    assert!(sign.status().unwrap().success());
    let authority = format!("ana@example.com cert-authority {}", desk.public("ca"));
    desk.aboard.user.write("authority", &authority);
    let mut theirs = Command::new("ssh-keygen");
    theirs.args(["-Y", "verify", "-n", "signoff@tminus", "-I", "ana@example.com", "-f"]).arg(desk.path("authority"));
    theirs.arg("-s").arg(desk.path("ana.txt.sig")).stdin(std::fs::File::open(desk.path("ana.txt")).unwrap());
    assert!(theirs.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success(), "it is a good one");
    assert_refused(&desk.hand_in("ana.txt"), "it is a certificate; sign with the key itself");

    desk.keygen("ana.txt", "ana", "signoff@tminus");
    assert!(desk.hand_in("ana.txt").status.success());
    seat.until_records("the signature", |records| signing::has(records, "step.signed", 1));
    seat.finish();
    assert_eq!(desk.verify("signers").status.code(), Some(0));
    // By a list that trusts the authority and not the key, ana is nobody, and the line that is no help is named.
    let list = std::fs::read_to_string(desk.path("signers")).unwrap();
    let others: String =
        list.lines().filter(|line| !line.starts_with("ana@")).map(|line| format!("{line}\n")).collect();
    desk.aboard.user.write("by-authority", &format!("{authority}{others}"));
    let judged = desk.verify("by-authority");
    assert_eq!(judged.status.code(), Some(1), "{}", said(&judged));
    for word in ["unknown key", "line 1 of your list of keys vouches for nobody: certificate authorities are not taken"]
    {
        assert!(said(&judged).contains(word), "{word}: {}", said(&judged));
    }
}
