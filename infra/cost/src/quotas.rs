//! What AWS allows an account that has not asked for more.

use serde::{Deserialize, Serialize};

/// Which quota.
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
    /// Write units a second that a table takes without having been asked before.
    TableWrites,
    /// Read units a second, the same.
    TableReads,
}

/// A quota in a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// How much.
    pub value: u64,
    /// What to ask for, where.
    pub ask: String,
    /// Who says so.
    pub source: String,
    /// When it was read.
    pub date: String,
}
