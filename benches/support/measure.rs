//! Times, how they are spread, and how they are printed. The clock is the program's own.
//!
//! Called by every benchmark; measures nothing by itself.

use tminus::engine::clock::{Clock, SystemClock};

/// How long this took, in microseconds, and what came of it.
pub fn timed<T>(what: impl FnOnce() -> T) -> (f64, T) {
    let begun = SystemClock.now().mono;
    let done = what();
    ((SystemClock.now().mono - begun) as f64, done)
}

/// Microseconds since an unspecified start.
pub fn now() -> u64 {
    SystemClock.now().mono
}

/// The value below which `share` of a hundred lie.
pub fn percentile(times: &mut [f64], share: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times[(times.len() * share / 100).min(times.len() - 1)]
}

/// One line of the result.
pub fn line(what: &str, value: &str, aim: &str) {
    println!("  {what:<52} {value:>18}   {aim}");
}

/// What these numbers were measured on, and by which command.
pub fn machine(words: &[String]) {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": ?");
    let count = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let memory = read("/proc/meminfo").lines().next().unwrap_or_default().to_owned();
    println!("command  cargo bench -- {}", words.join(" "));
    println!("machine  {count} x{model}; {memory}; Linux {}", read("/proc/sys/kernel/osrelease").trim());
    println!("load     {}", read("/proc/loadavg").trim());
}
