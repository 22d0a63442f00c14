//! Shopify's side of an instance: the tokens of the shop, and the Admin API with them.

use std::sync::Arc;

use origin_adapters::TokenRepository;
use origin_shopify::admin_api::{AdminApi, SystemTimer, Transport};
use origin_shopify::{ShopTokens, TokenEndpoint};

use crate::runtime::clock::Clock;
use crate::runtime::ports::SharedTokens;

/// What acts for the shop at Shopify. All of it shares one flight of each refresh.
#[derive(Debug, Clone)]
pub struct Shopify {
    /// The tokens, for installing.
    pub tokens: SharedTokens,
    /// The Admin API.
    pub api: AdminApi,
}

// === impl Shopify ===

impl Shopify {
    /// Tokens of this repository, issued by `endpoint`, and the API over `transport`.
    pub fn new(
        stored: TokenRepository,
        endpoint: impl TokenEndpoint + 'static,
        transport: impl Transport + 'static,
        clock: &Clock,
    ) -> Self {
        let now = || {
            let clock = clock.clone();
            move || clock.now()
        };
        let tokens = Arc::new(ShopTokens::new(stored, endpoint, now()));
        let api = AdminApi::new(Arc::clone(&tokens), transport, SystemTimer(now()));
        Self { tokens: SharedTokens::new(tokens), api }
    }
}
