//! The OpenAPI 3.1 document of all routes: the handlers' parameters and schemas, what follows from
//! the route table, the codes of problems, and examples.

mod codes;
mod examples;
mod limits;
mod operation;
mod problem;

use edge_wire::function::HttpFunction;
use edge_wire::routes::ROUTES;
use serde_json::{Value, json};
use utoipa::openapi::{Info, OpenApiBuilder};

use crate::http::routers::routes;

pub use codes::codes_of;
pub use examples::{EXAMPLES, Example, ExampleAnswer};

/// What every client has to know, before the operations.
const INTRODUCTION: &str = "A configurator, a cart and a loyalty ledger beside a Shopify shop.\n\n\
    Every error is `application/problem+json` with a `code`; `/problems/{code}` says what it means \
    and how to fix it. A path answers 405 `method-not-allowed` with `Allow` to other methods, and \
    `HEAD` wherever it takes `GET`. The edge itself answers some requests with a page in HTML: 403 \
    to a `GET` with a body, 414 above 8,192 bytes of path and query, 494 above 32,768 bytes of \
    path, query and headers, 502 and 504 if a function can't be reached; and 400 without a body to \
    a head that is not HTTP.\n\n\
    Operations with the server `/proxy` also arrive through Shopify's App Proxy, signed; there the \
    query has `cart`, `bookmark` and `idempotency_key` instead of headers.\n\n\
    Scripts of any origin may call the operations that are neither for staff nor for Shopify; \
    their preflight allows the headers of this document, `baggage` and `sentry-trace`.\n\n\
    Within `/v1` nothing is removed: ignore members that you do not know.";

/// The document.
#[must_use]
pub fn openapi() -> Value {
    let mut document = of_handlers();
    document["info"]["description"] = INTRODUCTION.into();
    document["servers"] = json!([{"url": "/"}]);
    document["components"]["securitySchemes"] = operation::security_schemes();
    limits::add(&mut document["components"]["schemas"]);
    problem::add_codes(&mut document["components"]["schemas"]);
    for (path, method, operation) in unhandled() {
        document["paths"][path][method] = operation;
    }
    for route in ROUTES {
        let path = document["paths"].get_mut(route.path);
        let method = route.method.to_lowercase();
        if let Some(operation) = path.and_then(|path| path.get_mut(method)) {
            operation::complete(route, operation);
            problem::add_responses(route, operation);
            examples::add(route, operation);
        }
    }
    document
}

/// Every function's handlers, as they describe themselves.
fn of_handlers() -> Value {
    let info = Info::new("Forecourt", env!("CARGO_PKG_VERSION"));
    let start = OpenApiBuilder::new().info(info).components(Some(problem::components())).build();
    let document = HttpFunction::ALL.iter().fold(start, |mut document, function| {
        document.merge(routes(*function).into_openapi());
        document
    });
    // As text and back: `to_json` is compiled in utoipa, all of its serialisation to a `Value` would be here.
    let text = document.to_json().unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// What has no handler: the edge answers the first itself, and the second is this document.
fn unhandled() -> [(&'static str, &'static str, Value); 2] {
    let answers = |summary: &str, description: &str, schema: &Value, tag: &str| {
        json!({
            "tags": [tag], "summary": summary,
            "responses": {"200": {
                "description": description, "content": {"application/json": {"schema": schema}},
            }},
        })
    };
    let health = json!({"type": "object", "required": ["status"],
        "properties": {"status": {"type": "string", "const": "ok"}}});
    let document = json!({"type": "object", "required": ["openapi", "info", "paths"],
        "properties": {
            "openapi": {"type": "string"}, "info": {"type": "object"}, "paths": {"type": "object"}}});
    let alive = answers("Whether the edge answers.", "It does.", &health, "health");
    let this = answers("This document.", "OpenAPI 3.1.", &document, "description");
    [("/health", "get", alive), ("/v1/openapi.json", "get", this)]
}
