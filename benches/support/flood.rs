//! A step that prints 1 GB: how fast, in how much memory, and whether the keyboard still answers. Real conductor, real terminal.

use super::measure::{line, now, percentile, timed};
use super::support::aboard::Aboard;
use super::support::screen::Screen;
use super::support::{Reaped, events, records, said};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;
use tminus::engine::clock::wait_until;
use tminus::feed::live::conductor_of;

const BYTES: usize = 1 << 30;
const BOOK: &str = "\
tminus: 1
title: Flood
environment: { name: here, kind: local }
defaults: { shell: sh }
phases:
  - id: one
    title: One
    steps:
      - { id: flood, title: Print a lot, run: \"cat big\", effect: reads, timeout: 10m }
      - { id: again, title: Print and print, run: \"while [ ! -e enough ]; do cat big; done\", effect: reads, timeout: 10m }
";
const ANSWERS: &str = "operator: bench\nstart: yes\nsteps:\n  flood: run\n  again: { skip: not now }\n";

/// A home with the runbook and a file of so many bytes of log lines.
fn with(bytes: usize) -> Aboard {
    let aboard = Aboard::with(&[("book.yaml", BOOK), ("answers.yaml", ANSWERS)]);
    let mut big = std::io::BufWriter::new(std::fs::File::create(aboard.path("big")).unwrap());
    let mut written = 0;
    for at in 0.. {
        let text = format!(
            "2026-11-21T10:00:00.{at:09}Z INFO worker[{}]: request {at} done in {} ms, 200 OK\n",
            at % 16,
            at % 977
        );
        written += text.len();
        if written > bytes {
            break;
        }
        big.write_all(text.as_bytes()).unwrap();
    }
    big.flush().unwrap();
    drop(big);
    aboard
}

/// A finished run that printed 1 GB.
pub fn flown() -> Aboard {
    let aboard = with(BYTES);
    let flown = aboard.user.run(&["run", "book.yaml", "--answers", "answers.yaml"]);
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    aboard
}

fn copy(aboard: &Aboard, command: &str) -> f64 {
    let run = || {
        let _ = std::fs::remove_file(aboard.path("copy"));
        timed(|| {
            assert!(
                Command::new("sh")
                    .args(["-c", command])
                    .current_dir(aboard.user.home.path())
                    .status()
                    .unwrap()
                    .success()
            )
        })
        .0
    };
    let mut times: Vec<f64> = (0..3).map(|_| run()).collect();
    let _ = std::fs::remove_file(aboard.path("copy"));
    percentile(&mut times, 50)
}

/// The flood beside a plain copy of the same bytes, and the conductor's peak memory.
pub fn flood() {
    let aboard = with(BYTES);
    let plain = copy(&aboard, "cat big > copy");
    let piped = copy(&aboard, "cat big | cat > copy");
    let durable = copy(&aboard, "dd if=big of=copy bs=256k conv=fdatasync 2> /dev/null");
    let (hash, _) = timed(|| alone(&aboard.path("big")));
    let mut client = aboard.user.tminus(&["run", "book.yaml", "--answers", "answers.yaml"]);
    let mut client = Reaped(client.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let (mut peak, mut busy) = (0, 0.0);
    let mut conductor = None;
    wait_until(Duration::from_secs(600), Duration::from_millis(20), || {
        conductor = conductor.or_else(|| aboard.runs().first().and_then(conductor_of));
        peak = conductor.and_then(peak_of).unwrap_or(peak);
        if aboard.runs().first().is_some_and(|run| !run.path().join("SEAL").exists()) {
            busy = conductor.and_then(busy_of).unwrap_or(busy);
        }
        client.0.try_wait().unwrap().is_some()
    });
    let all = records(aboard.runs()[0].path());
    let at = |name: &str| events(&all, name)[0]["m"].as_f64().unwrap();
    let ours = at("step.exited") - at("step.started");
    let speed = |micros: f64| format!("{:.0} MB/s", BYTES as f64 / micros);
    line("a step that prints 1 GB", &speed(ours), "");
    line("cat > file of the same bytes", &speed(plain), "");
    line("cat | cat > file of the same bytes", &speed(piped), "");
    line("dd conv=fdatasync of the same bytes", &speed(durable), "");
    line("one SHA-256 over the same bytes, read from memory", &speed(hash), "");
    line("share of cat > file", &format!("{:.2}", plain / ours), "aim >= 0.5");
    line("share of cat | cat > file", &format!("{:.2}", piped / ours), "");
    line("share of dd conv=fdatasync", &format!("{:.2}", durable / ours), "");
    line("share of one SHA-256", &format!("{:.2}", hash / ours), "");
    line("conductor's processor time until it is sealed", &format!("{busy:.1} s"), "");
    line("conductor's peak memory (VmHWM)", &format!("{:.1} MiB", peak as f64 / 1024.0), "aim < 64 MiB");
}

/// One hash over a file, a message at a time: what a journal that hashes each byte once could not be faster than.
fn alone(path: &std::path::Path) {
    let mut hash = Sha256::new();
    std::io::copy(&mut std::fs::File::open(path).unwrap(), &mut hash).unwrap();
    std::hint::black_box(hash.finalize());
}

fn peak_of(pid: i32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

/// Seconds of all its threads; a tick is a hundredth on every Linux that we know.
fn busy_of(pid: i32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / 100.0)
}

fn start(screen: &mut Screen) {
    screen.wait_for("to start");
    screen.wait_quiet(Duration::from_millis(400));
    screen.keys("local\r");
    screen.wait_gone("to start");
    // The first keys on a new screen are swallowed.
    screen.wait_quiet(Duration::from_millis(600));
}

/// Microseconds until the screen is so.
fn until(screen: &mut Screen, holds: impl Fn(&str) -> bool) -> f64 {
    let begun = now();
    let held = wait_until(Duration::from_secs(20), Duration::ZERO, || {
        screen.pump();
        holds(&screen.contents())
    });
    assert!(held, "{}", screen.shown());
    (now() - begun) as f64
}

/// From `?` to the frame that shows the help, while a step floods.
pub fn keypress() {
    let aboard = with(64 << 20);
    let mut screen = Screen::start(&aboard.user.tminus(&["run", "book.yaml"]), 160, 48);
    start(&mut screen);
    screen.keys("r");
    screen.wait_for("ok   1.1");
    let mut times = presses(&mut screen);
    report("keypress to frame, nothing runs, p50 / p99 of 200", &mut times);
    screen.keys("r");
    screen.wait_for("RUN  1.2");
    let mut times = presses(&mut screen);
    aboard.user.write("enough", "");
    report("keypress to frame in a flood, p50 / p99 of 200", &mut times);
}

fn presses(screen: &mut Screen) -> Vec<f64> {
    let mut times = Vec::new();
    for _ in 0..200 {
        screen.keys("?");
        times.push(until(screen, |shown| shown.contains("HELP")));
        screen.keys("\x1b");
        until(screen, |shown| !shown.contains("HELP"));
    }
    times
}

fn report(what: &str, times: &mut [f64]) {
    let (half, most) = (percentile(times, 50) / 1000.0, percentile(times, 99) / 1000.0);
    line(what, &format!("{half:.1} / {most:.1} ms"), "aim < 16 ms at p99");
}

/// From the start of `tminus attach` to its first frame with the plan.
pub fn attach() {
    let aboard = with(1 << 20);
    let mut first = Screen::start(&aboard.user.tminus(&["run", "book.yaml"]), 160, 48);
    start(&mut first);
    let once = |_| {
        let (took, _screen) = timed(|| {
            let mut screen = Screen::start(&aboard.user.tminus(&["attach"]), 160, 48);
            until(&mut screen, |shown| shown.contains("1.1"));
            screen
        });
        took
    };
    let mut times: Vec<f64> = (0..20).map(once).collect();
    report("start of attach to its first frame, p50 / p99 of 20", &mut times);
}
