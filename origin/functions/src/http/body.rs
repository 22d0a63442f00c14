//! Request bodies: bounded, JSON, and rejected with the invalid field.

use axum::body::Body;
use bytes::Bytes;
use edge_wire::problem::Code;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::http::http_problem::HttpProblem;

/// Most bytes of a command's body.
pub const COMMAND_BYTES_MAX: usize = 64 * 1024;
/// Most bytes of a webhook's body: Lambda takes 6 MB an invocation, base64 included.
pub const WEBHOOK_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Most bytes of a product document as sent.
pub const PRODUCT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most bytes of a product document unpacked.
pub const PRODUCT_UNPACKED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Reads a body of at most `bytes_max`.
///
/// # Errors
/// 413 past the bound, 400 for a body that ends early.
pub async fn read(headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Bytes, HttpProblem> {
    let too_large = || {
        let detail = format!("This route takes at most {bytes_max} bytes.");
        HttpProblem::new(Code::BodyTooLarge, detail)
    };
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: u64| length > bytes_max as u64)
    {
        return Err(too_large());
    }
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(HttpProblem::new(Code::Malformed, "The body ended early.")),
    }
}

/// Checks that a body is declared as JSON.
///
/// # Errors
/// 415.
pub fn expect_json(headers: &HeaderMap) -> Result<(), HttpProblem> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|value| value.split(';').next()).map(str::trim);
    if essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return Ok(());
    }
    Err(HttpProblem::new(Code::ContentTypeUnsupported, "Send Content-Type: application/json."))
}

/// Reads a JSON document into `T`.
///
/// # Errors
/// 400 with a JSON Pointer to the invalid field.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, HttpProblem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        let message = error.into_inner().to_string();
        HttpProblem::new(Code::Malformed, "The body does not match what this route takes.")
            .at(pointer, message)
    })?;
    reader.end().map_err(|error| {
        HttpProblem::new(Code::Malformed, "The body continues after the JSON document.")
            .at("", error.to_string())
    })?;
    Ok(parsed)
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}
