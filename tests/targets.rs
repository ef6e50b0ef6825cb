//! Commands on another machine, which is this one through a real sshd and the system's own `ssh`.
//!
//! Each test is one sentence about `engine::exec::Anywhere` with an ssh target that must stay true.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

#[path = "support/exec.rs"]
mod exec;
#[path = "support/sshd.rs"]
mod sshd;

use exec::{Told, bash, hear_until, on_runtime, sooner_than, spec, to_the_end};
use sshd::Sshd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tminus::engine::clock::{Clock, SystemClock, wait_until};
use tminus::engine::exec::{
    Anywhere, CommandSpec, Control, Executor, Live, Program, Running, StdinSource, Target, Window,
};
use tminus::model::output::{Drained, Exit};
use tminus::model::signed::Realm;

/// Sooner than the 5 s after which what does not end is killed.
const BEFORE_THE_GRACE: Duration = Duration::from_secs(4);

const WINDOW: Window = Window { rows: 24, cols: 80 };

fn anywhere() -> Anywhere {
    Anywhere::new(Live::of(Realm::Live).expect("it is live"), Arc::new(SystemClock))
}

/// `spec` on `name`, in its login folder, with nothing of ours in its environment.
fn on(sshd: &Sshd, name: &str, mut spec: CommandSpec) -> CommandSpec {
    spec.target = Target::Ssh(sshd.target(name));
    // A stop ends what carries a marker: no two commands of these tests may share one.
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    spec.marker = format!("{}/{}.1", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    spec.cwd = "".into();
    spec.env.clear();
    spec
}

fn on_db1(sshd: &Sshd, text: &str) -> CommandSpec {
    on(sshd, "db1", bash(text, "target"))
}

fn run(spec: CommandSpec) -> Told {
    on_runtime(async { to_the_end(&mut anywhere().spawn(spec), Told::default()).await })
}

/// Runs `spec` until it has printed `sign`, does `what`, and follows it to its end.
fn meanwhile(spec: CommandSpec, sign: &str, what: impl FnOnce(&Running)) -> Told {
    on_runtime(async {
        let anywhere = anywhere();
        let mut running = anywhere.spawn(spec);
        let mut told = Told::default();
        hear_until(&mut running, &mut told, sign).await;
        what(&running);
        to_the_end(&mut running, told).await
    })
}

/// Whether a process with `word` among its arguments lives.
fn lives(word: &str) -> bool {
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    pids.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .any(|line| line.split(|byte| *byte == 0).any(|arg| arg == word.as_bytes()))
}

fn ends(word: &str) -> bool {
    wait_until(Duration::from_secs(60), Duration::from_millis(10), || !lives(word))
}

/// Ends what has `word` among its arguments.
fn kill_all(word: &str) {
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(pid) = pid.filter(|_| memchr_find(&line, word.as_bytes())) {
            let _ = rustix::process::kill_process(
                rustix::process::Pid::from_raw(pid).unwrap(),
                rustix::process::Signal::KILL,
            );
        }
    }
}

/// A length for `sleep` that is this test's alone.
fn length(number: u32) -> String {
    format!("{number}.{}", std::process::id())
}

#[test]
fn streams_are_kept_apart_and_the_exit_code_is_the_commands() {
    let sshd = Sshd::start();
    let told = run(on_db1(&sshd, "echo out; echo err >&2; exit 7"));
    assert_eq!((told.out.as_slice(), told.err.as_slice()), (&b"out\n"[..], &b"err\n"[..]), "{told:?}");
    assert_eq!((told.exit(), told.drained(), told.holders()), (Exit::Code(7), Drained::Eof, &[][..]));
}

#[test]
fn variables_and_input_arrive_exactly_and_the_login_folder_is_where_it_runs() {
    let sshd = Sshd::start();
    let odd: Vec<u8> = (1..=255u8).chain(*b"'\"$(x)`\\ \n\n").collect();
    let mut spec = on_db1(&sshd, "printf %s \"$ODD\"; pwd; echo \"[$RUN_DIR$RUNBOOK_DIR]\"; cat");
    spec.program = Program::Shell {
        shell: tminus::engine::exec::Shell::Bash,
        strict: false,
        text: "printf %s \"$ODD\"; pwd; echo \"[$RUN_DIR$RUNBOOK_DIR]\"; cat".into(),
    };
    spec.env = vec![("ODD".into(), std::os::unix::ffi::OsStringExt::from_vec(odd.clone()))];
    let input: Vec<u8> = (0..=255u8).cycle().take(300_001).collect();
    spec.stdin = StdinSource::Bytes(input.clone());
    let told = run(spec);
    let home = Program::Argv(vec!["pwd".into()]);
    let home = run(on(&sshd, "db1", exec::spec(home, "home"))).out;
    let expected = [odd, home, b"[]\n".to_vec(), input].concat();
    assert!(told.out == expected, "{} bytes of {}: {:?}", told.out.len(), expected.len(), told.err);
}

#[test]
fn the_marker_is_in_its_environment_and_nothing_of_this_machines() {
    let sshd = Sshd::start();
    let mut spec = on_db1(&sshd, "echo \"$TMINUS_STEP\"; env | grep -c ^tminus_ || true; echo \"[$HOME]\"");
    spec.marker = "run-1/a.1".into();
    let told = run(spec);
    let lines: Vec<String> = told.out().lines().map(str::to_owned).collect();
    assert_eq!((lines[0].as_str(), lines[1].as_str()), ("run-1/a.1@db1", "0"), "{told:?}");
    assert_ne!(lines[2], format!("[{}]", sshd.folder.path().display()));
}

#[test]
fn a_megabyte_of_variables_arrives_and_a_value_too_long_for_the_system_there_says_so() {
    let sshd = Sshd::start();
    let mut many = on_db1(&sshd, "echo ${#V1} ${#V10}; cat /proc/$$/environ | wc -c");
    many.env = (1..=10).map(|n| (format!("V{n}").into(), "x".repeat(100_000).into())).collect();
    let told = run(many);
    assert!(told.out().starts_with("100000 100000\n10"), "{:?} {:?}", told.out(), String::from_utf8_lossy(&told.err));
    let mut long = on_db1(&sshd, "echo not reached");
    long.env = vec![("LONG".into(), "x".repeat(1 << 20).into())];
    let told = run(long);
    assert_eq!(told.exit(), Exit::Code(126), "{told:?}");
    assert!(String::from_utf8_lossy(&told.err).contains("too long"), "{told:?}");
}

#[test]
fn a_secret_is_in_no_list_of_processes_and_in_no_environment_of_an_ssh() {
    let sshd = Sshd::start();
    let secret = format!("hunter{}", std::process::id());
    let mut spec = on_db1(&sshd, "echo ready; sleep 100");
    spec.env = vec![("TOKEN".into(), secret.clone().into())];
    let seen = std::cell::RefCell::new(Vec::new());
    meanwhile(spec, "ready", |running| {
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let read = |name: &str| std::fs::read(entry.path().join(name)).unwrap_or_default();
            let holds = |bytes: &[u8]| memchr_find(bytes, secret.as_bytes());
            let comm = read("comm");
            if holds(&read("cmdline")) || (comm.starts_with(b"ssh") && holds(&read("environ"))) {
                seen.borrow_mut().push(String::from_utf8_lossy(&comm).into_owned());
            }
        }
        running.control(Control::Terminate);
    });
    assert!(seen.borrow().is_empty(), "{seen:?}");
}

fn memchr_find(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|part| part == word)
}

#[test]
fn all_commands_of_a_target_share_one_connection_and_it_ends_with_the_executor() {
    let sshd = Sshd::start();
    let said = on_runtime(async {
        let anywhere = anywhere();
        let mut spec = on_db1(&sshd, "echo here");
        spec.marker = "run-7/step.1".into();
        let (mut first, mut second) = (anywhere.spawn(spec.clone()), anywhere.spawn(spec.clone()));
        let told = tokio::join!(to_the_end(&mut first, Told::default()), to_the_end(&mut second, Told::default()));
        let third = to_the_end(&mut anywhere.spawn(spec), Told::default()).await;
        [told.0.out(), told.1.out(), third.out()].concat()
    });
    assert_eq!(said, "here\nhere\nhere\n");
    assert_eq!(sshd.log().matches("Accepted publickey").count(), 1, "{}", sshd.log());
    let quiet = wait_until(Duration::from_secs(60), Duration::from_millis(20), || sshd.serving().is_empty());
    assert!(quiet, "a connection outlives the executor");
}

#[test]
fn a_stop_reaches_the_whole_group_there() {
    let sshd = Sshd::start();
    let told = sooner_than(BEFORE_THE_GRACE, || {
        let group = on_db1(&sshd, &format!("sleep {0} | sleep {0} & echo ready; wait", length(3601)));
        meanwhile(group, "ready", |running| running.control(Control::Terminate))
    });
    assert_eq!((told.exit(), told.drained(), told.holders()), (Exit::Signal(15), Drained::Eof, &[][..]), "{told:?}");
    assert!(ends(&length(3601)), "it lives on");
}

#[test]
fn what_ignores_term_there_is_killed_after_the_grace_and_a_second_stop_skips_it() {
    let sshd = Sshd::start();
    let long = length(3602);
    let text = &format!(
        "trap '' TERM; (trap '' TERM; exec sleep {long} >/dev/null 2>&1) & echo ready; while :; do sleep 1; done"
    );
    let told = meanwhile(on_db1(&sshd, text), "ready", |running| running.control(Control::Terminate));
    assert_eq!((told.exit(), told.holders()), (Exit::Signal(9), &[][..]), "{told:?}");
    assert!(told.took >= Duration::from_millis(4900), "the grace was cut to {:?}", told.took);
    assert!(ends(&length(3602)), "it lives on");
    let told = sooner_than(BEFORE_THE_GRACE, || {
        meanwhile(on_db1(&sshd, text), "ready", |running| {
            running.control(Control::Terminate);
            running.control(Control::Kill);
        })
    });
    assert_eq!(told.exit(), Exit::Signal(9), "{told:?}");
    assert!(ends(&length(3602)), "it lives on");
}

#[test]
fn what_outlives_its_command_there_and_ignores_term_is_killed_after_the_grace() {
    let sshd = Sshd::start();
    let text = &format!("(trap '' TERM; exec sleep {} >/dev/null 2>&1) & echo ready; wait", length(3603));
    let told = meanwhile(on_db1(&sshd, text), "ready", |running| running.control(Control::Terminate));
    assert_eq!((told.exit(), told.holders()), (Exit::Signal(15), &[][..]), "{told:?}");
    assert!(told.took >= Duration::from_millis(4900), "the grace was cut to {:?}", told.took);
    assert!(ends(&length(3603)), "it lives on");
}

#[test]
fn an_interrupt_is_the_commands_to_take() {
    let sshd = Sshd::start();
    let text = "trap 'echo caught; exit 5' INT; exec 3<> <(:); echo ready; while :; do read -rt 100 -u 3 || :; done";
    let told = meanwhile(on_db1(&sshd, text), "ready", |running| running.control(Control::Interrupt));
    assert_eq!((told.exit(), told.out().as_str()), (Exit::Code(5), "ready\ncaught\n"));
}

#[test]
fn what_holds_the_output_there_is_named_and_does_not_hang_the_step() {
    let sshd = Sshd::start();
    let told = run(on_db1(&sshd, "sleep 3604 & echo on"));
    assert_eq!((told.exit(), told.drained(), told.out().as_str()), (Exit::Code(0), Drained::Grace, "on\n"), "{told:?}");
    let names: Vec<&str> = told.holders().iter().map(|holder| holder.comm.as_str()).collect();
    assert_eq!(names, ["sleep on db1"]);
    std::process::Command::new("kill").arg(told.holders()[0].pid.to_string()).status().unwrap();
}

#[test]
fn a_lost_connection_is_neither_an_end_nor_a_failure() {
    let sshd = Sshd::start();
    let told = meanwhile(on_db1(&sshd, "echo ready; sleep 3605"), "ready", |_| sshd.cut());
    let why = told.lost.as_deref().unwrap_or_else(|| panic!("{told:?}"));
    assert!(told.end.is_none() && told.refused.is_none());
    for word in ["target db1", "was lost after the command was sent", "process group there is", "ssh says"] {
        assert!(why.contains(word), "{why}");
    }
    let pid = why.split("process group there is ").nth(1).unwrap().split(';').next().unwrap();
    let group: i32 = pid.parse().unwrap_or_else(|_| panic!("{pid:?} in {why}"));
    let group = rustix::process::Pid::from_raw(group).unwrap();
    rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_command_is_sent_again_over_a_new_connection_only_when_somebody_starts_it() {
    let sshd = Sshd::start();
    on_runtime(async {
        let anywhere = anywhere();
        let mut running = anywhere.spawn(on_db1(&sshd, "echo ready; sleep 1"));
        let mut told = Told::default();
        hear_until(&mut running, &mut told, "ready").await;
        sshd.cut();
        let told = to_the_end(&mut running, told).await;
        assert!(told.lost.is_some(), "{told:?}");
        assert_eq!(sshd.log().matches("Accepted publickey").count(), 1);
        let told = to_the_end(&mut anywhere.spawn(on_db1(&sshd, "echo again")), Told::default()).await;
        assert_eq!((told.out().as_str(), told.exit()), ("again\n", Exit::Code(0)));
        assert_eq!(sshd.log().matches("Accepted publickey").count(), 2);
    });
}

#[test]
fn a_target_that_cannot_be_reached_says_what_was_tried_what_ssh_said_and_what_to_do() {
    let sshd = Sshd::start();
    let cases = [
        ("stranger", "its host key is not known here", "Host key verification failed"),
        ("changed", "find out why before anything else", "Host key verification failed"),
        ("keyless", "no key was accepted", "Permission denied"),
        ("silent", "nothing listens there", "Connection refused"),
        ("nowhere", "its name is not known", "Could not resolve hostname"),
    ];
    for (name, what, ssh) in cases {
        let told = run(on(&sshd, name, bash("echo not reached", "refused")));
        let why = told.refused.as_deref().unwrap_or_else(|| panic!("{name}: {told:?}"));
        assert!(told.pid == 0 && told.out.is_empty());
        for word in [format!("target {name}"), format!("ssh {name}"), what.into(), ssh.into()] {
            assert!(why.contains(&word), "{why:?} does not say {word:?}");
        }
    }
    let mut spec = on_db1(&sshd, "true");
    if let Target::Ssh(target) = &mut spec.target {
        target.environment = vec![("PATH".into(), "/nowhere".into())];
    }
    let told = run(spec);
    assert!(told.refused.as_deref().unwrap().contains("there is no program ssh"), "{told:?}");
    for address in ["-oProxyCommand=touch /tmp/x", "", "a\nb"] {
        let mut spec = on_db1(&sshd, "true");
        if let Target::Ssh(target) = &mut spec.target {
            target.address = address.into();
        }
        assert!(run(spec).refused.as_deref().unwrap().contains("is no address"));
    }
}

#[test]
fn what_is_missing_there_is_said_and_was_not_started() {
    let sshd = Sshd::start();
    let program = on(&sshd, "db1", spec(Program::Argv(vec!["no-such-program".into()]), "missing"));
    let told = run(program);
    assert!(told.refused.as_deref().unwrap().contains("no program no-such-program on db1"), "{told:?}");
    let mut folder = on_db1(&sshd, "true");
    folder.cwd = "/no/such".into();
    let told = run(folder);
    assert!(told.refused.as_deref().unwrap().contains("/no/such does not exist on db1"), "{told:?}");
    let mut named = on_db1(&sshd, "true");
    named.env = vec![("A B".into(), "x".into())];
    assert!(run(named).refused.as_deref().unwrap().contains("cannot be the name of a variable"));
}

#[test]
fn a_terminal_there_prompts_resizes_and_takes_ctrl_c_and_echoes_no_secret() {
    let sshd = Sshd::start();
    let text = "read -r -s -p 'Password: ' word </dev/tty; echo; echo \"$word $TOKEN\" | tr a-z A-Z; stty size; \
                trap 'stty size; echo sized' WINCH; trap 'echo caught; exit 6' INT; exec 3<> <(:); echo ready; while :; do read -rt 100 -u 3 || :; done";
    let mut spec = on_db1(&sshd, text);
    spec.terminal = Some(WINDOW);
    spec.env = vec![("TOKEN".into(), "quite".into())];
    let told = on_runtime(async {
        let anywhere = anywhere();
        let mut running = anywhere.spawn(spec);
        let mut told = Told::default();
        hear_until(&mut running, &mut told, "Password: ").await;
        running.controls().type_in(b"hunter\r").unwrap();
        hear_until(&mut running, &mut told, "ready\n").await;
        running.controls().resize(Window { rows: 50, cols: 132 });
        hear_until(&mut running, &mut told, "sized\n").await;
        running.controls().type_in(b"\x03").unwrap();
        to_the_end(&mut running, told).await
    });
    assert_eq!(told.exit(), Exit::Code(6), "{told:?}");
    assert_eq!(told.out().replace("^C", ""), "Password: \nHUNTER QUITE\n24 80\nready\n50 132\nsized\ncaught\n");
}

#[test]
fn what_is_typed_before_a_terminal_there_is_ready_arrives_as_it_was_typed() {
    let sshd = Sshd::start();
    let mut spec = on_db1(&sshd, "read -r word; read -r other; echo \"<$word> <$other>\"");
    spec.terminal = Some(WINDOW);
    let told = on_runtime(async {
        let anywhere = anywhere();
        let mut running = anywhere.spawn(spec);
        running.controls().type_in(b"early\rbird\r").unwrap();
        to_the_end(&mut running, Told::default()).await
    });
    assert!(told.out().ends_with("<early> <bird>\n"), "{told:?}");
}

#[test]
fn a_megabyte_reaches_a_terminal_there_whole_and_unseen() {
    let sshd = Sshd::start();
    let mut spec = on_db1(&sshd, "echo ${#V1} ${#V10}");
    spec.env = (1..=10).map(|n| (format!("V{n}").into(), "x".repeat(100_000).into())).collect();
    spec.terminal = Some(WINDOW);
    let told = run(spec);
    assert_eq!((told.out().as_str(), told.exit()), ("100000 100000\n", Exit::Code(0)));
}

#[test]
fn a_stop_ends_a_terminal_there() {
    let sshd = Sshd::start();
    let mut spec = on_db1(&sshd, &format!("set -m; sleep {} & echo ready; wait", length(3606)));
    spec.terminal = Some(WINDOW);
    let told = meanwhile(spec, "ready", |running| running.control(Control::Terminate));
    assert_eq!((told.exit(), told.holders()), (Exit::Signal(15), &[][..]), "{told:?}");
    assert!(ends(&length(3606)), "it lives on");
}

#[test]
fn a_login_that_asks_a_person_can_be_answered_at_a_terminal_and_nowhere_else() {
    let sshd = Sshd::start();
    let text = format!("tty >/dev/null && echo ready; sleep {}", length(3607));
    let mut spec = on(&sshd, "stranger", bash(&text, "asks"));
    spec.terminal = Some(WINDOW);
    let told = on_runtime(async {
        let anywhere = anywhere();
        let mut running = anywhere.spawn(spec);
        let mut told = Told::default();
        hear_until(&mut running, &mut told, "(yes/no/[fingerprint])? ").await;
        running.controls().type_in(b"yes\r").unwrap();
        hear_until(&mut running, &mut told, "ready\n").await;
        running.control(Control::Terminate);
        to_the_end(&mut running, told).await
    });
    assert_eq!((told.exit(), told.holders()), (Exit::Signal(15), &[][..]), "{told:?}");
    assert!(ends(&length(3607)), "it lives on");
}

#[test]
fn a_stop_that_cannot_be_confirmed_is_no_end() {
    let sshd = Sshd::start();
    let text = format!("trap '' TERM HUP; echo ready; sleep {}", length(3608));
    let told = meanwhile(on_db1(&sshd, &text), "ready", |running| {
        sshd.freeze();
        running.control(Control::Terminate);
        running.control(Control::Terminate);
    });
    let why = told.lost.as_deref().unwrap_or_else(|| panic!("{told:?}"));
    assert!(why.contains("The stop could not be confirmed: no answer in 15 s"), "{why}");
    kill_all(&length(3608));
}

#[test]
fn a_stop_is_sent_though_nobody_reads_what_is_printed() {
    let sshd = Sshd::start();
    on_runtime(async {
        let anywhere = anywhere();
        let mut running = anywhere.spawn(on_db1(&sshd, &format!("echo ready; yes & sleep {}", length(3609))));
        let mut told = Told::default();
        hear_until(&mut running, &mut told, "ready").await;
        running.control(Control::Kill);
        let begun = SystemClock.now();
        while lives(&length(3609)) {
            assert!(SystemClock.now().since(begun) < Duration::from_secs(60), "it was not stopped");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let told = to_the_end(&mut running, told).await;
        assert_eq!((told.exit(), told.holders()), (Exit::Signal(9), &[][..]));
    });
}

#[test]
fn a_stop_while_the_target_does_not_answer_ends_the_wait() {
    let sshd = Sshd::start();
    sshd.freeze();
    let told = on_runtime(async {
        let anywhere = anywhere();
        let mut running = anywhere.spawn(on_db1(&sshd, "echo not reached"));
        running.control(Control::Terminate);
        to_the_end(&mut running, Told::default()).await
    });
    assert!(told.refused.as_deref().unwrap().contains("stopped before target db1 was reached"), "{told:?}");
}
