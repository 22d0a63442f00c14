//! The queues on SQS, as far as a consumer acts on them: Lambda receives and deletes messages itself.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use domain_core::port::PortError;
use serde::Serialize;

use crate::aws::{AwsConfig, endpoint, timeouts};
use crate::error::corrupt;
use crate::operation::{AwsOperation, OperationConfig, Protocol};

/// The suffix of the queue that has a queue's dead letters (`infra/cdk/lib/events.ts`).
const DEAD: &str = "-dead";
/// Longest text of an attribute: enough for an error, and far from what a message may have.
pub const ATTRIBUTE_BYTES_MAX: usize = 1_024;

/// One receipt of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The ARN of its queue.
    pub queue_arn: String,
    /// Names this receipt of the message.
    pub handle: String,
    /// The message.
    pub body: String,
}

/// SQS.
#[derive(Debug, Clone)]
pub struct SqsQueues {
    hide: AwsOperation,
    send: AwsOperation,
    endpoint: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ChangeMessageVisibility<'a> {
    queue_url: String,
    receipt_handle: &'a str,
    visibility_timeout: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage<'a> {
    queue_url: String,
    message_body: &'a str,
    message_attributes: BTreeMap<&'a str, Attribute>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    data_type: &'static str,
    string_value: String,
}

// === impl SqsQueues ===

impl SqsQueues {
    /// The queues of the configured region.
    #[must_use]
    pub fn new(config: &AwsConfig, configured: Option<String>, http: SharedHttpClient) -> Self {
        let endpoint = endpoint(configured, "sqs", &config.region);
        let operation = |name, target| {
            let operation = OperationConfig {
                name,
                service: "sqs",
                protocol: Protocol::Json10 { target },
                endpoint: endpoint.clone(),
                region: config.region.clone(),
                timeouts: timeouts(),
            };
            AwsOperation::new(operation, &config.access, http.clone())
        };
        Self {
            hide: operation("postpone a message", "AmazonSQS.ChangeMessageVisibility"),
            send: operation("send a dead letter", "AmazonSQS.SendMessage"),
            endpoint: endpoint.clone(),
        }
    }

    /// Hides a message for so many seconds from now.
    ///
    /// # Errors
    /// [`PortError`]; it stays hidden for the timeout of its queue.
    pub async fn postpone(&self, receipt: &Receipt, seconds: u32) -> Result<(), PortError> {
        let request = ChangeMessageVisibility {
            queue_url: self.url(&receipt.queue_arn, "")?,
            receipt_handle: &receipt.handle,
            visibility_timeout: seconds,
        };
        self.hide.send(json(&request)?).await.map(|_| ())
    }

    /// Sends a message to the dead letters of its queue, with these attributes.
    ///
    /// # Errors
    /// [`PortError`]; it was not sent, or that is not known.
    pub async fn send_dead(
        &self,
        receipt: &Receipt,
        attributes: &[(&str, &str)],
    ) -> Result<(), PortError> {
        let request = SendMessage {
            queue_url: self.url(&receipt.queue_arn, DEAD)?,
            message_body: &receipt.body,
            message_attributes: attributes
                .iter()
                .map(|(name, text)| (*name, Attribute::of(text)))
                .collect(),
        };
        self.send.send(json(&request)?).await.map(|_| ())
    }

    /// The URL of a queue from its ARN: `arn:aws:sqs:region:account:name`.
    fn url(&self, arn: &str, suffix: &str) -> Result<String, PortError> {
        let parts: Vec<&str> = arn.split(':').collect();
        let [_, _, "sqs", _, account, name] = parts.as_slice() else {
            return Err(corrupt("queue", "not the ARN of one"));
        };
        Ok(format!("{}/{account}/{name}{suffix}", self.endpoint))
    }
}

// === impl Attribute ===

impl Attribute {
    /// SQS takes no empty text and no control characters.
    fn of(text: &str) -> Self {
        let printable: String =
            text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
        let end = printable.floor_char_boundary(ATTRIBUTE_BYTES_MAX);
        let text = if printable.is_empty() { "-" } else { &printable[..end] };
        Self { data_type: "String", string_value: text.to_owned() }
    }
}

fn json(request: &impl Serialize) -> Result<Vec<u8>, PortError> {
    serde_json::to_vec(request).map_err(|_| corrupt("queue", "request cannot be built"))
}
