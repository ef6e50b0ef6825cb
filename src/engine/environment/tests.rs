//! What a command sees: the operator's environment less what is not for it, its variables, and a secret only where it is named.

use super::*;
use crate::model::around::Target as Elsewhere;
use crate::model::decide::invocation;
use crate::model::event::Bound;
use crate::model::plan::{Environment, EnvironmentKind, Var};
use crate::model::secret::Secret;
use crate::model::signed::Realm;
use crate::model::state::RunFacts;
use crate::model::step::{Effect, Place, PlannedStep, Program as Planned, Shell, Work};
use std::time::Duration;

fn command(text: &str) -> Command {
    Command::new(Planned::Text { shell: Shell::Sh, strict: true, text: text.into() })
}

fn target((id, ssh): (&str, Option<&str>)) -> Elsewhere {
    Elsewhere { id: id.into(), ssh: ssh.map(str::to_owned), environment: None, forward_agent: false }
}

fn plan(command: Command) -> Plan {
    let token = Var {
        name: "TOKEN".into(),
        source: Source::Env { name: "OPS_TOKEN".into(), default: None },
        secret: true,
        one_of: Vec::new(),
        matches: None,
        show_host: false,
    };
    let step = PlannedStep {
        effect: Effect::Reads,
        ..PlannedStep::new("one".into(), "1.1".into(), "One".into(), Place::Phase(0), Work::Run(Box::new(command)))
    };
    Plan {
        safety_floor: Duration::ZERO,
        vars: vec![token],
        targets: [("local", None), ("db1", Some("ops@db1"))].map(target).into(),
        steps: vec![step],
        ..Plan::new("x".into(), Environment { name: "here".into(), kind: EnvironmentKind::Local })
    }
    .indexed()
}

/// The environment and input of the one step, as its process would get them.
fn seen(command: Command) -> (BTreeMap<String, String>, Option<Vec<u8>>) {
    let spec = spec_of(command);
    let text = |text: OsString| text.into_string().expect("text");
    let env = spec.env.into_iter().map(|(name, value)| (text(name), text(value))).collect();
    let stdin = match spec.stdin {
        StdinSource::Null | StdinSource::Typed => None,
        StdinSource::Bytes(bytes) => Some(bytes),
    };
    (env, stdin)
}

fn spec_of(command: Command) -> CommandSpec {
    let plan = plan(command.clone());
    let mut state = RunState::of(&plan);
    state.facts = Some(RunFacts {
        run: "0001-x".into(),
        realm: Realm::Live,
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
    for (name, value) in [("TOKEN", None), ("TAG", Some("v2")), ("MINTED", None)] {
        let bound = Bound { name: name.into(), value: value.map(str::to_owned), hash: None };
        state.vars.insert(name.into(), bound);
    }
    let mut secrets = Secrets::default();
    secrets.keep("TOKEN".into(), Secret::new("hunter22-long".into()));
    secrets.keep("MINTED".into(), Secret::new("s3cr3t-minted".into()));
    let operator = [
        ("PATH", "/bin"),
        ("LANG", "C"),
        ("TERM", "xterm"),
        ("TMUX", "x"),
        ("BASH_ENV", "/evil"),
        ("BASH_FUNC_ls%%", "() { evil; }"),
        ("TMINUS_RUNS", "/runs"),
        ("OPS_TOKEN", "hunter22-long"),
        ("TAG", "of the operator"),
    ];
    let surroundings = Surroundings::of(&plan, operator.map(|(name, value)| (name.into(), value.into())));
    let starting = Starting { plan: &plan, state: &state, secrets: &secrets, surroundings: &surroundings };
    let invocation = invocation(&plan, &state, StepIx(0), &command).expect("it can run");
    assert!(!format!("{invocation:?}").contains("hunter22"), "the journal would hold a secret: {invocation:?}");
    starting.spec(StepIx(0), 1, &command, &invocation)
}

#[test]
fn a_secret_reaches_only_the_command_that_names_it() {
    let (env, _) = seen(command("deploy"));
    assert!(env.values().all(|value| !value.contains("hunter22") && !value.contains("s3cr3t")), "{env:?}");
    let (env, _) = seen(command("deploy \"$TOKEN\""));
    assert_eq!(env.get("TOKEN").map(String::as_str), Some("hunter22-long"));
    assert!(!env.contains_key("MINTED"));
    let (env, _) = seen(command("printenv MINTED | deploy"));
    assert_eq!(env.get("MINTED").map(String::as_str), Some("s3cr3t-minted"));
}

#[test]
fn a_secret_is_filled_into_environment_and_input_for_the_process_alone() {
    let mut with = command("deploy");
    with.env = vec![("AUTH".into(), "Bearer ${TOKEN} ${TAG}".into())];
    with.stdin = Some("pass ${MINTED}".into());
    let (env, stdin) = seen(with);
    assert_eq!(env.get("AUTH").map(String::as_str), Some("Bearer hunter22-long v2"));
    assert_eq!(stdin.as_deref(), Some(&b"pass s3cr3t-minted"[..]));
}

#[test]
fn the_terminal_the_shells_hooks_and_our_own_variables_are_not_for_steps() {
    let (env, stdin) = seen(command("true"));
    for gone in ["TERM", "TMUX", "BASH_ENV", "BASH_FUNC_ls%%", "TMINUS_RUNS", "OPS_TOKEN"] {
        assert!(!env.contains_key(gone), "{gone}");
    }
    let kept = ["PATH", "LANG", "TAG", "RUN_ID", "STEP_ID", "ATTEMPT", "OPERATOR"].map(|name| env[name].as_str());
    assert_eq!(kept, ["/bin", "C", "v2", "0001-x", "one", "1", "maya"], "the run's own TAG wins");
    assert_eq!(stdin, None);
}

#[test]
fn another_machine_gets_the_variables_and_nothing_of_this_one() {
    let mut there = command("deploy \"$TOKEN\"");
    there.target = Some("db1".into());
    there.env = vec![("MODE".into(), "${TAG}".into())];
    let spec = spec_of(there.clone());
    let names: Vec<&str> = spec.env.iter().filter_map(|(name, _)| name.to_str()).collect();
    for name in ["PATH", "LANG", "RUN_DIR", "RUNBOOK_DIR", "OPS_TOKEN"] {
        assert!(!names.contains(&name), "{names:?}");
    }
    for name in ["TOKEN", "TAG", "MODE", "STEP_ID", "RUN_ID", "OPERATOR"] {
        assert!(names.contains(&name), "{names:?} lacks {name}");
    }
    assert_eq!(spec.cwd, std::path::Path::new(""), "the login folder");
    let Target::Ssh(target) = spec.target else { panic!("it would run here") };
    assert_eq!((target.name.as_str(), target.address.as_str(), target.forward_agent), ("db1", "ops@db1", false));
    assert!(target.environment.iter().any(|(name, _)| name == "PATH"));
    assert!(target.environment.iter().all(|(_, value)| value != "hunter22-long"), "ssh itself gets a secret");
    there.cwd = Some("srv".into());
    assert_eq!(spec_of(there).cwd, std::path::Path::new("srv"), "below the login folder");
}

#[test]
fn a_target_that_is_this_machine_and_a_terminal_are_as_the_runbook_says() {
    let mut here = command("deploy");
    here.target = Some("local".into());
    here.tty = true;
    let spec = spec_of(here);
    assert!(matches!(spec.target, Target::Local));
    assert!(spec.terminal.is_some() && spec.cwd == std::path::Path::new("/srv"));
    assert!(spec_of(command("deploy")).terminal.is_none());
}
