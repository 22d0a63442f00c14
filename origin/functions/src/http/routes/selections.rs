//! `POST /v1/configurator/{product}/selections` and `GET /v1/selections/{id}`: save and share a
//! selection, and check it against the current rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain_catalog::{SavedSelection, SavedSelections as _};
use domain_configurator::{Completion, PriceRange, Revalidation, Scope, Selection};
use edge_wire::headers::TAGS;
use edge_wire::problem::Code;
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::configurator::{
    ChoicePlace, PriceBody, VariantBody, product_unknown, published, tag, unknown_choices,
};
use crate::http::body::JsonBody;
use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;

/// Options and their values.
type Choices = BTreeMap<String, String>;

/// A selection to be saved: complete or partial, consistent or not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SelectionToSave {
    /// Options and their values.
    #[schema(value_type = Choices)]
    selection: Selection,
}

/// A saved selection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SelectionSaved {
    /// The same for the same selection of any client.
    id: String,
    product: String,
    #[schema(value_type = Choices)]
    selection: Selection,
}

/// A saved selection, checked against the current rules.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedSelectionBody<'c> {
    id: String,
    product: String,
    /// The product's version that it was checked against.
    version: String,
    /// As it was saved.
    #[schema(value_type = Choices)]
    saved: Selection,
    /// The choices that the product still has.
    #[schema(value_type = Choices)]
    selection: Selection,
    /// The choices that the product no longer has.
    #[schema(value_type = Choices)]
    dropped: Selection,
    /// Whether the remaining choices are consistent.
    consistent: bool,
    /// Whether they include a value of every option.
    complete: bool,
    /// From–to with them; null if they are inconsistent.
    #[schema(value_type = Option<PriceBody>)]
    price: Option<PriceRange>,
    /// Null if every choice remains. Otherwise the cheapest complete selection that retains the
    /// most choices.
    #[schema(value_type = Option<SavedRepairBody>)]
    repair: Option<Completion<'c>>,
}

/// The repair of a saved selection.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the JSON that the domain writes")]
struct SavedRepairBody {
    product: String,
    /// A value for every option.
    selection: Choices,
    /// The saved choices that have to change, with their new values.
    changes: Choices,
    /// Minor units.
    price: i64,
    variant: Option<VariantBody>,
}

/// Saves a selection, to be shared by its id. The same selection saved twice is one.
#[utoipa::path(post, path = "/v1/configurator/{product}/selections", tag = "configurator",
    params(("product" = String, Path)), request_body = SelectionToSave,
    responses((status = 201, body = SelectionSaved)))]
pub(crate) async fn save(
    State(shop): State<Arc<Shop>>,
    Path(product): Path<String>,
    JsonBody(SelectionToSave { selection }): JsonBody<SelectionToSave>,
) -> Result<Response, HttpProblem> {
    let published = published(&shop, &product).await?;
    let known = published.configurator.resolve(&selection, &no_options());
    known.map_err(|unknown| unknown_choices(ChoicePlace::Body, &unknown))?;
    let saved = SavedSelection { product, selection };
    shop.selections.save(&saved, shop.clock.now()).await?;
    let id = saved.id();
    let location = [(LOCATION, format!("/v1/selections/{id}"))];
    let SavedSelection { product, selection } = saved;
    let body = SelectionSaved { id, product, selection };
    Ok((StatusCode::CREATED, location, Json(body)).into_response())
}

/// A saved selection: its remaining choices, their price, and the cheapest repair.
#[utoipa::path(get, path = "/v1/selections/{id}", tag = "configurator",
    params(("id" = String, Path)), responses((status = 200, body = SavedSelectionBody<'static>)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
) -> Result<Response, HttpProblem> {
    let saved = shop.selections.saved(&id, shop.clock.now()).await?;
    let SavedSelection { product, selection: saved } = saved.ok_or_else(|| {
        HttpProblem::new(
            Code::SelectionUnknown,
            "No selection with this id was saved in the last year.",
        )
    })?;
    let published = published(&shop, &product).await?;
    let configurator = &published.configurator;
    let Revalidation { selection, dropped, consistent, repair } = configurator.revalidate(&saved);
    let resolution = configurator.resolve(&selection, &no_options());
    let resolution = resolution.map_err(|_| product_unknown(&product))?;
    let is_whole = consistent && dropped.0.is_empty();
    let body = SavedSelectionBody {
        id,
        version: published.version.to_string(),
        saved,
        complete: resolution.is_complete(),
        price: resolution.price(),
        selection,
        dropped,
        consistent,
        repair: (!is_whole).then_some(repair),
        product,
    };
    Ok(([(TAGS, tag(&body.product))], Json(body)).into_response())
}

/// The scope of an answer about a selection as a whole, without its options.
fn no_options() -> Scope {
    Scope { only: Some(BTreeSet::new()) }
}
