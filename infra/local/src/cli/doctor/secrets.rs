//! The secrets of the checks. Without one, the checks that need it are skipped.

use edge_wire::keys::KeyRing;
use edge_wire::secrets::ShopifySecrets;

use super::super::{CliError, cli_error};
use crate::profile::Profile;

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
    /// Those of a profile.
    pub(super) fn of(profile: &Profile) -> Result<Self, CliError> {
        Ok(Self {
            keys: profile.keys().map_err(cli_error)?,
            shopify: profile.shopify_secrets().map_err(cli_error)?,
            shop: profile.shop().map(str::to_owned),
        })
    }
}
