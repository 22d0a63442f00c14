//! Every reason why an answer is not in the cache has a name.

use std::fmt;

/// Why an answer came from the origin and was not stored as fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotCached {
    /// The behavior's policy has all TTLs at zero (4.17).
    CachingDisabled,
    /// Only GET, HEAD and, if enabled, OPTIONS are cached (6.1).
    Method,
    /// A HEAD that missed: its answer has no body to serve a GET from (7.8).
    Head,
    /// `Cache-Control: no-store`, `no-cache` and `private` with a minimum TTL of zero (6.8).
    NoStore,
    NoCache,
    Private,
    /// `Vary: *` with a minimum TTL of zero (6.11).
    VaryAny,
    /// A lifetime of zero: stored for revalidation, never served as fresh (6.10).
    LifetimeZero,
    /// An error status that is not cached, or not without a lifetime of its own (10.2, 10.3).
    Status,
    /// An error status whose minimum TTL is zero and which gives no lifetime (10.6).
    ErrorTtlZero,
    /// Parts of objects are passed on, not stored.
    PartialContent,
    /// A 304 that the emulator did not request (7.7).
    NotModified,
    /// Larger than the store accepts.
    TooLarge,
    /// Invalidated during its fetch (14.7).
    Invalidated,
}

// === impl NotCached ===

impl NotCached {
    /// The word in the debug header.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::CachingDisabled => "caching-disabled",
            Self::Method => "method",
            Self::Head => "head",
            Self::NoStore => "no-store",
            Self::NoCache => "no-cache",
            Self::Private => "private",
            Self::VaryAny => "vary-any",
            Self::LifetimeZero => "lifetime-zero",
            Self::Status => "status",
            Self::ErrorTtlZero => "error-ttl-zero",
            Self::PartialContent => "partial-content",
            Self::NotModified => "not-modified",
            Self::TooLarge => "too-large",
            Self::Invalidated => "invalidated",
        }
    }
}

impl fmt::Display for NotCached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
