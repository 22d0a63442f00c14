//! The SDK's clients, and the names of the tables and the bus.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::operation::{AwsOperation, OperationConfig, Protocol};

use crate::table::TableName;

/// Longest wait for a connection: a TLS handshake within a region takes about 20 ms.
pub const CONNECT_MS_MAX: u64 = 500;
/// Longest wait for one attempt: ten times what DynamoDB needs for our largest batch.
pub const ATTEMPT_MS_MAX: u64 = 1_000;
/// Longest time of one operation with all its attempts. A command does three operations, of which
/// publishing has at most three rounds: ten seconds, below its function's and CloudFront's 30 s.
pub const OPERATION_MS_MAX: u64 = 2_000;
/// Attempts per operation. More would only add to the load of an outage: queues and clients retry,
/// too.
pub const ATTEMPTS_MAX: u32 = 3;
/// The wait before the second attempt is up to this, then doubles.
const BACKOFF_BASE_MS: u64 = 25;
/// No wait between attempts is longer.
const BACKOFF_MS_MAX: u64 = 250;

/// Endpoints, table names and credentials. A plain value: nothing is read from the environment.
#[derive(Debug, Clone)]
pub struct AwsConfig {
    /// The region of tables and bus.
    pub region: String,
    /// The credentials of the function's role.
    pub access: AccessKey,
    /// An endpoint instead of the region's own DynamoDB.
    pub dynamodb_endpoint: Option<String>,
    /// An endpoint instead of the region's own EventBridge.
    pub eventbridge_endpoint: Option<String>,
    /// An endpoint instead of the region's own Secrets Manager.
    pub secrets_manager_endpoint: Option<String>,
    /// The table of carts, accounts, products and blobs.
    pub hot_table: String,
    /// The table of command records.
    pub commands_table: String,
    /// The event bus.
    pub bus: String,
}

/// An AWS access key. Its `Debug` shows the id only.
#[derive(Clone)]
pub struct AccessKey {
    /// The key's id.
    pub id: String,
    /// The secret part.
    pub secret: String,
    /// The session token that belongs to a role's temporary key.
    pub session_token: Option<String>,
}

/// The clients and names that every adapter uses. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Aws(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dynamodb: aws_sdk_dynamodb::Client,
    put_events: AwsOperation,
    hot_table: String,
    commands_table: String,
    bus: String,
}

// === impl AccessKey ===

impl AccessKey {
    pub(crate) fn provider(&self) -> SharedCredentialsProvider {
        let Self { id, secret, session_token } = self.clone();
        SharedCredentialsProvider::new(Credentials::new(
            id,
            secret,
            session_token,
            None,
            "forecourt",
        ))
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

// === impl Aws ===

impl Aws {
    /// Builds the clients of tables and bus. The HTTP clients are arguments: on AWS
    /// [`crate::lambda_http_client`], elsewhere one that calls an embedded table.
    #[must_use]
    pub fn new(
        config: AwsConfig,
        dynamodb_http: SharedHttpClient,
        events_http: SharedHttpClient,
    ) -> Self {
        let mut dynamodb = aws_sdk_dynamodb::Config::builder()
            .behavior_version(behavior())
            .region(Region::new(config.region.clone()))
            .credentials_provider(config.access.provider())
            .retry_config(retries())
            .timeout_config(timeouts())
            .http_client(dynamodb_http);
        dynamodb.set_endpoint_url(config.dynamodb_endpoint);
        let put_events = OperationConfig {
            name: "put events",
            service: "events",
            protocol: Protocol::Json { target: "AWSEvents.PutEvents" },
            endpoint: endpoint(config.eventbridge_endpoint, "events", &config.region),
            region: config.region,
            timeouts: timeouts(),
        };
        Self(Arc::new(Inner {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            put_events: AwsOperation::new(put_events, &config.access, events_http),
            hot_table: config.hot_table,
            commands_table: config.commands_table,
            bus: config.bus,
        }))
    }

    pub(crate) fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        &self.0.dynamodb
    }

    pub(crate) fn put_events(&self) -> &AwsOperation {
        &self.0.put_events
    }

    pub(crate) fn table_name(&self, table: TableName) -> &str {
        match table {
            TableName::Hot => &self.0.hot_table,
            TableName::Commands => &self.0.commands_table,
        }
    }

    pub(crate) fn bus(&self) -> &str {
        &self.0.bus
    }
}

/// A configured endpoint or the region's own (AWS General Reference, "Service endpoints").
pub(crate) fn endpoint(configured: Option<String>, service: &str, region: &str) -> String {
    configured.unwrap_or_else(|| format!("https://{service}.{region}.amazonaws.com"))
}

/// The defaults of the SDK that we were tested with.
pub(crate) fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS_MAX)
        .with_initial_backoff(Duration::from_millis(BACKOFF_BASE_MS))
        .with_max_backoff(Duration::from_millis(BACKOFF_MS_MAX))
}

pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(CONNECT_MS_MAX))
        .operation_attempt_timeout(Duration::from_millis(ATTEMPT_MS_MAX))
        .operation_timeout(Duration::from_millis(OPERATION_MS_MAX))
        .build()
}
