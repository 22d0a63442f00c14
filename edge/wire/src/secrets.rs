//! Secrets that others hold, two of each while rotating: Shopify's client secret, with which it signs
//! app-proxy queries and webhooks, and the one by which an HTTP API recognises the
//! edge.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::keys::prime;

/// Most secrets in force: the new one and the one Shopify still signs with until it is revoked.
pub const SECRETS_MAX: usize = 2;

/// Shortest secret of an origin: 32 random bytes, however written.
pub const ORIGIN_SECRET_BYTES_MIN: usize = 32;

/// The secrets in force; the first signs, all verify. `Debug` shows how many.
#[derive(Clone)]
pub struct ShopifySecrets {
    primed: Vec<Hmac<Sha256>>,
}

// === impl ShopifySecrets ===

impl ShopifySecrets {
    /// Reads one secret or two, comma-separated; `None` for none, an empty one or more.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let secrets = || text.split(',');
        if secrets().count() > SECRETS_MAX || secrets().any(str::is_empty) {
            return None;
        }
        Some(Self { primed: secrets().map(|secret| prime(secret.as_bytes())).collect() })
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 32] {
        self.primed[0].clone().chain_update(message).finalize().into_bytes().into()
    }

    /// Compares in constant time.
    pub(crate) fn is_signed(&self, message: &[u8], mac: &[u8]) -> bool {
        let matches =
            |primed: &Hmac<Sha256>| primed.clone().chain_update(message).verify_slice(mac).is_ok();
        self.primed.iter().any(matches)
    }
}

impl std::fmt::Debug for ShopifySecrets {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "ShopifySecrets({})", self.primed.len())
    }
}

/// What the edge may send to show that it is the edge. Holds digests; `Debug` shows how many.
#[derive(Clone)]
pub struct OriginSecrets {
    expected: Vec<[u8; 32]>,
}

impl OriginSecrets {
    /// The one the edge sends, or will send after the next deployment, and perhaps the one before;
    /// `None` if any is under [`ORIGIN_SECRET_BYTES_MIN`] bytes.
    #[must_use]
    pub fn of(now: &str, before: Option<&str>) -> Option<Self> {
        let all = || std::iter::once(now).chain(before);
        let is_long = |secret: &str| secret.len() >= ORIGIN_SECRET_BYTES_MIN;
        let digest = |secret: &str| digest(secret.as_bytes()).finalize().into_bytes().into();
        all().all(is_long).then(|| Self { expected: all().map(digest).collect() })
    }

    /// Whether these bytes are one of them, in constant time for texts of one length.
    #[must_use]
    pub fn holds(&self, sent: &[u8]) -> bool {
        let matches = |expected: &&[u8; 32]| digest(sent).verify_slice(*expected).is_ok();
        self.expected.iter().filter(matches).count() > 0
    }
}

impl std::fmt::Debug for OriginSecrets {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "OriginSecrets({})", self.expected.len())
    }
}

/// Comparing digests under a fixed key keeps the comparison's time free of the secret's bytes.
fn digest(secret: &[u8]) -> Hmac<Sha256> {
    prime(b"forecourt/origin/1").chain_update(secret)
}
