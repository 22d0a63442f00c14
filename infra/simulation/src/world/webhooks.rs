//! Webhooks as Shopify sends them: signed, repeated until a 200, and each time to another instance.

use std::rc::Rc;

use edge_wire::webhook::{SIGNATURE_HEADER, sign};
use http::{HeaderName, Method};

use super::SHOP;
use super::edge::shopify_secrets;
use super::http::ClientRequest;
use super::network::Network;

/// How many times a webhook is sent until a 200, and the maximum delay between two attempts.
const ATTEMPTS_MAX: usize = 19;
const RETRY_MS_MAX: u64 = 60_000;

/// One delivery.
pub(crate) struct Webhook {
    pub(crate) topic: &'static str,
    pub(crate) id: String,
    pub(crate) payload: String,
}

// === impl Webhook ===

impl Webhook {
    fn request(self) -> ClientRequest {
        let signature = sign(&shopify_secrets(), self.payload.as_bytes());
        let header = |name, value: String| (HeaderName::from_static(name), value);
        ClientRequest::new(Method::POST, "/webhooks/shopify")
            .header(header("x-shopify-topic", self.topic.to_owned()))
            .header(header("x-shopify-webhook-id", self.id))
            .header(header("x-shopify-shop-domain", SHOP.to_owned()))
            .header(header(SIGNATURE_HEADER, signature))
            .text_json(self.payload)
    }
}

/// Delivers a webhook, whose text is made again for each attempt; returns whether it was accepted.
pub(crate) async fn deliver(network: &Rc<Network>, write: impl Fn() -> Webhook) -> bool {
    let faults = &network.link.faults;
    for _ in 0..ATTEMPTS_MAX {
        let edge = faults.rng.index(network.edges.len());
        let answer = network.send(edge, write().request()).await;
        if answer.is_some_and(|answer| answer.status().is_success()) {
            return true;
        }
        faults.timeline.sleep(faults.rng.below(RETRY_MS_MAX)).await;
    }
    false
}
