//! Who is calling: tokens become identities, or refusals. A token that is there and broken is never
//! taken for no token.

use edge_wire::identity::{Identity, Kind};
use edge_wire::problem::{Code, Problem};
use edge_wire::routes::{Caller, Route};
use edge_wire::token::{TokenError, verify_cart, verify_customer};

use crate::config::EdgeConfig;
use crate::presented::{Account, Claim, Presented};
use crate::refusal::Refusal;

/// The id of staff: they have no names here.
const STAFF: &str = "staff";

/// The identities a route asks for, of those that were proved.
pub(crate) fn identify(
    route: &Route,
    presented: &Presented<'_>,
    config: &EdgeConfig,
    now_unix_s: u64,
) -> Result<Vec<Identity>, Refusal> {
    let mut identities = Vec::with_capacity(route.callers.len());
    for caller in route.callers {
        let (Caller::Must(kind) | Caller::May(kind)) = *caller;
        let proved = match kind {
            Kind::Cart => cart(presented, config)?,
            Kind::Customer => customer(presented, config, now_unix_s)?,
            Kind::Staff => staff(presented, config, now_unix_s)?,
        };
        match proved {
            Some(id) => identities.push(Identity { kind, id }),
            None if *caller == Caller::Must(kind) => return Err(missing(kind, presented)),
            None => {}
        }
    }
    Ok(identities)
}

fn cart(presented: &Presented<'_>, config: &EdgeConfig) -> Result<Option<String>, Refusal> {
    let place = presented.places.cart;
    prove(&presented.cart, place, |token| verify_cart(&config.keys, token))
}

fn customer(
    presented: &Presented<'_>,
    config: &EdgeConfig,
    now_unix_s: u64,
) -> Result<Option<String>, Refusal> {
    match &presented.account {
        Account::Signed(customer) => Ok(customer.clone()),
        Account::Bearer(claim) => prove(claim, presented.places.account, |token| {
            verify_customer(&config.keys, token, now_unix_s)
        }),
    }
}

fn staff(
    presented: &Presented<'_>,
    config: &EdgeConfig,
    now_unix_s: u64,
) -> Result<Option<String>, Refusal> {
    if let Account::Bearer(Claim::One(token)) = &presented.account
        && config.staff.holds(token)
    {
        return Ok(Some(STAFF.to_owned()));
    }
    match customer(presented, config, now_unix_s)? {
        Some(_) => Err(Problem::new(Code::NotStaff, "A customer can't call an admin route.")
            .at(presented.places.account, "is a customer's")
            .into()),
        None => Ok(None),
    }
}

fn prove(
    claim: &Claim<'_>,
    place: &str,
    verify: impl FnOnce(&str) -> Result<String, TokenError>,
) -> Result<Option<String>, Refusal> {
    let verified = match claim {
        Claim::Absent => return Ok(None),
        Claim::One(token) => verify(token),
        Claim::Unreadable => Err(TokenError::Invalid),
    };
    let (code, detail, message) = match verified {
        Ok(id) => return Ok(Some(id)),
        Err(TokenError::Invalid) => {
            (Code::TokenInvalid, "Get a new token and send it unchanged.", "does not verify")
        }
        Err(TokenError::Expired) => (Code::TokenExpired, "Get a new token.", "has expired"),
    };
    Err(Problem::new(code, detail).at(place, message).into())
}

fn missing(kind: Kind, presented: &Presented<'_>) -> Refusal {
    let (place, detail) = match (kind, &presented.account) {
        (Kind::Cart, _) => {
            (presented.places.cart, "Send the cart's token; POST /v1/carts gives one.")
        }
        (Kind::Customer, Account::Signed(_)) => {
            (presented.places.account, "Nobody is logged in to the shop.")
        }
        (Kind::Customer, Account::Bearer(_)) => (
            presented.places.account,
            "Send `Bearer` and a customer's token; POST /v1/session gives one.",
        ),
        (Kind::Staff, _) => (presented.places.account, "Send `Bearer` and a staff token."),
    };
    Problem::new(Code::TokenMissing, detail).at(place, "is missing").into()
}
