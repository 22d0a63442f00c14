//! What AWS counts and charges for.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A service on the bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, VariantArray,
)]
#[serde(try_from = "String", into = "&'static str")]
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
    LambdaTimeX86,
    /// Time on arm64.
    LambdaTimeArm64,
    /// Provisioned warm environments on x86_64, in MB-milliseconds.
    LambdaWarmX86,
    /// Warm environments on arm64.
    LambdaWarmArm64,
    /// Time in warm environments on x86_64.
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

/// A million.
const MILLION: u128 = 1_000_000;
/// A gigabyte of a price, in the more expensive reading: 10^9 bytes.
const GB: u128 = 1_000_000_000;
/// A GB-second of Lambda: 1,024 MB for 1,000 ms.
const GB_SECOND: u128 = 1_024 * 1_000;

// === impl Item ===

impl Item {
    /// Every counted item.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Its name in a price file, the unit of its price, and the counted quantity in one unit.
    #[must_use]
    pub fn meter(self) -> (&'static str, &'static str, u128) {
        match self {
            Self::EdgeRequests => ("edge-requests", "10,000 requests", 10_000),
            Self::EdgeBytesOut => ("edge-bytes-out", "GB", GB),
            Self::EdgeBytesToOrigin => ("edge-bytes-to-origin", "GB", GB),
            Self::EdgeFunctionCalls => ("edge-function-calls", "million", MILLION),
            Self::EdgeStoreReads => ("edge-store-reads", "million", MILLION),
            Self::EdgeLambdaRequests => ("edge-lambda-requests", "million", MILLION),
            Self::EdgeLambdaTime => ("edge-lambda-time", "GB-second", GB_SECOND),
            Self::Invalidations => ("invalidations", "path", 1),
            Self::ApiRequests => ("api-requests", "million", MILLION),
            Self::LambdaRequests => ("lambda-requests", "million", MILLION),
            Self::LambdaTimeX86 => ("lambda-time-x86_64", "GB-second", GB_SECOND),
            Self::LambdaTimeArm64 => ("lambda-time-arm64", "GB-second", GB_SECOND),
            Self::LambdaWarmX86 => ("lambda-warm-x86_64", "GB-second", GB_SECOND),
            Self::LambdaWarmArm64 => ("lambda-warm-arm64", "GB-second", GB_SECOND),
            Self::LambdaWarmTimeX86 => ("lambda-warm-time-x86_64", "GB-second", GB_SECOND),
            Self::LambdaWarmTimeArm64 => ("lambda-warm-time-arm64", "GB-second", GB_SECOND),
            Self::TableWrites => ("table-writes", "million", MILLION),
            Self::TableReads => ("table-reads", "million", 2 * MILLION),
            Self::TableStored => ("table-stored", "GB-month", GB),
            Self::TableBackup => ("table-backup", "GB-month", GB),
            Self::Events => ("events", "million", MILLION),
            Self::ArchivedBytes => ("archived-bytes", "GB", GB),
            Self::ArchiveStored => ("archive-stored", "GB-month", GB),
            Self::QueueRequests => ("queue-requests", "million", MILLION),
            Self::LogBytes => ("log-bytes", "GB", GB),
            Self::LogStored => ("log-stored", "GB-month", GB),
            Self::Alarms => ("alarms", "alarm-month", 1),
            Self::Dashboards => ("dashboards", "dashboard-month", 1),
            Self::Secrets => ("secrets", "secret-month", 1),
        }
    }

    /// Its name in a price file.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.meter().0
    }

    /// Its service on the bill.
    #[must_use]
    pub fn service(self) -> Service {
        match self {
            Self::EdgeRequests
            | Self::EdgeBytesOut
            | Self::EdgeBytesToOrigin
            | Self::EdgeFunctionCalls
            | Self::EdgeStoreReads
            | Self::Invalidations => Service::CloudFront,
            Self::EdgeLambdaRequests | Self::EdgeLambdaTime => Service::LambdaEdge,
            Self::ApiRequests => Service::ApiGateway,
            Self::LambdaRequests
            | Self::LambdaTimeX86
            | Self::LambdaTimeArm64
            | Self::LambdaWarmX86
            | Self::LambdaWarmArm64
            | Self::LambdaWarmTimeX86
            | Self::LambdaWarmTimeArm64 => Service::Lambda,
            Self::TableWrites | Self::TableReads | Self::TableStored | Self::TableBackup => {
                Service::DynamoDb
            }
            Self::Events | Self::ArchivedBytes | Self::ArchiveStored => Service::EventBridge,
            Self::QueueRequests => Service::Sqs,
            Self::LogBytes | Self::LogStored | Self::Alarms | Self::Dashboards => {
                Service::CloudWatch
            }
            Self::Secrets => Service::SecretsManager,
        }
    }
}

impl From<Item> for &'static str {
    fn from(item: Item) -> Self {
        item.name()
    }
}

impl TryFrom<String> for Item {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let item = Self::ALL.iter().copied().find(|item| item.name() == name);
        item.ok_or_else(|| format!("there is no item `{name}`"))
    }
}

// === impl Service ===

impl std::fmt::Display for Service {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.pad(match self {
            Self::CloudFront => "CloudFront",
            Self::LambdaEdge => "Lambda@Edge",
            Self::ApiGateway => "API Gateway",
            Self::Lambda => "Lambda",
            Self::DynamoDb => "DynamoDB",
            Self::EventBridge => "EventBridge",
            Self::Sqs => "SQS",
            Self::CloudWatch => "CloudWatch",
            Self::SecretsManager => "Secrets Manager",
        })
    }
}
