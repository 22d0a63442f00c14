//! Freshness is arithmetic: no clock, no I/O. `now` is an argument, in monotonic milliseconds.

use crate::directives::Directives;

/// The TTLs of a cache policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TtlBounds {
    pub(crate) min_s: u64,
    pub(crate) max_s: u64,
    pub(crate) default_s: u64,
}

/// When an object may be served, and under which circumstances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Freshness {
    pub(crate) stored_at_ms: u64,
    pub(crate) fresh_until_ms: u64,
    /// While one refresh runs behind it (8.1).
    pub(crate) stale_until_ms: u64,
    /// While the origin fails (8.2, 8.4).
    pub(crate) stale_if_error_until_ms: u64,
    /// Without a `stale-if-error` of its own, a failing origin is not contacted for a while (8.4).
    pub(crate) holds_on_error: bool,
}

// === impl TtlBounds ===

impl TtlBounds {
    /// Seconds an answer without one of the three forbidding directives stays fresh here (6.4);
    /// `remaining_s` is what is left of the lifetime that the origin gave it.
    pub(crate) fn ttl_s(self, remaining_s: Option<u64>) -> u64 {
        match remaining_s {
            Some(seconds) => self.clamp(seconds),
            None => self.min_s.max(self.default_s),
        }
    }

    fn clamp(self, seconds: u64) -> u64 {
        if seconds < self.min_s { self.min_s } else { seconds.min(self.max_s) }
    }
}

// === impl Freshness ===

impl Freshness {
    /// An answer fresh for `ttl_s` from `now_ms`; stale windows are bounded by the maximum TTL, and
    /// there are none where a directive forbids to serve it stale (8.10).
    pub(crate) fn new(now_ms: u64, ttl_s: u64, directives: &Directives, max_s: u64) -> Self {
        let fresh_until_ms = now_ms.saturating_add(millis(ttl_s));
        let window = |seconds: u64| fresh_until_ms.saturating_add(millis(seconds.min(max_s)));
        if directives.must_revalidate {
            return Self::without_windows(now_ms, fresh_until_ms);
        }
        Self {
            stored_at_ms: now_ms,
            fresh_until_ms,
            stale_until_ms: window(directives.stale_while_revalidate.unwrap_or(0)),
            stale_if_error_until_ms: window(directives.stale_if_error.unwrap_or(max_s)),
            holds_on_error: directives.stale_if_error.is_none(),
        }
    }

    /// Never fresh: stored only for when the origin fails (6.8).
    pub(crate) fn only_on_error(now_ms: u64, directives: &Directives, max_s: u64) -> Self {
        let never = Self::new(now_ms, 0, directives, max_s);
        Self { stale_until_ms: now_ms, ..never }
    }

    /// A cached error: served while it lasts, then gone.
    pub(crate) fn of_error(now_ms: u64, ttl_s: u64) -> Self {
        Self::without_windows(now_ms, now_ms.saturating_add(millis(ttl_s)))
    }

    fn without_windows(now_ms: u64, fresh_until_ms: u64) -> Self {
        Self {
            stored_at_ms: now_ms,
            fresh_until_ms,
            stale_until_ms: fresh_until_ms,
            stale_if_error_until_ms: fresh_until_ms,
            holds_on_error: false,
        }
    }

    /// The origin's lifetime had ended so many seconds before the answer came: that much of the
    /// windows which the origin gave has passed (6.16).
    pub(crate) fn overdue_by(self, seconds: u64) -> Self {
        let less =
            |until_ms: u64| until_ms.saturating_sub(millis(seconds)).max(self.fresh_until_ms);
        let stale_if_error_until_ms = match self.holds_on_error {
            true => self.stale_if_error_until_ms,
            false => less(self.stale_if_error_until_ms),
        };
        Self { stale_until_ms: less(self.stale_until_ms), stale_if_error_until_ms, ..self }
    }

    pub(crate) fn is_fresh(&self, now_ms: u64) -> bool {
        now_ms < self.fresh_until_ms
    }

    /// Whether it may be served while it is being refreshed.
    pub(crate) fn is_usable_while_revalidating(&self, now_ms: u64) -> bool {
        now_ms < self.stale_until_ms
    }

    /// Whether it may be served instead of the origin's failure.
    pub(crate) fn is_usable_on_error(&self, now_ms: u64) -> bool {
        now_ms < self.stale_if_error_until_ms
    }

    /// Whole seconds since it was stored.
    pub(crate) fn age_s(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.stored_at_ms) / 1_000
    }
}

fn millis(seconds: u64) -> u64 {
    seconds.saturating_mul(1_000)
}
