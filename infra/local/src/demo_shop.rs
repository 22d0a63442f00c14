//! The demo shop of `edge/theme` in front of the local Shopify's own pages. Its files are read with each
//! request, so that a change is there at once; without the repository the plain pages are served.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path as PathParameter, Request, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use infra_shopify::local::LocalShopify;
use infra_shopify::loopback;
use serde_json::Value;
use tower::ServiceExt as _;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../edge/theme");
/// What stands in the page for what Shopify's Liquid would fill in.
const CUSTOMER_PLACE: &str = "{{ customer.id | json }}";
const FORECOURT_PLACE: &str = "{{ block.settings.base_url | json }}";

struct Demo {
    shopify: LocalShopify,
    forecourt: String,
}

/// The local Shopify with the demo shop at `/`.
pub(crate) fn router(shopify: &LocalShopify, forecourt: &str) -> Router {
    let demo = Demo { shopify: shopify.clone(), forecourt: forecourt.to_owned() };
    Router::new()
        .route("/", get(page))
        .route("/assets/{name}", get(asset))
        .layer(from_fn(loopback::guard))
        .with_state(Arc::new(demo))
        .fallback_service(shopify.router())
}

async fn page(State(demo): State<Arc<Demo>>, request: Request) -> Response {
    let Ok(page) = std::fs::read_to_string(Path::new(FOLDER).join("demo/index.html")) else {
        let Ok(plain) = demo.shopify.router().oneshot(request).await;
        return plain;
    };
    let customer = demo.shopify.customer(request.headers());
    let customer = customer.map_or_else(|| "null".to_owned(), |id| id.to_string());
    let page = page
        .replace(CUSTOMER_PLACE, &customer)
        .replace(FORECOURT_PLACE, &Value::from(demo.forecourt.as_str()).to_string());
    ([(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")], page)
        .into_response()
}

/// A file of the theme's assets, or of the demo page's own.
async fn asset(PathParameter(name): PathParameter<String>) -> Response {
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let content_type = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let read = |folder| std::fs::read(Path::new(FOLDER).join(folder).join(&name)).ok();
    match read("extension/assets").or_else(|| read("demo")).filter(|_| is_name) {
        Some(file) => {
            ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-cache")], file).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
