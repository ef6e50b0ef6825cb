//! FLOOR 4: the screens. A client that reads records and sends intents; it decides nothing and opens nothing.

pub mod actions;
mod app;
pub mod context;
pub mod eye;
pub mod keymap;
pub mod overlays;
pub mod theme;
mod views;
pub mod widgets;
pub mod words;

pub use app::{App, Effect, Left, Msg};
