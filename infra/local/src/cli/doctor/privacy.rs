//! The main rows of the attack matrix: identities need proof, and personal data is never visible to
//! another person. The whole matrix: `infra/local/tests/it/attacks`.

use edge_wire::headers::{BOOKMARK, CART, IDENTITY};
use edge_wire::token::mint_customer;

use super::super::http::Reply;
use super::report::{CheckError, Outcome};
use super::target_client::{Cart, TargetClient, expect, expect_problem, json};

/// Paths that need an identity.
const PERSONAL: [&str; 3] = ["/v1/cart", "/v1/loyalty", "/v1/loyalty/entries"];
/// Two customers that don't exist: Shopify's ids are longer.
const CUSTOMERS: [&str; 2] = ["1", "2"];
/// How often two people send requests in turn: enough for one to hit a shared object.
const TURNS: usize = 3;

pub(super) fn anonymous(target: &TargetClient) -> Result<Outcome, CheckError> {
    for path in PERSONAL.into_iter().chain(["/v1/admin/loyalty/program", "/v1/cart/checkout"]) {
        let reply = target.get(path, &[])?;
        expect_problem(&reply, 401, "token-missing", &format!("GET {path} without a token"))?;
    }
    Ok(Outcome::Passed("401 wherever an identity is required".to_owned()))
}

pub(super) fn forged(target: &TargetClient) -> Result<Outcome, CheckError> {
    let [one, other] = target.carts()?;
    let mac = one.token.rsplit('.').next().unwrap_or_default();
    let swapped = other.token.rsplit_once('.').map(|(head, _)| format!("{head}.{mac}"));
    let carts = [swapped.unwrap_or_default(), one.token.replace("c1.", "c2."), "x".to_owned()];
    for token in &carts {
        let reply = target.get("/v1/cart", &[(CART, token)])?;
        expect_problem(&reply, 401, "token-invalid", "GET /v1/cart with a forged token")?;
    }
    let later = target.clock.now().unix_s() + 600;
    let customer = format!("Bearer u1.dev1.1001.{later}.{mac}");
    for path in &PERSONAL[1..] {
        let reply = target.get(path, &[("authorization", &customer)])?;
        expect_problem(&reply, 401, "token-invalid", &format!("GET {path} with a forged token"))?;
    }
    Ok(Outcome::Passed("401, never anonymous".to_owned()))
}

pub(super) fn expired(target: &TargetClient) -> Result<Outcome, CheckError> {
    let Some(keys) = target.keys() else { return Ok(no_keys()) };
    let token = mint_customer(keys, CUSTOMERS[0], target.clock.now().unix_s() - 60);
    let reply = target.get("/v1/loyalty", &[("authorization", &format!("Bearer {token}"))])?;
    expect_problem(&reply, 401, "token-expired", "GET /v1/loyalty with an expired token")?;
    Ok(Outcome::Passed("401 a minute after its end".to_owned()))
}

pub(super) fn identities(target: &TargetClient) -> Result<Outcome, CheckError> {
    let cart = &target.carts()?[0].id;
    let mac = "AAAAAAAAAAAAAAAAAAAAAA";
    for (path, forged) in [
        ("/v1/cart", format!("cart:{cart}:{mac}")),
        ("/v1/loyalty", format!("customer:1001:{mac}")),
        ("/v1/admin/loyalty/program", format!("staff:staff:{mac}")),
    ] {
        let reply = target.get(path, &[(IDENTITY, &forged)])?;
        expect(&reply, 401, &format!("GET {path} with a forged identity"))?;
    }
    Ok(Outcome::Passed("a viewer's identity header is ignored".to_owned()))
}

pub(super) fn cookies(target: &TargetClient) -> Result<Outcome, CheckError> {
    let [one, other] = target.carts()?;
    let cookie = format!("{CART}={0}; cart={0}; customer=1001", one.token);
    let reply = target.get("/v1/cart", &[("cookie", &cookie)])?;
    expect(&reply, 401, "GET /v1/cart with a cookie only")?;
    let reply = target.get("/v1/cart", &[(CART, &other.token), ("cookie", &cookie)])?;
    is_of(&reply, other, one)?;
    Ok(Outcome::Passed("cookies are ignored".to_owned()))
}

pub(super) fn two_carts(target: &TargetClient) -> Result<Outcome, CheckError> {
    let [one, other] = target.carts()?;
    for _ in 0..TURNS {
        is_of(&target.cart(one)?, one, other)?;
        is_of(&target.cart(other)?, other, one)?;
        expect(&target.get("/v1/cart", &[])?, 401, "GET /v1/cart after others read theirs")?;
    }
    // Another cart's bookmark changes nothing.
    let borrowed = [(CART, other.token.as_str()), (BOOKMARK, one.bookmark.as_str())];
    is_of(&target.get("/v1/cart", &borrowed)?, other, one)?;
    Ok(Outcome::Passed("each sees their own, in turn and from the cache".to_owned()))
}

/// Expects the cart `own`, without the id of the cart `other`.
fn is_of(reply: &Reply, own: &Cart, other: &Cart) -> Result<(), CheckError> {
    expect(reply, 200, "GET /v1/cart")?;
    if reply.body.contains(&other.id) || json(reply)?["id"] != own.id.as_str() {
        return Err("a cart was returned to another person".to_owned());
    }
    Ok(())
}

pub(super) fn two_customers(target: &TargetClient) -> Result<Outcome, CheckError> {
    let Some(keys) = target.keys() else { return Ok(no_keys()) };
    let until = target.clock.now().unix_s() + 300;
    for turn in 0..2 * TURNS {
        let customer = CUSTOMERS[turn % 2];
        let token = format!("Bearer {}", mint_customer(keys, customer, until));
        let reply = target.get("/v1/loyalty", &[("authorization", &token)])?;
        expect(&reply, 200, "GET /v1/loyalty")?;
        if json(&reply)?["customer_id"] != customer {
            return Err("a balance was returned to another person".to_owned());
        }
    }
    expect(&target.get("/v1/loyalty", &[])?, 401, "GET /v1/loyalty after others read theirs")?;
    Ok(Outcome::Passed("each sees their own balance".to_owned()))
}

pub(super) fn disguised_paths(target: &TargetClient) -> Result<Outcome, CheckError> {
    let [one, _] = target.carts()?;
    let own = [(CART, one.token.as_str())];
    for path in ["/v1/cart/a.css", "/v1/cart%2Fa.css", "/v1/cart;a.css", "/v1/cart%00.js"] {
        // First the owner, by the attacker's link; then the attacker.
        for headers in [&own[..], &[]] {
            let reply = target.get(path, headers)?;
            if reply.status < 400 || reply.body.contains(&one.id) {
                return Err(format!("GET {path} is {}, and may be cached", reply.status));
            }
        }
    }
    Ok(Outcome::Passed("rejected".to_owned()))
}

fn no_keys() -> Outcome {
    Outcome::Skipped("needs FORECOURT_KEYS, in the environment or in --secrets FILE".to_owned())
}
