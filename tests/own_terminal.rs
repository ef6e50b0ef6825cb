//! Commands on a terminal of their own: prompts, sizes, keys, full-screen programs, and how they are stopped.
//!
//! Each test is one sentence about `engine::exec::Local` with `terminal` set that must stay true, with real programs.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

#[path = "support/exec.rs"]
mod exec;

use exec::{Told, bash, end, hear_until, on_runtime, sooner_than, spec, start, to_the_end};
use std::time::Duration;
use tminus::engine::exec::{CommandSpec, Control, NotTyped, Program, StdinSource, Window};
use tminus::model::output::{Drained, Exit};

const WINDOW: Window = Window { rows: 24, cols: 80 };

fn on_terminal(mut spec: CommandSpec) -> CommandSpec {
    spec.terminal = Some(WINDOW);
    spec
}

/// Runs `text`; whenever one of `talk` is printed, types what belongs to it.
fn conversation(text: &str, talk: &[(&str, &str)]) -> Told {
    on_runtime(async {
        let mut running = start(on_terminal(bash(text, "talk")));
        let mut told = Told::default();
        for (sign, answer) in talk {
            hear_until(&mut running, &mut told, sign).await;
            running.controls().type_in(answer.as_bytes()).unwrap();
        }
        to_the_end(&mut running, told).await
    })
}

#[test]
fn a_password_prompt_works_and_what_is_typed_to_it_is_nowhere_in_the_output() {
    let text = "read -r -s -p 'Password: ' word </dev/tty; echo; [ \"$word\" = hunter22 ] && echo right; tty";
    let told = conversation(text, &[("Password: ", "hunter22\r")]);
    assert_eq!(told.exit(), Exit::Code(0), "{told:?}");
    let out = told.out();
    assert!(out.starts_with("Password: \nright\n/dev/pts/"), "{out:?}");
    assert!(!out.contains("hunter22") && told.err.is_empty(), "{out:?}");
}

#[test]
fn lines_end_in_lf_alone_and_both_streams_are_one() {
    let told = conversation("echo out; echo err >&2; echo \"$TERM\"; test -t 0 && test -t 1 && test -t 2; exit 3", &[]);
    assert_eq!((told.out().as_str(), told.err.as_slice()), ("out\nerr\nxterm-256color\n", &b""[..]));
    assert_eq!((told.exit(), told.drained(), told.holders()), (Exit::Code(3), Drained::Eof, &[][..]));
}

#[test]
fn what_a_program_echoes_is_output() {
    let told = conversation("read -r -p '> ' word; echo \"got $word\"", &[("> ", "abc\r")]);
    assert_eq!(told.out(), "> abc\ngot abc\n");
}

#[test]
fn the_program_learns_of_another_size() {
    let told = on_runtime(async {
        let text = "trap 'stty size; exit' WINCH; stty size; echo ready; while :; do sleep 0.05; done";
        let mut running = start(on_terminal(bash(text, "size")));
        let mut told = Told::default();
        hear_until(&mut running, &mut told, "ready\n").await;
        running.controls().resize(Window { rows: 50, cols: 132 });
        to_the_end(&mut running, told).await
    });
    assert_eq!(told.out(), "24 80\nready\n50 132\n");
}

#[test]
fn ctrl_c_reaches_the_program_and_nothing_else() {
    let text = "trap 'echo caught; exit 4' INT; exec 3<> <(:); echo ready; while :; do read -rt 100 -u 3 || :; done";
    let told = conversation(text, &[("ready", "\x03")]);
    assert!(told.out().contains("caught\n"), "{:?}", told.out());
    assert_eq!(told.exit(), Exit::Code(4));
}

#[test]
fn a_stop_ends_the_whole_session_on_a_terminal_too() {
    let stopped = || {
        on_runtime(async {
            let mut running = start(on_terminal(bash("set -m; sleep 100 & sleep 101 & echo ready; wait", "stop")));
            let mut told = Told::default();
            hear_until(&mut running, &mut told, "ready").await;
            running.control(Control::Terminate);
            to_the_end(&mut running, told).await
        })
    };
    let told = sooner_than(Duration::from_secs(4), stopped);
    assert_eq!((told.drained(), told.holders()), (Drained::Eof, &[][..]), "{told:?}");
}

#[test]
fn a_second_stop_kills_what_is_deaf_on_a_terminal() {
    let told = on_runtime(async {
        let text = "trap '' TERM HUP; echo ready; while :; do sleep 1; done";
        let mut running = start(on_terminal(bash(text, "deaf")));
        let mut told = Told::default();
        hear_until(&mut running, &mut told, "ready").await;
        running.control(Control::Terminate);
        running.control(Control::Terminate);
        to_the_end(&mut running, told).await
    });
    assert_eq!((told.exit(), told.holders()), (Exit::Signal(9), &[][..]));
}

#[test]
fn what_still_has_the_terminal_open_is_named_and_does_not_hang_the_step() {
    let told = conversation("trap '' HUP; sleep 100 & echo on; exit 0", &[]);
    assert_eq!((told.exit(), told.drained()), (Exit::Code(0), Drained::Grace), "{told:?}");
    let names: Vec<&str> = told.holders().iter().map(|holder| holder.comm.as_str()).collect();
    assert_eq!(names, ["sleep"]);
    end(told.holders());
}

#[test]
fn an_editor_opens_writes_and_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("note");
    let mut spec = on_terminal(spec(Program::Argv(vec!["vi".into(), "-u".into(), "NONE".into()]), "vi"));
    if let Program::Argv(argv) = &mut spec.program {
        argv.push(file.to_str().unwrap().into());
    }
    let told = on_runtime(async {
        let mut running = start(spec);
        let mut told = Told::default();
        hear_until(&mut running, &mut told, "\x1b[?1049h").await;
        running.controls().type_in(b"ihello\x1b:wq\r").unwrap();
        to_the_end(&mut running, told).await
    });
    assert_eq!(told.exit(), Exit::Code(0), "{told:?}");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "hello\n");
}

#[test]
fn a_flood_on_a_terminal_comes_whole() {
    let told = conversation("seq 1 100000", &[]);
    let expected: String = (1..=100_000).map(|n| format!("{n}\n")).collect();
    assert!(told.out() == expected, "{} bytes of {}", told.out.len(), expected.len());
}

#[test]
fn a_program_that_reads_nothing_keeps_nobody_waiting_and_can_be_stopped() {
    let told = on_runtime(async {
        let mut running = start(on_terminal(bash("stty raw -echo; echo ready; sleep 100", "deaf-keys")));
        let mut told = Told::default();
        hear_until(&mut running, &mut told, "ready").await;
        let (controls, piece) = (running.controls(), vec![b'x'; 64 << 10]);
        let refused = loop {
            if let Err(why) = controls.type_in(&piece) {
                break why;
            }
        };
        assert_eq!(refused, NotTyped::Full);
        running.control(Control::Terminate);
        to_the_end(&mut running, told).await
    });
    assert_eq!(told.exit(), Exit::Signal(15));
}

#[test]
fn a_command_without_a_terminal_takes_no_keys_and_one_with_it_no_stdin() {
    on_runtime(async {
        let mut running = start(bash("sleep 0.1", "no-keys"));
        assert_eq!(running.controls().type_in(b"x"), Err(NotTyped::NoKeys));
        to_the_end(&mut running, Told::default()).await;
        let mut both = on_terminal(bash("cat", "both"));
        both.stdin = StdinSource::Bytes(b"x".to_vec());
        let told = to_the_end(&mut start(both), Told::default()).await;
        assert!(told.refused.as_deref().unwrap().contains("a person types"), "{told:?}");
    });
}
