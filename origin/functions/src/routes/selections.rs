//! `POST /v1/configurator/{product}/selections` and `GET /v1/selections/{id}`: save, share, and read
//! back in the light of today's rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use edge_wire::headers::TAGS;
use edge_wire::problem::Code;
use http::StatusCode;
use http::header::LOCATION;
use origin_domain::configurator::{Completion, PriceRange, Revalidation, Scope, Selection};
use origin_domain::selections::{SavedSelection, SavedSelections as _};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::completion::CompletionBody;
use super::configurator::{PriceBody, product_unknown, published, selection_refused, tag};
use crate::body::{COMMAND_BYTES_MAX, expect_json, parse, read};
use crate::refused::Refused;
use crate::shop::Shop;

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

/// A selection that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SelectionSaved {
    /// The same for the same selection, whoever saves it.
    id: String,
    product: String,
    #[schema(value_type = Choices)]
    selection: Selection,
}

/// A saved selection in the light of today's rules.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedSelectionBody<'c> {
    id: String,
    product: String,
    /// The product's version by which it was looked at.
    version: String,
    /// As it was saved.
    #[schema(value_type = Choices)]
    saved: Selection,
    /// The choices that the product still has.
    #[schema(value_type = Choices)]
    selection: Selection,
    /// The choices that it has no longer.
    #[schema(value_type = Choices)]
    dropped: Selection,
    /// Whether the choices that are left go together.
    consistent: bool,
    /// Whether they choose a value of every option.
    complete: bool,
    /// From–to with them; null if they don't go together.
    #[schema(value_type = Option<PriceBody>)]
    price: Option<PriceRange>,
    /// Null if nothing was lost. Otherwise the cheapest complete selection that keeps the most.
    #[schema(value_type = Option<CompletionBody>)]
    repair: Option<Completion<'c>>,
}

/// Saves a selection, to be shared by its id. The same selection saved twice is one.
#[utoipa::path(post, path = "/v1/configurator/{product}/selections", tag = "configurator",
    params(("product" = String, Path)), request_body = SelectionToSave,
    responses((status = 201, body = SelectionSaved)))]
pub(crate) async fn save(
    State(shop): State<Arc<Shop>>,
    Path(product): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let (parts, content) = request.into_parts();
    expect_json(&parts.headers)?;
    let bytes = read(&parts.headers, Body::new(content), COMMAND_BYTES_MAX).await?;
    let SelectionToSave { selection } = parse(&bytes)?;
    let published = published(&shop, &product).await?;
    let known = published.configurator.resolve(&selection, &nothing());
    known.map_err(|unknown| selection_refused("/selection/", &unknown))?;
    let saved = SavedSelection { product, selection };
    shop.selections.save(&saved, shop.clock.now()).await?;
    let id = saved.id();
    let location = [(LOCATION, format!("/v1/selections/{id}"))];
    let SavedSelection { product, selection } = saved;
    let body = SelectionSaved { id, product, selection };
    Ok((StatusCode::CREATED, location, Json(body)).into_response())
}

/// A saved selection: what is left of it today, what it costs, and its cheapest repair.
#[utoipa::path(get, path = "/v1/selections/{id}", tag = "configurator",
    params(("id" = String, Path)), responses((status = 200, body = SavedSelectionBody<'static>)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let saved = shop.selections.saved(&id, shop.clock.now()).await?;
    let SavedSelection { product, selection: saved } = saved.ok_or_else(|| {
        Refused::new(Code::SelectionUnknown, "It was never saved, or over a year ago.")
    })?;
    let published = published(&shop, &product).await?;
    let configurator = &published.configurator;
    let Revalidation { selection, dropped, consistent, repair } = configurator.revalidate(&saved);
    let resolution = configurator.resolve(&selection, &nothing());
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

/// An answer about a selection as a whole, for none of the options.
fn nothing() -> Scope {
    Scope { only: Some(BTreeSet::new()) }
}
