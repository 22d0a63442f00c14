//! What an answer means.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

use super::bucket::THROTTLED_PAUSE_MS;
use super::error::{AdminError, GraphqlError, UserError};
use super::transport::AdminAnswer;

/// What an operation costs, and what is left: the member `extensions.cost`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// Points that must be available before it runs.
    #[serde(rename = "requestedQueryCost", deserialize_with = "whole")]
    pub requested: u64,
    /// The state of the bucket after it.
    #[serde(rename = "throttleStatus")]
    pub status: ThrottleStatus,
}

/// The state of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThrottleStatus {
    /// Points of a full one.
    #[serde(deserialize_with = "whole")]
    pub maximum_available: u64,
    /// Points in it.
    #[serde(deserialize_with = "whole")]
    pub currently_available: u64,
    /// Points that come back in a second.
    #[serde(deserialize_with = "whole")]
    pub restore_rate: u64,
}

/// An answer, read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) cost: Option<Cost>,
    pub(super) data: Result<Box<RawValue>, AdminError>,
}

/// Shopify has answered 401: the token is refused.
pub(super) const UNAUTHORIZED: u16 = 401;

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    data: Option<Box<RawValue>>,
    #[serde(default)]
    errors: Option<Value>,
    #[serde(default)]
    extensions: Option<Extensions>,
}

#[derive(Deserialize)]
struct Extensions {
    #[serde(default)]
    cost: Option<Value>,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default, rename = "userErrors")]
    user_errors: Vec<UserError>,
}

// === impl Reading ===

impl Reading {
    /// Reads an answer.
    pub(super) fn of(answer: &AdminAnswer) -> Self {
        let envelope = serde_json::from_slice::<Envelope>(&answer.body);
        let cost = envelope.as_ref().ok().and_then(Envelope::cost);
        let data = match answer.status {
            200 => envelope.map_err(|error| unreadable(&error)).and_then(Envelope::data),
            UNAUTHORIZED => Err(AdminError::TokenRefused),
            429 => {
                let wait_ms = answer.retry_after_s.map_or(THROTTLED_PAUSE_MS, |s| s * 1_000);
                Err(AdminError::Throttled { wait_ms })
            }
            408 | 500..=599 => Err(AdminError::Unavailable {
                reason: format!("status {}", answer.status),
                may_be_done: true,
            }),
            status => Err(AdminError::Status { status }),
        };
        Self { cost, data }
    }
}

// === impl Envelope ===

impl Envelope {
    fn cost(&self) -> Option<Cost> {
        let cost = self.extensions.as_ref()?.cost.as_ref()?;
        serde_json::from_value(cost.clone()).ok()
    }

    fn data(self) -> Result<Box<RawValue>, AdminError> {
        if let Some(errors) = self.errors {
            let errors = errors_of(&errors);
            return Err(if errors.iter().any(|error| error.code() == "THROTTLED") {
                AdminError::Throttled { wait_ms: THROTTLED_PAUSE_MS }
            } else {
                AdminError::Graphql(errors)
            });
        }
        let reason = "it has no data".to_owned();
        let data = self.data.ok_or(AdminError::Unreadable { reason })?;
        let roots: BTreeMap<String, &RawValue> =
            serde_json::from_str(data.get()).map_err(|error| unreadable(&error))?;
        for root in roots.values().filter(|root| root.get().starts_with('{')) {
            let payload: Payload =
                serde_json::from_str(root.get()).map_err(|error| unreadable(&error))?;
            if !payload.user_errors.is_empty() {
                return Err(AdminError::User(payload.user_errors));
            }
        }
        Ok(data)
    }
}

/// A list of objects, or one text where a request did not get as far as GraphQL.
fn errors_of(errors: &Value) -> Vec<GraphqlError> {
    let error = |error: &Value| GraphqlError {
        message: error["message"].as_str().or(error.as_str()).unwrap_or("no message").to_owned(),
        code: error["extensions"]["code"].as_str().map(str::to_owned),
    };
    match errors {
        Value::Array(errors) => errors.iter().map(error).collect(),
        other => vec![error(other)],
    }
}

/// The error names a place in the answer, not its content.
pub(super) fn unreadable(error: &serde_json::Error) -> AdminError {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a member is missing or of another type",
        _ => "it is no JSON",
    };
    let (line, column) = (error.line(), error.column());
    AdminError::Unreadable { reason: format!("{what}, at line {line} column {column}") }
}

/// Points, which Shopify writes as `1000.0` in places.
fn whole<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = serde_json::Number::deserialize(from)?.to_string();
    let digits = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
    digits.parse().map_err(serde::de::Error::custom)
}
