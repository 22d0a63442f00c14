//! Requests and answers as a client sends and reads them.

use bytes::Bytes;
use edge_wire::headers::{BOOKMARK, CART, IDEMPOTENCY_KEY};
use edge_wire::keys::KeyRing;
use edge_wire::problem::Code;
use edge_wire::token::{mint_cart, mint_customer};
use http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HOST, IF_NONE_MATCH};
use http::{HeaderName, Method, Request, Response, StatusCode};
use serde::Deserialize;

/// The host of the shop's edge.
const HOST_NAME: &str = "shop.example";
/// A customer's token is renewed this often: all of its requests until then are of one session.
const RENEWAL_S: u64 = 600;
/// The headers in which an instance says, for the oracle only, by which clock it answered: what it showed at the
/// start, and when it was read last.
pub(crate) const START: HeaderName = HeaderName::from_static("x-simulation-start");
pub(crate) const CLOCK: HeaderName = HeaderName::from_static("x-simulation-clock");

/// A request in the making.
#[derive(Debug, Clone)]
pub(crate) struct ClientRequest {
    parts: Parts,
    body: Bytes,
}

#[derive(Debug, Clone)]
struct Parts {
    method: Method,
    path: String,
    headers: Vec<(HeaderName, String)>,
}

/// The keys that sign a client's tokens, at a time.
#[derive(Clone, Copy)]
pub(crate) struct TokenMint<'a> {
    pub(crate) keys: &'a KeyRing,
    pub(crate) now_ms: u64,
}

/// An error as a client understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ErrorReply {
    /// 400: a bookmark that does not verify.
    Bookmark,
    /// 409: the key belongs to another command.
    Conflict,
    /// 410: the key was first used too long ago.
    Expired,
    /// 409: the cart was merged into another; with a bookmark if that cart contains the command of
    /// the request.
    Merged(Option<String>),
    /// 404 or 422: the request can't be met.
    Declined(String),
    /// 404: there is nothing of this id.
    Unknown,
    /// No answer, 429 or 5xx: the outcome is unknown.
    Unavailable,
    /// An error that no client here should receive.
    Unexpected(String),
}

/// The members of a problem that a client reads.
#[derive(Debug, Deserialize)]
struct Problem {
    code: String,
    bookmark: Option<String>,
}

// === impl TokenMint ===

impl TokenMint<'_> {
    /// The header with a cart's token.
    pub(crate) fn cart(&self, cart: &str) -> (HeaderName, String) {
        (HeaderName::from_static(CART), self.cart_token(cart))
    }

    pub(crate) fn cart_token(&self, cart: &str) -> String {
        mint_cart(self.keys, cart)
    }

    /// The header with a customer's token.
    pub(crate) fn customer(&self, customer: &str) -> (HeaderName, String) {
        (AUTHORIZATION, format!("Bearer {}", self.customer_token(customer)))
    }

    pub(crate) fn customer_token(&self, customer: &str) -> String {
        mint_customer(self.keys, customer, self.token_end_s())
    }

    /// When a customer's token ends: in ten to twenty minutes.
    pub(super) fn token_end_s(&self) -> u64 {
        (self.now_ms / 1_000 / RENEWAL_S + 2) * RENEWAL_S
    }
}

// === impl ClientRequest ===

impl ClientRequest {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        let headers = vec![(HOST, HOST_NAME.to_owned())];
        Self { parts: Parts { method, path: path.into(), headers }, body: Bytes::new() }
    }

    pub(crate) fn header(mut self, (name, value): (HeaderName, String)) -> Self {
        self.parts.headers.push((name, value));
        self
    }

    pub(crate) fn json(self, body: &serde_json::Value) -> Self {
        self.text_json(body.to_string())
    }

    pub(crate) fn text_json(mut self, body: String) -> Self {
        self.body = body.into();
        self.header((CONTENT_TYPE, "application/json".to_owned()))
    }

    /// A body whose type the caller states.
    pub(crate) fn body(mut self, body: String) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header((HeaderName::from_static(IDEMPOTENCY_KEY), key.to_owned()))
    }

    pub(crate) fn bookmarks(self, texts: &[String]) -> Self {
        if texts.is_empty() {
            return self;
        }
        self.header((HeaderName::from_static(BOOKMARK), texts.join(",")))
    }

    pub(crate) fn if_none_match(self, etag: Option<&str>) -> Self {
        match etag {
            Some(etag) => self.header((IF_NONE_MATCH, etag.to_owned())),
            None => self,
        }
    }

    /// The request as it goes to the edge.
    pub(crate) fn build(self) -> Request<Bytes> {
        let Parts { method, path, headers } = self.parts;
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body(self.body).expect("names and values of a client are valid")
    }
}

// === impl ErrorReply ===

impl ErrorReply {
    /// The error of an answer that is not a success.
    pub(crate) fn of(answer: &Response<Bytes>) -> Self {
        let status = answer.status();
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Self::Unavailable;
        }
        let problem: Option<Problem> = serde_json::from_slice(answer.body()).ok();
        let Some(Problem { code, bookmark }) = problem else {
            return Self::Unexpected(format!("{status} without a problem"));
        };
        let is = |one: Code| one.slug() == code;
        match status {
            _ if is(Code::BookmarkInvalid) => Self::Bookmark,
            _ if is(Code::IdempotencyConflict) => Self::Conflict,
            _ if is(Code::IdempotencyKeyExpired) => Self::Expired,
            _ if is(Code::CartMerged) => Self::Merged(bookmark),
            StatusCode::UNPROCESSABLE_ENTITY => Self::Declined(code),
            _ if is(Code::LineUnknown) => Self::Declined(code),
            _ if is(Code::RedemptionUnknown) => Self::Unknown,
            _ => Self::Unexpected(format!("{status} {code}")),
        }
    }
}

/// The id in a token of ours: whose it is.
pub(crate) fn token_id(token: &str) -> Option<&str> {
    token.split('.').nth(2)
}

/// A header of an answer as text.
pub(crate) fn text(answer: &Response<Bytes>, name: &HeaderName) -> String {
    let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// The `ETag` of an answer.
pub(crate) fn etag(answer: &Response<Bytes>) -> String {
    text(answer, &ETAG)
}
