//! What AWS counts and charges for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// A service on the bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Service {
    /// Requests, bytes, edge functions, invalidations.
    CloudFront,
    /// The edge function as Lambda@Edge.
    #[serde(rename = "Lambda@Edge")]
    LambdaEdge,
    /// The HTTP API in front of commands and webhooks.
    #[serde(rename = "API Gateway")]
    ApiGateway,
    /// Functions and consumers.
    Lambda,
    /// The two tables.
    #[serde(rename = "DynamoDB")]
    DynamoDb,
    /// The bus and its archive.
    EventBridge,
    /// The queues before the consumers.
    #[serde(rename = "SQS")]
    Sqs,
    /// Logs, alarms, the dashboard.
    CloudWatch,
    /// The secret.
    #[serde(rename = "Secrets Manager")]
    SecretsManager,
}

/// A counted item.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(try_from = "String", into = "&'static str")]
#[strum(serialize_all = "kebab-case")]
pub enum Item {
    /// HTTPS requests of viewers.
    EdgeRequests,
    /// Bytes from the edge to viewers.
    EdgeBytesOut,
    /// Bytes of bodies from the edge to origins.
    EdgeBytesToOrigin,
    /// Calls of the CloudFront Function.
    EdgeFunctionCalls,
    /// Reads of its key-value store.
    EdgeStoreReads,
    /// Calls of the Lambda@Edge function.
    EdgeLambdaRequests,
    /// Its time, in MB-milliseconds.
    EdgeLambdaTime,
    /// Invalidated paths and tags.
    Invalidations,
    /// Requests through the HTTP API.
    ApiRequests,
    /// Invocations.
    LambdaRequests,
    /// Time on x86_64, in MB-milliseconds.
    #[strum(serialize = "lambda-time-x86_64")]
    LambdaTimeX86,
    /// Time on arm64.
    LambdaTimeArm64,
    /// Provisioned warm environments on x86_64, in MB-milliseconds.
    #[strum(serialize = "lambda-warm-x86_64")]
    LambdaWarmX86,
    /// Warm environments on arm64.
    LambdaWarmArm64,
    /// Time in warm environments on x86_64.
    #[strum(serialize = "lambda-warm-time-x86_64")]
    LambdaWarmTimeX86,
    /// Time in warm environments on arm64.
    LambdaWarmTimeArm64,
    /// Write request units.
    TableWrites,
    /// Read request units, in halves.
    TableReads,
    /// Bytes stored for a month.
    TableStored,
    /// The same for point-in-time recovery.
    TableBackup,
    /// Events, in chunks of 64 KiB.
    Events,
    /// Bytes put into the archive.
    ArchivedBytes,
    /// Bytes in the archive for a month.
    ArchiveStored,
    /// Requests to queues.
    QueueRequests,
    /// Bytes written to logs.
    LogBytes,
    /// Bytes of logs stored for a month.
    LogStored,
    /// Alarms for a month.
    Alarms,
    /// Dashboards for a month.
    Dashboards,
    /// Secrets for a month.
    Secrets,
}

/// How AWS counts an item.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meter {
    /// Its service on the bill.
    pub service: Service,
    /// The unit of its price.
    pub unit: String,
    /// The counted quantity in one unit: of a GB 10^9 bytes, the more expensive reading; of a
    /// GB-second of Lambda 1,024 MB for 1,000 ms; of a million reads two million halves.
    pub per_unit: u64,
}

static METERS: LazyLock<BTreeMap<Item, Meter>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../meters.json")).expect("the file is part of the program")
});

// === impl Item ===

impl Item {
    /// Every counted item.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Its name in a price file.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// How it is counted.
    #[must_use]
    pub fn meter(self) -> &'static Meter {
        METERS.get(&self).expect("a test finds every item in the file")
    }
}

impl TryFrom<String> for Item {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse().map_err(|_| format!("there is no item `{name}`"))
    }
}

// === impl Service ===

/// Its serialised name.
impl std::fmt::Display for Service {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_has_a_meter() {
        let missing: Vec<_> = Item::ALL.iter().filter(|item| !METERS.contains_key(item)).collect();
        assert!(missing.is_empty(), "not in meters.json: {missing:?}");
    }
}
