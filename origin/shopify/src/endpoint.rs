//! Shopify's token endpoint over HTTP.

use domain_core::time::SECOND_MS;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Request, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::connect::Connect;
use serde_json::{Value, json};

use crate::http::{Bounds, HttpClient};
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
    client: HttpClient<C>,
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
        Ok(Self { client: HttpClient::new(connector), uri, credentials })
    }

    async fn post(&self, mut grant: Value) -> Result<TokenAnswer, EndpointError> {
        grant["client_id"] = json!(self.credentials.client_id);
        grant["client_secret"] = json!(self.credentials.client_secret.reveal());
        let request = Request::post(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .body(Full::from(grant.to_string()))
            .map_err(|_| EndpointError::unknown("the request can't be built"))?;
        let bounds = Bounds { bytes_max: ANSWER_BYTES_MAX, ms_max: ANSWER_MS_MAX };
        let answer = self.client.send(request, bounds).await;
        let answer = answer.map_err(|none| EndpointError::unknown(none.reason))?;
        TokenAnswer::parse(answer.status, &answer.body)
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
