//! What a gate shows, row by row.
//!
//! The state of a criterion is a word: `ok`, `clear`, `FAIL`, `HOLDS`, `?`. Counts of what was left out are carried in from the
//! whole run, and the advice is `RunState::open_points`, nothing else.

use crate::model::event::Vote;
use crate::model::ids::StepIx;
use crate::model::schedule;
use crate::model::state::StepStatus;
use crate::model::step::Side;
use crate::model::text::shown;
use crate::tui::context::Context;
use crate::tui::overlays::gate::gate_of;
use crate::tui::overlays::say;
use crate::tui::overlays::sheet::Head;
use crate::tui::theme::Role;
use crate::tui::widgets::wrap;
use ratatui::text::{Line, Span};

/// Criteria in the order of the screen: all of GO, then all of NO-GO.
pub fn criteria(ctx: &Context<'_>, step: StepIx) -> Vec<StepIx> {
    gate_of(ctx, step).map(|gate| gate.go.iter().chain(&gate.no_go).copied().collect()).unwrap_or_default()
}

/// `GATE 2.5  Go/No-Go`; the clocks stand above it.
pub fn head(ctx: &Context<'_>, step: StepIx) -> Head {
    Head {
        word: format!("GATE {}", say::number(ctx, step)),
        title: say::title(ctx, step),
        tag: String::new(),
        role: Role::You,
    }
}

/// The rows, and the row of the criterion that is marked.
pub fn body(ctx: &Context<'_>, step: StepIx, at: usize, width: usize) -> (Vec<Line<'static>>, usize) {
    let Some(gate) = gate_of(ctx, step) else {
        return (Vec::new(), 0);
    };
    let mut rows = say::prose(&say::fill(ctx, &gate.text), width, Role::Text, ctx);
    let (mut marked, mut place) = (0, 0);
    let columns = Columns::of(width);
    for (side, criteria, title) in
        [(Side::Go, &gate.go, "GO needs every one of these"), (Side::NoGo, &gate.no_go, "NO-GO if any one of these")]
    {
        if criteria.is_empty() {
            continue;
        }
        rows.push(columns.title(title, place == 0, ctx));
        for criterion in criteria {
            if place == at {
                marked = rows.len();
            }
            rows.extend(columns.rows(ctx, *criterion, side, place == at));
            place += 1;
        }
    }
    if let Some(slack) = schedule::slack_words(ctx.plan, ctx.state, step, ctx.now) {
        rows.extend(say::labelled("Slack", &shown(&slack), width, Role::Text, ctx));
    }
    rows.extend(say::labelled("Carried", &carried(ctx), width, Role::TextDim, ctx));
    (rows, marked)
}

/// `2 skipped  1 n/a  0 overridden  1 by hand`, and that the runbook was amended.
fn carried(ctx: &Context<'_>) -> String {
    let of = |wanted: StepStatus| ctx.state.steps.iter().filter(|own| own.status == wanted).count();
    let amended = ctx.state.amended_word().map(|word| format!("  runbook {word}")).unwrap_or_default();
    format!(
        "{} skipped  {} n/a  {} overridden  {} by hand{amended}",
        of(StepStatus::Skipped),
        of(StepStatus::NotApplicable),
        of(StepStatus::Over),
        of(StepStatus::Hand)
    )
}

/// Widths of the columns of a criterion.
struct Columns {
    text: usize,
    saw: usize,
    wide: bool,
}

/// Cells of mark, number and state: ` > 1    clear  `.
const HEAD: usize = 15;

/// Cells of `by` and `age`, their gaps included.
const TAIL: usize = 17;

/// Empty cells between a statement and what was seen of it.
const GAP: usize = 2;

impl Columns {
    /// The state stands before the statement, so that nobody reads one for the other; a narrow screen gives what was seen a
    /// row of its own.
    fn of(width: usize) -> Self {
        if width < 70 {
            return Self { text: width.saturating_sub(HEAD), saw: 0, wide: false };
        }
        let left = width - HEAD - TAIL - GAP;
        let saw = (left * 2 / 5).clamp(12, 40);
        Self { text: left - saw, saw, wide: true }
    }

    fn title(&self, title: &str, first: bool, ctx: &Context<'_>) -> Line<'static> {
        let dim = ctx.theme.style(Role::TextDim);
        if !self.wide || !first {
            return Line::styled(title.to_owned(), ctx.theme.style(Role::TextStrong));
        }
        let wide = HEAD + self.text + GAP;
        Line::from(vec![
            Span::styled(format!("{title:<wide$}"), ctx.theme.style(Role::TextStrong)),
            Span::styled(format!("{:<1$}", "saw", self.saw), dim),
            Span::styled(format!(" {:<8}{:>8}", "by", "age"), dim),
        ])
    }

    fn rows(&self, ctx: &Context<'_>, criterion: StepIx, side: Side, marked: bool) -> Vec<Line<'static>> {
        let saw = saw(ctx, criterion, side);
        let texts = wrap::words(&statement(ctx, criterion), self.text);
        let saws = if self.wide { wrap::words(&saw, self.saw) } else { Vec::new() };
        let (plain, dim) = (if marked { Role::Select } else { Role::Text }, Role::TextDim);
        let span = |text: String, role: Role| Span::styled(text, ctx.theme.style(role));
        let at = |rows: &[String], part: usize| rows.get(part).cloned().unwrap_or_default();
        let mut rows = Vec::new();
        for part in 0..texts.len().max(saws.len()) {
            let (word, role) = state_word(ctx.state.step(criterion).status, side);
            let mut spans = if part == 0 {
                vec![span(item_head(ctx, criterion, marked), Role::Focus), span(format!("{word:<6} "), role)]
            } else {
                vec![span(" ".repeat(HEAD), plain)]
            };
            spans.push(span(pad(&at(&texts, part), self.text), plain));
            if self.wide {
                spans.push(span(pad(&format!("  {}", at(&saws, part)), GAP + self.saw), dim));
                let who = if part == 0 { by_and_age(ctx, criterion) } else { String::new() };
                spans.push(span(format!(" {who}"), dim));
            }
            rows.push(Line::from(spans));
        }
        if !self.wide && saw != "-" {
            let who = by_and_age(ctx, criterion);
            let who: Vec<&str> = who.split_whitespace().collect();
            let seen = format!("{saw}  {}", who.join(" "));
            rows.extend(say::labelled("", &seen, self.text + HEAD, dim, ctx));
        }
        rows
    }
}

/// ` > 4    ` of a criterion.
fn item_head(ctx: &Context<'_>, criterion: StepIx, marked: bool) -> String {
    let mark = if marked { '>' } else { ' ' };
    let number = wrap::cut(&tail(&say::number(ctx, criterion)), 4);
    format!(" {mark} {number:<4} ")
}

fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(wrap::width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// The criterion's own part of its number: `4` of `2.5.4`, else all of it.
fn tail(number: &str) -> String {
    number.rsplit('.').next().unwrap_or(number).to_owned()
}

/// What the criterion states: its statement or question, else its title.
fn statement(ctx: &Context<'_>, criterion: StepIx) -> String {
    let critical = if ctx.plan.step(criterion).critical { " (critical)" } else { "" };
    format!("{}{critical}", say::title(ctx, criterion))
}

fn state_word(status: StepStatus, side: Side) -> (&'static str, Role) {
    match (side, status) {
        (Side::NoGo, StepStatus::Ok | StepStatus::Late) => ("clear", Role::Ok),
        (Side::NoGo, StepStatus::Failed) => ("HOLDS", Role::Fail),
        (_, StepStatus::NotYet | StepStatus::You) => ("?", Role::You),
        (Side::Go | Side::NoGo, other) => (other.word(), say::status_role(other)),
    }
}

/// What was seen. On the NO-GO side the words say whether the statement is so: what clears it is the opposite of what it says.
fn saw(ctx: &Context<'_>, criterion: StepIx, side: Side) -> String {
    let own = ctx.state.step(criterion);
    let typed = own.answers.values().next_back().map(|answered| answered.saw.as_str()).filter(|saw| !saw.is_empty());
    let failed = own.checks.iter().find(|check| !check.ok).or_else(|| own.checks.last());
    let checked = failed.map(|check| match side {
        Side::NoGo if check.ok => format!("not so: {}", check.saw),
        Side::Go | Side::NoGo => check.saw.clone(),
    });
    let ticked = match (side, own.status.bad()) {
        (Side::Go, _) => "ticked",
        (Side::NoGo, true) => "it is so",
        (Side::NoGo, false) => "not so",
    };
    match (typed, checked, own.status.settled() || own.status.bad()) {
        (_, _, false) => "-".into(),
        (Some(text), _, true) => shown(text).into_owned(),
        (None, Some(text), true) => shown(&text).into_owned(),
        (None, None, true) => own.exit.map_or(ticked.into(), |exit| exit.shown()),
    }
}

fn by_and_age(ctx: &Context<'_>, criterion: StepIx) -> String {
    let own = ctx.state.step(criterion);
    if !own.status.settled() && !own.status.bad() {
        return String::new();
    }
    let who = own.answers.values().next_back().map(|answered| &answered.by).or(own.by.as_ref());
    let by = if ctx.plan.step(criterion).command().is_some() {
        "probe".into()
    } else {
        who.map_or("-".into(), |who| shown(&who.shown()).into_owned())
    };
    let age = own.ended.map_or("-".into(), |at| say::age(ctx, at));
    format!("{}{age:>8}", pad(&wrap::cut(&by, 8), 8))
}

/// `Poll    Technical lead GO (jlee)   Operations lead -`.
pub fn poll(ctx: &Context<'_>, step: StepIx, width: usize) -> Vec<Line<'static>> {
    let Some(gate) = gate_of(ctx, step).filter(|gate| !gate.poll.is_empty()) else {
        return Vec::new();
    };
    let said: Vec<String> = gate
        .poll
        .iter()
        .map(|role| {
            let title = role_title(ctx, role);
            match ctx.state.vote(step, role) {
                None => format!("{title} -"),
                Some((vote, by)) => {
                    format!("{title} {} ({})", vote_word(*vote), shown(&by.shown()))
                }
            }
        })
        .collect();
    say::labelled("Poll", &said.join("   "), width, Role::Text, ctx)
}

fn role_title(ctx: &Context<'_>, id: &crate::model::ids::RoleId) -> String {
    let role = ctx.plan.roles.iter().find(|role| role.id == *id);
    role.map_or(shown(id.as_str()).into_owned(), |role| match role.signers.as_slice() {
        [] => shown(&role.title).into_owned(),
        signers => format!("{} [{}]", shown(&role.title), shown(&signers.join(", "))),
    })
}

fn vote_word(vote: Vote) -> &'static str {
    match vote {
        Vote::Go => "GO",
        Vote::NoGo => "NO-GO",
    }
}

/// `Advice  HOLD. 2.5.4 has no answer. ops is silent.`
pub fn advice(ctx: &Context<'_>, step: StepIx, width: usize) -> Vec<Line<'static>> {
    let open: Vec<String> =
        ctx.state.open_points(ctx.plan, step).iter().map(|point| shown(point).into_owned()).collect();
    if open.is_empty() {
        return say::labelled("Advice", "GO. Every point is clear.", width, Role::Ok, ctx);
    }
    // Three rows at most: the list itself shows every state.
    let (mut words, mut named) = (String::from("HOLD."), 0);
    for point in &open {
        if named > 0 && words.len() + point.len() > width * 5 / 2 {
            break;
        }
        words.push_str(&format!(" {point}."));
        named += 1;
    }
    if named < open.len() {
        words.push_str(&format!(" And {} more.", open.len() - named));
    }
    say::labelled("Advice", &words, width, Role::Warn, ctx)
}

/// What is to be done now, in plain words.
pub fn next(ctx: &Context<'_>, step: StepIx, marked: Option<StepIx>) -> String {
    if let Some(hold) = &ctx.state.hold {
        return format!("Held by {}. p, then y, goes on.", shown(&hold.by.shown()));
    }
    let unanswered = |criterion: &StepIx| !ctx.state.step(*criterion).status.settled();
    if let Some(criterion) = marked.filter(unanswered) {
        let number = tail(&say::number(ctx, criterion));
        let planned = ctx.plan.step(criterion);
        return match (planned.command(), ctx.state.step(criterion).status) {
            (_, StepStatus::Running) => format!("Wait. {number} is being read."),
            (Some(_), _) => format!("r on item {number} reads it."),
            (None, _) => format!("Enter on item {number} and say what you saw."),
        };
    }
    let open = ctx.state.open_points(ctx.plan, step);
    if open.is_empty() {
        let decider = ctx.plan.decider.as_ref().map_or("the decider".into(), |role| role_title(ctx, role));
        return format!("v: {decider} decides.");
    }
    if criteria(ctx, step).iter().any(unanswered) {
        return "j and k move to an item without an answer.".into();
    }
    "g or n speaks for a station.".into()
}

/// The stations to speak for, by digit.
pub fn stations(ctx: &Context<'_>, step: StepIx, vote: Vote) -> String {
    let roles = gate_of(ctx, step).map(|gate| gate.poll.as_slice()).unwrap_or_default();
    let named: Vec<String> =
        roles.iter().enumerate().map(|(place, role)| format!("{} {}", place + 1, role_title(ctx, role))).collect();
    format!("{} of which station?  {}", vote_word(vote), named.join("   "))
}

/// What deciding would mean.
pub fn deciding(ctx: &Context<'_>, step: StepIx) -> String {
    let open = ctx.state.open_points(ctx.plan, step).len();
    if open == 0 {
        "g GO   n NO-GO   esc not yet".into()
    } else {
        format!("GO is locked: {}. g GO ANYWAY, typed   n NO-GO   esc not yet", say::count(open, "open point"))
    }
}
