//! `POST /v1/carts`, `GET /v1/cart`, and the form of the cart in every answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain_cart::{CartItem, Line, LineId, cart_of};
use domain_core::money::Money;
use domain_core::resource::Answer;
use edge_wire::headers::BOOKMARK;
use edge_wire::resource::Resource;
use edge_wire::token;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::bookmarks::{Client, ClientView};
use crate::http::caller::{Caller, CartHolder};
use crate::http::http_problem::HttpProblem;
use crate::http::response_policy::Freshness;
use crate::runtime::shop::Shop;

/// A cart as one client sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CartBody {
    /// The cart's id.
    id: String,
    /// How many commands the table has absorbed; `"0"` for a cart never written.
    version: String,
    /// ISO 4217.
    currency: String,
    lines: Vec<LineBody>,
    /// Minor units.
    subtotal: i64,
    attributes: BTreeMap<String, String>,
    /// Send it with the next request.
    bookmark: String,
    /// The bookmark was ahead of the table: start over from this answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reset: bool,
}

/// A cart as staff see it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StaffCartBody {
    id: String,
    /// `"0"` for a cart never written.
    version: String,
    /// ISO 4217.
    currency: String,
    lines: Vec<LineBody>,
    /// Minor units.
    subtotal: i64,
    attributes: BTreeMap<String, String>,
}

/// One line.
#[derive(Debug, Serialize, ToSchema)]
struct LineBody {
    id: String,
    /// Shopify's variant id, if a variant covers the selection.
    variant_id: Option<String>,
    sku: Option<String>,
    product: String,
    title: String,
    quantity: u32,
    /// Minor units, of one.
    price: i64,
    /// Minor units, of all.
    total: i64,
    /// The complete selection of a configured product.
    selection: Option<BTreeMap<String, String>>,
    properties: BTreeMap<String, String>,
}

/// A cart and the token that holds it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CartCreated {
    /// Send it as `Forecourt-Cart`.
    token: String,
    cart: CartBody,
}

/// A new cart, the customer's own, or a fresh token for the cart whose token was sent. Costs no
/// write.
#[utoipa::path(post, path = "/v1/carts", tag = "cart", responses(
    (status = 201, body = CartCreated),
))]
pub(crate) async fn create(
    State(shop): State<Arc<Shop>>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, HttpProblem> {
    let id = match (caller.customer, caller.cart) {
        (Some(customer), _) => cart_of(&customer),
        (None, Some(cart)) => cart,
        (None, None) => shop.new_cart_id(),
    };
    let token = token::mint_cart(&shop.config.keys, &id);
    let view = ClientView::read(&shop.config.keys, &headers, Resource::Cart(id.clone()))?;
    let (cart, bookmark) = read(&shop, &id, &view).await?;
    let body = CartCreated { token, cart };
    Ok((StatusCode::CREATED, [(BOOKMARK, bookmark)], Json(body)).into_response())
}

/// The cart. One never written, or untouched for 30 days, is empty with version `"0"`.
#[utoipa::path(get, path = "/v1/cart", tag = "cart",
    responses((status = 200, body = CartBody)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    Client { holder: CartHolder(cart), view }: Client<CartHolder>,
) -> Result<Response, HttpProblem> {
    let (body, bookmark) = read(&shop, &cart, &view).await?;
    let freshness = Freshness::of(body.reset);
    Ok((freshness, [(BOOKMARK, bookmark)], Json(body)).into_response())
}

async fn read(
    shop: &Shop,
    cart: &str,
    view: &ClientView,
) -> Result<(CartBody, String), HttpProblem> {
    let answer = view.answer(&shop.carts, cart, &shop.clock).await?;
    body(shop, cart, view, &answer)
}

/// The body of an answer, and the bookmark it repeats in a header.
pub(crate) fn body(
    shop: &Shop,
    cart: &str,
    view: &ClientView,
    answer: &Answer<CartItem>,
) -> Result<(CartBody, String), HttpProblem> {
    let bookmark = view.reply(&shop.config.keys, &answer.bookmark)?;
    let body = CartBody {
        id: cart.to_owned(),
        version: answer.version.to_string(),
        currency: shop.config.currency.clone(),
        lines: answer.view.sorted_lines().into_iter().map(line).collect(),
        subtotal: minor_units(answer.view.subtotal()),
        attributes: answer.view.attributes.clone(),
        bookmark: bookmark.clone(),
        reset: answer.reset,
    };
    Ok((body, bookmark))
}

// === impl StaffCartBody ===

impl StaffCartBody {
    pub(super) fn of(shop: &Shop, id: String, answer: &Answer<CartItem>) -> Self {
        Self {
            id,
            version: answer.version.to_string(),
            currency: shop.config.currency.clone(),
            lines: answer.view.sorted_lines().into_iter().map(line).collect(),
            subtotal: minor_units(answer.view.subtotal()),
            attributes: answer.view.attributes.clone(),
        }
    }
}

fn line((id, line): (LineId, &Line)) -> LineBody {
    let Line { offer, quantity, since: _, offered: _ } = line;
    LineBody {
        id: id.to_string(),
        variant_id: offer.variant_id.clone(),
        sku: offer.sku.clone(),
        product: offer.product.clone(),
        title: offer.title.clone(),
        quantity: *quantity,
        price: offer.price.0,
        total: minor_units(offer.price.times(*quantity)),
        selection: offer.selection.clone(),
        properties: offer.properties.clone(),
    }
}

/// The limits on commands bound every total. Only commands accepted concurrently can exceed the
/// range together; the answer then holds the largest number instead of an error.
fn minor_units(total: Option<Money>) -> i64 {
    total.map_or(i64::MAX, |Money(minor)| minor)
}
