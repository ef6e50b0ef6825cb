//! The palette of `:`: every action and command, found by the letters that are typed, its key beside it.
//!
//! A line that begins with a command's name is taken as it stands, with what follows it (`hold waiting for ops`, `theme high`).
//! Enter on a mark does what its key does and no more; `pause` ends the conductor and must be typed in full.

use crate::model::intent::Intent;
use crate::tui::context::{ActionLine, Card, Context, ReasonFor, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crate::tui::widgets::text_field::{Echo, TextField};
use crate::tui::widgets::wrap;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::{Line, Span};

/// Commands that are no key's action, with what they do.
pub const COMMANDS: [ActionLine<'static>; 12] = [
    command("hold", "hold: nothing new starts; a reason may follow"),
    command("note", "write a note; its text may follow"),
    command("drive", "ask for the wheel"),
    command("close", "close a run in which nothing is left"),
    command("log", "the log of this run"),
    command("theme", "another theme: theme NAME"),
    command("mouse", "wheel and click-to-select, on or off"),
    command("risk", "close a risk, with a reason: risk ID"),
    command("journal", "go on with the journal in another folder: journal DIR"),
    command("amend", "go by another runbook from here on: amend FILE"),
    command("pause", "end the conductor between steps; type it in full"),
    command("abort", "end the run before its end; asks why"),
];

const fn command(name: &'static str, does: &'static str) -> ActionLine<'static> {
    ActionLine { name, key: "", does, here: true }
}

/// The palette.
#[derive(Debug)]
pub struct PaletteCard {
    field: TextField,
    at: usize,
    view: View,
}

impl PaletteCard {
    /// Everything, nothing typed.
    pub fn open() -> Self {
        Self { field: TextField::new(Echo::Shown), at: 0, view: View::default() }
    }

    /// What fits, best first.
    fn found<'a>(&self, ctx: &Context<'a>) -> Vec<ActionLine<'a>> {
        let typed = self.field.text().trim_start();
        let name = typed.split(' ').next().unwrap_or_default();
        let all = ctx.actions.iter().copied().chain(COMMANDS);
        let mut seen = std::collections::HashSet::new();
        let mut found: Vec<(usize, ActionLine<'a>)> = all
            .filter(|action| seen.insert(action.name))
            .filter_map(|action| Some((fit(action, typed, name)?, action)))
            .collect();
        found.sort_by_key(|(score, _)| *score);
        found.into_iter().map(|(_, action)| action).collect()
    }

    fn submit(&self, ctx: &Context<'_>) -> Reply {
        let typed = self.field.text().trim();
        if typed.is_empty() && self.at == 0 {
            return Reply::Say("Type a name, or mark one with the arrows.".into());
        }
        let (name, rest) = typed.split_once(' ').unwrap_or((typed, ""));
        let found = self.found(ctx);
        let named = found.iter().find(|action| action.name == name);
        let Some(action) = named.or(found.get(self.at)) else {
            return Reply::Say(format!("There is no command {typed}."));
        };
        let rest = if named.is_some() { rest.trim() } else { "" };
        perform(action.name, rest, typed == action.name)
    }
}

/// What a line leads to. `in_full` says that its name was typed, not only found.
fn perform(name: &str, rest: &str, in_full: bool) -> Reply {
    match name {
        "hold" => Reply::Wish(Intent::Hold { reason: rest.to_owned() }),
        "note" if rest.is_empty() => Reply::Open(Card::Note(None)),
        "note" => Reply::Wish(Intent::Note { text: rest.to_owned(), step: None }),
        "drive" => Reply::Wish(Intent::Drive),
        "close" => Reply::Open(Card::CloseRun),
        "abort" => Reply::Open(Card::Reason(ReasonFor::Abort)),
        "pause" if in_full => Reply::Wish(Intent::Pause),
        "pause" => Reply::Say("pause ends the conductor: type it in full.".into()),
        "journal" if rest.is_empty() => Reply::Say("journal DIR: a folder, named from the root.".into()),
        "journal" => Reply::Wish(Intent::Journal { dir: rest.to_owned() }),
        "amend" if rest.is_empty() => Reply::Say("amend FILE: a runbook that takes the place of this one.".into()),
        "theme" if rest.is_empty() => Reply::Say("theme NAME: auto, ansi, dark, light, cvd, high, mono.".into()),
        _ if rest.is_empty() => Reply::Act(name.to_owned()),
        _ => Reply::Act(format!("{name} {rest}")),
    }
}

/// How well an action fits, 0 best; `None` where it does not.
fn fit(action: ActionLine<'_>, typed: &str, name: &str) -> Option<usize> {
    let (typed, own) = (typed.to_lowercase(), action.name.to_lowercase());
    let wanted = name.to_lowercase();
    if typed.is_empty() || own == wanted {
        return Some(0);
    }
    if own.starts_with(&typed) {
        return Some(1);
    }
    if action.does.to_lowercase().contains(typed.trim_end()) {
        return Some(2);
    }
    let mut letters = own.chars();
    let in_order = typed.chars().filter(|letter| *letter != ' ').all(|letter| letters.any(|own| own == letter));
    in_order.then_some(3 + own.len())
}

/// Arrows move the mark, everything else is typed; typing puts the mark back to the best fit.
pub fn move_or_type(key: KeyEvent, at: &mut usize, count: usize, field: &mut TextField) {
    match key.code {
        KeyCode::Down | KeyCode::Tab => *at = (*at + 1).min(count.saturating_sub(1)),
        KeyCode::Up | KeyCode::BackTab => *at = at.saturating_sub(1),
        KeyCode::PageDown => *at = (*at + 10).min(count.saturating_sub(1)),
        KeyCode::PageUp => *at = at.saturating_sub(10),
        _ => {
            if field.key(key) {
                *at = 0;
            }
        }
    }
}

/// Actions in rows, and the row of the marked one.
pub fn listed_rows(
    actions: &[ActionLine<'_>],
    at: usize,
    width: usize,
    ctx: &Context<'_>,
) -> (Vec<Line<'static>>, usize) {
    let widest = |text: fn(&ActionLine<'_>) -> usize| actions.iter().map(text).max().unwrap_or(0);
    let columns = (widest(|action| wrap::width(action.key)).min(12), widest(|action| wrap::width(action.name)).min(20));
    let (mut rows, mut marked) = (Vec::new(), 0);
    for (place, action) in actions.iter().enumerate() {
        if place == at {
            marked = rows.len();
        }
        rows.extend(action_rows(action, place == at, columns, width, ctx));
    }
    (rows, marked)
}

fn action_rows(
    action: &ActionLine<'_>,
    chosen: bool,
    (keys, names): (usize, usize),
    width: usize,
    ctx: &Context<'_>,
) -> Vec<Line<'static>> {
    let indent = 2 + keys + 2 + names + 2;
    let style = |role: Role| ctx.theme.style(role);
    let does = style(if action.here { Role::Text } else { Role::TextDim });
    let name = style(if chosen { Role::Select } else { Role::TextStrong });
    let mark = if chosen { "> " } else { "  " };
    let mut head = vec![
        Span::styled(mark, style(Role::Focus)),
        Span::styled(format!("{:<keys$}  ", action.key), style(Role::Key)),
        Span::styled(format!("{:<names$}", wrap::cut(action.name, 20)), name),
        Span::raw("  "),
    ];
    wrap::words(action.does, width.saturating_sub(indent).max(10))
        .into_iter()
        .map(|row| {
            let blank = vec![Span::raw(" ".repeat(indent))];
            let mut spans = std::mem::replace(&mut head, blank);
            spans.push(Span::styled(row, does));
            Line::from(spans)
        })
        .collect()
}

impl Face for PaletteCard {
    fn head(&self, _ctx: &Context<'_>) -> Head {
        Head { word: ":".into(), title: "actions and commands".into(), tag: String::new(), role: Role::TextStrong }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let (rows, marked) = listed_rows(&self.found(ctx), self.at, width, ctx);
        self.view.show(marked);
        if rows.is_empty() {
            return Body { rows: say::prose("Nothing by that name.", width, Role::TextDim, ctx), must_read: 0 };
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let mut spans = vec![Span::styled(":", ctx.theme.style(Role::Key))];
        spans.extend(self.field.spans(width.saturating_sub(1), ctx.theme));
        vec![Line::from(spans)]
    }

    fn keys(&self, _ctx: &Context<'_>) -> Vec<Hint> {
        vec![hint("type", "to find"), hint("up down", "mark"), hint("enter", "do it"), hint("esc", "close")]
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        match key.code {
            KeyCode::Esc => Reply::Close,
            KeyCode::Backspace if self.field.text().is_empty() => Reply::Close,
            KeyCode::Enter => self.submit(ctx),
            _ => {
                let count = self.found(ctx).len();
                move_or_type(key, &mut self.at, count, &mut self.field);
                Reply::Stay
            }
        }
    }

    fn paste(&mut self, text: &str, _ctx: &Context<'_>) -> Reply {
        self.field.paste(text);
        self.at = 0;
        Reply::Stay
    }

    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        true
    }

    fn view(&self) -> &View {
        &self.view
    }
}
