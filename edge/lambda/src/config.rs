//! The configuration as the host writes it: the fields of the environment's secret, and the shop.

use edge_functions::EdgeConfig;
use edge_wire::keys::{KeyError, KeyRing};
use edge_wire::secrets::ShopifySecrets;
use edge_wire::token::StaffTokens;
use serde::Deserialize;

/// Why a configuration is rejected. Never holds a part of it: all of it is secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not an object with the four texts. Names the place only.
    #[error("not a configuration: line {line}, column {column}")]
    Malformed {
        /// Counted from one.
        line: usize,
        /// Counted from one.
        column: usize,
    },
    /// Keys that could not protect anything.
    #[error("keys: {0}")]
    Keys(KeyError),
    /// Not one or two secrets.
    #[error("shopify_secrets: one or two, comma-separated")]
    ShopifySecrets,
    /// A token too short to be one.
    #[error("staff_tokens: comma-separated, each of at least 32 bytes")]
    StaffTokens,
}

#[derive(Deserialize)]
struct ConfigDocument {
    shop: String,
    shopify_secrets: String,
    /// Absent until the merchant's app exists.
    shopify_client_id: Option<String>,
    keys: String,
    staff_tokens: String,
}

pub(crate) fn parse(json: &[u8]) -> Result<EdgeConfig, ConfigError> {
    let document: ConfigDocument = serde_json::from_slice(json)
        .map_err(|error| ConfigError::Malformed { line: error.line(), column: error.column() })?;
    Ok(EdgeConfig {
        shop: document.shop,
        shopify_secrets: ShopifySecrets::parse(&document.shopify_secrets)
            .ok_or(ConfigError::ShopifySecrets)?,
        client_id: document.shopify_client_id,
        keys: KeyRing::parse(&document.keys).map_err(ConfigError::Keys)?,
        staff: StaffTokens::parse(&document.staff_tokens).ok_or(ConfigError::StaffTokens)?,
    })
}
