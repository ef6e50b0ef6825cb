//! The header: environment and journal, both clocks, the way back. It is on every screen and survives every size.
//!
//! Words first, colour second. What is least needed gives way first; the environment, where the run stands and *decide by*
//! stay longest.

use super::{Scene, put, rows_of};
use crate::model::ids::LevelIx;
use crate::model::plan::EnvironmentKind;
use crate::model::schedule;
use crate::model::text::shown;
use crate::model::time::{clock_length, plan_length};
use crate::tui::theme::{Role, marks};
use crate::tui::widgets::fit;
use crate::tui::widgets::wrap;
use crate::tui::words;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Minutes left at which *decide by* warns, and at which it alarms.
const SOON: i64 = 30 * 60_000_000;
const VERY_SOON: i64 = 5 * 60_000_000;

/// Draws the header in as many rows as the area has: 1, 2 or 3.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let width = usize::from(area.width);
    let band = band(scene, width);
    frame.buffer_mut().set_style(rows_of(area, 0, 1), scene.style(band_role(scene)));
    let lines = match area.height {
        0 | 1 => vec![band],
        2 => vec![band, both(scene, width)],
        _ => vec![band, clocks(scene, width), way_back(scene, width)],
    };
    put(frame, area, &lines);
}

/// The clocks alone, in one row, for a card that hides the header.
pub fn draw_clocks(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let width = usize::from(area.width);
    // The band is hidden too: what it says of signatures has to stand here.
    let word = signed_word(scene);
    let left = width.saturating_sub(word.as_ref().map_or(0, |word| wrap::width(word) + 2));
    let mut line = if left < 60 { both(scene, left) } else { clocks(scene, left) };
    if let Some(word) = word {
        line.spans.insert(0, scene.span(format!(" {word} "), Role::Warn));
    }
    put(frame, area, &[line]);
}

/// The role of the band: by the environment, or that this is a drill.
pub fn band_role(scene: &Scene<'_>) -> Role {
    if scene.replay.is_some() {
        return Role::EnvReplay;
    }
    match (scene.state().is_drill(), scene.ctx.plan.environment.kind) {
        (true, _) => Role::EnvDrill,
        (false, EnvironmentKind::Production) => Role::EnvProd,
        (false, EnvironmentKind::Staging | EnvironmentKind::Local) => Role::EnvStaging,
    }
}

/// The environment in words: its kind, and its name where that says more.
pub fn environment(scene: &Scene<'_>) -> String {
    scene.state().band(scene.ctx.plan)
}

/// `LIVE`, `WATCHING`, `ENDED`: what this screen is to the run.
fn manner(scene: &Scene<'_>) -> &'static str {
    let state = scene.state();
    if scene.replay.is_some() {
        "REPLAY"
    } else if state.ended.is_some() {
        "ENDED"
    } else if let Some((word, _)) = scene.cut {
        word
    } else if state.is_drill() {
        "DRILL"
    } else if scene.watching.is_some() {
        "WATCHING"
    } else {
        "LIVE"
    }
}

fn band(scene: &Scene<'_>, width: usize) -> Line<'static> {
    let between = format!(" {} ", marks::between(scene.ctx.theme.glyphs));
    let facts = scene.state().facts.as_ref();
    let environment = wrap::cut(&environment(scene), 28.min(width.saturating_sub(10)));
    let manner = manner(scene);
    let mut rest = Vec::new();
    if let Some(facts) = facts {
        let amended = scene.state().amended_word().map(|word| format!(" {word}")).unwrap_or_default();
        rest.push(format!("run {}{amended}", facts.run.short()));
        rest.push(format!("op {}", wrap::cut(&shown(&facts.operator), 16)));
        let journal = journal(scene);
        rest.push(match facts.key_word() {
            Some(word) => format!("{journal}, {word}"),
            None => journal,
        });
    }
    // What is dropped first, where not all fits: the operator, then the journal's word, never that something is unsigned.
    let unsigned = facts.is_some_and(|facts| facts.key_word().is_some()) || unsigned_since(scene).is_some();
    let env_width = wrap::width(&environment);
    let room = |rest: &[String]| {
        let taken: usize = rest.iter().map(|part| wrap::width(part) + between.len().min(3)).sum();
        width.saturating_sub(env_width + taken + manner.len() + 7)
    };
    if room(&rest) < 20 && rest.len() > 2 {
        rest.remove(1);
    }
    if room(&rest) < 8 && rest.len() > 1 && !unsigned {
        rest.pop();
    }
    let mut environment = environment;
    if room(&rest) == 0 && unsigned {
        let word = signed_word(scene).unwrap_or_default();
        let left = width.saturating_sub(wrap::width(&word) + manner.len() + 7);
        let state = scene.state();
        let short = state.band_word(&scene.ctx.plan.environment);
        environment = if left < 8 { short.to_owned() } else { wrap::cut(&environment, left) };
        rest = vec![word];
    }
    let title = wrap::cut(&words::said(scene.state(), &scene.ctx.plan.title), room(&rest));
    let style = scene.style(band_role(scene));
    let mut text = format!(" {environment}");
    let parts = Some(title).filter(|title| wrap::width(title) > 3).into_iter().chain(rest);
    for part in parts {
        text.push_str(&between);
        text.push_str(&part);
    }
    fit::ends(Line::styled(text, style), Line::styled(format!("{manner} "), style), width).style(style)
}

/// What the band says of signatures even where there is room for nothing else.
fn signed_word(scene: &Scene<'_>) -> Option<String> {
    let facts = scene.state().facts.as_ref();
    let word = facts.and_then(|facts| facts.key_word()).map(str::to_owned);
    word.or_else(|| unsigned_since(scene).map(|at| format!("unsigned since {at}")))
}

/// Since when the operator's key has signed no act of weight, in a run that is not at its end.
fn unsigned_since(scene: &Scene<'_>) -> Option<String> {
    let state = scene.state();
    let since = state.barriers.unsigned_since(scene.ctx.now).filter(|_| state.ended.is_none())?;
    schedule::format_wall(since, &state.zone, Some("%H:%M"))
}

/// The journal's word. Trouble of another kind is not the journal's.
fn journal(scene: &Scene<'_>) -> String {
    if scene.replay.is_some() {
        return "read only".into();
    }
    let trouble = &scene.ctx.trouble;
    let failed = ["ournal", "not kept"].iter().any(|word| trouble.contains(word));
    let unsigned = unsigned_since(scene).filter(|_| !failed);
    let told = failed || trouble.contains("sign");
    let word = match (unsigned, told, scene.cut.is_some(), scene.state().ended.is_some()) {
        (Some(at), _, _, _) => return format!("unsigned since {at}"),
        (None, true, _, _) => "journal: see below",
        (None, false, true, false) => "not sealed",
        (None, false, _, true) if scene.sealed => "sealed",
        (None, false, _, true) => "not sealed yet",
        (None, false, false, false) => "journal ok",
    };
    word.to_owned()
}

fn clocks(scene: &Scene<'_>, width: usize) -> Line<'static> {
    let (state, now) = (scene.state(), scene.ctx.now);
    let wall = schedule::format_wall(now.wall, &state.zone, Some("%H:%M:%S %Z")).unwrap_or_else(|| "?".into());
    let in_utc = wall.ends_with(" UTC");
    let mut parts = vec![vec![scene.span(wall, Role::TextStrong)]];
    if width >= 120 && !in_utc {
        let utc = schedule::format_wall(now.wall, "UTC", Some("(%H:%M:%S UTC)")).unwrap_or_default();
        parts[0].push(scene.dim(format!(" {utc}")));
    }
    parts.push(t_part(scene));
    if let Some(beside) = beside_part(scene) {
        parts.push(beside);
    }
    let finish =
        schedule::finish(scene.ctx.plan, state, now).filter(|_| state.ended.is_none() && state.started.is_some());
    // Where there is no room for both, that the end lies past the window is said in the place of the slip.
    let over = finish.zip(state.hard_stop).map(|(finish, stop)| finish.saturating_sub(stop));
    let over = over.filter(|over| *over > 0 && width < 100);
    if let Some(over) = over {
        parts.push(vec![scene.span(format!("OVER by {}", words::minutes(over)), Role::TimeOver)]);
    }
    let slip = schedule::slip(scene.ctx.plan, state, now).filter(|_| state.ended.is_none() && over.is_none());
    if let Some(slip) = slip {
        parts.push(slip_part(scene, slip));
    }
    if let Some(finish) = finish {
        parts.push(vec![scene.dim("finish "), scene.span(format!("~{}", words::clock(state, finish)), Role::Text)]);
    }
    if let Some(stop) = state.hard_stop.filter(|_| state.ended.is_none()) {
        parts.push(vec![scene.dim("hard stop "), scene.span(words::clock(state, stop), Role::Text)]);
        if let Some(finish) = finish.filter(|_| width >= 100) {
            let slack = stop.saturating_sub(finish);
            let (word, role) = if slack < 0 { ("over by ", Role::TimeOver) } else { ("slack ", Role::Text) };
            parts.push(vec![scene.dim(word), scene.span(words::minutes(slack), role)]);
        }
    }
    joined(parts, width)
}

fn t_part(scene: &Scene<'_>) -> Vec<Span<'static>> {
    let (state, now) = (scene.state(), scene.ctx.now);
    let Some(t) = schedule::t_clock(state, now).filter(|_| state.started.is_some()) else {
        return vec![scene.span("not started", Role::You)];
    };
    let mut spans = vec![scene.span(words::t_words(t), Role::TextStrong)];
    match &state.hold {
        Some(hold) => {
            let held = clock_length(now.since(hold.since));
            spans.push(Span::raw("  "));
            spans.push(scene.span(format!("HOLD {held}"), Role::Hold));
        }
        None if state.ended.is_some() => spans.push(scene.dim(" ended")),
        None if state.aborted.is_some() => spans.push(scene.span(" ABORTED", Role::Danger)),
        None => spans.push(scene.dim(" counting")),
    }
    spans
}

/// What runs beside the step that is next: `beside: log tail, 3:10`.
fn beside_part(scene: &Scene<'_>) -> Option<Vec<Span<'static>>> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let all = crate::tui::things::beside(plan, state);
    let first = *all.first().filter(|_| scene.cut.is_none())?;
    let ran = state.elapsed(first, scene.ctx.now).map(clock_length).unwrap_or_default();
    let more = if all.len() > 1 { format!(" +{}", all.len() - 1) } else { String::new() };
    let title = wrap::cut(&words::said(state, &plan.step(first).title), 18);
    Some(vec![scene.dim("beside: "), scene.span(format!("{title}, {ran}{more}"), Role::Run)])
}

fn slip_part(scene: &Scene<'_>, slip: i64) -> Vec<Span<'static>> {
    let sign = if slip < -59_999_999 { "-" } else { "+" };
    let role = match slip {
        i64::MIN..60_000_000 => Role::TimeOk,
        60_000_000..600_000_000 => Role::TimeSoon,
        _ => Role::TimeOver,
    };
    vec![scene.dim("slip "), scene.span(format!("{sign}{}", words::minutes(slip)), role)]
}

fn way_back(scene: &Scene<'_>, width: usize) -> Line<'static> {
    let (plan, state) = (scene.ctx.plan, scene.state());
    if let Some(how) = state.ended {
        let at = words::clock(state, state.at.wall);
        let spent = state.spent(plan, scene.ctx.now).sentence().unwrap_or_default();
        return joined(
            vec![
                vec![scene.dim("Ended "), scene.span(format!("{at}, {}", how.word()), Role::TextStrong)],
                vec![scene.dim(spent)],
            ],
            width,
        );
    }
    if let Some(rollback) = &state.rollback {
        let level = plan.level(rollback.level);
        let ended = rollback.ended.unwrap_or(scene.ctx.now);
        let took = clock_length(ended.since(rollback.since));
        let of = level.budget.map_or(String::new(), |budget| format!(" of {}", plan_length(budget)));
        let (word, role) =
            if rollback.ended.is_some() { ("Went back: ", Role::Text) } else { ("Going back: ", Role::Danger) };
        return joined(
            vec![
                vec![scene.span(word, role), scene.span(level_name(scene, rollback.level), Role::TextStrong)],
                vec![scene.span(format!("{took}{of}"), role)],
            ],
            width,
        );
    }
    if plan.levels.is_empty() {
        return joined(vec![vec![scene.dim("This plan names no way back. p holds, ^C stops what runs.")]], width);
    }
    let Some((level, by)) = schedule::decide_by(plan, state) else {
        return joined(
            vec![vec![scene.span("Past the point of no return: ! shows what is left", Role::Danger)]],
            width,
        );
    };
    let mut first = vec![scene.dim("Way back: "), scene.span(level_name(scene, level), Role::Text)];
    let level = plan.level(level);
    if let Some(budget) = level.budget {
        first.push(scene.dim(format!(", plan {}", plan_length(budget))));
    }
    if width >= 100 {
        let loses = level.loses.as_deref().unwrap_or("nothing");
        first.push(scene.dim(format!(", loses {}", words::said(state, loses))));
    }
    // The level's title gives way before the deadline does.
    let deadline = decide_part(scene, by);
    let wide: usize = deadline.iter().map(|span| wrap::width(&span.content)).sum();
    let room = width.saturating_sub(wide + 5);
    let parts = vec![if room >= 16 { fit::cut_line(Line::from(first), room).spans } else { Vec::new() }, deadline];
    joined(parts, width)
}

fn level_name(scene: &Scene<'_>, level: LevelIx) -> String {
    let level = scene.ctx.plan.level(level);
    format!("{} {}", shown(level.id.as_str()), words::said(scene.state(), &level.title))
}

fn decide_part(scene: &Scene<'_>, by: Option<i64>) -> Vec<Span<'static>> {
    let (state, now) = (scene.state(), scene.ctx.now);
    let Some(by) = by else {
        let words = match (&scene.ctx.plan.hard_stop, state.started) {
            (Some(_), None) => "decide by: set at the start",
            _ => "no deadline declared",
        };
        return vec![scene.dim(words)];
    };
    let left = by.saturating_sub(now.wall);
    let role = match left {
        i64::MIN..VERY_SOON => Role::TimeOver,
        VERY_SOON..SOON => Role::TimeSoon,
        _ => Role::TimeOk,
    };
    let at = words::clock(state, by);
    if left < 0 {
        let ago = clock_length(Duration::from_micros(left.unsigned_abs()));
        return vec![scene.span(format!("decide by {at} PASSED {ago} ago"), role)];
    }
    vec![scene.span(format!("decide by {at}"), role), scene.dim(format!(" ({} left)", words::minutes(left)))]
}

/// Clock and deadline on one line, for narrow screens.
fn both(scene: &Scene<'_>, width: usize) -> Line<'static> {
    let (state, now) = (scene.state(), scene.ctx.now);
    let wall = schedule::format_wall(now.wall, &state.zone, Some("%H:%M:%S")).unwrap_or_else(|| "?".into());
    let by = schedule::decide_by(scene.ctx.plan, state).and_then(|(_, by)| by).filter(|_| state.ended.is_none());
    let deadline = match by {
        Some(_) => decide_part(scene, by).into_iter().take(1).collect(),
        None => Vec::new(),
    };
    // `counting` and `ended` are left off here: there is room for one word only, and HOLD is the one that matters.
    let t = t_part(scene).into_iter().filter(|span| !matches!(span.content.as_ref(), " counting" | " ended")).collect();
    keep(vec![vec![scene.span(wall, Role::TextStrong)], t, deadline], 2, width)
}

fn joined(parts: Vec<Vec<Span<'static>>>, width: usize) -> Line<'static> {
    keep(parts, 0, width)
}

/// Parts beside each other; the last ones are left off where not all fit, `needed` never.
fn keep(mut parts: Vec<Vec<Span<'static>>>, needed: usize, width: usize) -> Line<'static> {
    parts.retain(|part| !part.is_empty());
    let wide = |part: &Vec<Span<'static>>| part.iter().map(|span| wrap::width(&span.content)).sum::<usize>();
    let total =
        |parts: &[Vec<Span<'static>>]| 1 + parts.iter().map(wide).sum::<usize>() + 3 * parts.len().saturating_sub(1);
    let mut needed = needed.min(parts.len().saturating_sub(1));
    while total(&parts) > width && parts.len() > 1 {
        let last = parts.len() - 1;
        let drop = if last == needed { last - 1 } else { last };
        parts.remove(drop);
        needed -= usize::from(drop < needed);
    }
    let mut line = Line::from(" ");
    for (place, part) in parts.into_iter().enumerate() {
        if place > 0 {
            line.push_span(Span::raw("   "));
        }
        line.spans.extend(part);
    }
    fit::cut_line(line, width)
}
