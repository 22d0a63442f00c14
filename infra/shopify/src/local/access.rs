//! The tokens of the OAuth endpoint, as the admin API checks them.

use std::sync::{Arc, Mutex};

use super::locked;
use crate::admin_api::{Access, Grant};
use crate::clock::Clock;
use crate::oauth::Endpoint;

/// The tokens of one shop.
pub(super) struct TokenAccess {
    pub(super) oauth: Arc<Mutex<Endpoint>>,
    pub(super) shop: String,
    pub(super) clock: Clock,
}

impl Access for TokenAccess {
    fn grant(&self, token: &str) -> Option<Grant> {
        let now_s = self.clock.now_ms() / 1_000;
        let grant = locked(&self.oauth).authorise(&self.shop, token, now_s).ok()?;
        Some(Grant { token: token.to_owned(), scopes: Some(grant.scopes.into_iter().collect()) })
    }
}
