//! The gate: every criterion with what was seen, by whom and how old it is; the poll; the advice; what is next.
//!
//! Opens by itself when a gate is due, so it swallows early keys. GO is locked while a point is open; only the decide card can
//! say GO ANYWAY. NO-GO shows what the plan proposes, its way first, and never acts by itself. Silent is HOLD, never GO.

use crate::model::event::Vote;
use crate::model::ids::StepIx;
use crate::model::intent::{Intent, Typed};
use crate::model::signoff;
use crate::model::state::StepStatus;
use crate::model::step::{Class, Gate, Work};
use crate::model::watch::Outcome;
use crate::tui::context::{Card, Context, ReasonFor, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::gate_rows as rows;
use crate::tui::overlays::quiet::{EARLY, Quiet};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// What the next key answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Moving among the criteria.
    Criteria,
    /// Which station says this.
    Voting(Vote),
    /// GO or NO-GO.
    Deciding,
}

/// The card of a gate.
#[derive(Debug)]
pub struct GateCard {
    step: StepIx,
    at: usize,
    /// Moved past the last criterion, to what stands below it.
    below: bool,
    mode: Mode,
    quiet: Quiet,
    view: View,
}

/// The gate that this step is.
pub fn gate_of<'a>(ctx: &Context<'a>, step: StepIx) -> Option<&'a Gate> {
    match &ctx.plan.step(step).work {
        Work::Gate(gate) => Some(gate),
        Work::Run(_) | Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } | Work::Wait(_) => None,
        Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => None,
    }
}

/// The card that answers one criterion, or why none does.
pub fn answer_of(ctx: &Context<'_>, criterion: StepIx) -> Reply {
    match &ctx.plan.step(criterion).work {
        Work::Check(_) | Work::Measure(_) | Work::Ask(_) => Reply::Over(Card::Answer { step: criterion, item: 0 }),
        Work::Choose { .. } => Reply::Over(Card::Choose(criterion)),
        Work::Run(_) => Reply::Say("This one is a command: r runs it.".into()),
        Work::Evidence(_) => Reply::Say("This one is looked up by itself: r looks again.".into()),
        Work::Sign(_) => Reply::Over(Card::Sign(criterion)),
        Work::Notify(_) => Reply::Over(Card::Notify(criterion)),
        Work::Wait(_) | Work::Gate(_) => Reply::Say("This one cannot be answered here.".into()),
        Work::Monitor(_) | Work::Call(_) | Work::Group(_) => Reply::Say("This one cannot be answered here.".into()),
    }
}

/// What NO-GO proposes, the plan's own way first.
fn proposals(gate: &Gate) -> Vec<(Outcome, &'static str)> {
    let mut ways = vec![(Outcome::Hold, "hold, and look again"), (Outcome::Abort, "abort the run")];
    match &gate.otherwise {
        Outcome::Hold => {}
        Outcome::Abort => ways.reverse(),
        Outcome::RollBack(level) => ways.insert(0, (Outcome::RollBack(level.clone()), "roll back")),
        Outcome::Recycle(step) => ways.insert(0, (Outcome::Recycle(step.clone()), "begin again from an earlier step")),
        Outcome::Call(procedure) => ways.insert(0, (Outcome::Call(procedure.clone()), "call a procedure")),
        Outcome::GoOn => ways.insert(0, (Outcome::GoOn, "go on all the same")),
    }
    ways
}

impl GateCard {
    /// The gate as it stands, its first open criterion marked.
    pub fn open(step: StepIx, ctx: &Context<'_>) -> Self {
        let criteria = rows::criteria(ctx, step);
        let open = |criterion: &StepIx| !ctx.state.step(*criterion).status.settled();
        Self {
            step,
            at: criteria.iter().position(open).unwrap_or(0),
            below: false,
            mode: Mode::Criteria,
            quiet: Quiet::silent(ctx.now),
            view: View::default(),
        }
    }

    fn refused(&self, ctx: &Context<'_>) -> bool {
        ctx.state.step(self.step).status == StepStatus::Failed
    }

    fn marked(&self, ctx: &Context<'_>) -> Option<StepIx> {
        rows::criteria(ctx, self.step).get(self.at).copied()
    }

    fn answer(&self, ctx: &Context<'_>) -> Reply {
        let Some(criterion) = self.marked(ctx) else {
            return Reply::Say("This gate has no criterion.".into());
        };
        answer_of(ctx, criterion)
    }

    fn run(&self, ctx: &Context<'_>) -> Reply {
        let Some(criterion) = self.marked(ctx) else {
            return Reply::Say("This gate has no criterion.".into());
        };
        let planned = ctx.plan.step(criterion);
        if planned.command().is_none() {
            return Reply::Say("This one is by hand: enter answers it.".into());
        }
        match crate::model::decide::asked_class(ctx.plan, ctx.state, criterion) {
            Class::C0 => Reply::Ask(Intent::Run { step: planned.id.clone(), typed: Typed::default() }),
            Class::C1 | Class::C2 | Class::C3 => Reply::Over(Card::Run(criterion)),
        }
    }

    fn criteria_key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        let last = rows::criteria(ctx, self.step).len().saturating_sub(1);
        let down = matches!(key.code, KeyCode::Char('j' | 'G') | KeyCode::Down | KeyCode::PageDown | KeyCode::End);
        self.below = down && (self.at == last || matches!(key.code, KeyCode::Char('G') | KeyCode::End));
        match key.code {
            KeyCode::Char('j') | KeyCode::Down => self.at = (self.at + 1).min(last),
            KeyCode::Char('k') | KeyCode::Up => self.at = self.at.saturating_sub(1),
            KeyCode::PageDown => self.at = (self.at + 8).min(last),
            KeyCode::PageUp => self.at = self.at.saturating_sub(8),
            KeyCode::Char('G') | KeyCode::End => self.at = last,
            KeyCode::Enter | KeyCode::Char('e') => return self.answer(ctx),
            KeyCode::Char('r' | 'R') => return self.run(ctx),
            KeyCode::Char('g') => return self.vote_mode(Vote::Go, ctx),
            KeyCode::Char('n') => return self.vote_mode(Vote::NoGo, ctx),
            KeyCode::Char('v') => self.mode = Mode::Deciding,
            KeyCode::Char('c') => return Reply::Over(Card::Note(Some(self.step))),
            KeyCode::Char('o') => {
                return self.marked(ctx).map_or(Reply::Stay, |step| Reply::Over(Card::Output(step)));
            }
            KeyCode::Char('p') if ctx.state.hold.is_some() => return Reply::Over(Card::GoOn),
            KeyCode::Char('p') => {
                return Reply::Ask(Intent::Hold { reason: format!("at gate {}", say::number(ctx, self.step)) });
            }
            KeyCode::Char('!') => return Reply::Over(Card::RollBack),
            KeyCode::Char('?') => return Reply::Over(Card::Help),
            KeyCode::Char(' ') => return Reply::Say("enter answers the marked criterion; v decides.".into()),
            KeyCode::Char('1'..='7') => return Reply::Say("esc first: the other screens are behind this card.".into()),
            KeyCode::Esc | KeyCode::Char('q') => return Reply::Close,
            _ => {}
        }
        Reply::Stay
    }

    fn vote_mode(&mut self, vote: Vote, ctx: &Context<'_>) -> Reply {
        if gate_of(ctx, self.step).is_none_or(|gate| gate.poll.is_empty()) {
            return Reply::Say("Nobody is polled at this gate. v decides.".into());
        }
        self.mode = Mode::Voting(vote);
        Reply::Stay
    }

    fn vote(&mut self, vote: Vote, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        self.mode = Mode::Criteria;
        let KeyCode::Char(digit @ '1'..='9') = key.code else {
            return Reply::Stay;
        };
        let place = digit as usize - '1' as usize;
        match gate_of(ctx, self.step).and_then(|gate| gate.poll.get(place)) {
            Some(role) if !signoff::signers(ctx.plan, role).is_empty() => {
                Reply::Over(Card::SignFor { step: self.step, role: role.clone(), decision: vote.into() })
            }
            Some(role) => {
                Reply::Ask(Intent::Vote { step: ctx.plan.step(self.step).id.clone(), role: role.clone(), vote })
            }
            None => Reply::Say(format!("There is no station {digit}.")),
        }
    }

    fn deciding_key(&mut self, key: KeyEvent) -> Reply {
        self.mode = Mode::Criteria;
        match key.code {
            KeyCode::Char('g') => Reply::Over(Card::Decide { step: self.step, go: true }),
            KeyCode::Char('n') => Reply::Over(Card::Decide { step: self.step, go: false }),
            _ => Reply::Stay,
        }
    }

    /// After NO-GO: the proposals by digit.
    fn refused_key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        let ways = gate_of(ctx, self.step).map(proposals).unwrap_or_default();
        match key.code {
            KeyCode::Char(digit @ '1'..='9') => match ways.get(digit as usize - '1' as usize) {
                Some((Outcome::Hold, _)) if ctx.state.hold.is_some() => Reply::Say("It is held already.".into()),
                Some((Outcome::Hold, _)) => {
                    Reply::Ask(Intent::Hold { reason: format!("NO-GO at {}", say::number(ctx, self.step)) })
                }
                Some((Outcome::Abort, _)) => Reply::Over(Card::Reason(ReasonFor::Abort)),
                Some((Outcome::RollBack(_), _)) => Reply::Over(Card::RollBack),
                Some((Outcome::Recycle(to), _)) => Reply::Ask(Intent::Recycle {
                    to: to.clone(),
                    reason: format!("NO-GO at {}", say::number(ctx, self.step)),
                }),
                Some((Outcome::Call(procedure), _)) => {
                    Reply::Ask(Intent::Call { procedure: procedure.clone(), reason: String::new() })
                }
                Some((Outcome::GoOn, _)) => Reply::Over(Card::Run(self.step)),
                None => Reply::Stay,
            },
            KeyCode::Char('R' | 'r') => Reply::Over(Card::Run(self.step)),
            KeyCode::Char('c') => Reply::Over(Card::Note(Some(self.step))),
            KeyCode::Char('!') => Reply::Over(Card::RollBack),
            KeyCode::Esc | KeyCode::Char('q') => Reply::Close,
            _ => {
                self.view.plain_key(key);
                Reply::Stay
            }
        }
    }

    fn refused_words(&self, ctx: &Context<'_>) -> String {
        let Some(gate) = gate_of(ctx, self.step) else {
            return String::new();
        };
        let ways: Vec<String> = proposals(gate)
            .into_iter()
            .enumerate()
            .map(|(place, (way, words))| {
                let by = if way == gate.otherwise { " (what the plan says)" } else { "" };
                let level = match way {
                    Outcome::RollBack(level) => format!(" by {level}"),
                    Outcome::Recycle(step) => format!(": {step}"),
                    Outcome::Call(procedure) => format!(": {procedure}"),
                    Outcome::Hold | Outcome::Abort | Outcome::GoOn => String::new(),
                };
                format!("  {}  {words}{level}{by}", place + 1)
            })
            .collect();
        format!(
            "NO-GO. Nothing happens by itself:\n{}\n  R  open the gate again: everything is asked anew",
            ways.join("\n")
        )
    }
}

impl Face for GateCard {
    fn step(&self) -> Option<StepIx> {
        Some(self.step)
    }

    fn head(&self, ctx: &Context<'_>) -> Head {
        rows::head(ctx, self.step)
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let (rows, marked) = rows::body(ctx, self.step, self.at, width);
        self.view.show(marked);
        if self.below {
            self.view.show(rows.len().saturating_sub(1));
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let mut lines = rows::poll(ctx, self.step, width);
        lines.extend(rows::advice(ctx, self.step, width));
        let next = match self.mode {
            _ if self.refused(ctx) => self.refused_words(ctx),
            Mode::Criteria => rows::next(ctx, self.step, self.marked(ctx)),
            Mode::Voting(vote) => rows::stations(ctx, self.step, vote),
            Mode::Deciding => rows::deciding(ctx, self.step),
        };
        lines.extend(say::labelled("NEXT", &next, width, Role::TextStrong, ctx));
        lines
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        if self.refused(ctx) {
            return vec![
                hint("1-3", "take a way"),
                hint("R", "open again"),
                hint("c", "note"),
                hint("!", "roll back"),
                hint("esc", "back"),
            ];
        }
        match self.mode {
            Mode::Voting(_) => vec![hint("1-9", "station"), hint("esc", "nobody")],
            Mode::Deciding => vec![hint("g", "GO"), hint("n", "NO-GO"), hint("esc", "not yet")],
            Mode::Criteria => {
                let locked = !ctx.state.open_points(ctx.plan, self.step).is_empty();
                let decide = if locked { "decide (GO locked)" } else { "decide" };
                vec![
                    hint("enter", "answer"),
                    hint("r", "run"),
                    hint("g n", "vote"),
                    hint("v", decide),
                    hint("p", "hold"),
                    hint("c", "note"),
                    hint("!", "roll back"),
                    hint("esc", "back"),
                ]
            }
        }
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if !self.view.was_drawn() {
            // Typed for what was on the screen before: nobody has seen this gate yet.
            self.quiet = Quiet::silent(ctx.now);
            return Reply::Say(EARLY.into());
        }
        if self.quiet.swallows(ctx.now) {
            return Reply::Say(EARLY.into());
        }
        match self.mode {
            _ if self.refused(ctx) => self.refused_key(key, ctx),
            Mode::Criteria => self.criteria_key(key, ctx),
            Mode::Voting(vote) => self.vote(vote, key, ctx),
            Mode::Deciding => self.deciding_key(key),
        }
    }

    fn fills(&self) -> bool {
        true
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        ctx.state.step(self.step).status.settled()
    }

    fn view(&self) -> &View {
        &self.view
    }
}
