//! Verifies the caller: tokens become identities, or rejections. A broken token is an error, not an
//! absent token.

use edge_wire::id_token::{self, Audience, IdTokenError, is_id_token};
use edge_wire::identity::{Identity, Kind, MACHINE, encode, encode_session, owner_of_cart};
use edge_wire::keys::KeyRing;
use edge_wire::problem::{Code, Problem};
use edge_wire::routes::{Caller, Route};
use edge_wire::token::{TokenError, verify_cart, verify_customer};

use crate::config::EdgeConfig;
use crate::inputs::{Account, Claim, ClientInputs};
use crate::rejection::Rejection;

const FOREIGN: &str = "Shopify signed this for another shop.";

/// Who calls, as the route sees it.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    /// The verified identities that the route uses.
    pub(crate) identities: Vec<Identity>,
    /// When the token of the customer among them ends; `None` without a token.
    expires_unix_s: Option<u64>,
}

/// Verifies who calls.
pub(crate) fn identify(
    route: &Route,
    inputs: &ClientInputs<'_>,
    config: &EdgeConfig,
    now_unix_s: u64,
) -> Result<Callers, Rejection> {
    let mut callers = Callers::default();
    for caller in route.callers {
        let (Caller::Must(kind) | Caller::May(kind)) = *caller;
        let proved = match kind {
            Kind::Cart => cart(inputs, config)?,
            Kind::Customer => callers.customer(inputs, config, now_unix_s)?,
            Kind::Staff => staff(inputs, config, now_unix_s)?,
        };
        match proved {
            Some(id) => callers.identities.push(Identity { kind, id }),
            None if *caller == Caller::Must(kind) => return Err(missing(kind, inputs)),
            None => {}
        }
    }
    callers.prove_owner(inputs, config, now_unix_s)?;
    Ok(callers)
}

// === impl Callers ===

impl Callers {
    /// `Forecourt-Identity`.
    pub(crate) fn identity(&self, keys: &KeyRing) -> Option<String> {
        (!self.identities.is_empty()).then(|| encode(keys, &self.identities))
    }

    /// `Forecourt-Session`.
    pub(crate) fn session(&self, keys: &KeyRing) -> Option<String> {
        let customer = self.id(Kind::Customer)?;
        self.expires_unix_s.map(|expires| encode_session(keys, customer, expires))
    }

    fn id(&self, kind: Kind) -> Option<&str> {
        self.identities.iter().find(|it| it.kind == kind).map(|it| it.id.as_str())
    }

    fn customer(
        &mut self,
        inputs: &ClientInputs<'_>,
        config: &EdgeConfig,
        now_unix_s: u64,
    ) -> Result<Option<String>, Rejection> {
        let proved = customer(inputs, config, now_unix_s)?;
        Ok(proved.map(|Proved { customer, expires_unix_s }| {
            self.expires_unix_s = expires_unix_s;
            customer
        }))
    }

    /// A customer's own cart needs its customer beside its token: log-out then ends both.
    fn prove_owner(
        &mut self,
        inputs: &ClientInputs<'_>,
        config: &EdgeConfig,
        now_unix_s: u64,
    ) -> Result<(), Rejection> {
        let Some(owner) = self.id(Kind::Cart).and_then(owner_of_cart).map(str::to_owned) else {
            return Ok(());
        };
        if self.id(Kind::Customer).is_none() {
            let proved = self.customer(inputs, config, now_unix_s)?;
            let id = proved.ok_or_else(|| missing(Kind::Customer, inputs))?;
            self.identities.push(Identity { kind: Kind::Customer, id });
        }
        if self.id(Kind::Customer) == Some(owner.as_str()) {
            return Ok(());
        }
        Err(Problem::new(
            Code::TokenInvalid,
            "Use the cart that POST /v1/carts gives this customer.",
        )
        .at(inputs.places.cart, "is another customer's own cart's")
        .into())
    }
}

fn cart(inputs: &ClientInputs<'_>, config: &EdgeConfig) -> Result<Option<String>, Rejection> {
    let place = inputs.places.cart;
    prove(&inputs.cart, place, |token| verify_cart(&config.keys, token))
}

/// A customer who was verified.
struct Proved {
    customer: String,
    /// When the token ends; `None`: Shopify signed the request just now.
    expires_unix_s: Option<u64>,
}

fn customer(
    inputs: &ClientInputs<'_>,
    config: &EdgeConfig,
    now_unix_s: u64,
) -> Result<Option<Proved>, Rejection> {
    match &inputs.account {
        Account::Signed(customer) => {
            let proved = |customer| Proved { customer, expires_unix_s: None };
            Ok(customer.clone().map(proved))
        }
        Account::Bearer(claim) => prove(claim, inputs.places.account, |token| {
            let token = verify_customer(&config.keys, token, now_unix_s)?;
            let expires_unix_s = Some(token.expires_unix_s);
            Ok(Proved { customer: token.customer, expires_unix_s })
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

fn prove<T>(
    claim: &Claim<'_>,
    place: &str,
    verify: impl FnOnce(&str) -> Result<T, TokenError>,
) -> Result<Option<T>, Rejection> {
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
