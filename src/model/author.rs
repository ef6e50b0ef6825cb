//! Who is behind an event, where anybody is.

use super::actor::{Actor, Known};
use super::event::Event;

impl Event {
    /// The person, or the answers file, by whom it came; `None` where tminus itself or nobody is behind it.
    pub fn by(&self) -> Option<&Actor> {
        let by = match self {
            Event::Started { by, .. }
            | Event::Amended { by, .. }
            | Event::HandedOver { by, .. }
            | Event::DecisionsAcknowledged { by, .. }
            | Event::StepStarted { by, .. }
            | Event::StepTyped { by, .. }
            | Event::StepAnswered { by, .. }
            | Event::StepSettled { by, .. }
            | Event::StepChosen { by, .. }
            | Event::WaitEnded { by, .. }
            | Event::StopAsked { by, .. }
            | Event::StepResolved { by, .. }
            | Event::GateVoted { by, .. }
            | Event::GateDecided { by, .. }
            | Event::MessageFilled { by, .. }
            | Event::StepSigned { by, .. }
            | Event::Sampled { by, .. }
            | Event::TriggerTripped { by, .. }
            | Event::TriggerAcked { by, .. }
            | Event::TriggerOver { by, .. }
            | Event::ProcedureCalled { by, .. }
            | Event::Recycled { by, .. }
            | Event::RiskClosed { by, .. }
            | Event::Held { by, .. }
            | Event::Released { by }
            | Event::RollbackStarted { by, .. }
            | Event::PhaseSeen { by, .. }
            | Event::Noted { by, .. }
            | Event::Aborted { by, .. }
            | Event::Paused { by }
            | Event::Ended { by, .. } => by,
            Event::ClientJoined { who, .. } | Event::WheelTaken { who, .. } => who,
            _nobody_is_behind_it => return None,
        };
        (by.known != Known::Program).then_some(by)
    }
}
