//! `/v1/session`: a token for 15 minutes of direct calls, for a customer whom Shopify authenticated,
//! and log-out.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain_core::revocation::{Revocation, TokenHolder};
use domain_core::time::{SECOND_MS, Time};
use edge_wire::token::{CUSTOMER_TOKEN_TTL_S, mint_customer};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::revocations::RevokedBody;
use crate::http::caller::{Customer, issued_at};
use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;

/// A customer token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionBody {
    /// Send it as `Authorization: Bearer`.
    token: String,
    /// RFC 3339.
    expires_at: String,
    /// Shopify's id of the customer, so that a client can tell that another one has signed in.
    customer_id: String,
}

/// A customer token, through the App Proxy only.
#[utoipa::path(post, path = "/v1/session", tag = "session",
    responses((status = 201, body = SessionBody)))]
pub(crate) async fn create(
    State(shop): State<Arc<Shop>>,
    Customer(customer): Customer,
) -> Result<Response, HttpProblem> {
    let revoked = shop.revocations.of(TokenHolder::Customer(&customer)).await?;
    let first = revoked.as_ref().map_or(Time::default(), Revocation::next_issue);
    let expires_unix_s = shop.clock.now().max(first).unix_s() + CUSTOMER_TOKEN_TTL_S;
    let body = SessionBody {
        token: mint_customer(&shop.config.keys, &customer, expires_unix_s),
        expires_at: Time(expires_unix_s * SECOND_MS).to_rfc3339(),
        customer_id: customer,
    };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// Log-out, from all devices: ends every token that the customer has. Their own cart answers again
/// after the next sign-in. Without a token, as through the App Proxy, it ends those issued until now.
#[utoipa::path(delete, path = "/v1/session", tag = "session",
    responses((status = 200, body = RevokedBody)))]
pub(crate) async fn end(
    State(shop): State<Arc<Shop>>,
    Customer(customer): Customer,
    headers: HeaderMap,
) -> Result<Json<RevokedBody>, HttpProblem> {
    // The clock of the instance that issued the token may be ahead of this one's.
    let issued = issued_at(&headers, &shop.config.keys, &customer)?.unwrap_or_default();
    let until = shop.clock.now().max(issued);
    let until = shop.revocations.revoke(TokenHolder::Customer(&customer), until, None).await?;
    Ok(Json(RevokedBody::of(until)))
}
