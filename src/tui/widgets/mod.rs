//! Small things that views and cards are made of. They hold no run state and know no runbook.

pub mod fit;
pub mod spark;
pub mod text_field;
pub mod wrap;
