//! `GET /v1/configurator/{product}/explanation`: why a value can't be chosen, and what would let it
//! in.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use edge_wire::headers::TAGS;
use edge_wire::problem::Code;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::asked::{Asked, invalid};
use super::completion::Versioned;
use super::configurator::{offered, published, selection_refused, tag};
use crate::refused::Refused;
use crate::shop::Shop;

/// What rules a value out.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what the domain writes as JSON")]
pub(crate) struct ExplanationBody {
    product: String,
    version: String,
    option: String,
    value: String,
    /// Whether nothing speaks against it.
    possible: bool,
    /// The choices that rule it out: without any one of them the others would not. Empty if the
    /// rules alone do.
    choices: BTreeMap<String, String>,
    /// The rules that, with those choices, rule it out: none of them could be left out. Null if
    /// finding them took more work than an answer may.
    rules: Option<Vec<RuleBody>>,
    /// The cheapest change that lets it in; null if nothing does.
    repair: Option<RepairBody>,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "as above")]
struct RuleBody {
    id: String,
    /// Its reason in words, if the author gave one.
    message: Option<String>,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "as above")]
struct RepairBody {
    /// The fewest other choices to change, with their new values.
    changes: BTreeMap<String, String>,
    /// The lowest price then, in minor units.
    price: i64,
}

/// A minimal set of choices, and of rules, that rule a value out, and the cheapest change that
/// lets it in.
#[utoipa::path(get, path = "/v1/configurator/{product}/explanation", tag = "configurator",
    params(("product" = String, Path),
        ("_why" = String, Query, description = "`{option}:{value}`: what is asked about"),
        ("_in_stock" = Option<bool>, Query,
            description = "only configurations whose variant is in stock; the rule that rules the \
                others out is `shop:in-stock`")),
    responses((status = 200, body = ExplanationBody)))]
pub(crate) async fn explanation(
    State(shop): State<Arc<Shop>>,
    Path(product): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let asked = Asked::read(query.as_deref(), &["_in_stock", "_why"])?;
    let why = asked.own("_why").and_then(|why| why.split_once(':'));
    let Some((option, value)) = why.map(|(option, value)| (option.to_owned(), value.to_owned()))
    else {
        let message = "is not `{option}:{value}`";
        return Err(invalid("Say which value it is about.").at("query:_why", message));
    };
    let published = published(&shop, &product).await?;
    // Finding the rules may take a fifth of a second of work; other requests go on meanwhile.
    let explained = spawn_blocking(move || {
        let offered = offered(&published, &asked)?;
        let configurator = offered.unwrap_or(&published.configurator);
        let answer = configurator.explain(&asked.selection, &option, &value);
        let answer = answer.map_err(|unknown| selection_refused("query:", &unknown))?;
        let answer = if offered.is_some() { answer } else { answer.sold_out() };
        Ok::<_, Refused>(
            Json(Versioned { version: published.version.to_string(), answer }).into_response(),
        )
    });
    let failed = |_| Refused::new(Code::Internal, "Explaining failed.");
    let response = explained.await.map_err(failed)??;
    Ok(([(TAGS, tag(&product))], response).into_response())
}
