//! `GET /v1/configurator/{product}/explanation`: why a value can't be chosen, and which change
//! would make it possible.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use edge_wire::headers::TAGS;
use edge_wire::problem::Code;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::completion::Versioned;
use super::configurator::{ChoicePlace, offered, published, tag, unknown_choices};
use super::selection_query::{SelectionQuery, invalid};
use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;

/// Why a value is impossible.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the JSON that the domain writes")]
pub(crate) struct ExplanationBody {
    product: String,
    version: String,
    option: String,
    value: String,
    /// Whether the value is possible.
    possible: bool,
    /// A minimal set of choices that exclude it: without any one of them the others would not.
    /// Empty if the rules alone exclude it.
    choices: BTreeMap<String, String>,
    /// A minimal set of rules that, with those choices, exclude it. Null if finding them exceeded
    /// the work limit of an answer.
    rules: Option<Vec<RuleBody>>,
    /// The cheapest change that makes it possible; null if no change does.
    repair: Option<RepairBody>,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "as above")]
struct RuleBody {
    id: String,
    /// The author's reason, if there is one.
    message: Option<String>,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "as above")]
struct RepairBody {
    /// The fewest other choices to change, with their new values.
    changes: BTreeMap<String, String>,
    /// The lowest price after the change, in minor units.
    price: i64,
}

/// A minimal set of choices, and of rules, that exclude a value, and the cheapest change that makes
/// it possible.
#[utoipa::path(get, path = "/v1/configurator/{product}/explanation", tag = "configurator",
    params(("product" = String, Path),
        ("_why" = String, Query, description = "`{option}:{value}`: the value to explain"),
        ("_in_stock" = Option<bool>, Query,
            description = "only configurations whose variant is in stock; the rule that excludes \
                the others is `shop:in-stock`")),
    responses((status = 200, body = ExplanationBody)))]
pub(crate) async fn explanation(
    State(shop): State<Arc<Shop>>,
    Path(product): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpProblem> {
    let query = SelectionQuery::read(query.as_deref(), &["_in_stock", "_why"])?;
    let why = query.parameter("_why").and_then(|why| why.split_once(':'));
    let Some((option, value)) = why.map(|(option, value)| (option.to_owned(), value.to_owned()))
    else {
        let message = "is not `{option}:{value}`";
        return Err(invalid("Name the value to explain.").at("query:_why", message));
    };
    let published = published(&shop, &product).await?;
    // Finding the rules may take a fifth of a second of work; other requests continue meanwhile.
    let explained = spawn_blocking(move || {
        let offered = offered(&published, &query)?;
        let configurator = offered.unwrap_or(&published.configurator);
        let answer = configurator.explain(&query.selection, &option, &value);
        let answer = answer.map_err(|unknown| unknown_choices(ChoicePlace::Query, &unknown))?;
        let answer = if offered.is_some() { answer } else { answer.sold_out() };
        Ok::<_, HttpProblem>(
            Json(Versioned { version: published.version.to_string(), answer }).into_response(),
        )
    });
    let failed = |_| HttpProblem::new(Code::Internal, "Explaining failed.");
    let response = explained.await.map_err(failed)??;
    Ok(([(TAGS, tag(&product))], response).into_response())
}
