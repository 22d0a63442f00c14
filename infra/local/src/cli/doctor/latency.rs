//! Latency from here, on a persistent connection.

use std::time::{Duration, Instant};

use super::caching::is_hit;
use super::report::{CheckError, Outcome};
use super::target_client::{TargetClient, expect};

/// Upper bound of a hit's median: the target for the 99th percentile, and the network.
const HIT_MAX: Duration = Duration::from_millis(200);
/// Upper bound of a miss's median: a cold start, a table, and the network.
const MISS_MAX: Duration = Duration::from_millis(1_000);

pub(super) fn hits(target: &TargetClient) -> Result<Outcome, CheckError> {
    let path = format!("/v1/configurator/{}", target.product);
    let mut times = Vec::new();
    // The first request fills the cache and opens the connection.
    for nth in 0..=target.requests {
        let (time, reply) = timed(|| target.get(&path, &[]))?;
        expect(&reply, 200, &format!("GET {path}"))?;
        if nth > 0 && is_hit(&reply) {
            times.push(time);
        }
    }
    if times.is_empty() {
        return Err(format!("none of {} answers was a hit", target.requests));
    }
    summary(times, HIT_MAX)
}

pub(super) fn misses(target: &TargetClient) -> Result<Outcome, CheckError> {
    let mut times = Vec::new();
    for nth in 0..=target.requests {
        // Readiness is never cached.
        let (time, reply) = timed(|| target.get("/health/ready", &[]))?;
        expect(&reply, 200, "GET /health/ready")?;
        if nth > 0 {
            times.push(time);
        }
    }
    summary(times, MISS_MAX)
}

fn summary(mut times: Vec<Duration>, most: Duration) -> Result<Outcome, CheckError> {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent).div_ceil(100).max(1) - 1];
    let ms = |time: Duration| format!("{}.{} ms", time.as_millis(), time.as_micros() % 1_000 / 100);
    let summary = format!("{} requests, p50 {}, p99 {}", times.len(), ms(at(50)), ms(at(99)));
    if at(50) > most {
        Err(format!("{summary}: the median is over {}", ms(most)))
    } else {
        Ok(Outcome::Passed(summary))
    }
}

#[expect(clippy::disallowed_methods, reason = "this check measures durations")]
fn timed<T>(work: impl FnOnce() -> Result<T, CheckError>) -> Result<(Duration, T), CheckError> {
    let begun = Instant::now();
    let done = work()?;
    Ok((begun.elapsed(), done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_median_fails_and_one_slow_answer_does_not() {
        let ms = |all: &[u64]| all.iter().map(|ms| Duration::from_millis(*ms)).collect();
        let Ok(Outcome::Passed(passed)) = summary(ms(&[1, 900, 2, 3]), HIT_MAX) else {
            panic!("too strict")
        };
        assert_eq!(passed, "4 requests, p50 2.0 ms, p99 900.0 ms");
        let error = summary(ms(&[1, 1_001, 1_002]), MISS_MAX).err().unwrap();
        assert_eq!(error, "3 requests, p50 1001.0 ms, p99 1002.0 ms: the median is over 1000.0 ms");
    }
}
