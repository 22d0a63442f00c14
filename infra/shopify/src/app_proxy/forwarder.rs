//! Forwards a request and returns what the client gets.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};

use super::error::ForwardError;
use super::headers::{of_request, strip_answer};
use super::signature::sign;
use crate::app_config::ProxyConfig;
use crate::http_client::{HttpClient, Limits};
use crate::signing::Credentials;
use crate::storefront::layout;

/// How long the app may take, and how long its answer may be.
pub const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    total: Duration::from_secs(10),
    body_bytes: 10 * 1024 * 1024,
};
/// Longest body that is forwarded.
pub const REQUEST_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Longest path and query that are forwarded.
pub const URL_BYTES_MAX: usize = 8_192;
/// Most redirects that are followed.
pub const REDIRECTS_MAX: usize = 5;

/// The App Proxy of one app in one shop.
pub struct Forwarder {
    /// The app's credentials.
    pub credentials: Credentials,
    /// The shop's `*.myshopify.com` domain.
    pub shop: String,
    /// Where requests come from and go to.
    pub config: ProxyConfig,
    /// Calls the app, within [`LIMITS`].
    pub client: Arc<dyn HttpClient>,
    /// Whether only standard headers pass. Whether `Authorization` and others do is not documented:
    /// an app must not depend on either.
    pub drops_custom_headers: bool,
}

/// Who sends a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visitor {
    /// The customer who is signed in.
    pub customer: Option<u64>,
    /// The client's address.
    pub ip: String,
    /// The host of the storefront.
    pub host: String,
}

// === impl Forwarder ===

impl Forwarder {
    /// Whether a path of the storefront belongs to the App Proxy.
    #[must_use]
    pub fn serves(&self, path: &str) -> bool {
        self.rest_of(path).is_some()
    }

    fn rest_of<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(&self.config.path_prefix())?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }

    /// The request that the app gets.
    ///
    /// # Errors
    /// [`ForwardError`]; the request is not forwarded.
    pub fn request(
        &self,
        request: Request<Bytes>,
        visitor: &Visitor,
        now_s: u64,
    ) -> Result<Request<Bytes>, ForwardError> {
        let (head, body) = request.into_parts();
        let rest = self.rest_of(head.uri.path()).ok_or(ForwardError::Path)?;
        if body.len() > REQUEST_BYTES_MAX {
            return Err(ForwardError::BodyTooLong);
        }
        let query = head.uri.query().unwrap_or_default();
        // Before the signature, whose cost grows with the square of the number of names.
        if rest.len() + query.len() > URL_BYTES_MAX {
            return Err(ForwardError::UrlTooLong);
        }
        let query = self.query(query, visitor, now_s);
        let url = format!("{}{rest}?{query}", self.config.url.trim_end_matches('/'));
        if url.len() > URL_BYTES_MAX {
            return Err(ForwardError::UrlTooLong);
        }
        let uri: Uri = url.parse().map_err(|_| ForwardError::ProxyUrl)?;
        let mut forwarded = Request::new(body);
        *forwarded.method_mut() = head.method;
        *forwarded.uri_mut() = uri;
        *forwarded.headers_mut() = of_request(head.headers, self.drops_custom_headers);
        for (name, value) in [("x-forwarded-host", &visitor.host), ("x-forwarded-for", &visitor.ip)]
        {
            if let Ok(value) = HeaderValue::from_str(value) {
                forwarded.headers_mut().insert(name, value);
            }
        }
        Ok(forwarded)
    }

    /// The client's query with Shopify's parameters appended, the signature last.
    fn query(&self, query: &str, visitor: &Visitor, now_s: u64) -> String {
        let customer = visitor.customer.map(|id| id.to_string()).unwrap_or_default();
        let added = form_urlencoded::Serializer::new(String::new())
            .append_pair("shop", &self.shop)
            .append_pair("logged_in_customer_id", &customer)
            .append_pair("path_prefix", &self.config.path_prefix())
            .append_pair("timestamp", &now_s.to_string())
            .finish();
        let mut query = query.to_owned();
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(&added);
        let signature = sign(&query, &self.credentials);
        format!("{query}&signature={signature}")
    }

    /// Forwards a request, follows redirects, and returns what the client gets.
    pub async fn forward(
        &self,
        request: Request<Bytes>,
        visitor: &Visitor,
        now_s: u64,
    ) -> Response<Bytes> {
        let answer = self.exchange(request, visitor, now_s).await;
        answer.unwrap_or_else(|error| error.response())
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
        visitor: &Visitor,
        now_s: u64,
    ) -> Result<Response<Bytes>, ForwardError> {
        let mut request = self.request(request, visitor, now_s)?;
        for _ in 0..=REDIRECTS_MAX {
            let response = self.client.send(request.clone()).await;
            let response = response.map_err(ForwardError::NoAnswer)?;
            if !is_redirect(response.status()) {
                return answer(response);
            }
            request = redirected(request, &response).ok_or(ForwardError::NoLocation)?;
        }
        Err(ForwardError::Redirects)
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301..=303 | 307 | 308)
}

/// The request that follows a redirect: the same one after 307 and 308, otherwise a GET. None if the
/// redirect names no URL.
fn redirected(mut request: Request<Bytes>, response: &Response<Bytes>) -> Option<Request<Bytes>> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    *request.uri_mut() = resolve(request.uri(), location)?;
    let keeps_method = matches!(response.status().as_u16(), 307 | 308);
    if !keeps_method && request.method() != Method::HEAD {
        *request.method_mut() = Method::GET;
        request.body_mut().clear();
        request.headers_mut().remove(CONTENT_TYPE);
    }
    Some(request)
}

/// An absolute URL, one without a scheme, a path on the same host, or another query of the same path.
fn resolve(base: &Uri, location: &str) -> Option<Uri> {
    if location.starts_with("http://") || location.starts_with("https://") {
        return location.parse().ok();
    }
    let scheme = base.scheme_str()?;
    let origin = format!("{scheme}://{}", base.authority()?);
    let url = if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{origin}{location}")
    } else if location.starts_with('?') {
        format!("{origin}{}{location}", base.path())
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{origin}{folder}/{location}")
    };
    url.parse().ok()
}

/// What the client gets of the app's answer.
fn answer(mut response: Response<Bytes>) -> Result<Response<Bytes>, ForwardError> {
    strip_answer(response.headers_mut());
    let content_type = response.headers().get(CONTENT_TYPE);
    let is_liquid = content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().starts_with("application/liquid"));
    if !is_liquid {
        return Ok(response);
    }
    let text = String::from_utf8_lossy(response.body()).into_owned();
    if text.contains("{{") || text.contains("{%") {
        return Err(ForwardError::Liquid);
    }
    *response.body_mut() = layout("", &text).into();
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, html);
    Ok(response)
}
