//! What an origin says of an answer's age and lifetime (6.4, 6.16, 6.17).

use std::time::UNIX_EPOCH;

use http::HeaderMap;
use http::header::{AGE, DATE, EXPIRES};

use crate::conditional::date;
use crate::directives::{Directives, seconds};

/// The seconds since the origin made the answer, which may come from a cache of its own (6.16).
///
/// Of a list of values the first counts. A value that is not a number of seconds is ignored (RFC
/// 9111, 5.1).
pub(crate) fn age_s(headers: &HeaderMap) -> Option<u64> {
    let ages = headers.get(AGE)?.to_str().ok()?;
    seconds(ages.split(',').next()?.trim())
}

/// The lifetime from the directives, or else from `Expires`.
pub(crate) fn lifetime_s(
    headers: &HeaderMap,
    directives: &Directives,
    received_unix_s: u64,
) -> Option<u64> {
    directives.lifetime().or_else(|| {
        headers.get(EXPIRES)?;
        let Some(expires_s) = unix_s(headers, EXPIRES) else { return Some(0) };
        // Both dates are of the origin's clock, which may differ from ours (6.17).
        Some(expires_s.saturating_sub(unix_s(headers, DATE).unwrap_or(received_unix_s)))
    })
}

fn unix_s(headers: &HeaderMap, name: http::HeaderName) -> Option<u64> {
    Some(date(headers, name)?.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}
