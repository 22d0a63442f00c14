//! `/v1/admin/dead-letters`: the messages that no consumer could process, and delivering them again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain_staff::{AuditLog as _, DeadLetter, DeadLetters as _, DeadQueue};
use edge_wire::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::body::JsonBody;
use crate::http::http_problem::HttpProblem;
use crate::http::permitted::{Permitted, act};
use crate::runtime::ports::SharedDeadLetters;
use crate::runtime::shop::Shop;

/// The queues with their dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLettersBody {
    queues: Vec<DeadQueueBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct DeadQueueBody {
    queue: String,
    /// How many dead letters it has.
    count: u64,
    /// The oldest, at most 20, without their payloads.
    oldest: Vec<DeadLetterBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct DeadLetterBody {
    id: String,
    /// The detail type of its event.
    event: String,
    /// Why it was given up.
    reason: String,
    /// RFC 3339.
    died_at: String,
}

/// The queue whose dead letters are delivered again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redrive {
    queue: String,
}

/// What was delivered again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RedrivenBody {
    queue: String,
    redriven: u64,
}

/// Lists the queues with their dead letters.
#[utoipa::path(get, path = "/v1/admin/dead-letters", tag = "admin",
    responses((status = 200, body = DeadLettersBody)))]
pub(crate) async fn list(
    State(shop): State<Arc<Shop>>,
    _: Permitted<act::ViewHealth>,
) -> Result<Json<DeadLettersBody>, HttpProblem> {
    let queues = reached(&shop)?.queues().await?;
    Ok(Json(DeadLettersBody { queues: queues.into_iter().map(body).collect() }))
}

/// Delivers all dead letters of a queue again. Fix their reason first: what fails again comes back.
#[utoipa::path(post, path = "/v1/admin/dead-letters/redrive", tag = "admin", request_body = Redrive,
    responses((status = 200, body = RedrivenBody)))]
pub(crate) async fn redrive(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::Redrive>,
    JsonBody(Redrive { queue }): JsonBody<Redrive>,
) -> Result<Json<RedrivenBody>, HttpProblem> {
    let no_queue = || {
        let detail = "See /v1/admin/dead-letters for the queues there are.";
        HttpProblem::new(Code::Malformed, detail).at("/queue", "is no queue")
    };
    let dead_letters = reached(&shop)?;
    let queues = dead_letters.queues().await?;
    let count = queues.iter().find(|one| one.queue == queue).ok_or_else(no_queue)?.count;
    // Before the change: a crash between the two must not leave deliveries that the log does not explain.
    let entry = staff.act(&shop).entry(&format!("dead-letters/{queue}"), &count.to_string());
    shop.staff.append(&entry).await?;
    let redriven = dead_letters.redrive(&queue).await?.ok_or_else(no_queue)?;
    Ok(Json(RedrivenBody { queue, redriven }))
}

fn reached(shop: &Shop) -> Result<&SharedDeadLetters, HttpProblem> {
    shop.dead_letters.as_ref().ok_or_else(|| {
        let detail = "The dead letters of this deployment are in SQS: alarms ring for them, and \
                      `aws sqs start-message-move-task` delivers them again.";
        HttpProblem::new(Code::LookUpUnavailable, detail)
    })
}

fn body(DeadQueue { queue, count, oldest }: DeadQueue) -> DeadQueueBody {
    let letter = |DeadLetter { id, event, reason, died_at }| DeadLetterBody {
        id,
        event,
        reason,
        died_at: domain_core::time::Time::to_rfc3339(died_at),
    };
    DeadQueueBody { queue, count, oldest: oldest.into_iter().map(letter).collect() }
}
