//! `POST /v1/cart/merge`: what a guest put into a cart goes into the customer's own.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use edge_wire::headers::{BOOKMARK, CART};
use edge_wire::problem::Code;
use edge_wire::resource::Resource;
use edge_wire::token::verify_cart;
use http::StatusCode;
use origin_domain::cart::{MergeIntent, Refusal, cart_of};
use serde::Deserialize;
use utoipa::ToSchema;

use super::cart::{CartBody, body};
use super::cart_lines::idempotency_key;
use crate::body::{COMMAND_BYTES_MAX, expect_json, parse, read};
use crate::bookmarks::Shown;
use crate::caller::{CartHolder, Customer};
use crate::refused::Refused;
use crate::shop::Shop;

/// Which cart to take in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeFrom {
    /// The guest's cart token: whoever holds it holds that cart.
    from: String,
}

/// Takes a guest's cart into the customer's own, whose token and customer token both stand in the
/// headers, and with them the bookmarks of both carts. Lines of the same kind add up; of two
/// attributes of one name the guest's counts. From then on every request for the guest's cart is
/// 409 `cart-merged`; asking for the same merge again, under whichever key, answers with the
/// customer's cart as it is now.
#[utoipa::path(post, path = "/v1/cart/merge", tag = "cart", request_body = MergeFrom,
    params(("Idempotency-Key" = String, Header), ("Forecourt-Bookmark" = Option<String>, Header)),
    responses((status = 202, body = CartBody)))]
pub(crate) async fn merge(
    State(shop): State<Arc<Shop>>,
    CartHolder(cart): CartHolder,
    Customer(customer): Customer,
    request: Request,
) -> Result<Response, Refused> {
    let (parts, content) = request.into_parts();
    // The guest's cart names the command; the key is what every command has.
    idempotency_key(&parts.headers)?;
    let bytes = read(&parts.headers, Body::new(content), COMMAND_BYTES_MAX).await?;
    expect_json(&parts.headers)?;
    let MergeFrom { from } = parse(&bytes)?;
    let keys = &shop.config.keys;
    let guest = verify_cart(keys, &from).map_err(|_| {
        Refused::new(Code::TokenInvalid, "Send the token POST /v1/carts gave, unchanged.")
            .at("/from", "does not verify")
    })?;
    if cart != cart_of(&customer) {
        let detail = "POST /v1/carts with the customer token gives the customer's own cart.";
        return Err(Refused::new(Code::MergeImpossible, detail)
            .at(format!("header:{CART}"), "is not this customer's own cart"));
    }
    let shown = Shown::read(keys, &parts.headers, Resource::Cart(cart.clone()))?;
    let guests = Shown::read(keys, &parts.headers, Resource::Cart(guest.clone()))?;
    let intent = MergeIntent {
        cart,
        guest,
        bookmark: shown.merged.clone(),
        guest_bookmark: guests.merged,
        now: shop.clock.now(),
    };
    let merged = shop.desk.merge(&intent).await.map_err(refused)?;
    let (body, bookmark) = body(&shop, &intent.cart, &shown, &merged.answer)?;
    Ok((StatusCode::ACCEPTED, [(BOOKMARK, bookmark)], Json(body)).into_response())
}

/// The key of a merge never expires; its time may.
fn refused(refusal: Refusal) -> Refused {
    match refusal {
        Refusal::Expired => Refused::new(
            Code::IdempotencyKeyExpired,
            "This merge was first asked for days ago and the carts have changed since. The guest's \
             is as it was: add its lines one by one.",
        ),
        refusal => refusal.into(),
    }
}
