//! AWS JSON 1.1: `PutEvents` in, its answer or a typed error out.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use http::{Method, Response, StatusCode, Uri};
use http_body_util::Full;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::entry::{Entry, EntryError};
use crate::error::PutError;

/// The protocol's media type.
const MEDIA_TYPE: &str = "application/x-amz-json-1.1";

/// The prefix of EventBridge's operations.
const TARGET_PREFIX: &str = "AWSEvents.";

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The error of a request that was rejected before any entry was checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RequestError {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    entries: Option<Vec<Entry>>,
    endpoint_id: Option<IgnoredAny>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    failed_entry_count: usize,
    entries: Vec<AnswerEntry<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum AnswerEntry<'a> {
    #[serde(rename_all = "PascalCase")]
    Accepted {
        event_id: &'a str,
    },
    Failed(&'a EntryError),
}

#[derive(Serialize)]
struct TypedError<'a> {
    #[serde(rename = "__type")]
    kind: &'a str,
    message: &'a str,
}

/// Whether the request's head is that of a `PutEvents`.
pub(crate) fn check_head(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), RequestError> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    if method != Method::POST || uri.path() != "/" {
        let message = "PutEvents is POST / with X-Amz-Target: AWSEvents.PutEvents.";
        return Err(RequestError::unknown_operation(StatusCode::NOT_FOUND, message));
    }
    match header(TARGET).strip_prefix(TARGET_PREFIX) {
        Some("PutEvents") => {}
        Some(operation) => {
            let message = format!("{operation} is not emulated by this bus.");
            return Err(RequestError::unknown_operation(StatusCode::BAD_REQUEST, message));
        }
        None => {
            let message = "X-Amz-Target names no operation of EventBridge.";
            return Err(RequestError::unknown_operation(StatusCode::BAD_REQUEST, message));
        }
    }
    if header(CONTENT_TYPE).split(';').next().map(str::trim) != Some(MEDIA_TYPE) {
        return Err(RequestError {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            kind: "UnsupportedMediaTypeException",
            message: format!("Content-Type must be {MEDIA_TYPE}."),
        });
    }
    Ok(())
}

/// The entries of a request's body.
pub(crate) fn entries_in(body: &[u8]) -> Result<Vec<Entry>, RequestError> {
    let request: Request = serde_json::from_slice(body).map_err(|error| RequestError {
        status: StatusCode::BAD_REQUEST,
        kind: "SerializationException",
        message: error.to_string(),
    })?;
    if request.endpoint_id.is_some() {
        return Err(RequestError::validation("EndpointId is not emulated by this bus."));
    }
    request.entries.ok_or_else(|| {
        RequestError::validation(
            "1 validation error detected: Value null at 'entries' failed to satisfy constraint: \
             Member must not be null",
        )
    })
}

/// The response to a request whose entries were checked.
pub(crate) fn answer(results: &[Result<String, EntryError>], id: &str) -> Response<Full<Bytes>> {
    let entries = results.iter().map(|result| match result {
        Ok(event_id) => AnswerEntry::Accepted { event_id },
        Err(error) => AnswerEntry::Failed(error),
    });
    let failed_entry_count = results.iter().filter(|result| result.is_err()).count();
    respond(StatusCode::OK, &Answer { failed_entry_count, entries: entries.collect() }, id)
}

// === impl RequestError ===

impl RequestError {
    pub(crate) fn too_large(bytes_max: usize) -> Self {
        Self {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            kind: "RequestEntityTooLargeException",
            message: format!("The request body is longer than {bytes_max} bytes."),
        }
    }

    pub(crate) fn unread_body() -> Self {
        Self {
            status: StatusCode::REQUEST_TIMEOUT,
            kind: "RequestTimeoutException",
            message: "The request body did not arrive in time.".to_owned(),
        }
    }

    pub(crate) fn into_response(self, id: &str) -> Response<Full<Bytes>> {
        respond(self.status, &TypedError { kind: self.kind, message: &self.message }, id)
    }

    fn validation(message: impl Into<String>) -> Self {
        let status = StatusCode::BAD_REQUEST;
        Self { status, kind: "ValidationException", message: message.into() }
    }

    fn unknown_operation(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, kind: "UnknownOperationException", message: message.into() }
    }
}

impl From<PutError> for RequestError {
    fn from(error: PutError) -> Self {
        let message = error.to_string();
        let (status, kind) = match error {
            PutError::Validation(_) => (StatusCode::BAD_REQUEST, "ValidationException"),
            PutError::Throttled => (StatusCode::BAD_REQUEST, "ThrottlingException"),
            PutError::ShuttingDown => {
                (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableException")
            }
            PutError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalException"),
        };
        Self { status, kind, message }
    }
}

fn respond(status: StatusCode, body: &impl Serialize, id: &str) -> Response<Full<Bytes>> {
    let body = serde_json::to_vec(body).expect("our own answers have only string keys");
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, MEDIA_TYPE)
        .header(REQUEST_ID, id)
        .body(Full::new(Bytes::from(body)))
        .expect("a status, two plain headers and a body make a response")
}
