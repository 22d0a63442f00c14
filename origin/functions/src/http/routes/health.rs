//! `GET /health/ready`: the table answers. `/health` is the edge's own.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;

/// Ready to serve.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadyBody {
    status: &'static str,
}

/// Whether the table answers. A shop without a loyalty program is ready, too.
#[utoipa::path(get, path = "/health/ready", tag = "health",
    responses((status = 200, body = ReadyBody)))]
pub(crate) async fn ready(State(shop): State<Arc<Shop>>) -> Result<Json<ReadyBody>, HttpProblem> {
    shop.program_in_effect.in_effect().await?;
    Ok(Json(ReadyBody { status: "ready" }))
}
