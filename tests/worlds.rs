//! The runbooks of the five plans, flown in their worlds: straight through, back by each level, and by each trigger.
//!
//! A flight is a folder `tests/worlds/NAME/flights/FLIGHT`; `tests/worlds/fly NAME FLIGHT` flies it with the shipped runbook and
//! reads what became of the world. Here each is flown with the built program and a home of its own, and what it left behind is
//! verified. What a world needs and this machine lacks is said in one line, which fails in CI and leaves the flight out elsewhere.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const WORLDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/worlds");
const TMINUS: &str = env!("CARGO_BIN_EXE_tminus");

/// A command for somebody who has nothing but this home, with the built program first on PATH.
fn in_home(program: &str, home: &Path) -> Command {
    let path = std::env::var_os("PATH").unwrap();
    let first = [PathBuf::from(TMINUS).parent().unwrap().to_owned()];
    let path = std::env::join_paths(first.into_iter().chain(std::env::split_paths(&path))).unwrap();
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .env("PATH", path)
        .env("HOME", home)
        .env("TMPDIR", home)
        .env("TMINUS_RUNS", home.join("runs"));
    // The service of the worlds is built by rustc, which rustup finds in the home of whoever runs the tests.
    let own = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    for (variable, folder) in [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")] {
        command.env(variable, std::env::var_os(variable).unwrap_or_else(|| own.join(folder).into()));
    }
    for variable in ["XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK", "TZ"] {
        command.env_remove(variable);
    }
    command
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The line that says what this machine lacks for a world.
fn lacks(text: &str) -> Option<&str> {
    text.lines().find(|line| {
        line.starts_with("tests/worlds/") && (line.contains(" needs") || line.contains("there is no PostgreSQL server"))
    })
}

/// Flies it, and verifies what it left: `sealed`, unless the run waits for somebody at its end.
fn flown(world: &str, flight: &str, sealed: bool) {
    let home = tempfile::tempdir().unwrap();
    // The database's owner is another user and has to pass through.
    std::fs::set_permissions(home.path(), Permissions::from_mode(0o711)).unwrap();
    let flown = in_home(&format!("{WORLDS}/fly"), home.path()).args([world, flight]).output().unwrap();
    let text = said(&flown);
    if let Some(line) = lacks(&text) {
        assert!(std::env::var_os("CI").is_none(), "{line}");
        #[allow(clippy::print_stderr, reason = "this is how a test says that it was left out")]
        {
            eprintln!("left out: {world}, {flight}: {line}");
        }
        return;
    }
    assert!(flown.status.success(), "{world}, {flight}:\n{text}");
    let run = std::fs::read_dir(home.path().join("runs")).unwrap().flatten().map(|entry| entry.path());
    let run = run.filter(|path| path.is_dir()).max().unwrap();
    let verified = in_home(TMINUS, home.path()).arg("verify").arg(run).output().unwrap();
    let (text, wanted) = (said(&verified), if sealed { "verified: sealed by" } else { "unsealed;" });
    assert!(verified.status.success() == sealed && text.contains(wanted), "{world}, {flight}:\n{text}");
}

/// One test a flight: `the sentence: FLIGHT;`, and below `waits` the flights whose run waits at its end.
macro_rules! flights {
    ($module:ident, $world:literal, { $($sentence:ident: $flight:literal;)* } waits { $($waits:ident: $held:literal;)* }) => {
        mod $module {
            $(#[test] fn $sentence() { super::flown($world, $flight, true); })*
            $(#[test] fn $waits() { super::flown($world, $held, false); })*

            #[test]
            fn every_flight_of_this_world_is_flown() {
                super::all_flown($world, &[$($flight,)* $($held,)*]);
            }
        }
    };
}

fn all_flown(world: &str, flown: &[&str]) {
    let folder = std::fs::read_dir(format!("{WORLDS}/{world}/flights")).unwrap().flatten();
    let mut there: Vec<String> = folder.map(|entry| entry.file_name().into_string().unwrap()).collect();
    there.sort();
    let mut flown = flown.to_vec();
    flown.sort_unstable();
    assert_eq!(flown, there);
}

flights!(sandbox_to_live, "sandbox-to-live", {
    it_goes_live_straight_through: "straight";
    a_cancelled_activation_goes_back_to_the_sandbox: "back-to-sandbox";
    an_emergency_stops_everything_and_kills_the_key: "emergency-stop";
    a_first_rate_limit_goes_back_to_the_sandbox: "rate-limited";
    a_spike_of_rate_limits_goes_back_from_full_traffic: "rate-limit-spike";
    answers_with_500_go_back_to_the_sandbox: "answers-500";
    a_violated_invariant_stops_everything: "invariant-violated";
    somebody_who_sees_money_leak_stops_everything: "money-leaks";
} waits {
    a_red_gate_lets_nothing_begin: "gates-red";
});

flights!(sms_go_live, "sms-go-live", {
    two_weeks_around_one_morning_go_straight_through: "straight";
    double_messages_go_back_to_the_morning: "full";
    double_messages_go_back_to_the_old_schema: "full-old-schema";
    few_deliveries_go_back: "delivery-low";
    somebody_who_sees_corruption_goes_back: "corruption";
    somebody_who_sees_a_breach_goes_back: "breach";
    somebody_who_sees_a_critical_bug_goes_back: "critical-bug";
    a_no_go_lets_no_pilot_begin: "no-go";
} waits {});

flights!(fan_privacy_calls, "fan-privacy-calls", {
    both_features_are_on_in_the_end: "straight";
    level_1_switches_calls_off_and_keeps_profiles: "level-1";
    level_2_brings_the_code_before_back: "level-2";
    level_3_takes_the_migrations_back: "level-3";
    level_3_restores_the_backup_where_balances_are_wrong: "level-3-restore";
    too_many_errors_switch_calls_off: "too-many-errors";
    somebody_who_sees_a_critical_bug_switches_both_off: "critical-bug";
} waits {});

flights!(prepaid_billing, "prepaid-billing", {
    wrong_ends_of_calls_bring_the_old_code_back: "old-code";
    somebody_who_sees_calls_end_with_money_left_brings_the_old_code_back: "critical";
    a_broken_kill_switch_brings_the_old_code_back: "kill-switch-broken";
    twelve_rounds_of_watching_are_read_and_the_flag_is_on_in_the_end: "enabled";
} waits {
    it_is_dormant_after_its_last_phase_and_waits_for_its_first_watch: "straight";
    a_database_that_cannot_be_written_lets_no_migration_begin: "read-only";
});

flights!(billing_launch, "billing-launch", {
    its_days_its_weeks_and_its_month_are_read_and_it_is_closed: "closed";
    the_flag_switches_billing_off: "flag-off";
    the_kill_switch_stops_billing: "kill-switch";
    the_image_before_comes_back: "previous-image";
    full_memory_goes_back: "memory-full";
    an_exhausted_pool_goes_back: "pool-exhausted";
    failing_sign_ups_go_back: "signups-fail";
    slow_answers_go_back: "slow";
    failing_payments_go_back: "stripe-fails";
    a_webhook_with_the_wrong_secret_goes_back: "webhook-401";
    failing_webhooks_go_back: "webhooks-fail";
} waits {
    it_is_launched_after_its_last_phase_and_waits_for_its_first_day: "straight";
    red_tests_let_nothing_begin: "tests-red";
});
