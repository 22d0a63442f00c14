//! `Server-Timing` as CloudFront writes it (13.10).

use http::HeaderMap;
use http::HeaderValue;

use crate::ids::{Pop, RequestId};
use crate::lifecycle::Phase;

const SERVER_TIMING: &str = "server-timing";

/// How long a request took, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timing {
    /// Until the origin answered, if it was contacted.
    pub(crate) upstream_ms: Option<u64>,
    /// Altogether.
    pub(crate) downstream_ms: u64,
}

/// Writes the edge's metrics; the origin's own follow them when it was contacted, and not on a hit.
pub(crate) fn apply(
    answer: &mut HeaderMap,
    phase: Phase,
    timing: Timing,
    pop: &Pop,
    id: &RequestId,
) {
    let outcome = match phase {
        Phase::Revalidated => "cdn-cache-refresh",
        phase if phase.is_from_cache() => "cdn-cache-hit",
        _ => "cdn-cache-miss",
    };
    let (pop, id) = (pop.as_str(), id.as_str());
    let mut metrics = format!("{outcome},cdn-pop;desc=\"{pop}\",cdn-rid;desc=\"{id}\"");
    match phase {
        Phase::RegionalHit => metrics.push_str(",cdn-hit-layer;desc=\"REC\""),
        phase if phase.is_from_cache() || phase == Phase::Revalidated => {
            metrics.push_str(",cdn-hit-layer;desc=\"EDGE\"");
        }
        _ => {}
    }
    if let Some(upstream_ms) = timing.upstream_ms {
        metrics.push_str(",cdn-upstream-layer;desc=\"EDGE\",cdn-upstream-dns;dur=0");
        metrics
            .push_str(&format!(",cdn-upstream-connect;dur=0,cdn-upstream-fbl;dur={upstream_ms}"));
    }
    metrics.push_str(&format!(",cdn-downstream-fbl;dur={}", timing.downstream_ms));
    if !phase.is_from_cache() {
        for own in answer.get_all(SERVER_TIMING) {
            if let Ok(own) = own.to_str() {
                metrics.push(',');
                metrics.push_str(own);
            }
        }
    }
    answer.remove(SERVER_TIMING);
    if let Ok(metrics) = HeaderValue::from_str(&metrics) {
        answer.insert(SERVER_TIMING, metrics);
    }
}
