//! OAuth as an embedded app sees it: ID tokens of the admin, and `POST /admin/oauth/access_token`
//! with token exchange, refresh and client credentials (RFC 8693, RFC 6749).

mod endpoint;
mod id_token;
mod request;
mod tokens;

pub use endpoint::{Answer, BODY_BYTES_MAX, Endpoint, Faults};
pub use id_token::{Claims, ID_TOKEN_LIFE_S, IdTokenError, mint, verify};
pub use tokens::{
    ACCESS_LIFE_S, AuthError, DAILY_LIFE_S, Grant, Mode, REFRESH_LIFE_S, REFRESH_RETRY_S, Staff,
    TOKENS_MAX,
};
