//! `GET /v1/configurator/{product}/completion`: the rest of a selection, chosen for the shopper.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use edge_wire::headers::TAGS;
use edge_wire::problem::Code;
use origin_domain::configurator::{By, Completion};
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{Asked, invalid};
use super::configurator::{VariantBody, offered, published, selection_refused, tag};
use crate::refused::Refused;
use crate::shop::Shop;

/// A complete selection.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what the domain writes as JSON")]
pub(crate) struct CompletionBody {
    product: String,
    version: String,
    /// A value for every option.
    selection: BTreeMap<String, String>,
    /// The given choices that had to change, with their new values: the fewest.
    changes: BTreeMap<String, String>,
    /// Minor units.
    price: i64,
    variant: Option<VariantBody>,
}

/// A domain answer with the version it is of.
#[derive(Serialize)]
pub(crate) struct Versioned<T> {
    pub(crate) version: String,
    #[serde(flatten)]
    pub(crate) answer: T,
}

/// The cheapest complete selection, or the one nearest to the defaults, that keeps as many of the
/// given choices as can be kept together.
#[utoipa::path(get, path = "/v1/configurator/{product}/completion", tag = "configurator",
    params(("product" = String, Path),
        ("_by" = Option<String>, Query, description = "`price` (as if absent) or `defaults`"),
        ("_in_stock" = Option<bool>, Query,
            description = "only configurations whose variant is in stock")),
    responses((status = 200, body = CompletionBody)))]
pub(crate) async fn completion(
    State(shop): State<Arc<Shop>>,
    Path(product): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let asked = Asked::read(query.as_deref(), &["_by", "_in_stock"])?;
    let by = match asked.own("_by") {
        None | Some("price") => By::Price,
        Some("defaults") => By::Defaults,
        Some(_) => {
            let message = "is neither `price` nor `defaults`";
            return Err(invalid("Ask for one of the two.").at("query:_by", message));
        }
    };
    let published = published(&shop, &product).await?;
    let offered = offered(&published, &asked)?;
    let completed = offered.unwrap_or(&published.configurator).complete(&asked.selection, by);
    let answer: Completion<'_> =
        completed.map_err(|unknown| selection_refused("query:", &unknown))?;
    if offered.is_none() {
        let refused = Refused::new(Code::SelectionImpossible, "Nothing of this is in stock.");
        return Err(refused.at("query:_in_stock", "rules out every configuration"));
    }
    let version = published.version.to_string();
    Ok(([(TAGS, tag(&product))], Json(Versioned { version, answer })).into_response())
}
