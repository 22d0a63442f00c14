//! Whether an origin's answer to a fill is stored and for how long, and shared with followers.

use http::header::VARY;
use http::{HeaderMap, StatusCode};

use crate::directives::Directives;
use crate::distribution::ErrorTtls;
use crate::freshness::{Freshness, TtlBounds};
use crate::not_cached::NotCached;
use crate::stated_lifetime::{age_s, lifetime_s};

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

/// The time of the decision: monotonic for lifetimes, wall for an `Expires` without `Date`.
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
    /// The lifetime that the origin gives.
    lifetime_s: Option<u64>,
    /// The part of it that had passed when the answer came.
    age_s: u64,
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
    let directives = Directives::of(headers);
    let candidate = Candidate {
        bounds,
        status,
        headers,
        lifetime_s: lifetime_s(headers, &directives, now.wall_s),
        age_s: age_s(headers).unwrap_or(0),
        directives,
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
            false => self.bounds.ttl_s(self.remaining_s()),
        };
        let freshness = Freshness::new(self.now_ms, ttl_s, &self.directives, self.bounds.max_s)
            .overdue_by(self.overdue_s());
        match ttl_s {
            0 => Storability::Unfresh(freshness, NotCached::LifetimeZero),
            _ => Storability::Fresh(freshness),
        }
    }

    /// Errors have their own rules (section 10): some are stored by default, some only with a
    /// lifetime, and only a few respect `no-store`.
    fn decide_error(&self, min_s: u64) -> Storability {
        match (self.status.as_u16(), self.directives.lifetime()) {
            (404 | 414 | 500..=504, _) | (400 | 403 | 405 | 412 | 415, Some(_)) => {}
            _ => return Storability::No(NotCached::Status),
        }
        let ttl_s = match (directive_against(&self.directives), self.status.as_u16()) {
            (Some(reason), 404 | 414 | 501) => return Storability::No(reason),
            (Some(_), _) => min_s,
            (None, _) => min_s.max(self.remaining_s().unwrap_or(0).min(self.bounds.max_s)),
        };
        match ttl_s {
            0 => Storability::No(NotCached::ErrorTtlZero),
            _ => Storability::Fresh(Freshness::of_error(self.now_ms, ttl_s)),
        }
    }

    fn remaining_s(&self) -> Option<u64> {
        self.lifetime_s.map(|seconds| seconds.saturating_sub(self.age_s))
    }

    fn overdue_s(&self) -> u64 {
        self.lifetime_s.map_or(0, |seconds| self.age_s.saturating_sub(seconds))
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

fn varies_on_anything(headers: &HeaderMap) -> bool {
    headers
        .get_all(VARY)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|name| name.trim() == "*")
}
