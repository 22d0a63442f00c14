//! The viewer's conditions, evaluated on a stored object (7.6, RFC 9110 section 13.2.2).

use std::time::SystemTime;

use http::header::{
    ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, LAST_MODIFIED,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The result of the conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    Holds,
    NotModified,
    Failed,
}

/// Evaluates the request's conditions on the object's validators, in the RFC's order.
pub(crate) fn evaluate(request: &HeaderMap, object: &HeaderMap) -> Condition {
    let etag = object.get(ETAG).map(HeaderValue::as_bytes);
    // A date is parsed only for a condition that needs it: most requests have none.
    let modified = || date(object, LAST_MODIFIED);
    if request.contains_key(IF_MATCH) {
        if !matches_any(request, IF_MATCH, etag, strongly_equal) {
            return Condition::Failed;
        }
    } else if let Some(limit) = date(request, IF_UNMODIFIED_SINCE)
        && modified().is_some_and(|modified| modified > limit)
    {
        return Condition::Failed;
    }
    if request.contains_key(IF_NONE_MATCH) {
        if matches_any(request, IF_NONE_MATCH, etag, weakly_equal) {
            return Condition::NotModified;
        }
    } else if let Some(since) = date(request, IF_MODIFIED_SINCE)
        && modified().is_some_and(|modified| modified <= since)
    {
        return Condition::NotModified;
    }
    Condition::Holds
}

/// Opaque tags compared; the `W/` does not count.
fn weakly_equal(one: &[u8], other: &[u8]) -> bool {
    one.strip_prefix(b"W/").unwrap_or(one) == other.strip_prefix(b"W/").unwrap_or(other)
}

/// Equal and both strong.
pub(crate) fn strongly_equal(one: &[u8], other: &[u8]) -> bool {
    one == other && !one.starts_with(b"W/")
}

fn matches_any(
    request: &HeaderMap,
    name: HeaderName,
    etag: Option<&[u8]>,
    equal: fn(&[u8], &[u8]) -> bool,
) -> bool {
    let lines = request.get_all(name);
    let mut tags = lines.iter().flat_map(|line| entity_tags(line.as_bytes()));
    tags.any(|tag| tag == b"*" || etag.is_some_and(|etag| equal(tag, etag)))
}

/// Splits a list of entity tags, which may have bytes beyond ASCII; a comma inside quotes belongs to
/// the tag.
fn entity_tags(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    line.split(move |&byte| {
        quoted ^= byte == b'"';
        byte == b',' && !quoted
    })
    .map(<[u8]>::trim_ascii)
}

/// A date header; an invalid one counts as absent.
pub(crate) fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}
