//! `/v1/admin/customers/{id}/revoke` and `/v1/admin/carts/{id}/revoke`: staff end the tokens of a customer
//! or of a cart.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use domain_core::revocation::TokenHolder;
use domain_core::time::Time;
use edge_wire::identity::owner_of_cart;
use serde::Serialize;
use utoipa::ToSchema;

use super::customers::CustomerOfPath;
use crate::http::http_problem::HttpProblem;
use crate::http::permitted::{Permitted, act};
use crate::runtime::shop::Shop;

/// What was revoked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevokedBody {
    /// RFC 3339. Tokens issued until then are refused everywhere within 10 seconds.
    revoked_until: String,
}

/// Ends the tokens of a customer: those of all devices. Who is still signed in to Shopify gets another
/// one there.
#[utoipa::path(post, path = "/v1/admin/customers/{customer}/revoke", tag = "admin",
    params(("customer" = String, Path)), responses((status = 200, body = RevokedBody)))]
pub(crate) async fn customer(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::RevokeTokens>,
    CustomerOfPath(customer): CustomerOfPath,
) -> Result<Json<RevokedBody>, HttpProblem> {
    revoke(&shop, &staff, TokenHolder::Customer(&customer)).await
}

/// Ends the tokens of a guest's cart for good: its content is out of reach. A customer's own cart
/// answers that customer's tokens, so these are ended.
#[utoipa::path(post, path = "/v1/admin/carts/{id}/revoke", tag = "admin",
    params(("id" = String, Path)), responses((status = 200, body = RevokedBody)))]
pub(crate) async fn cart(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::RevokeTokens>,
    Path(id): Path<String>,
) -> Result<Json<RevokedBody>, HttpProblem> {
    let holder = owner_of_cart(&id).map_or(TokenHolder::Cart(&id), TokenHolder::Customer);
    revoke(&shop, &staff, holder).await
}

async fn revoke(
    shop: &Shop,
    staff: &Permitted<act::RevokeTokens>,
    holder: TokenHolder<'_>,
) -> Result<Json<RevokedBody>, HttpProblem> {
    let act = staff.act(shop);
    let at = act.at;
    let until = shop.revocations.revoke(holder, at, Some(act)).await?;
    Ok(Json(RevokedBody::of(until)))
}

// === impl RevokedBody ===

impl RevokedBody {
    pub(super) fn of(until: Time) -> Self {
        Self { revoked_until: until.to_rfc3339() }
    }
}
