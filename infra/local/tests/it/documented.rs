//! Every answer that any test gets from a route is one that the OpenAPI document names: its status,
//! and the code of its problem.

use std::sync::OnceLock;

use edge_wire::routes::{PROXY_PREFIX, find};
use origin_functions::http::documentation::openapi;
use serde_json::Value;

use crate::shop::Reply;

/// What only the edge says of any path, as a page in HTML.
const HTML: &str = "text/html";

/// Fails if the document does not name this answer.
pub(crate) fn expect_documented(method: &str, path: &str, reply: &Reply) {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    let path = path.strip_prefix(PROXY_PREFIX).unwrap_or(path);
    let Ok(route) = find(method, path) else { return };
    if reply.header("content-type") == HTML {
        return;
    }
    let document = DOCUMENT.get_or_init(openapi);
    let operation = &document["paths"][route.path][route.method.to_lowercase()];
    let answer = &operation["responses"][reply.status.to_string()];
    let name = format!("{} {}", route.method, route.path);
    let place = "origin/functions/src/http/documentation/codes.rs";
    assert!(answer.is_object(), "{name} answers {}: say so in {place}: {reply:?}", reply.status);
    let problem = &answer["content"]["application/problem+json"]["schema"];
    let codes = problem["allOf"][1]["properties"]["code"]["enum"].as_array();
    if reply.header("content-type") == "application/problem+json" && method != "HEAD" {
        let code = &reply.json()["code"];
        let is_named = codes.is_some_and(|codes| codes.contains(code));
        assert!(is_named, "{name} answers {code}: say so in {place}");
    }
}
