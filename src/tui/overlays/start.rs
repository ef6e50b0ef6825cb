//! The start card: how many steps, against what, by which clock, and every command that runs to bind variables.
//!
//! Nothing that a runbook says is executed before this: all of it stands here as text first. The environment's word is typed,
//! never pasted, and not taken before the last of those commands was on the screen. Opens by itself; early keys are swallowed.

use crate::model::intent::Intent;
use crate::model::plan::{Source, Start};
use crate::model::schedule;
use crate::model::step::{Class, Effect, Place, PlannedStep};
use crate::model::text::shown;
use crate::model::time::plan_length;
use crate::tui::context::{Context, Reply};
use crate::tui::overlays::command_rows;
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step};
use crate::tui::overlays::quiet::{EARLY, Quiet};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// The start card.
#[derive(Debug)]
pub struct StartCard {
    form: Form,
    quiet: Quiet,
    view: View,
}

impl StartCard {
    /// Nothing is typed at first.
    pub fn open(ctx: &Context<'_>) -> Self {
        let word = ctx.plan.environment.kind.word();
        Self {
            form: Form::of(vec![Question::exactly(word, "to start")]),
            quiet: Quiet::silent(ctx.now),
            view: View::default(),
        }
    }
}

/// `This will run 19 steps against PROD search.example. 2 can destroy data.`, or that this is a drill.
fn sentence(ctx: &Context<'_>) -> String {
    let forward =
        |step: &&PlannedStep| matches!(step.place, Place::Phase(_) | Place::Choice { .. } | Place::Criterion { .. });
    let steps: Vec<&PlannedStep> = ctx.plan.steps.iter().filter(forward).collect();
    let in_phases = steps.iter().filter(|step| matches!(step.place, Place::Phase(_))).count();
    let destroying = steps.iter().filter(|step| step.effect == Effect::Destroys).count();
    let production = steps.iter().filter(|step| step.class() == Class::C2).count();
    let commands = var_commands(ctx).len();
    let destroys = match destroying {
        0 => "None can destroy data".to_owned(),
        1 => "1 can destroy data".into(),
        more => format!("{more} can destroy data"),
    };
    let production = match production {
        0 => String::new(),
        1 => "; 1 more asks for its number".into(),
        more => format!("; {more} more ask for their number"),
    };
    let also = if commands == 0 {
        String::new()
    } else {
        format!(
            " {} below right after the start.",
            say::count(commands, "command") + if commands == 1 { " runs" } else { " run" }
        )
    };
    if ctx.state.is_drill() {
        return format!(
            "A drill of {}: their examples are shown, nothing is executed. In the run itself {}{production}.",
            say::count(in_phases, "step"),
            destroys.to_lowercase()
        );
    }
    format!(
        "This will run {} against {}. {destroys}{production}.{also}",
        say::count(in_phases, "step"),
        say::band(ctx, &ctx.plan.environment).0
    )
}

/// Every `vars.command`, in the order of the file; none in a drill, which runs none.
fn var_commands<'a>(ctx: &Context<'a>) -> Vec<(&'a str, &'a str, bool)> {
    if ctx.state.is_drill() {
        return Vec::new();
    }
    let command = |var: &'a crate::model::plan::Var| match &var.source {
        Source::Command(text) => Some((var.name.as_str(), text.as_str(), var.secret)),
        Source::Env { .. } | Source::Default(_) | Source::Given => None,
    };
    ctx.plan.vars.iter().filter_map(command).collect()
}

/// `15:00 EST = 20:00 UTC`, and whether that is T0's fixed time or the moment of the start.
fn clock(ctx: &Context<'_>) -> String {
    let given = ctx.state.facts.as_ref().and_then(|facts| facts.t0);
    let fixed = match &ctx.plan.start {
        Start::At { wall, .. } => given.or(Some(*wall)),
        Start::AtStart => given,
    };
    let wall = fixed.unwrap_or(ctx.now.wall);
    let both = |wall: i64, format: &str| {
        let here = schedule::format_wall(wall, &ctx.state.zone, Some(format)).unwrap_or_else(|| "?".into());
        let utc = schedule::format_wall(wall, "UTC", Some("%H:%M UTC")).unwrap_or_else(|| "?".into());
        // Etc/UTC and the like are other names of the same: what is shown decides.
        if here.ends_with(&utc) { here } else { format!("{here} = {utc}") }
    };
    let now = both(ctx.now.wall, "%H:%M %Z");
    match fixed {
        Some(_) => format!("T0 is {}. Now {now}.", both(wall, "%Y-%m-%d %H:%M %Z")),
        None => format!("{now}. T0 is the moment you start."),
    }
}

fn rows(ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
    let mut rows = say::prose(&sentence(ctx), width, Role::TextStrong, ctx);
    let mut facts = vec![
        ("Clock", (clock(ctx), Role::Text)),
        ("Hard stop", (hard_stop(ctx), Role::Text)),
        ("Way back", way_back(ctx)),
    ];
    if let Some(run) = &ctx.state.facts {
        let operator = if ctx.state.is_drill() {
            format!("{}, nothing is executed", run.operator)
        } else {
            format!("{}, commands run as {}@{}", run.operator, run.user, run.host)
        };
        facts.push(("Operator", (shown(&operator).into_owned(), Role::Text)));
        facts.push(("Journal", journal(run.key_word())));
    }
    for (label, (text, role)) in facts {
        rows.extend(say::labelled(label, &text, width, role, ctx));
    }
    for (name, command, secret) in var_commands(ctx) {
        let kept = if secret { ", its output is never shown" } else { "" };
        let head = format!("Runs right after the start, for {name}{kept}:");
        rows.extend(say::prose(&head, width, Role::Text, ctx));
        rows.extend(command_rows::plain(ctx, command, width));
    }
    rows
}

fn hard_stop(ctx: &Context<'_>) -> String {
    let floor = plan_length(ctx.plan.safety_floor);
    match &ctx.plan.hard_stop {
        Some(when) => format!("{}, {floor} kept free before it", when.shown()),
        None => "no deadline declared".into(),
    }
}

fn way_back(ctx: &Context<'_>) -> (String, Role) {
    let levels = ctx.plan.levels.iter();
    let named: Vec<String> =
        levels.map(|level| format!("{} {}", shown(level.id.as_str()), say::fill(ctx, &level.title))).collect();
    if named.is_empty() { ("this plan names no rollback".into(), Role::Warn) } else { (named.join("; "), Role::Text) }
}

/// What the run's signatures are worth.
fn journal(key_word: Option<&str>) -> (String, Role) {
    match key_word {
        None => ("signed with your key".into(), Role::Text),
        Some("UNSIGNED") => ("UNSIGNED: nothing proves who ran this".into(), Role::Warn),
        Some(word) => {
            let means = "tminus made the key: it proves only that nothing was changed";
            (format!("{word}: {means}"), Role::Warn)
        }
    }
}

impl Face for StartCard {
    fn head(&self, ctx: &Context<'_>) -> Head {
        Head { word: "START".into(), title: say::fill(ctx, &ctx.plan.title), tag: String::new(), role: Role::You }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let rows = rows(ctx, width);
        Body { must_read: rows.len(), rows }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        if self.takes_text(ctx) {
            self.form.lines(width, ctx.theme)
        } else {
            say::prose("Read to the last line first: space reads on.", width, Role::Warn, ctx)
        }
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        if self.takes_text(ctx) {
            vec![hint("enter", "submit what is typed"), hint("PgUp", "read again"), hint("esc", "look around first")]
        } else {
            vec![hint("space", "read on"), hint("esc", "look around first")]
        }
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if self.quiet.swallows(ctx.now) {
            return Reply::Say(EARLY.into());
        }
        if key.code == KeyCode::Esc {
            return Reply::Close;
        }
        let text = self.takes_text(ctx);
        if self.view.key(key) || (!text && self.view.plain_key(key)) {
            return Reply::Stay;
        }
        if !text {
            return Reply::Say("Read to the last line first: space reads on.".into());
        }
        match self.form.key(key) {
            Step::Done => Reply::Wish(Intent::Start { typed: self.form.answer(0).to_owned() }),
            Step::Typed | Step::Unused => Reply::Stay,
        }
    }

    fn paste(&mut self, text: &str, _ctx: &Context<'_>) -> Reply {
        self.form.paste(text);
        Reply::Say("Paste is refused here: type it.".into())
    }

    fn has_typed(&self) -> bool {
        self.form.has_typed()
    }

    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        self.view.was_read()
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        ctx.state.started.is_some()
    }

    fn view(&self) -> &View {
        &self.view
    }
}
