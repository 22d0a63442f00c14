//! `GET /v1/configurator/{product}` and its resolution.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use domain_catalog::{Catalog as _, InStock, PublicContent, Published};
use domain_configurator::{
    Configurator, OptionAnswer, OptionId, Resolution, Scope, Selection, State as ValueState,
    UnknownChoice, ValueAnswer,
};
use domain_core::json_pointer;
use edge_wire::headers::TAGS;
use edge_wire::problem::Code;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::selection_query::SelectionQuery;
use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;

/// A product as shoppers configure it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductBody {
    product: String,
    title: String,
    /// Counts publications.
    version: String,
    /// ISO 4217.
    currency: String,
    /// Minor units.
    base_price: i64,
    options: Vec<OptionBody>,
}

/// Where a request states its choices.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ChoicePlace {
    /// As query parameters.
    Query,
    /// As members of the body's `selection`.
    Body,
}

/// One product option.
#[derive(Debug, Serialize, ToSchema)]
struct OptionBody {
    id: String,
    title: String,
    values: Vec<ValueBody>,
}

/// One choice.
#[derive(Debug, Serialize, ToSchema)]
struct ValueBody {
    id: String,
    title: String,
    /// Minor units, added to the base price.
    price: i64,
}

/// The resolution of a partial selection.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the JSON that the domain writes")]
struct ResolutionBody {
    product: String,
    version: String,
    selection: BTreeMap<String, String>,
    /// Whether some configuration holds all choices.
    consistent: bool,
    /// Whether every option is chosen.
    complete: bool,
    /// How many configurations hold all choices; it may pass 2^53.
    configurations: String,
    price: Option<PriceBody>,
    variant: Option<VariantBody>,
    options: Vec<OptionStateBody>,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "as above")]
pub(crate) struct PriceBody {
    /// Minor units.
    min: i64,
    /// Minor units.
    max: i64,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "as above")]
pub(crate) struct VariantBody {
    sku: String,
    variant_id: String,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "as above")]
struct OptionStateBody {
    id: String,
    values: Vec<ValueStateBody>,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "as above")]
struct ValueStateBody {
    id: String,
    /// `selected`, `available`, `alternative` (possible if other choices change) or `impossible`.
    state: String,
    /// From–to with it, where it is selected or available.
    price: Option<PriceBody>,
    /// The fewest other choices to change for an alternative, and to what.
    changes: Option<BTreeMap<String, String>>,
}

/// The product: options, values, prices, version.
#[utoipa::path(get, path = "/v1/configurator/{product}", tag = "configurator",
    params(("product" = String, Path)), responses((status = 200, body = ProductBody)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    Path(product): Path<String>,
) -> Result<Response, HttpProblem> {
    let published = published(&shop, &product).await?;
    let document = published.configurator.product();
    let options = document.options().iter().map(|option| OptionBody {
        id: option.id.to_string(),
        title: option.title.clone(),
        values: option
            .values
            .iter()
            .map(|value| ValueBody {
                id: value.id.to_string(),
                title: value.title.clone(),
                price: value.price.0,
            })
            .collect(),
    });
    let body = ProductBody {
        title: document.title().to_owned(),
        version: published.version.to_string(),
        currency: document.currency().to_owned(),
        base_price: document.base_price().0,
        options: options.collect(),
        product,
    };
    Ok(([(TAGS, tag(&body.product))], Json(body)).into_response())
}

/// The resolution of a partial selection: the state of every value, exact prices, the variant.
#[utoipa::path(get, path = "/v1/configurator/{product}/resolution", tag = "configurator",
    params(("product" = String, Path),
        ("_only" = Option<String>, Query, description = "comma-separated options to answer for"),
        ("_in_stock" = Option<bool>, Query,
            description = "only configurations whose variant is in stock")),
    responses((status = 200, body = ResolutionBody)))]
pub(crate) async fn resolution(
    State(shop): State<Arc<Shop>>,
    Path(product): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpProblem> {
    let published = published(&shop, &product).await?;
    let query = SelectionQuery::read(query.as_deref(), &["_in_stock", "_only"])?;
    let offered = offered(&published, &query)?;
    let configurator = offered.unwrap_or(&published.configurator);
    let resolution = configurator.resolve(&query.selection, &scope(&query)?);
    let resolution = resolution.map_err(|unknown| unknown_choices(ChoicePlace::Query, &unknown))?;
    let version = published.version.to_string();
    let body = match offered {
        None => sold_out((&product, &version), &resolution, &query.selection),
        Some(_) => resolution.to_json(&version),
    };
    let headers = [(TAGS, tag(&product)), ("content-type", "application/json".into())];
    Ok((headers, body).into_response())
}

/// The resolution of a product that is out of stock, derived from the product's.
fn sold_out(
    (product, version): (&str, &str),
    resolution: &Resolution<'_>,
    selection: &Selection,
) -> Vec<u8> {
    let value = |answer: ValueAnswer<'_>| {
        let is_selected = answer.state() == ValueState::Selected;
        let state = if is_selected { "selected" } else { "impossible" };
        json!({"id": answer.id(), "state": state, "price": null, "changes": null})
    };
    let option = |answer: OptionAnswer<'_>| json!({"id": answer.id(), "values": answer.values().map(value).collect::<Vec<_>>()});
    let body = json!({
        "product": product, "version": version, "selection": selection,
        "consistent": false, "complete": resolution.is_complete(), "configurations": "0",
        "price": null, "variant": null,
        "options": resolution.options().map(option).collect::<Vec<_>>(),
    });
    body.to_string().into_bytes()
}

/// The product to answer for, or its part in stock; `None` if nothing is in stock.
pub(crate) fn offered<'a>(
    published: &'a Published,
    query: &SelectionQuery,
) -> Result<Option<&'a Configurator>, HttpProblem> {
    if !query.is_set("_in_stock")? {
        return Ok(Some(&published.configurator));
    }
    Ok(match &published.in_stock {
        InStock::All => Some(&published.configurator),
        InStock::Nothing => None,
        InStock::Part(part) => Some(part),
    })
}

/// The tag by which publishing invalidates every response about a product.
pub(crate) fn tag(product: &str) -> String {
    PublicContent::Product(product.to_owned()).tag()
}

pub(crate) fn product_unknown(product: &str) -> HttpProblem {
    HttpProblem::new(Code::ProductUnknown, format!("No product `{product}` is published."))
}

// === impl ChoicePlace ===

impl ChoicePlace {
    /// The field of a problem with the choice of `option`.
    fn field(self, option: &str) -> String {
        match self {
            Self::Query => format!("query:{option}"),
            Self::Body => json_pointer::member("/selection", option),
        }
    }
}

/// 422 with every choice that the product does not have.
pub(crate) fn unknown_choices(place: ChoicePlace, unknown: &[UnknownChoice]) -> HttpProblem {
    let problem = HttpProblem::new(Code::ChoiceUnknown, "Read the product for its choices.");
    unknown.iter().fold(problem, |problem, choice| {
        problem.at(place.field(choice.option()), choice.to_string())
    })
}

pub(crate) async fn published(shop: &Shop, product: &str) -> Result<Arc<Published>, HttpProblem> {
    let published = shop.catalog.product(product).await?;
    published.ok_or_else(|| product_unknown(product))
}

fn scope(query: &SelectionQuery) -> Result<Scope, HttpProblem> {
    let option = |text: &str| {
        OptionId::parse(text).ok_or_else(|| {
            HttpProblem::new(Code::ChoiceUnknown, "Read the product for its choices.")
                .at("query:_only", format!("there is no option {text:?}"))
        })
    };
    let only = query.parameter("_only").map(|only| only.split(',').map(option).collect());
    Ok(Scope { only: only.transpose()? })
}

#[cfg(test)]
mod tests {
    use domain_configurator::UnknownChoice;

    use super::{ChoicePlace, unknown_choices};

    #[test]
    fn an_unknown_choice_is_named_by_the_pointer_to_its_member() {
        let unknown = [UnknownChoice::Option { option: "a/b~c".to_owned() }];
        let field = |place| unknown_choices(place, &unknown).0.errors[0].field.clone();
        assert_eq!(field(ChoicePlace::Body), "/selection/a~1b~0c");
        assert_eq!(field(ChoicePlace::Query), "query:a/b~c");
    }
}
