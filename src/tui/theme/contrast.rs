//! How well a theme's texts can be told from what lies behind them: the contrast ratio of WCAG 2, which asks 4.5:1 of text and 3:1 of lines.
//!
//! Only colours with known values can be judged: what a terminal makes of its sixteen is its own affair.

use super::{NAMES, Role, Theme};
use ratatui::style::Color;

/// A style that is too faint.
#[derive(Clone, Debug, PartialEq)]
pub struct Faint {
    /// The role, as theme files name it.
    pub role: &'static str,
    /// The ratio that was found.
    pub found: f64,
    /// The ratio that is asked for.
    pub least: f64,
}

/// Every style of the theme that is fainter than it should be on a background that the theme is meant for, the worst of each role.
pub fn faint(theme: &Theme) -> Vec<Faint> {
    NAMES.into_iter().filter_map(|(role, said)| worst(theme, role, said)).collect()
}

fn worst(theme: &Theme, role: Role, said: &'static str) -> Option<Faint> {
    let style = theme.style(role);
    let least = if role == Role::Rule { 3.0 } else { 4.5 };
    let select = theme.style(Role::Select);
    let behind: Vec<Color> = match style.bg {
        Some(bg) => vec![bg],
        None => {
            let selected = select.bg.filter(|_| select.fg.is_none() && role != Role::Rule);
            theme.against.iter().copied().chain(selected).collect()
        }
    };
    let ratios = behind.into_iter().filter_map(|bg| contrast(style.fg?, bg));
    let found = ratios.reduce(f64::min)?;
    (found < least).then_some(Faint { role: said, found, least })
}

fn contrast(one: Color, other: Color) -> Option<f64> {
    let (one, other) = (luminance(one)?, luminance(other)?);
    Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
}

/// Relative luminance, of a colour whose value is known.
fn luminance(colour: Color) -> Option<f64> {
    let Color::Rgb(r, g, b) = colour else { return None };
    let part = |byte: u8| {
        let share = f64::from(byte) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    Some(0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b))
}

#[cfg(test)]
mod tests {
    use super::super::Glyphs;
    use super::*;

    #[test]
    fn every_text_of_a_true_colour_theme_has_the_contrast_that_wcag_asks_for() {
        for name in ["dark", "light", "cvd", "high"] {
            let theme = Theme::named(name, Glyphs::Ascii).unwrap();
            assert!(!theme.against.is_empty(), "{name} names no background");
            assert_eq!(faint(&theme), [], "{name}");
        }
    }

    #[test]
    fn the_ratio_is_the_one_of_the_standard() {
        let (black, white) = (Color::Rgb(0, 0, 0), Color::Rgb(255, 255, 255));
        assert_eq!(contrast(black, white), Some(21.0));
        assert_eq!(contrast(white, black), Some(21.0));
        let grey = contrast(Color::Rgb(0x77, 0x77, 0x77), white).unwrap();
        assert!((4.47..4.49).contains(&grey), "{grey}");
        assert_eq!(contrast(Color::Red, white), None, "a terminal's own red is not known");
    }

    #[test]
    fn a_text_that_is_too_faint_is_named_with_its_ratio() {
        let mut theme = Theme::named("light", Glyphs::Ascii).unwrap();
        theme.styles[Role::Warn as usize] = ratatui::style::Style::default().fg(Color::Rgb(0xdd, 0xdd, 0x00));
        let found = faint(&theme);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].role == "warn" && found[0].found < 2.0, "{found:?}");
    }
}
