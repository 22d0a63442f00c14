//! Answers of the storefront.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

/// What a route answers with.
pub(super) enum Reply {
    Json(Value),
    Html(String),
    Script(String),
    SeeOther(String),
}

// === impl Reply ===

impl Reply {
    pub(super) fn response(self, cookies: Vec<String>) -> Response<Bytes> {
        let mut response = match self {
            Self::Json(body) => response(StatusCode::OK, "application/json", body.to_string()),
            Self::Html(page) => response(StatusCode::OK, "text/html", page),
            Self::Script(script) => response(StatusCode::OK, "text/javascript", script),
            Self::SeeOther(location) => {
                let mut response = response(StatusCode::FOUND, "text/html", String::new());
                if let Ok(location) = HeaderValue::from_str(&location) {
                    response.headers_mut().insert(LOCATION, location);
                }
                response
            }
        };
        for cookie in cookies {
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
        }
        response
    }
}

pub(super) fn response(status: StatusCode, media_type: &str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_str(&format!("{media_type}; charset=utf-8"));
    if let Ok(content_type) = content_type {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
