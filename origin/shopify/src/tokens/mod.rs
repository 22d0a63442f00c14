//! The tokens of a shop: what is stored, what to do with it when, and the answers of the endpoint.

mod answer;
mod item;
mod ports;
mod shop_tokens;

pub use answer::{EndpointError, Refresh, TokenAnswer};
pub use item::{
    EARLY_MS, LEASE_MS, LossReason, Lost, Plan, RETRY_MS, TokenItem, TokenPair, UsableRefresh,
};
pub use ports::{TokenEndpoint, TokenStore};
pub use shop_tokens::{AccessToken, INSTALL_MS, Installation, ShopTokens, TokenError, forget};
