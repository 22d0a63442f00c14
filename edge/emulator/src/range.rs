//! Ranges of a stored object (section 11).

use http::header::{ETAG, IF_RANGE, LAST_MODIFIED, RANGE};
use http::{HeaderMap, HeaderValue};

use crate::conditional::{date, strongly_equal};

/// The one range to serve, as first and last byte; none: the whole object.
///
/// Several ranges, unsorted, overlapping or unreadable ones are answered with the whole (11.4; we
/// serve no multipart).
pub(crate) fn requested(request: &HeaderMap, object: &HeaderMap, length: usize) -> RequestedRange {
    let Some(range) = request.get(RANGE).and_then(|range| range.to_str().ok()) else {
        return RequestedRange::Whole;
    };
    if !still_current(request, object) {
        return RequestedRange::Whole;
    }
    let Some(range) = range.strip_prefix("bytes=") else { return RequestedRange::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return RequestedRange::Whole };
    let (first, last) = (first.trim(), last.trim());
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<usize>().unwrap_or(usize::MAX))
    };
    match (number(first), number(last)) {
        (Some(first), _) if !last.is_empty() && number(last).is_none_or(|last| last < first) => {
            RequestedRange::Whole
        }
        (Some(first), _) if first >= length => RequestedRange::Unsatisfiable,
        (Some(first), last) => {
            RequestedRange::Part(first, last.unwrap_or(usize::MAX).min(length - 1))
        }
        (None, Some(0)) if first.is_empty() => RequestedRange::Unsatisfiable,
        (None, Some(suffix)) if first.is_empty() && length > 0 => {
            RequestedRange::Part(length.saturating_sub(suffix), length - 1)
        }
        _ => RequestedRange::Whole,
    }
}

/// The range of an object to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestedRange {
    Whole,
    /// First and last byte.
    Part(usize, usize),
    /// A range beyond the end: 416.
    Unsatisfiable,
}

/// `If-Range`: the range applies only to the version that the viewer has.
fn still_current(request: &HeaderMap, object: &HeaderMap) -> bool {
    let Some(condition) = request.get(IF_RANGE).map(HeaderValue::as_bytes) else { return true };
    if condition.starts_with(b"\"") || condition.starts_with(b"W/") {
        let etag = object.get(ETAG).map(HeaderValue::as_bytes);
        return etag.is_some_and(|etag| strongly_equal(condition, etag));
    }
    let modified = date(object, LAST_MODIFIED);
    modified.is_some() && modified == date(request, IF_RANGE)
}
