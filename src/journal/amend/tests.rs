//! The text and the line of an amendment: each has one spelling.

use super::*;

fn amendment() -> Amendment {
    let taken = |number, bytes| Taken { number, bytes };
    let redaction = Redaction {
        step: "4.build".into(),
        attempt: 2,
        extents: vec![taken(2, 10..20), taken(7, 20..90)],
        log: Hash::of(b"log"),
        salt: Hash::of(b"salt"),
    };
    let hand = |who: &str| Hand { principal: who.into(), key: format!("SHA256:{who}") };
    Amendment {
        sequence: 3,
        prev: Hash::of(b"before"),
        redaction: Some(redaction),
        reason: "a token: 50 %, \"quoted\"\nžluť".into(),
        at: 1_700_000_000_000_000,
        hands: vec![hand("op"), hand("ana@example.com")],
    }
}

fn read_back(text: &SignedText) -> Option<Amendment> {
    SignedText::decode(&text.encode()).and_then(|text| Amendment::read(&text))
}

#[test]
fn an_amendment_reads_back_and_no_other_text_of_it_does() {
    let run = RunId::from("0001-x");
    let whole = amendment();
    let note = Amendment { redaction: None, hands: whole.hands[..1].to_vec(), ..whole.clone() };
    for one in [&whole, &note] {
        assert_eq!(read_back(&one.text(Realm::Live, &run)).as_ref(), Some(one));
    }
    let text = whole.text(Realm::Live, &run).encode();
    assert!(text.is_ascii());
    let odd = [
        text.replace("extents: 2 7", "extents: 7 2"),
        text.replace("extents: 2 7", "extents: 02 7"),
        text.replace("extents: 2 7", "extents: 2 2"),
        text.replace("extents: 2 7", "extents: 0 7"),
        text.replace("extents: 2 7", "extents: 2"),
        text.replace("extents: 2 7", "extents: -"),
        text.replace("20-90", "19-90"),
        text.replace("20-90", "20-20"),
        text.replace("20-90", "+20-90"),
        text.replace("file: out/4.build.2.log", "file: out/4.build.1.log"),
        text.replace("what: redaction", "what: note"),
        text.replace("what: redaction", "what: both"),
        text.replace("sequence: 3", "sequence: +3"),
        text.replace("second key: SHA256:ana@example.com", "second key: -"),
        text.replace("\nkey: SHA256:op", "\nkey: -"),
        text.replace("reason: ", "because: "),
        format!("{text}more: 1\n"),
    ];
    for odd in odd {
        assert_ne!(odd, text);
        let read = SignedText::decode(&odd).and_then(|text| Amendment::read(&text));
        assert_eq!(read, None, "{odd}");
    }
}

#[test]
fn a_line_has_one_spelling() {
    let run = RunId::from("0001-x");
    let text = amendment().text(Realm::Live, &run).encode();
    let line = encode(&text, &["one\n".into(), "two\n".into()]).unwrap();
    let read = |line: &[u8]| decode(line, (Realm::Live, &run));
    assert_eq!(read(&line).unwrap().amendment, amendment());
    let whole = String::from_utf8(line.clone()).unwrap();
    let odd = [
        whole.replace("{\"text\"", "{ \"text\""),
        whole.replace("\"sigs\"", "\"more\":1,\"sigs\""),
        whole.replace("\"sigs\"", "\"text\":\"\",\"sigs\""),
        whole.replace("one", "\\u006fne"),
        whole.trim_end().to_owned(),
        format!("{whole}\n"),
        whole.replace('\n', "\r\n"),
        whole.replace("amend live", "seal live"),
        whole.replace("amend live", "amend drill"),
        String::new(),
    ];
    for odd in odd {
        assert!(read(odd.as_bytes()).is_err(), "{odd}");
    }
    assert!(decode(&line, (Realm::Live, &RunId::from("0002-y"))).is_err());
    assert!(encode(&"x".repeat(LONGEST), &[]).is_err());
}
