//! Problems as HTTP responses, and the problem of each domain rejection.

use axum::response::{IntoResponse, Response};
use domain_cart::CartRejection;
use domain_core::port::PortError;
use domain_core::resource::{MergedInto, Rejection};
use domain_core::time::SECOND_MS;
use domain_loyalty::{LoyaltyRejection, Points, REDEMPTIONS_MAX};
use edge_wire::headers::BOOKMARK;
use edge_wire::problem::{Code, MEDIA_TYPE, Problem};
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

/// A problem (RFC 9457) as an HTTP response.
#[derive(Debug, Clone)]
pub struct HttpProblem(pub Box<Problem>);

// === impl HttpProblem ===

impl HttpProblem {
    /// A problem with its detail.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem::new(code, detail)))
    }

    /// The cart was merged: the customer's own holds its contents. Its name would tell a guest who
    /// the customer is.
    pub(crate) fn merged() -> Self {
        Self::new(
            Code::CartMerged,
            "Continue with the customer's cart: POST /v1/carts with the customer's token returns it. \
             To see this cart's pending commands there, merge again with its bookmarks.",
        )
    }

    /// Adds a bookmark that holds the rejected command, which had been accepted before.
    pub(crate) fn with_bookmark(mut self, bookmark: String) -> Self {
        self.0.bookmark = Some(bookmark);
        self
    }

    /// Says when the same request can succeed, rounded up to a second.
    #[must_use]
    pub(crate) fn retry_after_ms(mut self, wait_ms: u64) -> Self {
        let seconds = wait_ms.div_ceil(SECOND_MS).max(1);
        self.0.retry_after_s = Some(u32::try_from(seconds).unwrap_or(u32::MAX));
        self
    }

    /// Names an invalid field.
    #[must_use]
    pub fn at(self, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Box::new(self.0.at(field, message)))
    }
}

impl From<Problem> for HttpProblem {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<PortError> for HttpProblem {
    fn from(error: PortError) -> Self {
        tracing::error!(%error, "a port failed");
        if error.is_retryable() {
            Self::new(Code::Unavailable, "Nothing was acknowledged. Send the same request again.")
        } else {
            Self::new(Code::Internal, "Nothing was acknowledged. Report this to the merchant.")
        }
    }
}

impl<X: Into<HttpProblem>> From<Rejection<X>> for HttpProblem {
    fn from(rejection: Rejection<X>) -> Self {
        match rejection {
            Rejection::Check(rejection) => rejection.into(),
            Rejection::TooManyPending => Self::new(
                Code::TooManyPending,
                "Earlier changes of this client are still pending. Read, then retry.",
            ),
            Rejection::Conflict => Self::new(
                Code::IdempotencyConflict,
                "A key names one command. Use a new key for a new command.",
            ),
            Rejection::Expired => Self::new(
                Code::IdempotencyKeyExpired,
                "The key was first used over 12 hours ago. Read again, then use a new key.",
            ),
            Rejection::Merged { .. } => Self::merged(),
            Rejection::Port(error) => error.into(),
        }
    }
}

impl From<MergedInto> for HttpProblem {
    fn from(_: MergedInto) -> Self {
        Self::merged()
    }
}

impl From<CartRejection> for HttpProblem {
    fn from(rejection: CartRejection) -> Self {
        match rejection {
            CartRejection::LineUnknown => {
                Self::new(Code::LineUnknown, "Read the cart again: the line is no longer there.")
            }
            CartRejection::NotSold(reason) => reason.into(),
            CartRejection::Limit(limit) => limit_problem(limit),
            CartRejection::NotAGuest => {
                Self::new(Code::MergeImpossible, "Only a guest's cart can be merged into another.")
                    .at("/from", "is a customer's own cart")
            }
        }
    }
}

impl From<LoyaltyRejection> for HttpProblem {
    fn from(rejection: LoyaltyRejection) -> Self {
        match rejection {
            LoyaltyRejection::RewardUnknown => {
                let detail = "Read the program again: the reward is not offered.";
                Self::new(Code::RewardUnknown, detail).at("/reward", "is not offered")
            }
            LoyaltyRejection::OtherPrice(Points(points)) => {
                let detail = format!("The reward costs {points} points now.");
                Self::new(Code::PointsMismatch, detail).at("/points", format!("is not {points}"))
            }
            LoyaltyRejection::Uncovered(Points(available)) => {
                let detail = format!("{available} points are available.");
                Self::new(Code::PointsInsufficient, detail).at("/points", "is more than that")
            }
            LoyaltyRejection::TooMany { wait_ms } => Self::new(
                Code::TooManyRedemptions,
                format!("An account takes {REDEMPTIONS_MAX} redemptions in 15 days."),
            )
            .retry_after_ms(wait_ms),
        }
    }
}

/// Passes the problem to the [`response_policy`](crate::http::response_policy) layer, which knows the
/// request's path.
impl IntoResponse for HttpProblem {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The problem as the viewer receives it.
pub(crate) fn render(problem: HttpProblem, path: &str) -> Response {
    let mut problem = *problem.0;
    path.clone_into(&mut problem.instance);
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = (status, [(CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
    let headers = response.headers_mut();
    if let Some(seconds) = problem.retry_after_s {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(allow) = problem.allow.and_then(|allow| allow.parse().ok()) {
        headers.insert(ALLOW, allow);
    }
    if let Some(bookmark) = problem.bookmark.and_then(|bookmark| bookmark.parse().ok()) {
        headers.insert(BOOKMARK, bookmark);
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn limit_problem(limit: domain_cart::Limit) -> HttpProblem {
    match limit {
        domain_cart::Limit::Lines => HttpProblem::new(
            Code::CartFull,
            format!("A cart holds {} lines.", domain_cart::LINES_MAX),
        ),
        domain_cart::Limit::Quantity => HttpProblem::new(
            Code::QuantityOutOfRange,
            format!("A line holds at most {}.", domain_cart::QUANTITY_MAX),
        )
        .at("/quantity", "the line would hold too many"),
        domain_cart::Limit::Bytes => HttpProblem::new(
            Code::CartFull,
            format!("A cart holds {} KiB.", domain_cart::ENCODED_BYTES_MAX / 1024),
        ),
        domain_cart::Limit::Total => {
            HttpProblem::new(Code::CartFull, "The cart's total is out of range.")
        }
        domain_cart::Limit::Commands { wait_ms } => HttpProblem::new(
            Code::TooManyCommands,
            format!("A cart takes {} changes in 48 hours.", domain_cart::COMMANDS_MAX),
        )
        .retry_after_ms(wait_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry_after(problem: impl Into<HttpProblem>) -> Option<String> {
        let response = render(problem.into(), "/v1/cart");
        Some(response.headers().get(RETRY_AFTER)?.to_str().ok()?.to_owned())
    }

    #[test]
    fn every_wait_is_stated_in_seconds_rounded_up() {
        let commands = domain_cart::Limit::Commands { wait_ms: 86_400_001 };
        assert_eq!(retry_after(CartRejection::Limit(commands)).as_deref(), Some("86401"));
        let redemptions = LoyaltyRejection::TooMany { wait_ms: 0 };
        assert_eq!(retry_after(redemptions).as_deref(), Some("1"), "never no wait at all");
        let pending = Rejection::<CartRejection>::TooManyPending;
        assert_eq!(retry_after(pending).as_deref(), Some("5"));
        let port = PortError::Unavailable("the table".to_owned());
        assert_eq!(retry_after(port).as_deref(), Some("3"));
        assert_eq!(retry_after(CartRejection::LineUnknown), None, "no wait helps");
    }
}
