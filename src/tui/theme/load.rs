//! A theme's TOML file → `Theme`. Every role must be there, and nothing else may be.
//!
//! The themes of `themes/` are part of the program; a file of the operator's own is read the same way. Nothing here looks at
//! the terminal.

use super::{Glyphs, NAMES, ROLES, Theme};
use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{self, Read};

/// A theme file is no larger; the largest of ours is 2 KB.
const LIMIT: u64 = 64 * 1024;

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// The file cannot be read.
    #[error(
        "theme {name} is neither one of auto, ansi, dark, light, cvd, high, mono nor one of your own nor a file that can be read"
    )]
    Read {
        /// What was asked for.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is not TOML of this shape.
    #[error("theme {name} is not a theme: {why}")]
    Shape {
        /// What was asked for.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A role has no style.
    #[error("theme {name} says nothing about the role \"{role}\"")]
    Missing {
        /// Which theme.
        name: String,
        /// Which role.
        role: &'static str,
    },
    /// A role or a colour is not known.
    #[error("theme {name} names {what}, which is not known")]
    Unknown {
        /// Which theme.
        name: String,
        /// The role or the colour.
        what: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    /// Backgrounds that the colours are meant for, by which the contrast is computed.
    #[serde(default)]
    against: Vec<String>,
    roles: BTreeMap<String, Paint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paint {
    fg: Option<String>,
    bg: Option<String>,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    dim: bool,
    #[serde(default)]
    underline: bool,
    #[serde(default)]
    reverse: bool,
}

fn source(name: &str) -> Option<&'static str> {
    Some(match name {
        "ansi" => include_str!("../../../themes/ansi.toml"),
        "dark" => include_str!("../../../themes/dark.toml"),
        "light" => include_str!("../../../themes/light.toml"),
        "cvd" => include_str!("../../../themes/cvd.toml"),
        "high" => include_str!("../../../themes/high.toml"),
        "mono" => include_str!("../../../themes/mono.toml"),
        _ => return None,
    })
}

/// A theme of ours.
pub(super) fn built_in(name: &str, glyphs: Glyphs) -> Option<Theme> {
    let text = source(name)?;
    Some(parse(name, text, glyphs).expect("a test reads every theme that comes with the program"))
}

/// A theme from a file.
pub(super) fn from_file(path: &str, glyphs: Glyphs) -> Result<Theme, ThemeError> {
    let unread = |source| ThemeError::Read { name: crate::model::text::shown(path).into_owned(), source };
    let mut text = String::new();
    std::fs::File::open(path).and_then(|file| file.take(LIMIT).read_to_string(&mut text)).map_err(unread)?;
    parse(&crate::model::text::shown(path), &text, glyphs)
}

fn parse(name: &str, text: &str, glyphs: Glyphs) -> Result<Theme, ThemeError> {
    let shape = |why: toml::de::Error| ThemeError::Shape {
        name: name.to_owned(),
        why: crate::model::text::shown(why.message()).into_owned(),
    };
    let mut file: File = toml::from_str(text).map_err(shape)?;
    let mut styles = [Style::default(); ROLES];
    for (role, said) in NAMES {
        let paint = file.roles.remove(said).ok_or(ThemeError::Missing { name: name.to_owned(), role: said })?;
        styles[role as usize] = paint.style().map_err(|what| ThemeError::Unknown { name: name.to_owned(), what })?;
    }
    if let Some((role, _)) = file.roles.pop_first() {
        let what = format!("the role \"{}\"", crate::model::text::shown(&role));
        return Err(ThemeError::Unknown { name: name.to_owned(), what });
    }
    let against: Result<Vec<Color>, String> = file.against.iter().map(|name| colour(name)).collect();
    let against = against.map_err(|what| ThemeError::Unknown { name: name.to_owned(), what })?;
    Ok(Theme { name: crate::model::text::shown(&file.name).into_owned(), styles, glyphs, against })
}

impl Paint {
    fn style(&self) -> Result<Style, String> {
        let mut style = Style::default();
        if let Some(fg) = &self.fg {
            style = style.fg(colour(fg)?);
        }
        if let Some(bg) = &self.bg {
            style = style.bg(colour(bg)?);
        }
        let weights = [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.underline, Modifier::UNDERLINED),
            (self.reverse, Modifier::REVERSED),
        ];
        for (wanted, modifier) in weights {
            if wanted {
                style = style.add_modifier(modifier);
            }
        }
        Ok(style)
    }
}

fn colour(name: &str) -> Result<Color, String> {
    name.parse::<Color>().map_err(|_| format!("the colour \"{}\"", crate::model::text::shown(name)))
}

#[cfg(test)]
mod tests {
    use super::super::BUILT_IN;
    use super::*;

    #[test]
    fn every_theme_sets_every_role_and_the_names_are_in_order() {
        for name in BUILT_IN {
            let text = source(name).unwrap();
            let theme = parse(name, text, Glyphs::Ascii).unwrap_or_else(|why| panic!("{name}: {why}"));
            assert_eq!(theme.name, name);
        }
        for (place, (role, _)) in NAMES.iter().enumerate() {
            assert_eq!(*role as usize, place);
        }
    }

    #[test]
    fn a_theme_that_lacks_or_adds_a_role_is_refused_by_its_name() {
        let mono = source("mono").unwrap();
        let lacks = mono.replace("\"hold\"", "\"holt\"");
        assert!(parse("x", &lacks, Glyphs::Ascii).unwrap_err().to_string().contains("\"hold\""));
        let adds = format!("{mono}\n\"shiny\" = {{}}\n");
        assert!(parse("x", &adds, Glyphs::Ascii).unwrap_err().to_string().contains("shiny"));
        let colour = mono.replace("\"ok\"          = {}", "\"ok\"          = { fg = \"mauve-ish\" }");
        assert!(parse("x", &colour, Glyphs::Ascii).unwrap_err().to_string().contains("mauve-ish"));
        assert!(parse("x", "name = 3", Glyphs::Ascii).is_err());
    }

    #[test]
    fn mono_has_no_colour() {
        let theme = built_in("mono", Glyphs::Ascii).unwrap();
        assert!(theme.styles.iter().all(|style| style.fg.is_none() && style.bg.is_none()));
    }
}
