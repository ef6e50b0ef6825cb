//! Which theme this terminal gets: what was asked for, else what the surroundings say.
//!
//! `auto` takes the terminal's own sixteen colours at once; where the terminal has true colour it is asked for its background
//! (OSC 11) without waiting, and `dark` or `light` replaces them if an answer comes. `NO_COLOR` and `TERM=dumb` mean `mono`.

use super::{Glyphs, Theme, ThemeError};

/// A theme, and whether the terminal is to be asked for its background.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The theme of the first frame.
    pub theme: Theme,
    /// Ask the terminal for its background and take `dark` or `light` by the answer.
    pub ask_background: bool,
}

/// What the environment says of the terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `TERM`.
    pub term: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `LC_ALL`, `LC_CTYPE` or `LANG`, the first that is set.
    pub locale: String,
}

impl Surroundings {
    /// As this process has them.
    pub fn here() -> Self {
        let var = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        let set = |name: &str| var(name).filter(|value| !value.is_empty());
        Self {
            no_color: set("NO_COLOR").is_some(),
            term: var("TERM").unwrap_or_default(),
            colorterm: var("COLORTERM").unwrap_or_default(),
            locale: ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| set(name)).unwrap_or_default(),
        }
    }

    /// Unicode where the locale is UTF-8 and not one that draws characters of ambiguous width two cells wide.
    pub fn glyphs(&self) -> Glyphs {
        let locale = self.locale.to_ascii_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        let wide = ["zh", "ja", "ko"].iter().any(|language| locale.starts_with(language));
        if utf8 && !wide && self.term != "linux" && self.term != "dumb" { Glyphs::Unicode } else { Glyphs::Ascii }
    }

    fn true_colour(&self) -> bool {
        matches!(self.colorterm.as_str(), "truecolor" | "24bit")
    }
}

/// The theme of this name (`auto` where none is said), or of this file.
pub fn choose(name: Option<&str>, no_color: bool, ascii: bool) -> Result<Look, ThemeError> {
    let mut here = Surroundings::here();
    here.no_color |= no_color;
    choose_for(&here, name, ascii)
}

/// The same for given surroundings. A theme that was asked for by name beats `NO_COLOR`.
pub fn choose_for(here: &Surroundings, name: Option<&str>, ascii: bool) -> Result<Look, ThemeError> {
    let glyphs = if ascii { Glyphs::Ascii } else { here.glyphs() };
    let plain = |theme| Look { theme, ask_background: false };
    let ours = |name: &str| Theme::named(name, glyphs);
    if let Some(name) = name.filter(|name| *name != "auto") {
        return Theme::find(name, glyphs).map(plain);
    }
    let name = if here.no_color || here.term == "dumb" || here.term.ends_with("-m") { "mono" } else { "ansi" };
    let theme = ours(name).expect("ansi and mono come with the program");
    Ok(Look { theme, ask_background: name == "ansi" && here.true_colour() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(term: &str, colorterm: &str, locale: &str) -> Surroundings {
        Surroundings { no_color: false, term: term.into(), colorterm: colorterm.into(), locale: locale.into() }
    }

    #[test]
    fn no_color_and_a_dumb_terminal_are_mono_unless_a_theme_is_named() {
        let mut none = here("xterm-256color", "truecolor", "en_US.UTF-8");
        none.no_color = true;
        assert_eq!(choose_for(&none, None, false).unwrap().theme.name, "mono");
        assert_eq!(choose_for(&none, Some("auto"), false).unwrap().theme.name, "mono");
        assert_eq!(choose_for(&none, Some("dark"), false).unwrap().theme.name, "dark");
        assert_eq!(choose_for(&here("dumb", "", ""), None, false).unwrap().theme.name, "mono");
    }

    #[test]
    fn only_a_terminal_with_true_colour_is_asked_for_its_background() {
        let look = choose_for(&here("xterm", "truecolor", ""), None, false).unwrap();
        assert!(look.ask_background && look.theme.name == "ansi");
        assert!(!choose_for(&here("xterm", "", ""), None, false).unwrap().ask_background);
        assert!(!choose_for(&here("xterm", "truecolor", ""), Some("light"), false).unwrap().ask_background);
    }

    #[test]
    fn marks_are_ascii_where_a_locale_draws_them_wide_or_is_not_utf8() {
        for (locale, glyphs) in [
            ("en_US.UTF-8", Glyphs::Unicode),
            ("de_DE.utf8", Glyphs::Unicode),
            ("ja_JP.UTF-8", Glyphs::Ascii),
            ("zh_CN.UTF-8", Glyphs::Ascii),
            ("ko_KR.UTF-8", Glyphs::Ascii),
            ("C", Glyphs::Ascii),
            ("", Glyphs::Ascii),
        ] {
            assert_eq!(here("xterm", "", locale).glyphs(), glyphs, "{locale}");
        }
        let look = choose_for(&here("xterm", "", "en_US.UTF-8"), None, true).unwrap();
        assert_eq!(look.theme.glyphs, Glyphs::Ascii);
    }

    #[test]
    fn a_theme_that_is_no_name_is_a_file_and_a_missing_one_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mine.toml");
        let ours = include_str!("../../../themes/dark.toml").replace("name = \"dark\"", "name = \"mine\"");
        std::fs::write(&path, ours).unwrap();
        let look = choose_for(&Surroundings::default(), path.to_str(), false).unwrap();
        assert_eq!(look.theme.name, "mine");
        let missing = choose_for(&Surroundings::default(), Some("/no/such\u{1b}[31m.toml"), false).unwrap_err();
        assert!(missing.to_string().contains("^["), "{missing}");
    }
}
