//! Ports of the tokens: where they are stored, and who issues them.

use domain_core::port::{PortError, Written};

use super::answer::{EndpointError, TokenAnswer};
use super::item::TokenItem;
use crate::secret::Secret;

/// Stores the tokens of one shop in one item.
pub trait TokenStore: Send + Sync {
    /// The item, strongly consistent; `None` before the first write.
    fn load(&self) -> impl Future<Output = Result<Option<TokenItem>, PortError>> + Send;

    /// Writes an item in place of the version before it.
    fn save(&self, item: &TokenItem) -> impl Future<Output = Result<Written, PortError>> + Send;
}

/// Issues tokens for one shop and app.
pub trait TokenEndpoint: Send + Sync {
    /// A pair for an ID token of a person of the shop's staff (token exchange, RFC 8693).
    fn exchange(
        &self,
        id_token: &str,
    ) -> impl Future<Output = Result<TokenAnswer, EndpointError>> + Send;

    /// A new pair for a refresh token.
    fn refresh(
        &self,
        refresh: &Secret,
    ) -> impl Future<Output = Result<TokenAnswer, EndpointError>> + Send;
}
