//! Seeking in a very long run: 1,000,000 records and 2 GB of output, written by the real writer, opened and looked at anywhere.
//!
//! `TMINUS_BENCH_RECORDS` and `TMINUS_BENCH_MIB` make it smaller. The peak is that of a process of its own, which only looks.

use super::measure::{line, now, percentile, timed};
use super::recorded::{Recorded, T0, person};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::path::{Path, PathBuf};
use std::process::Command;
use tminus::feed::replay::{Course, Looking, To, Verdict};
use tminus::journal::RunDir;
use tminus::journal::writer::Closing;
use tminus::model::event::Event;
use tminus::model::ids::Seq;
use tminus::model::output::Stream;
use tminus::model::time::Stamp;
use tminus::tui::App;
use tminus::tui::replay::Opening;
use tminus::tui::theme::{Glyphs, Look, Theme};

/// Names the run to the process that only looks.
const LOOK_AT: &str = "TMINUS_BENCH_LOOK_AT";
const STEPS: usize = 200;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn book() -> String {
    let mut book = String::from(
        "tminus: 1\ntitle: Long\nenvironment: { name: here, kind: local }\ndefaults: { shell: sh }\nphases:\n",
    );
    for at in 0..STEPS {
        if at % 20 == 0 {
            book.push_str(&format!("  - id: p{at}\n    title: Phase {at}\n    steps:\n"));
        }
        book.push_str(&format!("      - {{ id: s{at}, title: Step {at}, run: \"echo {at}\", takes: 5m }}\n"));
    }
    book
}

/// Steps that print in small pieces, tried again and again, with notes in between, up to so many records and bytes.
fn fabricate(runs: &Path, records: u64, bytes: u64) -> PathBuf {
    let mut run = Recorded::begin(runs, "long.yaml", &book()).started();
    run.keeps = false;
    let piece = (bytes / (records * 55 / 100)).clamp(16, 60_000) as usize;
    let text: Vec<u8> = (0..piece).map(|at| if at % 97 == 96 { b'\n' } else { b'a' + (at % 23) as u8 }).collect();
    let mut round = 0_u64;
    while run.last().0 < records {
        let step = format!("s{}", (round as usize * STEPS * 64 / records as usize).min(STEPS - 1));
        let attempts = run.attempt(&step);
        if attempts > 0 {
            run.tell(Event::Recycled {
                to: step.as_str().into(),
                steps: vec![step.as_str().into()],
                reason: "again".into(),
                by: person("bench"),
            });
        }
        run.start(&step);
        // Streams in turns, so that each piece is a record of its own.
        for at in 0..40 {
            let stream = if at % 2 == 0 { Stream::Out } else { Stream::Err };
            run.print_soon(&step, stream, &text);
            run.pass_micros(20_000);
        }
        run.end(&step, 0);
        run.tell(Event::Noted { text: format!("round {round} is over"), step: None, by: person("bench") });
        run.pass(1);
        round += 1;
    }
    run.close(Closing::Left);
    run.dir.path().to_owned()
}

/// The benchmark: fabricates, then looks from another process.
pub fn seek() {
    let (records, mib) = (number("TMINUS_BENCH_RECORDS", 1_000_000), number("TMINUS_BENCH_MIB", 2048));
    let runs = tempfile::tempdir().unwrap();
    let (took, path) = timed(|| fabricate(runs.path(), records, mib << 20));
    let size = |below: &str| -> u64 {
        let listed = std::fs::read_dir(path.join(below)).unwrap();
        listed
            .filter_map(|entry| entry.unwrap().metadata().ok())
            .filter(|data| data.is_file())
            .map(|data| data.len())
            .sum()
    };
    line("fabricated by the writer", &format!("{:.0} s", took / 1e6), "");
    line("journal, output", &format!("{} MiB, {} MiB", size("") >> 20, size("out") >> 20), "");
    let looked = Command::new(std::env::current_exe().unwrap()).env(LOOK_AT, &path).output().unwrap();
    assert!(looked.status.success(), "{}", String::from_utf8_lossy(&looked.stderr));
    print!("{}", String::from_utf8_lossy(&looked.stdout));
}

/// Whether this process is the one that only looks; it has looked then.
pub fn looked() -> bool {
    let Some(path) = std::env::var_os(LOOK_AT) else { return false };
    look_at(Path::new(&path));
    true
}

fn look_at(path: &Path) {
    let plan = tminus::runbook::parse("long.yaml", book().as_bytes()).plan.unwrap();
    let begun = now();
    let course = Course::open(RunDir::open(path).unwrap(), plan.clone(), false).unwrap();
    let port = Looking::at(RunDir::open(path).unwrap());
    let look = Look { theme: Theme::named("dark", Glyphs::Unicode).unwrap(), ask_background: false };
    let mut app = App::replaying(plan, look, course.clone(), Opening::default()).unwrap();
    let mut terminal = Terminal::new(TestBackend::new(160, 48)).unwrap();
    let mut real = Stamp { wall: T0, mono: 1 };
    let mut frame = |app: &mut App| {
        real.mono += 100_000;
        app.update(tminus::tui::Msg::Tick, &port, real);
        terminal.draw(|frame| app.draw(frame, &port, real)).map(drop).unwrap();
    };
    course.wait(&|known| known.end.facts.is_some());
    frame(&mut app);
    let first = (now() - begun) as f64;
    let known = course.wait(&|_| false);
    let read = (now() - begun) as f64;
    let Verdict::Whole { records, .. } = known.verdict else { panic!("{:?}", known.verdict) };
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below.max(1)
    };
    let mut by_record: Vec<f64> =
        (0..300).map(|_| timed(|| course.seek(To::Record(Seq(random(records))), &mut |_| {}).unwrap()).0).collect();
    let mut by_time: Vec<f64> =
        (0..300).map(|_| timed(|| course.seek(To::Lived(random(known.end.lived)), &mut |_| {}).unwrap()).0).collect();
    let mut frames: Vec<f64> = (0..30).map(|_| timed(|| frame(&mut app)).0).collect();
    let spread = |times: &mut [f64]| {
        let (half, most) = (percentile(times, 50) / 1000.0, percentile(times, 99) / 1000.0);
        format!("{half:.1} / {most:.1} / {:.1} ms", times[times.len() - 1] / 1000.0)
    };
    line("records", &records.to_string(), "");
    line("first frame", &format!("{:.0} ms", first / 1000.0), "");
    line("all of it judged and folded", &format!("{:.1} s", read / 1e6), "");
    line("seek to a record, p50 / p99 / max of 300", &spread(&mut by_record), "aim < 100 ms");
    line("seek to a moment, p50 / p99 / max of 300", &spread(&mut by_time), "aim < 100 ms");
    line("a frame, 160x48, p50 / p99 / max of 30", &spread(&mut frames), "");
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB");
    let peak: f64 = peak.trim().parse().unwrap();
    line("peak memory (VmHWM)", &format!("{:.0} MiB", peak / 1024.0), "aim < 200 MB");
}
