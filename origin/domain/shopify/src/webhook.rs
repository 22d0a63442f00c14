//! An event that carries a webhook. Our receiver puts it on the bus, or Shopify itself by its
//! native EventBridge delivery. Both send `{"payload":…,"metadata":{…}}`.

use domain_core::time::Time;
use serde_json::value::RawValue;

use super::payload::{Node, Object, PayloadError, Problem};

/// A webhook as it arrived on the bus.
#[derive(Debug, Clone)]
pub struct Webhook<'a> {
    /// Its topic, such as `orders/paid`.
    pub topic: String,
    /// The shop it is from, such as `demo.myshopify.com`.
    pub shop: String,
    /// The id of the delivery. Good for logs only: repetitions are recognised by their cause.
    pub webhook_id: Option<String>,
    /// When Shopify fired it.
    pub triggered_at: Option<Time>,
    /// The body, as it was written.
    pub payload: &'a RawValue,
}

/// Most lines of an order. Shopify's own carts stop at 500; twice that, with all that is known of
/// them and their refunds, is within the 400 KB that a DynamoDB item holds (a test asserts it).
pub const ORDER_LINES_MAX: usize = 1_000;

// === impl Webhook ===

impl<'a> Webhook<'a> {
    /// Reads an event's detail.
    ///
    /// # Errors
    /// It is not a webhook, or does not name its topic or shop.
    pub fn parse(detail: &'a str) -> Result<Self, PayloadError> {
        let detail = Node::parse(detail)?.object()?;
        let metadata = detail.need("metadata")?.object()?;
        let triggered_at = header(&metadata, "Shopify-Triggered-At");
        Ok(Self {
            topic: required(&metadata, "Shopify-Topic")?,
            shop: required(&metadata, "Shopify-Shop-Domain")?,
            webhook_id: header(&metadata, "Shopify-Webhook-Id"),
            triggered_at: triggered_at.and_then(|text| Time::from_rfc3339(&text)),
            payload: detail.need("payload")?.raw(),
        })
    }
}

/// A header in any case, without `X-` (Shopify's newer events, which win where both are present)
/// or with it. A header that is not a text counts as absent.
fn header(metadata: &Object<'_>, name: &str) -> Option<String> {
    let newer = metadata.get_in_any_case(name);
    newer.or_else(|| metadata.get_in_any_case(&format!("X-{name}")))?.text().ok()
}

fn required(metadata: &Object<'_>, name: &str) -> Result<String, PayloadError> {
    let missing =
        || PayloadError { field: format!("/metadata/X-{name}"), problem: Problem::Missing };
    header(metadata, name).ok_or_else(missing)
}
