//! The durations of a request's parts, for `Server-Timing` (W3C). Monotonic clock, microseconds.

use std::cell::RefCell;
use std::future::Future;
use std::time::{Duration, Instant};

tokio::task_local! {
    static SPANS: RefCell<Vec<(&'static str, Duration)>>;
}

/// Most parts reported for one request; more would only repeat the same names.
const SPANS_MAX: usize = 7;

/// Runs a request and returns its spans as a header value; `origin`, always the last, is the whole request.
#[expect(clippy::disallowed_methods, reason = "a span is the one thing measured by Instant")]
pub(crate) async fn timed<T>(request: impl Future<Output = T>) -> (T, String) {
    SPANS
        .scope(RefCell::default(), async {
            let began = Instant::now();
            let answer = request.await;
            let mut spans = SPANS.with(RefCell::take);
            spans.push(("origin", began.elapsed()));
            let metric = |(name, took): &(&str, Duration)| format!("{name};dur={}", millis(*took));
            (answer, spans.iter().map(metric).collect::<Vec<_>>().join(", "))
        })
        .await
}

/// Runs a part of a request under a name.
#[expect(clippy::disallowed_methods, reason = "a span is the one thing measured by Instant")]
pub(crate) async fn span<T>(name: &'static str, part: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let value = part.await;
    // Outside a request (a warm-up, a test of one part) no spans are collected.
    let _ = SPANS.try_with(|spans| {
        let mut spans = spans.borrow_mut();
        if spans.len() < SPANS_MAX {
            spans.push((name, began.elapsed()));
        }
    });
    value
}

/// Milliseconds with three decimals, without a float.
fn millis(took: Duration) -> String {
    let micros = took.as_micros();
    format!("{}.{:03}", micros / 1_000, micros % 1_000)
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::{span, timed};

    #[tokio::test]
    async fn a_request_of_many_parts_still_reports_the_whole() {
        let parts = async {
            for _ in 0..20 {
                span("table", ready(())).await;
            }
        };
        let ((), header) = timed(parts).await;
        let names: Vec<&str> = header.split(", ").map(|it| it.split(';').next().unwrap()).collect();
        assert_eq!(names, [&["table"; 7][..], &["origin"]].concat());
    }
}
