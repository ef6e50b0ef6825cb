//! What a durable record sets in motion. On resume nothing does: the fold has no effects.

use super::wishes::control_of;
use super::{Driver, Output};
use crate::engine::exec::Control;
use crate::model::event::Event;
use crate::model::ids::StepId;

impl Driver {
    pub(super) fn act_on(&mut self, event: &Event) {
        match event {
            Event::Started { .. } => self.out.push(Output::BindVars),
            Event::StepStarted { step, attempt, invocation: Some(_), .. } => {
                if let Some(ix) = self.plan.find(step) {
                    self.steered.remove(&ix);
                    self.out.push(Output::Spawn(ix, *attempt));
                }
            }
            Event::StopAsked { step, how, .. } => self.steer_unless_told(step, control_of(*how)),
            Event::StepTimeout { step, .. } => self.steer_for_limit(step),
            Event::StepJudged { .. }
            | Event::StepSettled { .. }
            | Event::StepChosen { .. }
            | Event::GateDecided { .. } => {
                self.out.push(Output::MoveKey);
            }
            Event::Ended { .. } => self.out.push(Output::Close),
            Event::Paused { .. } => self.out.push(Output::Leave),
            Event::Genesis { .. }
            | Event::Resume { .. }
            | Event::Continue { .. }
            | Event::Ckpt { .. }
            | Event::VarsBound { .. }
            | Event::VarsFailed { .. }
            | Event::StepStarted { .. }
            | Event::StepSpawned { .. }
            | Event::Output { .. }
            | Event::OutputLost { .. }
            | Event::StepExited { .. }
            | Event::StepNotStarted { .. }
            | Event::StepAnswered { .. }
            | Event::StepConditions { .. }
            | Event::WaitEnded { .. }
            | Event::StepResolved { .. }
            | Event::Survivors { .. }
            | Event::GateVoted { .. }
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
            | Event::Closed { .. }
            | Event::Foreign { .. } => {}
        }
    }

    /// A stop that a wish sent before its record was durable is not sent again with the record.
    fn steer_unless_told(&mut self, step: &StepId, control: Control) {
        let Some(ix) = self.plan.find(step) else {
            return;
        };
        if self.steered.get(&ix) != Some(&control) {
            self.steer(ix, control);
        }
    }

    fn steer_for_limit(&mut self, step: &StepId) {
        if let Some(ix) = self.plan.find(step) {
            self.out.push(Output::Steer(ix, Control::Terminate));
        }
    }
}
