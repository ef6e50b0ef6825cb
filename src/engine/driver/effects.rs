//! What a durable record sets in motion. On resume nothing does: the fold has no effects.
//!
//! Called by the driver for records that are applied, never for one that is on its way to the disk.

use super::wishes::control_of;
use super::{Driver, Output, Told};
use crate::engine::exec::Control;
use crate::model::event::Event;
use crate::model::ids::StepId;

impl Driver {
    #[allow(clippy::too_many_lines, reason = "one line an event")]
    pub(super) fn act_on(&mut self, event: &Event, told: Told) {
        match event {
            Event::Started { .. } => self.out.push(Output::BindVars),
            Event::StepStarted { step, attempt, invocation: Some(_), .. } => {
                if let Some(ix) = self.plan.find(step) {
                    self.out.push(Output::Spawn(ix, *attempt));
                }
            }
            Event::StopAsked { step, attempt, how, .. } => match (told, self.plan.find(step)) {
                (Told::NotYet, Some(ix)) => self.steer(ix, *attempt, control_of(*how)),
                // The wish was sent to the process when it came; said twice it would take the grace away.
                (Told::Already, _) | (Told::NotYet, None) => {}
            },
            Event::StepJudged { step, .. }
            | Event::StepNotStarted { step, .. }
            | Event::StepSettled { step, .. }
            | Event::StepChosen { step, .. }
            | Event::StepAnswered { step, .. }
            | Event::StepResolved { step, .. }
            | Event::WaitEnded { step, .. }
            | Event::GateDecided { step, .. } => self.at_border(step),
            Event::StepEnding { step, attempt, .. } => {
                if let Some(ix) = self.plan.find(step) {
                    self.steer(ix, *attempt, Control::Terminate);
                }
            }
            Event::Amended { .. } => self.out.push(Output::Amended),
            Event::Ended { .. } => self.out.push(Output::Close),
            Event::Paused { .. } => self.out.push(Output::Leave),
            Event::Genesis { .. }
            | Event::Resume { .. }
            | Event::Continue { .. }
            | Event::Ckpt { .. }
            | Event::BarrierSigned { .. }
            | Event::HandedOver { .. }
            | Event::DecisionsAcknowledged { .. }
            | Event::VarsBound { .. }
            | Event::VarsFailed { .. }
            | Event::StepStarted { .. }
            | Event::StepTimeout { .. }
            | Event::StepSpawned { .. }
            | Event::StepReached { .. }
            | Event::StepTyped { .. }
            | Event::Output { .. }
            | Event::OutputLost { .. }
            | Event::StepExited { .. }
            | Event::StepConditions { .. }
            | Event::Survivors { .. }
            | Event::GateVoted { .. }
            | Event::StepReady { .. }
            | Event::StepOld { .. }
            | Event::MessageFilled { .. }
            | Event::SignAsked { .. }
            | Event::StepSigned { .. }
            | Event::Sampled { .. }
            | Event::TriggerTripped { .. }
            | Event::TriggerAcked { .. }
            | Event::TriggerOver { .. }
            | Event::TriggerCleared { .. }
            | Event::ProcedureCalled { .. }
            | Event::ProcedureEnded { .. }
            | Event::Recycled { .. }
            | Event::HorizonRound { .. }
            | Event::RiskClosed { .. }
            | Event::Warned { .. }
            | Event::Held { .. }
            | Event::Released { .. }
            | Event::RollbackStarted { .. }
            | Event::RollbackEnded { .. }
            | Event::PhaseSeen { .. }
            | Event::Noted { .. }
            | Event::Aborted { .. }
            | Event::AnswersEnded { .. }
            | Event::ClientJoined { .. }
            | Event::ClientLeft { .. }
            | Event::WheelTaken { .. }
            | Event::IntentRefused { .. }
            | Event::ClockJumped { .. }
            | Event::JournalFailed { .. }
            | Event::MirrorFailed { .. }
            | Event::MirrorMended { .. }
            | Event::Closed { .. }
            | Event::Foreign { .. } => {}
        }
    }

    /// The run key moves on when a step is over.
    fn at_border(&mut self, step: &StepId) {
        let over = self.plan.find(step).is_some_and(|ix| !self.state.step(ix).status.open());
        if over {
            self.out.push(Output::MoveKey);
        }
    }
}
