//! Single rules of what may happen in a run, each by the sentence that must stay true.
//!
//! Part of `tests/model.rs`; the random courses there cannot say which rule they would miss.

use crate::course::Course;
use crate::fabricate::{
    BEGUN, Build, SECRET, ask, check, choose, everything, from_t0, gate, later, maya, plain, run, run_with,
};
use std::time::Duration;
use tminus::model::actor::Actor;
use tminus::model::decide::{Asked, decide};
use tminus::model::event::{Answer, Bound, EndState, Event, Resolution, Vote};
use tminus::model::expect::{Capture, CaptureFrom, Verdict};
use tminus::model::follow::{self, Due};
use tminus::model::ids::{LevelIx, StepIx};
use tminus::model::intent::{Intent, Typed};
use tminus::model::output::{Drained, Exit, Holder};
use tminus::model::plan::{Plan, Undo};
use tminus::model::schedule;
use tminus::model::secret::Secret;
use tminus::model::state::StepStatus;
use tminus::model::step::{Condition, Effect, Retry, Side, Skip, Work};

impl Course<'_> {
    pub fn started(plan: &Plan) -> Course<'_> {
        let mut course = Course::new(plan);
        course.follow_all(&[]);
        course
    }

    pub fn ix(&self, step: &str) -> StepIx {
        self.plan.find(&step.into()).expect("a step of the plan")
    }

    pub fn status(&self, step: &str) -> StepStatus {
        self.book.state.step(self.ix(step)).status
    }

    pub fn why_not(&self, intent: Intent) -> String {
        let asked = Asked::plain(maya(), self.now);
        decide(self.plan, &self.book.state, &intent, &asked).expect_err("it is refused").0
    }

    pub fn told(&mut self, event: Event) {
        self.book.write(self.plan, self.now, event).expect("it can follow");
    }

    pub fn run(&mut self, step: &str) -> bool {
        self.wish(Intent::Run { step: step.into(), typed: Typed::default() })
    }

    pub fn answered(&mut self, step: &str) {
        let (item, answer, saw) = (0, Answer::Ok, String::new());
        assert!(self.wish(Intent::Answer { step: step.into(), item, answer, saw }));
    }

    pub fn ends(&mut self, step: &str, verdict: Verdict, retry: Option<i64>) {
        let attempt = self.book.state.step(self.ix(step)).attempt;
        let (exit, took) = (Exit::Code(0), Duration::from_secs(1));
        let (drained, holders) = (Drained::Eof, Vec::new());
        self.told(Event::StepExited { step: step.into(), attempt, exit, took, drained, holders });
        let (checks, bound) = (Vec::new(), Vec::new());
        self.told(Event::StepJudged { step: step.into(), attempt, verdict, checks, bound, retry, hints: Vec::new() });
    }

    pub fn due(&self) -> Option<Due> {
        follow::due(self.plan, &self.book.state, self.now)
    }

    pub fn follows(&mut self) {
        while let Some(due) = self.due() {
            let events = follow::enact(self.plan, &self.book.state, due, self.now).expect("it can begin");
            assert!(!events.is_empty(), "{due:?} is for the driver");
            events.into_iter().for_each(|event| self.told(event));
        }
    }
}

fn intent_run(step: &str) -> Intent {
    Intent::Run { step: step.into(), typed: Typed::default() }
}

#[test]
fn a_step_that_is_done_does_not_run_twice() {
    let plan = plain();
    let mut course = Course::started(&plan);
    assert!(course.run("one"));
    assert!(course.why_not(intent_run("one")).contains("under way"));
    course.ends("one", Verdict::Ok, None);
    assert!(course.why_not(intent_run("one")).contains("does not run twice"));
    let by = Actor::program();
    let again = Event::StepStarted {
        step: "one".into(),
        attempt: 2,
        by,
        typed: None,
        reason: None,
        second: None,
        invocation: None,
        until: None,
    };
    assert!(course.book.write(&plan, BEGUN, again).is_err(), "the fold refuses it too");
}

#[test]
fn nothing_starts_before_the_run_is_started_not_even_a_wait() {
    let mut build = Build::new();
    build.step(0, "wait", Work::Wait(from_t0(1)));
    let plan = build.done();
    let course = Course::new(&plan);
    let release = Intent::Release { step: "wait".into(), reason: "now".into() };
    assert!(course.why_not(release).contains("not started"));
    assert!(course.due().is_none());
}

#[test]
fn a_running_step_is_unknown_after_a_crash_and_a_person_says_what_became_of_it() {
    let plan = plain();
    let mut course = Course::started(&plan);
    course.run("one");
    course.told(crate::fabricate::resume("boot-2"));
    course.told(Event::VarsBound { values: Vec::new() });
    assert_eq!((course.status("one"), course.due()), (StepStatus::Unknown, None));
    assert!(course.why_not(intent_run("one")).contains("nobody knows"));
    assert!(course.why_not(intent_run("three")).contains("nobody knows"));
    let alive = vec![Holder { pid: 42, start: 1, comm: "rsync".into() }];
    course.told(Event::Survivors { step: "one".into(), attempt: 1, holders: alive, unseen: None });
    let did_not = Intent::Resolve { step: "one".into(), how: Resolution::DidNot, reason: "looked".into() };
    assert!(course.why_not(did_not.clone()).contains("rsync (pid 42)"));
    course.told(Event::Survivors { step: "one".into(), attempt: 1, holders: Vec::new(), unseen: None });
    assert!(course.wish(did_not));
    assert!(course.run("one"));
    assert_eq!(course.book.state.step(course.ix("one")).attempt, 2);
}

#[test]
fn a_probe_that_ended_unseen_is_read_again_and_never_counts_as_met() {
    let mut build = Build::new();
    let go = build.step(0, "go", gate(&[]));
    build.criterion(go, Side::Go, "probe", run("probe"));
    let plan = build.done();
    let mut course = Course::started(&plan);
    course.follows();
    assert_eq!(course.status("probe"), StepStatus::Running);
    course.told(crate::fabricate::resume("boot-1"));
    course.told(Event::VarsBound { values: Vec::new() });
    assert!(course.wish(Intent::Resolve { step: "probe".into(), how: Resolution::Finished, reason: "gone".into() }));
    assert_eq!(course.book.state.open_points(&plan, go), ["n-probe has no answer"]);
    assert_eq!(course.due(), Some(Due::Begin(course.ix("probe"))));
}

#[test]
fn a_gate_that_opens_again_asks_everything_again_and_a_closed_one_reads_nothing() {
    let mut build = Build::new();
    let go = build.step(0, "go", gate(&["lead"]));
    let retry = Some(Retry { times: 9, every: Duration::from_secs(1) });
    build.criterion(go, Side::Go, "probe", run_with("probe", |command| command.retry = retry));
    build.criterion(go, Side::Go, "look", check(1));
    let plan = build.done();
    let mut course = Course::started(&plan);
    course.follows();
    course.answered_criterion();
    course.ends("probe", Verdict::Fail, Some(course.now.wall + 1_000_000));
    let no_go = Intent::Decide { step: "go".into(), go: false, typed: String::new(), reason: "red".into() };
    assert!(course.wish(no_go));
    course.now = later(course.now, 60);
    assert_eq!(course.due(), None, "the probe of a gate that is over is not tried again");
    assert!(course.run("go"));
    let open = course.book.state.open_points(&plan, go);
    assert_eq!(open, ["n-probe has no answer", "n-look has no answer", "lead is silent"]);
}

impl Course<'_> {
    fn answered_criterion(&mut self) {
        // The by-hand criterion waits while the probe runs: one command at a time, but people may look.
        assert_eq!(self.status("probe"), StepStatus::Running);
        assert!(self.wish(Intent::Vote { step: "go".into(), role: "lead".into(), vote: Vote::Go }));
    }
}

#[test]
fn people_answer_at_a_gate_while_its_probe_waits_for_its_next_try() {
    let mut build = Build::new();
    let go = build.step(0, "go", gate(&[]));
    build.criterion(go, Side::Go, "probe", run("probe"));
    build.criterion(go, Side::Go, "look", check(1));
    let plan = build.done();
    let mut course = Course::started(&plan);
    course.follows();
    course.ends("probe", Verdict::Fail, Some(course.now.wall + 60_000_000));
    course.answered("look");
    assert_eq!(course.status("look"), StepStatus::Ok);
}

#[test]
fn a_critical_criterion_is_not_cleared_by_leaving_it_out() {
    let mut build = Build::new();
    let go = build.step(0, "go", gate(&[]));
    let look = build.criterion(go, Side::Go, "look", check(1));
    build.at(look).critical = true;
    build.criterion(go, Side::Go, "other", check(1));
    let plan = build.done();
    let mut course = Course::started(&plan);
    course.follows();
    for step in ["look", "other"] {
        assert!(course.wish(Intent::Skip { step: step.into(), reason: "busy".into() }));
    }
    assert_eq!(course.book.state.open_points(&plan, go), ["n-look is critical and has no answer"]);
    let go = |typed: &str| Intent::Decide { step: "go".into(), go: true, typed: typed.into(), reason: "must".into() };
    assert!(course.why_not(go("")).contains("GO is locked"));
    assert!(course.wish(go("GO ANYWAY")));
    assert_eq!(course.status("go"), StepStatus::Over);
}

#[test]
fn a_step_that_may_not_be_left_out_is_not_left_out_by_another_word() {
    let mut build = Build::new();
    let step = build.step(0, "must", check(1));
    build.at(step).skip = Skip::Never;
    let plan = build.done();
    let course = Course::started(&plan);
    let (step, reason) = ("must".into(), "no time".to_owned());
    assert!(course.why_not(Intent::NotApplicable { step, reason: reason.clone() }).contains("cannot be left out"));
    assert!(course.why_not(Intent::Skip { step: "must".into(), reason }).contains("cannot be left out"));
}

#[test]
fn undos_run_newest_first_in_chosen_ways_too_and_what_they_undo_is_back() {
    let mut build = Build::new();
    let one = build.step(0, "one", run("one"));
    build.undo(one, "undo-one", run("x"));
    let way = build.step(0, "way", choose());
    let inner = build.option(way, &[("inner", run("inner"))])[0];
    build.undo(inner, "undo-inner", run("x"));
    let maybe = build.undo(inner, "undo-inner-maybe", run("x"));
    build.at(maybe).when = vec![Condition { var: "TAG".into(), is: "x".into() }];
    let never = build.step(0, "never", run("never"));
    build.undo(never, "undo-never", run("x"));
    let level = build.level("level-1", Undo::All, vec![("tidy", run("tidy"))]);
    let plan = build.done();
    let mut course = Course::started(&plan);
    course.run("one");
    course.ends("one", Verdict::Ok, None);
    course.wish(Intent::Choose { step: "way".into(), option: "way-0".into() });
    course.run("inner");
    course.ends("inner", Verdict::Fail, None);
    let path: Vec<_> =
        course.book.state.level_path(&plan, level).iter().map(|ix| plan.step(*ix).id.0.clone()).collect();
    assert_eq!(path, ["undo-inner", "undo-inner-maybe", "undo-one", "level-1.tidy"]);
    assert!(course.wish(Intent::RollBack { level: "level-1".into(), typed: Typed::default() }));
    course.follows();
    course.ends("undo-inner", Verdict::Ok, None);
    assert_eq!(course.due(), Some(Due::Conditions(course.ix("undo-inner-maybe"))));
    course.told(Event::StepConditions { step: "undo-inner-maybe".into(), hold: false, saw: "TAG is y".into() });
    assert_eq!(course.status("inner"), StepStatus::Back, "an undo that does not apply is no reason to stay undone");
    assert!(course.why_not(intent_run("one")).contains("going back"));
}

#[test]
fn a_choice_inside_a_level_goes_on_with_the_way_that_is_chosen() {
    let mut build = Build::new();
    build.step(0, "one", run("one"));
    build.level("level-1", Undo::Nothing, vec![("way", choose())]);
    let way = build.plan.levels[0].steps[0];
    build.option(way, &[("inner", run("inner"))]);
    let plan = build.done();
    let mut course = Course::started(&plan);
    assert!(course.wish(Intent::RollBack { level: "level-1".into(), typed: Typed::default() }));
    assert!(course.wish(Intent::Choose { step: "level-1.way".into(), option: "way-0".into() }));
    assert_eq!(course.due(), Some(Due::Begin(course.ix("inner"))));
}

#[test]
fn a_rollback_after_an_abort_goes_on_and_an_abort_of_a_rollback_stops_it() {
    let mut build = Build::new();
    build.step(0, "one", run("one"));
    build.level("level-1", Undo::Nothing, vec![("tidy", run("tidy"))]);
    let plan = build.done();
    let mut course = Course::started(&plan);
    let abort = || Intent::Abort { reason: "enough".into() };
    let back = || Intent::RollBack { level: "level-1".into(), typed: Typed::default() };
    assert!(course.wish(abort()) && course.wish(back()));
    assert_eq!(course.due(), Some(Due::Begin(course.ix("level-1.tidy"))));
    assert!(course.why_not(Intent::Close).contains("not done yet"), "a rollback under way is not closed by accident");
    assert!(course.wish(abort()));
    assert_eq!(course.due(), None);
    assert_eq!(course.book.state.end_state(&plan), EndState::Failed);
    assert!(course.wish(back()), "the way back stays open");
}

#[test]
fn a_rollback_step_that_is_left_out_is_not_called_rolled_back() {
    let mut build = Build::new();
    build.step(0, "one", run("one"));
    build.level("level-1", Undo::Nothing, vec![("look", check(1))]);
    let plan = build.done();
    let mut course = Course::started(&plan);
    course.wish(Intent::RollBack { level: "level-1".into(), typed: Typed::default() });
    course.wish(Intent::Skip { step: "level-1.look".into(), reason: "no time".into() });
    course.follows();
    assert!(course.wish(Intent::Close));
    assert_eq!(course.book.state.ended, Some(EndState::Failed));
}

#[test]
fn a_hold_stops_a_rollback_between_two_steps_and_its_time_is_counted() {
    let plan = everything();
    let mut course = Course::started(&plan);
    course.wish(Intent::Hold { reason: "lunch".into() });
    course.now = later(course.now, 600);
    assert!(course.wish(Intent::RollBack { level: "level-1".into(), typed: Typed::default() }));
    let held = course.book.state.held;
    assert!((600_000_000..700_000_000).contains(&held), "{held}");
    course.wish(Intent::Hold { reason: "wait".into() });
    assert_eq!(course.due(), None);
    course.wish(Intent::GoOn);
    assert_eq!(course.due(), Some(Due::Begin(course.ix("level-1.tidy"))));
}

#[test]
fn what_is_owed_outlives_an_abort_and_keeps_the_run_open() {
    let plan = crate::fabricate::by_hand();
    let mut course = Course::started(&plan);
    course.wish(Intent::Hand { step: "first".into(), reason: "did it by phone".into() });
    course.wish(Intent::Abort { reason: "enough".into() });
    assert!(course.why_not(Intent::Close).contains("n-reset is still owed"));
    course.answered("reset");
    assert!(course.wish(Intent::Close));
    assert_eq!(course.book.state.ended, Some(EndState::Aborted));
}

#[test]
fn a_way_back_does_not_wait_for_secrets_that_cannot_be_read() {
    let mut plan = Build::new();
    plan.plan.vars = everything().vars;
    plan.step(0, "one", run("one"));
    plan.level("level-1", Undo::Nothing, vec![("plain", run("plain")), ("secret", run("use \"$TOKEN\""))]);
    let plan = plan.done();
    let mut course = Course::started(&plan);
    course.told(crate::fabricate::resume("boot-1"));
    course.told(Event::VarsFailed { why: "TOKEN is not set".into() });
    assert!(course.why_not(intent_run("one")).contains("TOKEN is not set"));
    assert!(course.wish(Intent::RollBack { level: "level-1".into(), typed: Typed::default() }));
    course.follows_once();
    course.ends("level-1.plain", Verdict::Ok, None);
    let due = course.due().expect("the next is due");
    let why = follow::enact(&plan, &course.book.state, due, course.now).expect_err("it names what nobody knows");
    assert!(why.0.contains("TOKEN"), "{why}");
}

impl Course<'_> {
    fn follows_once(&mut self) {
        let due = self.due().expect("something is due");
        let events = follow::enact(self.plan, &self.book.state, due, self.now).expect("it can begin");
        events.into_iter().for_each(|event| self.told(event));
    }
}

#[test]
fn a_secret_that_died_with_its_conductor_is_asked_again_or_made_again() {
    let mut build = Build::new();
    build.step(0, "pass", Work::Ask(ask("PASS", true)));
    let minted = ("MINTED".into(), Capture { from: CaptureFrom::Stdout, secret: true });
    build.step(0, "mint", run_with("mint", |command| command.capture = vec![minted]));
    build.step(0, "use", run("use \"$MINTED\""));
    let plan = build.done();
    let mut course = Course::started(&plan);
    assert!(course.wish(Intent::Value { step: "pass".into(), value: Secret::new(SECRET.into()) }));
    course.run("mint");
    let bound = vec![Bound { name: "MINTED".into(), value: None, hash: Some("aa".into()) }];
    let (checks, retry, attempt) = (Vec::new(), None, 1);
    course.told(Event::StepJudged {
        step: "mint".into(),
        attempt,
        verdict: Verdict::Ok,
        checks,
        bound,
        retry,
        hints: Vec::new(),
    });
    course.told(crate::fabricate::resume("boot-1"));
    course.told(Event::VarsBound { values: Vec::new() });
    assert_eq!(course.book.state.next(&plan), Some(course.ix("pass")), "it is asked again");
    course.wish(Intent::Value { step: "pass".into(), value: Secret::new(SECRET.into()) });
    assert!(course.why_not(intent_run("use")).contains("MINTED"));
    let typed = Typed { text: Some("n-mint".into()), ..Typed::default() };
    assert!(course.wish(Intent::Run { step: "mint".into(), typed }), "a person may have it made again");
    assert_eq!(course.book.state.step(course.ix("mint")).attempt, 2);
}

#[test]
fn what_a_class_asks_for_is_asked_of_every_client() {
    let plan = everything();
    let course = Course::started(&plan);
    let typed = |text: &str, reason: &str, second: &str| {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let typed = Typed { text: some(text), reason: some(reason), second: some(second) };
        Intent::Run { step: "wipe".into(), typed }
    };
    assert!(course.why_not(typed("n-wipe", "r", "jlee")).contains("delete it all"));
    assert!(course.why_not(typed("delete it all", "", "jlee")).contains("reason"));
    assert!(course.why_not(typed("delete it all", "r", "maya")).contains("second person"));
    assert!(course.why_not(intent_run("switch")).contains("type n-switch"), "out of order costs the number");
}

#[test]
fn a_point_of_no_return_takes_the_levels_that_name_it_away_unless_a_reason_is_given() {
    let mut plan = plain();
    let mut build = Build::new();
    std::mem::swap(&mut build.plan, &mut plan);
    build.level("level-1", Undo::Nothing, vec![("tidy", run("tidy"))]);
    build.plan.levels[0].until = Some(StepIx(0));
    let plan = build.done();
    let mut course = Course::started(&plan);
    assert!(schedule::offered(&plan, &course.book.state, LevelIx(0)));
    course.run("one");
    assert!(!schedule::offered(&plan, &course.book.state, LevelIx(0)));
    let back = |reason: Option<&str>| Intent::RollBack {
        level: "level-1".into(),
        typed: Typed { reason: reason.map(str::to_owned), ..Typed::default() },
    };
    assert!(course.why_not(back(None)).contains("is not offered now"));
    assert!(course.wish(back(Some("the site burns"))));
    assert_eq!(course.book.state.level_path(&plan, tminus::model::ids::LevelIx(0)).len(), 1);
}

#[test]
fn a_hold_moves_what_has_not_begun_and_nothing_else() {
    let mut build = Build::new();
    let (first, second) = (build.step(0, "first", check(1)), build.step(0, "second", check(1)));
    build.at(first).at = Some(from_t0(1));
    build.at(second).at = Some(from_t0(20));
    let plan = build.done();
    let mut course = Course::started(&plan);
    course.answered("first");
    let before = schedule::planned(&plan, &course.book.state);
    course.wish(Intent::Hold { reason: "wait".into() });
    course.now = later(course.now, 300);
    course.wish(Intent::GoOn);
    let held = i64::try_from(course.book.state.held).expect("a short hold");
    let after = schedule::planned(&plan, &course.book.state);
    assert_eq!(after[0].1, before[0].1, "what has begun stays");
    assert_eq!(after[1].1.start, before[1].1.start.map(|at| at + held));
    let bound = |days| schedule::bind(&plan, &course.book.state, &tminus::model::when::When::FromT0(days));
    let day = tminus::model::when::Offset { days: 1, micros: 0 };
    assert_eq!(bound(day), course.book.state.t0.map(|t0| t0 + 86_400_000_000), "a calendar day stays");
}

#[test]
fn a_phase_is_acknowledged_once_and_only_when_it_is_over() {
    let plan = plain();
    let mut course = Course::started(&plan);
    let see = || Intent::SeePhase { phase: "phase-1".into() };
    assert!(course.why_not(see()).contains("n-one is not done"));
    for step in ["one", "two"] {
        course.wish(Intent::Skip { step: step.into(), reason: "not today".into() });
    }
    assert!(course.wish(see()));
    assert!(course.why_not(see()).contains("before"));
}

#[test]
fn a_text_that_would_not_fit_into_one_record_is_refused() {
    let plan = plain();
    let course = Course::started(&plan);
    let reason = "x".repeat(9_000);
    assert!(course.why_not(Intent::Hold { reason: reason.clone() }).contains("8 KiB"));
    assert!(course.why_not(Intent::Skip { step: "one".into(), reason }).contains("8 KiB"));
}

#[test]
fn only_a_destroying_step_of_a_way_back_asks_before_it_runs() {
    let mut build = Build::new();
    build.step(0, "one", run("one"));
    build.level("level-1", Undo::Nothing, vec![("switch", run("switch")), ("wipe", run("wipe"))]);
    let steps = build.plan.levels[0].steps.clone();
    build.at(steps[0]).effect = Effect::Production;
    build.at(steps[1]).effect = Effect::Destroys;
    let plan = build.done();
    let mut course = Course::started(&plan);
    course.wish(Intent::RollBack { level: "level-1".into(), typed: Typed::default() });
    course.follows();
    course.ends("level-1.switch", Verdict::Ok, None);
    assert_eq!(course.due(), None);
    assert!(course.why_not(intent_run("level-1.wipe")).contains("type"));
}
