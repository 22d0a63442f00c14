//! The app's credentials and the HMAC-SHA256 that Shopify signs with.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// An app's client id and its unrevoked client secrets.
#[derive(Clone)]
pub struct Credentials {
    client_id: String,
    signing: String,
    newer: Vec<String>,
}

// === impl Credentials ===

impl Credentials {
    /// An app with one secret.
    #[must_use]
    pub fn new(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), signing: secret.into(), newer: Vec::new() }
    }

    /// Adds a newer secret: a rotation has begun. Shopify signs with the oldest unrevoked one.
    #[must_use]
    pub fn with_newer(mut self, secret: impl Into<String>) -> Self {
        self.newer.push(secret.into());
        self
    }

    /// Revokes the oldest secret. The last one stays.
    pub fn revoke_oldest(&mut self) {
        if !self.newer.is_empty() {
            self.signing = self.newer.remove(0);
        }
    }

    /// The app's client id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The HMAC of `bytes` with the secret that Shopify signs with.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 32] {
        hmac_sha256(self.signing.as_bytes(), bytes)
    }

    /// Whether `mac` is the HMAC of `bytes` with an unrevoked secret.
    #[must_use]
    pub fn is_signed(&self, bytes: &[u8], mac: &[u8]) -> bool {
        self.secrets().any(|secret| {
            let mut hmac = keyed(secret.as_bytes());
            hmac.update(bytes);
            hmac.verify_slice(mac).is_ok()
        })
    }

    /// Whether a client that sends these is the app.
    #[must_use]
    pub fn is_client(&self, client_id: &str, secret: &str) -> bool {
        client_id == self.client_id && self.secrets().any(|ours| ours == secret)
    }

    fn secrets(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.signing).chain(&self.newer)
    }
}

/// Secrets stay out of logs.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Credentials").field("client_id", &self.client_id).finish()
    }
}

/// HMAC-SHA256.
#[must_use]
pub fn hmac_sha256(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut hmac = keyed(key);
    hmac.update(bytes);
    hmac.finalize().into_bytes().into()
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}
