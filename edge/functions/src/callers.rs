//! Verifies the caller: tokens become identities, or rejections. A broken token is an error, not an
//! absent token.

use edge_wire::id_token::{self, Audience, IdTokenError, is_id_token};
use edge_wire::identity::{Identity, Kind, MACHINE};
use edge_wire::problem::{Code, Problem};
use edge_wire::routes::{Caller, Route};
use edge_wire::token::{TokenError, verify_cart, verify_customer};

use crate::config::EdgeConfig;
use crate::inputs::{Account, Claim, ClientInputs};
use crate::rejection::Rejection;

const FOREIGN: &str = "Shopify signed this for another shop.";

/// The verified identities that the route uses.
pub(crate) fn identify(
    route: &Route,
    inputs: &ClientInputs<'_>,
    config: &EdgeConfig,
    now_unix_s: u64,
) -> Result<Vec<Identity>, Rejection> {
    let mut identities = Vec::with_capacity(route.callers.len());
    for caller in route.callers {
        let (Caller::Must(kind) | Caller::May(kind)) = *caller;
        let proved = match kind {
            Kind::Cart => cart(inputs, config)?,
            Kind::Customer => customer(inputs, config, now_unix_s)?,
            Kind::Staff => staff(inputs, config, now_unix_s)?,
        };
        match proved {
            Some(id) => identities.push(Identity { kind, id }),
            None if *caller == Caller::Must(kind) => return Err(missing(kind, inputs)),
            None => {}
        }
    }
    Ok(identities)
}

fn cart(inputs: &ClientInputs<'_>, config: &EdgeConfig) -> Result<Option<String>, Rejection> {
    let place = inputs.places.cart;
    prove(&inputs.cart, place, |token| verify_cart(&config.keys, token))
}

fn customer(
    inputs: &ClientInputs<'_>,
    config: &EdgeConfig,
    now_unix_s: u64,
) -> Result<Option<String>, Rejection> {
    match &inputs.account {
        Account::Signed(customer) => Ok(customer.clone()),
        Account::Bearer(claim) => prove(claim, inputs.places.account, |token| {
            verify_customer(&config.keys, token, now_unix_s)
        }),
    }
}

fn staff(
    inputs: &ClientInputs<'_>,
    config: &EdgeConfig,
    now_unix_s: u64,
) -> Result<Option<String>, Rejection> {
    if let Account::Bearer(Claim::One(token)) = &inputs.account {
        if config.staff.holds(token) {
            return Ok(Some(MACHINE.to_owned()));
        }
        if is_id_token(token) {
            return person(token, inputs.places.account, config, now_unix_s).map(Some);
        }
    }
    match customer(inputs, config, now_unix_s)? {
        Some(_) => Err(Problem::new(Code::NotStaff, "A customer can't call an admin route.")
            .at(inputs.places.account, "is a customer's")
            .into()),
        None => Ok(None),
    }
}

/// The person whom Shopify's ID token names. The viewer learns no more than what it can change.
fn person(
    token: &str,
    place: &str,
    config: &EdgeConfig,
    now_unix_s: u64,
) -> Result<String, Rejection> {
    let EdgeConfig { client_id, shop, shopify_secrets: secrets, .. } = config;
    let audience = Audience { client_id: client_id.as_deref(), shop, secrets };
    let verified = id_token::verify(token, &audience, now_unix_s);
    verified.map_err(|error| match error {
        IdTokenError::Expired => unproved(TokenError::Expired, place),
        IdTokenError::Shop => {
            Problem::new(Code::ShopForeign, FOREIGN).at(place, "is another shop's").into()
        }
        _ => unproved(TokenError::Invalid, place),
    })
}

fn prove(
    claim: &Claim<'_>,
    place: &str,
    verify: impl FnOnce(&str) -> Result<String, TokenError>,
) -> Result<Option<String>, Rejection> {
    let verified = match claim {
        Claim::Absent => return Ok(None),
        Claim::One(token) => verify(token),
        Claim::Unreadable => Err(TokenError::Invalid),
    };
    verified.map(Some).map_err(|error| unproved(error, place))
}

fn unproved(error: TokenError, place: &str) -> Rejection {
    let (code, detail, message) = match error {
        TokenError::Invalid => {
            (Code::TokenInvalid, "Get a new token and send it unchanged.", "does not verify")
        }
        TokenError::Expired => (Code::TokenExpired, "Get a new token.", "has expired"),
    };
    Problem::new(code, detail).at(place, message).into()
}

fn missing(kind: Kind, inputs: &ClientInputs<'_>) -> Rejection {
    let (place, detail) = match (kind, &inputs.account) {
        (Kind::Cart, _) => (inputs.places.cart, "Send the cart's token; POST /v1/carts gives one."),
        (Kind::Customer, Account::Signed(_)) => {
            (inputs.places.account, "Nobody is logged in to the shop.")
        }
        (Kind::Customer, Account::Bearer(_)) => (
            inputs.places.account,
            "Send `Bearer` and a customer's token; POST /v1/session gives one.",
        ),
        (Kind::Staff, _) => (inputs.places.account, "Send `Bearer` and a staff token."),
    };
    Problem::new(Code::TokenMissing, detail).at(place, "is missing").into()
}
