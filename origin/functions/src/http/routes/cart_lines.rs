//! The cart commands: recorded, published, and answered with the client's view of the cart.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain_cart::{
    Action, CommandRequest, LINE_PROPERTY, LineId, Offer, PROPERTIES_MAX, PROPERTY_BYTES_MAX,
    QUANTITY_MAX, Rejection, RequestedAction,
};
use domain_catalog::{Catalog as _, Published};
use domain_configurator::Selection;
use edge_wire::headers::BOOKMARK;
use edge_wire::link::LINK_ATTRIBUTE;
use edge_wire::problem::Code;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::cart::{CartBody, body};
use super::configurator::{product_unknown, unknown_choices};
use crate::http::body::JsonBody;
use crate::http::caller::CartHolder;
use crate::http::command::{Command, Envelope};
use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;

/// What to add: a variant, or a product with a complete selection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddLine {
    /// Shopify's variant id as a string: it may pass 2^53.
    variant_id: Option<String>,
    /// The product, if it is configured.
    product: Option<String>,
    /// A complete selection of it.
    selection: Option<BTreeMap<String, String>>,
    /// 1 to 9,999.
    quantity: i64,
    /// Line-item properties.
    #[serde(default)]
    properties: BTreeMap<String, String>,
}

/// The new quantity of a line.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetQuantity {
    /// 0 to 9,999; 0 removes the line.
    quantity: i64,
}

/// Attribute changes; `null` removes one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct SetAttributes(BTreeMap<String, Option<String>>);

/// Creates a line or adds to it.
#[utoipa::path(post, path = "/v1/cart/lines", tag = "cart", request_body = AddLine,
    params(("Idempotency-Key" = String, Header), ("Forecourt-Bookmark" = Option<String>, Header)), responses((status = 202, body = CartBody)))]
pub(crate) async fn add(
    State(shop): State<Arc<Shop>>,
    Command { envelope, body: JsonBody(add) }: Command<CartHolder, JsonBody<AddLine>>,
) -> Result<Response, HttpProblem> {
    let quantity = quantity(add.quantity, 1)?;
    check_properties("/properties", &add.properties)?;
    check_reserved("/properties", &add.properties, |name| {
        let is_option = add.selection.as_ref().is_some_and(|chosen| chosen.contains_key(name));
        name == LINE_PROPERTY || is_option
    })?;
    let offer = offer(&shop, add).await?;
    accept(&shop, envelope, RequestedAction::Act(Action::add(offer, quantity))).await
}

/// Replaces the quantity of a line; 0 removes it.
#[utoipa::path(patch, path = "/v1/cart/lines/{line}", tag = "cart", request_body = SetQuantity,
    params(("line" = String, Path), ("Idempotency-Key" = String, Header), ("Forecourt-Bookmark" = Option<String>, Header)),
    responses((status = 202, body = CartBody)))]
pub(crate) async fn set(
    State(shop): State<Arc<Shop>>,
    Path(line): Path<String>,
    Command { envelope, body: JsonBody(set) }: Command<CartHolder, JsonBody<SetQuantity>>,
) -> Result<Response, HttpProblem> {
    let quantity = quantity(set.quantity, 0)?;
    let line = line_id(&line)?;
    let action = Action::Set { line, quantity };
    accept(&shop, envelope, RequestedAction::OnLine(line, action)).await
}

/// Removes a line.
#[utoipa::path(delete, path = "/v1/cart/lines/{line}", tag = "cart",
    params(("line" = String, Path), ("Idempotency-Key" = String, Header), ("Forecourt-Bookmark" = Option<String>, Header)),
    responses((status = 202, body = CartBody)))]
pub(crate) async fn remove(
    State(shop): State<Arc<Shop>>,
    Path(line): Path<String>,
    Command { envelope, .. }: Command<CartHolder>,
) -> Result<Response, HttpProblem> {
    let line = line_id(&line)?;
    let action = Action::Remove { line };
    accept(&shop, envelope, RequestedAction::OnLine(line, action)).await
}

/// Removes every line.
#[utoipa::path(delete, path = "/v1/cart/lines", tag = "cart",
    params(("Idempotency-Key" = String, Header), ("Forecourt-Bookmark" = Option<String>, Header)), responses((status = 202, body = CartBody)))]
pub(crate) async fn clear(
    State(shop): State<Arc<Shop>>,
    Command { envelope, .. }: Command<CartHolder>,
) -> Result<Response, HttpProblem> {
    accept(&shop, envelope, RequestedAction::Act(Action::Clear)).await
}

/// Sets cart attributes.
#[utoipa::path(patch, path = "/v1/cart/attributes", tag = "cart", request_body = SetAttributes,
    params(("Idempotency-Key" = String, Header), ("Forecourt-Bookmark" = Option<String>, Header)), responses((status = 202, body = CartBody)))]
pub(crate) async fn attributes(
    State(shop): State<Arc<Shop>>,
    Command { envelope, body }: Command<CartHolder, JsonBody<SetAttributes>>,
) -> Result<Response, HttpProblem> {
    let JsonBody(SetAttributes(changes)) = body;
    let set = changes.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    let set = set.collect();
    check_properties("", &set)?;
    check_reserved("", &set, |name| name == LINK_ATTRIBUTE)?;
    accept(&shop, envelope, RequestedAction::Act(Action::Attributes { changes })).await
}

async fn accept(
    shop: &Shop,
    Envelope { holder: CartHolder(cart), key, fingerprint, view, now }: Envelope<CartHolder>,
    action: RequestedAction,
) -> Result<Response, HttpProblem> {
    let bookmark = view.merged.clone();
    let request = CommandRequest { cart, key, fingerprint, bookmark, now };
    let accepted = match shop.cart_commands.accept(&request, action).await {
        Err(Rejection::Merged { into, accepted: Some(bookmark) }) => {
            let bookmark = view.reply(&shop.config.keys, &bookmark)?;
            return Err(HttpProblem::merged(into).with_bookmark(bookmark));
        }
        accepted => accepted?,
    };
    let (body, bookmark) = body(shop, &request.cart, &view, &accepted.answer)?;
    Ok((StatusCode::ACCEPTED, [(BOOKMARK, bookmark)], Json(body)).into_response())
}

/// Parses a line's id; a malformed one was never the id of a line.
fn line_id(line: &str) -> Result<LineId, HttpProblem> {
    LineId::parse(line).ok_or_else(|| Rejection::LineUnknown.into())
}

fn quantity(requested: i64, min: u32) -> Result<u32, HttpProblem> {
    let in_range =
        u32::try_from(requested).ok().filter(|quantity| (min..=QUANTITY_MAX).contains(quantity));
    in_range.ok_or_else(|| {
        let detail = format!("A quantity is {min} to {QUANTITY_MAX}.");
        HttpProblem::new(Code::QuantityOutOfRange, detail)
            .at("/quantity", format!("is {requested}"))
    })
}

/// Properties and attributes alike.
fn check_properties(at: &str, pairs: &BTreeMap<String, String>) -> Result<(), HttpProblem> {
    if pairs.len() > PROPERTIES_MAX {
        let detail = format!("At most {PROPERTIES_MAX} properties are possible.");
        return Err(HttpProblem::new(Code::CartFull, detail).at(at, "has too many"));
    }
    let too_long = pairs.iter().find(|(name, value)| name.len() + value.len() > PROPERTY_BYTES_MAX);
    match too_long {
        None => Ok(()),
        Some((name, _)) => {
            let detail = format!("Name and value take at most {PROPERTY_BYTES_MAX} bytes.");
            Err(HttpProblem::new(Code::CartFull, detail).at(pointer(at, name), "is too long"))
        }
    }
}

/// Rejects names of properties and attributes that checkout writes itself: it would overwrite the
/// shopper's.
fn check_reserved(
    at: &str,
    pairs: &BTreeMap<String, String>,
    is_reserved: impl Fn(&str) -> bool,
) -> Result<(), HttpProblem> {
    match pairs.keys().find(|name| is_reserved(name)) {
        None => Ok(()),
        Some(name) => Err(HttpProblem::new(Code::NameReserved, "Use another name.")
            .at(pointer(at, name), "is reserved for checkout")),
    }
}

/// RFC 6901.
fn pointer(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Resolves the added item: the command holds its current price, sku and title.
async fn offer(shop: &Shop, add: AddLine) -> Result<Offer, HttpProblem> {
    match (add.variant_id, add.product, add.selection) {
        (Some(variant_id), None, None) => {
            let (product, published) = product_selling(shop, &variant_id).await?;
            let configurator = &published.configurator;
            let variant = configurator.variant(&variant_id).ok_or_else(variant_unknown)?;
            let selection = variant.selection.clone();
            let price = configurator.price(&selection).ok_or_else(|| {
                let detail = "The variant leaves options open: send `product` with `selection`.";
                HttpProblem::new(Code::SelectionImpossible, detail)
                    .at("/variant_id", "is not a complete selection")
            })?;
            Ok(Offer {
                product,
                sku: Some(variant.sku.clone()),
                title: configurator.product().title().to_owned(),
                price,
                selection: None,
                properties: add.properties,
                variant_id: Some(variant_id),
            })
        }
        (None, Some(product), Some(selection)) => {
            let published = shop.catalog.product(&product).await?;
            let published = published
                .ok_or_else(|| product_unknown(&product).at("/product", "is not published"))?;
            configured(&published, product, selection, add.properties)
        }
        _ => {
            let detail = "Send either `variant_id`, or `product` with `selection`.";
            Err(HttpProblem::new(Code::Malformed, detail).at("", "has neither, or both"))
        }
    }
}

fn configured(
    published: &Published,
    product: String,
    selection: BTreeMap<String, String>,
    properties: BTreeMap<String, String>,
) -> Result<Offer, HttpProblem> {
    let configurator = &published.configurator;
    let pairs = selection.iter().map(|(option, value)| (option.as_str(), value.as_str()));
    let chosen =
        Selection::from_pairs(pairs).map_err(|unknown| unknown_choices("/selection/", &unknown))?;
    let resolution = configurator
        .resolve(&chosen, &Default::default())
        .map_err(|unknown| unknown_choices("/selection/", &unknown))?;
    let impossible = |detail: &str| {
        let problem = HttpProblem::new(Code::SelectionImpossible, detail);
        problem.at("/selection", "can't be bought as it is")
    };
    if !resolution.is_consistent() {
        return Err(impossible("No configuration contains all of these choices."));
    }
    if !resolution.is_complete() {
        return Err(impossible("Choose a value for every option."));
    }
    let price =
        configurator.price(&chosen).ok_or_else(|| impossible("The selection has no price."))?;
    let variant = resolution.variant();
    Ok(Offer {
        product,
        variant_id: variant.map(|variant| variant.variant_id.clone()),
        sku: variant.map(|variant| variant.sku.clone()),
        title: configurator.product().title().to_owned(),
        price,
        selection: Some(selection),
        properties,
    })
}

async fn product_selling(
    shop: &Shop,
    variant_id: &str,
) -> Result<(String, Arc<Published>), HttpProblem> {
    let product = shop.catalog.product_of_variant(variant_id).await?;
    let product = product.ok_or_else(variant_unknown)?;
    let published = shop.catalog.product(&product).await?;
    published.map(|published| (product, published)).ok_or_else(variant_unknown)
}

fn variant_unknown() -> HttpProblem {
    HttpProblem::new(Code::VariantUnknown, "No published product sells this variant.")
        .at("/variant_id", "is not sold here")
}
