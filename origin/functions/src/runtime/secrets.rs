//! The secrets of one deployment: one JSON document in Secrets Manager, which `FORECOURT_SECRET`
//! names. This module defines its form; `infra/deploy` writes the first document.
//!
//! | name | holds | while rotating |
//! |---|---|---|
//! | `keys` | `kid:secret,…`: our keys, of which the first signs | up to four, all verify |
//! | `shopify_secrets` | the client secret of the Shopify app | two, comma-separated |
//! | `shopify_client_id` | the client id of that app, for which ID tokens are made; absent: none is accepted, and no tokens are obtained | |
//! | `staff_tokens` | what the merchant's staff send; only the edge reads them | two, comma-separated |
//! | `origin` | what the edge sends the HTTP API since the last deployment, or from the next one on | |
//! | `origin_before` | what it sent before; only while rotating | the second |
//!
//! All values are strings. Names that are not listed are ignored, so that a release can read the
//! document of the next one.

use edge_wire::keys::KeyRing;
use edge_wire::secrets::{ORIGIN_SECRET_BYTES_MIN, OriginSecrets, ShopifySecrets};
use origin_shopify::{AppCredentials, Secret};
use serde_json::{Map, Value};

/// The part of the document that functions read. `Debug` prints no secret.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// Our keys: tokens, identity, bookmarks.
    pub keys: KeyRing,
    /// Shopify's app secrets.
    pub shopify: ShopifySecrets,
    /// The app at Shopify's token endpoint; `None` without a client id.
    pub app: Option<AppCredentials>,
    /// What the edge sends an HTTP API.
    pub origin: OriginSecrets,
}

/// An unusable document. The error names the field and never quotes its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// Not an object.
    #[error("is not a JSON object")]
    NoObject,
    /// A name without a usable value.
    #[error("{name}: {reason}")]
    Unusable {
        /// Which name.
        name: &'static str,
        /// Why.
        reason: String,
    },
}

// === impl Secrets ===

impl Secrets {
    /// Reads the document.
    ///
    /// # Errors
    /// The first name that is missing or has an unsafe value.
    pub fn parse(document: &str) -> Result<Self, SecretsError> {
        // Serde's own message would quote the invalid value.
        let document: Map<String, Value> =
            serde_json::from_str(document).map_err(|_| SecretsError::NoObject)?;
        let text = |name: &'static str| match document.get(name) {
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            None => Ok(None),
            Some(_) => Err(unusable(name, "is not a string")),
        };
        let need = |name| text(name)?.ok_or_else(|| unusable(name, "is missing"));
        let keys =
            KeyRing::parse(need("keys")?).map_err(|error| unusable("keys", error.to_string()))?;
        let shopify = ShopifySecrets::parse(need("shopify_secrets")?)
            .ok_or_else(|| unusable("shopify_secrets", "one secret or two, comma-separated"))?;
        // The first signs, like ours: it is the one that Shopify issued last.
        let current = need("shopify_secrets")?.split(',').next().unwrap_or_default();
        let app = text("shopify_client_id")?.map(|client_id| AppCredentials {
            client_id: client_id.to_owned(),
            client_secret: Secret::new(current),
        });
        let origin =
            OriginSecrets::of(need("origin")?, text("origin_before")?).ok_or_else(|| {
                unusable("origin", format!("needs at least {ORIGIN_SECRET_BYTES_MIN} bytes"))
            })?;
        Ok(Self { keys, shopify, app, origin })
    }
}

fn unusable(name: &'static str, reason: impl Into<String>) -> SecretsError {
    SecretsError::Unusable { name, reason: reason.into() }
}
