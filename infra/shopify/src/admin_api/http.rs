//! The API over HTTP, and the files of bulk operations.

use std::sync::Arc;

use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::access::Access;
use super::version::Version;
use super::{AdminApi, Request};

/// Most bytes of a request.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
const TOKEN: HeaderName = HeaderName::from_static("x-shopify-access-token");
const VERSION: HeaderName = HeaderName::from_static("x-shopify-api-version");

#[derive(Clone)]
struct Service {
    api: Arc<AdminApi>,
    access: Arc<dyn Access>,
}

/// The routes of the Admin API: `POST /admin/api/{version}/graphql.json` and `GET /bulk/{file}`.
pub fn router(api: Arc<AdminApi>, access: Arc<dyn Access>) -> Router {
    Router::new()
        .route("/admin/api/{version}/graphql.json", post(graphql))
        .route("/bulk/{file}", get(bulk_file))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(Service { api, access })
}

async fn graphql(
    State(service): State<Service>,
    Path(version): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(version) = Version::of_path(&version) else {
        return answer(StatusCode::NOT_FOUND, &json!({ "errors": "Not Found" }));
    };
    let version = version.served(service.api.now());
    let token = headers.get(TOKEN).and_then(|token| token.to_str().ok()).unwrap_or_default();
    let Some(grant) = service.access.grant(token) else {
        let text = "[API] Invalid API key or access token (unrecognized login or wrong password)";
        return answer(StatusCode::UNAUTHORIZED, &json!({ "errors": text }));
    };
    let Ok(request) = serde_json::from_slice::<Request>(&body) else {
        return answer(
            StatusCode::BAD_REQUEST,
            &json!({ "errors": { "query": "Required parameter missing or invalid" } }),
        );
    };
    let mut response = answer(StatusCode::OK, &service.api.execute(version, &grant, &request));
    if let Ok(version) = HeaderValue::from_str(&version.to_string()) {
        response.headers_mut().insert(VERSION, version);
    }
    response
}

async fn bulk_file(State(service): State<Service>, Path(file): Path<String>) -> Response {
    match service.api.shop().file(&file) {
        Some(content) => {
            ([(header::CONTENT_TYPE, "application/jsonl")], content.to_owned()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let kind = "application/json; charset=utf-8";
    (status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
}
