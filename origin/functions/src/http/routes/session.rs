//! `POST /v1/session`: a token for 15 minutes of direct calls, for a customer whom Shopify
//! authenticated.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain_core::time::{SECOND_MS, Time};
use edge_wire::token::{CUSTOMER_TOKEN_TTL_S, mint_customer};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::Customer;
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
) -> Response {
    let expires_unix_s = shop.clock.now().unix_s() + CUSTOMER_TOKEN_TTL_S;
    let body = SessionBody {
        token: mint_customer(&shop.config.keys, &customer, expires_unix_s),
        expires_at: Time(expires_unix_s * SECOND_MS).to_rfc3339(),
        customer_id: customer,
    };
    (StatusCode::CREATED, Json(body)).into_response()
}
