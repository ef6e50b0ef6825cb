//! Cards, prompts and full-screen overlays on top of a screen.
//!
//! An overlay says what will happen before it asks, and turns keys into wishes; it never decides and never acts. The app keeps
//! a stack of them, hands each key to the top one and does what its `Reply` says. `!` and `^C` belong to the app.

mod answer;
mod answer_rows;
#[cfg(test)]
mod answer_tests;
mod call;
mod choose;
mod command_rows;
mod decide;
mod expect_words;
mod face;
mod form;
mod gate;
mod gate_rows;
#[cfg(test)]
mod gate_tests;
mod hand_over;
mod help;
pub(in crate::tui) mod monitor;
mod no_journal;
mod note;
pub(in crate::tui) mod notify;
mod output;
mod output_rows;
#[cfg(test)]
mod output_tests;
mod palette;
pub(in crate::tui) mod quiet;
mod reading;
mod reason;
mod resolve;
mod rollback;
mod rollback_rows;
#[cfg(test)]
mod rollback_tests;
mod run;
mod run_rows;
#[cfg(test)]
mod run_tests;
pub(in crate::tui) mod say;
mod sgr;
mod sheet;
pub(in crate::tui) mod sign;
pub(in crate::tui) mod sign_rows;
mod since;
#[cfg(test)]
mod small_tests;
#[cfg(test)]
mod stage;
mod start;
mod stop;
mod trigger;
#[cfg(test)]
mod typed_tests;
mod view;
mod yes;

pub(in crate::tui) use no_journal::is_failing;

use crate::tui::context::{Card, Context, Reply};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use face::Face;
use ratatui::Frame;
use ratatui::layout::Rect;

/// A card with what was typed into it.
#[derive(Debug)]
pub struct Overlay {
    card: Card,
    kind: Kind,
    /// What the last key was answered, shown until the next one.
    said: Option<String>,
    /// `esc` was pressed over typed text: the next one drops it.
    dropping: bool,
}

/// Each card's own state.
#[derive(Debug)]
enum Kind {
    Run(run::RunCard),
    Answer(answer::AnswerCard),
    Choose(choose::ChooseCard),
    Gate(gate::GateCard),
    Decide(decide::DecideCard),
    Stop(stop::StopCard),
    RollBack(rollback::RollBackCard),
    NoJournal(no_journal::NoJournalCard),
    Reason(reason::ReasonCard),
    Note(note::NoteCard),
    Yes(yes::YesCard),
    Help(help::HelpCard),
    Palette(palette::PaletteCard),
    Output(output::OutputCard),
    Resolve(resolve::ResolveCard),
    Start(start::StartCard),
    HandOver(hand_over::HandOverCard),
    Trigger(trigger::TriggerCard),
    Monitor(monitor::MonitorCard),
    Notify(notify::NotifyCard),
    Sign(sign::SignCard),
    Call(call::CallCard),
    Reading(reading::ReadingCard),
    Since(since::SinceCard),
}

impl Overlay {
    /// Opens a card on the run as it stands.
    pub fn open(card: Card, ctx: &Context<'_>) -> Self {
        let kind = match &card {
            Card::Run(step) => Kind::Run(run::RunCard::open(*step, ctx)),
            Card::Answer { step, item } => Kind::Answer(answer::AnswerCard::open(*step, *item, ctx)),
            Card::Choose(step) => Kind::Choose(choose::ChooseCard::open(*step)),
            Card::Gate(step) => Kind::Gate(gate::GateCard::open(*step, ctx)),
            Card::Decide { step, go } => Kind::Decide(decide::DecideCard::open(*step, *go, ctx)),
            Card::Trigger(trigger) => Kind::Trigger(trigger::TriggerCard::open(*trigger, ctx)),
            Card::Monitor(step) => Kind::Monitor(monitor::MonitorCard::open(*step, ctx)),
            Card::Notify(step) => Kind::Notify(notify::NotifyCard::open(*step, ctx)),
            Card::Sign(step) => Kind::Sign(sign::SignCard::open(*step)),
            Card::SignFor { step, role, decision } => Kind::Sign(sign::SignCard::of(*step, role, *decision)),
            Card::Call(procedure) => Kind::Call(call::CallCard::open(*procedure)),
            Card::Reading(probe) => Kind::Reading(reading::ReadingCard::open(*probe, ctx)),
            Card::Stop => Kind::Stop(stop::StopCard::default()),
            Card::RollBack if no_journal::is_failing(ctx.trouble) => {
                Kind::NoJournal(no_journal::NoJournalCard::default())
            }
            Card::RollBack => Kind::RollBack(rollback::RollBackCard::default()),
            Card::Reason(why) => Kind::Reason(reason::ReasonCard::open(*why, ctx)),
            Card::Note(step) => Kind::Note(note::NoteCard::open(*step)),
            Card::GoOn => Kind::Yes(yes::YesCard::open(yes::Yes::GoOn, ctx)),
            Card::CloseRun => Kind::Yes(yes::YesCard::open(yes::Yes::CloseRun, ctx)),
            Card::LeaveScreen => Kind::Yes(yes::YesCard::open(yes::Yes::Leave, ctx)),
            Card::Resolve(step) => Kind::Resolve(resolve::ResolveCard::open(*step, ctx)),
            Card::Start => Kind::Start(start::StartCard::open(ctx)),
            Card::HandOver => Kind::HandOver(hand_over::HandOverCard::open(ctx)),
            Card::SinceYouLeft { from } => Kind::Since(since::SinceCard::open(*from, ctx)),
            Card::Output(step) => Kind::Output(output::OutputCard::open(*step)),
            Card::Help => Kind::Help(help::HelpCard::open()),
            Card::Palette => Kind::Palette(palette::PaletteCard::open()),
        };
        Self { card, kind, said: None, dropping: false }
    }

    /// Takes a key. A release does nothing, an auto-repeat only moves, and no chord with Ctrl or Alt acts: lone Esc and a
    /// letter that comes right after it reach some terminals' programs as Alt and that letter.
    pub fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if !counts(key) {
            return Reply::Stay;
        }
        let drops = key.code == KeyCode::Esc && self.face().takes_text(ctx) && self.face().has_typed();
        let asks = drops && !self.dropping;
        self.dropping = asks;
        let reply =
            if asks { Reply::Say("esc again drops what was typed.".into()) } else { self.face_mut().key(key, ctx) };
        self.remember(reply)
    }

    /// Takes pasted text, where it takes any.
    pub fn paste(&mut self, text: &str, ctx: &Context<'_>) -> Reply {
        let reply = self.face_mut().paste(text, ctx);
        self.remember(reply)
    }

    fn remember(&mut self, reply: Reply) -> Reply {
        self.said = match &reply {
            Reply::Say(words) => Some(words.clone()),
            Reply::Stay
            | Reply::Close
            | Reply::Wish(_)
            | Reply::Wishes(_)
            | Reply::Ask(_)
            | Reply::Open(_)
            | Reply::Over(_)
            | Reply::Act(_)
            | Reply::Copy(_)
            | Reply::Leave => None,
        };
        reply
    }

    /// Draws it. A card wants the area below the header; a full-screen one wants all of it.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, ctx: &Context<'_>) {
        self.face().draw(frame, area, ctx, self.said.as_deref());
    }

    /// Whether it hides all of the screen below it.
    pub fn is_full_screen(&self) -> bool {
        self.face().fills()
    }

    /// What it sent was refused.
    pub fn not_taken(&mut self, why: &str) {
        self.face_mut().not_taken(why);
    }

    /// Whether letters are text now; `!` is text then, `^C` is not.
    pub fn takes_text(&self, ctx: &Context<'_>) -> bool {
        self.face().takes_text(ctx)
    }

    /// Whether what it asks about is over, so that the app closes it.
    pub fn is_over(&self, ctx: &Context<'_>) -> bool {
        self.face().is_over(ctx)
    }

    /// Which card it is.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Its own key line, which it also draws: keys and what they do.
    pub fn keys(&self, ctx: &Context<'_>) -> Vec<(String, String)> {
        self.face().keys(ctx)
    }

    fn face(&self) -> &dyn Face {
        match &self.kind {
            Kind::Run(card) => card,
            Kind::Answer(card) => card,
            Kind::Choose(card) => card,
            Kind::Gate(card) => card,
            Kind::Decide(card) => card,
            Kind::Stop(card) => card,
            Kind::RollBack(card) => card,
            Kind::NoJournal(card) => card,
            Kind::Reason(card) => card,
            Kind::Note(card) => card,
            Kind::Yes(card) => card,
            Kind::Help(card) => card,
            Kind::Palette(card) => card,
            Kind::Output(card) => card,
            Kind::Resolve(card) => card,
            Kind::Start(card) => card,
            Kind::HandOver(card) => card,
            Kind::Since(card) => card,
            Kind::Trigger(card) => card,
            Kind::Monitor(card) => card,
            Kind::Notify(card) => card,
            Kind::Sign(card) => card,
            Kind::Call(card) => card,
            Kind::Reading(card) => card,
        }
    }

    fn face_mut(&mut self) -> &mut dyn Face {
        match &mut self.kind {
            Kind::Run(card) => card,
            Kind::Answer(card) => card,
            Kind::Choose(card) => card,
            Kind::Gate(card) => card,
            Kind::Decide(card) => card,
            Kind::Stop(card) => card,
            Kind::RollBack(card) => card,
            Kind::NoJournal(card) => card,
            Kind::Reason(card) => card,
            Kind::Note(card) => card,
            Kind::Yes(card) => card,
            Kind::Help(card) => card,
            Kind::Palette(card) => card,
            Kind::Output(card) => card,
            Kind::Resolve(card) => card,
            Kind::Start(card) => card,
            Kind::HandOver(card) => card,
            Kind::Since(card) => card,
            Kind::Trigger(card) => card,
            Kind::Monitor(card) => card,
            Kind::Notify(card) => card,
            Kind::Sign(card) => card,
            Kind::Call(card) => card,
            Kind::Reading(card) => card,
        }
    }
}

/// Whether a key reaches a card at all.
fn counts(key: KeyEvent) -> bool {
    let moves = matches!(
        key.code,
        KeyCode::Up
            | KeyCode::Down
            | KeyCode::Left
            | KeyCode::Right
            | KeyCode::PageUp
            | KeyCode::PageDown
            | KeyCode::Backspace
            | KeyCode::Delete
    );
    let chord =
        key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META);
    let harmless = key.modifiers == KeyModifiers::CONTROL && matches!(key.code, KeyCode::Char('u' | 'd' | 'w'));
    match key.kind {
        KeyEventKind::Press => !chord || harmless,
        KeyEventKind::Repeat => moves && !chord,
        KeyEventKind::Release => false,
    }
}
