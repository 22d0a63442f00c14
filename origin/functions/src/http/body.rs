//! Request bodies: extractors that bound them, and reject invalid JSON with the invalid field.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use domain_core::json_pointer;
use edge_wire::problem::Code;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::http::http_problem::HttpProblem;

/// Most bytes of a command's body.
pub(crate) const COMMAND_BYTES_MAX: usize = 64 * 1024;
/// Most bytes of a webhook's body: Lambda takes 6 MB an invocation, base64 included.
pub(crate) const WEBHOOK_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Most bytes of a product document as sent.
pub(crate) const PRODUCT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most bytes of a product document unpacked.
pub(crate) const PRODUCT_UNPACKED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The content coding of a plain body (RFC 9110 section 12.5.3).
const IDENTITY: &str = "identity";

/// A body of at most `BYTES_MAX`: 413 beyond, 400 if it ends early, 415 if it is encoded.
#[derive(Debug)]
pub(crate) struct Bounded<const BYTES_MAX: usize>(pub(crate) Bytes);

/// The request declares its body as JSON; otherwise 415.
#[derive(Debug)]
pub(crate) struct DeclaredJson;

/// A small JSON document: declared as JSON, at most [`COMMAND_BYTES_MAX`], and valid.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Sync, const BYTES_MAX: usize> FromRequest<S> for Bounded<BYTES_MAX> {
    type Rejection = HttpProblem;

    async fn from_request(request: Request, _: &S) -> Result<Self, HttpProblem> {
        let (parts, body) = request.into_parts();
        expect_unencoded(&parts.headers)?;
        read(&parts.headers, body, BYTES_MAX).await.map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for DeclaredJson {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpProblem> {
        expect_json(&parts.headers).map(|()| Self)
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = HttpProblem;

    async fn from_request(request: Request, shop: &S) -> Result<Self, HttpProblem> {
        expect_json(request.headers())?;
        let Bounded(bytes) = Bounded::<COMMAND_BYTES_MAX>::from_request(request, shop).await?;
        parse(&bytes).map(Self)
    }
}

/// Reads a body of at most `bytes_max`.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<Bytes, HttpProblem> {
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

/// Checks that a body is not compressed: 415. To read one as if it were plain would be a guess.
pub(super) fn expect_unencoded(headers: &HeaderMap) -> Result<(), HttpProblem> {
    match headers.get_all(CONTENT_ENCODING).iter().all(|encoding| encoding == IDENTITY) {
        true => Ok(()),
        false => {
            let detail = "Send the body plain, without Content-Encoding.";
            Err(HttpProblem::new(Code::ContentTypeUnsupported, detail)
                .at("header:content-encoding", "is not supported here"))
        }
    }
}

/// Checks that a body is declared as JSON: 415.
pub(super) fn expect_json(headers: &HeaderMap) -> Result<(), HttpProblem> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|value| value.split(';').next()).map(str::trim);
    if essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return Ok(());
    }
    Err(HttpProblem::new(Code::ContentTypeUnsupported, "Send Content-Type: application/json."))
}

/// Reads a JSON document into `T`, or 400 with a JSON Pointer to the invalid field.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, HttpProblem> {
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

/// The JSON Pointer of a path.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer = json_pointer::member(&pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}
