//! `POST /v1/admin/loyalty/customers/{customer}/adjustments`: a manual adjustment of points. Its
//! idempotency key is its cause.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain_core::bookmark::Bookmark;
use domain_core::resource::{CommandRequest, Commands};
use domain_loyalty::{POINTS_MAX, Points, TITLE_BYTES_MAX};
use edge_wire::problem::Code;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::customers::CustomerOfPath;
use crate::http::body::JsonBody;
use crate::http::command::{CommandBody, IdempotencyKey};
use crate::http::http_problem::HttpProblem;
use crate::http::permitted::{Permitted, act};
use crate::runtime::shop::Shop;

/// Points to add, or to remove if negative.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Adjust {
    /// Not 0. Added points are available at once, expire as earned ones do and count towards the
    /// tiers; a removal may exceed the balance.
    points: i64,
    /// Why, for readers of the archive; at most 200 bytes, and no personal data.
    reason: String,
}

/// An adjustment that was accepted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdjustmentBody {
    id: String,
    customer_id: String,
    points: i64,
    reason: String,
    /// RFC 3339.
    at: String,
}

/// Adds points to a customer's account, or removes some.
#[utoipa::path(post, path = "/v1/admin/loyalty/customers/{customer}/adjustments", tag = "admin",
    request_body = Adjust,
    params(("customer" = String, Path)),
    responses((status = 202, body = AdjustmentBody)))]
pub(crate) async fn create(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::AdjustPoints>,
    IdempotencyKey(key): IdempotencyKey,
    CustomerOfPath(customer): CustomerOfPath,
    CommandBody { fingerprint, body: JsonBody(adjust) }: CommandBody<JsonBody<Adjust>>,
) -> Result<Response, HttpProblem> {
    check(&adjust)?;
    let program = shop.program_in_effect.in_effect().await?;
    let request = CommandRequest {
        resource: customer.clone(),
        key,
        fingerprint,
        bookmark: Bookmark::default(),
        now: shop.clock.now(),
    };
    let adjustment = (Points(adjust.points), adjust.reason.as_str());
    let program = program.as_deref();
    let detail = format!("{} points", adjust.points);
    let log = shop.loyalty_commands.log.on_behalf_of(staff.act(&shop), detail);
    let commands = Commands { log, ..shop.loyalty_commands.clone() };
    let command = domain_loyalty::adjust(&commands, &request, adjustment, program).await?;
    let body = AdjustmentBody {
        id: command.id.to_hex(),
        customer_id: customer,
        points: adjust.points,
        reason: adjust.reason,
        at: command.time.to_rfc3339(),
    };
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

fn check(adjust: &Adjust) -> Result<(), HttpProblem> {
    let is_in_range =
        adjust.points != 0 && adjust.points.unsigned_abs() <= POINTS_MAX.unsigned_abs();
    if !is_in_range {
        let detail = format!("An adjustment adds or removes 1 to {POINTS_MAX} points.");
        return Err(HttpProblem::new(Code::PointsOutOfRange, detail)
            .at("/points", format!("is {}", adjust.points)));
    }
    if adjust.reason.trim().is_empty() || adjust.reason.len() > TITLE_BYTES_MAX {
        let detail = format!("Give a reason of at most {TITLE_BYTES_MAX} bytes.");
        return Err(HttpProblem::new(Code::Malformed, detail).at("/reason", "is empty or too long"));
    }
    Ok(())
}
