//! What an answer card shows: the statements with what was said of them, or the question with what is needed.
//!
//! On the NO-GO side of a gate a statement that holds is bad news, so the words there are `clear` and `it holds`; everywhere
//! else they are `ok` and `failed`.

use crate::model::event::Answer;
use crate::model::ids::StepIx;
use crate::model::step::{Item, Place, Question, Side, Work};
use crate::model::text::shown;
use crate::tui::context::Context;
use crate::tui::overlays::{expect_words, say};
use crate::tui::theme::Role;
use crate::tui::widgets::wrap;
use ratatui::text::{Line, Span};

/// The question of a `measure` or `ask`.
pub fn question<'a>(ctx: &Context<'a>, step: StepIx) -> Option<&'a Question> {
    match &ctx.plan.step(step).work {
        Work::Measure(question) | Work::Ask(question) => Some(question),
        Work::Run(_) | Work::Check(_) | Work::Choose { .. } | Work::Wait(_) | Work::Gate(_) => None,
        Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => None,
    }
}

/// How many statements there are.
pub fn items(ctx: &Context<'_>, step: StepIx) -> usize {
    match &ctx.plan.step(step).work {
        Work::Check(items) => items.len(),
        Work::Run(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } | Work::Wait(_) | Work::Gate(_) => 0,
        Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => 0,
    }
}

/// Whether a statement has its answer in the present attempt.
pub fn is_answered(ctx: &Context<'_>, step: StepIx, item: usize) -> bool {
    ctx.state.step(step).answers.contains_key(&item)
}

/// What the card is, as a word.
pub fn word(ctx: &Context<'_>, step: StepIx) -> &'static str {
    match &ctx.plan.step(step).work {
        Work::Measure(_) => "MEASURE",
        Work::Ask(_) => "ASK",
        Work::Check(_) | Work::Run(_) | Work::Choose { .. } | Work::Wait(_) | Work::Gate(_) => "ANSWER",
        Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => {
            "ANSWER"
        }
    }
}

/// Whether this statement means NO-GO where it holds.
pub fn on_no_go_side(ctx: &Context<'_>, step: StepIx) -> bool {
    matches!(ctx.plan.step(step).place, Place::Criterion { side: Side::NoGo, .. })
}

/// The word for the good answer.
pub fn ok_word(ctx: &Context<'_>, step: StepIx) -> &'static str {
    if on_no_go_side(ctx, step) { "clear, it does not hold" } else { "ok" }
}

/// The word for the bad answer.
pub fn failed_word(ctx: &Context<'_>, step: StepIx) -> &'static str {
    if on_no_go_side(ctx, step) { "it holds" } else { "failed" }
}

/// What is asked beside the bad answer.
pub fn failed_label(ctx: &Context<'_>, step: StepIx) -> &'static str {
    if on_no_go_side(ctx, step) { "It holds. What did you see?" } else { "Failed. What did you see?" }
}

/// What a key would say of the statement that is marked.
pub fn how(ctx: &Context<'_>, step: StepIx, item: Option<&Item>) -> &'static str {
    if item.is_some_and(|item| item.judged) {
        return "It has no number. What did you see, and is it normal? space: normal, then type it. f: not normal.";
    }
    let evidence = item.is_some_and(|item| item.evidence || item.expect.is_some());
    match (on_no_go_side(ctx, step), evidence) {
        (true, true) => "NO-GO if this holds. Type what you saw: space, clear; f, it holds.",
        (true, false) => "NO-GO if this holds. space: clear, it does not hold. f: it holds.",
        (false, true) => "This one asks what you saw: space, then type it. f: it failed.",
        (false, false) => "space or y: it holds, you looked. f: it failed. n: it does not apply.",
    }
}

/// The rows, and the row of the statement that is marked.
pub fn body(ctx: &Context<'_>, step: StepIx, at: usize, width: usize) -> (Vec<Line<'static>>, usize) {
    let mut rows = Vec::new();
    let mut marked = 0;
    if let Some(why) = &ctx.plan.step(step).why {
        rows.extend(say::prose(&say::why(ctx, why), width, Role::TextDim, ctx));
    }
    if let Work::Check(items) = &ctx.plan.step(step).work {
        for (place, item) in items.iter().enumerate() {
            if place == at {
                marked = rows.len();
            }
            rows.extend(statement(ctx, step, (place, item, place == at), width));
        }
    }
    if let Some(asked) = question(ctx, step) {
        rows.extend(value_rows(ctx, step, asked, width));
    }
    (rows, marked)
}

fn statement(
    ctx: &Context<'_>,
    step: StepIx,
    (place, item, at): (usize, &Item, bool),
    width: usize,
) -> Vec<Line<'static>> {
    let answered = ctx.state.step(step).answers.get(&place);
    let (word, role) = answered.map_or(("?", Role::You), |answered| said_word(ctx, step, answered.answer));
    let mark = if at { "> " } else { "  " };
    let text = ctx.theme.style(if at { Role::Select } else { Role::Text });
    let mut head = vec![
        Span::styled(mark, ctx.theme.style(Role::Focus)),
        Span::styled(format!("{word:<6}"), ctx.theme.style(role)),
    ];
    let mut rows = Vec::new();
    for row in wrap::words(&say::fill(ctx, &item.text), width.saturating_sub(8)) {
        let mut spans = std::mem::replace(&mut head, vec![Span::raw(" ".repeat(8))]);
        spans.push(Span::styled(row, text));
        rows.push(Line::from(spans));
    }
    let needs = item.expect.as_ref().map(|expect| format!("needs {}", expect_words::of_value(expect).join(", ")));
    let said = answered.map(|answered| {
        let by = answered.by.shown();
        let saw = if answered.saw.is_empty() { "" } else { ": " };
        shown(&format!("{by}{saw}{}", answered.saw)).into_owned()
    });
    let claim = item.claim.as_ref().filter(|_| answered.is_none());
    let claim =
        claim.map(|claim| format!("ticked in the source ({}); nobody has shown it here", say::fill(ctx, claim)));
    let role = item.role.as_ref().map(|role| format!("for {}", shown(role.as_str())));
    let link = item.link.as_ref().map(|link| say::fill(ctx, link));
    for words in [needs, role, link, claim, said].into_iter().flatten() {
        rows.extend(say::labelled("", &words, width, Role::TextDim, ctx));
    }
    rows
}

/// The word of an answer on its side of a gate.
fn said_word(ctx: &Context<'_>, step: StepIx, answer: Answer) -> (&'static str, Role) {
    match (answer, on_no_go_side(ctx, step)) {
        (Answer::Ok, false) => ("ok", Role::Ok),
        (Answer::Ok, true) => ("clear", Role::Ok),
        (Answer::Failed, false) => ("FAIL", Role::Fail),
        (Answer::Failed, true) => ("HOLDS", Role::Fail),
        (Answer::NotApplicable, _) => ("n/a", Role::TextDim),
    }
}

/// `How many of 20 were sent?`
pub fn value_label(asked: &Question, ctx: &Context<'_>) -> String {
    let of = asked.out_of.map_or(String::new(), |of| format!(" (of {of})"));
    let text = say::fill(ctx, &asked.text);
    let of = if asked.out_of.is_some_and(|of| text.contains(&of.to_string())) { String::new() } else { of };
    format!("{text}{of}")
}

fn value_rows(ctx: &Context<'_>, step: StepIx, asked: &Question, width: usize) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    if let Some(expect) = &asked.expect {
        rows.extend(say::labelled("Needs", &expect_words::of_value(expect).join(", "), width, Role::Text, ctx));
    }
    if let Some(of) = asked.out_of {
        let near = of.saturating_sub(1).max(1);
        let words = format!("a number, of {of}: {near} and {near}/{of} are the same");
        rows.extend(say::labelled("Answer", &words, width, Role::TextDim, ctx));
    }
    if let Some(name) = &asked.into {
        let kept = if asked.secret { "in memory only, never shown and never stored" } else { "in the journal" };
        rows.extend(say::labelled("Kept", &format!("as {name}, {kept}"), width, Role::TextDim, ctx));
    }
    rows.extend(verdict(ctx, step, width));
    rows
}

/// What the conductor judged: `18/20 = 90.0 %, needs >= 95 %: FAIL`.
pub fn verdict(ctx: &Context<'_>, step: StepIx, width: usize) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    for check in &ctx.state.step(step).checks {
        let (word, role) = if check.ok { ("ok", Role::Ok) } else { ("FAIL", Role::Fail) };
        let line = format!("{}, needs {}: {word}", shown(&check.saw), shown(&check.want));
        rows.extend(say::labelled("Read", &line, width, role, ctx));
    }
    rows
}
