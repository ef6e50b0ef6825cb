//! The codec against odd lines: one record has one spelling, and nothing else is read.

use super::*;
use crate::model::actor::{Actor, Known};

fn record(event: Event) -> Record {
    let at = Stamp { wall: 1_900_000_000_123_456, mono: 77 };
    Record { seq: Seq(812), at, event }
}

fn note(why: &str) -> Event {
    Event::JournalFailed { why: why.to_owned() }
}

fn line(text: &str) -> Vec<u8> {
    encode(&record(note(text)), &Hash::of(b"before")).unwrap()
}

#[test]
fn a_record_is_one_ascii_line_in_a_fixed_order_and_reads_back() {
    for text in ["plain", "žluť \u{1f680} \u{7f}\0\n\t\"\\ \u{202e}", ""] {
        let line = line(text);
        assert!(line.is_ascii() && line.iter().filter(|byte| **byte == b'\n').count() == 1);
        assert!(line.starts_with(br#"{"seq":812,"prev":""#));
        let read = decode(&line, Minor::Ours).unwrap();
        assert_eq!(read.record, record(note(text)));
        assert_eq!(read.prev, Hash::of(b"before"));
    }
}

#[test]
fn an_actor_and_a_nested_event_read_back() {
    let event = Event::Held { reason: "ä".into(), by: Actor { name: "maya".into(), known: Known::Typed } };
    let line = encode(&record(event.clone()), &Hash::of(b"")).unwrap();
    assert_eq!(decode(&line, Minor::Ours).unwrap().record.event, event);
}

#[test]
fn every_bit_of_a_line_changes_what_is_read_or_is_refused() {
    let good = line("a \u{e9} note");
    let was = decode(&good, Minor::Ours).unwrap();
    for bit in 0..good.len() * 8 {
        let mut odd = good.clone();
        odd[bit / 8] ^= 1 << (bit % 8);
        if let Ok(read) = decode(&odd, Minor::Ours) {
            assert_ne!(read, was, "bit {bit} is read as if it were not changed");
        }
    }
}

#[test]
fn another_spelling_of_the_same_record_is_refused() {
    let good = String::from_utf8(line("a/b \u{e9}")).unwrap();
    let spellings = [
        good.replace("\"why\":", "\"why\": "),
        good.replace("a/b", "a\\/b"),
        good.replace("\\u00e9", "\\u00E9"),
        good.replace("\\u00e9", "\u{e9}"),
        good.replace("\"why\":", "\"why\":\"x\",\"why\":"),
        good.replace("\"why\":", "\"more\":1,\"why\":"),
        good.replace("\"m\":77", "\"m\":077"),
        good.replace("\"m\":77", "\"m\":-0"),
        good.replace("\n", "\r\n"),
        good.replace("\n", " \n"),
        good.replace("\n", ""),
        format!("\u{feff}{good}"),
        format!(" {good}"),
        good.replace("journal.failed", "journal.unheard"),
        good.replace("812", "9007199254740992"),
    ];
    for odd in spellings {
        assert_ne!(odd, good);
        assert!(decode(odd.as_bytes(), Minor::Ours).is_err(), "{odd}");
    }
}

#[test]
fn a_line_over_65535_bytes_is_neither_written_nor_read() {
    assert!(matches!(encode(&record(note(&"x".repeat(65_535))), &Hash::of(b"")), Err(LineError::TooLong)));
    assert!(matches!(fits(&note(&"x".repeat(65_400))), Err(LineError::TooLong)));
    assert!(fits(&note(&"x".repeat(65_000))).is_ok());
    let mut long = line("y");
    long.splice(10..10, vec![b'1'; 70_000]);
    assert!(matches!(decode(&long, Minor::Ours), Err(LineError::TooLong)));
}

#[test]
fn numbers_that_a_double_cannot_hold_are_not_written() {
    for micros in [1i64 << 53, i64::MIN, i64::MAX] {
        assert!(encode(&record(Event::ClockJumped { micros }), &Hash::of(b"")).is_err());
    }
    assert!(encode(&record(Event::ClockJumped { micros: -(1 << 53) + 1 }), &Hash::of(b"")).is_ok());
}

#[test]
fn an_event_of_a_newer_minor_is_kept_by_name_and_still_read_strictly() {
    let good = String::from_utf8(line("x")).unwrap();
    let newer = good.replace("journal.failed", "journal.weighed");
    let read = decode(newer.as_bytes(), Minor::Newer).unwrap();
    let name = "journal.weighed".to_owned();
    assert_eq!((read.record.event, read.foreign), (Event::Foreign { name: name.clone() }, vec![name]));
    let wider = good.replace("\"why\":", "\"more\":[1,{}],\"why\":");
    let read = decode(wider.as_bytes(), Minor::Newer).unwrap();
    assert_eq!(read.record.event, note("x"));
    assert_eq!(read.foreign, ["journal.failed: more"]);
    let twice = newer.replace("\"why\":", "\"why\":\"y\",\"why\":");
    assert!(decode(twice.as_bytes(), Minor::Newer).is_err());
}

#[test]
fn a_newer_major_is_named() {
    assert!(matches!(format_of(br#"{"ev":"genesis","fmt":"1.0"}"#), Ok(Minor::Ours)));
    assert!(matches!(format_of(br#"{"ev":"genesis","fmt":"1.2"}"#), Ok(Minor::Ours)));
    assert!(matches!(format_of(br#"{"ev":"genesis","fmt":"1.3"}"#), Ok(Minor::Newer)));
    assert!(matches!(format_of(br#"{"ev":"genesis","fmt":"1.7"}"#), Ok(Minor::Newer)));
    assert!(matches!(format_of(br#"{"ev":"genesis","fmt":"2.0"}"#), Err(LineError::Newer(_))));
    for odd in ["{}", "x", "", r#"{"fmt":"one"}"#, r#"{"fmt":1.0}"#] {
        assert!(format_of(odd.as_bytes()).is_err(), "{odd}");
    }
}
