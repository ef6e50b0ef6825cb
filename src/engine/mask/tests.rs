//! What a masker must never let through, judged against real encoders and against every split of the text.

use super::*;
use proptest::prelude::*;
use std::io::Write;
use std::process::{Command, Stdio};

fn secret(value: &str) -> Secret {
    Secret::new(value.into())
}

fn whole(value: &str, text: impl AsRef<[u8]>) -> String {
    let secret = secret(value);
    let masked = Masker::new(&[("T", &secret)]).whole(text.as_ref());
    String::from_utf8(masked.bytes).unwrap()
}

/// What `program` makes of `input` on its stdin.
fn piped(program: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(program);
    let mut child = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} failed");
    output.stdout
}

const VALUE: &str = "s3kr-et'\"/ x\\ü?>~z";

#[test]
fn the_exact_value_is_replaced_and_counted() {
    let (a, b) = (secret("first-value"), secret("other.value"));
    let masked = Masker::new(&[("A", &a), ("B", &b)]).whole(&b"first-value other.value, first-valuefirst-value"[..]);
    assert_eq!(String::from_utf8_lossy(&masked.bytes), "[secret A] [secret B], [secret A][secret A]");
    let counted: Vec<_> = masked.masked.iter().map(|masked| (masked.name.as_str(), masked.count)).collect();
    assert_eq!(counted, [("A", 3), ("B", 1)]);
}

#[test]
fn base64_is_found_at_every_alignment_also_wrapped() {
    for before in ["", "u", "us", "user:", "a longer beginning that fills more than one line of sixty characters "] {
        for after in ["", "!", "!!", "@host and more"] {
            for width in ["0", "76", "19", "7"] {
                let encoded = piped("base64", &["-w", width], format!("{before}{VALUE}{after}").as_bytes());
                let masked = whole(VALUE, &encoded);
                assert!(masked.contains("[secret T]"), "{before:?} {after:?} {width}: {masked}");
                // What may stay: four characters at most that the value shares with its neighbours, and its neighbours.
                let kept = masked.replace("[secret T]", "").replace(['\n', '='], "").len();
                let around = (before.len() + after.len()) * 4 / 3;
                assert!(kept <= around + 4, "{before:?} {after:?} {width}: {masked}");
            }
        }
    }
    let url: String = String::from_utf8(piped("base64", &["-w0"], VALUE.as_bytes())).unwrap();
    let url = url.replace('+', "-").replace('/', "_");
    assert_eq!(whole(VALUE, url.trim_end_matches('=')), "[secret T]");
    let dos = String::from_utf8(piped("base64", &["-w7"], VALUE.as_bytes())).unwrap().replace('\n', "\r\n");
    assert_eq!(whole(VALUE, dos.trim_end_matches(['=', '\r', '\n'])), "[secret T]");
}

#[test]
fn what_a_shell_od_and_a_json_writer_make_of_it_is_found() {
    for value in [VALUE, "two\nlines with\ttab and 'quotes'"] {
        let quoted = piped("bash", &["-c", "IFS= read -rd '' v || :; printf '%s' \"${v@Q}\""], value.as_bytes());
        let masked = whole(value, &quoted);
        assert!(matches!(masked.as_str(), "'[secret T]'" | "$'[secret T]'"), "{masked}");
        let hex = String::from_utf8(piped("od", &["-An", "-v", "-tx1"], value.as_bytes())).unwrap();
        let hex: String = hex.split_whitespace().collect();
        assert_eq!(whole(value, &hex), "[secret T]");
        assert_eq!(whole(value, hex.to_uppercase()), "[secret T]");
        assert_eq!(whole(value, serde_json::to_string(value).unwrap()), "\"[secret T]\"");
    }
    assert_eq!(whole("ab/cdefgé", r#"{"x":"ab\/cdefg\u00e9"}"#), r#"{"x":"[secret T]"}"#);
    for encoded in ["a%20b%2Fc%2fdef", "a+b%2Fc%2Fdef", "a%20b/c/def", "a+b%2fc%2fdef", "a%20b%2Fc%2Fdef"] {
        let masked = whole("a b/c/def", encoded);
        assert_eq!(masked == "[secret T]", encoded != "a%20b%2Fc%2fdef", "mixed hex alone is not a form: {masked}");
    }
}

#[test]
fn a_key_file_is_masked_line_by_line_too() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nabc\nhkiG9w0BAQEFAASC\n-----END KEY-----\n";
    assert_eq!(whole(key, format!("<{key}>")), "<[secret T]>");
    assert_eq!(whole(key, key.replace('\n', "\r\n")), "[secret T]");
    assert_eq!(whole(key, "2: hkiG9w0BAQEFAASC\r\n"), "2: [secret T]\r\n");
    assert_eq!(whole(key, "abc"), "abc");
}

#[test]
fn a_short_value_goes_only_as_a_whole_word() {
    assert_eq!(whole("prod", "prod product _prod prod."), "[secret T] product _prod [secret T].");
    assert_eq!(whole("aaaaaaaa", "aaaaaaaaa aaaaaaaa"), "aaaaaaaaa [secret T]");
    let short = secret("prod");
    let mut masker = Masker::new(&[("T", &short)]);
    let mut out = Vec::new();
    for byte in b"xprod prod" {
        out.extend(masker.push(&[*byte][..]).bytes);
    }
    assert_eq!(out, b"xprod ");
    assert_eq!(masker.finish().bytes, b"[secret T]");
}

#[test]
fn overlapping_values_leave_nothing_of_either() {
    let (a, b) = (secret("user:passw"), secret("passw@host"));
    let masker = Masker::new(&[("A", &a), ("B", &b)]);
    assert_eq!(masker.whole(&b"<user:passw@host>"[..]).bytes, b"<[secret A][secret B]>");
    assert_eq!(whole("abcdXabcd", "abcdXabcdXabcd!"), "[secret T]!");
    let (long, part) = (secret("part-and-more"), secret("part-and"));
    let masker = Masker::new(&[("P", &part), ("L", &long)]);
    assert_eq!(masker.whole(&b"part-and-more part-and-mor"[..]).bytes, b"[secret L] [secret P]-mor");
}

#[test]
fn a_tail_that_could_be_a_secret_is_held_until_it_is_decided() {
    let value = secret("hunter22hunter");
    let mut masker = Masker::new(&[("T", &value)]);
    assert_eq!(masker.push(&b"say hunter2"[..]).bytes, b"say ");
    assert_eq!(masker.push(&b""[..]).bytes, b"");
    assert_eq!(masker.push(&b"3 hunt"[..]).bytes, b"hunter23 ");
    assert_eq!(masker.push(&b"er22hunter"[..]).bytes, b"[secret T]");
    assert_eq!(masker.push(&b"x hun"[..]).bytes, b"x ");
    assert_eq!(masker.finish().bytes, b"hun");
}

#[test]
fn without_a_secret_in_it_a_chunk_is_passed_on_and_not_copied() {
    let (none, some) = (Masker::new::<&str>(&[]), secret("hunter22hunter"));
    let some = Masker::new(&[("T", &some)]);
    for mut masker in [none, some] {
        let chunk = vec![b'.'; 1 << 16];
        let place = chunk.as_ptr();
        let masked = masker.push(chunk);
        assert_eq!((masked.bytes.as_ptr(), masked.bytes.len()), (place, 1 << 16));
    }
    assert_eq!(whole("", "nothing to hide"), "nothing to hide");
}

#[test]
fn a_flood_of_the_same_secret_is_not_held() {
    let value = secret("abcabcabd");
    let mut masker = Masker::new(&[("T", &value)]);
    for _ in 0..1000 {
        masker.push(&b"abcabcabdabcabc"[..]);
        assert!(masker.held.len() < 64, "{} bytes are held", masker.held.len());
    }
}

fn split(masker: &mut Masker, text: &[u8], cuts: &[usize]) -> (Vec<u8>, u64) {
    let (mut out, mut count, mut rest) = (Vec::new(), 0, text);
    let mut take = |masked: MaskedBytes| {
        out.extend(masked.bytes);
        count += masked.masked.iter().map(|masked| masked.count).sum::<u64>();
    };
    for cut in cuts {
        let (head, tail) = rest.split_at((*cut).min(rest.len()));
        take(masker.push(head));
        rest = tail;
    }
    take(masker.push(rest));
    take(masker.finish());
    (out, count)
}

/// What is left when every form is looked for at every place, without any search that could pass one over.
fn thoroughly(masker: &Masker, text: &[u8]) -> Vec<u8> {
    let (mut covered, mut out) = (vec![false; text.len()], Vec::new());
    for start in 0..text.len() {
        let before = start.checked_sub(1).map(|before| text[before]);
        if let Fit::Whole { end, .. } = masker.forms.fit(text, start, before, true) {
            covered[start..end].fill(true);
        }
    }
    out.extend(text.iter().zip(&covered).filter(|(_, covered)| !**covered).map(|(byte, _)| *byte));
    out
}

#[test]
fn a_wrapped_form_is_found_however_its_beginning_is_broken() {
    let value = secret(VALUE);
    let mut masker = Masker::new(&[("T", &value)]);
    let encoded = String::from_utf8(piped("base64", &["-w0"], VALUE.as_bytes())).unwrap();
    let body = encoded.trim_end_matches('=');
    // Every choice of breaks among the first nine letters, of one and of two bytes.
    for breaks in 0u32..1 << 9 {
        for line_end in ["\n", "\r\n"] {
            let mut text = String::from("before ");
            for (at, letter) in body.chars().enumerate() {
                text.push(letter);
                if at < 9 && breaks & (1 << at) != 0 {
                    text.push_str(line_end);
                }
            }
            text.push_str(" after");
            let masked = masker.whole(text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&masked.bytes), "before [secret T] after", "{text:?}");
            let ones = vec![1; text.len()];
            assert_eq!(split(&mut masker, text.as_bytes(), &ones).0, masked.bytes, "{text:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    /// Values of few letters, so that forms overlap, repeat and begin again within themselves.
    #[test]
    fn any_split_gives_what_the_whole_gives_and_no_form_stays(
        values in prop::collection::vec("[abA'/é\n]{2,12}", 1..4),
        pieces in prop::collection::vec((0usize..400, "[abA'/é\n YWI=%]{0,6}"), 0..12),
        cuts in prop::collection::vec(0usize..9, 0..60),
    ) {
        let secrets: Vec<Secret> = values.iter().map(|value| secret(value)).collect();
        let named: Vec<(String, &Secret)> = secrets.iter().enumerate().map(|(n, s)| (format!("N{n}"), s)).collect();
        let mut masker = Masker::new(&named);
        let forms: Vec<(Vec<u8>, forms::Kind)> = masker.forms.listed();
        let mut text = Vec::new();
        for (number, noise) in &pieces {
            text.extend(noise.as_bytes());
            // Also cut forms: the beginning of one, then something else.
            let (form, _) = &forms[number % forms.len()];
            text.extend(&form[..form.len() - number / forms.len() % form.len()]);
        }
        let whole = masker.whole(&text[..]);
        let count = whole.masked.iter().map(|masked| masked.count).sum::<u64>();
        prop_assert_eq!(split(&mut masker, &text, &cuts), (whole.bytes.clone(), count));
        let ones = vec![1; text.len()];
        prop_assert_eq!(split(&mut masker, &text, &ones), (whole.bytes.clone(), count));
        let mut kept = whole.bytes.clone();
        for (name, _) in &named {
            kept = String::from_utf8_lossy(&kept).replace(&format!("[secret {name}]"), "").into_bytes();
        }
        let thorough = String::from_utf8_lossy(&thoroughly(&masker, &text)).into_owned();
        prop_assert_eq!(String::from_utf8_lossy(&kept), thorough, "of {:?}", String::from_utf8_lossy(&text));
        for (form, kind) in &forms {
            let stays = whole.bytes.windows(form.len()).any(|window| window == &form[..]);
            prop_assert!(*kind == forms::Kind::Word || !stays, "{:?} stays in {:?}", form, whole.bytes);
        }
    }

    #[test]
    fn text_without_any_form_comes_out_as_it_went_in(text in prop::collection::vec(any::<u8>(), 0..400), cut in 0usize..400) {
        let value = secret("Zq9-Zq8_Zq7+Zq6");
        let mut masker = Masker::new(&[("T", &value)]);
        prop_assert_eq!(split(&mut masker, &text, &[cut]).0, text);
    }
}
