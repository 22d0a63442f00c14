//! The answer of `POST /admin/oauth/access_token`.

use domain_core::time::{DAY_MS, HOUR_MS, SECOND_MS};
use serde::Deserialize;

use crate::secret::Secret;

/// The life of an access token whose answer does not say it: that of an expiring offline token.
const ASSUMED_ACCESS_MS: u64 = HOUR_MS;
/// The life of a refresh token whose answer does not say it.
const ASSUMED_REFRESH_MS: u64 = 90 * DAY_MS;
/// Longest life believed, seconds: a year.
const LIFE_S_MAX: u64 = 365 * 24 * 3_600;
/// Longest error code repeated.
const CODE_BYTES_MAX: usize = 40;

/// A newly issued pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenAnswer {
    /// The access token.
    pub access: Secret,
    /// How long it lives.
    pub access_life_ms: u64,
    /// The refresh token that replaces the earlier one; `None`: that one stays.
    pub refresh: Option<Refresh>,
    /// The scopes that were granted, comma-separated.
    pub scope: String,
}

/// A refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refresh {
    /// The token.
    pub token: Secret,
    /// How long it lives.
    pub life_ms: u64,
}

/// Why no token was issued, as far as the client knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The refresh token is unknown, expired, replaced or revoked, or the app is not installed.
    #[error("the grant is refused")]
    Grant,
    /// The ID token is not accepted: usually it has expired.
    #[error("the ID token is refused")]
    Subject,
    /// The app's credentials or its request are wrong. This says nothing about the shop's tokens.
    #[error("the app is refused: {code}")]
    App {
        /// Shopify's word for it.
        code: String,
    },
    /// No answer, or an unreadable one: tokens may have been issued or not.
    #[error("the outcome is unknown: {reason}")]
    Unknown {
        /// Why; without any part of the answer.
        reason: String,
    },
}

#[derive(Deserialize)]
struct TokenBody {
    access_token: String,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
    refresh_token_expires_in: Option<u64>,
    #[serde(default)]
    scope: String,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: String,
}

// === impl TokenAnswer ===

impl TokenAnswer {
    /// Reads an answer.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub fn parse(status: u16, body: &[u8]) -> Result<Self, EndpointError> {
        match status {
            200 => Self::of_token_body(body),
            // States of the endpoint, not errors of the request: too slow, too early, too many.
            408 | 425 | 429 => Err(EndpointError::unknown(format!("status {status}"))),
            400..=499 => Err(EndpointError::of_error_body(body)),
            _ => Err(EndpointError::unknown(format!("status {status}"))),
        }
    }

    fn of_token_body(body: &[u8]) -> Result<Self, EndpointError> {
        // Serde's message could quote a token.
        let issued: TokenBody = serde_json::from_slice(body)
            .map_err(|_| EndpointError::unknown("the answer is not a token answer"))?;
        if issued.access_token.is_empty() {
            return Err(EndpointError::unknown("the answer has no access token"));
        }
        let refresh = issued.refresh_token.filter(|token| !token.is_empty());
        let refresh = refresh.map(|token| Refresh {
            token: Secret::new(token),
            life_ms: life_ms(issued.refresh_token_expires_in, ASSUMED_REFRESH_MS),
        });
        Ok(Self {
            access: Secret::new(issued.access_token),
            access_life_ms: life_ms(issued.expires_in, ASSUMED_ACCESS_MS),
            refresh,
            scope: issued.scope,
        })
    }
}

fn life_ms(seconds: Option<u64>, assumed_ms: u64) -> u64 {
    let plausible = seconds.filter(|seconds| (1..=LIFE_S_MAX).contains(seconds));
    plausible.map_or(assumed_ms, |seconds| seconds * SECOND_MS)
}

// === impl EndpointError ===

impl EndpointError {
    /// An unknown outcome.
    #[must_use]
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown { reason: reason.into() }
    }

    fn of_error_body(body: &[u8]) -> Self {
        let code =
            serde_json::from_slice(body).map(|ErrorBody { error }| error).unwrap_or_default();
        match code.as_str() {
            "invalid_grant" | "app_not_installed" => Self::Grant,
            "invalid_subject_token" => Self::Subject,
            _ => Self::App { code: loggable(&code) },
        }
    }
}

/// The code if it is a word of the protocol: nothing else of an answer is logged.
fn loggable(code: &str) -> String {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let is_code = (1..=CODE_BYTES_MAX).contains(&code.len()) && code.bytes().all(is_word);
    if is_code { code.to_owned() } else { "no code".to_owned() }
}
