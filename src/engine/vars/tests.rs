//! Binding, with an executor that starts nothing: what is read, what is refused, and that no refusal quotes a secret.

use super::*;
use crate::engine::exec::fake::ScriptedExecutor;
use crate::model::ids::RunId;
use crate::model::output::Drained;
use crate::model::state::RunFacts;

const RUN: &str = "0001-20260921T1313Z-x-0123456789abcdef";

fn plan(vars: Vec<Var>) -> Plan {
    Plan {
        start: crate::model::plan::Start::AtStart,
        safety_floor: Duration::ZERO,
        vars,
        ..Plan::new(
            "x".into(),
            crate::model::plan::Environment { name: "here".into(), kind: crate::model::plan::EnvironmentKind::Local },
        )
    }
}

fn var(name: &str, source: Source, secret: bool) -> Var {
    Var { name: name.into(), source, secret, one_of: Vec::new(), matches: None, show_host: false }
}

fn env(name: &str) -> Source {
    Source::Env { name: name.into(), default: None }
}

fn state(plan: &Plan) -> RunState {
    let mut state = RunState::of(plan);
    state.facts = Some(RunFacts {
        run: RunId::from(RUN),
        realm: crate::model::signed::Realm::Live,
        operator: "maya".into(),
        unattended: false,
        host: "h".into(),
        user: "maya".into(),
        runbook_dir: "/srv".into(),
        runbook: "x.yaml".into(),
        runbook_sha256: "00".into(),
        run_dir: "/runs/1".into(),
        key_origin: "file".into(),
        beacon: String::new(),
        operator_keys: Vec::new(),
        operators: Vec::new(),
        t0: None,
        zone: "UTC".into(),
        boot: "b".into(),
    });
    state
}

async fn bound(plan: &Plan, state: &RunState, executor: &ScriptedExecutor) -> Result<BoundVars, String> {
    let pairs =
        [("OPS", "hunter22-long"), ("SHORT", "abc"), ("PLAIN", "v1"), ("URL", "x:hunter22-long@y"), ("NUL", "a\0b")];
    let environment = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let surroundings = Surroundings::default();
    let given = BTreeMap::new();
    let environment: &BTreeMap<String, String> = &environment;
    bind(&Sources { plan, state, given: &given, environment, surroundings: &surroundings, executor }).await
}

fn says(bytes: &[u8], code: i32) -> Vec<ExecFact> {
    let at = Default::default();
    let exited = ExecFact::Exited { exit: Exit::Code(code), drained: Drained::Eof, holders: Vec::new(), at };
    vec![ExecFact::Output { stream: Stream::Out, bytes: bytes.to_vec(), at }, exited]
}

#[tokio::test]
async fn a_command_is_run_for_a_value_that_is_not_journalled_yet_and_only_then() {
    let plan = plan(vec![var("TAG", Source::Command("tag".into()), false)]);
    let (mut state, executor) = (state(&plan), ScriptedExecutor::new());
    executor.reply(&format!("{RUN}/vars.TAG.1"), says(b"v1\n\n", 0));
    let first = bound(&plan, &state, &executor).await.expect("it is bound");
    assert_eq!(first.values, [Bound { name: "TAG".into(), value: Some("v1".into()), hash: None }]);
    state.vars.insert("TAG".into(), first.values[0].clone());
    assert!(bound(&plan, &state, &executor).await.expect("nothing is left to bind").values.is_empty());
    assert_eq!(executor.spawned().len(), 1, "a resume uses the journalled value");
}

#[tokio::test]
async fn a_command_that_fails_prints_too_much_or_no_text_binds_nothing() {
    let long = vec![b'x'; VALUE_LIMIT + 1];
    for (bytes, code, wanted) in [(&b"v1"[..], 3, "exit 3"), (&long, 0, "64 KiB"), (b"caf\xe9", 0, "not UTF-8")] {
        let plan = plan(vec![var("TAG", Source::Command("tag".into()), false)]);
        let (state, executor) = (state(&plan), ScriptedExecutor::new());
        executor.reply(&format!("{RUN}/vars.TAG.1"), says(bytes, code));
        let why = bound(&plan, &state, &executor).await.err().expect("it cannot be bound");
        assert!(why.contains("TAG") && why.contains(wanted), "{why}");
    }
}

#[tokio::test]
async fn a_secret_is_journalled_as_a_hash_and_no_refusal_quotes_it() {
    let plan = plan(vec![var("TOKEN", env("OPS"), true)]);
    let (state, executor) = (state(&plan), ScriptedExecutor::new());
    let values = bound(&plan, &state, &executor).await.expect("it is bound");
    assert_eq!((values.values[0].value.as_ref(), values.values[0].hash.as_ref().map(String::len)), (None, Some(64)));
    assert_eq!(values.secrets.get("TOKEN").map(|value| value.reveal()), Some("hunter22-long"));
    let mut wanted = var("TOKEN", env("OPS"), true);
    wanted.matches = Some("^[0-9]+$".into());
    for bad in [var("TOKEN", env("SHORT"), true), wanted] {
        let plan = self::plan(vec![bad]);
        let why = bound(&plan, &state, &executor).await.err().expect("it is refused");
        assert!(why.contains("TOKEN") && !why.contains("hunter22") && !why.contains("abc"), "{why}");
    }
}

#[tokio::test]
async fn a_plain_value_that_holds_a_secret_is_refused_whichever_is_declared_first() {
    let executor = ScriptedExecutor::new();
    for vars in [[("URL", false), ("TOKEN", true)], [("TOKEN", true), ("URL", false)]] {
        let source = |name| env(if name == "TOKEN" { "OPS" } else { "URL" });
        let plan = plan(vars.into_iter().map(|(name, secret)| var(name, source(name), secret)).collect());
        let why = bound(&plan, &state(&plan), &executor).await.err().expect("it is refused");
        assert!(why.contains("URL holds the value of a secret") && !why.contains("hunter22"), "{why}");
    }
}

#[tokio::test]
async fn an_address_that_holds_a_password_is_no_plain_value_and_is_not_quoted() {
    let executor = ScriptedExecutor::new();
    let address = |url: &str, secret| {
        let mut address = var("DB", Source::Default(url.to_owned()), secret);
        address.show_host = true;
        plan(vec![address])
    };
    let plain = address("postgresql://app:hunter22@db:5432/orders", false);
    let why = bound(&plain, &state(&plain), &executor).await.err().expect("it is refused");
    assert!(why.contains("DB") && why.contains("secret: true") && !why.contains("hunter22"), "{why}");
    for url in ["https://db:5432/a:b@c", "postgresql://app@db/orders", "db:5432"] {
        let plain = address(url, false);
        assert!(bound(&plain, &state(&plain), &executor).await.is_ok(), "{url}");
    }
    let secret = address("postgresql://app:hunter22@db:5432/orders", true);
    assert!(bound(&secret, &state(&secret), &executor).await.is_ok());
}

#[tokio::test]
async fn a_value_that_is_missing_not_allowed_or_holds_a_nul_is_refused_by_name() {
    let executor = ScriptedExecutor::new();
    let mut one_of = var("STAGE", env("PLAIN"), false);
    one_of.one_of = vec!["v2".into()];
    for (bad, wanted) in
        [(var("GONE", env("GONE"), false), "not set"), (one_of, "not one of"), (var("N", env("NUL"), false), "NUL")]
    {
        let name = bad.name.0.clone();
        let plan = plan(vec![bad]);
        let why = bound(&plan, &state(&plan), &executor).await.err().expect("it is refused");
        assert!(why.contains(&name) && why.contains(wanted), "{why}");
    }
}
