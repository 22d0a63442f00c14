//! The caches at the edge, on CloudFront: public responses have tags, and an invalidation names
//! them.

use std::time::Duration;

use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::config::Builder;
use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::timeout::TimeoutConfig;
use domain_catalog::{EdgeCache, PublicContent};
use domain_core::id::hex;
use domain_core::port::PortError;

use crate::aws::{AccessKey, CONNECT_MS_MAX, sdk};
use crate::error::port_error;

/// Where CloudFront is called, wherever the shop is (AWS General Reference, "CloudFront
/// endpoints").
const CLOUDFRONT_REGION: &str = "us-east-1";
/// Longest wait for one attempt: CloudFront's control plane takes a second or two, no request
/// waits for it, and another attempt is another entry in its queue.
pub const INVALIDATION_ATTEMPT_MS_MAX: u64 = 5_000;
/// Longest time of one invalidation with all its attempts.
pub const INVALIDATION_MS_MAX: u64 = 12_000;

/// One CloudFront distribution.
#[derive(Debug, Clone)]
pub struct CloudFrontCache {
    client: Client,
    distribution: String,
    random: fn() -> [u8; 16],
}

// === impl CloudFrontCache ===

impl CloudFrontCache {
    /// The distribution with this id; `random` names each invalidation.
    #[must_use]
    pub fn new(
        distribution: String,
        access: &AccessKey,
        endpoint: Option<String>,
        http: SharedHttpClient,
        random: fn() -> [u8; 16],
    ) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_millis(CONNECT_MS_MAX))
            .operation_attempt_timeout(Duration::from_millis(INVALIDATION_ATTEMPT_MS_MAX))
            .operation_timeout(Duration::from_millis(INVALIDATION_MS_MAX))
            .build();
        let shared = sdk(CLOUDFRONT_REGION, access, endpoint, http);
        let client = Client::from_conf(Builder::from(&shared).timeout_config(timeouts).build());
        Self { client, distribution, random }
    }

    /// A new name: under a used one, CloudFront would do nothing and report success. The SDK's own
    /// attempts share it, so they are one invalidation.
    fn reference(&self) -> String {
        hex(&(self.random)())
    }
}

impl EdgeCache for CloudFrontCache {
    /// An acknowledgement means accepted: CloudFront then invalidates within seconds (95 % under 5
    /// s, "What's New", 2026-04-29).
    async fn invalidate(&self, contents: &[PublicContent]) -> Result<(), PortError> {
        let mut tags: Vec<String> = contents.iter().map(|one| format!("#{}", one.tag())).collect();
        // Each tag counts and costs like a path.
        tags.sort_unstable();
        tags.dedup();
        if tags.is_empty() {
            return Ok(());
        }
        let count = i32::try_from(tags.len()).unwrap_or(i32::MAX);
        let paths = Paths::builder().quantity(count).set_items(Some(tags)).build();
        let batch = paths.and_then(|paths| {
            InvalidationBatch::builder().paths(paths).caller_reference(self.reference()).build()
        });
        let batch = batch.map_err(|error| PortError::Corrupt(format!("invalidate: {error}")))?;
        let sent = self
            .client
            .create_invalidation()
            .distribution_id(&self.distribution)
            .invalidation_batch(batch)
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| port_error("invalidate", &error))
    }
}
