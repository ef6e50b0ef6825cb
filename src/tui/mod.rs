//! FLOOR 4: the screens. A client that reads records and sends intents; it decides nothing and opens nothing.

pub mod actions;
mod app;
mod background;
pub mod context;
mod copy;
pub mod eye;
mod input;
pub mod keymap;
pub mod overlays;
mod proposals;
pub mod replay;
mod run;
mod sought;
pub mod streams;
mod terminal;
pub mod terminal_step;
pub mod theme;
mod things;
mod views;
mod watched;
pub mod widgets;
pub mod words;

pub use app::{App, Effect, Left, Msg};
pub use run::run;
pub use terminal::TuiError;
