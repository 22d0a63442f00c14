//! `GET …/versions` and `POST …/versions/{version}/activate`: earlier versions, and activating one.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain_catalog::{Activation, ProductVersion};
use edge_wire::problem::Code;
use http::header::ETAG;
use serde::Serialize;
use utoipa::ToSchema;

use super::admin::announce;
use super::configurator::product_unknown;
use crate::http::http_problem::HttpProblem;
use crate::http::if_match::{IfMatch, etag};
use crate::http::permitted::{Permitted, act};
use crate::runtime::shop::Shop;

/// The versions of a product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionsBody {
    product: String,
    /// The version now served, or that was served until the product was withdrawn.
    active: String,
    /// Whether the product is withdrawn: then none is served, and `If-Match` is `"0"`.
    withdrawn: bool,
    /// Newest first, at most a hundred.
    versions: Vec<VersionBody>,
}

/// One version.
#[derive(Debug, Serialize, ToSchema)]
struct VersionBody {
    version: String,
    active: bool,
    /// RFC 3339; null for versions of an early release.
    published_at: Option<String>,
    /// The length of its document.
    bytes: u64,
}

/// A version that is served now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivatedBody {
    product: String,
    version: String,
}

/// The newest versions of a product, and which of them is served.
#[utoipa::path(get, path = "/v1/admin/configurators/{product}/versions", tag = "admin",
    params(("product" = String, Path)), responses((status = 200, body = VersionsBody)))]
pub(crate) async fn list(
    State(shop): State<Arc<Shop>>,
    _: Permitted<act::ViewProducts>,
    Path(product): Path<String>,
) -> Result<Response, HttpProblem> {
    let history = shop.catalog.versions(&product).await?;
    let (active, versions) = history.ok_or_else(|| product_unknown(&product))?;
    let served = active.served().map(|version| version.version);
    let version = |version: ProductVersion| VersionBody {
        active: Some(version.version) == served,
        version: version.version.to_string(),
        published_at: version.published_at.map(|at| at.to_rfc3339()),
        bytes: version.blob.bytes,
    };
    let versions = versions.into_iter().map(version).collect();
    let (active, withdrawn) = (active.version.version.to_string(), active.is_withdrawn);
    let body = VersionsBody { product, active, withdrawn, versions };
    Ok(([(ETAG, etag(served.unwrap_or(0)))], Json(body)).into_response())
}

/// Serves a version again: roll-back and roll-forward.
#[utoipa::path(post, path = "/v1/admin/configurators/{product}/versions/{version}/activate",
    tag = "admin",
    params(("product" = String, Path), ("version" = String, Path),
        ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = ActivatedBody)))]
pub(crate) async fn activate(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::PublishProducts>,
    Path((product, version)): Path<(String, String)>,
    if_match: Result<IfMatch, HttpProblem>,
) -> Result<Response, HttpProblem> {
    let unknown = || {
        let detail = format!("Version `{version}` of `{product}` is not stored. See its versions.");
        HttpProblem::new(Code::VersionUnknown, detail)
    };
    let number = version.parse().map_err(|_| unknown())?;
    let IfMatch(expected) = if_match?;
    let activation = Activation { product: &product, version: number, expected };
    let activated = shop.catalog.activate(&activation, staff.act(&shop)).await?;
    let activated = activated.ok_or_else(unknown)?;
    let version = announce(&shop, &product, activated).await?.to_string();
    Ok(([(ETAG, etag(number))], Json(ActivatedBody { product, version })).into_response())
}
