//! Configuration as an argument: read once from names to values, and refused as a whole if any of
//! it could not protect the shop. A deployable binary has no default secret.

use edge_wire::keys::KeyRing;
use edge_wire::secrets::ShopifySecrets;
use origin_adapters::{AccessKey, AwsConfig};

/// Everything a function needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The shop this deployment serves.
    pub shop: ShopConfig,
    /// Where table and bus are.
    pub aws: AwsConfig,
}

/// What the handlers need to know.
#[derive(Debug, Clone)]
pub struct ShopConfig {
    /// The `*.myshopify.com` domain.
    pub domain: String,
    /// The shop's one currency, ISO 4217.
    pub currency: String,
    /// Shopify's app secrets: two while rotating.
    pub shopify_secrets: ShopifySecrets,
    /// Our keys: tokens, identity, bookmarks.
    pub keys: KeyRing,
}

/// A name without a usable value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct ConfigError {
    name: &'static str,
    reason: String,
}

// === impl Config ===

impl Config {
    /// Reads the configuration from whatever knows names.
    ///
    /// # Errors
    /// The first name that is missing or unusable.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let need = |name: &'static str| {
            let found = lookup(name).filter(|value| !value.is_empty());
            found.ok_or(ConfigError { name, reason: "is not set".to_owned() })
        };
        let keys = KeyRing::parse(&need("FORECOURT_KEYS")?)
            .map_err(|error| ConfigError { name: "FORECOURT_KEYS", reason: error.to_string() })?;
        let secrets = ShopifySecrets::parse(&need("FORECOURT_SHOPIFY_SECRETS")?);
        Ok(Self {
            shop: ShopConfig {
                domain: need("FORECOURT_SHOP")?,
                currency: need("FORECOURT_CURRENCY")?,
                shopify_secrets: secrets.ok_or_else(|| ConfigError {
                    name: "FORECOURT_SHOPIFY_SECRETS",
                    reason: "holds no usable secret".to_owned(),
                })?,
                keys,
            },
            aws: AwsConfig {
                region: need("AWS_REGION")?,
                access: AccessKey {
                    id: need("AWS_ACCESS_KEY_ID")?,
                    secret: need("AWS_SECRET_ACCESS_KEY")?,
                    session_token: lookup("AWS_SESSION_TOKEN"),
                },
                dynamodb_endpoint: lookup("AWS_ENDPOINT_URL_DYNAMODB"),
                eventbridge_endpoint: lookup("AWS_ENDPOINT_URL_EVENTBRIDGE"),
                hot_table: need("FORECOURT_HOT_TABLE")?,
                commands_table: need("FORECOURT_COMMANDS_TABLE")?,
                bus: need("FORECOURT_BUS")?,
            },
        })
    }
}
