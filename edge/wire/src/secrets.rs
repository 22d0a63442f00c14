//! Shopify's client secret, with which it signs app-proxy queries and webhooks: two while rotating.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::keys::prime;

/// Most secrets in force: the new one and the one Shopify still signs with until it is revoked.
pub const SECRETS_MAX: usize = 2;

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
