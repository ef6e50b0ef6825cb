//! How a card stands on the screen: title, body, what is asked, its keys.
//!
//! What is asked and the keys never scroll away; the body does. A card lies at the foot of its area, as wide as the area up
//! to 100 cells; on a wider screen it gets a frame. It draws over what is there and never outside its area.

use crate::model::plan::Environment;
use crate::tui::context::Context;
use crate::tui::overlays::view::View;
use crate::tui::theme::{Glyphs, Role};
use crate::tui::widgets::wrap;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

/// A card is no wider; a longer line is hard to read.
const WIDEST: u16 = 100;

/// A lower area gets neither rules around the title nor more than one row of keys.
const ROOMY: u16 = 14;

/// The first line of a card.
#[derive(Clone, Debug)]
pub struct Head {
    /// What the card does, as a word: `RUN 4b.1`.
    pub word: String,
    /// What it is about.
    pub title: String,
    /// On the right beside the environment: `[C2]`.
    pub tag: String,
    /// The role of the tag.
    pub role: Role,
}

/// The part of a card that scrolls.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Rows, none wider than asked for.
    pub rows: Vec<Line<'static>>,
    /// Rows that must have been on the screen before a run key works.
    pub must_read: usize,
}

/// One key and what it does.
pub type Hint = (String, String);

/// All of a card.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Where what it is about acts.
    pub environment: Environment,
    /// The first line.
    pub head: Head,
    /// What scrolls.
    pub body: Body,
    /// What is asked; stays in view.
    pub foot: Vec<Line<'static>>,
    /// Its key line.
    pub keys: Vec<Hint>,
    /// Takes all of its area.
    pub fills: bool,
}

/// The width that a card's text has in this area.
pub fn text_width(area: Rect, fills: bool) -> usize {
    let padding = 2 * padding(area, fills);
    usize::from(outer(area, area.height, fills).width.saturating_sub(padding))
}

/// Empty cells on each side of a card's text; a frame takes one of two.
fn padding(area: Rect, fills: bool) -> u16 {
    if framed(area, fills) { 2 } else { 1 }
}

fn framed(area: Rect, fills: bool) -> bool {
    !fills && area.width > WIDEST + 8
}

fn outer(area: Rect, height: u16, fills: bool) -> Rect {
    let height = if fills { area.height } else { height.min(area.height) };
    let (width, left) = if framed(area, fills) { (WIDEST + 4, (area.width - WIDEST - 4) / 2) } else { (area.width, 0) };
    Rect { x: area.x + left, y: area.y + area.height - height, width, height }
}

/// Rows of a card besides its body.
struct Fixed<'a> {
    /// Around the title: two, or none where the area is low.
    rules: usize,
    keys: Vec<Line<'static>>,
    foot: &'a [Line<'static>],
    /// The frame's lowest row.
    last: usize,
}

impl Fixed<'_> {
    fn above(&self) -> usize {
        1 + self.rules
    }

    fn below(&self) -> usize {
        usize::from(!self.foot.is_empty()) + self.foot.len() + self.keys.len() + self.last
    }

    /// Where the room is short the body keeps three rows and what is asked its last four.
    fn shorten(&mut self, body: usize, height: usize) {
        let given = height.saturating_sub(self.above() + self.below());
        let short = body.min(3).saturating_sub(given);
        let all = self.foot.len();
        let kept = all.saturating_sub(short).max(all.min(4));
        self.foot = &self.foot[all - kept..];
    }
}

/// Whether the last row that must be read is in view, the card standing as this sheet says.
pub fn holds_the_end(sheet: &Sheet, view: &View, area: Rect, ctx: &Context<'_>) -> bool {
    let (fixed, card) = fixed(sheet, area, ctx);
    let height = usize::from(card.height).saturating_sub(fixed.above() + fixed.below());
    view.would_hold(sheet.body.rows.len(), sheet.body.must_read, height)
}

/// What of a card does not scroll, and where the card stands.
fn fixed<'a>(sheet: &'a Sheet, area: Rect, ctx: &Context<'_>) -> (Fixed<'a>, Rect) {
    let width = text_width(area, sheet.fills);
    let roomy = area.height >= ROOMY;
    let mut keys = key_rows(&sheet.keys, width, ctx);
    keys.truncate(if roomy { usize::MAX } else { 1 });
    let mut fixed = Fixed {
        rules: if roomy { 2 } else { 0 },
        keys,
        foot: &sheet.foot,
        last: usize::from(framed(area, sheet.fills)),
    };
    let total = sheet.body.rows.len();
    let wanted = u16::try_from(fixed.above() + total + fixed.below()).unwrap_or(u16::MAX);
    let card = outer(area, wanted, sheet.fills);
    fixed.shorten(total, usize::from(card.height));
    (fixed, card)
}

/// Draws a card into its area.
pub fn draw(sheet: &Sheet, view: &View, frame: &mut Frame<'_>, area: Rect, ctx: &Context<'_>) {
    let (width, roomy) = (text_width(area, sheet.fills), area.height >= ROOMY);
    let (fixed, card) = fixed(sheet, area, ctx);
    frame.render_widget(Clear, card);
    let mut rows = Rows { left: card.height, y: card.y, card, padding: padding(area, sheet.fills) };
    if roomy {
        rows.rule(frame, ctx, None);
    }
    rows.put(frame, &head_line(&sheet.head, &sheet.environment, width, ctx));
    if roomy {
        rows.rule(frame, ctx, None);
    }
    let height = usize::from(rows.left).saturating_sub(fixed.below());
    let window = view.window(sheet.body.rows.len(), sheet.body.must_read, height);
    for row in &sheet.body.rows[window.clone()] {
        rows.put(frame, row);
    }
    if sheet.fills {
        // What is asked stays at the foot of a card that fills its area.
        rows.skip(height.saturating_sub(window.len()));
    }
    if !fixed.foot.is_empty() {
        rows.rule(frame, ctx, place_words(window.start, window.end, sheet, view));
    }
    for row in fixed.foot.iter().chain(&fixed.keys) {
        rows.put(frame, row);
    }
    if fixed.last > 0 {
        rows.rule(frame, ctx, None);
        sides(frame, card, ctx);
    }
}

/// Upright lines and corners of a card that does not reach the screen's edges.
fn sides(frame: &mut Frame<'_>, card: Rect, ctx: &Context<'_>) {
    let (upright, corners) = match ctx.theme.glyphs {
        Glyphs::Unicode => ("│", ["┌", "┐", "└", "┘"]),
        Glyphs::Ascii => ("|", ["+", "+", "+", "+"]),
    };
    let style = ctx.theme.style(Role::Rule);
    let (right, foot) = (card.x + card.width - 1, card.y + card.height - 1);
    let buffer = frame.buffer_mut();
    for y in card.y..=foot {
        for x in [card.x, right] {
            buffer[(x, y)].set_symbol(upright).set_style(style);
        }
    }
    let places = [(card.x, card.y), (right, card.y), (card.x, foot), (right, foot)];
    for (place, corner) in places.into_iter().zip(corners) {
        buffer[place].set_symbol(corner).set_style(style);
    }
}

/// `4/37 lines, space to read on`: what of the body is in view, where not all of it is.
fn place_words(from: usize, end: usize, sheet: &Sheet, view: &View) -> Option<String> {
    let total = sheet.body.rows.len();
    if from == 0 && end == total {
        return None;
    }
    Some(if !view.was_read() {
        format!("{end}/{total} lines, space to read on")
    } else if end < total {
        format!("{end}/{total} lines, PgDn for more")
    } else {
        format!("{end}/{total} lines")
    })
}

/// The first line: word and title on the left, environment and tag on the right. The environment is never cut off.
pub fn head_line(head: &Head, environment: &Environment, width: usize, ctx: &Context<'_>) -> Line<'static> {
    let band = crate::tui::overlays::say::band(ctx, environment);
    let style = ctx.theme.style(band.1);
    // On a narrow screen the environment's word survives and its name does not.
    let band = if width < 60 { ctx.state.band_word(environment).to_owned() } else { band.0 };
    let right = wrap::width(&band) + 2 + if head.tag.is_empty() { 0 } else { wrap::width(&head.tag) + 1 };
    let left = width.saturating_sub(right + 1);
    let word = wrap::cut(&head.word, left);
    let title = wrap::cut(&head.title, left.saturating_sub(wrap::width(&word) + 2));
    let gap = width.saturating_sub(right + wrap::width(&word) + 2 + wrap::width(&title));
    let mut spans = vec![
        Span::styled(word, ctx.theme.style(head.role)),
        Span::styled(format!("  {title}"), ctx.theme.style(Role::TextStrong)),
        Span::raw(" ".repeat(gap)),
        Span::styled(format!(" {band} "), style),
    ];
    if !head.tag.is_empty() {
        spans.push(Span::styled(format!(" {}", head.tag), ctx.theme.style(head.role)));
    }
    Line::from(spans)
}

/// The keys of a card, wrapped between keys where they do not fit.
pub fn key_rows(keys: &[Hint], width: usize, ctx: &Context<'_>) -> Vec<Line<'static>> {
    let (mut rows, mut row, mut used): (Vec<Line<'static>>, Vec<Span<'static>>, usize) = (Vec::new(), Vec::new(), 0);
    for (key, word) in keys {
        let wide = wrap::width(key) + 1 + wrap::width(word);
        if used > 0 && used + 3 + wide > width {
            rows.push(Line::from(std::mem::take(&mut row)));
            used = 0;
        }
        if used > 0 {
            row.push(Span::raw("   "));
            used += 3;
        }
        row.push(Span::styled(key.clone(), ctx.theme.style(Role::Key)));
        row.push(Span::styled(format!(" {word}"), ctx.theme.style(Role::TextDim)));
        used += wide;
    }
    if !row.is_empty() {
        rows.push(Line::from(row));
    }
    rows
}

/// Puts rows one below the other inside a card.
struct Rows {
    card: Rect,
    y: u16,
    left: u16,
    padding: u16,
}

impl Rows {
    fn skip(&mut self, rows: usize) {
        let rows = u16::try_from(rows).unwrap_or(u16::MAX).min(self.left);
        self.y += rows;
        self.left -= rows;
    }

    fn put(&mut self, frame: &mut Frame<'_>, line: &Line<'_>) {
        if self.left == 0 {
            return;
        }
        let room = self.card.width.saturating_sub(2 * self.padding);
        frame.buffer_mut().set_line(self.card.x + self.padding, self.y, line, room);
        self.y += 1;
        self.left -= 1;
    }

    fn rule(&mut self, frame: &mut Frame<'_>, ctx: &Context<'_>, words: Option<String>) {
        if self.left == 0 {
            return;
        }
        let style: Style = ctx.theme.style(Role::Rule);
        let letter = match ctx.theme.glyphs {
            Glyphs::Unicode => "─",
            Glyphs::Ascii => "-",
        };
        let width = usize::from(self.card.width);
        let text = words.map_or(String::new(), |words| wrap::cut(&format!(" {words} "), width));
        let before = width.saturating_sub(wrap::width(&text) + 2).min(width);
        let after = width - before - wrap::width(&text).min(width - before);
        let line = Line::from(vec![
            Span::styled(letter.repeat(before), style),
            Span::styled(text, ctx.theme.style(Role::Warn)),
            Span::styled(letter.repeat(after), style),
        ]);
        frame.buffer_mut().set_line(self.card.x, self.y, &line, self.card.width);
        self.y += 1;
        self.left -= 1;
    }
}
