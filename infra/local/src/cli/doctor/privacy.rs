//! The main rows of the attack matrix: nobody is somebody without proof, and nothing that is one
//! person's is ever shown to another. Whole: `infra/local/tests/it/attacks`.

use edge_wire::headers::{BOOKMARK, CART, IDENTITY};
use edge_wire::token::mint_customer;

use super::super::http::Reply;
use super::patient::{Cart, Patient, expect, expect_problem, json};
use super::report::{Seen, Wrong};

/// What only somebody may read.
const PERSONAL: [&str; 3] = ["/v1/cart", "/v1/loyalty", "/v1/loyalty/entries"];
/// Two customers nobody is: Shopify's ids are longer.
const CUSTOMERS: [&str; 2] = ["1", "2"];
/// How often two people ask in turn: enough for a shared object to be met by the other.
const TURNS: usize = 3;

pub(super) fn anonymous(patient: &Patient) -> Result<Seen, Wrong> {
    for path in PERSONAL.into_iter().chain(["/v1/admin/loyalty/program", "/v1/cart/checkout"]) {
        let reply = patient.get(path, &[])?;
        expect_problem(&reply, 401, "token-missing", &format!("GET {path} without a token"))?;
    }
    Ok(Seen::Well("401 wherever somebody is needed".to_owned()))
}

pub(super) fn forged(patient: &Patient) -> Result<Seen, Wrong> {
    let [one, other] = patient.carts()?;
    let mac = one.token.rsplit('.').next().unwrap_or_default();
    let swapped = other.token.rsplit_once('.').map(|(head, _)| format!("{head}.{mac}"));
    let carts = [swapped.unwrap_or_default(), one.token.replace("c1.", "c2."), "x".to_owned()];
    for token in &carts {
        let reply = patient.get("/v1/cart", &[(CART, token)])?;
        expect_problem(&reply, 401, "token-invalid", "GET /v1/cart with a forged token")?;
    }
    let later = patient.clock.now().unix_s() + 600;
    let customer = format!("Bearer u1.dev1.1001.{later}.{mac}");
    for path in &PERSONAL[1..] {
        let reply = patient.get(path, &[("authorization", &customer)])?;
        expect_problem(&reply, 401, "token-invalid", &format!("GET {path} with a forged token"))?;
    }
    Ok(Seen::Well("401, never anonymous".to_owned()))
}

pub(super) fn expired(patient: &Patient) -> Result<Seen, Wrong> {
    let Some(keys) = patient.keys() else { return Ok(no_keys()) };
    let token = mint_customer(keys, CUSTOMERS[0], patient.clock.now().unix_s() - 60);
    let reply = patient.get("/v1/loyalty", &[("authorization", &format!("Bearer {token}"))])?;
    expect_problem(&reply, 401, "token-expired", "GET /v1/loyalty with an expired token")?;
    Ok(Seen::Well("401 a minute after its end".to_owned()))
}

pub(super) fn identities(patient: &Patient) -> Result<Seen, Wrong> {
    let cart = &patient.carts()?[0].id;
    let mac = "AAAAAAAAAAAAAAAAAAAAAA";
    for (path, forged) in [
        ("/v1/cart", format!("cart:{cart}:{mac}")),
        ("/v1/loyalty", format!("customer:1001:{mac}")),
        ("/v1/admin/loyalty/program", format!("staff:staff:{mac}")),
    ] {
        let reply = patient.get(path, &[(IDENTITY, &forged)])?;
        expect(&reply, 401, &format!("GET {path} with an identity of one's own making"))?;
    }
    Ok(Seen::Well("a viewer's word for it is worth nothing".to_owned()))
}

pub(super) fn cookies(patient: &Patient) -> Result<Seen, Wrong> {
    let [one, other] = patient.carts()?;
    let cookie = format!("{CART}={0}; cart={0}; customer=1001", one.token);
    let reply = patient.get("/v1/cart", &[("cookie", &cookie)])?;
    expect(&reply, 401, "GET /v1/cart with a cookie only")?;
    let reply = patient.get("/v1/cart", &[(CART, &other.token), ("cookie", &cookie)])?;
    is_of(&reply, other, one)?;
    Ok(Seen::Well("nobody is somebody by a cookie".to_owned()))
}

pub(super) fn two_carts(patient: &Patient) -> Result<Seen, Wrong> {
    let [one, other] = patient.carts()?;
    for _ in 0..TURNS {
        is_of(&patient.cart(one)?, one, other)?;
        is_of(&patient.cart(other)?, other, one)?;
        expect(&patient.get("/v1/cart", &[])?, 401, "GET /v1/cart after others read theirs")?;
    }
    // Somebody else's bookmark changes nothing.
    let borrowed = [(CART, other.token.as_str()), (BOOKMARK, one.bookmark.as_str())];
    is_of(&patient.get("/v1/cart", &borrowed)?, other, one)?;
    Ok(Seen::Well("each sees their own, in turn and from the edge's store".to_owned()))
}

/// The answer is the one's, and nothing of the other's stands in it.
fn is_of(reply: &Reply, own: &Cart, other: &Cart) -> Result<(), Wrong> {
    expect(reply, 200, "GET /v1/cart")?;
    if reply.body.contains(&other.id) || json(reply)?["id"] != own.id.as_str() {
        return Err("a cart was shown to somebody else".to_owned());
    }
    Ok(())
}

pub(super) fn two_customers(patient: &Patient) -> Result<Seen, Wrong> {
    let Some(keys) = patient.keys() else { return Ok(no_keys()) };
    let until = patient.clock.now().unix_s() + 300;
    for turn in 0..2 * TURNS {
        let customer = CUSTOMERS[turn % 2];
        let token = format!("Bearer {}", mint_customer(keys, customer, until));
        let reply = patient.get("/v1/loyalty", &[("authorization", &token)])?;
        expect(&reply, 200, "GET /v1/loyalty")?;
        if json(&reply)?["customer_id"] != customer {
            return Err("a balance was shown to somebody else".to_owned());
        }
    }
    expect(&patient.get("/v1/loyalty", &[])?, 401, "GET /v1/loyalty after others read theirs")?;
    Ok(Seen::Well("each sees their own balance".to_owned()))
}

pub(super) fn disguised_paths(patient: &Patient) -> Result<Seen, Wrong> {
    let [one, _] = patient.carts()?;
    let own = [(CART, one.token.as_str())];
    for path in ["/v1/cart/a.css", "/v1/cart%2Fa.css", "/v1/cart;a.css", "/v1/cart%00.js"] {
        // First the owner, by somebody's link; then whoever sent it.
        for headers in [&own[..], &[]] {
            let reply = patient.get(path, headers)?;
            if reply.status < 400 || reply.body.contains(&one.id) {
                return Err(format!("GET {path} is {}, and may be kept", reply.status));
            }
        }
    }
    Ok(Seen::Well("refused".to_owned()))
}

fn no_keys() -> Seen {
    Seen::Skipped("needs FORECOURT_KEYS, in the environment or in --secrets FILE".to_owned())
}
