//! Ten thousand steps are drawn as ten are.

use crate::stage::*;
use crossterm::event::KeyCode;
use std::fmt::Write as _;
use tminus::engine::clock::Clock;
use tminus::tui::theme::Glyphs;

fn huge(steps: usize) -> String {
    let mut yaml = String::from(
        "tminus: 1\ntitle: Huge\nenvironment: { name: here, kind: local }\ndefaults: { shell: sh }\nphases:\n",
    );
    for phase in 0..steps / 100 {
        writeln!(yaml, "  - id: p{phase}\n    title: Phase {phase}\n    steps:").unwrap();
        for step in 0..100 {
            writeln!(
                yaml,
                "      - {{ id: s{phase}-{step}, title: Step {step}, run: \"true\", effect: reads, takes: 1s }}"
            )
            .unwrap();
        }
    }
    yaml
}

#[test]
fn ten_thousand_steps_scroll_to_their_end_and_are_drawn_in_time() {
    let mut stage = Stage::of(&huge(10_000), theme("ansi", Glyphs::Unicode)).started();
    stage.key(KeyCode::Char('G'));
    assert!(stage.picture(160, 48).contains("100.100"), "{}", stage.picture(160, 48));
    let clock = tminus::engine::clock::SystemClock;
    let frame = |_| {
        let begin = clock.now();
        stage.key(KeyCode::Char('k'));
        stage.picture(160, 48);
        clock.now().since(begin)
    };
    let least = (0..10).map(frame).min().unwrap();
    println!("a key and its frame, the least of ten: {least:?}");
    // Unoptimised; the release build has 16 ms. What is quadratic takes seconds, and takes them each time.
    assert!(least < std::time::Duration::from_millis(400), "{least:?}");
}
