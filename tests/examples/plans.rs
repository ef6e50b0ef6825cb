//! The five plans flown by the examples that stand in their runbooks: straight through, and back by each of their levels.
//!
//! A flight is the plan's own answers file with some lines of it said differently. What none of them may do is begin a process, or
//! come to a command without an example. `tests/worlds` flies the same plans for real.

use super::support::{User, events, records, said};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;
use tminus::engine::drill::NO_EXAMPLE;
use tminus::engine::judge::judge_example;
use tminus::model::plan::Plan;
use tminus::model::step::{Command, Work};
use tminus::model::watch::Source;

const RUNBOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks");
const PLANS: [&str; 5] = ["sandbox-to-live", "sms-go-live", "billing-launch", "fan-privacy-calls", "prepaid-billing"];

/// How a flight differs from the plan's own answers: lines of `steps` and of `on`.
#[derive(Default)]
struct Otherwise {
    steps: String,
    on: String,
}

fn otherwise(steps: &str, on: &str) -> Otherwise {
    Otherwise { steps: steps.into(), on: on.into() }
}

impl Otherwise {
    /// The plan's answers with these in the place of its own.
    fn of(&self, plan: &str) -> String {
        let text = std::fs::read_to_string(format!("{RUNBOOKS}/{plan}.answers.yaml")).unwrap();
        let key = |line: &str| line.trim().split_once(':').map(|(key, _)| key.to_owned()).unwrap_or_default();
        let own: BTreeSet<String> = self.steps.lines().map(key).collect();
        let indented = |lines: &str| lines.lines().map(|line| format!("  {line}\n")).collect::<String>();
        let mut answers = String::new();
        for line in text.lines().filter(|line| !(line.starts_with("  ") && own.contains(&key(line)))) {
            answers.push_str(&format!("{line}\n"));
            if line == "steps:" {
                answers.push_str(&indented(&self.steps));
            }
        }
        assert!(!answers.contains("\non:"), "{plan} has an `on:` of its own now");
        if !self.on.is_empty() {
            answers.push_str(&format!("on:\n{}", indented(&self.on)));
        }
        answers
    }
}

/// A drill that came to its end, sealed, and what it left.
struct Flown {
    output: Output,
    records: Vec<Value>,
}

impl Flown {
    fn count(&self, name: &str) -> usize {
        events(&self.records, name).len()
    }

    /// The levels that were taken.
    fn levels(&self) -> Vec<&str> {
        events(&self.records, "rollback.started").iter().filter_map(|record| record["level"].as_str()).collect()
    }
}

fn plan(name: &str) -> Plan {
    let loaded = tminus::runbook::load(Path::new(&format!("{RUNBOOKS}/{name}.yaml")));
    loaded.plan.unwrap()
}

/// T0 lies years ahead, so that every planned time is still to come: a drill waits for none of them and asks for no reason.
const T0: &str = "2099-01-05 05:00 Australia/Sydney";

/// Flies it as a drill with no program on PATH, and verifies what it left.
fn flown(name: &str, otherwise: &Otherwise) -> Flown {
    let user = User::new();
    user.write("answers.yaml", &otherwise.of(name));
    let runbook = format!("{RUNBOOKS}/{name}.yaml");
    let drill = ["drill", &runbook, "--t0", T0, "--answers", "answers.yaml"];
    let output = user.tminus(&drill).env("PATH", "").output().unwrap();
    let dir = user.only_run();
    assert!(dir.join("SEAL").exists(), "{name} is not sealed: {}", said(&output));
    let verified = user.run(&["verify", dir.to_str().unwrap()]);
    assert!(verified.status.success(), "{name}: {}", said(&verified));
    assert!(String::from_utf8_lossy(&verified.stdout).starts_with("drill "), "{name}: {}", said(&verified));
    let told = said(&output);
    assert!(!told.contains(NO_EXAMPLE), "{name}: a command has no example: {told}");
    let records = records(&dir);
    let said_to_people = events(&records, "message.filled");
    let exercise = |one: &&Value| one["text"].as_str().is_some_and(|text| text.starts_with("EXERCISE: "));
    assert!(said_to_people.iter().all(exercise), "{name}: {said_to_people:?}");
    let spawned = events(&records, "step.spawned");
    assert!(!spawned.is_empty() && spawned.iter().all(|one| one["pid"] == i64::from(i32::MAX)), "{name}: {spawned:?}");
    Flown { output, records }
}

/// The straight flight of a plan: nothing fails, nothing trips, no way back is taken.
fn straight(name: &str, otherwise: &Otherwise) {
    let flown = flown(name, otherwise);
    assert_eq!(flown.output.status.code(), Some(0), "{}", said(&flown.output));
    assert!(flown.levels().is_empty() && flown.count("trigger.tripped") == 0, "{}", said(&flown.output));
    let settled: BTreeSet<&str> = flown.records.iter().filter_map(|record| record["step"].as_str()).collect();
    let plan = plan(name);
    let within = plan.phases.iter().map(|phase| &phase.steps).chain(plan.horizons.iter().map(|horizon| &horizon.steps));
    for step in within.flatten() {
        let step = plan.step(*step);
        let titles_only = matches!(step.work, Work::Group(_));
        let known = settled.contains(step.id.0.as_str()) || step.claim.is_some() || titles_only;
        assert!(known, "{name} never came to {}: {}", step.id.0, said(&flown.output));
    }
}

/// A flight back by this level.
fn back(name: &str, level: &str, otherwise: &Otherwise) -> Flown {
    let flown = flown(name, otherwise);
    assert_eq!(flown.output.status.code(), Some(1), "{}", said(&flown.output));
    assert_eq!((flown.levels(), flown.count("rollback.ended")), (vec![level], 1), "{}", said(&flown.output));
    flown
}

#[test]
fn every_command_and_reading_of_the_five_plans_has_an_example_that_its_own_expectation_takes() {
    for name in PLANS {
        let plan = plan(name);
        let steps = plan.steps.iter().filter_map(|step| Some((step.id.0.as_str(), step.command()?)));
        let probes = plan.probes.iter().filter_map(|probe| match &probe.source {
            Source::Command(command) => Some((probe.id.as_str(), &**command)),
            Source::Measure(_) => None,
        });
        let all: Vec<(&str, &Command)> = steps.chain(probes).collect();
        assert!(all.len() > 20, "{name}");
        for (id, command) in all {
            assert!(command.example.is_some(), "{name}: {id} has no example");
            assert!(judge_example(command).is_ok(), "{name}: {id}: {:?}", judge_example(command));
        }
    }
}

#[test]
fn sandbox_to_live_goes_straight_through() {
    straight("sandbox-to-live", &Otherwise::default());
}

#[test]
fn two_weeks_of_sms_go_live_go_straight_through_in_one_sitting() {
    straight("sms-go-live", &Otherwise::default());
}

#[test]
fn billing_launch_goes_straight_through_to_its_thirtieth_day() {
    let horizons = "\
day.day-stable: run
day.day-leak: { ok: level, name: Ana }
day.day-errors: run
day.day-pool: \"61\"
day.day-works: { items: [{ ok: \"4\" }, { ok: the last at noon }, { ok: a minute ago }] }
week-5.handed: { items: [ok, ok, { ok: ADR-025 }, ok] }
week-5.say-handed-over: { ok: said, blanks: [none] }
every-day.signups-today: \"5\"
every-week.traction-review: { items: [ok, ok, ok] }
month.signups-30d: \"14\"
month.installs-30d: \"31\"
month.incidents-30d: \"0\"
month.feedback-30d: { ok: they like it, name: Ana }";
    straight("billing-launch", &otherwise(horizons, ""));
}

#[test]
fn fan_privacy_and_calls_go_straight_through() {
    straight("fan-privacy-calls", &Otherwise::default());
}

#[test]
fn prepaid_billing_goes_straight_through_to_its_flag() {
    let horizons = "\
watch.sentry-quiet: run
watch.webhooks-delivered: run
watch.growth: run
watch.growth-normal: { ok: as calls do, name: Ana }
watch.answers-fast: run
watch.switch-works: run
watch.books: run
enable.flag-on: { run: true, type: \"H2.1\" }
enable.say-enabled: ok";
    straight("prepaid-billing", &otherwise(horizons, ""));
}

#[test]
fn sandbox_to_live_goes_back_to_the_sandbox() {
    let steps = "\
finalized: { rollback: back-to-sandbox }
back-to-sandbox.what-was-it: { ok: a cancelled activation, name: Ana }";
    back("sandbox-to-live", "back-to-sandbox", &otherwise(steps, ""));
}

#[test]
fn sandbox_to_live_is_stopped_in_an_emergency() {
    let steps = "\
full-watch: [ { trip: money-leaks, reason: 40 dollars in a minute }, run ]
emergency-stop.rotate-key: [ { run: true, type: rotate the key, reason: the bill runs away }, { ok: rotated } ]
read-the-report.report-holds: { ok: INV-07, name: Ana }";
    let on = "money-leaks: { rollback: emergency-stop, type: emergency-stop, reason: the bill runs away }";
    back("sandbox-to-live", "emergency-stop", &otherwise(steps, on));
}

#[test]
fn sms_go_live_goes_back_to_the_morning() {
    let steps = "\
spend-recorded: [ { trip: delivery-low, reason: 80 % for half an hour }, run ]
full.tell: { ok: said, blanks: [see the trigger, in an hour] }
full.reason-written: { ok: in the ticket }
full.post-mortem: { ok: tomorrow at ten }
full.which-backup: { choose: morning }
full.restore-morning: { run: true, type: restore the morning, reason: going back }
full.then-what: { choose: resume }
full.switch-on: { run: true, type: L1.9a.1 }";
    back("sms-go-live", "full", &otherwise(steps, "delivery-low: { rollback: full, type: full, reason: seen }"));
}

#[test]
fn sms_go_live_goes_back_to_the_old_schema() {
    let steps = "\
no-duplicates: { rollback: full, type: full, reason: sent twice }
full.tell: { ok: said, blanks: [see the trigger, in an hour] }
full.reason-written: { ok: in the ticket }
full.post-mortem: { ok: tomorrow at ten }
full.which-backup: { choose: before-migrations }
full.restore-before: { run: true, type: restore the old schema, reason: going back }
full.then-what: { choose: investigate }
full.findings: { ok: healthy with the old schema, name: Ana }";
    back("sms-go-live", "full", &otherwise(steps, ""));
}

/// The way of billing-launch back by one of its three options.
fn billing_back(option: &str, does: &str) {
    let steps = format!(
        "hour: [ {{ trip: slow, reason: five seconds and more }}, run ]
immediate.which: {{ choose: {option} }}
immediate.{does}: run
immediate.say-rolled-back: {{ ok: said, blanks: [slow answers] }}
immediate.cause-found: {{ items: [{{ ok: an index }}, {{ ok: fix-41 }}, {{ ok: load-test/summary.json }}, ok] }}"
    );
    let on = "slow: { rollback: immediate, type: immediate, reason: five seconds and more }".to_owned();
    back("billing-launch", "immediate", &Otherwise { steps, on });
}

#[test]
fn billing_launch_goes_back_to_the_image_before() {
    billing_back("previous-image", "undo-rollout");
}

#[test]
fn billing_launch_goes_back_by_its_flag() {
    billing_back("flag", "billing-off");
}

#[test]
fn billing_launch_goes_back_by_its_kill_switch() {
    billing_back("kill-switch", "billing-killed");
}

#[test]
fn fan_privacy_and_calls_switches_calls_off() {
    let steps = "\
watch-calls: [ { trip: too-many-errors, reason: 2 % }, { run: true, reason: rehearsal } ]
level-1.profiles-too: { choose: disable-too }
level-1.disable-profiles: { run: true, type: \"L1.3b.1\", reason: rehearsal }
level-1.tell: ok";
    back("fan-privacy-calls", "level-1", &otherwise(steps, "too-many-errors: { rollback: level-1 }"));
}

#[test]
fn fan_privacy_and_calls_brings_the_code_before_back() {
    let steps = "\
soft-auth: { rollback: level-2 }
level-2.working: ok
level-2.tell: ok";
    let flown = back("fan-privacy-calls", "level-2", &otherwise(steps, ""));
    let undone = |id: &str| flown.records.iter().any(|record| record["step"].as_str().is_some_and(|step| step == id));
    assert!(undone("deploy-backend.undo") && undone("deploy-frontend.undo"), "{}", said(&flown.output));
}

#[test]
fn fan_privacy_and_calls_brings_the_database_before_back() {
    let steps = "\
calls-look-right: { rollback: level-3, type: level-3, reason: balances are wrong }
level-3.tell: ok
level-3.down: { run: true, type: delete call history, reason: rehearsal, second: jlee }
level-3.restore: { choose: restore-backup }
level-3.restore-dump: { run: true, type: restore the backup, reason: balances are wrong, second: jlee }";
    back("fan-privacy-calls", "level-3", &otherwise(steps, ""));
}

#[test]
fn prepaid_billing_goes_back_to_the_code_before() {
    let steps = "\
poor-call: [ { trip: critical, reason: calls end although there is money }, run ]
old-code.say-reverted: { ok: said, blanks: [calls that end] }";
    back("prepaid-billing", "old-code", &otherwise(steps, "critical: { rollback: old-code }"));
}
