//! Why the client gets no answer of the app.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};

use crate::http_client::HttpError;

/// Why a request is not forwarded, or its answer not returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForwardError {
    /// Another path.
    #[error("The App Proxy is not at this path.")]
    Path,
    /// A body above [`REQUEST_BYTES_MAX`](super::REQUEST_BYTES_MAX).
    #[error("The body is too long.")]
    BodyTooLong,
    /// A URL above [`URL_BYTES_MAX`](super::URL_BYTES_MAX).
    #[error("The URL is too long.")]
    UrlTooLong,
    /// The app's configuration.
    #[error("The app's proxy URL is not a URL.")]
    ProxyUrl,
    /// No answer.
    #[error("The app does not answer: {0}.")]
    NoAnswer(HttpError),
    /// A redirect without a URL.
    #[error("The app redirects to no URL.")]
    NoLocation,
    /// More than [`REDIRECTS_MAX`](super::REDIRECTS_MAX) redirects.
    #[error("The app redirects too often.")]
    Redirects,
    /// An answer with Liquid in it.
    #[error(
        "The local Shopify shows answers of the type application/liquid inside a page, but \
         executes no Liquid."
    )]
    Liquid,
}

// === impl ForwardError ===

impl ForwardError {
    /// What the client gets instead.
    #[must_use]
    pub fn response(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(format!("{self}\n")));
        *response.status_mut() = match self {
            Self::Path => StatusCode::NOT_FOUND,
            Self::BodyTooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UrlTooLong => StatusCode::URI_TOO_LONG,
            Self::Liquid => StatusCode::NOT_IMPLEMENTED,
            Self::ProxyUrl | Self::NoAnswer(_) | Self::NoLocation | Self::Redirects => {
                StatusCode::BAD_GATEWAY
            }
        };
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, text);
        response
    }
}
