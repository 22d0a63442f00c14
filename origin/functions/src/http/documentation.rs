//! The OpenAPI 3.1 document of all functions, generated from the handlers.

use edge_wire::function::HttpFunction;
use serde::Serialize;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{
    Content, Info, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, ResponseBuilder,
};
use utoipa::{PartialSchema as _, ToSchema};

use crate::http::routers::routes;

/// The name of the schema of every error response.
const PROBLEM: &str = "Problem";

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
    /// Of a merged cart (409 `cart-merged`): the cart to continue with.
    merged_into: Option<String>,
    /// Of a merged cart, if the command had been accepted before: merge with this bookmark to see
    /// its effect.
    bookmark: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FieldAtFault {
    /// A JSON Pointer into the body, or `query:name`, or `header:name`.
    field: String,
    message: String,
}

/// The document: every function's handlers, and the error response they share.
#[must_use]
pub fn openapi() -> OpenApi {
    let info = Info::new("Forecourt", env!("CARGO_PKG_VERSION"));
    let start = OpenApiBuilder::new().info(info).build();
    let mut document = HttpFunction::ALL.iter().fold(start, |mut document, function| {
        document.merge(routes(*function).into_openapi());
        document
    });
    document.paths.paths.values_mut().flat_map(operations).for_each(add_problem);
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

/// Every route may answer with a problem, always in the same form.
fn add_problem(operation: &mut Operation) {
    let schema = RefOr::<utoipa::openapi::Schema>::Ref(Ref::from_schema_name(PROBLEM));
    let problem = ResponseBuilder::new()
        .description("An error: what is wrong, where, and how to fix it.")
        .content(edge_wire::problem::MEDIA_TYPE, Content::new(Some(schema)))
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(problem));
}
