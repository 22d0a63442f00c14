//! Errors of the Ajax API.

use http::StatusCode;
use serde_json::{Value, json};

/// An error: `{"status":422,"message":"Cart Error","description":"…"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartError {
    /// The status.
    pub status: StatusCode,
    /// What kind of error.
    pub message: &'static str,
    /// What shoppers can read.
    pub description: String,
}

// === impl CartError ===

impl CartError {
    /// A request that can't be carried out: sold out, for one.
    pub(super) fn unprocessable(description: String) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, message: "Cart Error", description }
    }

    /// A variant that is not sold.
    pub(super) fn not_found(description: String) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: "Cart Error", description }
    }

    /// A malformed request.
    pub(super) fn bad_request(description: String) -> Self {
        let message = "Parameter Missing or Invalid";
        Self { status: StatusCode::BAD_REQUEST, message, description }
    }

    /// A request above a limit.
    pub(super) fn too_large(description: String) -> Self {
        let message = "Parameter Missing or Invalid";
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, message, description }
    }

    /// A request that Shopify could carry out.
    pub(super) fn not_emulated(description: &str) -> Self {
        let description = description.to_owned();
        Self { status: StatusCode::NOT_IMPLEMENTED, message: "Not emulated", description }
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({
            "status": self.status.as_u16(),
            "message": self.message,
            "description": self.description,
        })
    }
}
