//! The same language by numbered lines on standard input, as a person with a screen reader would type them.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use crate::HEAD;
use crate::support::{User, said};
use std::io::Write;
use std::process::Stdio;

const PLAN: &str = "\
roles: { lead: Lead }
messages:
  started: { to: \"#ops\", text: \"Begun by <who>.\", via: \"cat >> sent\" }
triggers:
  - { id: sick, title: Complaints, judged: true, then: { rollback: level-1 } }
phases:
  - id: one
    title: One
    steps:
      - { id: say, notify: started }
      - { id: look, monitor: { checks: [ Logins work ] } }
      - { id: signed, sign: It is whole, roles: [lead] }
      - { id: last, run: \"echo last >> done\" }
procedures:
  - { id: flush, title: Stale, steps: [ { id: empty, run: \"echo flushed >> done\" } ] }
rollbacks:
  - { id: level-1, title: Back, budget: 1m, loses: nothing, steps: [ { id: undo, run: \"echo back >> done\" } ] }
";

fn typed(lines: &str) -> (User, String) {
    let user = User::new();
    user.write("plan.yaml", &format!("{HEAD}{PLAN}"));
    let mut command = user.tminus(&["run", "plan.yaml", "--linear"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = said(&output);
    (user, text)
}

#[test]
fn every_kind_and_a_trigger_are_gone_through_by_lines() {
    let lines = "start\nlocal\nfill in\nAna\nsend\ny\nrun\n1.2.1\nok\nall is well\nquiet for an hour\nrun\n:sign lead\nBen\n-\n:call flush\nstale\nrun\ny\n:trip sick\nfive calls\nsee it\ngo on despite it\nall one caller\nAna\nrun\ny\nclose\ny\n";
    let (user, text) = typed(lines);
    let done = std::fs::read_to_string(user.home.path().join("done")).unwrap_or_default();
    assert_eq!(done, "flushed\nlast\n", "{text}");
    assert_eq!(user.listed()[0]["state"], "completed", "{text}");
    for wanted in
        ["TRIGGER sick Complaints, says", "Ana goes on though sick tripped", "Ben signed for Lead, by name only"]
    {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert_eq!(std::fs::read_to_string(user.home.path().join("sent")).unwrap().trim_end(), "Begun by Ana.");
}
