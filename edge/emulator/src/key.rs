//! The cache key: canonical bytes of the parts that identify an object (section 4).

use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use http::{HeaderMap, Method};

use crate::distribution::{CachePolicy, NameSet};
use crate::memory;
use crate::origin::{cookie_header, filtered_query, normalised_encoding};
use crate::request::EdgeRequest;

/// The canonical bytes, with their hash. Equal keys mean equal parts: every part carries its length.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CacheKey {
    hash: u64,
    bytes: Arc<[u8]>,
}

/// The parts of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyParts<'a> {
    /// OPTIONS has objects of its own; GET and HEAD share (4.2).
    pub(crate) is_options: bool,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) encoding: Option<&'a str>,
    /// Per listed header its values: none when absent, which is not the same as empty (4.11).
    pub(crate) headers: Vec<(&'a str, Vec<&'a [u8]>)>,
    pub(crate) cookies: Option<&'a str>,
}

// === impl CacheKey ===

impl CacheKey {
    /// The key of a request under a policy.
    pub(crate) fn of(policy: &CachePolicy, request: &EdgeRequest) -> Self {
        let query = keyed_query(policy, request);
        let cookies = match &policy.cookies {
            NameSet::None => None,
            some => cookie_header(&request.headers, |name| some.includes(name)),
        };
        Self::encode(&KeyParts {
            is_options: request.method == Method::OPTIONS,
            path: &request.path,
            query: query.as_deref(),
            encoding: normalised_encoding(policy, &request.headers),
            headers: listed_headers(policy, &request.headers),
            cookies: cookies.as_deref(),
        })
    }

    /// Injective: different parts give different bytes (a law, and tested as one).
    pub(crate) fn encode(parts: &KeyParts<'_>) -> Self {
        let mut bytes = Vec::with_capacity(128 + parts.path.len());
        bytes.push(u8::from(parts.is_options));
        push(&mut bytes, parts.path.as_bytes());
        push_optional(&mut bytes, parts.query);
        push_optional(&mut bytes, parts.encoding);
        push_optional(&mut bytes, parts.cookies);
        push_count(&mut bytes, parts.headers.len());
        for (name, values) in &parts.headers {
            push(&mut bytes, name.as_bytes());
            push_count(&mut bytes, values.len());
            for value in values {
                push(&mut bytes, value);
            }
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        Self { hash: hasher.finish(), bytes: bytes.into() }
    }

    /// The same in every run, so that what is evicted is, too.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// Bytes it occupies.
    pub(crate) fn bytes(&self) -> usize {
        memory::of_arc(self.bytes.len())
    }
}

impl Hash for CacheKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CacheKey({})", self.bytes.escape_ascii())
    }
}

/// Path and query as far as the key has it: the name for an invalidation (14.2).
pub(crate) fn keyed_target(policy: &CachePolicy, request: &EdgeRequest) -> String {
    match keyed_query(policy, request) {
        Some(query) => format!("{}?{query}", request.path),
        None => request.path.clone(),
    }
}

fn keyed_query<'a>(policy: &CachePolicy, request: &'a EdgeRequest) -> Option<Cow<'a, str>> {
    match &policy.query {
        NameSet::All => request.query.as_deref().map(Cow::Borrowed),
        some => filtered_query(request.query.as_deref(), |name| some.includes(name)),
    }
}

fn listed_headers<'a>(
    policy: &'a CachePolicy,
    headers: &'a HeaderMap,
) -> Vec<(&'a str, Vec<&'a [u8]>)> {
    let NameSet::Only(names) = &policy.headers else { return Vec::new() };
    names
        .iter()
        .map(|name| {
            let values = headers.get_all(name.as_str());
            (name.as_str(), values.iter().map(http::HeaderValue::as_bytes).collect())
        })
        .collect()
}

fn push(bytes: &mut Vec<u8>, part: &[u8]) {
    push_count(bytes, part.len());
    bytes.extend_from_slice(part);
}

fn push_optional(bytes: &mut Vec<u8>, part: Option<&str>) {
    bytes.push(u8::from(part.is_some()));
    if let Some(part) = part {
        push(bytes, part.as_bytes());
    }
}

fn push_count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend_from_slice(&u64::try_from(count).unwrap_or(u64::MAX).to_le_bytes());
}
