//! The output pager: what a step printed, full screen, without borders, so that a mouse copy is clean.
//!
//! It reads only the window that is drawn. Follow stays on until it is scrolled; `F` or `G` turn it on again. Lines wrap and are
//! never cut; control sequences other than colours never reach the terminal.

use crate::model::ids::{Attempt, StepIx};
use crate::model::state::PastAttempt;
use crate::tui::context::{Card, Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::output_rows::{Place, Source};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{self, Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crate::tui::widgets::text_field::{Echo, TextField};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;
use std::cell::Cell;
use std::io;

/// The pager of one step.
#[derive(Debug)]
pub struct OutputCard {
    step: StepIx,
    /// An attempt that is over; `None` is the present one, whichever that is.
    earlier: Option<Attempt>,
    top: Cell<Place>,
    follow: bool,
    /// Width and height of the last frame's text.
    size: Cell<(usize, usize)>,
    needle: String,
    typing: Option<TextField>,
    view: View,
}

impl OutputCard {
    /// At the end, following.
    pub fn open(step: StepIx) -> Self {
        Self {
            step,
            earlier: None,
            top: Cell::new(Place::default()),
            follow: true,
            size: Cell::new((80, 22)),
            needle: String::new(),
            typing: None,
            view: View::default(),
        }
    }

    fn source<'a>(&self, ctx: &'a Context<'a>) -> Source<'a> {
        Source::new(ctx, (self.step, self.attempt(ctx)), self.size.get().0)
    }

    fn attempt(&self, ctx: &Context<'_>) -> Attempt {
        self.earlier.unwrap_or(ctx.state.step(self.step).attempt)
    }

    fn past<'a>(&self, ctx: &'a Context<'_>) -> Option<&'a PastAttempt> {
        ctx.state.step(self.step).past.iter().find(|past| Some(past.attempt) == self.earlier)
    }

    /// To the attempt before or after the one that is shown, from its end.
    fn turn(&mut self, back: bool, ctx: &Context<'_>) -> Reply {
        let (now, last) = (self.attempt(ctx), ctx.state.step(self.step).attempt);
        let to = if back { now.saturating_sub(1) } else { now + 1 };
        if to == 0 || to > last {
            let which = if back { "first" } else { "last" };
            return Reply::Say(format!("This is the {which} attempt."));
        }
        self.earlier = Some(to).filter(|to| *to < last);
        self.follow = true;
        self.top.set(Place::default());
        Reply::Stay
    }

    fn go(&mut self, place: io::Result<Place>) -> Reply {
        match place {
            Ok(place) => {
                self.top.set(place);
                Reply::Stay
            }
            Err(cause) => Reply::Say(unreadable(&cause)),
        }
    }

    fn up(&mut self, rows: usize, ctx: &Context<'_>) -> Reply {
        self.follow = false;
        let place = self.source(ctx).up(self.top.get(), rows);
        self.go(place)
    }

    fn down(&mut self, rows: usize, ctx: &Context<'_>) -> Reply {
        if self.follow {
            return Reply::Stay;
        }
        let height = self.size.get().1;
        let place = self.source(ctx).down(self.top.get(), rows, height);
        self.go(place)
    }

    fn search(&mut self, forward: bool, ctx: &Context<'_>) -> Reply {
        if self.needle.is_empty() {
            return Reply::Say("Nothing to search for: / and a text.".into());
        }
        let (top, source) = (self.top.get(), self.source(ctx));
        let found = if forward {
            let next = source.rows(top, 1, "").map(|(_, end)| end);
            next.and_then(|end| source.find_after(end.max(top.line + 1), &self.needle))
        } else {
            source.find_before(top.line, &self.needle)
        };
        match found {
            Ok(Ok(place)) => {
                self.follow = false;
                self.top.set(place);
                Reply::Stay
            }
            Ok(Err(stopped)) if stopped == 0 || stopped >= source.total() => {
                Reply::Say(format!("\"{}\" is not found further on.", self.needle))
            }
            Ok(Err(stopped)) => {
                self.follow = false;
                self.top.set(Place { line: stopped, row: 0 });
                Reply::Say(format!("\"{}\" is not in the next 64 MiB; n or N searches on.", self.needle))
            }
            Err(cause) => Reply::Say(unreadable(&cause)),
        }
    }

    fn typed_key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        let Some(field) = &mut self.typing else {
            return Reply::Stay;
        };
        match key.code {
            KeyCode::Esc => self.typing = None,
            KeyCode::Enter => {
                self.needle = field.text().to_owned();
                self.typing = None;
                if !self.needle.is_empty() {
                    return self.first_hit(ctx);
                }
            }
            _ => {
                field.key(key);
            }
        }
        Reply::Stay
    }

    /// A new search begins with what is on the screen, then from the beginning.
    fn first_hit(&mut self, ctx: &Context<'_>) -> Reply {
        let from = if self.follow { 0 } else { self.top.get().line };
        match self.source(ctx).find_after(from, &self.needle) {
            Ok(Ok(place)) => {
                self.follow = false;
                self.go(Ok(place))
            }
            Ok(Err(_)) => self.search(true, ctx),
            Err(cause) => Reply::Say(unreadable(&cause)),
        }
    }

    fn status(&self, ctx: &Context<'_>, end: u64) -> String {
        let own = ctx.state.step(self.step);
        // A last line break is no row of its own.
        let past = self.past(ctx);
        let (status, bytes, lines) =
            past.map_or((own.status, own.bytes, own.lines), |past| (past.status, past.bytes, past.lines));
        let part = if end + 2 >= bytes { 100 } else { end * 100 / bytes };
        let follow = if self.follow { "  follow" } else { "" };
        let attempt =
            if own.attempt > 1 { format!("  attempt {} of {}", self.attempt(ctx), own.attempt) } else { String::new() };
        let masked =
            if own.masked > 0 && past.is_none() { format!("  {} secrets masked", own.masked) } else { String::new() };
        let lost =
            if own.lost > 0 && past.is_none() { format!("  {} bytes NOT KEPT", own.lost) } else { String::new() };
        // What a drill shows is no evidence of anything.
        let drill = if ctx.state.is_drill() { "DRILL, its example: " } else { "" };
        let gone = ctx.port.amended(Some((&ctx.plan.step(self.step).id, self.attempt(ctx))));
        let gone: String = gone.iter().map(|words| format!("{}  ", crate::model::text::shown(words))).collect();
        let key = ctx.state.facts.as_ref().and_then(|facts| facts.key_word());
        let key = key.map_or(String::new(), |word| format!("{word}  "));
        format!(
            "{gone}{key}{drill}{} {}  {}  {part}%  {} lines, {} bytes{follow}{attempt}{masked}{lost}",
            say::number(ctx, self.step),
            say::title(ctx, self.step),
            status,
            lines,
            bytes
        )
    }

    /// `This step printed nothing. exit 0 in 0.4s.`
    fn nothing(&self, ctx: &Context<'_>) -> String {
        let own = ctx.state.step(self.step);
        if self.past(ctx).is_some() {
            return "That attempt printed nothing.".into();
        }
        match (own.exit, own.took) {
            (Some(exit), Some(took)) => {
                format!("This step printed nothing. {} in {:.1}s.", exit.shown(), took.as_secs_f64())
            }
            (_, _) if own.attempt == 0 => "This step has not run yet.".into(),
            (_, _) => "This step has printed nothing so far.".into(),
        }
    }

    fn text(&self, ctx: &Context<'_>, height: usize) -> (Vec<Line<'static>>, u64) {
        let source = self.source(ctx);
        if source.total() == 0 {
            return (vec![Line::styled(self.nothing(ctx), ctx.theme.style(Role::TextDim))], 0);
        }
        if self.follow {
            match source.bottom(height) {
                Ok(bottom) => self.top.set(bottom),
                Err(cause) => return (vec![Line::raw(unreadable(&cause))], 0),
            }
        }
        match source.rows(self.top.get(), height, &self.needle) {
            Ok(rows) => rows,
            Err(cause) => (vec![Line::raw(unreadable(&cause))], 0),
        }
    }
}

fn unreadable(cause: &io::Error) -> String {
    let cause = cause.to_string();
    format!("The output cannot be read: {}", crate::model::text::shown(&cause))
}

impl Face for OutputCard {
    fn head(&self, ctx: &Context<'_>) -> Head {
        Head { word: "OUTPUT".into(), title: say::title(ctx, self.step), tag: String::new(), role: Role::Text }
    }

    fn body(&self, _ctx: &Context<'_>, _width: usize) -> Body {
        Body::default()
    }

    fn foot(&self, _ctx: &Context<'_>, _width: usize) -> Vec<Line<'static>> {
        Vec::new()
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        if self.typing.is_some() {
            return vec![hint("enter", "search"), hint("esc", "no search")];
        }
        let mut keys = vec![hint("j k", "move"), hint("g G", "ends"), hint("F", "follow"), hint("/ n N", "search")];
        if ctx.state.step(self.step).attempt > 1 {
            keys.push(hint("[ ]", "attempt"));
        }
        let running = ctx.state.running();
        if running.len() > 1 {
            let named = running.iter().take(4).enumerate();
            let named = named.map(|(place, step)| (format!("{}", place + 1), say::number(ctx, *step)));
            keys.splice(0..0, named);
        }
        keys.extend([hint("y", "copy"), hint("!", "roll back"), hint("esc", "back")]);
        keys
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if self.typing.is_some() {
            return self.typed_key(key, ctx);
        }
        let page = self.size.get().1.saturating_sub(1).max(1);
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u') if control => self.up(page / 2, ctx),
            KeyCode::Char('d') if control => self.down(page / 2, ctx),
            KeyCode::Up | KeyCode::Char('k') => self.up(1, ctx),
            KeyCode::Down | KeyCode::Char('j') => self.down(1, ctx),
            KeyCode::PageUp => self.up(page, ctx),
            KeyCode::PageDown | KeyCode::Char(' ') => self.down(page, ctx),
            KeyCode::Home | KeyCode::Char('g') => {
                self.follow = false;
                self.go(Ok(Place::default()))
            }
            KeyCode::End | KeyCode::Char('G' | 'F') => {
                self.follow = true;
                Reply::Stay
            }
            KeyCode::Char('/') => {
                self.typing = Some(TextField::new(Echo::Shown));
                Reply::Stay
            }
            KeyCode::Char(digit @ '1'..='9') => {
                let other = ctx.state.running().get(digit as usize - '1' as usize).copied();
                other.filter(|step| *step != self.step).map_or(Reply::Stay, |step| Reply::Open(Card::Output(step)))
            }
            KeyCode::Char('[') => self.turn(true, ctx),
            KeyCode::Char(']') => self.turn(false, ctx),
            KeyCode::Char('n') => self.search(true, ctx),
            KeyCode::Char('N') => self.search(false, ctx),
            KeyCode::Char('y') => {
                let rows = self.source(ctx).unmarked().rows(self.top.get(), self.size.get().1, "");
                match rows {
                    Ok((rows, _)) => {
                        let lines: Vec<String> = rows.iter().map(ToString::to_string).collect();
                        Reply::Copy(lines.join("\n"))
                    }
                    Err(cause) => Reply::Say(unreadable(&cause)),
                }
            }
            KeyCode::Char('!') => Reply::Over(Card::RollBack),
            KeyCode::Esc | KeyCode::Char('q' | 'o') => Reply::Close,
            _ => Reply::Stay,
        }
    }

    fn paste(&mut self, text: &str, _ctx: &Context<'_>) -> Reply {
        if let Some(field) = &mut self.typing {
            field.paste(text);
        }
        Reply::Stay
    }

    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        self.typing.is_some()
    }

    fn fills(&self) -> bool {
        true
    }

    fn view(&self) -> &View {
        &self.view
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, ctx: &Context<'_>, said: Option<&str>) {
        frame.render_widget(Clear, area);
        let (width, height) = (usize::from(area.width), usize::from(area.height.saturating_sub(2)));
        self.size.set((width.max(1), height.max(1)));
        let (rows, end) = self.text(ctx, height);
        let buffer = frame.buffer_mut();
        for (y, row) in (area.y..).zip(rows.iter().take(height)) {
            buffer.set_line(area.x, y, row, area.width);
        }
        let status = match (&self.typing, said) {
            (Some(field), _) => {
                let mut spans = vec![Span::raw("/")];
                spans.extend(field.spans(width.saturating_sub(1), ctx.theme));
                Line::from(spans)
            }
            (None, Some(words)) => Line::styled(words.to_owned(), ctx.theme.style(Role::Warn)),
            (None, None) => Line::styled(self.status(ctx, end), ctx.theme.style(Role::TextStrong)),
        };
        let keys = sheet::key_rows(&self.keys(ctx), width, ctx);
        for (up, row) in [(2, Some(&status)), (1, keys.first())] {
            if let (Some(row), true) = (row, area.height >= up) {
                buffer.set_line(area.x, area.y + area.height - up, row, area.width);
            }
        }
    }
}
