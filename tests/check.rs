//! `tminus check` as the author meets it: each mistake found where it stands, good runbooks left alone, hostile ones
//! refused at once.
//!
//! Every file under `tests/broken` says in its first lines what must be found: `# RB0102 4:1 a word of the message`.
//! All errors of a file must be listed there, no more and no fewer; warnings must be found where they are listed.

#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

use proptest::prelude::*;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;
use tminus::model::expect::{Check, ExitWanted};
use tminus::model::plan::{Source, Start, Undo};
use tminus::model::step::{Callee, Effect, Place, Program, Risk, Skip, Together, Work};
use tminus::runbook::{Diagnostic, Level, Loaded, load, parse, parse_with, render, to_json};

fn folder(name: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(Path::new("tests").join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// `RB0102 4:1` and a word that must be said.
fn wanted(file: &Path) -> Vec<(String, String)> {
    std::fs::read_to_string(file)
        .unwrap()
        .lines()
        .map_while(|line| line.strip_prefix("# RB"))
        .map(|line| {
            let mut parts = line.splitn(3, ' ');
            let (code, place, word) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
            (format!("RB{code} {place}"), word.to_owned())
        })
        .collect()
}

fn place(found: &Diagnostic) -> String {
    format!("{} {}:{}", found.code, found.line, found.column)
}

#[test]
fn every_mistake_is_found_where_it_stands() {
    let mut wrong = String::new();
    for file in folder("broken") {
        let loaded = load(&file);
        let mut wanted = wanted(&file);
        assert!(!wanted.is_empty(), "{} lists nothing", file.display());
        for found in &loaded.diagnostics {
            let said = format!("{} {:?} {:?}", found.message, found.label, found.help);
            let at = wanted.iter().position(|(at, word)| *at == place(found) && said.contains(word));
            match at {
                Some(at) => drop(wanted.remove(at)),
                None if found.level == Level::Error => {
                    writeln!(wrong, "{}: not listed: {} {said}", file.display(), place(found)).unwrap();
                }
                None => {}
            }
        }
        for (at, word) in wanted {
            writeln!(wrong, "{}: not found: {at} {word}", file.display()).unwrap();
        }
        let errors = loaded.count(Level::Error);
        if loaded.plan.is_some() != (errors == 0) {
            writeln!(wrong, "{}: {errors} errors and a plan", file.display()).unwrap();
        }
        render(&loaded, true);
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn of_another_version_nothing_else_is_said() {
    for text in ["tminus: 2\ntitel: T\n", "tminus: one\n", "- tminus: 1\n"] {
        let loaded = parse("a.yaml", text.as_bytes());
        assert_eq!(loaded.diagnostics.len(), 1, "{}", render(&loaded, false));
    }
}

#[test]
fn a_good_runbook_is_left_alone() {
    for file in folder("good") {
        let loaded = load(&file);
        assert!(loaded.diagnostics.is_empty(), "{}", render(&loaded, false));
        assert!(loaded.plan.is_some());
    }
}

/// What one file may cost. A thread's own processor time does not depend on what else the machine does; a debug build needs
/// twenty times that of a release, and the slowest machine that we know three times that of ours.
const MOST_CPU: Duration = Duration::from_secs(if cfg!(debug_assertions) { 30 } else { 1 });

/// Parses within its cost. The wall's deadline is only there to end what hangs.
fn soon(what: &str, bytes: Vec<u8>) -> Loaded {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let loaded = parse("hostile.yaml", &bytes);
        render(&loaded, false);
        to_json(&loaded);
        let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        // The receiver is gone only when the test has already failed.
        let _ = tell.send((loaded, Duration::new(spent.tv_sec as u64, spent.tv_nsec as u32)));
    });
    let (loaded, spent) =
        told.recv_timeout(Duration::from_secs(300)).unwrap_or_else(|_| panic!("{what} took more than five minutes"));
    assert!(spent < MOST_CPU, "{what} cost {spent:?}");
    loaded
}

fn laughs(depth: usize) -> String {
    let mut text = String::from("tminus: 1\na0: &a0 [x, x]\n");
    for level in 1..depth {
        let before = level - 1;
        writeln!(text, "a{level}: &a{level} [{}]", vec![format!("*a{before}"); 9].join(", ")).unwrap();
    }
    text
}

/// A group in a group in a group.
fn nested(kind: &str) -> String {
    let open = format!("{{ {kind}: [ ").repeat(500);
    format!("tminus: 1\ntitle: T\nphases: [ {{ title: P, steps: [ {open}{{ run: x }}{} ] }} ]\n", " ] }".repeat(500))
}

fn wide() -> String {
    let members = "          - { run: x, capture: { A: stdout } }\n".repeat(9_000);
    format!("tminus: 1\ntitle: T\nphases:\n  - title: P\n    steps:\n      - parallel:\n{members}")
}

/// Every procedure calls every other, and all of it runs at once.
fn circle(many: usize) -> String {
    let calls: String = (0..many).fold(String::new(), |text, at| format!("{text}{{ call: p{at} }}, "));
    let one = |at: usize| format!("  - {{ id: p{at}, title: P{at}, steps: [ {calls} ] }}\n");
    let all: String = (0..many).map(one).collect();
    format!(
        "tminus: 1\ntitle: T\nphases: [ {{ title: P, steps: [ {{ parallel: [ {calls} ] }} ] }} ]\nprocedures:\n{all}"
    )
}

fn patterns(count: usize) -> String {
    (0..count).fold(String::new(), |text, at| format!("{text}'(\\w+ ){{20}}{at}', "))
}

fn titles() -> String {
    let step =
        |at: usize| format!("      - {{ title: Title {at}, confirm: x, requires: [ {{ step: Title {at} }} ] }}\n");
    let all: String = (0..7_000).map(step).collect();
    format!("tminus: 1\ntitle: T\nphases:\n  - title: P\n    steps:\n{all}")
}

#[test]
fn hostile_input_ends_in_an_error_at_once() {
    let long = format!("tminus: 1\nx: &x {}\ny: [{}]\n", "y".repeat(1_000_000), vec!["*x"; 5000].join(", "));
    let chain: String =
        (1..500).fold("tminus: 1\na0: &a0 [x]\n".into(), |text, at| format!("{text}a{at}: &a{at} [*a{}]\n", at - 1));
    let keys: String = (0..30_000).fold("tminus: 1\n".into(), |text, at| format!("{text}stepz{at}: x\n"));
    let roles: String = (0..20_000).fold("tminus: 1\nroles:\n".into(), |text, at| format!("{text}  r{at}: x\n"));
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("alias bomb", "RB0010", laughs(12).into_bytes()),
        ("one long text with 5,000 aliases", "RB0010", long.into_bytes()),
        ("a chain of aliases", "RB0010", chain.into_bytes()),
        ("100,000 brackets", "RB0010", format!("tminus: 1\nx: {}", "[".repeat(100_000)).into_bytes()),
        ("50,000 braces", "RB0010", format!("tminus: 1\nx: {}", "{a: ".repeat(50_000)).into_bytes()),
        ("deep dashes", "RB0010", format!("tminus: 1\nx:\n  {}", "- ".repeat(50_000)).into_bytes()),
        ("duplicate keys", "RB0009", format!("tminus: 1\n{}", "a: b\n".repeat(200_000)).into_bytes()),
        ("unknown keys", "RB0102", keys.into_bytes()),
        ("20,000 roles", "RB0010", roles.into_bytes()),
        (
            "filters in filters",
            "RB0407",
            steps(1).replace("exit: 0", &format!("json: {{ \"$.a{}\": 1 }}", "[?@.a".repeat(40))).into_bytes(),
        ),
        ("counted repetitions", "RB0406", steps(1).replace("exit: 0", "matches: '((\\w{99}){99}){99}'").into_bytes()),
        ("200 procedures that all call each other", "RB0010", circle(200).into_bytes()),
        ("30,000 statements", "RB0010", said(30_000).into_bytes()),
        (
            "10,000 triggers",
            "RB0010",
            format!("{}triggers:\n{}", steps(1), "  - { title: X, judged: true }\n".repeat(10_000)).into_bytes(),
        ),
        ("groups in groups", "RB0010", nested("steps").into_bytes()),
        ("parallel in parallel", "RB0010", nested("parallel").into_bytes()),
        ("a parallel of 9,000 that write one name", "RB0110", wide().into_bytes()),
        ("110 procedures that all call each other", "RB0216", circle(110).into_bytes()),
        (
            "5,000 patterns",
            "RB0010",
            steps(1).replace("exit: 0", &format!("matches: [{}]", patterns(5_000))).into_bytes(),
        ),
        ("a title named 7,000 times", "RB0206", titles().into_bytes()),
        ("5 MB", "RB0002", vec![b'a'; 5 << 20]),
        ("NUL bytes", "RB0004", b"tminus: 1\ntitle: a\0b\n".to_vec()),
        ("4 MB of NUL", "RB0004", vec![0; 4 << 20]),
        ("not UTF-8", "RB0003", b"tminus: 1\ntitle: caf\xe9\n".to_vec()),
        ("UTF-16", "RB0003", b"\xff\xfet\0m\0".to_vec()),
        ("a byte order mark", "RB0003", b"\xef\xbb\xbftminus: 1\n".to_vec()),
        ("nothing", "RB0005", Vec::new()),
        ("only comments", "RB0005", b"# one\n# two\n".to_vec()),
        ("only blanks", "RB0005", b"  \n\n".to_vec()),
        ("null", "RB0005", b"~\n".to_vec()),
        ("a text", "RB0104", b"hello\n".to_vec()),
        ("a list", "RB0104", b"- tminus: 1\n".to_vec()),
        ("an unclosed quote", "RB0006", b"tminus: 1\ntitle: \"a\n".to_vec()),
    ];
    for (what, code, bytes) in cases {
        let loaded = soon(what, bytes);
        assert!(loaded.plan.is_none(), "{what}");
        let codes: Vec<&str> = loaded.diagnostics.iter().map(|found| found.code).collect();
        assert!(codes.contains(&code), "{what}: {codes:?}");
        assert!(codes.len() <= 450, "{what}: {} diagnostics", codes.len());
    }
}

/// The kernel holds the real binary to its memory: 200 MB of its own, where the largest of these needs 110 in a debug build.
#[test]
fn no_file_takes_more_than_its_memory() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("statements", said(60_000), 1),
        ("list", format!("tminus: 1\nx: [{}]\n", "a,".repeat(2_000_000)), 1),
        ("circle", circle(200), 1),
        ("10,000 steps", steps(10_000), 0),
    ];
    for (what, text, code) in cases {
        let file = folder.path().join("hostile.yaml");
        std::fs::write(&file, text).unwrap();
        let limited = "ulimit -d 204800 && exec \"$0\" check \"$1\"";
        let mut command = std::process::Command::new("sh");
        let ended = command.args(["-c", limited, env!("CARGO_BIN_EXE_tminus")]).arg(&file).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{what}: {:?} {said}", ended.status);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    let huge = folder.path().join("huge.yaml");
    std::fs::File::create(&huge).unwrap().set_len(100 << 20).unwrap();
    for (file, code, word) in [
        (folder.path().join("none.yaml"), "RB0001", "no such file"),
        (folder.path().to_owned(), "RB0001", "not a regular file"),
        (fifo, "RB0001", "not a regular file"),
        (PathBuf::from("/dev/zero"), "RB0001", "not a regular file"),
        (huge, "RB0002", "larger than 4 MiB"),
    ] {
        let loaded = load(&file);
        let found = &loaded.diagnostics[0];
        assert!(found.code == code && found.message.contains(word), "{}: {found:?}", file.display());
        assert!(loaded.plan.is_none() && render(&loaded, false).contains(word));
    }
}

fn everything() -> Loaded {
    load(Path::new("tests/good/everything.yaml"))
}

#[test]
fn the_plan_says_what_the_file_says() {
    let plan = everything().plan.unwrap();
    let step = |id: &str| {
        let at = plan.find(&id.into()).unwrap_or_else(|| panic!("no step {id}"));
        plan.step(at)
    };
    assert_eq!(plan.start, Start::At { wall: 1_795_291_200_000_000, zone: "America/New_York".into() });
    let source = |name: &str| plan.vars.iter().find(|var| var.name.0 == name).unwrap().source.clone();
    assert_eq!(source("RELEASE"), Source::Default("1.10".into()), "a number stays as it is written");
    assert_eq!(source("REGION"), Source::Env { name: "REGION".into(), default: Some("eu".into()) });
    assert_eq!(source("NOTE"), Source::Given);

    let backup = step("backup").command().unwrap();
    assert_eq!(backup.timeout, Some(Duration::from_secs(1200)));
    assert_eq!(step("go-no-go.db").command().unwrap().timeout, Some(Duration::from_secs(300)), "the default");
    assert_eq!(backup.expect.number[0].ideally.as_ref().unwrap().source, ">= 20");
    assert_eq!(step("go-no-go.db").effect, Effect::Reads, "a criterion looks by itself");
    assert_eq!(step("go-no-go.probe-errors").number, "b");
    assert_eq!((step("level-1.disable").number.as_str(), step("level-1.disable").effect), ("L1.1", Effect::Changes));
    assert_eq!(step("thaw").number, "4b.7", "an owed inline step stands at the end of its phase");
    assert_eq!(step("drop-index.undo-2").number, "U4b.6b.1.2");
    assert_eq!(step("drop-index").number, "4b.6b.1");
    assert!(matches!(step("pager-is-on-and-1-more").skip, Skip::Never));

    let switch = plan.find(&"switch".into()).unwrap();
    let owed: Vec<&str> = plan.step(switch).owes.iter().map(|at| plan.step(*at).id.as_str()).collect();
    assert_eq!(owed, ["verify", "thaw"]);
    assert_eq!(plan.levels[0].until, Some(switch));
    assert_eq!((&plan.levels[0].undo, &plan.levels[1].undo), (&Undo::All, &Undo::Of(vec![switch])));
    assert!(matches!(step("switch.undo").place, Place::Undo(of) if of == switch));
    let Work::Gate(gate) = &step("go-no-go").work else { panic!("a gate") };
    assert_eq!(plan.step(gate.go[0]).id.as_str(), "go-no-go.db", "critical criteria come first");
    assert_eq!(step("go-no-go.db").number, "1");
}

#[test]
fn every_kind_says_in_the_plan_what_it_says_in_the_file() {
    let plan = load(Path::new("tests/good/kinds.yaml")).plan.unwrap();
    let ix = |id: &str| plan.find(&id.into()).unwrap_or_else(|| panic!("no step {id}"));
    let step = |id: &str| plan.step(ix(id));
    // Another language: its text on standard input as it stands, its URL never an argument.
    let rows = step("rows").command().unwrap();
    assert_eq!(rows.program, Program::Argv(["psql", "-XAt", "-v", "ON_ERROR_STOP=1"].map(str::to_owned).to_vec()));
    let filled = tminus::model::fill::fill(rows.stdin.as_deref().unwrap(), &|_, _| Some("wrong".into()));
    assert_eq!(filled, "select count(*) from orders where note <> '${x}'");
    assert_eq!(rows.connect.as_ref().unwrap().as_str(), "DATABASE_URL");
    let sessions = step("sessions");
    assert_eq!(sessions.command().unwrap().target.as_ref().unwrap().as_str(), "db1");
    assert_eq!(sessions.environment.as_ref().unwrap().name, "STAGING search.example");
    // What a group says counts for its members, and what a member says itself comes first.
    let two = step("two");
    let command = two.command().unwrap();
    assert_eq!((command.cwd.as_deref(), command.env.len()), (Some("/srv"), 2));
    assert!(command.env.contains(&("B".into(), "3".into())) && command.env.contains(&("A".into(), "1".into())));
    assert_eq!((two.role.as_ref().unwrap().as_str(), two.risk), ("ops", Some(Risk::High)));
    assert_eq!((two.number.as_str(), plan.phase_of(ix("two"))), ("2.2.2", Some(1)));
    assert_eq!(plan.step(two.requires[0]).number, "2.2.2.R1");
    let Work::Group(both) = &step("both").work else { panic!("a group") };
    assert_eq!((both.how, plan.members(ix("both")).len()), (Together::AtOnce, 2));
    // A monitor that reads for itself has a probe of its own name.
    let Work::Monitor(look) = &step("look").work else { panic!("a monitor") };
    let probe = plan.probe(plan.find_probe(look.probe.as_ref().unwrap()).unwrap());
    assert_eq!((probe.id.as_str(), probe.every, probe.is_signal), ("look", Duration::from_secs(10), false));
    assert_eq!(look.trip.as_ref().unwrap().lasting, Duration::from_secs(120));
    assert_eq!(step("look-people.db").number, "2");
    // Names inside a level are siblings' first, and full in the plan.
    assert_eq!(step("level-1.check").within.as_ref().unwrap().of.as_str(), "level-1.disable");
    assert_eq!(step("stale-cache.in").number, "Q1.2.1");
    assert_eq!(step("day.errors").number, "H1.1");
    assert_eq!(plan.step(plan.requires[0]).number, "R1");
    assert!(matches!(&step("back").work, Work::Call(Callee::Level(id)) if id.as_str() == "level-1"));
    assert!(matches!(&step("fix").work, Work::Call(Callee::Procedure(id)) if id.as_str() == "stale-cache"));
    assert_eq!(step("shows").command().unwrap().retry.unwrap().times, 13, "as often as 60s holds 5s");
    assert_eq!(step("status").command().unwrap().expect.exit, ExitWanted::Any, "the alternatives say their own");
    assert_eq!(step("look-people").title, "Look on");
}

#[test]
fn an_example_that_trips_its_monitor_is_an_error() {
    let text = "tminus: 1\ntitle: T\nphases:\n  - title: P\n    steps:\n      - { monitor: ./p, trip: { number: '> 1' }, for: 5m, example: EXAMPLE }\n";
    let judge = |command: &tminus::model::step::Command| tminus::engine::judge::judge_example(command);
    for (example, codes) in [("7", vec!["RB0409"]), ("0.5", vec![])] {
        let loaded = parse_with("a.yaml", text.replace("EXAMPLE", example).as_bytes(), Some(&judge));
        let found = loaded.diagnostics.iter().filter(|found| found.level == Level::Error);
        assert_eq!(found.map(|found| found.code).collect::<Vec<_>>(), codes, "{example}");
    }
}

#[test]
fn an_id_that_the_author_wrote_is_never_taken_by_a_made_one() {
    let text = "tminus: 1\ntitle: T\nphases:\n  - title: Verify\n    steps:\n      - confirm: Verify\n      - { id: verify, confirm: x }\n      - confirm: Verify\n";
    let plan = parse("a.yaml", text.as_bytes()).plan.unwrap();
    let ids: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(ids, ["verify-2", "verify", "verify-3"]);
    assert_eq!(plan.phases[0].id.as_str(), "verify-4");
}

#[test]
fn an_expect_that_rejects_its_example_is_an_error() {
    let text = "tminus: 1\ntitle: T\nphases:\n  - title: P\n    steps:\n      - run: make\n        expect: { contains: done }\n        example: failed\n";
    let judge = |command: &tminus::model::step::Command| {
        assert_eq!(command.example.as_deref(), Some("failed"));
        Err(vec![Check { want: "contains \"done\"".into(), saw: "not found in 1 line".into(), ok: false }])
    };
    let loaded = parse_with("a.yaml", text.as_bytes(), Some(&judge));
    let found = loaded.diagnostics.iter().find(|found| found.code == "RB0409").unwrap();
    assert_eq!((found.line, found.column), (8, 18));
    assert!(found.message.contains("not found in 1 line"), "{found:?}");
}

#[test]
fn a_mistake_is_shown_with_its_line_underlined() {
    let text = "tminus: 1\ntitle: T\nphases:\n  - title: P\n    steps:\n      - run: make\n        timeuot: 5m\n";
    let shown = render(&parse("cutover.yaml", text.as_bytes()), false);
    let wanted = "error[RB0102]: `timeuot` is not a key of a step\n --> cutover.yaml:7:9\n  |\n7 |         timeuot: 5m\n  |         ^^^^^^^ unknown key\n  |\n  = help: did you mean `timeout`?\n";
    assert!(shown.contains(wanted), "{shown}");
}

#[test]
fn an_editor_gets_the_same_as_json() {
    let json = to_json(&parse("a.yaml", b"tminus: 1\ntitel: T\n"));
    assert_eq!(json["errors"], 3);
    assert_eq!((&json["diagnostics"][0]["code"], &json["diagnostics"][0]["line"]), (&"RB0103".into(), &1.into()));
}

/// `count` steps as a person would write them.
fn steps(count: usize) -> String {
    let mut text = String::from("tminus: 1\ntitle: Many\nphases:\n  - title: All of them\n    steps:\n");
    for at in 0..count {
        writeln!(text, "      - id: step-{at}\n        run: ./deploy --part {at} > out.txt\n        title: Deploy part {at}\n        takes: 30s\n        expect: {{ contains: done {at}, exit: 0 }}").unwrap();
    }
    text
}

/// `count` statements of one title.
fn said(count: usize) -> String {
    format!("tminus: 1\ntitle: T\nphases:\n  - title: P\n    steps:\n{}", "      - confirm: x\n".repeat(count))
}

#[test]
fn ten_thousand_steps_are_a_plan() {
    let loaded = soon("10,000 steps", steps(10_000).into_bytes());
    assert_eq!(loaded.plan.unwrap().steps.len(), 10_000);
}

#[test]
fn ten_thousand_steps_of_one_title_get_ids_without_counting_up() {
    let plan = soon("one title", said(15_000).into_bytes()).plan.unwrap();
    assert_eq!(plan.steps[14_999].id.as_str(), "x-15000");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let loaded = parse("a.yaml", &bytes);
        render(&loaded, false);
    }

    #[test]
    fn no_text_of_yaml_s_own_letters_makes_it_panic(tail in "[-a-z0-9:#{}\\[\\],&*!|>'\"%@`?~$<. \n\té\u{202e}]{0,120}") {
        let loaded = parse("a.yaml", format!("tminus: 1\ntitle: T\n{tail}").as_bytes());
        render(&loaded, true);
        to_json(&loaded);
    }

    #[test]
    fn no_damage_to_a_good_runbook_makes_it_panic(cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..30, "[-a-z0-9:{}\\[\\]$ \n'\"]{0,6}"), 1..4)) {
        let mut text = std::fs::read_to_string("tests/good/everything.yaml").unwrap();
        for (at, length, new) in cuts {
            let from = at.index(text.len());
            text.replace_range(from..(from + length).min(text.len()), &new);
        }
        let loaded = parse("a.yaml", text.as_bytes());
        prop_assert_eq!(loaded.plan.is_none(), loaded.count(Level::Error) > 0);
        render(&loaded, false);
        to_json(&loaded);
    }
}

/// The runbooks that the project ships, with what `fuzz/` would do to them: cut, doubled, and filled with the format's own words.
fn shipped() -> Vec<String> {
    let is_runbook = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "yaml") && !path.to_string_lossy().contains("answers")
    };
    let files = std::fs::read_dir("runbooks").unwrap().map(|entry| entry.unwrap().path()).filter(is_runbook);
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

const WORDS: [&str; 16] = [
    "id: x",
    "steps: [",
    "]",
    "{ ",
    " }",
    "&a ",
    "*a",
    "run: |\n",
    "- ",
    ": ",
    "${T0",
    "expect: { json: { $: 1 } }",
    "T-1d",
    "\u{202e}",
    "\t",
    "'",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_to_a_shipped_runbook_makes_it_panic(
        of in any::<prop::sample::Index>(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..60, 0_usize..WORDS.len(), any::<bool>()), 1..6),
    ) {
        let all = shipped();
        let mut text = all[of.index(all.len())].clone();
        for (at, length, word, double) in cuts {
            let floor = |mut at: usize| { while !text.is_char_boundary(at) { at -= 1; } at };
            let from = floor(at.index(text.len()));
            let to = floor((from + length).min(text.len()));
            let new = if double { text[from..to].repeat(2) } else { WORDS[word].to_owned() };
            text.replace_range(from..to, &new);
        }
        let loaded = parse("a.yaml", text.as_bytes());
        prop_assert_eq!(loaded.plan.is_none(), loaded.count(Level::Error) > 0);
        prop_assert!(loaded.plan.is_some() || !loaded.diagnostics.is_empty(), "refused without a word");
        render(&loaded, false);
        to_json(&loaded);
    }
}
