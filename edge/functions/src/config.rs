//! The configuration of a deployed edge function.

use edge_wire::keys::KeyRing;
use edge_wire::secrets::ShopifySecrets;
use edge_wire::token::StaffTokens;

/// One shop's configuration. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct EdgeConfig {
    /// The `*.myshopify.com` domain this deployment serves.
    pub shop: String,
    /// Shopify's client secrets, two while rotating.
    pub shopify_secrets: ShopifySecrets,
    /// The client id of the Shopify app. `None`: no call from the admin inside Shopify is accepted.
    pub client_id: Option<String>,
    /// The keys that sign identities, tokens and bookmarks.
    pub keys: KeyRing,
    /// The tokens of the merchant's staff, two while rotating.
    pub staff: StaffTokens,
}
