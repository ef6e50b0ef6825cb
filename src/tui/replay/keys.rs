//! Keys that only a replay has, and what they do: the table from which dispatch, key line, help and `docs/keys.md` are made.
//!
//! They come before the keys of the live screens; what is not here means what it means there. None of them can act.

use crate::tui::keymap::{Chord, Ctrl};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key of a replay does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "`TABLE` says in words what each does")]
pub enum Does {
    Play,
    Slower,
    Faster,
    EventBack,
    EventOn,
    MarkBack,
    MarkOn,
    SecondsBack,
    SecondsOn,
    MinuteBack,
    MinuteOn,
    Tenth(u8),
    GoTo,
    Failure,
    Decision,
    WayBack,
    Gaps,
    Stops,
    OneStep,
    Table,
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// The key; a tenth's is any digit after `g`.
    chord: Chord,
    /// As it is shown.
    pub shown: &'static str,
    /// What it is called after `:`.
    pub name: &'static str,
    /// Its words.
    pub does: &'static str,
    /// What it does.
    pub action: Does,
}

const fn key(letter: char, shown: &'static str, action: Does, name: &'static str, does: &'static str) -> Line {
    Line { chord: Chord::One(KeyCode::Char(letter), Ctrl::Free), shown, name, does, action }
}

const fn special(code: KeyCode, shown: &'static str, action: Does, name: &'static str, does: &'static str) -> Line {
    Line { chord: Chord::One(code, Ctrl::Free), shown, name, does, action }
}

const fn go(letter: char, shown: &'static str, action: Does, name: &'static str, does: &'static str) -> Line {
    Line { chord: Chord::Go(letter), shown, name, does, action }
}

/// Every key of a replay.
pub const TABLE: [Line; 20] = [
    key(' ', "space", Does::Play, "play", "play, or pause"),
    key('<', "<", Does::Slower, "slower", "half as fast"),
    key('>', ">", Does::Faster, "faster", "twice as fast"),
    key('.', ".", Does::EventOn, "event", "to the next event"),
    key(',', ",", Does::EventBack, "event-back", "to the event before"),
    key(']', "]", Does::MarkOn, "mark", "to the next mark of the track"),
    key('[', "[", Does::MarkBack, "mark-back", "to the mark before"),
    special(KeyCode::Right, "right", Does::SecondsOn, "seconds", "10 s on"),
    special(KeyCode::Left, "left", Does::SecondsBack, "seconds-back", "10 s back"),
    key('L', "L", Does::MinuteOn, "minute", "a minute on"),
    key('H', "H", Does::MinuteBack, "minute-back", "a minute back"),
    go('0', "g0-g9", Does::Tenth(0), "tenth", "to a tenth of the run: g0 is its beginning"),
    go('t', "gt", Does::GoTo, "goto", "to a place: T+65m, 16:47, a step's number or id, #214, start, end"),
    go('f', "gf", Does::Failure, "next-failure", "to the next failure"),
    go('d', "gd", Does::Decision, "next-decision", "to the next decision"),
    go('b', "gb", Does::WayBack, "next-rollback", "to the next way back"),
    key('i', "i", Does::Gaps, "gaps", "cut idle gaps to 2 s, or keep them as they were"),
    key('m', "m", Does::Stops, "stops", "stop at marks while it plays, or not"),
    key('t', "t", Does::OneStep, "one-step", "only the track and events of the step that is marked, or all again"),
    key('=', "=", Does::Table, "beside", "the plan beside what was, and another run beside both (--beside)"),
];

/// What a key does in a replay; `after_go` where `g` was pressed before it.
pub fn meaning(key: KeyEvent, after_go: bool) -> Option<Does> {
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER) {
        return None;
    }
    if let (true, KeyCode::Char(digit @ '0'..='9')) = (after_go, key.code) {
        return Some(Does::Tenth(digit as u8 - b'0'));
    }
    let found = TABLE.iter().find(|line| match line.chord {
        Chord::One(code, _) => !after_go && code == key.code,
        Chord::Go(letter) => after_go && key.code == KeyCode::Char(letter),
    });
    found.map(|line| line.action)
}

/// The action of this name.
pub fn named(name: &str) -> Option<Does> {
    TABLE.iter().find(|line| line.name == name).map(|line| line.action)
}

/// The table as `docs/keys.md` has it.
pub fn markdown() -> String {
    let mut text = String::from("| Key | Does in a replay | Name after `:` |\n|--|--|--|\n");
    for line in TABLE {
        text.push_str(&format!("| `{}` | {} | `{}` |\n", line.shown, line.does, line.name));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_key_of_a_replay_means_two_things() {
        let names: HashSet<_> = TABLE.iter().map(|line| line.name).collect();
        assert_eq!(names.len(), TABLE.len());
        for (place, line) in TABLE.iter().enumerate() {
            assert!(TABLE[place + 1..].iter().all(|other| other.chord != line.chord), "{} twice", line.shown);
        }
        assert_eq!(meaning(KeyEvent::from(KeyCode::Char('7')), true), Some(Does::Tenth(7)));
        assert_eq!(meaning(KeyEvent::from(KeyCode::Char('7')), false), None, "7 is a screen");
        assert_eq!(meaning(KeyEvent::new(KeyCode::Char('m'), KeyModifiers::CONTROL), false), None);
    }

    #[test]
    fn the_document_of_keys_has_those_of_a_replay() {
        let document = include_str!("../../../docs/keys.md");
        assert!(document.contains(&markdown()), "docs/keys.md should hold:\n{}", markdown());
    }
}
