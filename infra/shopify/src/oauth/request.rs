//! The body of `POST /admin/oauth/access_token`: JSON or a form.

use serde::Deserialize;

use super::Mode;
use super::endpoint::OAuthError;

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const OFFLINE: &str = "urn:shopify:params:oauth:token-type:offline-access-token";
const ONLINE: &str = "urn:shopify:params:oauth:token-type:online-access-token";

/// The parameters as they were sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Parameters {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    grant_type: String,
    subject_token: String,
    subject_token_type: String,
    requested_token_type: String,
    refresh_token: String,
    code: String,
    expiring: Option<Flag>,
}

/// `"1"`, `1` and `true` are all in use.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Number(u8),
    Text(String),
}

/// What is requested.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum GrantRequest {
    /// An access token for the bearer of an ID token.
    Exchange { id_token: String, mode: Mode, is_expiring: bool },
    /// A new pair for an old refresh token.
    Refresh { refresh_token: String },
    /// A token of the app itself.
    ClientCredentials,
}

// === impl Parameters ===

impl Parameters {
    /// Reads a body. Of a repeated form parameter the last one counts; unknown ones are ignored.
    pub(super) fn read(content_type: &str, body: &[u8]) -> Result<Self, OAuthError> {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        match media_type.to_ascii_lowercase().as_str() {
            "application/json" => serde_json::from_slice(body).map_err(|error| {
                OAuthError::invalid_request(format!("The body is not JSON as expected: {error}."))
            }),
            "application/x-www-form-urlencoded" => Ok(Self::read_form(body)),
            other => Err(OAuthError::invalid_request(format!(
                "The content type {other:?} is neither JSON nor a form."
            ))),
        }
    }

    fn read_form(body: &[u8]) -> Self {
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let field = match name.as_ref() {
                "client_id" => &mut parameters.client_id,
                "client_secret" => &mut parameters.client_secret,
                "grant_type" => &mut parameters.grant_type,
                "subject_token" => &mut parameters.subject_token,
                "subject_token_type" => &mut parameters.subject_token_type,
                "requested_token_type" => &mut parameters.requested_token_type,
                "refresh_token" => &mut parameters.refresh_token,
                "code" => &mut parameters.code,
                "expiring" => {
                    parameters.expiring = Some(Flag::Text(value.into_owned()));
                    continue;
                }
                _ => continue,
            };
            *field = value.into_owned();
        }
        parameters
    }

    pub(super) fn grant(self) -> Result<GrantRequest, OAuthError> {
        match self.grant_type.as_str() {
            TOKEN_EXCHANGE => self.exchange(),
            "refresh_token" if self.refresh_token.is_empty() => {
                Err(OAuthError::invalid_request("refresh_token is missing.".to_owned()))
            }
            "refresh_token" => Ok(GrantRequest::Refresh { refresh_token: self.refresh_token }),
            "client_credentials" => Ok(GrantRequest::ClientCredentials),
            "" if !self.code.is_empty() => Err(OAuthError::not_emulated(
                "The local Shopify has no authorization code grant: use token exchange.",
            )),
            other => Err(OAuthError::new(
                "unsupported_grant_type",
                format!("The grant type {other:?} is not supported."),
            )),
        }
    }

    fn exchange(self) -> Result<GrantRequest, OAuthError> {
        if self.subject_token_type != ID_TOKEN {
            return Err(OAuthError::invalid_request(format!(
                "subject_token_type is not {ID_TOKEN}."
            )));
        }
        let mode = match self.requested_token_type.as_str() {
            OFFLINE => Mode::Offline,
            ONLINE => Mode::Online,
            _ => {
                let expected = format!("requested_token_type is neither {OFFLINE} nor {ONLINE}.");
                return Err(OAuthError::invalid_request(expected));
            }
        };
        let is_expiring = match self.expiring {
            None => false,
            Some(Flag::Bool(flag)) => flag,
            Some(Flag::Number(number)) => number == 1,
            Some(Flag::Text(text)) => text == "1" || text == "true",
        };
        Ok(GrantRequest::Exchange { id_token: self.subject_token, mode, is_expiring })
    }
}
