//! AWS's default quotas of an account.

use serde::{Deserialize, Serialize};

/// The name of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaName {
    /// `PutEvents` requests a second.
    PutEvents,
    /// Deliveries from rules to queues a second.
    RuleDeliveries,
    /// Lambda environments at once, of the whole account.
    LambdaEnvironments,
    /// Requests a second through the HTTP API.
    ApiRequests,
    /// Requests a second of a distribution.
    EdgeRequests,
    /// Bits a second of a distribution.
    EdgeBits,
    /// Calls of Lambda@Edge a second.
    EdgeLambdaRequests,
    /// Environments of Lambda@Edge at once.
    EdgeLambdaEnvironments,
    /// Write units a second of a new on-demand table.
    TableWrites,
    /// Read units a second of a new on-demand table.
    TableReads,
}

/// A quota in a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// The value.
    pub value: u64,
    /// How to request more.
    pub ask: String,
    /// The source.
    pub source: String,
    /// The date of the source.
    pub date: String,
}
