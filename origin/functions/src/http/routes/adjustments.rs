//! `POST /v1/admin/loyalty/customers/{customer}/adjustments`: a manual adjustment of points. Its
//! idempotency key is its cause.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use domain_core::bookmark::Bookmark;
use domain_core::idempotency::Fingerprint;
use domain_loyalty::{POINTS_MAX, Points, TITLE_BYTES_MAX};
use edge_wire::grammar::is_shopify_id;
use edge_wire::problem::Code;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cart_lines::idempotency_key;
use crate::http::body::{COMMAND_BYTES_MAX, expect_json, parse, read};
use crate::http::caller::Staff;
use crate::http::http_problem::HttpProblem;
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
    params(("customer" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = AdjustmentBody)))]
pub(crate) async fn create(
    State(shop): State<Arc<Shop>>,
    _: Staff,
    Path(customer): Path<String>,
    request: Request,
) -> Result<Response, HttpProblem> {
    let (parts, content) = request.into_parts();
    let key = idempotency_key(&parts.headers)?;
    if !is_shopify_id(&customer) {
        return Err(HttpProblem::new(Code::Malformed, "A customer id is Shopify's numeric id."));
    }
    let bytes = read(&parts.headers, Body::new(content), COMMAND_BYTES_MAX).await?;
    expect_json(&parts.headers)?;
    let adjust: Adjust = parse(&bytes)?;
    check(&adjust)?;
    let program = shop.ledger.program().await?;
    let request = domain_loyalty::CommandRequest {
        customer: customer.clone(),
        key,
        fingerprint: Fingerprint::of(parts.method.as_str(), parts.uri.path(), &bytes),
        bookmark: Bookmark::default(),
        now: shop.clock.now(),
    };
    let points = Points(adjust.points);
    let accepted =
        shop.loyalty_commands.adjust(&request, points, &adjust.reason, program.as_deref());
    let command = accepted.await?;
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
