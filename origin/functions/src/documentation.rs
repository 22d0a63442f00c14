//! The OpenAPI 3.1 document of all functions, generated from the handlers.

use serde::Serialize;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{
    Content, Info, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, ResponseBuilder,
};
use utoipa::{PartialSchema as _, ToSchema};

use crate::functions::Function;

/// Where the schema of every refusal stands.
const PROBLEM: &str = "Problem";

/// A refusal (RFC 9457). `code` never changes its meaning within `/v1`.
#[derive(Debug, Serialize, ToSchema)]
struct Problem {
    /// `/problems/{code}`.
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    code: String,
    /// What was wrong here and how to mend it.
    detail: String,
    /// The path of the request.
    instance: String,
    errors: Vec<FieldAtFault>,
    /// Of a merged cart (409 `cart-merged`): the one to go on with.
    merged_into: Option<String>,
    /// Of a merged cart, when the refused command had been accepted before: merge with this to see
    /// its effect.
    bookmark: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FieldAtFault {
    /// A JSON Pointer into the body, or `query:name`, or `header:name`.
    field: String,
    message: String,
}

/// The document: every function's handlers, and what all of them have in common.
#[must_use]
pub fn openapi() -> OpenApi {
    let info = Info::new("Forecourt", env!("CARGO_PKG_VERSION"));
    let start = OpenApiBuilder::new().info(info).build();
    let mut document = Function::ALL.iter().fold(start, |mut document, function| {
        document.merge(function.routes().into_openapi());
        document
    });
    document.paths.paths.values_mut().flat_map(operations).for_each(may_refuse);
    let schemas = &mut document.components.get_or_insert_default().schemas;
    schemas.insert(PROBLEM.to_owned(), Problem::schema());
    schemas.insert("FieldAtFault".to_owned(), FieldAtFault::schema());
    document
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut path.get, &mut path.put, &mut path.post, &mut path.patch, &mut path.delete]
        .into_iter()
        .flatten()
}

/// Any route may refuse, always in the same form.
fn may_refuse(operation: &mut Operation) {
    let schema = RefOr::<utoipa::openapi::Schema>::Ref(Ref::from_schema_name(PROBLEM));
    let refusal = ResponseBuilder::new()
        .description("A refusal: what, where, and how to mend it.")
        .content(edge_wire::problem::MEDIA_TYPE, Content::new(Some(schema)))
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(refusal));
}
