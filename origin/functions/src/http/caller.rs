//! Who is calling: extractors over `Forecourt-Identity`. Without a header that verifies, a caller
//! is anonymous; without the edge function, and in a direct call, every caller is.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain_core::time::{SECOND_MS, Time};
use edge_wire::headers::{IDENTITY, SESSION};
use edge_wire::identity::{Identity, Kind, verify, verify_session};
use edge_wire::keys::KeyRing;
use edge_wire::problem::Code;
use edge_wire::resource::Resource;
use edge_wire::token::CUSTOMER_TOKEN_TTL_S;
use http::HeaderMap;
use http::request::Parts;

use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;

/// The holder of a cart's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CartHolder(pub(crate) String);

/// A customer of the shop, by Shopify's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Customer(pub(crate) String);

/// A caller with any identity or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The cart whose token was sent.
    pub(crate) cart: Option<String>,
    /// The customer.
    pub(crate) customer: Option<String>,
}

/// A caller who holds a resource.
pub(crate) trait Holder: FromRequestParts<Arc<Shop>, Rejection = HttpProblem> {
    /// The resource: the caller's bookmarks are about it, and the caller's commands change it.
    fn resource(&self) -> Resource;

    /// The resource's id.
    fn id(&self) -> &str;
}

impl Holder for CartHolder {
    fn resource(&self) -> Resource {
        Resource::Cart(self.0.clone())
    }

    fn id(&self) -> &str {
        &self.0
    }
}

impl Holder for Customer {
    fn resource(&self) -> Resource {
        Resource::Loyalty(self.0.clone())
    }

    fn id(&self) -> &str {
        &self.0
    }
}

impl FromRequestParts<Arc<Shop>> for CartHolder {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, HttpProblem> {
        let id = identity(&parts.headers, &shop.config.keys, Kind::Cart);
        id.map(Self).ok_or_else(|| {
            HttpProblem::new(Code::TokenMissing, "Send the cart token as Forecourt-Cart.")
        })
    }
}

impl FromRequestParts<Arc<Shop>> for Customer {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, HttpProblem> {
        let id = identity(&parts.headers, &shop.config.keys, Kind::Customer);
        id.map(Self).ok_or_else(|| {
            HttpProblem::new(
                Code::TokenMissing,
                "Send the customer token as Authorization: Bearer.",
            )
        })
    }
}

impl FromRequestParts<Arc<Shop>> for Caller {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, HttpProblem> {
        let id_of = |kind| identity(&parts.headers, &shop.config.keys, kind);
        Ok(Self { cart: id_of(Kind::Cart), customer: id_of(Kind::Customer) })
    }
}

/// When the token was issued by which the edge verified this customer; `None` without a token.
pub(crate) fn issued_at(
    headers: &HeaderMap,
    keys: &KeyRing,
    customer: &str,
) -> Result<Option<Time>, HttpProblem> {
    let mut sent = headers.get_all(SESSION).iter();
    let Some(header) = sent.next() else { return Ok(None) };
    let expires = header.to_str().ok().filter(|_| sent.next().is_none());
    let expires = expires.and_then(|header| verify_session(keys, customer, header));
    let expires = expires.ok_or_else(|| {
        HttpProblem::new(Code::TokenInvalid, "Send the customer token unchanged.")
            .at("header:authorization", "does not verify")
    })?;
    Ok(Some(Time(expires.saturating_sub(CUSTOMER_TOKEN_TTL_S).saturating_mul(SECOND_MS))))
}

/// The id of the caller's identity of this kind.
pub(crate) fn identity(headers: &HeaderMap, keys: &KeyRing, kind: Kind) -> Option<String> {
    let mut sent = headers.get_all(IDENTITY).iter();
    let (Some(header), None) = (sent.next(), sent.next()) else { return None };
    let identities = verify(keys, header.to_str().ok()?)?;
    let matching = identities.into_iter().find(|identity| identity.kind == kind);
    matching.map(|Identity { id, .. }| id)
}
