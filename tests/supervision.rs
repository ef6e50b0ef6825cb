//! Processes as they are: real shells, floods, held pipes, deaf children, children that leave.
//!
//! Each test is one sentence about `engine::exec::Local` that must stay true. None sleeps: each waits for a named condition
//! with a deadline, and says what it saw.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

#[path = "support/exec.rs"]
mod exec;

use exec::{Told, bash, end, gone, on_runtime, run, shell, sooner_than, spec, start, to_the_end, until_printed};
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;
use tminus::engine::clock::{Clock, SystemClock, wait_until};
use tminus::engine::exec::{
    CommandSpec, Control, ExecFact, Program, Shell, StdinSource, become_subreaper, reap_adopted,
};
use tminus::engine::survivors;
use tminus::model::output::{Drained, Exit, Stream};

/// Sooner than the 5 s after which what does not end is killed.
const BEFORE_THE_GRACE: Duration = Duration::from_secs(4);

/// Runs `spec` until it has printed `ready`, asks each of `controls`, and follows it to its end.
fn stopped(spec: CommandSpec, controls: &[Control]) -> Told {
    on_runtime(async {
        let mut running = start(spec);
        let told = until_printed(&mut running, "ready").await;
        controls.iter().for_each(|control| running.control(*control));
        to_the_end(&mut running, told).await
    })
}

/// Waits until `pid` has ended, reaped or not, while the runtime goes on.
async fn until_zombie(pid: i32) {
    let begun = SystemClock.now();
    loop {
        let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if line.is_empty() || line.contains(") Z ") {
            return;
        }
        assert!(SystemClock.now().since(begun) < Duration::from_secs(60), "it still lives: {line}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn streams_are_kept_apart_and_the_exit_code_is_the_shells() {
    for kind in [Shell::Bash, Shell::Sh] {
        let told = run(spec(shell(kind, "echo out; echo err >&2; exit 7"), "apart"));
        assert_eq!((told.out.as_slice(), told.err.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!((told.exit(), told.drained(), told.holders()), (Exit::Code(7), Drained::Eof, &[][..]));
    }
}

#[test]
fn a_strict_text_ends_at_its_first_failure_and_a_loose_one_does_not() {
    for (kind, text) in [(Shell::Bash, "false | true; echo on"), (Shell::Sh, "false; echo on")] {
        let strict = run(spec(shell(kind, text), "strict"));
        assert_eq!((strict.out(), strict.exit()), (String::new(), Exit::Code(1)), "{kind:?}");
        let loose = run(spec(Program::Shell { shell: kind, strict: false, text: text.into() }, "loose"));
        assert_eq!((loose.out(), loose.exit()), ("on\n".into(), Exit::Code(0)), "{kind:?}");
    }
    assert_ne!(run(bash("echo \"$NOT_SET\"; echo on", "unset")).exit(), Exit::Code(0));
}

#[test]
fn the_environment_is_the_given_one_and_the_marker_and_nothing_else() {
    let mut spec = spec(Program::Argv(vec!["env".into()]), "env");
    spec.env.push(("GIVEN".into(), "a\nb".into()));
    let marker = spec.marker.clone();
    let mut lines: Vec<String> = run(spec).out().lines().map(str::to_string).collect();
    lines.retain(|line| !line.starts_with("PATH="));
    lines.sort();
    assert_eq!(lines, ["GIVEN=a".to_string(), format!("TMINUS_STEP={marker}"), "b".into()]);
}

#[test]
fn the_tail_is_not_lost_when_the_reader_is_slower_than_the_grace() {
    // More small chunks than the queue takes, then less than a pipe holds: the command ends with all of that unread.
    let text = "for n in {1..40}; do echo $n; sleep 0.01; done; seq 1 50000; echo the end";
    let told = on_runtime(async {
        let mut running = start(bash(text, "tail"));
        let told = until_printed(&mut running, "1\n").await;
        // The subject is what happens when the grace passes and nobody has read.
        until_zombie(told.pid).await;
        tokio::time::sleep(Duration::from_millis(2200)).await;
        to_the_end(&mut running, told).await
    });
    let lines = |last: usize| (1..=last).map(|n| format!("{n}\n")).collect::<String>();
    let expected = lines(40) + &lines(50_000) + "the end\n";
    assert!(told.out == expected.as_bytes(), "{} bytes of {} came", told.out.len(), expected.len());
    assert_eq!((told.exit(), told.drained()), (Exit::Code(0), Drained::Eof));
}

#[test]
fn a_held_pipe_is_named_and_does_not_hang_the_step() {
    let told = run(bash("echo before; sleep 100 & exit 3", "held"));
    assert_eq!((told.out(), told.exit(), told.drained()), ("before\n".into(), Exit::Code(3), Drained::Grace));
    let names: Vec<&str> = told.holders().iter().map(|holder| holder.comm.as_str()).collect();
    assert_eq!(names, ["sleep"]);
    end(told.holders());
}

#[test]
fn a_grandchild_that_floods_a_held_pipe_does_not_hang_the_step() {
    let told = on_runtime(async {
        let mut running = start(bash("yes & exit 0", "yes"));
        let mut told = Told::default();
        while let Some(fact) = running.facts.recv().await {
            told.hear(fact);
            told.out.clear();
        }
        told
    });
    assert_eq!((told.exit(), told.drained()), (Exit::Code(0), Drained::Grace));
    let names: Vec<&str> = told.holders().iter().map(|holder| holder.comm.as_str()).collect();
    assert_eq!(names, ["yes"]);
    end(told.holders());
}

#[test]
fn a_fork_that_leaves_the_session_is_named() {
    let text = "read -r _ < <(setsid bash -c 'echo left; exec sleep 100 </dev/null >/dev/null 2>&1')";
    let told = run(bash(text, "leaves"));
    assert_eq!((told.exit(), told.drained(), told.holders().len()), (Exit::Code(0), Drained::Eof, 1), "{told:?}");
    let holder = &told.holders()[0];
    let line = std::fs::read_to_string(format!("/proc/{}/stat", holder.pid)).unwrap();
    assert_eq!(line.split(' ').nth(5), Some(holder.pid.to_string().as_str()), "it has no session of its own: {line}");
    end(told.holders());
}

#[test]
fn a_child_that_leaves_and_loses_its_marker_is_named_by_the_pipe_it_holds() {
    let told = run(bash("read -r _ < <(setsid env -i bash -c 'echo left; exec sleep 100 >&2')", "unmarked"));
    assert_eq!((told.exit(), told.drained(), told.holders().len()), (Exit::Code(0), Drained::Grace, 1), "{told:?}");
    end(told.holders());
}

#[test]
fn a_child_that_leaves_the_session_outlives_a_stop_but_not_a_kill() {
    let text = "setsid sh -c 'echo ready; exec sleep 100' & sleep 100";
    let stop = stopped(bash(text, "outlives"), &[Control::Terminate]);
    assert_eq!((stop.exit(), stop.drained()), (Exit::Signal(15), Drained::Grace));
    assert_eq!(stop.holders().len(), 1, "{stop:?}");
    end(stop.holders());
    let kill = stopped(bash(text, "outlives"), &[Control::Kill]);
    assert_eq!((kill.exit(), kill.holders()), (Exit::Signal(9), &[][..]));
}

#[test]
fn term_ends_a_whole_pipeline_at_once() {
    let pipeline = || bash("sleep 100 | sleep 100 & echo ready; wait", "pipeline");
    let told = sooner_than(BEFORE_THE_GRACE, || stopped(pipeline(), &[Control::Terminate]));
    assert_eq!((told.exit(), told.drained(), told.holders()), (Exit::Signal(15), Drained::Eof, &[][..]));
}

#[test]
fn a_stop_reaches_the_jobs_of_a_shell_with_job_control() {
    let jobs = || bash("set -m; sleep 100 & echo ready; wait", "jobs");
    let told = sooner_than(BEFORE_THE_GRACE, || stopped(jobs(), &[Control::Terminate]));
    assert_eq!((told.drained(), told.holders()), (Drained::Eof, &[][..]), "{told:?}");
}

#[test]
fn a_child_that_ignores_term_is_killed_after_the_grace() {
    let told = stopped(bash("trap '' TERM; echo ready; while :; do sleep 1; done", "deaf"), &[Control::Terminate]);
    assert_eq!((told.exit(), told.holders()), (Exit::Signal(9), &[][..]));
    assert!(told.took >= Duration::from_millis(4900), "the grace was cut to {:?}", told.took);
}

#[test]
fn what_ignores_term_in_the_background_is_killed_after_the_grace_too() {
    for output in ["", ">/dev/null 2>&1"] {
        let text = format!("(trap '' TERM; echo ready; exec sleep 100 {output}) & wait");
        let told = stopped(bash(&text, "deaf-child"), &[Control::Terminate]);
        assert_eq!((told.exit(), told.drained(), told.holders()), (Exit::Signal(15), Drained::Eof, &[][..]));
        assert!(told.took >= Duration::from_millis(4900), "the grace was cut to {:?}", told.took);
    }
}

#[test]
fn a_second_stop_skips_the_grace() {
    for second in [Control::Terminate, Control::Kill] {
        let deaf = || bash("trap '' TERM; echo ready; while :; do sleep 1; done", "second");
        let told = sooner_than(BEFORE_THE_GRACE, || stopped(deaf(), &[Control::Terminate, second]));
        assert_eq!((told.exit(), told.holders()), (Exit::Signal(9), &[][..]));
    }
}

#[test]
fn an_interrupt_can_be_handled_by_the_command() {
    let text = "trap 'echo tidied; exit 4' INT; exec 3<> <(:); echo ready; while :; do read -rt 100 -u 3 || :; done";
    let told = stopped(bash(text, "interrupt"), &[Control::Interrupt]);
    assert_eq!((told.out(), told.exit()), ("ready\ntidied\n".into(), Exit::Code(4)));
}

#[test]
fn a_stopped_child_still_dies() {
    let told = on_runtime(async {
        let mut running = start(bash("echo ready; kill -STOP $$; echo on", "frozen"));
        let told = until_printed(&mut running, "ready").await;
        let stat = format!("/proc/{}/stat", told.pid);
        let frozen = || std::fs::read_to_string(&stat).is_ok_and(|line| line.contains(") T "));
        assert!(wait_until(Duration::from_secs(60), Duration::from_millis(5), frozen));
        running.control(Control::Terminate);
        to_the_end(&mut running, told).await
    });
    assert!(matches!(told.exit(), Exit::Signal(15 | 9)), "{told:?}");
    assert_eq!(told.out(), "ready\n");
}

#[test]
fn a_stop_is_heard_while_nobody_reads_the_output() {
    on_runtime(async {
        let mut running = start(bash("yes", "unread"));
        let told = until_printed(&mut running, "y").await;
        running.control(Control::Kill);
        until_zombie(told.pid).await;
        assert_eq!(to_the_end(&mut running, told).await.exit(), Exit::Signal(9));
    });
}

#[test]
fn dev_tty_is_not_reachable_from_a_step() {
    use portable_pty::{CommandBuilder, PtySize, native_pty_system};
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "under_a_terminal_of_its_own", "--ignored", "--nocapture"]);
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut said = Vec::new();
    // The end of a terminal is an error (EIO), which is as good as the end of a file.
    let _ = pair.master.try_clone_reader().unwrap().read_to_end(&mut said);
    assert!(child.wait().unwrap().success(), "{}", String::from_utf8_lossy(&said));
    assert!(String::from_utf8_lossy(&said).contains("1 passed"), "{}", String::from_utf8_lossy(&said));
}

#[test]
#[ignore = "run by dev_tty_is_not_reachable_from_a_step, with a terminal of its own"]
fn under_a_terminal_of_its_own() {
    assert!(std::fs::File::open("/dev/tty").is_ok(), "this test has no terminal, so it shows nothing");
    let told = run(bash("if (: </dev/tty) 2>/dev/null; then echo open; else echo shut; fi", "tty"));
    assert_eq!((told.out(), told.exit()), ("shut\n".into(), Exit::Code(0)));
}

#[test]
fn a_step_leads_a_session_and_writes_no_core_file() {
    let told =
        run(bash("ulimit -S -c; read -r _ _ _ _ group session _ </proc/$$/stat; echo $$ $group $session", "session"));
    assert_eq!(told.out(), format!("0\n{0} {0} {0}\n", told.pid));
}

#[test]
fn bytes_that_are_not_utf8_stay_exact() {
    let mut spec = spec(Program::Argv(vec!["cat".into()]), "bytes");
    let bytes: Vec<u8> = (0..=255u8).cycle().take(100_003).collect();
    spec.stdin = StdinSource::Bytes(bytes.clone());
    assert!(run(spec).out == bytes);
}

#[test]
fn stdin_that_is_not_read_does_not_block() {
    let mut spec = bash("echo done", "unread-stdin");
    spec.stdin = StdinSource::Bytes(vec![b'x'; 8 << 20]);
    let told = run(spec);
    assert_eq!((told.out(), told.exit(), told.drained()), ("done\n".into(), Exit::Code(0), Drained::Eof));
}

#[test]
fn stdin_that_was_not_given_ends_at_once() {
    assert_eq!(run(bash("cat; echo done", "null-stdin")).out(), "done\n");
}

#[test]
fn a_flood_arrives_whole_in_order_and_in_bounded_memory() {
    const LINES: usize = 4 << 20; // of 16 bytes: 64 MiB
    let before = peak_memory();
    on_runtime(async {
        let mut running = start(bash(&format!("seq -f %015.0f 1 {LINES}"), "flood"));
        let (mut expected, mut part, mut biggest) = (1usize, Vec::new(), 0);
        while let Some(fact) = running.facts.recv().await {
            match fact {
                ExecFact::Output { stream: Stream::Out, bytes, .. } => {
                    biggest = biggest.max(bytes.capacity());
                    part.extend_from_slice(&bytes);
                    let whole = part.len() / 16 * 16;
                    for line in part[..whole].chunks(16) {
                        let number: usize = std::str::from_utf8(line).unwrap().trim().parse().unwrap();
                        assert_eq!(number, expected);
                        expected += 1;
                    }
                    part.drain(..whole);
                }
                ExecFact::Exited { exit, drained, .. } => assert_eq!((exit, drained), (Exit::Code(0), Drained::Eof)),
                ExecFact::Output { .. } | ExecFact::Spawned { .. } | ExecFact::Reached { .. } => {}
                ExecFact::NotStarted { why, .. } | ExecFact::Lost { why, .. } => panic!("{why}"),
            }
        }
        assert_eq!((expected - 1, part.len()), (LINES, 0));
        assert!(biggest <= 256 << 10, "a chunk took {biggest} bytes");
    });
    let grown = peak_memory() - before;
    assert!(grown < 48 << 10, "memory grew by {grown} KiB");
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn what_cannot_be_started_says_what_to_mend() {
    let folder = tempfile::tempdir().unwrap();
    let script = |name: &str, text: &str, mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        Program::Argv(vec![path.to_str().unwrap().to_string()])
    };
    let argv = |word: &str| Program::Argv(vec![word.into()]);
    let in_folder = |mut spec: CommandSpec, cwd: PathBuf, path: Option<&str>| {
        spec.cwd = cwd;
        if let Some(path) = path {
            spec.env = vec![("PATH".into(), path.into())];
        }
        spec
    };
    let here = || PathBuf::from("/");
    let cases = [
        (argv("no-such-program"), here(), None, "there is no program no-such-program on the PATH"),
        (argv("/no/such"), here(), None, "the program /no/such does not exist"),
        (argv(""), here(), None, "no program is named"),
        (Program::Argv(Vec::new()), here(), None, "no program is named"),
        (shell(Shell::Bash, "true"), here(), Some("/nowhere"), "there is no bash on the PATH"),
        (shell(Shell::Bash, "true"), "/no/such".into(), None, "the working directory /no/such does not exist"),
        (shell(Shell::Sh, "true"), "/etc/passwd".into(), None, "the working directory /etc/passwd is not a directory"),
        (shell(Shell::Sh, "a\0b"), here(), None, "NUL"),
        (Program::Argv(vec!["echo".into(), "\0".into()]), here(), None, "NUL"),
        (shell(Shell::Bash, &format!(": {}", "x".repeat(200_000))), here(), None, "too long for the system"),
        (script("plain", "#!/bin/sh\n", 0o644), here(), None, "may not be executed"),
        (script("lost", "#!/no/such/interpreter\n", 0o755), here(), None, "interpreter"),
    ];
    for (program, cwd, path, words) in cases {
        let told = run(in_folder(spec(program, "refused"), cwd, path));
        let why = told.refused.as_deref().unwrap_or_else(|| panic!("it started, but should say {words}: {told:?}"));
        assert!(why.contains(words), "{why:?} does not say {words:?}");
        assert!(told.end.is_none() && told.pid == 0);
    }
}

#[test]
fn a_program_named_by_a_path_is_looked_for_in_the_steps_own_directory() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/bin/echo", folder.path().join("say")).unwrap();
    let mut spec = spec(Program::Argv(vec!["./say".into(), "here".into()]), "relative");
    spec.cwd = folder.path().into();
    assert_eq!(run(spec).out(), "here\n");
}

#[test]
fn survivors_are_found_by_marker_and_by_pid_and_can_be_ended() {
    let told = run(bash("setsid sleep 100 </dev/null >/dev/null 2>&1 & disown; exec sleep 0.1", "survive"));
    let holder = told.holders().first().unwrap_or_else(|| panic!("none was left: {told:?}")).clone();
    let boot = survivors::boot_id();
    let prefix = format!("survive/{}/", std::process::id());
    assert_eq!(survivors::find(&boot, &prefix, &[]), std::slice::from_ref(&holder));
    assert_eq!(survivors::find(&boot, "", &[(holder.pid, holder.start)]), std::slice::from_ref(&holder));
    assert_eq!(survivors::find(&boot, "", &[(holder.pid, holder.start + 1)]), []);
    assert_eq!(survivors::find("another boot", &prefix, &[(holder.pid, holder.start)]), []);
    assert!(survivors::signal_group(&holder, Control::Terminate));
    assert!(gone(&holder));
    assert_eq!(survivors::find(&boot, &prefix, &[]), []);
}

#[test]
fn what_a_subreaper_adopted_is_reaped_and_a_steps_own_exit_code_is_not_stolen() {
    become_subreaper().unwrap();
    let told = run(bash("setsid sleep 100 </dev/null >/dev/null 2>&1 & disown; sleep 0.1; exit 5", "adopted"));
    assert_eq!(told.exit(), Exit::Code(5));
    let orphan = told.holders().first().unwrap_or_else(|| panic!("none was left: {told:?}"));
    end(std::slice::from_ref(orphan));
    let reaped = || {
        reap_adopted();
        survivors::start_ticks(orphan.pid).is_none()
    };
    assert!(wait_until(Duration::from_secs(60), Duration::from_millis(5), reaped), "{orphan:?} stays a zombie");
    on_runtime(async {
        let mut running = start(bash("echo ready; sleep 100 & exit 6", "own"));
        let told = until_printed(&mut running, "ready").await;
        until_zombie(told.pid).await;
        reap_adopted();
        assert!(survivors::start_ticks(told.pid).is_some(), "its number was given away while it could be signalled");
        let told = to_the_end(&mut running, told).await;
        assert_eq!((told.exit(), told.drained()), (Exit::Code(6), Drained::Grace));
        assert_eq!(survivors::start_ticks(told.pid), None, "it was not reaped at its end");
        end(told.holders());
    });
}
