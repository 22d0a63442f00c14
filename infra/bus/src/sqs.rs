//! The JSON that Lambda exchanges with a function behind an SQS queue.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::event::{uuid, with_replay_name};
use crate::store::messages::Leased;

/// The fields of a record besides its message.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) queue_arn: String,
    pub(crate) region: String,
    /// Used as the principal that sent the message.
    pub(crate) account: String,
    /// When the store was created: a part of the message ids, with a message's number.
    pub(crate) created_ms: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SqsEvent {
    records: Vec<Record>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    receipt_handle: String,
    body: String,
    attributes: Attributes,
    message_attributes: HashMap<String, ()>,
    event_source: &'static str,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: String,
    aws_region: String,
}

/// SQS writes its numbers as strings.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    approximate_receive_count: String,
    sent_timestamp: String,
    sender_id: String,
    approximate_first_receive_timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PartialBatchResponse {
    #[serde(default)]
    batch_item_failures: Option<Vec<BatchItemFailure>>,
}

/// `reason` and `final` are extensions that Lambda ignores: this bus stores the reason with the
/// dead letter, and does not retry a message whose failure is final.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchItemFailure {
    item_identifier: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default, rename = "final")]
    is_final: bool,
}

/// A target's report on a message that it did not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: Option<String>,
    pub(crate) is_final: bool,
}

/// The id that targets receive and name in their answers; the same for every attempt.
pub(crate) fn message_id(origin: &Origin, seq: u64) -> String {
    uuid(origin.created_ms, 0, seq)
}

/// The event a Lambda receives for a batch.
pub(crate) fn event_of(origin: &Origin, batch: &[Leased]) -> serde_json::Result<Vec<u8>> {
    let records = batch.iter().map(|message| {
        let body = match &message.replay {
            Some(replay) => with_replay_name(&message.body, replay),
            None => message.body.clone(),
        };
        Record {
            message_id: message_id(origin, message.seq),
            receipt_handle: format!("{}.{}", message.seq, message.received),
            body,
            attributes: Attributes {
                approximate_receive_count: message.received.to_string(),
                sent_timestamp: message.sent_ms.to_string(),
                sender_id: origin.account.clone(),
                approximate_first_receive_timestamp: message.first_received_ms.to_string(),
            },
            message_attributes: HashMap::new(),
            event_source: "aws:sqs",
            event_source_arn: origin.queue_arn.clone(),
            aws_region: origin.region.clone(),
        }
    });
    serde_json::to_vec(&SqsEvent { records: records.collect() })
}

/// The messages that a target reports as failed, with each failure. As on Lambda, `null`, `{}` and
/// an empty list mean success; an unreadable answer, or an id that is not in `batch`, is the
/// failure of the whole batch, which is the `Err`.
pub(crate) fn failures_in(
    answer: &[u8],
    batch: &[String],
) -> Result<HashMap<String, Failure>, String> {
    let response: Option<PartialBatchResponse> = serde_json::from_slice(answer)
        .map_err(|error| format!("the answer is no partial batch response: {error}"))?;
    let failures = response.and_then(|response| response.batch_item_failures).unwrap_or_default();
    let mut failed = HashMap::new();
    for failure in failures {
        if !batch.contains(&failure.item_identifier) {
            return Err(format!(
                "the answer names a message that is not in the batch: `{}`",
                failure.item_identifier
            ));
        }
        let BatchItemFailure { item_identifier, reason, is_final } = failure;
        failed.insert(item_identifier, Failure { reason, is_final });
    }
    Ok(failed)
}
