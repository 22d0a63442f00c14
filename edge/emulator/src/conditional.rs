//! The viewer's conditions, evaluated on a stored object (7.6, RFC 9110 section 13.2.2).

use std::time::SystemTime;

use http::header::{
    ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, LAST_MODIFIED,
};
use http::{HeaderMap, HeaderName};

/// The result of the conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    Holds,
    NotModified,
    Failed,
}

/// Evaluates the request's conditions on the object's validators, in the RFC's order.
pub(crate) fn evaluate(request: &HeaderMap, object: &HeaderMap) -> Condition {
    let etag = object.get(ETAG).and_then(|etag| etag.to_str().ok());
    let modified = date(object, LAST_MODIFIED);
    if request.contains_key(IF_MATCH) {
        if !matches_any(request, IF_MATCH, etag, strongly_equal) {
            return Condition::Failed;
        }
    } else if let (Some(limit), Some(modified)) = (date(request, IF_UNMODIFIED_SINCE), modified)
        && modified > limit
    {
        return Condition::Failed;
    }
    if request.contains_key(IF_NONE_MATCH) {
        if matches_any(request, IF_NONE_MATCH, etag, weakly_equal) {
            return Condition::NotModified;
        }
    } else if let (Some(since), Some(modified)) = (date(request, IF_MODIFIED_SINCE), modified)
        && modified <= since
    {
        return Condition::NotModified;
    }
    Condition::Holds
}

/// Opaque tags compared; the `W/` does not count.
fn weakly_equal(one: &str, other: &str) -> bool {
    one.strip_prefix("W/").unwrap_or(one) == other.strip_prefix("W/").unwrap_or(other)
}

/// Equal and both strong.
pub(crate) fn strongly_equal(one: &str, other: &str) -> bool {
    one == other && !one.starts_with("W/")
}

fn matches_any(
    request: &HeaderMap,
    name: HeaderName,
    etag: Option<&str>,
    equal: fn(&str, &str) -> bool,
) -> bool {
    let lines = request.get_all(name);
    let mut tags = lines.iter().filter_map(|line| line.to_str().ok()).flat_map(entity_tags);
    tags.any(|tag| tag == "*" || etag.is_some_and(|etag| equal(tag, etag)))
}

/// Splits a list of entity tags; a comma inside quotes belongs to the tag.
fn entity_tags(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .map(str::trim)
}

/// A date header; an invalid one counts as absent.
pub(crate) fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}
