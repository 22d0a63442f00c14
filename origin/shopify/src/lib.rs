#![doc = include_str!("../README.md")]

pub mod admin_api;
mod endpoint;
mod http;
pub mod orders;
mod secret;
mod tokens;

#[cfg(feature = "tls")]
pub use endpoint::tls_connector;
pub use endpoint::{ANSWER_BYTES_MAX, ANSWER_MS_MAX, AppCredentials, HttpEndpoint};
pub use secret::Secret;
pub use tokens::{
    AccessToken, EARLY_MS, EndpointError, INSTALL_MS, Installation, LEASE_MS, LossReason, Lost,
    Plan, RETRY_MS, Refresh, ShopTokens, TokenAnswer, TokenEndpoint, TokenError, TokenItem,
    TokenPair, TokenStore, UsableRefresh, forget,
};
