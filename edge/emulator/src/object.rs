//! A stored response.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::header::{AGE, CONTENT_LENGTH, ETAG, LAST_MODIFIED, SET_COOKIE};
use http::{HeaderMap, HeaderName, Response, StatusCode};

use crate::directives::Directives;
use crate::freshness::Freshness;
use crate::memory;
use crate::stated_lifetime::age_s;

/// Tags of one object past this number are ignored (14.5).
const TAGS_MAX: usize = 50;
const TAG_CHARS_MAX: usize = 256;

/// One response as stored for later viewers, its headers already cleaned for them.
#[derive(Debug)]
pub(crate) struct StoredObject {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) freshness: Freshness,
    /// Whether a request to the origin may be conditional on it.
    pub(crate) revalidates: bool,
    /// In lower case (14.5).
    pub(crate) tags: Vec<String>,
    /// The viewer's path and query, and what a function made of them (14.3).
    pub(crate) targets: Vec<String>,
    /// `Age` of the origin's answer, itself perhaps from a cache (13.7).
    pub(crate) origin_age_s: Option<u64>,
    /// `no-cache="Set-Cookie"`: the first viewer gets the cookie, later ones do not (6.9).
    pub(crate) hides_set_cookie: bool,
    /// The failing origin is not contacted until then (8.4).
    held_until_ms: AtomicU64,
}

/// The names of a stored response, beside its key.
pub(crate) struct Label<'a> {
    pub(crate) targets: Vec<String>,
    pub(crate) tag_header: Option<&'a HeaderName>,
}

// === impl StoredObject ===

impl StoredObject {
    pub(crate) fn new(
        response: Response<Bytes>,
        freshness: Freshness,
        revalidates: bool,
        label: Label<'_>,
    ) -> Self {
        let (mut parts, body) = response.into_parts();
        let origin_age_s = age_s(&parts.headers);
        parts.headers.remove(AGE);
        if !matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            parts.headers.insert(CONTENT_LENGTH, body.len().into());
        }
        Self {
            status: parts.status,
            tags: label.tag_header.map(|name| tags(&parts.headers, name)).unwrap_or_default(),
            targets: label.targets,
            hides_set_cookie: Directives::of(&parts.headers).no_cache_set_cookie
                && parts.headers.contains_key(SET_COOKIE),
            headers: memory::compact(&parts.headers),
            body,
            freshness,
            revalidates,
            origin_age_s,
            held_until_ms: AtomicU64::new(0),
        }
    }

    pub(crate) fn has_validators(&self) -> bool {
        self.headers.contains_key(ETAG) || self.headers.contains_key(LAST_MODIFIED)
    }

    /// Whole seconds, the origin's own included.
    pub(crate) fn age_s(&self, now_ms: u64) -> u64 {
        self.freshness.age_s(now_ms).saturating_add(self.origin_age_s.unwrap_or(0))
    }

    /// Serves this without contacting the origin until then.
    pub(crate) fn hold_until(&self, until_ms: u64) {
        self.held_until_ms.store(until_ms, Ordering::Relaxed);
    }

    /// Whether it is served without contacting the origin, which failed a moment ago.
    pub(crate) fn is_held(&self, now_ms: u64) -> bool {
        now_ms < self.held_until_ms.load(Ordering::Relaxed)
            && self.freshness.is_usable_on_error(now_ms)
    }

    /// Bytes it occupies, if its body has them for itself.
    pub(crate) fn bytes(&self) -> usize {
        memory::of_arc(size_of::<Self>())
            + memory::of_headers(&self.headers)
            + memory::of_bytes(self.body.len())
            + memory::of_texts(&self.tags)
            + memory::of_texts(&self.targets)
    }
}

/// Comma-separated, trimmed, case-insensitive; invalid tags are ignored.
fn tags(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|tag| !tag.is_empty() && tag.len() <= TAG_CHARS_MAX)
        .filter(|tag| tag.bytes().all(|byte| byte.is_ascii_graphic()))
        .take(TAGS_MAX)
        .map(str::to_ascii_lowercase)
        .collect()
}
