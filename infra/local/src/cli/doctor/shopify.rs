//! Whether only Shopify is taken for Shopify.

use edge_wire::proxy::{Forwarding, WINDOW_S, forward};
use edge_wire::secrets::ShopifySecrets;
use edge_wire::webhook::{SIGNATURE_HEADER, sign};

use super::super::http::Reply;
use super::patient::{Patient, expect, expect_problem};
use super::report::{Seen, Wrong};
use crate::demo;

const PATH: &str = "/webhooks/shopify";
/// A delivery that means nothing to anybody: it is acknowledged, published, archived and forgotten.
const TOPIC: &str = "forecourt/doctor";
const PAYLOAD: &[u8] = br#"{"doctor":true}"#;
/// A customer nobody is.
const CUSTOMER: &str = "1";

pub(super) fn unsigned(patient: &Patient) -> Result<Seen, Wrong> {
    let shop = patient.secrets.shop.as_deref().unwrap_or(demo::SHOP);
    let stranger = ShopifySecrets::parse("nobody's secret").map(|it| sign(&it, PAYLOAD));
    for signature in ["", "c2lnbmVk", stranger.as_deref().unwrap_or_default()] {
        let reply = deliver(patient, shop, signature)?;
        expect_problem(&reply, 401, "signature-invalid", "a webhook nobody signed")?;
    }
    Ok(Seen::Well("401, with no signature, a broken one and a stranger's".to_owned()))
}

pub(super) fn signed(patient: &Patient) -> Result<Seen, Wrong> {
    let Some((secrets, shop)) = patient.shopify() else { return Ok(no_secret()) };
    let reply = deliver(patient, shop, &sign(secrets, PAYLOAD))?;
    expect(&reply, 200, "a signed webhook")?;
    Ok(Seen::Well(format!("200, durable: {TOPIC}, which means nothing to anybody")))
}

fn deliver(patient: &Patient, shop: &str, signature: &str) -> Result<Reply, Wrong> {
    let headers = [
        ("content-type", "application/json"),
        ("x-shopify-topic", TOPIC),
        ("x-shopify-shop-domain", shop),
        (SIGNATURE_HEADER, signature),
    ];
    let headers = if signature.is_empty() { &headers[..3] } else { &headers[..] };
    patient.ask("POST", PATH, headers, PAYLOAD)
}

pub(super) fn proxy_unsigned(patient: &Patient) -> Result<Seen, Wrong> {
    for query in ["", "?logged_in_customer_id=1001", "?logged_in_customer_id=1001&signature=00"] {
        let reply = patient.get(&format!("/proxy/v1/loyalty{query}"), &[])?;
        expect_problem(&reply, 401, "signature-invalid", "a forwarded query nobody signed")?;
    }
    Ok(Seen::Well("401".to_owned()))
}

pub(super) fn proxy_signed(patient: &Patient) -> Result<Seen, Wrong> {
    if patient.shopify().is_none() {
        return Ok(no_secret());
    }
    let now = patient.clock.now().unix_s();
    let query = forwarded(patient, now)?;
    let reply = patient.get(&format!("/proxy/v1/loyalty?{query}"), &[])?;
    expect(&reply, 200, "a signed forwarded query")?;
    let other = query.replace("logged_in_customer_id=1", "logged_in_customer_id=2");
    let reply = patient.get(&format!("/proxy/v1/loyalty?{other}"), &[])?;
    expect_problem(&reply, 401, "signature-invalid", "a signed query with another customer")?;
    let old = forwarded(patient, now - 2 * WINDOW_S)?;
    let reply = patient.get(&format!("/proxy/v1/loyalty?{old}"), &[])?;
    expect_problem(&reply, 401, "signature-invalid", "a query signed minutes ago")?;
    Ok(Seen::Well("200, and 401 once it is changed or old".to_owned()))
}

fn forwarded(patient: &Patient, timestamp_unix_s: u64) -> Result<String, Wrong> {
    let (secrets, shop) = patient.shopify().ok_or("no secret")?;
    let customer = Some(CUSTOMER);
    let path_prefix = demo::PROXY_PREFIX;
    let forwarding = Forwarding { shop, customer, path_prefix, timestamp_unix_s };
    forward("", &forwarding, secrets).map_err(|error| format!("can't be signed: {error}"))
}

fn no_secret() -> Seen {
    let needed = "needs FORECOURT_SHOPIFY_SECRETS and FORECOURT_SHOP, in the environment or in";
    Seen::Skipped(format!("{needed} --secrets FILE"))
}
