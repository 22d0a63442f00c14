//! Shopify's token endpoint over HTTP.

use std::time::Duration;

use bytes::Bytes;
use domain_core::time::SECOND_MS;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::Connect;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::secret::Secret;
use crate::tokens::{EndpointError, TokenAnswer, TokenEndpoint};

/// Longest answer read.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// How long one request may take. Two fit the lease of an item.
pub const ANSWER_MS_MAX: u64 = 10 * SECOND_MS;

const PATH: &str = "/admin/oauth/access_token";

/// What identifies the app at Shopify. `Debug` does not show the secret.
#[derive(Debug, Clone)]
pub struct AppCredentials {
    /// The client id.
    pub client_id: String,
    /// The client secret that signs now.
    pub client_secret: Secret,
}

/// The token endpoint of one shop. The connector decides on TLS.
#[derive(Debug, Clone)]
pub struct HttpEndpoint<C> {
    client: Client<C, Full<Bytes>>,
    uri: Uri,
    credentials: AppCredentials,
}

// === impl HttpEndpoint ===

impl<C: Connect + Clone + Send + Sync + 'static> HttpEndpoint<C> {
    /// The endpoint of the shop at `origin`, such as `https://example.myshopify.com`.
    ///
    /// # Errors
    /// An origin that is no URL.
    pub fn new(
        connector: C,
        origin: &str,
        credentials: AppCredentials,
    ) -> Result<Self, http::uri::InvalidUri> {
        let uri = format!("{origin}{PATH}").parse()?;
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, uri, credentials })
    }

    async fn post(&self, mut grant: Value) -> Result<TokenAnswer, EndpointError> {
        grant["client_id"] = json!(self.credentials.client_id);
        grant["client_secret"] = json!(self.credentials.client_secret.reveal());
        let request = Request::post(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .body(Full::from(grant.to_string()))
            .map_err(|_| EndpointError::unknown("the request can't be built"))?;
        let limit = Duration::from_millis(ANSWER_MS_MAX);
        let answer = tokio::time::timeout(limit, self.exchange_bytes(request)).await;
        let (status, body) = answer.map_err(|_| EndpointError::unknown("no answer in time"))??;
        TokenAnswer::parse(status, &body)
    }

    async fn exchange_bytes(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(u16, Bytes), EndpointError> {
        // The client's own errors name the host and the cause, never the body.
        let failed = |error: &dyn std::fmt::Display| EndpointError::unknown(error.to_string());
        let response = self.client.request(request).await.map_err(|error| failed(&error))?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        Ok((status, body.map_err(|error| failed(&error))?.to_bytes()))
    }
}

impl<C: Connect + Clone + Send + Sync + 'static> TokenEndpoint for HttpEndpoint<C> {
    async fn exchange(&self, id_token: &str) -> Result<TokenAnswer, EndpointError> {
        let offline = "urn:shopify:params:oauth:token-type:offline-access-token";
        self.post(json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": id_token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "requested_token_type": offline,
            "expiring": "1",
        }))
        .await
    }

    async fn refresh(&self, refresh: &Secret) -> Result<TokenAnswer, EndpointError> {
        let grant = json!({"grant_type": "refresh_token", "refresh_token": refresh.reveal()});
        self.post(grant).await
    }
}

/// Connects to Shopify: HTTPS only, with the certificates that the operating system trusts.
///
/// # Errors
/// No certificates.
#[cfg(feature = "tls")]
pub fn tls_connector()
-> std::io::Result<hyper_rustls::HttpsConnector<hyper_util::client::legacy::connect::HttpConnector>>
{
    let builder = hyper_rustls::HttpsConnectorBuilder::new().with_native_roots()?;
    Ok(builder.https_only().enable_http1().build())
}
