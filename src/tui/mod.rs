//! FLOOR 4: the screens. A client that reads records and sends intents; it decides nothing and opens nothing.

pub mod context;
pub mod overlays;
pub mod theme;
pub mod widgets;
