//! Whether Shopify's signatures are verified.

use edge_wire::proxy::{Forwarding, WINDOW_S, forward};
use edge_wire::secrets::ShopifySecrets;
use edge_wire::webhook::{SIGNATURE_HEADER, sign};

use super::super::http::Reply;
use super::report::{CheckError, Outcome};
use super::target_client::{TargetClient, expect, expect_problem};
use crate::demo;

const PATH: &str = "/webhooks/shopify";
/// A topic without consumers: it is acknowledged, published and archived.
const TOPIC: &str = "forecourt/doctor";
const PAYLOAD: &[u8] = br#"{"doctor":true}"#;
/// A customer that does not exist.
const CUSTOMER: &str = "1";

pub(super) fn unsigned(target: &TargetClient) -> Result<Outcome, CheckError> {
    let shop = target.secrets.shop.as_deref().unwrap_or(demo::SHOP);
    let stranger = ShopifySecrets::parse("another secret").map(|it| sign(&it, PAYLOAD));
    for signature in ["", "c2lnbmVk", stranger.as_deref().unwrap_or_default()] {
        let reply = deliver(target, shop, signature)?;
        expect_problem(&reply, 401, "signature-invalid", "an unsigned webhook")?;
    }
    Ok(Outcome::Passed("401, with no signature, a broken one and a stranger's".to_owned()))
}

pub(super) fn signed(target: &TargetClient) -> Result<Outcome, CheckError> {
    let Some((secrets, shop)) = target.shopify() else { return Ok(no_secret()) };
    let reply = deliver(target, shop, &sign(secrets, PAYLOAD))?;
    expect(&reply, 200, "a signed webhook")?;
    Ok(Outcome::Passed(format!("200, durable: {TOPIC}, which has no consumers")))
}

fn deliver(target: &TargetClient, shop: &str, signature: &str) -> Result<Reply, CheckError> {
    let headers = [
        ("content-type", "application/json"),
        ("x-shopify-topic", TOPIC),
        ("x-shopify-shop-domain", shop),
        (SIGNATURE_HEADER, signature),
    ];
    let headers = if signature.is_empty() { &headers[..3] } else { &headers[..] };
    target.send("POST", PATH, headers, PAYLOAD)
}

pub(super) fn proxy_unsigned(target: &TargetClient) -> Result<Outcome, CheckError> {
    for query in ["", "?logged_in_customer_id=1001", "?logged_in_customer_id=1001&signature=00"] {
        let reply = target.get(&format!("/proxy/v1/loyalty{query}"), &[])?;
        expect_problem(&reply, 401, "signature-invalid", "an unsigned forwarded query")?;
    }
    Ok(Outcome::Passed("401".to_owned()))
}

pub(super) fn proxy_signed(target: &TargetClient) -> Result<Outcome, CheckError> {
    if target.shopify().is_none() {
        return Ok(no_secret());
    }
    let now = target.clock.now().unix_s();
    let query = forwarded(target, now)?;
    let reply = target.get(&format!("/proxy/v1/loyalty?{query}"), &[])?;
    expect(&reply, 200, "a signed forwarded query")?;
    let other = query.replace("logged_in_customer_id=1", "logged_in_customer_id=2");
    let reply = target.get(&format!("/proxy/v1/loyalty?{other}"), &[])?;
    expect_problem(&reply, 401, "signature-invalid", "a signed query with another customer")?;
    let old = forwarded(target, now - 2 * WINDOW_S)?;
    let reply = target.get(&format!("/proxy/v1/loyalty?{old}"), &[])?;
    expect_problem(&reply, 401, "signature-invalid", "a query signed minutes ago")?;
    Ok(Outcome::Passed("200, and 401 once it is changed or old".to_owned()))
}

fn forwarded(target: &TargetClient, timestamp_unix_s: u64) -> Result<String, CheckError> {
    let (secrets, shop) = target.shopify().ok_or("no secret")?;
    let customer = Some(CUSTOMER);
    let path_prefix = demo::PROXY_PREFIX;
    let forwarding = Forwarding { shop, customer, path_prefix, timestamp_unix_s };
    forward("", &forwarding, secrets).map_err(|error| format!("can't be signed: {error}"))
}

fn no_secret() -> Outcome {
    let needed = "needs FORECOURT_SHOPIFY_SECRETS and FORECOURT_SHOP, in the environment or in";
    Outcome::Skipped(format!("{needed} --secrets FILE"))
}
