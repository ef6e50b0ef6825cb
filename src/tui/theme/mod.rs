//! Semantic roles and the styles and marks that a theme gives them.
//!
//! Views name a role, never a colour. Every state is a word; a theme adds colour and weight to it, nothing else. `load` reads
//! a theme's TOML, `own` finds the operator's, `choose` picks one for this terminal, `contrast` judges its colours, `marks` has the one table of glyphs.

mod choose;
mod contrast;
mod load;
pub mod marks;
mod own;

pub use choose::{Look, Surroundings, choose, choose_for};
pub use contrast::{Faint, faint};
pub use load::ThemeError;
pub use own::own;

use ratatui::style::{Color, Style};

/// The 26 roles that a theme sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
#[allow(missing_docs, reason = "a role's name is its documentation; docs/themes.md says where each is used")]
pub enum Role {
    Text,
    TextDim,
    TextStrong,
    Rule,
    Select,
    Focus,
    Key,
    Match,
    EnvProd,
    EnvStaging,
    EnvDrill,
    EnvReplay,
    Ok,
    Fail,
    Run,
    You,
    Hold,
    Warn,
    Unknown,
    Danger,
    TimeOk,
    TimeSoon,
    TimeOver,
    Cmd,
    CmdFilled,
    OutErr,
}

/// How many roles there are.
pub const ROLES: usize = 26;

/// Every role with its name in a theme file, in the order of `Role`.
pub const NAMES: [(Role, &str); ROLES] = [
    (Role::Text, "text"),
    (Role::TextDim, "text.dim"),
    (Role::TextStrong, "text.strong"),
    (Role::Rule, "rule"),
    (Role::Select, "select"),
    (Role::Focus, "focus"),
    (Role::Key, "key"),
    (Role::Match, "match"),
    (Role::EnvProd, "env.prod"),
    (Role::EnvStaging, "env.staging"),
    (Role::EnvDrill, "env.drill"),
    (Role::EnvReplay, "env.replay"),
    (Role::Ok, "ok"),
    (Role::Fail, "fail"),
    (Role::Run, "run"),
    (Role::You, "you"),
    (Role::Hold, "hold"),
    (Role::Warn, "warn"),
    (Role::Unknown, "unknown"),
    (Role::Danger, "danger"),
    (Role::TimeOk, "time.ok"),
    (Role::TimeSoon, "time.soon"),
    (Role::TimeOver, "time.over"),
    (Role::Cmd, "cmd"),
    (Role::CmdFilled, "cmd.filled"),
    (Role::OutErr, "out.err"),
];

/// Whether frames and marks are drawn in Unicode or in ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// UTF-8 locale, not one that draws ambiguous widths wide.
    Unicode,
    /// Everywhere else, or `--ascii`.
    Ascii,
}

/// Styles by role, and how marks are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    /// A style for each role.
    pub styles: [Style; ROLES],
    /// Unicode or ASCII.
    pub glyphs: Glyphs,
    /// Backgrounds that its colours are meant for.
    pub against: Vec<Color>,
}

impl Theme {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// A theme that comes with tminus, by its name.
    pub fn named(name: &str, glyphs: Glyphs) -> Option<Self> {
        load::built_in(name, glyphs)
    }

    /// A theme by its name: one that comes with tminus, one of the operator's own, a file.
    pub fn find(name: &str, glyphs: Glyphs) -> Result<Self, ThemeError> {
        match Self::named(name, glyphs) {
            Some(ours) => Ok(ours),
            None => own::named(name, glyphs).unwrap_or_else(|| load::from_file(name, glyphs)),
        }
    }
}

/// The themes that come with tminus; `auto` picks one of them.
pub const BUILT_IN: [&str; 6] = ["ansi", "dark", "light", "cvd", "high", "mono"];
