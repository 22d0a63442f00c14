//! The cart commands: recorded, published, and answered with the client's view of the cart.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain_cart::{
    Action, Addition, CartRejection, LINE_PROPERTY, LineId, NotSold, PROPERTIES_MAX,
    PROPERTY_BYTES_MAX, QUANTITY_MAX, RequestedAction, offer,
};
use domain_core::json_pointer;
use domain_core::resource::Rejection;
use edge_wire::headers::BOOKMARK;
use edge_wire::link::LINK_ATTRIBUTE;
use edge_wire::problem::Code;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::cart::{CartBody, body};
use super::configurator::{ChoicePlace, product_unknown, unknown_choices};
use crate::http::body::JsonBody;
use crate::http::caller::CartHolder;
use crate::http::command::{Command, Envelope};
use crate::http::http_problem::HttpProblem;
use crate::http::sent_id::SentId;
use crate::runtime::shop::Shop;

/// What to add: a variant, or a product with a complete selection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddLine {
    /// Shopify's variant id as a string: it may pass 2^53.
    #[schema(value_type = Option<String>)]
    variant_id: Option<SentId>,
    /// The product, if it is configured.
    #[schema(value_type = Option<String>)]
    product: Option<SentId>,
    /// A complete selection of it.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    selection: Option<BTreeMap<SentId, SentId>>,
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
    responses((status = 202, body = CartBody)))]
pub(crate) async fn add(
    State(shop): State<Arc<Shop>>,
    Command { envelope, body: JsonBody(mut add), .. }: Command<CartHolder, JsonBody<AddLine>>,
) -> Result<Response, HttpProblem> {
    let quantity = quantity(add.quantity, 1)?;
    check_properties("/properties", &add.properties)?;
    check_reserved("/properties", &add.properties, |name| {
        let mut options = add.selection.iter().flat_map(BTreeMap::keys);
        name == LINE_PROPERTY || options.any(|option| option.0 == name)
    })?;
    let properties = std::mem::take(&mut add.properties);
    let requested = match offer(&shop.catalog, add.addition()?, properties).await {
        Ok(offer) => RequestedAction::Act(Action::add(offer, quantity)),
        Err(NotSold::Port(error)) => return Err(error.into()),
        Err(reason) => RequestedAction::NotSold(reason),
    };
    accept(&shop, envelope, requested).await
}

/// Replaces the quantity of a line; 0 removes it.
#[utoipa::path(patch, path = "/v1/cart/lines/{line}", tag = "cart", request_body = SetQuantity,
    params(("line" = String, Path)),
    responses((status = 202, body = CartBody)))]
pub(crate) async fn set(
    State(shop): State<Arc<Shop>>,
    Path(line): Path<String>,
    Command { envelope, body: JsonBody(set), .. }: Command<CartHolder, JsonBody<SetQuantity>>,
) -> Result<Response, HttpProblem> {
    let quantity = quantity(set.quantity, 0)?;
    let line = line_id(&line)?;
    let action = Action::Set { line, quantity };
    accept(&shop, envelope, RequestedAction::OnLine(line, action)).await
}

/// Removes a line.
#[utoipa::path(delete, path = "/v1/cart/lines/{line}", tag = "cart",
    params(("line" = String, Path)),
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
    responses((status = 202, body = CartBody)))]
pub(crate) async fn clear(
    State(shop): State<Arc<Shop>>,
    Command { envelope, .. }: Command<CartHolder>,
) -> Result<Response, HttpProblem> {
    accept(&shop, envelope, RequestedAction::Act(Action::Clear)).await
}

/// Sets cart attributes.
#[utoipa::path(patch, path = "/v1/cart/attributes", tag = "cart", request_body = SetAttributes,
    responses((status = 202, body = CartBody)))]
pub(crate) async fn attributes(
    State(shop): State<Arc<Shop>>,
    Command { envelope, body, .. }: Command<CartHolder, JsonBody<SetAttributes>>,
) -> Result<Response, HttpProblem> {
    let JsonBody(SetAttributes(changes)) = body;
    let set = changes.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    let set = set.collect();
    check_properties("", &set)?;
    check_reserved("", &set, |name| name == LINK_ATTRIBUTE)?;
    accept(&shop, envelope, RequestedAction::Act(Action::Attributes { changes })).await
}

// === impl AddLine ===

impl AddLine {
    fn addition(self) -> Result<Addition, HttpProblem> {
        match (self.variant_id, self.product, self.selection) {
            (Some(SentId(variant_id)), None, None) => Ok(Addition::Variant(variant_id)),
            (None, Some(SentId(product)), Some(selection)) => {
                let pairs = selection.into_iter();
                let selection = pairs.map(|(option, value)| (option.0, value.0)).collect();
                Ok(Addition::Configured { product, selection })
            }
            _ => {
                let detail = "Send either `variant_id`, or `product` with `selection`.";
                Err(HttpProblem::new(Code::Malformed, detail).at("", "has neither, or both"))
            }
        }
    }
}

async fn accept(
    shop: &Shop,
    Envelope { request, view }: Envelope,
    action: RequestedAction,
) -> Result<Response, HttpProblem> {
    let accepted = match domain_cart::accept(&shop.cart_commands, &request, action).await {
        Err(Rejection::Merged { accepted: Some(bookmark), .. }) => {
            let bookmark = view.reply(&shop.config.keys, &bookmark)?;
            return Err(HttpProblem::merged().with_bookmark(bookmark));
        }
        accepted => accepted?,
    };
    let (body, bookmark) = body(shop, &request.resource, &view, &accepted.answer)?;
    Ok((StatusCode::ACCEPTED, [(BOOKMARK, bookmark)], Json(body)).into_response())
}

/// Parses a line's id; a malformed one was never the id of a line.
fn line_id(line: &str) -> Result<LineId, HttpProblem> {
    LineId::parse(line).ok_or_else(|| CartRejection::LineUnknown.into())
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

/// The same limits for properties and attributes.
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
            Err(HttpProblem::new(Code::CartFull, detail)
                .at(json_pointer::member(at, name), "is too long"))
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
            .at(json_pointer::member(at, name), "is reserved for checkout")),
    }
}

impl From<NotSold> for HttpProblem {
    fn from(reason: NotSold) -> Self {
        let impossible = |detail: &str| HttpProblem::new(Code::SelectionImpossible, detail);
        match reason {
            NotSold::VariantUnknown => {
                HttpProblem::new(Code::VariantUnknown, "No published product sells this variant.")
                    .at("/variant_id", "is not sold here")
            }
            NotSold::VariantOpen => {
                impossible("The variant leaves options open: send `product` with `selection`.")
                    .at("/variant_id", "is not a complete selection")
            }
            NotSold::ProductUnknown(product) => {
                product_unknown(&product).at("/product", "is not published")
            }
            NotSold::ChoicesUnknown(unknown) => unknown_choices(ChoicePlace::Body, &unknown),
            NotSold::Inconsistent => impossible("No configuration contains all of these choices.")
                .at("/selection", "can't be bought as it is"),
            NotSold::Incomplete => impossible("Choose a value for every option.")
                .at("/selection", "can't be bought as it is"),
            NotSold::Port(error) => error.into(),
        }
    }
}
