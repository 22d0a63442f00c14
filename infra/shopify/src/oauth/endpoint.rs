//! `POST /admin/oauth/access_token`.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::id_token::{Claims, mint, verify};
use super::request::{GrantRequest, Parameters};
use super::tokens::{AuthError, DAILY_LIFE_S, Grant, Mode, NewToken, Staff, TokenError, Tokens};
use crate::signing::Credentials;

/// Longest body read.
pub const BODY_BYTES_MAX: usize = 65_536;

/// OAuth of one app in all shops.
#[derive(Debug)]
pub struct Endpoint {
    credentials: Credentials,
    tokens: Tokens,
    staff: BTreeMap<u64, Staff>,
    faults: Faults,
    /// Tokens issued, which the faults count.
    issued: u64,
}

/// Faults that a test switches on. Each counts issued tokens from the first one on; 0 is never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Every n-th answer is lost after the token was issued.
    pub lose_every: u64,
    /// Every n-th answer has no `expires_in`.
    pub omit_expiry_every: u64,
}

/// What the client gets.
#[derive(Debug)]
pub enum Answer {
    /// A response.
    Response(Response<Bytes>),
    /// Nothing: the connection closes although the state has changed.
    Lost,
}

/// An error answer.
#[derive(Debug)]
pub(super) struct OAuthError {
    status: StatusCode,
    error: &'static str,
    description: String,
}

// === impl OAuthError ===

impl OAuthError {
    pub(super) fn new(error: &'static str, description: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description }
    }

    pub(super) fn invalid_request(description: String) -> Self {
        Self::new("invalid_request", description)
    }

    pub(super) fn not_emulated(description: &str) -> Self {
        let status = StatusCode::NOT_IMPLEMENTED;
        Self { status, error: "not_emulated", description: description.to_owned() }
    }

    fn response(&self) -> Response<Bytes> {
        let body = json!({ "error": self.error, "error_description": self.description });
        json_response(self.status, &body)
    }
}

impl From<TokenError> for OAuthError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::NotInstalled => Self::new(
                "app_not_installed",
                "The application is not installed on this shop.".to_owned(),
            ),
            TokenError::UnknownRefreshToken => Self::new(
                "invalid_grant",
                "The refresh token is unknown, expired, replaced or revoked.".to_owned(),
            ),
            TokenError::TooMany => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                error: "temporarily_unavailable",
                description: "The local Shopify holds too many tokens.".to_owned(),
            },
        }
    }
}

// === impl Endpoint ===

impl Endpoint {
    /// The endpoint of an app. Tokens follow from the seed.
    #[must_use]
    pub fn new(credentials: Credentials, seed: u64) -> Self {
        Self {
            credentials,
            tokens: Tokens::new(seed),
            staff: BTreeMap::new(),
            faults: Faults::default(),
            issued: 0,
        }
    }

    /// Installs the app, or grants an installed one other scopes. Tokens keep their own.
    pub fn install<S: Into<String>>(&mut self, shop: &str, scopes: impl IntoIterator<Item = S>) {
        let scopes: BTreeSet<String> = scopes.into_iter().map(Into::into).collect();
        self.tokens.install(shop, scopes);
    }

    /// Uninstalls the app: all tokens of the shop are revoked. Whether it was installed; if so, an
    /// `app/uninstalled` webhook is due.
    pub fn uninstall(&mut self, shop: &str) -> bool {
        self.tokens.uninstall(shop)
    }

    /// Whether a shop has the app.
    #[must_use]
    pub fn is_installed(&self, shop: &str) -> bool {
        self.tokens.is_installed(shop)
    }

    /// Adds a member of staff, or replaces one.
    pub fn add_staff(&mut self, staff: Staff) {
        self.staff.insert(staff.id, staff);
    }

    /// The members of staff, by id.
    pub fn staff(&self) -> impl Iterator<Item = &Staff> {
        self.staff.values()
    }

    /// Switches faults on or off.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
        self.issued = 0;
    }

    /// A new ID token of a member of staff, as App Bridge would get it.
    pub fn id_token(&mut self, shop: &str, user_id: u64, now_s: u64) -> String {
        let (id, session) = (self.tokens.secret(""), self.tokens.secret(""));
        let client_id = self.credentials.client_id();
        let claims = Claims::of_staff(shop, client_id, user_id, now_s, (id, session));
        mint(&self.credentials, &claims)
    }

    /// What an access token may do in `shop`.
    ///
    /// # Errors
    /// [`AuthError`]: both are a 401 of the Admin API.
    pub fn authorise(&self, shop: &str, token: &str, now_s: u64) -> Result<Grant, AuthError> {
        self.tokens.authorise(shop, token, now_s)
    }

    /// Answers a request to the token endpoint of `shop`.
    pub fn handle(&mut self, shop: &str, request: &Request<Bytes>, now_s: u64) -> Answer {
        match self.grant(shop, request, now_s) {
            Ok((issued, staff)) => self.answer(issued, staff, now_s),
            Err(error) => Answer::Response(error.response()),
        }
    }

    fn grant(
        &mut self,
        shop: &str,
        request: &Request<Bytes>,
        now_s: u64,
    ) -> Result<(NewToken, Option<Staff>), OAuthError> {
        let parameters = read(request)?;
        if !self.credentials.is_client(&parameters.client_id, &parameters.client_secret) {
            let description = "The client id or the client secret is wrong.".to_owned();
            return Err(OAuthError::new("invalid_client", description));
        }
        match parameters.grant()? {
            GrantRequest::Refresh { refresh_token } => {
                Ok((self.tokens.refresh(shop, &refresh_token, now_s)?, None))
            }
            GrantRequest::ClientCredentials => {
                let life_s = Some(DAILY_LIFE_S);
                Ok((self.tokens.issue(shop, None, life_s, now_s)?, None))
            }
            GrantRequest::Exchange { id_token, mode, is_expiring } => {
                let staff = self.subject(shop, &id_token, now_s)?;
                let tokens = &mut self.tokens;
                match (mode, is_expiring) {
                    (Mode::Online, _) => {
                        let life_s = Some(DAILY_LIFE_S);
                        let issued = tokens.issue(shop, Some(staff.id), life_s, now_s)?;
                        Ok((issued, Some(staff)))
                    }
                    (Mode::Offline, true) => Ok((tokens.issue_pair(shop, now_s)?, None)),
                    (Mode::Offline, false) => Ok((tokens.issue(shop, None, None, now_s)?, None)),
                }
            }
        }
    }

    /// The member of staff that an ID token names.
    fn subject(&self, shop: &str, id_token: &str, now_s: u64) -> Result<Staff, OAuthError> {
        let invalid = |reason: String| OAuthError::new("invalid_subject_token", reason);
        let claims = verify(id_token, &self.credentials, Some(shop), now_s)
            .map_err(|error| invalid(format!("The subject token {error}.")))?;
        let staff = claims.sub.parse().ok().and_then(|id: u64| self.staff.get(&id));
        staff.cloned().ok_or_else(|| invalid("The subject is not on the shop's staff.".to_owned()))
    }

    fn answer(&mut self, issued: NewToken, staff: Option<Staff>, now_s: u64) -> Answer {
        self.issued = self.issued.saturating_add(1);
        let is_due = |every: u64| every != 0 && self.issued.is_multiple_of(every);
        if is_due(self.faults.lose_every) {
            return Answer::Lost;
        }
        let mut body = body(issued, staff, now_s);
        if is_due(self.faults.omit_expiry_every) {
            body.remove("expires_in");
        }
        Answer::Response(json_response(StatusCode::OK, &Value::Object(body)))
    }
}

fn read(request: &Request<Bytes>) -> Result<Parameters, OAuthError> {
    if request.method() != Method::POST {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let description = "The token endpoint takes POST.".to_owned();
        return Err(OAuthError { status, error: "invalid_request", description });
    }
    if request.body().len() > BODY_BYTES_MAX {
        let description = format!("The body is longer than {BODY_BYTES_MAX} bytes.");
        return Err(OAuthError::invalid_request(description));
    }
    let content_type = request.headers().get(http::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    Parameters::read(content_type, request.body())
}

fn body(issued: NewToken, staff: Option<Staff>, now_s: u64) -> serde_json::Map<String, Value> {
    let scope = issued.grant.scopes.into_iter().collect::<Vec<_>>().join(",");
    let mut body = serde_json::Map::new();
    if let Some(expires_s) = issued.grant.expires_s {
        body.insert("expires_in".to_owned(), expires_s.saturating_sub(now_s).into());
    }
    if let Some((refresh_token, life_s)) = issued.refresh {
        body.insert("refresh_token".to_owned(), refresh_token.into());
        body.insert("refresh_token_expires_in".to_owned(), life_s.into());
    }
    if let Some(staff) = staff {
        body.insert("associated_user_scope".to_owned(), scope.clone().into());
        body.insert("associated_user".to_owned(), associated_user(&staff));
    }
    body.insert("access_token".to_owned(), issued.access_token.into());
    body.insert("scope".to_owned(), scope.into());
    body
}

fn associated_user(staff: &Staff) -> Value {
    json!({
        "id": staff.id, "first_name": staff.first_name, "last_name": staff.last_name,
        "email": staff.email, "email_verified": true, "account_owner": staff.account_owner,
        "locale": "en", "collaborator": false,
    })
}

fn json_response(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers
        .insert("content-type", http::HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert("cache-control", http::HeaderValue::from_static("no-store"));
    response
}
