//! How long answers take from here, on a connection that stays open.

use std::time::{Duration, Instant};

use super::caching::is_hit;
use super::patient::{Patient, expect};
use super::report::{Seen, Wrong};

/// Most of a hit's median: what is promised of the 99th percentile, and the way here.
const HIT_MAX: Duration = Duration::from_millis(200);
/// Most of a miss's median: a start, a table, and the way there and here.
const MISS_MAX: Duration = Duration::from_millis(1_000);

pub(super) fn hits(patient: &Patient) -> Result<Seen, Wrong> {
    let path = format!("/v1/configurator/{}", patient.product);
    let mut times = Vec::new();
    // The first brings it to the edge and opens the connection.
    for nth in 0..=patient.requests {
        let (time, reply) = timed(|| patient.get(&path, &[]))?;
        expect(&reply, 200, &format!("GET {path}"))?;
        if nth > 0 && is_hit(&reply) {
            times.push(time);
        }
    }
    if times.is_empty() {
        return Err(format!("none of {} answers was a hit", patient.requests));
    }
    tell(times, HIT_MAX)
}

pub(super) fn misses(patient: &Patient) -> Result<Seen, Wrong> {
    let mut times = Vec::new();
    for nth in 0..=patient.requests {
        // Readiness is never cached.
        let (time, reply) = timed(|| patient.get("/health/ready", &[]))?;
        expect(&reply, 200, "GET /health/ready")?;
        if nth > 0 {
            times.push(time);
        }
    }
    tell(times, MISS_MAX)
}

fn tell(mut times: Vec<Duration>, most: Duration) -> Result<Seen, Wrong> {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent).div_ceil(100).max(1) - 1];
    let ms = |time: Duration| format!("{}.{} ms", time.as_millis(), time.as_micros() % 1_000 / 100);
    let told = format!("{} requests, p50 {}, p99 {}", times.len(), ms(at(50)), ms(at(99)));
    if at(50) > most {
        Err(format!("{told}: the median is over {}", ms(most)))
    } else {
        Ok(Seen::Well(told))
    }
}

#[expect(clippy::disallowed_methods, reason = "how long something takes is what is asked here")]
fn timed<T>(work: impl FnOnce() -> Result<T, Wrong>) -> Result<(Duration, T), Wrong> {
    let begun = Instant::now();
    let done = work()?;
    Ok((begun.elapsed(), done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_median_is_told_and_one_slow_answer_is_not() {
        let ms = |all: &[u64]| all.iter().map(|ms| Duration::from_millis(*ms)).collect();
        let Ok(Seen::Well(told)) = tell(ms(&[1, 900, 2, 3]), HIT_MAX) else { panic!("too strict") };
        assert_eq!(told, "4 requests, p50 2.0 ms, p99 900.0 ms");
        let told = tell(ms(&[1, 1_001, 1_002]), MISS_MAX).err().unwrap();
        assert_eq!(told, "3 requests, p50 1001.0 ms, p99 1002.0 ms: the median is over 1000.0 ms");
    }
}
