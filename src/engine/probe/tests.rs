//! What a reading comes to for those who watch: it holds, it does not, or nobody knows.

use super::*;
use crate::engine::exec::fake::{Cue, ScriptedExecutor};
use crate::engine::exec::{CommandSpec, Executor, Program as Runs, StdinSource};
use crate::model::cmp::Cmp;
use crate::model::expect::{ExitWanted, Measured, Of};
use crate::model::output::Drained;
use crate::model::secret::Secret;
use crate::model::step::Program;

fn out(text: &str) -> ExecFact {
    ExecFact::Output { stream: Stream::Out, bytes: text.into(), at: Default::default() }
}

fn exited(code: i32) -> ExecFact {
    ExecFact::Exited { exit: Exit::Code(code), drained: Drained::Eof, holders: Vec::new(), at: Default::default() }
}

fn number(is: &str) -> Expect {
    let one = Measured { of: Of::Output, is: Some(Cmp::parse(is).unwrap()), ideally: None };
    Expect { number: vec![one], ..Expect::default() }
}

fn lacks(text: &str) -> Expect {
    Expect { lacks: vec![text.into()], ..Expect::default() }
}

struct Read {
    value: Option<String>,
    unknown: Option<String>,
    seen: Vec<Seen>,
    asked: Vec<(String, Control)>,
}

async fn read_as(cues: Vec<Cue>, expects: Vec<Expect>, command: Command) -> Read {
    let fake = ScriptedExecutor::new();
    fake.script("probe", cues);
    let running = fake.spawn(CommandSpec {
        program: Runs::Argv(Vec::new()),
        cwd: "/".into(),
        env: Vec::new(),
        stdin: StdinSource::Null,
        marker: "probe".into(),
        terminal: None,
        target: Default::default(),
    });
    let mut secrets = Secrets::default();
    secrets.keep("TOKEN".into(), Secret::new("opensesame".into()));
    let watchers =
        expects.into_iter().enumerate().map(|(at, expect)| watcher(&format!("w{at}"), Aspect::Trip, &expect));
    let reader = Reader {
        probe: "rate".into(),
        command,
        watchers: watchers.collect(),
        every: Duration::from_secs(5),
        vars: BTreeMap::new(),
        secrets,
    };
    let Event::Sampled { value, unknown, seen, .. } = reader.read(running).await else { panic!("no sample") };
    tokio::task::yield_now().await;
    Read { value, unknown, seen, asked: fake.asked() }
}

/// One watcher of a probe that says these facts.
async fn read(facts: Vec<ExecFact>, expect: Expect) -> Read {
    read_as(facts.into_iter().map(Cue::Say).collect(), vec![expect], Command::new(Program::Argv(Vec::new()))).await
}

fn holds(read: &Read) -> Option<bool> {
    assert!(read.unknown.is_none() || read.seen.is_empty());
    read.seen.first().map(|seen| seen.holds)
}

#[tokio::test]
async fn a_number_that_is_there_holds_or_does_not() {
    let over = read(vec![out("7\n"), exited(0)], number("> 5")).await;
    assert_eq!((holds(&over), over.value.as_deref()), (Some(true), Some("7")));
    let check = &over.seen[0].checks[0];
    assert_eq!((check.want.as_str(), check.saw.as_str(), check.ok), ("number > 5", "7", true));
    let under = read(vec![out("3\n"), exited(0)], number("> 5")).await;
    assert_eq!((holds(&under), under.seen[0].checks[0].ok), (Some(false), false));
}

#[tokio::test]
async fn a_probe_that_says_no_number_or_two_or_nothing_is_unknown() {
    for printed in ["n/a\n", "3 of 7\n", "\n"] {
        let read = read(vec![out(printed), exited(0)], number("> 5")).await;
        assert_eq!((holds(&read), read.value.as_deref()), (None, None), "{printed:?}");
        assert!(read.unknown.unwrap().contains("number > 5"));
    }
    assert_eq!(holds(&read(vec![exited(0)], number("> 5")).await), None);
}

#[tokio::test]
async fn silence_never_means_that_nothing_bad_was_printed() {
    let silent = read(vec![exited(0)], lacks("ERROR")).await;
    assert!(holds(&silent).is_none() && silent.unknown.is_some());
    assert_eq!(holds(&read(vec![out("fine\n"), exited(0)], lacks("ERROR")).await), Some(true));
    assert_eq!(holds(&read(vec![out("ERROR\n"), exited(0)], lacks("ERROR")).await), Some(false));
}

#[tokio::test]
async fn a_probe_that_failed_or_never_ran_or_was_lost_is_unknown() {
    let failed = read(vec![out("3\n"), exited(7)], number("> 5")).await;
    assert!(holds(&failed).is_none() && failed.unknown.unwrap().contains("exit 7"));
    let why = ExecFact::NotStarted { why: "no such program opensesame".into(), at: Default::default() };
    let words = read(vec![why], number("> 5")).await.unknown.unwrap();
    assert!(words.starts_with("it could not be started") && !words.contains("opensesame"), "{words}");
    assert_eq!(read(vec![out("7\n")], number("> 5")).await.unknown.as_deref(), Some("its supervisor went away"));
}

#[tokio::test(start_paused = true)]
async fn a_probe_slower_than_its_time_is_unknown_and_killed() {
    let cues = vec![Cue::Say(out("7\n")), Cue::UntilAsked(Control::Kill), Cue::Say(exited(0))];
    let slow = read_as(cues, vec![number("> 5")], Command::new(Program::Argv(Vec::new()))).await;
    assert!(holds(&slow).is_none());
    assert!(slow.unknown.unwrap().starts_with("no answer within 5"), "limit");
    assert_eq!(slow.asked, [("probe".to_owned(), Control::Kill)]);
}

#[tokio::test]
async fn a_trip_by_exit_holds_at_that_exit_and_is_unknown_at_a_third() {
    let trip = || Expect { exit: ExitWanted::Codes(vec![1]), ..Expect::default() };
    assert_eq!(holds(&read(vec![exited(1)], trip()).await), Some(true));
    assert_eq!(holds(&read(vec![exited(0)], trip()).await), Some(false));
    assert_eq!(holds(&read(vec![exited(127)], trip()).await), None);
}

#[tokio::test]
async fn nobody_is_needed_to_read_a_probe_and_its_value_is_masked_and_short() {
    let facts = [out(&format!("\n  opensesame {}\n", "é".repeat(900))), exited(0)];
    let alone = read_as(facts.map(Cue::Say).to_vec(), Vec::new(), Command::new(Program::Argv(Vec::new()))).await;
    let value = alone.value.unwrap();
    assert!(!value.contains("opensesame") && value.chars().count() <= LONGEST_VALUE, "{value}");
}

#[tokio::test]
async fn each_that_watches_gets_its_own_answer_of_one_reading() {
    let both = vec![number("> 5"), number("< 5")];
    let facts = [out("7\n"), exited(0)];
    let read = read_as(facts.map(Cue::Say).to_vec(), both, Command::new(Program::Argv(Vec::new()))).await;
    let seen: Vec<(&str, bool)> = read.seen.iter().map(|seen| (seen.by.as_str(), seen.holds)).collect();
    assert_eq!(seen, [("w0", true), ("w1", false)]);
}
