//! Messages, sign-offs, judgements, risks, what must be met first.

use crate::flown;

fn one(head: &str, steps: &str) -> String {
    format!("{head}phases:\n  - id: one\n    title: One\n    steps:\n{steps}")
}

#[test]
fn a_messages_blanks_are_filled_in_and_its_command_gets_the_text() {
    let messages = "messages:\n  started: { to: \"#ops\", text: \"Begun by <who>, back at <when>.\", via: \"cat >> sent\" }\n  over: { to: \"#ops\", text: It is over }\n";
    let runbook = one(messages, "      - { id: say, notify: started }\n      - { id: said, notify: over }\n");
    let flown =
        flown(&runbook, "steps: { say: { run: true, blanks: [Ana, \"18:30\"] }, said: { ok: in the channel } }\n");
    let flown = flown.ends(0).is("completed");
    assert_eq!(flown.file("sent").trim_end(), "Begun by Ana, back at 18:30.");

    let blank = crate::flown(&runbook, "steps: { say: run, said: ok }\n");
    blank.ends(1).says("no answer for say").is("held");
    crate::flown(&runbook, "steps: { say: ok, said: ok }\n").ends(2);
    crate::flown(&runbook, "steps: { say: { run: true, blanks: [Ana] }, said: ok }\n").ends(1).says("has 2 blanks");
}

#[test]
fn a_sign_off_is_by_name_only_where_the_role_has_no_signers() {
    let roles = "roles: { lead: Lead, ops: { title: Operations } }\n";
    let steps = "      - { id: signed, sign: It is whole, roles: [lead, ops] }\n";
    let both = flown(
        &one(roles, steps),
        "steps: { signed: { sign: { lead: Ana, ops: { name: Ben, comment: looked twice } } } }\n",
    );
    let both = both.ends(0).is("completed");
    let signed = both.events("step.signed");
    assert_eq!((&signed[0]["principal"], &signed[1]["comment"]), (&"Ana".into(), &"looked twice".into()));

    flown(&one(roles, steps), "steps: { signed: { sign: { lead: Ana } } }\n").ends(1).says("no answer for signed");
    flown(&one(roles, steps), "steps: { signed: { sign: { lead: Ana, ops: Ana } } }\n")
        .ends(1)
        .says("another person signs for ops");
    let keyed = "roles: { lead: { title: Lead, signers: [ana@example.com] }, ops: Operations }\n";
    let refused = flown(&one(keyed, steps), "steps: { signed: { sign: { lead: Ana, ops: Ben } } }\n").ends(2);
    let complaint = String::from_utf8_lossy(&refused.output.stderr).into_owned();
    assert!(complaint.contains("lead has signers (ana@example.com)"), "{complaint}");
}

#[test]
fn a_judgement_needs_what_was_seen() {
    let steps = "      - { id: normal, judge: Is the rate normal? }\n";
    flown(&one("", steps), "steps: { normal: { ok: \"0.2 %, as yesterday\" } }\n").ends(0);
    flown(&one("", steps), "steps: { normal: ok }\n").ends(1);
    flown(&one("", steps), "steps: { normal: [ { fail: \"9 %\" }, { abort: not normal } ] }\n").ends(1).is("aborted");
}

#[test]
fn an_open_blocker_keeps_a_step_from_starting_until_it_is_closed() {
    let risks = "risks:\n  - { id: h1, title: Webhook not configured, level: high, blocker: true, before: work }\n";
    let steps = "      - { id: work, run: touch work }\n";
    let open = flown(&one(risks, steps), "steps: { work: run }\n").ends(1).says("risk h1 is open").is("held");
    assert!(!open.user.home.path().join("work").exists());
    flown(&one(risks, steps), "steps: { work: run }\nrisks: { h1: configured by hand }\n").ends(0);
    flown(&one(risks, steps), "steps: { work: [ { close: h1, reason: configured }, run ] }\n").ends(0);
}

#[test]
fn what_must_be_met_first_is_met_first() {
    let requires = "requires:\n  - { id: disk, run: test -e disk }\n";
    let steps = "      - { id: work, run: touch work }\n";
    let unmet = flown(&one(requires, steps), "steps: { requires.disk: run, work: run }\n").ends(1).is("held");
    assert!(!unmet.user.home.path().join("work").exists());
    let met =
        flown(&one(requires, steps).replace("test -e disk", "true"), "steps: { requires.disk: run, work: run }\n");
    let met = met.ends(0);
    assert_eq!(met.began(), ["requires.disk", "work"]);
}

#[test]
fn a_known_failure_says_what_the_runbook_knows_of_it() {
    let steps = "      - id: call
        run: echo HTTP 401
        expect: { contains: \"200\" }
        hints:
          - { when: { contains: \"401\" }, say: The webhook secret is not configured }
";
    flown(&one("", steps), "steps: { call: run }\n").ends(1).says("The webhook secret is not configured");
}

#[test]
fn an_effect_that_must_show_soon_is_looked_for_until_then() {
    let steps = "      - { id: switch, run: \"(sleep 0.4; touch shown) > /dev/null 2>&1 &\" }
      - { id: shows, run: test -e shown, within: { of: switch, limit: 20s }, retry: { every: 200ms } }
";
    flown(&one("", steps), "steps: { switch: run, shows: run }\n").ends(0);
    let late = steps.replace("touch shown", "true").replace("limit: 20s", "limit: 1s");
    flown(&one("", &late), "steps: { switch: run, shows: [ run, { abort: it does not show } ] }\n")
        .ends(1)
        .is("aborted");
}

#[test]
fn the_plan_on_paper_shows_every_kind_and_every_command() {
    let user = crate::support::User::new();
    let plan = include_str!("../good/kinds.yaml");
    let path = user.write("kinds.yaml", plan);
    let output = user.run(&["plan", path.to_str().unwrap(), "--commands"]);
    let text = crate::support::said(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for wanted in [
        "./left",
        "./r2",
        "./probe error-rate",
        "./send",
        "Data is whole",
        "goes through stale-cache",
        "./flush",
        "h1 HIGH BLOCKER",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}

#[test]
fn the_list_of_runs_counts_what_is_done_and_what_of_it_nothing_was_seen() {
    let steps = "      - { id: one, run: \"true\" }
      - { id: two, run: \"true\" }
      - { id: three, confirm: All is well }
      - { id: four, run: \"true\" }
";
    let flown = flown(&one("", steps), "steps: { one: run, two: { skip: not today }, three: ok }\n").ends(1);
    let counted = &flown.user.listed()[0]["steps"];
    assert_eq!(*counted, serde_json::json!({ "done": 3, "total": 4, "unchecked": 1 }), "{counted}");
}
