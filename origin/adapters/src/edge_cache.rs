//! The caches at the edge, on CloudFront: public responses have tags, and an invalidation names
//! them.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::timeout::TimeoutConfig;
use domain_catalog::{EdgeCache, PublicContent};
use domain_core::id::hex;
use domain_core::port::PortError;

use crate::aws::{AccessKey, CONNECT_MS_MAX};
use crate::operation::{AwsOperation, OperationConfig, Protocol};

/// Where CloudFront is called, wherever the shop is (AWS General Reference, "CloudFront
/// endpoints").
const ENDPOINT: &str = "https://cloudfront.amazonaws.com";
/// The region in the signature of a call to [`ENDPOINT`].
const REGION: &str = "us-east-1";
/// The version of CloudFront's API: a part of its paths and the name of its elements.
const API_VERSION: &str = "2020-05-31";
/// Longest wait for one attempt: CloudFront's control plane takes a second or two, no request
/// waits for it, and another attempt is another entry in its queue.
pub const INVALIDATION_ATTEMPT_MS_MAX: u64 = 5_000;
/// Longest time of one invalidation with all its attempts.
pub const INVALIDATION_MS_MAX: u64 = 12_000;

/// One CloudFront distribution.
#[derive(Debug, Clone)]
pub struct CloudFrontCache {
    create_invalidation: AwsOperation,
    random: fn() -> [u8; 16],
}

// === impl CloudFrontCache ===

impl CloudFrontCache {
    /// The distribution with this id; `random` names each invalidation.
    #[must_use]
    pub fn new(
        distribution: &str,
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
        let create_invalidation = OperationConfig {
            name: "invalidate",
            service: "cloudfront",
            protocol: Protocol::Xml {
                path: format!("/{API_VERSION}/distribution/{distribution}/invalidation"),
            },
            region: REGION.to_owned(),
            endpoint: endpoint.unwrap_or_else(|| ENDPOINT.to_owned()),
            timeouts,
        };
        let create_invalidation = AwsOperation::new(create_invalidation, access, http);
        Self { create_invalidation, random }
    }

    /// A new name: under a used one, CloudFront would do nothing and report success. The attempts
    /// of one request share it, so they are one invalidation.
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
        let batch = invalidation_batch(&tags, &self.reference());
        self.create_invalidation.send(batch.into_bytes()).await.map(|_| ())
    }
}

/// The request's body (CloudFront API Reference, "CreateInvalidation").
fn invalidation_batch(tags: &[String], reference: &str) -> String {
    let quantity = tags.len();
    let paths: String = tags.iter().map(|tag| format!("<Path>{}</Path>", escaped(tag))).collect();
    format!(
        "<InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/{API_VERSION}/\">\
         <Paths><Quantity>{quantity}</Quantity><Items>{paths}</Items></Paths>\
         <CallerReference>{reference}</CallerReference></InvalidationBatch>"
    )
}

/// Text between two XML tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
