//! The Admin API over HTTP.

use bytes::Bytes;
use domain_core::time::SECOND_MS;
use http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Request, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::connect::Connect;

use crate::http::{Bounds, HttpClient, NoAnswer};
use crate::secret::Secret;

/// The version of the API, which is part of its path.
pub const API_VERSION: &str = "2026-07";
/// Longest answer read: a page of 50 orders with 100 lines each is below 2 MB.
pub const ADMIN_ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long one request may take. Shopify ends a query itself after 30 seconds at the most.
pub const ADMIN_ANSWER_MS_MAX: u64 = 20 * SECOND_MS;

const TOKEN_HEADER: &str = "x-shopify-access-token";
const VERSION_HEADER: &str = "x-shopify-api-version";

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct AdminAnswer {
    /// Its HTTP status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after_s: Option<u64>,
    /// The version that has answered.
    pub version: Option<String>,
    /// Its body.
    pub body: Bytes,
}

/// There is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    /// Why; without a token and without the body.
    pub reason: String,
    /// Whether Shopify may have received the request.
    pub may_be_sent: bool,
}

/// Sends a request to the Admin API of one shop.
pub trait Transport: Send + Sync {
    /// Sends a body, and waits for the answer at most so long.
    fn post(
        &self,
        token: &Secret,
        body: Bytes,
        ms_max: u64,
    ) -> impl Future<Output = Result<AdminAnswer, TransportError>> + Send;
}

/// The Admin API of one shop over HTTP. The connector decides on TLS.
#[derive(Debug, Clone)]
pub struct HttpTransport<C> {
    client: HttpClient<C>,
    uri: Uri,
}

// === impl HttpTransport ===

impl<C: Connect + Clone + Send + Sync + 'static> HttpTransport<C> {
    /// The API of the shop at `origin`, such as `https://example.myshopify.com`.
    ///
    /// # Errors
    /// An origin that is no URL.
    pub fn new(connector: C, origin: &str) -> Result<Self, http::uri::InvalidUri> {
        let uri = format!("{origin}/admin/api/{API_VERSION}/graphql.json").parse()?;
        Ok(Self { client: HttpClient::new(connector), uri })
    }
}

impl<C: Connect + Clone + Send + Sync + 'static> Transport for HttpTransport<C> {
    async fn post(
        &self,
        token: &Secret,
        body: Bytes,
        ms_max: u64,
    ) -> Result<AdminAnswer, TransportError> {
        let unsent =
            |reason: &str| TransportError { reason: reason.to_owned(), may_be_sent: false };
        let mut token = HeaderValue::from_str(token.reveal())
            .map_err(|_| unsent("the access token can't be sent"))?;
        token.set_sensitive(true);
        let request = Request::post(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .header(TOKEN_HEADER, token)
            .body(Full::from(body))
            .map_err(|_| unsent("the request can't be built"))?;
        let bounds = Bounds { bytes_max: ADMIN_ANSWER_BYTES_MAX, ms_max };
        let answer = self.client.send(request, bounds).await?;
        let text = |name: &str| answer.headers.get(name)?.to_str().ok().map(str::to_owned);
        let retry_after_s = text(RETRY_AFTER.as_str())
            .and_then(|text| text.split('.').next().and_then(|seconds| seconds.parse().ok()));
        let (status, version) = (answer.status, text(VERSION_HEADER));
        Ok(AdminAnswer { status, retry_after_s, version, body: answer.body })
    }
}

impl From<NoAnswer> for TransportError {
    fn from(NoAnswer { reason, may_be_sent }: NoAnswer) -> Self {
        Self { reason, may_be_sent }
    }
}
