//! Attempts with real shells: a shell's variable at the end of a command, and a step that is judged by another's output.

use super::*;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::environment::Starting;
use crate::engine::exec::{CommandSpec, Executor, Local, Program as Runs, StdinSource};
use crate::engine::tail::Tail;
use crate::model::expect::{Capture, CaptureFrom, Except, Expect};
use crate::model::plan::{Environment, EnvironmentKind, Plan};
use crate::model::step::{Command, Place, PlannedStep, Program, Shell, Work};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::mpsc;

#[derive(Default, Clone)]
struct Nowhere(Rc<RefCell<Vec<u8>>>);

impl Sink for Nowhere {
    async fn output(&mut self, _: Stream, bytes: Vec<u8>, _: Vec<Masked>, _: Stamp) {
        self.0.borrow_mut().extend(bytes);
    }
    async fn end(&mut self) -> bool {
        false
    }
}

fn text(shell: Shell, text: &str) -> Command {
    Command::new(Program::Text { shell, strict: true, text: text.into() })
}

fn capturing(mut command: Command, names: &[(&str, &str)], secret: bool) -> Command {
    let one =
        |(name, from): &(&str, &str)| ((*name).into(), Capture { from: CaptureFrom::Variable((*from).into()), secret });
    command.capture = names.iter().map(one).collect();
    command
}

fn spec(command: &Command) -> CommandSpec {
    let Program::Text { shell, .. } = command.program else { panic!("a text") };
    let script = command.script().unwrap().into_owned();
    let argv: &[&str] = match shell {
        Shell::Bash => &["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c"],
        Shell::Sh => &["sh", "-eu", "-c"],
    };
    let argv = argv.iter().map(|word| (*word).to_owned()).chain([script]).collect();
    let env = vec![("PATH".into(), std::env::var_os("PATH").unwrap()), ("TAG".into(), "stale".into())];
    CommandSpec {
        program: Runs::Argv(argv),
        cwd: "/".into(),
        env,
        stdin: StdinSource::Null,
        marker: "t/one.1".into(),
        terminal: None,
        target: Default::default(),
    }
}

fn pump(command: &Command, judge: Judge, listening: Option<Listening>) -> Pump<Nowhere> {
    let place = Place::Phase(0);
    let step = PlannedStep::new("one".into(), "1".into(), "One".into(), place, Work::Run(Box::new(command.clone())));
    let here = Environment { name: "here".into(), kind: EnvironmentKind::Local };
    let plan = Plan { steps: vec![step], ..Plan::new("x".into(), here) }.indexed();
    Pump {
        plan: Arc::new(plan),
        step: StepIx(0),
        id: "one".into(),
        attempt: 1,
        judge,
        secrets: Vec::new(),
        private: command.capture.iter().any(|(_, capture)| capture.secret),
        vars: Default::default(),
        cwd: "/".into(),
        look: Look::default(),
        hints: Vec::new(),
        keep: None,
        tail: None,
        listening,
        began: SystemClock.now(),
        sink: Nowhere::default(),
    }
}

async fn ended(pump: Pump<Nowhere>, running: Running) -> Ended {
    let mut last = None;
    pump.run(running, |_, _, fact| last = Some(fact)).await;
    match last {
        Some(StepFact::Ended(ended)) => *ended,
        other => panic!("no end: {other:?}"),
    }
}

/// Runs a command that captures shell variables; what came, and the directory that it kept them in.
async fn kept(command: &Command) -> (Ended, std::path::PathBuf) {
    let keep = Keep::of(command, &crate::model::ids::RunId("0001-x".into())).unwrap().unwrap();
    let dir = keep.path().to_owned();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&dir).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
    let running = Local::new(Arc::new(SystemClock)).spawn(Starting::keeping(spec(command), &keep));
    let pump = Pump { keep: Some(keep), ..pump(command, Judge::new(command).unwrap(), None) };
    (ended(pump, running).await, dir)
}

#[tokio::test]
async fn a_shells_variable_at_the_end_of_a_command_is_captured_and_its_directory_gone() {
    for shell in [Shell::Bash, Shell::Sh] {
        let made = "TAG='v 1 \"$x\" é'; OTHER=2\ncd /tmp\nTAG=\"$TAG!\"";
        let (ended, dir) = kept(&capturing(text(shell, made), &[("TAG", "TAG"), ("N", "OTHER")], false)).await;
        let values: Vec<&str> = ended.captured.iter().map(|one| one.value.reveal()).collect();
        assert_eq!(values, ["v 1 \"$x\" é!", "2"], "{:?}", ended.checks);
        assert_eq!(ended.verdict, Verdict::Ok);
        assert!(!dir.exists());
    }
}

#[tokio::test]
async fn a_variable_that_the_command_did_not_set_is_never_taken_from_around_it() {
    for made in ["true", "TAG=", "TAG=' '", "(TAG=1)", "TAG=1; trap - EXIT", "TAG=1; kill -9 $$"] {
        let (ended, dir) = kept(&capturing(text(Shell::Bash, made), &[("TAG", "TAG")], false)).await;
        assert_eq!((ended.captured.len(), ended.verdict), (0, Verdict::Fail), "{made}: {:?}", ended.checks);
        assert!(!dir.exists());
    }
}

#[tokio::test]
async fn keeping_a_variable_changes_no_exit_and_a_failure_still_has_its_directory_removed() {
    for shell in [Shell::Bash, Shell::Sh] {
        let (ended, dir) = kept(&capturing(text(shell, "TAG=1; exit 7"), &[("TAG", "TAG")], false)).await;
        assert_eq!((ended.exit, ended.verdict), (Exit::Code(7), Verdict::Fail));
        assert!(!dir.exists());
        let broken = "TAG=1; rm -rf \"$TMINUS_KEEP\"";
        let (ended, _) = kept(&capturing(text(shell, broken), &[("TAG", "TAG")], false)).await;
        assert_eq!((ended.exit, ended.verdict), (Exit::Code(0), Verdict::Fail));
    }
}

#[tokio::test]
async fn what_stands_in_place_of_a_kept_variable_is_not_followed_or_waited_for() {
    let put = |what: &str| format!("TAG=1; trap - EXIT; {what}");
    for what in
        ["ln -s /etc/hostname \"$TMINUS_KEEP/TAG\"", "mkfifo \"$TMINUS_KEEP/TAG\"", "mkdir \"$TMINUS_KEEP/TAG\""]
    {
        let (ended, dir) = kept(&capturing(text(Shell::Bash, &put(what)), &[("TAG", "TAG")], false)).await;
        assert!(ended.captured.is_empty() && !dir.exists(), "{what}");
    }
    let large = put("head -c 70000 /dev/zero | tr '\\0' x > \"$TMINUS_KEEP/TAG\"");
    let (ended, _) = kept(&capturing(text(Shell::Bash, &large), &[("TAG", "TAG")], false)).await;
    assert!(ended.checks.iter().any(|check| check.saw.contains("64 KiB")), "{:?}", ended.checks);
}

#[tokio::test]
async fn a_secret_variable_is_captured_and_shown_nowhere() {
    let (ended, _) = kept(&capturing(text(Shell::Sh, "TAG=opensesame; echo $TAG"), &[("TAG", "TAG")], true)).await;
    assert_eq!(ended.captured[0].value.reveal(), "opensesame");
    assert!(!format!("{:?}", ended.checks).contains("opensesame"));
}

#[test]
fn the_line_that_keeps_a_variable_is_part_of_the_text_that_is_shown() {
    let one = capturing(text(Shell::Sh, "TAG=1"), &[("TAG", "TAG"), ("REGION", "AWS_REGION")], false);
    let shown = one.script().unwrap();
    let wanted = "unset TAG; trap 'printf %s \"${TAG-}\" > \"$TMINUS_KEEP/TAG\" || :; \
                  printf %s \"${AWS_REGION-}\" > \"$TMINUS_KEEP/AWS_REGION\" || :' EXIT; TAG=1";
    assert_eq!(shown, wanted);
    assert_eq!(text(Shell::Sh, "x").script().unwrap(), "x");
}

/// A step that runs `own` and is judged by what a shell prints in the background meanwhile.
async fn listened(background: &str, own: &str, expect: Expect, limit: u64) -> Ended {
    let other = text(Shell::Sh, background);
    let tail = Tail::new();
    tail.push(Stream::Out, b"ready: said before it began\n");
    let mut one = text(Shell::Sh, own);
    (one.expect, one.timeout) = (Expect { of: Some("listen".into()), ..expect }, Some(Duration::from_millis(limit)));
    let (_asks, asked) = mpsc::unbounded_channel();
    let (judge, listening) = Listening::new(&one, ("listen".into(), &tail), asked, &|_| None).unwrap();
    let local = Local::new(Arc::new(SystemClock));
    let playing = Pump { tail: Some(TailWriter(tail.clone())), ..pump(&other, Judge::new(&other).unwrap(), None) };
    let beside = local.spawn(spec(&other));
    let judged = ended(pump(&one, judge, Some(listening)), local.spawn(spec(&one)));
    let (_, judged) = tokio::join!(playing.run(beside, |_, _, _| {}), judged);
    judged
}

fn contains(text: &str) -> Expect {
    Expect { contains: vec![text.into()], ..Expect::default() }
}

#[tokio::test]
async fn a_step_is_judged_by_what_another_prints_after_it_began() {
    let late = "read x < /dev/null || :; sleep 0.2; echo WARN old; echo ready: 200; sleep 0.3";
    let known = Except { matches: "^WARN".into(), because: "ticket 41".into() };
    let expect = Expect { lacks: vec!["WARN".into()], except: vec![known], ..contains("ready: 200") };
    let ended = listened(late, "echo not by this: ready: 404", expect, 20_000).await;
    assert_eq!(ended.verdict, Verdict::Ok, "{:?}", ended.checks);
    assert!(ended.checks.iter().any(|check| check.want == "listen: contains \"ready: 200\""));
    let before = listened("sleep 0.2", "true", contains("said before"), 20_000).await;
    assert_eq!(before.verdict, Verdict::Fail, "{:?}", before.checks);
}

#[tokio::test]
async fn its_own_exit_counts_and_then_nothing_is_waited_for() {
    let ended = listened("sleep 0.2; echo ready", "exit 7", contains("ready"), 600_000).await;
    assert_eq!((ended.verdict, ended.exit), (Verdict::Fail, Exit::Code(7)));
}

#[tokio::test]
async fn at_its_limit_it_is_judged_by_what_came() {
    let ended = listened("echo no; sleep 1", "true", contains("ready"), 300).await;
    assert_eq!(ended.verdict, Verdict::Fail);
    let lacks = Expect { lacks: vec!["ERROR".into()], ..Expect::default() };
    assert_eq!(listened("echo fine; sleep 1", "true", lacks.clone(), 300).await.verdict, Verdict::Ok);
    let spoilt = listened("sleep 0.1; echo ERROR; sleep 0.2", "true", lacks, 600_000).await;
    assert_eq!(spoilt.verdict, Verdict::Fail);
}

#[tokio::test]
async fn a_person_who_stops_it_is_heard_while_it_listens() {
    let mut one = text(Shell::Sh, "true");
    one.expect = Expect { of: Some("listen".into()), ..contains("never") };
    let tail = Tail::new();
    let (asks, asked) = mpsc::unbounded_channel();
    let (judge, listening) = Listening::new(&one, ("listen".into(), &tail), asked, &|_| None).unwrap();
    let running = Local::new(Arc::new(SystemClock)).spawn(spec(&one));
    asks.send(crate::engine::exec::Control::Terminate).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), ended(pump(&one, judge, Some(listening)), running)).await;
    assert_eq!(ended.unwrap().verdict, Verdict::Fail);
}
