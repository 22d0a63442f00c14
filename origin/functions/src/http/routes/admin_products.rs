//! `GET /v1/admin/products`: what is published. `GET …/configurators/{product}/report`: the probable
//! mistakes in the version that is served.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use domain_catalog::Catalog as _;
use edge_wire::grammar::is_id;
use edge_wire::problem::Code;
use edge_wire::query::parse;
use origin_adapters::{PRODUCTS_MAX, ServedProduct};
use serde::Serialize;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::admin::{WarningBody, tell_edge_of_the_rest};
use super::configurator::product_unknown;
use crate::http::http_problem::HttpProblem;
use crate::http::permitted::{Permitted, act};
use crate::runtime::shop::Shop;

/// A page of the products.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductsBody {
    /// At most a hundred, by id from the last to the first.
    products: Vec<ServedProductBody>,
    /// Send it as `cursor` for the others; null at the end.
    next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ServedProductBody {
    product: String,
    /// The version that is served.
    version: String,
    /// RFC 3339; null for versions of an early release.
    published_at: Option<String>,
}

/// The report on a product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportBody {
    product: String,
    /// The version that is served.
    version: String,
    /// Probable mistakes of the author.
    warnings: Vec<WarningBody>,
}

/// Lists the products that are served.
#[utoipa::path(get, path = "/v1/admin/products", tag = "admin",
    params(("cursor" = Option<String>, Query, description = "`next` of the previous page")),
    responses((status = 200, body = ProductsBody)))]
pub(crate) async fn list(
    State(shop): State<Arc<Shop>>,
    _: Permitted<act::ViewProducts>,
    RawQuery(query): RawQuery,
) -> Result<Json<ProductsBody>, HttpProblem> {
    let before = cursor(query.as_deref().unwrap_or_default())?;
    tell_edge_of_the_rest(&shop).await;
    let products = shop.catalog.products(before.as_deref()).await?;
    let last = products.last().filter(|_| products.len() == PRODUCTS_MAX);
    let next = last.map(|last| last.product.clone());
    let body = |ServedProduct { product, version }| ServedProductBody {
        product,
        version: version.version.to_string(),
        published_at: version.published_at.map(|at| at.to_rfc3339()),
    };
    Ok(Json(ProductsBody { next, products: products.into_iter().map(body).collect() }))
}

/// The report on the version that is served, computed again: it takes two seconds at most.
#[utoipa::path(get, path = "/v1/admin/configurators/{product}/report", tag = "admin",
    params(("product" = String, Path)), responses((status = 200, body = ReportBody)))]
pub(crate) async fn report(
    State(shop): State<Arc<Shop>>,
    _: Permitted<act::ViewProducts>,
    Path(product): Path<String>,
) -> Result<Json<ReportBody>, HttpProblem> {
    let served = shop.catalog.product(&product).await?;
    let served = served.ok_or_else(|| product_unknown(&product))?;
    let version = served.version.to_string();
    let findings = spawn_blocking(move || served.configurator.report()).await;
    let findings =
        findings.map_err(|_| HttpProblem::new(Code::Internal, "Computing the report failed."))?;
    let warnings = findings.into_iter().map(WarningBody::from).collect();
    Ok(Json(ReportBody { product, version, warnings }))
}

fn cursor(query: &str) -> Result<Option<String>, HttpProblem> {
    let malformed = || {
        HttpProblem::new(Code::ParameterInvalid, "Send `next` of the previous page.")
            .at("query:cursor", "is not a cursor of this list")
    };
    let pairs = parse(query).map_err(|_| malformed())?;
    let sent = pairs.into_iter().find(|(name, _)| name == "cursor");
    let Some((_, product)) = sent else { return Ok(None) };
    if is_id(&product) { Ok(Some(product.into_owned())) } else { Err(malformed()) }
}
