//! Who is calling: extractors over `Forecourt-Identity`. Without a header that verifies, a caller
//! is anonymous; a missing edge function or a direct call can never become somebody.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use edge_wire::headers::IDENTITY;
use edge_wire::identity::{Identity, Kind, verify};
use edge_wire::keys::KeyRing;
use edge_wire::problem::Code;
use http::HeaderMap;
use http::request::Parts;

use crate::refused::Refused;
use crate::shop::Shop;

/// Whoever holds the cart's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartHolder(pub String);

/// A customer of the shop, by Shopify's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer(pub String);

/// The merchant's staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staff;

/// Whoever is calling, perhaps nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anybody {
    /// The cart whose token was shown.
    pub cart: Option<String>,
    /// The customer.
    pub customer: Option<String>,
}

impl FromRequestParts<Arc<Shop>> for CartHolder {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, Refused> {
        let found = identity(&parts.headers, &shop.config.keys, Kind::Cart);
        found.map(Self).ok_or_else(|| {
            Refused::new(Code::TokenMissing, "Send the cart token as Forecourt-Cart.")
        })
    }
}

impl FromRequestParts<Arc<Shop>> for Customer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, Refused> {
        let found = identity(&parts.headers, &shop.config.keys, Kind::Customer);
        found.map(Self).ok_or_else(|| {
            Refused::new(Code::TokenMissing, "Send the customer token as Authorization: Bearer.")
        })
    }
}

impl FromRequestParts<Arc<Shop>> for Staff {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, Refused> {
        let found = identity(&parts.headers, &shop.config.keys, Kind::Staff);
        found.map(|_| Self).ok_or_else(|| {
            Refused::new(Code::TokenMissing, "Send a staff token as Authorization: Bearer.")
        })
    }
}

impl FromRequestParts<Arc<Shop>> for Anybody {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, Refused> {
        let find = |kind| identity(&parts.headers, &shop.config.keys, kind);
        Ok(Self { cart: find(Kind::Cart), customer: find(Kind::Customer) })
    }
}

fn identity(headers: &HeaderMap, keys: &KeyRing, kind: Kind) -> Option<String> {
    let mut sent = headers.get_all(IDENTITY).iter();
    let (Some(header), None) = (sent.next(), sent.next()) else { return None };
    let identities = verify(keys, header.to_str().ok()?)?;
    let mine = identities.into_iter().find(|identity| identity.kind == kind);
    mine.map(|Identity { id, .. }| id)
}
