//! The layer of the functions that answer holders of tokens: a token that was revoked is refused, and a
//! customer's own cart answers that customer only.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain_core::revocation::TokenHolder;
use domain_core::time::Time;
use edge_wire::headers::CART;
use edge_wire::identity::{Kind, owner_of_cart};
use edge_wire::keys::KeyRing;
use edge_wire::problem::Code;
use http::{HeaderMap, Method};

use crate::caches::cached_revocations::CachedRevocations;
use crate::http::caller::{identity, issued_at};
use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;

/// The tokens of a request that can be revoked.
struct Presented {
    /// A customer, and when their token was issued.
    customer: Option<(String, Time)>,
    /// A guest's cart.
    guest: Option<String>,
}

/// Refuses a request with a token that was revoked. A read has no effect, so its answer is prepared
/// meanwhile: the check costs it no time.
pub(crate) async fn require_valid_tokens(
    State(shop): State<Arc<Shop>>,
    request: Request,
    next: Next,
) -> Result<Response, HttpProblem> {
    let presented = Presented::read(request.headers(), &shop.config.keys)?;
    let check = presented.check(&shop.revocations);
    if request.method() == Method::GET {
        let (checked, answer) = tokio::join!(check, next.run(request));
        return checked.map(|()| answer);
    }
    check.await?;
    Ok(next.run(request).await)
}

/// The problem of a guest's cart whose tokens were revoked.
pub(crate) fn revoked_cart(place: impl Into<String>) -> HttpProblem {
    let detail = "Begin another cart with POST /v1/carts.";
    HttpProblem::new(Code::TokenInvalid, detail).at(place, "was revoked")
}

// === impl Presented ===

impl Presented {
    fn read(headers: &HeaderMap, keys: &KeyRing) -> Result<Self, HttpProblem> {
        let cart = identity(headers, keys, Kind::Cart);
        let customer = identity(headers, keys, Kind::Customer);
        let owner = cart.as_deref().and_then(owner_of_cart);
        // The edge rejects this; here it counts again.
        if owner.is_some() && owner != customer.as_deref() {
            let detail = "A customer's own cart needs that customer's token, too.";
            return Err(HttpProblem::new(Code::TokenMissing, detail)
                .at("header:authorization", "is not of the customer whose cart this is"));
        }
        let guest = cart.filter(|cart| owner_of_cart(cart).is_none());
        let Some(id) = customer else { return Ok(Self { customer: None, guest }) };
        let issued = issued_at(headers, keys, &id)?;
        Ok(Self { customer: issued.map(|issued| (id, issued)), guest })
    }

    async fn check(&self, revocations: &CachedRevocations) -> Result<(), HttpProblem> {
        let customer = async {
            let Some((id, issued)) = &self.customer else { return Ok(()) };
            match revocations.of(TokenHolder::Customer(id)).await? {
                Some(revocation) if *issued <= revocation.until => {
                    let detail = "Sign in again: POST /v1/session gives another token.";
                    Err(HttpProblem::new(Code::TokenInvalid, detail)
                        .at("header:authorization", "was revoked"))
                }
                _ => Ok(()),
            }
        };
        let guest = async {
            let Some(cart) = &self.guest else { return Ok(()) };
            match revocations.of(TokenHolder::Cart(cart)).await? {
                Some(_) => Err(revoked_cart(format!("header:{CART}"))),
                None => Ok(()),
            }
        };
        tokio::try_join!(customer, guest).map(|_| ())
    }
}
