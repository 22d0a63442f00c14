//! The problems in the document: their form, and which of them each operation answers with.

use std::collections::BTreeMap;

use edge_wire::problem::{Code, MEDIA_TYPE};
use edge_wire::routes::Route;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::openapi::{Components, ComponentsBuilder};
use utoipa::{PartialSchema as _, ToSchema};

use super::codes::{Takes, codes_of};

/// The names of the schemas of every error.
const PROBLEM: &str = "Problem";
const FIELD: &str = "FieldAtFault";
/// What the edge itself answers to a head that is too large, as a page in HTML.
const OF_THE_EDGE: [(&str, &str); 2] = [
    ("414", "The edge's: path and query have more than 8,192 bytes."),
    ("494", "The edge's: path, query and headers have more than 32,768 bytes."),
];

/// An error (RFC 9457). `code` never changes its meaning within `/v1`.
#[derive(Debug, Serialize, ToSchema)]
struct Problem {
    /// `/problems/{code}`.
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    code: String,
    /// What is wrong and how to fix it.
    detail: String,
    /// The path of the request.
    instance: String,
    errors: Vec<FieldAtFault>,
    /// Of a merged cart (409 `cart-merged`), if the command had been accepted before: merge with this bookmark to see
    /// its effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    bookmark: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FieldAtFault {
    /// A JSON Pointer into the body, or `query:name`, or `header:name`.
    field: String,
    message: String,
}

/// The form of every error.
pub(super) fn components() -> Components {
    let schemas = ComponentsBuilder::new().schema(PROBLEM, Problem::schema());
    schemas.schema(FIELD, FieldAtFault::schema()).build()
}

/// Adds the list of codes to the form of every error.
pub(super) fn add_codes(schemas: &mut Value) {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.slug()).collect();
    schemas[PROBLEM]["properties"]["code"]["enum"] = codes.into();
}

/// Adds an answer for each status of the operation's problems.
pub(super) fn add_responses(route: &Route, operation: &mut Value) {
    let takes = Takes {
        body: operation.get("requestBody").is_some(),
        if_match: operation["parameters"]
            .as_array()
            .is_some_and(|all| all.iter().any(|parameter| parameter["name"] == "If-Match")),
    };
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes_of(route, takes) {
        by_status.entry(code.status()).or_default().push(code);
    }
    let answers = &mut operation["responses"];
    for (status, codes) in by_status {
        answers[status.to_string()] = answer(status, &codes);
    }
    for (status, description) in OF_THE_EDGE {
        answers[status] = json!({"description": description, "content": {"text/html": {"schema": {"type": "string"}}}});
    }
}

fn answer(status: u16, codes: &[Code]) -> Value {
    let slugs: Vec<&str> = codes.iter().map(|code| code.slug()).collect();
    let line = |code: &Code| format!("`{}`: {}.", code.slug(), code.title());
    let mut answer = json!({
        "description": codes.iter().map(line).collect::<Vec<_>>().join(" "),
        "content": {MEDIA_TYPE: {"schema": {"allOf": [
            {"$ref": format!("#/components/schemas/{PROBLEM}")},
            {"properties": {"status": {"const": status}, "code": {"enum": slugs}}},
        ]}}},
    });
    let header = match status {
        401 => ("WWW-Authenticate", "How to prove who calls.", json!({"type": "string"})),
        429 | 503 => {
            let seconds = json!({"type": "integer", "minimum": 1});
            ("Retry-After", "Seconds until the same request may succeed.", seconds)
        }
        _ => return answer,
    };
    let (name, description, schema) = header;
    answer["headers"] = json!({name: {"description": description, "schema": schema}});
    answer
}
