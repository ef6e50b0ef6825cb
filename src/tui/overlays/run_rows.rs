//! What a run card shows: who and where, the whole command, what reaches it, what it changes, the way back, what it passes by,
//! and what came before.
//!
//! All of it comes from plan and state. The order is the order of reading under pressure: first what runs, then what it means.

use crate::model::decide::{asked_class, early_start};
use crate::model::fill;
use crate::model::ids::{LevelIx, StepIx};
use crate::model::plan::Undo;
use crate::model::schedule;
use crate::model::step::{Class, Command, Effect, Place, Program, Together, Work};
use crate::model::text::shown;
use crate::model::time::plan_length;
use crate::tui::context::Context;
use crate::tui::overlays::sheet::Body;
use crate::tui::overlays::{command_rows, expect_words, say};
use crate::tui::theme::Role;
use crate::tui::words;
use ratatui::text::Line;

/// The body of a run card. What runs, what it changes and its way back must be read; the runbook's prose beneath need not.
pub fn body(ctx: &Context<'_>, step: StepIx, width: usize) -> Body {
    let planned = ctx.plan.step(step);
    let mut rows = Vec::new();
    if let Some(command) = planned.command() {
        let head = match command_rows::where_it_runs(ctx, step, command) {
            Ok(_) if ctx.state.is_drill() => "A drill: nothing of this runs, its example is shown.".into(),
            Ok(place) => format!("Will run, {place}:"),
            Err(why) => format!("Cannot run: {}", shown(&why)),
        };
        rows.extend(say::prose(&head, width, Role::Text, ctx));
        rows.extend(command_rows::rows(ctx, step, command, width));
    } else {
        rows.extend(say::prose(&by_hand(ctx, step), width, Role::Text, ctx));
        for inner in inside(ctx, step) {
            rows.extend(step_rows(ctx, inner, width));
        }
    }
    for (label, text, role) in labels(ctx, step) {
        rows.extend(say::labelled(label, &text, width, role, ctx));
    }
    let must_read = rows.len();
    if let Some(why) = &planned.why {
        rows.extend(say::labelled("Why", &say::why(ctx, why), width, Role::TextDim, ctx));
    }
    Body { must_read, rows }
}

/// What begins with a step that has no command of its own: all of a group, of what it calls, what a monitor reads.
pub fn inside(ctx: &Context<'_>, step: StepIx) -> Vec<StepIx> {
    let mut found = Vec::new();
    match &ctx.plan.step(step).work {
        Work::Group(_) => ctx.state.push_with_choice(ctx.plan, step, &mut found),
        Work::Call(callee) => {
            for called in ctx.state.called_steps(ctx.plan, callee) {
                ctx.state.push_with_choice(ctx.plan, called, &mut found);
            }
        }
        Work::Monitor(monitor) => found.clone_from(&monitor.checks),
        _alone => {}
    }
    found.retain(|inner| *inner != step);
    found
}

/// Why the step cannot run at all now: a variable that it names has no value.
pub fn cannot_run(ctx: &Context<'_>, step: StepIx) -> Option<String> {
    let command = ctx.plan.step(step).command()?;
    command_rows::where_it_runs(ctx, step, command).err().map(|why| shown(&why).into_owned())
}

/// `3.1 is not next. 2.3 and 2.4 have not been done. Type 3.1 to run it anyway.`
pub fn out_of_order(ctx: &Context<'_>, step: StepIx) -> Option<String> {
    let planned = ctx.plan.step(step);
    if matches!(planned.place, Place::Criterion { .. }) || ctx.state.owing(ctx.plan).contains(&step) {
        return None;
    }
    let path = ctx.state.path(ctx.plan);
    let place = path.iter().position(|each| *each == step)?;
    let passed: Vec<StepIx> = path[..place].iter().copied().filter(|each| stands_before(ctx, *each, step)).collect();
    if passed.is_empty() {
        return None;
    }
    let (named, more) = passed.split_at(passed.len().min(4));
    let mut names: Vec<String> = named.iter().map(|each| say::number(ctx, *each)).collect();
    if !more.is_empty() {
        names.push(format!("{} more", more.len()));
    }
    let number = say::number(ctx, step);
    let have = if passed.len() == 1 { "has" } else { "have" };
    let to_run = match asked_class(ctx.plan, ctx.state, step) {
        Class::C0 | Class::C1 => String::new(),
        Class::C2 => format!(" Type {number} to run it anyway."),
        Class::C3 => " Its words run it anyway.".into(),
    };
    Some(format!("{number} is not next. {} {have} not been done.{to_run}", say::listed(&names)))
}

/// `Planned for 2026-11-21 15:00 EST, in 12:04. Before that it takes a reason.`
pub fn too_early(ctx: &Context<'_>, step: StepIx) -> Option<String> {
    let at = early_start(ctx.plan, ctx.state, step, ctx.now.wall)?;
    Some(format!("Planned for {}. Before that it takes a reason.", say::ahead(ctx, at)))
}

/// Whether a step of the path that comes first was not gone past; what is open around a step does not stand before it.
fn stands_before(ctx: &Context<'_>, each: StepIx, step: StepIx) -> bool {
    let around = ctx.state.is_open_container(ctx.plan, each) && ctx.state.stands_in(ctx.plan, step, each);
    !ctx.state.is_passed(ctx.plan, each) && !around
}

fn by_hand(ctx: &Context<'_>, step: StepIx) -> String {
    match &ctx.plan.step(step).work {
        Work::Run(_) => String::new(),
        Work::Check(items) => {
            let items: Vec<String> = items.iter().map(|item| format!("  {}", say::fill(ctx, &item.text))).collect();
            format!("By hand. It opens and asks:\n{}", items.join("\n"))
        }
        Work::Measure(question) | Work::Ask(question) => {
            format!("It opens and asks: {}", say::fill(ctx, &question.text))
        }
        Work::Choose { text, .. } => format!("It opens a choice: {}", say::fill(ctx, text)),
        Work::Wait(when) => format!("It counts down to {}.", when.shown()),
        Work::Gate(gate) => format!("It opens a gate: {}", say::fill(ctx, &gate.text)),
        Work::Monitor(monitor) => {
            let lasts =
                monitor.lasts.map_or("until a person ends it".into(), |lasts| format!("for {}", plan_length(lasts)));
            let reads =
                monitor.probe.as_ref().and_then(|id| ctx.plan.find_probe(id)).map(|probe| ctx.plan.probe(probe));
            let reads = reads.map_or(String::new(), |probe| {
                format!(" It reads {} every {}.", shown(&probe.title), plan_length(probe.every))
            });
            format!("It looks on {lasts}.{reads}")
        }
        Work::Sign(sign) => format!("It asks for signatures: {}", say::fill(ctx, &sign.text)),
        Work::Notify(notice) => words::message(ctx.state, ctx.plan.message_text(&notice.message)),
        Work::Group(group) => match group.how {
            Together::InOrder => "Its steps, one after another, each by itself:".to_owned(),
            Together::OneCard => {
                "One after another by themselves, up to the first that fails; all of this runs:".to_owned()
            }
            Together::AtOnce => "All at once; all of this runs:".to_owned(),
        },
        Work::Call(_) => "It calls these steps; each then asks for itself:".to_owned(),
        Work::Evidence(_) => "It is looked up.".to_owned(),
    }
}

fn labels(ctx: &Context<'_>, step: StepIx) -> Vec<(&'static str, String, Role)> {
    let planned = ctx.plan.step(step);
    let mut rows = Vec::new();
    if let Some(command) = planned.command() {
        rows.push(("With", with(ctx, command), Role::CmdFilled));
    }
    let effect = words::effect(ctx.plan, step);
    let danger = match effect {
        Effect::Reads | Effect::Changes => Role::Text,
        Effect::Production => Role::Warn,
        Effect::Destroys => Role::Danger,
    };
    rows.push(("Changes", changes(ctx, step), danger));
    if let Some(loses) = &planned.loses {
        rows.push(("Loses", say::fill(ctx, loses), Role::Danger));
    }
    if effect > Effect::Reads {
        let (text, role) = undo(ctx, step);
        rows.push(("Undo", text, role));
    }
    if let Some(border) = border(ctx, step) {
        rows.push(("Border", border, Role::Danger));
    }
    if let Some(command) = planned.command() {
        rows.push(("Passes", passes(command), Role::Text));
    }
    rows.push(("Before", before(ctx, step), Role::Text));
    rows
}

/// The variables that the command names, with their values; secrets by name only.
fn with(ctx: &Context<'_>, command: &Command) -> String {
    let texts = texts_of(command);
    let named = |name: &str| texts.iter().any(|text| fill::mentions(text, name));
    let declared = ctx.plan.vars.iter().map(|var| var.name.0.as_str());
    let mut names: Vec<&str> = declared.chain(ctx.state.vars.keys().map(String::as_str)).collect();
    names.extend(["T0", "RUN_ID", "RUN_DIR", "RUNBOOK_DIR", "OPERATOR"]);
    names.sort_unstable();
    names.dedup();
    let said: Vec<String> = names
        .into_iter()
        .filter(|name| named(name))
        .map(|name| match (ctx.state.vars.get(name), ctx.state.builtin(name, None)) {
            (Some(bound), _) => match &bound.value {
                Some(value) => format!("{name}={}", shown(value)),
                None => format!("{name}=******** (set)"),
            },
            (None, Some(value)) => format!("{name}={}", shown(&value)),
            (None, None) => format!("{name} has no value yet"),
        })
        .collect();
    if said.is_empty() {
        "nothing is substituted".into()
    } else {
        format!("{}\nnothing else is substituted", said.join("\n"))
    }
}

fn texts_of(command: &Command) -> Vec<&str> {
    let mut texts: Vec<&str> = match &command.program {
        Program::Text { text, .. } => vec![text],
        Program::Argv(words) => words.iter().map(String::as_str).collect(),
    };
    texts.extend(command.env.iter().map(|(_, value)| value.as_str()));
    texts.extend(command.stdin.as_deref());
    texts.extend(command.cwd.as_deref());
    texts
}

fn changes(ctx: &Context<'_>, step: StepIx) -> String {
    let planned = ctx.plan.step(step);
    let word = match words::effect(ctx.plan, step) {
        Effect::Reads => "nothing: it reads only",
        Effect::Changes => "changes what can be changed back",
        Effect::Production => "production",
        Effect::Destroys => "DESTROYS: it cannot be taken back",
    };
    let what = planned.changes.as_deref().map_or(String::new(), |what| format!(": {}", say::fill(ctx, what)));
    let said = format!("{word}{what}");
    match planned.risk {
        Some(risk) => format!("{}. Risk {}", said.trim_end().trim_end_matches('.'), risk.word()),
        None => said,
    }
}

/// The step's own way back, else the mildest level that takes it back.
fn undo(ctx: &Context<'_>, step: StepIx) -> (String, Role) {
    let planned = ctx.plan.step(step);
    let own: Vec<String> = planned.undo.iter().map(|undo| say::title(ctx, *undo)).collect();
    // A level that this very step ends takes nothing of it back.
    let offered =
        |level: &LevelIx| schedule::offered(ctx.plan, ctx.state, *level) && ctx.plan.level(*level).until != Some(step);
    let levels: Vec<LevelIx> = (0..ctx.plan.levels.len()).map(LevelIx).filter(offered).collect();
    let takes_it_back = |level: &&LevelIx| match &ctx.plan.level(**level).undo {
        Undo::Nothing => false,
        Undo::All => true,
        Undo::Of(steps) => steps.contains(&step),
    };
    if !own.is_empty() {
        let own = own.join("; ");
        return match levels.iter().find(takes_it_back).map(|level| level_words(ctx, *level)) {
            Some(level) => (format!("its own ({own}), in {level}"), Role::Text),
            None => (format!("its own ({own}), in no level"), Role::Warn),
        };
    }
    let has_steps = |level: &&LevelIx| !ctx.plan.level(**level).steps.is_empty();
    match levels.iter().find(has_steps).map(|level| level_words(ctx, *level)) {
        Some(level) => (format!("nothing of its own; back by {level}"), Role::Text),
        None => ("none is named in this runbook".into(), Role::Warn),
    }
}

/// `level-1 Reads back, about 1m, loses nothing`.
fn level_words(ctx: &Context<'_>, level: LevelIx) -> String {
    let level = ctx.plan.level(level);
    let budget = level.budget.map_or(String::new(), |budget| format!(", about {}", plan_length(budget)));
    let loses = if level.loses_nothing() {
        "nothing".into()
    } else {
        say::fill(ctx, level.loses.as_deref().unwrap_or("something"))
    };
    format!("{} {}{budget}, loses {loses}", shown(level.id.as_str()), say::fill(ctx, &level.title))
}

/// Which levels are no longer offered after this step.
fn border(ctx: &Context<'_>, step: StepIx) -> Option<String> {
    let gone: Vec<String> = ctx
        .plan
        .levels
        .iter()
        .filter(|level| level.until == Some(step))
        .map(|level| shown(level.id.as_str()).into_owned())
        .collect();
    match (ctx.plan.step(step).point_of_no_return, gone.is_empty()) {
        (_, false) => Some(format!("after it {} is no longer offered without an override", say::listed(&gone))),
        (true, true) => Some("the point of no return".into()),
        (false, true) => None,
    }
}

fn passes(command: &Command) -> String {
    let mut said = expect_words::lines(&command.expect).join(", ");
    if !command.capture.is_empty() {
        let kept: Vec<String> = command.capture.iter().map(|(name, _)| name.to_string()).collect();
        said.push_str(&format!("; keeps {}", say::listed(&kept)));
    }
    said
}

/// What came before: the step before it with its age, own attempts, what was left out, slip, earliest start.
fn before(ctx: &Context<'_>, step: StepIx) -> String {
    let mut said = Vec::new();
    let path = ctx.state.path(ctx.plan);
    let place = path.iter().position(|each| *each == step).unwrap_or(0);
    if let Some(last) = path[..place].last() {
        let state = ctx.state.step(*last);
        let when = state.ended.map_or(String::new(), |at| format!(" {}", say::hour(ctx, at.wall)));
        said.push(format!("{} {}{when}", say::number(ctx, *last), state.status));
    }
    let own = ctx.state.step(step);
    if own.attempt > 0 {
        let exit = own.exit.map_or(String::new(), |exit| format!(", {}", exit.shown()));
        said.push(format!("attempt {} {}{exit}", own.attempt, own.status));
    }
    let skipped = ctx.state.progress_of_run(ctx.plan).skipped;
    if skipped > 0 {
        said.push(format!("{skipped} skipped"));
    }
    if let Some(slip) = schedule::slip(ctx.plan, ctx.state, ctx.now) {
        let sign = if slip < 0 { '-' } else { '+' };
        said.push(format!("slip {sign}{}m", slip.unsigned_abs() / 60_000_000));
    }
    if let Some(at) = &ctx.plan.step(step).at {
        let wall = schedule::bind(ctx.plan, ctx.state, at);
        let hour = wall.map_or(String::new(), |wall| format!(" ({})", say::hour(ctx, wall)));
        said.push(format!("not before {}{hour}", at.shown()));
    }
    if said.is_empty() { "it is the first".into() } else { said.join(" | ") }
}

/// Rows of a step's command for other cards: title and the whole command.
pub fn step_rows(ctx: &Context<'_>, step: StepIx, width: usize) -> Vec<Line<'static>> {
    let planned = ctx.plan.step(step);
    let head = format!("{} {}", say::number(ctx, step), say::title(ctx, step));
    let mut rows = say::prose(&head, width, Role::Text, ctx);
    match planned.command() {
        Some(command) => rows.extend(command_rows::rows(ctx, step, command, width)),
        None => rows.extend(say::prose("by hand", width, Role::TextDim, ctx)),
    }
    rows
}
