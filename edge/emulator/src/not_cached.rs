//! Every reason why an answer is not in the cache has a name.

use strum::IntoStaticStr;

/// Why an answer came from the origin and was not stored as fresh, as the debug header says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum NotCached {
    /// The behavior's policy has all TTLs at zero (4.17).
    CachingDisabled,
    /// Only GET, HEAD and, if enabled, OPTIONS are cached (6.1).
    Method,
    /// A WebSocket is between one viewer and the origin (15.5).
    WebSocket,
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
