//! `POST /webhooks/shopify`: any topic. Verified over the raw bytes, published, answered. The
//! receiver is stateless; consumers recognise repetitions by cause.

use std::sync::Arc;

use axum::extract::State;
use edge_wire::problem::Code;
use edge_wire::webhook::{SIGNATURE_HEADER, verify};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::http::body::{Bounded, WEBHOOK_BYTES_MAX};
use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;
use crate::webhook_event;

/// Shopify's two header families, the newer first: where both are present it wins.
const FAMILIES: [&str; 2] = ["shopify-", "x-shopify-"];
/// Most bytes of a header that the event includes.
const HEADER_BYTES_MAX: usize = 1_024;

/// A verified delivery is durable before it is acknowledged; otherwise 503, and Shopify retries.
#[utoipa::path(post, path = "/webhooks/shopify", tag = "webhooks",
    params(("X-Shopify-Topic" = String, Header), ("X-Shopify-Hmac-Sha256" = String, Header)),
    request_body = serde_json::Value, responses((status = 200)))]
pub(crate) async fn receive(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    Bounded(bytes): Bounded<WEBHOOK_BYTES_MAX>,
) -> Result<StatusCode, HttpProblem> {
    verify_signature(&shop, &headers, &bytes)?;
    verify_shop(&shop, &headers)?;
    if find(&headers, "topic").is_none_or(|topic| topic.trim().is_empty()) {
        return Err(HttpProblem::new(Code::Malformed, "A delivery names its topic.")
            .at("header:x-shopify-topic", "is missing or empty"));
    }
    let payload: &RawValue = serde_json::from_slice(&bytes).map_err(|error| {
        HttpProblem::new(Code::Malformed, "The delivery is not JSON.").at("", error.to_string())
    })?;
    let delivery = (payload, &metadata(&headers));
    webhook_event::publish(&shop.events, &shop.payloads, delivery, shop.clock.now()).await?;
    Ok(StatusCode::OK)
}

fn verify_signature(shop: &Shop, headers: &HeaderMap, bytes: &[u8]) -> Result<(), HttpProblem> {
    let sent = find(headers, "hmac-sha256").unwrap_or_default();
    if verify(&shop.config.shopify_secrets, bytes, sent) {
        return Ok(());
    }
    let detail = "The body's HMAC matches no secret of this app.";
    Err(HttpProblem::new(Code::SignatureInvalid, detail)
        .at(format!("header:{SIGNATURE_HEADER}"), "does not verify"))
}

/// Only the body is signed, so the header may only cause a rejection.
fn verify_shop(shop: &Shop, headers: &HeaderMap) -> Result<(), HttpProblem> {
    match find(headers, "shop-domain") {
        Some(domain) if domain.eq_ignore_ascii_case(&shop.config.domain) => Ok(()),
        _ => Err(HttpProblem::new(Code::ShopForeign, "The delivery is for another shop.")
            .at("header:x-shopify-shop-domain", "is not this shop")),
    }
}

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = FAMILIES.iter().filter_map(|family| headers.get(format!("{family}{name}")));
    values.next()?.to_str().ok()
}

/// Shopify's headers under their original names, without the signature.
fn metadata(headers: &HeaderMap) -> Value {
    let mut metadata = serde_json::Map::new();
    for (name, value) in headers {
        let is_shopifys = FAMILIES.iter().any(|family| name.as_str().starts_with(family));
        let is_signature = name.as_str().ends_with("hmac-sha256");
        match value.to_str() {
            Ok(value) if is_shopifys && !is_signature && value.len() <= HEADER_BYTES_MAX => {
                metadata.insert(name.as_str().to_owned(), value.into());
            }
            _ => {}
        }
    }
    Value::Object(metadata)
}
