//! `tminus themes`: ours and the operator's own, each with what is wrong with it. Reads the theme files, nothing else.

use super::{Outcome, Ran, print};
use crate::model::text::shown;
use crate::tui::theme::{self, Glyphs, Theme};

/// Lists them; not so where one cannot be used.
pub(super) fn themes() -> Ran {
    let mut unusable = false;
    let mut line = |name: &str, from: &str| {
        let faults = match Theme::find(name, Glyphs::Ascii) {
            Ok(theme) => faint(&theme),
            Err(why) => {
                unusable = true;
                vec![why.to_string()]
            }
        };
        let faults = if faults.is_empty() { String::new() } else { format!("\n        {}", faults.join("\n        ")) };
        format!("{:<12} {}{faults}\n", shown(name), shown(from))
    };
    let mut listed =
        String::from("auto         dark or light by the terminal's background, else ansi; mono without colour\n");
    for name in theme::BUILT_IN {
        listed += &line(name, "comes with tminus");
    }
    for (name, path) in theme::own() {
        let from = path.display().to_string();
        let hidden = theme::BUILT_IN.contains(&name.as_str()) || name == "auto";
        listed += &if hidden {
            format!(
                "{:<12} {}\n        never used: a theme of ours is called so; give the file another name\n",
                shown(&name),
                shown(&from)
            )
        } else {
            line(&name, &from)
        };
    }
    print(&listed)?;
    Ok(if unusable { Outcome::NotSo } else { Outcome::Done })
}

/// What is too faint to be read well.
fn faint(theme: &Theme) -> Vec<String> {
    let words = |faint: theme::Faint| {
        format!("{} is faint: contrast {:.1}, where {:.1} is asked for (WCAG 2)", faint.role, faint.found, faint.least)
    };
    theme::faint(theme).into_iter().map(words).collect()
}
