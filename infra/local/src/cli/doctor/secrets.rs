//! The secrets of the checks: from the environment or a file, never from the command line, where
//! other processes could read them.

use std::path::Path;

use edge_wire::keys::KeyRing;
use edge_wire::secrets::ShopifySecrets;

use super::super::{CliError, cli_error};
use crate::demo;

/// Names of the variables, which are also those of the functions' configuration.
const KEYS: &str = "FORECOURT_KEYS";
const SHOPIFY_SECRETS: &str = "FORECOURT_SHOPIFY_SECRETS";
const SHOP: &str = "FORECOURT_SHOP";

/// The secrets of a deployment; each is optional.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// Our keys, which sign tokens.
    pub(super) keys: Option<KeyRing>,
    /// Shopify's secrets, which sign webhooks and forwarded queries.
    pub(super) shopify: Option<ShopifySecrets>,
    /// The shop's `*.myshopify.com` domain.
    pub(super) shop: Option<String>,
}

// === impl Secrets ===

impl Secrets {
    /// From a file of `NAME=value` lines, else from the environment. A shop on this machine
    /// defaults to the demo's secrets.
    pub(super) fn read(file: Option<&Path>, is_local: bool) -> Result<Self, CliError> {
        let lines = match file {
            Some(file) => std::fs::read_to_string(file)
                .map_err(|error| CliError(format!("{}: {error}", file.display())))?,
            None => String::new(),
        };
        let value = |name: &str, demo: &str| {
            let line = lines.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            let configured = line.map(|value| value.trim().to_owned()).or_else(|| variable(name));
            configured.or_else(|| is_local.then(|| demo.to_owned()))
        };
        let keys = value(KEYS, demo::KEYS).map(|text| {
            // The value is secret; the parse error is not.
            KeyRing::parse(&text).map_err(|error| cli_error(format!("{KEYS}: {error:?}")))
        });
        let shopify = value(SHOPIFY_SECRETS, demo::SHOPIFY_SECRET).map(|text| {
            let secrets = ShopifySecrets::parse(&text);
            secrets.ok_or_else(|| {
                cli_error(format!("{SHOPIFY_SECRETS}: one secret, or two and a comma"))
            })
        });
        Ok(Self {
            keys: keys.transpose()?,
            shopify: shopify.transpose()?,
            shop: value(SHOP, demo::SHOP),
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
