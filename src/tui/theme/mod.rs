//! Semantic roles and the styles and marks that a theme gives them.
//!
//! Views name a role, never a colour. Every state is a word; a theme adds colour and weight to it, nothing else.

use ratatui::style::Style;

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
}

impl Theme {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}
