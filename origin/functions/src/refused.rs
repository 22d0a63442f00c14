//! Problems as HTTP answers, and what the domain's refusals are called on the wire.

use axum::response::{IntoResponse, Response};
use edge_wire::headers::BOOKMARK;
use edge_wire::problem::{Code, MEDIA_TYPE, Problem};
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use origin_domain::cart;
use origin_domain::loyalty::{LoyaltyRefusal, Points, REDEMPTIONS_MAX};
use origin_domain::port::PortError;

/// An answer that is a refusal.
#[derive(Debug, Clone)]
pub struct Refused(pub Box<Problem>);

// === impl Refused ===

impl Refused {
    /// A refusal with its detail.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem::new(code, detail)))
    }

    /// The cart is no more: another one holds all that was in it.
    pub(crate) fn merged(into: String) -> Self {
        let mut refused = Self::new(
            Code::CartMerged,
            "Go on with the cart that `merged_into` names. Merge again with the bookmarks of this \
             one, and what they still miss is shown there.",
        );
        refused.0.merged_into = Some(into);
        refused
    }

    /// The command that is refused had been accepted before: this knows it.
    pub(crate) fn knowing(mut self, bookmark: String) -> Self {
        self.0.bookmark = Some(bookmark);
        self
    }

    /// Names a field at fault.
    #[must_use]
    pub fn at(self, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Box::new(self.0.at(field, message)))
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<PortError> for Refused {
    fn from(error: PortError) -> Self {
        tracing::error!(%error, "a port failed");
        if error.is_retryable() {
            Self::new(Code::Unavailable, "Nothing was acknowledged. Send the same request again.")
        } else {
            Self::new(Code::Internal, "Nothing was acknowledged. Please tell the merchant.")
        }
    }
}

impl From<cart::Refusal> for Refused {
    fn from(refusal: cart::Refusal) -> Self {
        match refusal {
            cart::Refusal::LineUnknown => {
                Self::new(Code::LineUnknown, "Read the cart again: the line is no longer there.")
            }
            cart::Refusal::Limit(limit) => over(limit),
            cart::Refusal::Merged { into, .. } => Self::merged(into),
            cart::Refusal::NotAGuest => {
                Self::new(Code::MergeImpossible, "Only a guest's cart goes into another.")
                    .at("/from", "is a customer's own cart")
            }
            cart::Refusal::Conflict => conflict(),
            cart::Refusal::Expired => expired(),
            cart::Refusal::Port(error) => error.into(),
        }
    }
}

impl From<cart::MergedInto> for Refused {
    fn from(cart::MergedInto(into): cart::MergedInto) -> Self {
        Self::merged(into)
    }
}

impl From<LoyaltyRefusal> for Refused {
    fn from(refusal: LoyaltyRefusal) -> Self {
        match refusal {
            LoyaltyRefusal::RewardUnknown => {
                let detail = "Read the programme again: the reward is not offered.";
                Self::new(Code::RewardUnknown, detail).at("/reward", "is not offered")
            }
            LoyaltyRefusal::OtherPrice(Points(points)) => {
                let detail = format!("The reward costs {points} points now.");
                Self::new(Code::PointsMismatch, detail).at("/points", format!("is not {points}"))
            }
            LoyaltyRefusal::Uncovered(Points(available)) => {
                let detail = format!("{available} points are available.");
                Self::new(Code::PointsInsufficient, detail).at("/points", "is more than that")
            }
            LoyaltyRefusal::TooMany => Self::new(
                Code::TooManyRedemptions,
                format!("An account takes {REDEMPTIONS_MAX} redemptions in 15 days."),
            ),
            LoyaltyRefusal::TooManyPending => Self::new(
                Code::TooManyPending,
                "Earlier redemptions of this client are still on their way. Read, then retry.",
            ),
            LoyaltyRefusal::Conflict => conflict(),
            LoyaltyRefusal::Expired => expired(),
            LoyaltyRefusal::Port(error) => error.into(),
        }
    }
}

fn conflict() -> Refused {
    let detail = "A key names one command. Use a new key for a new command.";
    Refused::new(Code::IdempotencyConflict, detail)
}

fn expired() -> Refused {
    let detail = "The key was first used over 12 hours ago. Read again, then use a new key.";
    Refused::new(Code::IdempotencyKeyExpired, detail)
}

/// The refusal travels to the [`finish`](crate::finish) layer, which knows the path it is about.
impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The refusal as the viewer gets it.
pub(crate) fn render(refused: Refused, path: &str) -> Response {
    let mut problem = *refused.0;
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

fn over(limit: cart::Limit) -> Refused {
    match limit {
        cart::Limit::Lines => {
            Refused::new(Code::CartFull, format!("A cart holds {} lines.", cart::LINES_MAX))
        }
        cart::Limit::Quantity => Refused::new(
            Code::QuantityOutOfRange,
            format!("A line holds at most {}.", cart::QUANTITY_MAX),
        )
        .at("/quantity", "the line would hold too many"),
        cart::Limit::Bytes => Refused::new(
            Code::CartFull,
            format!("A cart holds {} KiB.", cart::ENCODED_BYTES_MAX / 1024),
        ),
        cart::Limit::Total => Refused::new(Code::CartFull, "The cart's total is out of range."),
        cart::Limit::Commands => Refused::new(
            Code::TooManyCommands,
            format!("A cart takes {} changes in 48 hours.", cart::COMMANDS_MAX),
        ),
        cart::Limit::Pending => Refused::new(
            Code::TooManyPending,
            "Earlier changes of this client are still on their way. Read the cart, then retry.",
        ),
    }
}
