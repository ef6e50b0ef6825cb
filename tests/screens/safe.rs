//! Whatever comes, from the runbook, the run, the keyboard or the window: nothing panics and no byte steers the terminal.

use crate::shots::{at_the_gate, running};
use crate::stage::*;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use tminus::feed::News;
use tminus::model::event::Event;
use tminus::model::output::Stream;
use tminus::model::text::is_plain;
use tminus::tui::Msg;

/// Every cell of a frame holds one grapheme that a terminal only draws.
fn is_safe(stage: &Stage, width: u16, height: u16) {
    let buffer = stage.buffer(width, height);
    for cell in buffer.content() {
        assert!(cell.symbol().chars().all(is_plain), "{:?} at {width}x{height}", cell.symbol());
    }
}

#[test]
fn hostile_text_is_drawn_and_never_sent() {
    let mut stage = running();
    stage.tell(Event::Noted {
        text: "\u{1b}]52;c;eA==\u{7}\u{202e}live\u{200b}\r\n\u{9b}31m".into(),
        step: None,
        by: person("j\u{1b}[2Jlee"),
    });
    stage.print(
        "routes",
        Stream::Out,
        "\u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}P+q\u{1b}\\ \u{202e}txt 漢字 👩‍👩‍👧\r50%\r100%\n",
    );
    stage.msg(Msg::News(News::Trouble("disk \u{1b}[31mfull\u{7}".into())));
    stage.msg(Msg::News(News::Refused(1, "\u{1b}c no".into())));
    for key in ['1', '2', '3', '5', 'o'] {
        stage.key(KeyCode::Char(key));
        for (width, height) in [(160, 48), (80, 24), (40, 10), (10, 3)] {
            is_safe(&stage, width, height);
        }
    }
}

#[test]
fn hostile_titles_are_cut_by_cells_and_columns_stay() {
    let yaml = RUNBOOK
        .replace(
            "title: Smoke test health endpoint",
            "title: \"漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字\"",
        )
        .replace("title: Search index cutover", &format!("title: \"{}\"", "very long ".repeat(60).trim()));
    let mut stage = Stage::of(&yaml, theme("mono", tminus::tui::theme::Glyphs::Unicode)).in_phase_two();
    stage.ran("deploy", 60, "deployed\n");
    for (width, height) in [(160, 48), (120, 40), (81, 24), (80, 24), (61, 20), (41, 10), (40, 10)] {
        let picture = stage.picture(width, height);
        for line in picture.lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= usize::from(width), "{line}");
        }
        assert!(picture.contains("PROD"), "the environment survives every size:\n{picture}");
    }
}

#[test]
fn every_size_down_to_one_cell_is_drawn() {
    let mut stages = [running(), at_the_gate(), Stage::new().begun(), Stage::new()];
    for stage in &mut stages {
        for width in [1, 2, 3, 7, 19, 20, 39, 40, 41, 59, 60, 79, 80, 99, 100, 149, 150, 300] {
            for height in [1, 2, 3, 4, 7, 8, 9, 13, 14, 24, 70] {
                stage.picture(width, height);
            }
        }
    }
}

#[test]
fn the_one_line_screen_says_where_the_run_stands() {
    let picture = running().picture(39, 7);
    assert!(
        picture.contains("PROD RUN 2.3 4:12") && picture.contains("Make the window bigger, or --linear."),
        "{picture}"
    );
    let picture = running().picture(20, 5);
    assert!(picture.contains("PROD RUN 2.3 4:12"), "{picture}");
}

#[test]
fn a_record_that_cannot_follow_is_said_and_nothing_later_is_shown() {
    let mut stage = running();
    stage.seq += 5;
    stage.tell(Event::Noted { text: "from a gap".into(), step: None, by: person("jlee") });
    let picture = stage.picture(80, 24);
    assert!(picture.contains("This screen cannot read the journal on"), "{picture}");
    stage.tell(Event::Noted { text: "later".into(), step: None, by: person("jlee") });
    assert!(stage.app.state().log.iter().all(|entry| !entry.text.contains("later")));
}

#[test]
fn only_the_tail_of_an_output_is_ever_read() {
    let mut stage = running();
    stage.print("routes", Stream::Out, &"a line of output\n".repeat(200_000));
    for key in ['1', '2'] {
        stage.key(KeyCode::Char(key));
        stage.picture(160, 48);
    }
    assert!(stage.disk.longest.get() <= 64 * 1024, "{}", stage.disk.longest.get());
}

fn any_key() -> impl Strategy<Value = KeyEvent> {
    let code = prop_oneof![
        6 => any::<char>().prop_map(KeyCode::Char),
        20 => proptest::sample::select("jkhlgGrRfsbepyYvocaQ!/nN:?q1234567wy+-= \u{1b}".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        8 => proptest::sample::select(vec![KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::Up, KeyCode::Down, KeyCode::Left,
            KeyCode::Right, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home, KeyCode::End, KeyCode::Backspace, KeyCode::Delete, KeyCode::F(1)]),
    ];
    let modifiers = prop_oneof![8 => Just(KeyModifiers::NONE), 1 => Just(KeyModifiers::CONTROL), 1 => Just(KeyModifiers::SHIFT), 1 => Just(KeyModifiers::ALT)];
    (code, modifiers).prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn no_row_of_keys_panics_at_any_size(
        keys in proptest::collection::vec((any_key(), 0_u64..500_000), 1..60),
        size in (1_u16..170, 1_u16..50),
        which in 0_usize..7,
    ) {
        let mut stage = match which {
            0 => running(),
            1 => at_the_gate(),
            2 => Stage::new().begun(),
            3 => crate::around::looking_on(),
            4 => crate::around::tripped(),
            5 => crate::around::at_once(),
            _ => Stage::new().in_phase_two(),
        };
        for (place, (key, pause)) in keys.into_iter().enumerate() {
            stage.now.mono += pause;
            stage.msg(Msg::Key(key));
            if place % 4 == 0 {
                stage.picture(size.0, size.1);
            }
            if place % 7 == 0 {
                stage.msg(Msg::Paste("pasted \u{1b}[201~ text\n".into()));
            }
        }
        is_safe(&stage, size.0, size.1);
    }
}
