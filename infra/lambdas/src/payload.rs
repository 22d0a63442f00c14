//! HTTP in the format in which a function URL or an HTTP API invokes a Lambda: payload version 2.0
//! (Lambda developer guide, "Invoking function URLs").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// An answer that is not an HTTP response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a payload of format 2.0: {0}")]
pub struct PayloadError(String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The event for a request. Bodies are base64, for every content type.
#[must_use]
pub fn to_payload(request: &Request<Bytes>) -> Bytes {
    let uri = request.uri();
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": uri.path(),
        "rawQueryString": uri.query().unwrap_or_default(),
        "headers": joined(request.headers()),
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": "local.lambda-url.local-1.on.aws",
            "domainPrefix": "local",
            "http": {
                "method": request.method().as_str(),
                "path": uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "Amazon CloudFront",
            },
            "requestId": "local",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_u64,
        },
        "body": STANDARD.encode(request.body()),
        "isBase64Encoded": true,
    });
    Bytes::from(event.to_string())
}

/// The response of an answer.
///
/// # Errors
/// [`PayloadError`] for anything a function URL would answer with 502.
pub fn from_payload(answer: &[u8]) -> Result<Response<Bytes>, PayloadError> {
    let payload_error = |error: &dyn std::fmt::Display| PayloadError(error.to_string());
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| payload_error(&error))?;
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded {
        Bytes::from(STANDARD.decode(body).map_err(|error| payload_error(&error))?)
    } else {
        Bytes::from(body)
    };
    let mut response = Response::new(body);
    *response.status_mut() = answer
        .status_code
        .try_into()
        .map_err(|_| payload_error(&"the status is no HTTP status"))?;
    for (name, value) in answer.headers {
        let value = value.as_str().map(str::to_owned).unwrap_or_else(|| value.to_string());
        let name = HeaderName::try_from(name).map_err(|error| payload_error(&error))?;
        let value = HeaderValue::try_from(value).map_err(|error| payload_error(&error))?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// Lower-case names, several values joined by commas, as in format 2.0.
fn joined(headers: &HeaderMap) -> Map<String, Value> {
    let value = |name: &HeaderName| {
        let values = headers.get_all(name).iter();
        let texts: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        Value::String(texts.join(","))
    };
    headers.keys().map(|name| (name.as_str().to_owned(), value(name))).collect()
}
