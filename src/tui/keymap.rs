//! Which key does what: the one table from which dispatch, key line, help and `docs/keys.md` are made.
//!
//! Plain keys and seven Ctrl keys, nothing on Alt or function keys. Nothing that changes the world is on Enter, Space or a
//! movement key; a test over the table keeps it so. Cards have keys of their own and are asked first.

use crate::tui::actions::{Action, TABLE};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key, or two in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chord {
    /// A key with its modifiers.
    One(KeyCode, Ctrl),
    /// `g`, then this letter.
    Go(char),
}

/// Whether Ctrl is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ctrl {
    /// It is.
    Held,
    /// It is not.
    Free,
}

/// A key and its action.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The key.
    pub chord: Chord,
    /// As it is shown.
    pub shown: &'static str,
    /// What it does.
    pub action: Action,
}

const fn letter(key: char, shown: &'static str, action: Action) -> Binding {
    Binding { chord: Chord::One(KeyCode::Char(key), Ctrl::Free), shown, action }
}

const fn ctrl(key: char, shown: &'static str, action: Action) -> Binding {
    Binding { chord: Chord::One(KeyCode::Char(key), Ctrl::Held), shown, action }
}

const fn special(key: KeyCode, shown: &'static str, action: Action) -> Binding {
    Binding { chord: Chord::One(key, Ctrl::Free), shown, action }
}

const fn go(key: char, shown: &'static str, action: Action) -> Binding {
    Binding { chord: Chord::Go(key), shown, action }
}

/// Every key.
pub const KEYS: [Binding; 61] = [
    letter('j', "j", Action::Down),
    letter('k', "k", Action::Up),
    special(KeyCode::Down, "down", Action::Down),
    special(KeyCode::Up, "up", Action::Up),
    ctrl('d', "^D", Action::HalfDown),
    ctrl('u', "^U", Action::HalfUp),
    special(KeyCode::PageDown, "PgDn", Action::PageDown),
    special(KeyCode::PageUp, "PgUp", Action::PageUp),
    go('g', "gg", Action::Top),
    letter('G', "G", Action::Bottom),
    special(KeyCode::Home, "Home", Action::Top),
    special(KeyCode::End, "End", Action::Bottom),
    letter('h', "h", Action::Fold),
    letter('l', "l", Action::Unfold),
    special(KeyCode::Left, "left", Action::Fold),
    special(KeyCode::Right, "right", Action::Unfold),
    special(KeyCode::Tab, "tab", Action::Pane),
    special(KeyCode::Enter, "enter", Action::Open),
    special(KeyCode::Esc, "esc", Action::Back),
    letter('q', "q", Action::Back),
    letter(' ', "space", Action::Tick),
    letter('r', "r", Action::Run),
    letter('R', "R", Action::Retry),
    letter('f', "f", Action::FailByHand),
    letter('s', "s", Action::LeaveOut),
    letter('b', "b", Action::Hand),
    letter('e', "e", Action::Evidence),
    letter('p', "p", Action::Hold),
    ctrl('c', "^C", Action::Stop),
    letter('!', "!", Action::RollBack),
    letter('v', "v", Action::Decide),
    letter('a', "a", Action::See),
    letter('Q', "Q", Action::Call),
    letter('o', "o", Action::Output),
    letter('y', "y", Action::CopyLine),
    letter('Y', "Y", Action::CopyCommand),
    letter('c', "c", Action::Note),
    letter('/', "/", Action::Filter),
    letter('n', "n", Action::NextMatch),
    letter('N', "N", Action::PrevMatch),
    letter(':', ":", Action::Palette),
    ctrl('p', "^P", Action::Palette),
    letter('?', "?", Action::Help),
    go('n', "gn", Action::GoNext),
    go('f', "gf", Action::GoFailure),
    go('r', "gr", Action::GoRunning),
    go('d', "gd", Action::GoDecision),
    letter('1', "1", Action::Live),
    letter('2', "2", Action::Step),
    letter('3', "3", Action::Watch),
    letter('4', "4", Action::Gate),
    letter('5', "5", Action::Log),
    letter('6', "6", Action::Messages),
    letter('7', "7", Action::Risks),
    letter('w', "w", Action::Watch),
    letter('+', "+", Action::ZoomIn),
    letter('=', "=", Action::ZoomIn),
    letter('-', "-", Action::ZoomOut),
    ctrl('z', "^Z", Action::Suspend),
    ctrl('l', "^L", Action::Redraw),
    special(KeyCode::BackTab, "shift tab", Action::Pane),
];

/// What a key leads to, after `g` or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// This action.
    Does(Action),
    /// The first of two keys.
    Prefix,
    /// Nothing.
    Nothing,
}

/// What a key means on a screen; `after_go` where `g` was pressed before it.
pub fn meaning(key: KeyEvent, after_go: bool) -> Meaning {
    if key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META) {
        return Meaning::Nothing;
    }
    let held = if key.modifiers.contains(KeyModifiers::CONTROL) { Ctrl::Held } else { Ctrl::Free };
    let code = match (key.code, held) {
        (KeyCode::Char(letter), Ctrl::Held) => KeyCode::Char(letter.to_ascii_lowercase()),
        (code, _) => code,
    };
    let found = KEYS.iter().find(|binding| match binding.chord {
        Chord::One(key, ctrl) => !after_go && key == code && ctrl == held,
        Chord::Go(letter) => after_go && held == Ctrl::Free && code == KeyCode::Char(letter),
    });
    match found {
        Some(binding) => Meaning::Does(binding.action),
        None if !after_go && held == Ctrl::Free && code == KeyCode::Char('g') => Meaning::Prefix,
        None => Meaning::Nothing,
    }
}

/// The first key of an action, as it is shown; empty where it has none.
pub fn key_of(action: Action) -> &'static str {
    KEYS.iter().find(|binding| binding.action == action).map_or("", |binding| binding.shown)
}

/// All keys of an action, as they are shown.
pub fn keys_of(action: Action) -> Vec<&'static str> {
    KEYS.iter().filter(|binding| binding.action == action).map(|binding| binding.shown).collect()
}

/// The table as `docs/keys.md` has it.
pub fn markdown() -> String {
    let mut text = String::from("| Key | Does | Name after `:` |\n|--|--|--|\n");
    for entry in TABLE {
        let keys: Vec<String> = keys_of(entry.action).iter().map(|key| format!("`{key}`")).collect();
        text.push_str(&format!("| {} | {} | `{}` |\n", keys.join(" "), entry.does, entry.name));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::actions::Reach;

    #[test]
    fn nothing_that_changes_the_world_is_on_enter_space_or_a_movement_key() {
        let movement = [
            KeyCode::Enter,
            KeyCode::Char(' '),
            KeyCode::Tab,
            KeyCode::BackTab,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Home,
            KeyCode::End,
        ];
        for binding in KEYS {
            let reach = binding.action.entry().reach;
            let harmless = matches!(reach, Reach::Moves | Reach::Opens | Reach::Acknowledges);
            let Chord::One(code, held) = binding.chord else {
                assert_eq!(reach, Reach::Moves, "{}", binding.shown);
                continue;
            };
            let moves = movement.contains(&code) || matches!(code, KeyCode::Char('h' | 'j' | 'k' | 'l' | 'g' | 'G'));
            if moves || held == Ctrl::Held {
                assert!(harmless, "{} does {:?}", binding.shown, binding.action);
            }
        }
    }

    #[test]
    fn no_key_means_two_things_and_no_terminal_or_multiplexer_key_is_taken() {
        for (place, binding) in KEYS.iter().enumerate() {
            for other in &KEYS[place + 1..] {
                assert!(binding.chord != other.chord, "{} twice", binding.shown);
            }
            if let Chord::One(KeyCode::Char(letter), Ctrl::Held) = binding.chord {
                assert!(!"absq".contains(letter), "{}", binding.shown);
            }
        }
    }

    #[test]
    fn the_document_of_keys_is_the_table() {
        let document = include_str!("../../docs/keys.md");
        assert!(document.contains(&markdown()), "docs/keys.md should hold:\n{}", markdown());
    }

    #[test]
    fn alt_and_unknown_keys_mean_nothing() {
        let alt = KeyEvent::new(KeyCode::Char('r'), KeyModifiers::ALT);
        assert_eq!(meaning(alt, false), Meaning::Nothing);
        assert_eq!(meaning(KeyEvent::from(KeyCode::F(5)), false), Meaning::Nothing);
        assert_eq!(meaning(KeyEvent::from(KeyCode::Char('g')), false), Meaning::Prefix);
        assert_eq!(meaning(KeyEvent::from(KeyCode::Char('n')), true), Meaning::Does(Action::GoNext));
    }
}
