//! `POST /v1/cart/merge`: merges a guest's cart into the customer's own.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain_cart::{CartRejection, MergeRequest, cart_of};
use domain_core::resource::Rejection;
use domain_core::revocation::TokenHolder;
use edge_wire::headers::{BOOKMARK, CART};
use edge_wire::problem::Code;
use edge_wire::resource::Resource;
use edge_wire::token::verify_cart;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::cart::{CartBody, body};
use crate::http::body::JsonBody;
use crate::http::bookmarks::ClientView;
use crate::http::caller::{CartHolder, Customer};
use crate::http::command::{CommandBody, IdempotencyKey};
use crate::http::http_problem::HttpProblem;
use crate::http::valid_tokens::revoked_cart;
use crate::runtime::shop::Shop;

/// The cart to merge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeFrom {
    /// The guest's cart token: its holder holds that cart.
    from: String,
}

/// Merges a guest's cart into the customer's own. The headers carry the own cart's token, the
/// customer token and the bookmarks of both carts. Lines of the same kind add up; of two attributes
/// with one name the guest's counts. From then on every request for the guest's cart is 409
/// `cart-merged`; a repetition of the merge, under any key, answers with the customer's current
/// cart.
#[utoipa::path(post, path = "/v1/cart/merge", tag = "cart", request_body = MergeFrom,
    responses((status = 202, body = CartBody)))]
pub(crate) async fn merge(
    State(shop): State<Arc<Shop>>,
    (CartHolder(cart), Customer(customer)): (CartHolder, Customer),
    // The guest's cart names the command; the key is required as for every command.
    _: IdempotencyKey,
    headers: HeaderMap,
    sent: CommandBody<JsonBody<MergeFrom>>,
) -> Result<Response, HttpProblem> {
    let JsonBody(MergeFrom { from }) = sent.body;
    let keys = &shop.config.keys;
    let guest = verify_cart(keys, &from).map_err(|_| {
        HttpProblem::new(Code::TokenInvalid, "Send the token POST /v1/carts gave, unchanged.")
            .at("/from", "does not verify")
    })?;
    if shop.revocations.of(TokenHolder::Cart(&guest)).await?.is_some() {
        return Err(revoked_cart("/from"));
    }
    if cart != cart_of(&customer) {
        let detail = "POST /v1/carts with the customer token gives the customer's own cart.";
        return Err(HttpProblem::new(Code::MergeImpossible, detail)
            .at(format!("header:{CART}"), "is not this customer's own cart"));
    }
    let view = ClientView::read(keys, &headers, Resource::Cart(cart.clone()))?;
    let guests = ClientView::read(keys, &headers, Resource::Cart(guest.clone()))?;
    let merge = MergeRequest {
        cart,
        guest,
        bookmark: view.merged.clone(),
        guest_bookmark: guests.merged,
        now: shop.clock.now(),
    };
    let answer = domain_cart::merge(&shop.cart_commands, &merge).await.map_err(problem)?;
    let (body, bookmark) = body(&shop, &merge.cart, &view, &answer)?;
    Ok((StatusCode::ACCEPTED, [(BOOKMARK, bookmark)], Json(body)).into_response())
}

/// The key of a merge never expires; its time may.
fn problem(rejection: Rejection<CartRejection>) -> HttpProblem {
    match rejection {
        Rejection::Expired => HttpProblem::new(
            Code::IdempotencyKeyExpired,
            "This merge was first requested days ago and the carts have changed since. The guest's \
             cart is unchanged: add its lines one by one.",
        ),
        rejection => rejection.into(),
    }
}
