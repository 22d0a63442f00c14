//! What becomes of an origin's answer to a fill: kept and how long, shared with those who wait.

use std::time::UNIX_EPOCH;

use http::header::{EXPIRES, VARY};
use http::{HeaderMap, StatusCode};

use crate::directives::Directives;
use crate::distribution::ErrorTtls;
use crate::freshness::{Freshness, TtlBounds};
use crate::not_cached::NotCached;

/// The judgement on one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) keeping: Keeping,
    /// Whether viewers that waited for it may be served it (9.1, 9.3).
    pub(crate) is_shareable: bool,
    /// Whether a later request to the origin may be conditional on it (7.2, 6.11).
    pub(crate) revalidates: bool,
}

/// Whether an answer goes to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeping {
    Fresh(Freshness),
    /// Stored, but each request goes to the origin: it serves revalidation and failures only.
    Unfresh(Freshness, NotCached),
    No(NotCached),
}

/// The moment of judgement: monotonic for lifetimes, wall for `Expires`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) ms: u64,
    pub(crate) wall_s: u64,
}

/// An answer as judgement sees it.
struct Candidate<'a> {
    bounds: TtlBounds,
    status: StatusCode,
    headers: &'a HeaderMap,
    directives: Directives,
    /// `Expires` less the present; negative when past.
    expires_in_s: Option<i64>,
    now_ms: u64,
}

/// Judges an answer that came at `now` for a caching behavior.
pub(crate) fn judge(
    bounds: TtlBounds,
    errors: &ErrorTtls,
    status: StatusCode,
    headers: &HeaderMap,
    now: Now,
) -> Judgement {
    let candidate = Candidate {
        bounds,
        status,
        headers,
        directives: Directives::of(headers),
        expires_in_s: expires_in_s(headers, now.wall_s),
        now_ms: now.ms,
    };
    let keeping = if status.is_success() || status.is_redirection() {
        candidate.keep_success()
    } else {
        candidate.keep_error(errors.min_s(status.as_u16()))
    };
    Judgement {
        keeping,
        is_shareable: candidate.is_shareable(),
        revalidates: candidate.revalidates(),
    }
}

// === impl Candidate ===

impl Candidate<'_> {
    fn keep_success(&self) -> Keeping {
        match self.status {
            StatusCode::PARTIAL_CONTENT => return Keeping::No(NotCached::PartialContent),
            StatusCode::NOT_MODIFIED => return Keeping::No(NotCached::NotModified),
            _ => {}
        }
        if let Some(reason) = self.forbids_reuse() {
            let freshness =
                Freshness::only_on_error(self.now_ms, &self.directives, self.bounds.max_s);
            return Keeping::Unfresh(freshness, reason);
        }
        let ttl_s = match self.directives.forbids_reuse() {
            true => self.bounds.min_s,
            false => self.bounds.ttl_s(&self.directives, self.expires_in_s),
        };
        let freshness = Freshness::new(self.now_ms, ttl_s, &self.directives, self.bounds.max_s);
        match ttl_s {
            0 => Keeping::Unfresh(freshness, NotCached::LifetimeZero),
            _ => Keeping::Fresh(freshness),
        }
    }

    /// Errors have their own rules (section 10): some are kept by default, some only when they
    /// say how long, and only a few heed `no-store`.
    fn keep_error(&self, min_s: u64) -> Keeping {
        let given_s = self.directives.lifetime();
        let lifetime_s = match (self.status.as_u16(), given_s) {
            (404 | 414 | 500..=504, _) => given_s
                .or_else(|| self.expires_in_s.map(|seconds| u64::try_from(seconds).unwrap_or(0)))
                .unwrap_or(0),
            (400 | 403 | 405 | 412 | 415, Some(seconds)) => seconds,
            _ => return Keeping::No(NotCached::Status),
        };
        let ttl_s = match (directive_against(&self.directives), self.status.as_u16()) {
            (Some(reason), 404 | 414 | 501) => return Keeping::No(reason),
            (Some(_), _) => min_s,
            (None, _) => min_s.max(lifetime_s.min(self.bounds.max_s)),
        };
        match ttl_s {
            0 => Keeping::No(NotCached::ErrorTtlZero),
            _ => Keeping::Fresh(Freshness::of_error(self.now_ms, ttl_s)),
        }
    }

    /// With a minimum TTL of zero the origin is heeded; above it, it is not (6.4, 6.11).
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

/// The strongest of the three directives that keep an answer from being reused.
fn directive_against(directives: &Directives) -> Option<NotCached> {
    match directives {
        Directives { no_store: true, .. } => Some(NotCached::NoStore),
        Directives { private: true, .. } => Some(NotCached::Private),
        Directives { no_cache: true, .. } => Some(NotCached::NoCache),
        _ => None,
    }
}

/// `Expires` less the present; a date that is none is already past (6.7).
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
