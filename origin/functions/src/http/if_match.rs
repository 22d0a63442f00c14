//! Versions of published documents: sent as an `ETag`, and expected by `If-Match`, which detects a
//! lost race.

use axum::extract::FromRequestParts;
use edge_wire::problem::Code;
use http::header::IF_MATCH;
use http::request::Parts;

use crate::http::http_problem::HttpProblem;

/// The version that `If-Match` names, if it was sent; `"0"` requires that no version exists.
pub(crate) struct IfMatch(pub(crate) Option<u64>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpProblem> {
        let Some(value) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default().trim();
        let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let version = inner.and_then(|text| text.parse().ok());
        version.map(|version| Self(Some(version))).ok_or_else(|| {
            HttpProblem::new(Code::Malformed, "Send the ETag of the version you have read.")
                .at("header:if-match", "is not a version")
        })
    }
}

/// The tag of a version.
pub(crate) fn etag(version: u64) -> String {
    format!("\"{version}\"")
}
