//! Whether an origin's answer to a fill is stored and for how long, and shared with followers.

use std::time::UNIX_EPOCH;

use http::header::{EXPIRES, VARY};
use http::{HeaderMap, StatusCode};

use crate::directives::Directives;
use crate::distribution::ErrorTtls;
use crate::freshness::{Freshness, TtlBounds};
use crate::not_cached::NotCached;

/// The decision on one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoreDecision {
    pub(crate) storability: Storability,
    /// Whether followers may be served it (9.1, 9.3).
    pub(crate) is_shareable: bool,
    /// Whether a later request to the origin may be conditional on it (7.2, 6.11).
    pub(crate) revalidates: bool,
}

/// Whether an answer goes to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storability {
    Fresh(Freshness),
    /// Stored, but each request goes to the origin: it is used for revalidation and failures only.
    Unfresh(Freshness, NotCached),
    No(NotCached),
}

/// The time of the decision: monotonic for lifetimes, wall for `Expires`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) ms: u64,
    pub(crate) wall_s: u64,
}

/// The parts of an answer that the decision depends on.
struct Candidate<'a> {
    bounds: TtlBounds,
    status: StatusCode,
    headers: &'a HeaderMap,
    directives: Directives,
    /// `Expires` less the present; negative when past.
    expires_in_s: Option<i64>,
    now_ms: u64,
}

/// Decides on an answer that came at `now` for a caching behavior.
pub(crate) fn decide(
    bounds: TtlBounds,
    errors: &ErrorTtls,
    status: StatusCode,
    headers: &HeaderMap,
    now: Now,
) -> StoreDecision {
    let candidate = Candidate {
        bounds,
        status,
        headers,
        directives: Directives::of(headers),
        expires_in_s: expires_in_s(headers, now.wall_s),
        now_ms: now.ms,
    };
    let storability = if status.is_success() || status.is_redirection() {
        candidate.decide_success()
    } else {
        candidate.decide_error(errors.min_s(status.as_u16()))
    };
    StoreDecision {
        storability,
        is_shareable: candidate.is_shareable(),
        revalidates: candidate.revalidates(),
    }
}

// === impl Candidate ===

impl Candidate<'_> {
    fn decide_success(&self) -> Storability {
        match self.status {
            StatusCode::PARTIAL_CONTENT => return Storability::No(NotCached::PartialContent),
            StatusCode::NOT_MODIFIED => return Storability::No(NotCached::NotModified),
            _ => {}
        }
        if let Some(reason) = self.forbids_reuse() {
            let freshness =
                Freshness::only_on_error(self.now_ms, &self.directives, self.bounds.max_s);
            return Storability::Unfresh(freshness, reason);
        }
        let ttl_s = match self.directives.forbids_reuse() {
            true => self.bounds.min_s,
            false => self.bounds.ttl_s(&self.directives, self.expires_in_s),
        };
        let freshness = Freshness::new(self.now_ms, ttl_s, &self.directives, self.bounds.max_s);
        match ttl_s {
            0 => Storability::Unfresh(freshness, NotCached::LifetimeZero),
            _ => Storability::Fresh(freshness),
        }
    }

    /// Errors have their own rules (section 10): some are stored by default, some only with a
    /// lifetime, and only a few respect `no-store`.
    fn decide_error(&self, min_s: u64) -> Storability {
        let lifetime_s_of_origin = self.directives.lifetime();
        let lifetime_s = match (self.status.as_u16(), lifetime_s_of_origin) {
            (404 | 414 | 500..=504, _) => lifetime_s_of_origin
                .or_else(|| self.expires_in_s.map(|seconds| u64::try_from(seconds).unwrap_or(0)))
                .unwrap_or(0),
            (400 | 403 | 405 | 412 | 415, Some(seconds)) => seconds,
            _ => return Storability::No(NotCached::Status),
        };
        let ttl_s = match (directive_against(&self.directives), self.status.as_u16()) {
            (Some(reason), 404 | 414 | 501) => return Storability::No(reason),
            (Some(_), _) => min_s,
            (None, _) => min_s.max(lifetime_s.min(self.bounds.max_s)),
        };
        match ttl_s {
            0 => Storability::No(NotCached::ErrorTtlZero),
            _ => Storability::Fresh(Freshness::of_error(self.now_ms, ttl_s)),
        }
    }

    /// The directives of the origin apply only with a minimum TTL of zero (6.4, 6.11).
    fn forbids_reuse(&self) -> Option<NotCached> {
        if self.bounds.min_s > 0 {
            return None;
        }
        let varies = varies_on_anything(self.headers).then_some(NotCached::VaryAny);
        directive_against(&self.directives).or(varies)
    }

    fn is_shareable(&self) -> bool {
        let is_about_one_request = matches!(
            self.status,
            StatusCode::PARTIAL_CONTENT
                | StatusCode::NOT_MODIFIED
                | StatusCode::RANGE_NOT_SATISFIABLE
        );
        !is_about_one_request && (self.bounds.min_s > 0 || !self.directives.forbids_sharing())
    }

    fn revalidates(&self) -> bool {
        let only_no_cache = matches!(self.forbids_reuse(), None | Some(NotCached::NoCache));
        self.status == StatusCode::OK && only_no_cache
    }
}

/// The strongest of the three directives that forbid reuse.
fn directive_against(directives: &Directives) -> Option<NotCached> {
    match directives {
        Directives { no_store: true, .. } => Some(NotCached::NoStore),
        Directives { private: true, .. } => Some(NotCached::Private),
        Directives { no_cache: true, .. } => Some(NotCached::NoCache),
        _ => None,
    }
}

/// `Expires` less the present; an invalid date is already past (6.7).
fn expires_in_s(headers: &HeaderMap, wall_s: u64) -> Option<i64> {
    let date =
        headers.get(EXPIRES)?.to_str().ok().and_then(|text| httpdate::parse_http_date(text).ok());
    let Some(date) = date else { return Some(-1) };
    let expires_s = date.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(i128::from(expires_s) - i128::from(wall_s)).ok()
}

fn varies_on_anything(headers: &HeaderMap) -> bool {
    headers
        .get_all(VARY)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|name| name.trim() == "*")
}
