//! `GET /v1/configurator/{product}/completion`: completes a selection for the shopper.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use domain_configurator::{By, Completion};
use edge_wire::headers::TAGS;
use edge_wire::problem::Code;
use serde::Serialize;
use utoipa::ToSchema;

use super::configurator::{ChoicePlace, VariantBody, offered, published, tag, unknown_choices};
use super::selection_query::{SelectionQuery, invalid};
use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;

/// A complete selection.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the JSON that the domain writes")]
pub(crate) struct CompletionBody {
    product: String,
    version: String,
    /// A value for every option.
    selection: BTreeMap<String, String>,
    /// The choices of the query that had to change, with their new values: the fewest possible.
    changes: BTreeMap<String, String>,
    /// Minor units.
    price: i64,
    variant: Option<VariantBody>,
}

/// A domain answer with the product's version.
#[derive(Serialize)]
pub(crate) struct Versioned<T> {
    pub(crate) version: String,
    #[serde(flatten)]
    pub(crate) answer: T,
}

/// The cheapest complete selection, or the one nearest to the defaults, that retains as many of the
/// query's choices as possible.
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
) -> Result<Response, HttpProblem> {
    let query = SelectionQuery::read(query.as_deref(), &["_by", "_in_stock"])?;
    let by = match query.parameter("_by") {
        None | Some("price") => By::Price,
        Some("defaults") => By::Defaults,
        Some(_) => {
            let message = "must be `price` or `defaults`";
            return Err(invalid("Use one of the two values.").at("query:_by", message));
        }
    };
    let published = published(&shop, &product).await?;
    let offered = offered(&published, &query)?;
    let completed = offered.unwrap_or(&published.configurator).complete(&query.selection, by);
    let answer: Completion<'_> =
        completed.map_err(|unknown| unknown_choices(ChoicePlace::Query, &unknown))?;
    if offered.is_none() {
        let problem = HttpProblem::new(Code::SelectionImpossible, "No configuration is in stock.");
        return Err(problem.at("query:_in_stock", "excludes every configuration"));
    }
    let version = published.version.to_string();
    Ok(([(TAGS, tag(&product))], Json(Versioned { version, answer })).into_response())
}
