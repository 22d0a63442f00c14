//! The admin routes. The command line prints the text of an answer that is not 200.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};

use super::maintenance::Maintenance;
use super::messages::{
    DEAD_LETTERS, DeadLetter, PageRequest, QUEUES, REDRIVE, REPLAYS, RedriveRequest, RedriveResult,
    ReplayRequest, ReplayResult,
};

/// Why a request failed, as one line for the terminal.
struct Failure(String);

type Answer<T> = Result<Json<T>, Failure>;

/// The routes on one data folder.
pub(super) fn router(maintenance: Maintenance) -> Router {
    Router::new()
        .route(QUEUES, get(queues))
        .route(DEAD_LETTERS, get(dead_letters))
        .route(REDRIVE, post(redrive))
        .route(REPLAYS, post(replay))
        .with_state(maintenance)
}

async fn queues(State(maintenance): State<Maintenance>) -> Json<Vec<String>> {
    Json(maintenance.queues().map(str::to_owned).collect())
}

async fn dead_letters(
    State(maintenance): State<Maintenance>,
    Query(page): Query<PageRequest>,
) -> Answer<Vec<DeadLetter>> {
    maintenance.dead_letters(&page).await.map(Json).map_err(Failure)
}

async fn redrive(
    State(maintenance): State<Maintenance>,
    Json(request): Json<RedriveRequest>,
) -> Answer<RedriveResult> {
    maintenance.redrive(&request).await.map(Json).map_err(Failure)
}

async fn replay(
    State(maintenance): State<Maintenance>,
    Json(request): Json<ReplayRequest>,
) -> Answer<ReplayResult> {
    maintenance.replay(request).await.map(Json).map_err(Failure)
}

// === impl Failure ===

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, self.0).into_response()
    }
}
