//! What CMP must say of every operator, unit and edge. The last tests throw anything at it.

use super::fraction::Fraction;
use super::*;
use proptest::prelude::*;
use std::time::Duration;

fn holds(cmp: &str, saw: &str) -> bool {
    try_holds(cmp, saw).unwrap_or_else(|error| panic!("{cmp} of {saw}: {error}"))
}

fn try_holds(cmp: &str, saw: &str) -> Result<bool, CmpError> {
    Cmp::parse(cmp)?.judge(&Quantity::parse(saw)?)
}

fn table(rows: &[(&str, &str, bool)]) {
    for (cmp, saw, wanted) in rows {
        assert_eq!(holds(cmp, saw), *wanted, "{saw} against {cmp}");
    }
}

#[test]
fn every_operator_holds_below_at_and_above_as_it_says() {
    for (op, below, at, above) in [
        ("=", false, true, false),
        ("", false, true, false),
        ("!=", true, false, true),
        ("<", true, false, false),
        ("<=", true, true, false),
        (">", false, false, true),
        (">=", false, true, true),
    ] {
        for spaced in [format!("{op}19"), format!(" {op}  19 ")] {
            let found = ["18.9", "19.0", "19.1"].map(|saw| holds(&spaced, saw));
            assert_eq!(found, [below, at, above], "{spaced}");
        }
    }
}

#[test]
fn units_of_one_family_convert_exactly() {
    table(&[
        ("= 1s", "1000ms", true),
        ("= 1m", "60s", true),
        ("= 1min", "1m", true),
        ("= 1h", "60min", true),
        ("= 1d", "24h", true),
        ("< 5s", "12.25ms", true),
        ("< 200ms", "0.2s", false),
        ("<= 200ms", "0.2 s", true),
        ("= 1kB", "1000B", true),
        ("= 1MB", "1000 kB", true),
        ("= 1GB", "1000MB", true),
        ("= 1KiB", "1024 B", true),
        ("= 1MiB", "1024KiB", true),
        ("= 1GiB", "1024MiB", true),
        ("> 1MB", "1MiB", true),
        ("= 100%", "100 %", true),
    ]);
}

#[test]
fn a_unit_that_is_missing_on_one_side_is_the_other_ones() {
    table(&[
        ("< 5s", "4", true),
        ("< 5s", "6", false),
        ("< 5", "4h", true),
        (">= 95%", "95", true),
        ("4..8ms", "6ms", true),
        ("4ms..8", "6ms", true),
        ("4..8ms", "6s", false),
        ("20 ± 5ms", "0.024s", true),
    ]);
}

#[test]
fn unlike_units_are_an_error_and_not_a_failure() {
    for (cmp, saw) in [("< 5s", "4MB"), ("< 5%", "4ms"), ("> 1B", "1%")] {
        let error = try_holds(cmp, saw).unwrap_err();
        assert!(matches!(error, CmpError::UnlikeUnits { .. }), "{error}");
    }
    assert!(Cmp::parse("1s..2MB").is_err());
    assert!(Cmp::parse("5MB ± 2s").is_err());
}

#[test]
fn both_ends_of_a_range_belong_to_it() {
    table(&[
        ("4..8", "4", true),
        ("4..8", "8", true),
        ("4..8", "3.999", false),
        ("4..8", "8.001", false),
        ("0.5..1.5", "1", true),
        ("0.5..1.5", "1.6", false),
        ("-5..-1", "-3", true),
        ("-5 .. -1", "0", false),
        ("1e1..2e1", "15", true),
        ("90s..1h", "2m", true),
        ("7..7", "7", true),
    ]);
}

#[test]
fn a_range_that_runs_backwards_or_lacks_an_end_is_refused() {
    for text in ["8..4", "1h..90s", "..4", "4..", "..", "1...2", "1....2", "4..8..9", ">= 4..8"] {
        assert!(Cmp::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_tolerance_reaches_both_ways_and_percent_is_a_part_of_the_value() {
    table(&[
        ("20 ± 5", "15", true),
        ("20 +- 5", "25", true),
        ("20±5", "25.001", false),
        ("20 ± 5%", "19", true),
        ("20 ± 5 %", "18.999", false),
        ("-20 ± 5%", "-21", true),
        ("200ms ± 10%", "0.22s", true),
        ("200ms ± 10%", "221ms", false),
        ("1h ± 5m", "55m", true),
        ("1h ± 5m", "54m", false),
        ("50% ± 5%", "45%", true),
        ("50% ± 5%", "47.4%", true),
        ("0 ± 0", "0", true),
    ]);
    let error = Cmp::parse("20 ± -5").unwrap_err();
    assert_eq!(error.to_string(), "a tolerance cannot be negative: -5");
}

#[test]
fn nothing_is_rounded() {
    table(&[
        ("= 0.3", "0.30000000000000001", false),
        ("= 0.1", "0.1000", true),
        (">= 9007199254740993", "9007199254740992", false),
        ("= 1e3", "1000", true),
        ("= 2.5e-3s", "2.5ms", true),
        ("= 1E+2", "100", true),
        ("< 1", "0.9999999999999999999999999999999999999", true),
    ]);
}

#[test]
fn a_ratio_is_compared_by_whole_numbers() {
    let of = |cmp: &str, ratio: &str| Cmp::parse(cmp).unwrap().judge_ratio(&Ratio::parse(ratio).unwrap()).unwrap();
    assert!(of(">= 95%", "19/20"));
    assert!(!of(">= 95%", "18/20"));
    assert!(!of(">= 95%", "1899/2000"));
    assert!(of(">= 0.95", "19/20"));
    assert!(of("= 66.666%", "33333/50000"));
    assert!(!of("= 66.666%", "2/3"));
    assert!(of("90%..95%", "93 %"));
    assert!(of("> 1", "3/2"));
    let zero = Ratio::parse("0/0").unwrap_err();
    assert_eq!(zero.to_string(), "of 0 there is no ratio");
    assert!(Ratio::parse("19").is_err());
    let wrong = Cmp::parse("< 5s").unwrap();
    assert!(wrong.judge_ratio(&Ratio::parse("1/2").unwrap()).is_err());
}

#[test]
fn a_percentage_that_fails_is_never_shown_as_if_it_passed() {
    let shown = |text: &str| Ratio::parse(text).unwrap().percent();
    assert_eq!(shown("19/20"), "95.0 %");
    assert_eq!(shown("18/20"), "90.0 %");
    assert_eq!(shown("94999999/100000000"), "94.999999 %");
    assert_eq!(shown("949999999999/1000000000000"), "94.999999… %");
    assert_eq!(shown("2/3"), "66.666666… %");
}

#[test]
fn the_normal_form_reads_as_it_is_meant() {
    for (source, words) in [
        (">=95%", ">= 95 %"),
        ("42", "= 42"),
        ("4..8ms", "4ms to 8ms"),
        ("20 +- 5", "20 ± 5"),
        ("<12.50MiB", "< 12.50 MiB"),
        ("!= +7", "!= 7"),
    ] {
        let cmp = Cmp::parse(source).unwrap();
        assert_eq!((cmp.to_string().as_str(), cmp.source.as_str()), (words, source));
    }
}

#[test]
fn what_is_not_a_comparison_is_refused_with_its_reason() {
    for (text, words) in [
        ("", "a comparison is missing"),
        ("ready", "`ready` is not a number"),
        (">=", "`` is not a number"),
        ("1,234", "`1,234` has a separator"),
        ("1_000", "`1_000` has a separator"),
        ("5 KB", "`KB` is not a unit"),
        ("5EB", "`EB` is not a unit"),
        ("1m30s", "`m30s` is not a unit"),
        ("== 5", "`==` is not an operator"),
        ("≥ 5", "`≥` is not an operator"),
        (".5", "`.5` is not a number"),
        ("5.", "`5.` is not a number"),
        ("٣", "`٣` is not a number"),
        ("--5", "`--5` is not a number"),
        ("NaN", "`NaN` is not a number"),
        ("inf", "`inf` is not a number"),
        ("0x10", "`x10` is not a unit"),
        ("> > 5", "`> 5` is not a number"),
    ] {
        let error = Cmp::parse(text).unwrap_err().to_string();
        assert!(error.starts_with(words), "{text}: {error}");
    }
}

#[test]
fn a_number_that_does_not_fit_is_an_error_and_never_a_panic() {
    let nines = "9".repeat(40);
    let long = format!("0.{}1", "0".repeat(60));
    for text in [nines.as_str(), long.as_str(), "1e40", "1e-40", "1e99999999999999999999"] {
        assert_eq!(Cmp::parse(text), Err(CmpError::TooLarge), "{text}");
    }
    let largest = i128::MAX.to_string();
    assert!(holds(&format!(">= {largest}"), &largest));
    assert_eq!(try_holds(&format!("> {largest}GiB"), "1B"), Err(CmpError::TooLarge));
    assert!(holds("= 1", &format!("1.{}", "0".repeat(500))));
    assert!(Cmp::parse(&format!("{largest} ± 1")).is_err());
}

#[test]
fn a_length_of_time_is_exact_to_the_nanosecond() {
    let took = |nanos: u64| Quantity::length(Duration::from_nanos(nanos)).unwrap();
    let limit = Cmp::parse("<= 200ms").unwrap();
    assert!(limit.judge(&took(200_000_000)).unwrap());
    assert!(!limit.judge(&took(200_000_001)).unwrap());
    assert_eq!(took(12_250_000).to_string(), "12.25ms");
    assert_eq!(took(61_500_000_000).to_string(), "61.5s");
    assert!(Quantity::length(Duration::MAX).is_ok());
}

#[test]
fn only_a_leading_operator_makes_a_text_a_comparison() {
    let found = ["= 1", ">2", " != 3", "<x", "!important", "ok", "4..8"].map(Cmp::has_operator);
    assert_eq!(found, [true, true, true, true, false, false, false]);
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        let _ = Cmp::parse(&text);
        let _ = Ratio::parse(&text);
    }

    #[test]
    fn no_near_miss_makes_parsing_or_judging_panic(
        cmp in "(=|!=|<|<=|>|>=|)? ?-?[0-9]{0,42}(\\.[0-9]{0,42})?([eE][-+]?[0-9]{0,6})? ?(ms|s|m|%|GiB|±|\\+-|\\.\\.|,)?[0-9]{0,5}%?",
        saw in "-?[0-9]{1,40}(\\.[0-9]{1,20})?(e-?[0-9]{1,2})?(s|h|%|GiB)?",
    ) {
        if let Ok(saw) = Quantity::parse(&saw) {
            let _ = Cmp::parse(&cmp).map(|cmp| (cmp.judge(&saw), cmp.to_string()));
            let _ = Ratio::new(&saw, &saw).map(|ratio| ratio.percent());
        }
    }

    #[test]
    fn fractions_order_as_their_cross_products(a in any::<i32>(), b in 1..i32::MAX, c in any::<i32>(), d in 1..i32::MAX) {
        let (left, right) = (i128::from(a) * i128::from(d), i128::from(c) * i128::from(b));
        let (x, y) = (Fraction::new(a.into(), b.into()).unwrap(), Fraction::new(c.into(), d.into()).unwrap());
        prop_assert_eq!(x.cmp(&y), left.cmp(&right));
    }
}
