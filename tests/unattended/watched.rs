//! Monitors, triggers, signals and readings.

use crate::flown;

const LEVELS: &str = "\
rollbacks:
  - { id: level-1, title: Back, budget: 1m, loses: nothing, undo: all }
  - { id: level-2, title: Restore, budget: 1m, loses: orders, steps: [ { id: restore, run: touch restored } ] }
";

/// The health file says how it goes; a probe reads it.
fn watched(step: &str) -> String {
    format!(
        "signals:
  errors: {{ title: Errors, run: 's=$(cat health 2> /dev/null || true); echo ${{s:-0}}', every: 1s }}
triggers:
  - {{ id: sick, title: Too many errors, signal: errors, trip: {{ number: \"> 5\" }}, then: {{ rollback: level-1 }} }}
phases:
  - id: one
    title: One
    steps:
      - {{ id: well, run: \"echo 1 > health\", undo: \"echo undone >> done\" }}
      - {step}
      - {{ id: last, run: touch last }}
{LEVELS}"
    )
}

const SICKENS: &str = "{ id: slow, run: \"echo 9 > health; touch began; i=0; while [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done; touch through\" }";

#[test]
fn a_trigger_that_trips_while_a_step_runs_stops_it_and_goes_back() {
    let flown =
        flown(&watched(SICKENS), "steps: { well: run, slow: run, last: run }\non:\n  sick: { rollback: level-1 }\n");
    let flown = flown.ends(1).is("rolled-back");
    assert_eq!(flown.file("done"), "undone\n");
    let there = |name: &str| flown.user.home.path().join(name).exists();
    assert!(there("began") && !there("through") && !there("last"));
    assert_eq!(flown.events("trigger.acked").len(), 1, "it is seen once");
}

#[test]
fn a_trigger_of_which_the_file_says_nothing_stops_the_run() {
    let flown = flown(&watched(SICKENS), "steps: { well: run, slow: run, last: run }\n");
    let flown = flown.ends(1).says("no answer for trigger sick").says("tminus resume").is("held");
    assert!(!flown.user.home.path().join("through").exists());
}

#[test]
fn one_goes_on_by_a_named_persons_word_and_a_level_that_loses_asks_to_be_typed() {
    let sick = "{ id: spike, run: \"echo 9 > health; while ! grep -q '\\\"ev\\\":\\\"trigger.tripped\\\"' $RUN_DIR/events-0001.jsonl; do sleep 0.1; done; echo 1 > health\" }";
    let on = flown(
        &watched(sick),
        "steps: { well: run, spike: run, last: run }\non:\n  sick: { go_on: a known spike, name: Ana }\n",
    );
    let on = on.ends(0).is("completed");
    assert_eq!(on.events("trigger.over")[0]["name"], "Ana");

    let back = flown(
        &watched(SICKENS),
        "steps: { well: run, slow: run }\non:\n  sick: { rollback: level-2, type: level-2, reason: it is sick }\n",
    );
    let back = back.ends(1).is("rolled-back");
    assert!(back.user.home.path().join("restored").exists());

    let untyped = flown(&watched(SICKENS), "steps: { well: run, slow: run }\non:\n  sick: { rollback: level-2 }\n");
    untyped.ends(1).says("Refused: level-2 loses orders").is("held");
}

#[test]
fn a_trigger_holds_the_run_or_ends_it() {
    let short = "{ id: spike, run: \"echo 9 > health; while ! grep -q '\\\"ev\\\":\\\"held\\\"' $RUN_DIR/events-0001.jsonl; do sleep 0.1; done; touch through\" }";
    let held = flown(&watched(short), "steps: { well: run, spike: run, last: run }\non: { sick: hold }\n");
    let held = held.ends(1).is("held").says("no answer for trigger sick");
    let there = |name: &str| held.user.home.path().join(name).exists();
    assert!(there("through") && !there("last"), "what ran came to its end, nothing new began");

    let ended =
        flown(&watched(SICKENS), "steps: { well: run, slow: run, last: run }\non: { sick: { abort: too sick } }\n");
    ended.ends(1).is("aborted");
}

#[test]
fn a_trigger_that_people_judge_is_tripped_on_the_way_to_a_step() {
    let judged =
        watched("{ id: quiet, run: \"true\" }").replace("signal: errors, trip: { number: \"> 5\" }", "judged: true");
    let flown = flown(
        &judged,
        "steps: { well: run, quiet: [ { trip: sick, reason: five calls }, run ], last: run }\non: { sick: { go_on: all the same caller, name: Ana } }\n",
    );
    let flown = flown.ends(0).is("completed");
    assert_eq!(flown.events("trigger.tripped")[0]["why"], "five calls");
    assert_eq!(flown.began(), ["well", "quiet", "last"]);
}

#[test]
fn a_monitor_ends_by_its_probe_or_by_a_verdict() {
    let fine = watched("{ id: look, monitor: { signal: errors }, for: 2s, ok: { number: \"< 5\" } }");
    flown(&fine, "steps: { well: run, look: run, last: run }\n").ends(0).is("completed");

    let trips = watched("{ id: look, monitor: cat sick, every: 1s, for: 60s, trip: { number: \"> 5\" } }")
        .replace("echo 1 > health", "echo 1 > health; echo 9 > sick");
    let back = flown(&trips, "steps: { well: run, look: [ run, { rollback: level-1 } ] }\n");
    let back = back.ends(1).is("rolled-back");
    assert_eq!(back.events("step.judged").iter().find(|one| one["step"] == "look").unwrap()["verdict"], "fail");

    let by_eye = watched("{ id: look, monitor: { checks: [ Logins work ] } }");
    let seen =
        flown(&by_eye, "steps: { well: run, look: { logins-work: ok, ok: nothing odd in an hour }, last: run }\n");
    seen.ends(0).is("completed").says("nothing odd in an hour");

    let silent = flown(&by_eye, "steps: { well: run, look: { logins-work: ok }, last: run }\n");
    silent.ends(1).says("no answer for look").is("held");

    let endless = watched("{ id: look, monitor: { signal: errors }, trip: { number: \"> 5\" } }");
    flown(&endless, "steps: { well: run, look: run, last: run }\n").ends(1).says("no answer for look").is("held");
    let enough = flown(&endless, "steps: { well: run, look: [ run, { ok: quiet for long enough } ], last: run }\n");
    enough.ends(0).is("completed");
}

#[test]
fn readings_that_people_give_are_judged_like_a_probes() {
    let read = watched(
        "{ id: look, monitor: { signal: errors }, for: 60s, trip: { number: \"> 5\" }, until: { number: \"= 0\" } }",
    )
    .replace("run: 's=$(cat health 2> /dev/null || true); echo ${s:-0}'", "measure: \"Errors?\"");
    let good =
        flown(&read, "steps: { well: run, look: run, last: run }\nreadings: { errors: [\"3\", \"1\", \"0\"] }\n");
    let good = good.ends(0).is("completed");
    assert_eq!(good.events("sampled").len(), 3);

    let bad = flown(
        &read,
        "steps: { well: run, look: [ run, { fail: x } ], last: run }\nreadings: { errors: [\"3\", \"8\"] }\non: { sick: { rollback: level-1 } }\n",
    );
    bad.ends(1).is("rolled-back");
}
