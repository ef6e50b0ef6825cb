//! Masking alone: how fast the bytes of a flood are looked through for secrets, beside a copy of the same bytes.

use super::measure::{line, percentile, timed};
use tminus::engine::mask::Masker;
use tminus::model::secret::Secret;

const CHUNK: usize = 256 << 10;
const CHUNKS: usize = 512;

/// 128 MiB of log lines in chunks, with no secret, one and eight.
pub fn masking() {
    let text: Vec<u8> = (0..)
        .flat_map(|at| {
            let (worker, took) = (at % 16, at % 977);
            format!("2026-11-21T10:00:00.{at:09}Z INFO worker[{worker}]: request {at} done in {took} ms, 200 OK\n")
                .into_bytes()
        })
        .take(CHUNK)
        .collect();
    let megabytes = (CHUNK * CHUNKS) as f64;
    let copies = || (0..CHUNKS).for_each(|_| drop(std::hint::black_box(text.clone())));
    let mut times: Vec<f64> = (0..5).map(|_| timed(copies).0).collect();
    line("a copy of each chunk", &format!("{:.0} MB/s", megabytes / percentile(&mut times, 50)), "");
    for count in [0, 1, 8] {
        let secrets: Vec<(String, Secret)> =
            (0..count).map(|n| (format!("N{n}"), Secret::new(format!("s3kr-et{n}/xY{n}?>~z{n}Qw")))).collect();
        let named: Vec<(&str, &Secret)> = secrets.iter().map(|(name, secret)| (name.as_str(), secret)).collect();
        let mut masker = Masker::new(&named);
        let mut pass = || (0..CHUNKS).for_each(|_| drop(std::hint::black_box(masker.push(text.clone()))));
        let mut times: Vec<f64> = (0..5).map(|_| timed(&mut pass).0).collect();
        let speed = megabytes / percentile(&mut times, 50);
        line(&format!("a copy of each chunk, masked with {count} secrets"), &format!("{speed:.0} MB/s"), "");
    }
}
