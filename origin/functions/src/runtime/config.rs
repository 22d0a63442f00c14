//! Configuration as an argument: read once from the environment, and rejected as a whole if a
//! required name is missing. It holds the name of the secret, not the secrets.

use edge_wire::keys::KeyRing;
use edge_wire::secrets::{OriginSecrets, ShopifySecrets};
use origin_adapters::{AccessKey, AwsConfig};

use crate::runtime::secrets::Secrets;

/// What a function reads from its environment.
#[derive(Debug, Clone)]
pub struct Config {
    /// The `*.myshopify.com` domain this deployment serves.
    pub domain: String,
    /// The shop's one currency, ISO 4217.
    pub currency: String,
    /// The endpoints and names of table and bus.
    pub aws: AwsConfig,
    /// The name of this deployment's secret, for functions that may read it.
    pub secret: Option<String>,
    /// The CloudFront distribution, for the function that invalidates.
    pub distribution: Option<String>,
    /// Whether the archive is being replayed into a restored table.
    pub is_replaying: bool,
    /// Overrides CloudFront's own endpoint.
    pub cloudfront_endpoint: Option<String>,
    /// After how many deliveries a message of this consumer is given up; `None`: its queue decides alone.
    pub deliveries_max: Option<u32>,
    /// Overrides SQS's own endpoint.
    pub sqs_endpoint: Option<String>,
}

/// The configuration of the handlers.
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
    /// What the edge sends an HTTP API. Without an HTTP API, no secret is required.
    pub origin: Option<OriginSecrets>,
    /// The client id of the Shopify app, which the admin's page gives App Bridge.
    pub client_id: Option<String>,
    /// The origin of a local Shopify, which shows the admin in place of Shopify's own.
    pub local_shopify: Option<String>,
}

/// A name without a value, or with one that it can't have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}: is not set, or not to a value it can have")]
pub struct ConfigError(pub &'static str);

/// `true` while the archive is replayed into a restored table.
const REPLAYING: &str = "FORECOURT_REPLAYING";

/// How often a message is delivered before it is given up.
const DELIVERIES_MAX: &str = "FORECOURT_DELIVERIES_MAX";

// === impl Config ===

impl Config {
    /// Reads the configuration with `lookup`, which returns the value of a name.
    ///
    /// # Errors
    /// The first name that is missing or has no value it can have.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let lookup = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let need = |name: &'static str| lookup(name).ok_or(ConfigError(name));
        Ok(Self {
            domain: need("FORECOURT_SHOP")?,
            currency: need("FORECOURT_CURRENCY")?,
            aws: AwsConfig {
                region: need("AWS_REGION")?,
                access: AccessKey {
                    id: need("AWS_ACCESS_KEY_ID")?,
                    secret: need("AWS_SECRET_ACCESS_KEY")?,
                    session_token: lookup("AWS_SESSION_TOKEN"),
                },
                dynamodb_endpoint: lookup("AWS_ENDPOINT_URL_DYNAMODB"),
                eventbridge_endpoint: lookup("AWS_ENDPOINT_URL_EVENTBRIDGE"),
                secrets_manager_endpoint: lookup("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
                hot_table: need("FORECOURT_HOT_TABLE")?,
                commands_table: need("FORECOURT_COMMANDS_TABLE")?,
                bus: need("FORECOURT_BUS")?,
            },
            secret: lookup("FORECOURT_SECRET"),
            distribution: lookup("FORECOURT_DISTRIBUTION"),
            is_replaying: match lookup(REPLAYING).as_deref() {
                None => false,
                Some("true") => true,
                Some(_) => return Err(ConfigError(REPLAYING)),
            },
            cloudfront_endpoint: lookup("AWS_ENDPOINT_URL_CLOUDFRONT"),
            deliveries_max: match lookup(DELIVERIES_MAX).map(|text| text.parse()) {
                None => None,
                Some(Ok(number @ 1..)) => Some(number),
                Some(_) => return Err(ConfigError(DELIVERIES_MAX)),
            },
            sqs_endpoint: lookup("AWS_ENDPOINT_URL_SQS"),
        })
    }

    /// The configuration of this deployment's handlers, with these secrets.
    #[must_use]
    pub fn shop(&self, secrets: Secrets) -> ShopConfig {
        ShopConfig {
            domain: self.domain.clone(),
            currency: self.currency.clone(),
            shopify_secrets: secrets.shopify,
            keys: secrets.keys,
            origin: Some(secrets.origin),
            client_id: secrets.app.map(|app| app.client_id),
            local_shopify: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, ConfigError};

    fn read(replaying: Option<&str>) -> Result<bool, ConfigError> {
        let lookup = |name: &str| match name {
            super::REPLAYING => replaying.map(str::to_owned),
            super::DELIVERIES_MAX => None,
            _ => Some("given".to_owned()),
        };
        Config::read(lookup).map(|config| config.is_replaying)
    }

    #[test]
    fn a_number_of_deliveries_is_one_or_more() {
        for (value, expected) in [
            ("12", Ok(Some(12))),
            ("", Ok(None)),
            ("0", Err(ConfigError("FORECOURT_DELIVERIES_MAX"))),
            ("-1", Err(ConfigError("FORECOURT_DELIVERIES_MAX"))),
            ("twelve", Err(ConfigError("FORECOURT_DELIVERIES_MAX"))),
        ] {
            let lookup = |name: &str| match name {
                super::REPLAYING => None,
                super::DELIVERIES_MAX => Some(value.to_owned()),
                _ => Some("given".to_owned()),
            };
            let read = Config::read(lookup).map(|config| config.deliveries_max);
            assert_eq!(read, expected, "{value:?}");
        }
    }

    #[test]
    fn a_replay_is_under_way_only_if_the_environment_says_so_exactly() {
        for (value, expected) in [
            (None, Ok(false)),
            (Some(""), Ok(false)),
            (Some("true"), Ok(true)),
            (Some("false"), Err(ConfigError("FORECOURT_REPLAYING"))),
            (Some("yes"), Err(ConfigError("FORECOURT_REPLAYING"))),
        ] {
            assert_eq!(read(value), expected, "{value:?}");
        }
    }
}
