//! An event, and one attempt to deliver it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use serde_json::{Value, json};

use super::subscription::Target;

/// Something that happened in a shop.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Such as `orders/paid`.
    pub topic: String,
    /// The shop's `*.myshopify.com` domain.
    pub shop: String,
    /// The REST resource.
    pub payload: Value,
    /// Shared by all events of one act of a merchant or customer; none for an act of its own.
    pub event_id: Option<String>,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The number of the delivery; attempts share it.
    pub id: u64,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// Where it goes: the address at the time of the event.
    pub target: Target,
    /// The bytes, the same in each attempt.
    pub body: Bytes,
    /// Shopify's headers.
    pub headers: Vec<(&'static str, String)>,
}

/// An entry for a partner event bus of Amazon EventBridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventBridgeEntry {
    /// The AWS region of the source.
    pub region: String,
    /// The partner event source.
    pub source: String,
    /// Always `shopifyWebhook`.
    pub detail_type: &'static str,
    /// `{"payload":…,"metadata":{…}}`.
    pub detail: String,
}

/// The base64 HMAC of a body.
pub(super) fn signature(mac: [u8; 32]) -> String {
    STANDARD.encode(mac)
}

// === impl Delivery ===

impl Delivery {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(one, _)| one.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_str())
    }

    /// The POST of an HTTP delivery.
    ///
    /// # Errors
    /// The text of what can't be a URL or a header.
    pub fn request(&self, url: &str) -> Result<Request<Bytes>, String> {
        let mut request = Request::post(url)
            .header(http::header::CONTENT_TYPE, "application/json")
            .header(http::header::USER_AGENT, "Shopify-Captain-Hook")
            .body(self.body.clone())
            .map_err(|error| error.to_string())?;
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().map_err(|_| (*name).to_owned())?;
            let value = HeaderValue::from_str(value).map_err(|_| value.clone())?;
            request.headers_mut().insert(name, value);
        }
        Ok(request)
    }

    /// The entry of an EventBridge delivery.
    #[must_use]
    pub fn entry(&self, region: &str, source: &str) -> EventBridgeEntry {
        let mut metadata = json!({ "Content-Type": "application/json" });
        for (name, value) in &self.headers {
            metadata[*name] = value.as_str().into();
        }
        // The body goes in as it is, so that its numbers stay as they were written.
        let payload = String::from_utf8_lossy(&self.body);
        EventBridgeEntry {
            region: region.to_owned(),
            source: source.to_owned(),
            detail_type: "shopifyWebhook",
            detail: format!("{{\"payload\":{payload},\"metadata\":{metadata}}}"),
        }
    }
}
