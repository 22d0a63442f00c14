//! The App Proxy, as an app and a browser see it.

mod forwarding;
mod responses;
mod signatures;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use infra_shopify::app_config::ProxyConfig;
use infra_shopify::app_proxy::{Forwarder, LIMITS, Visitor};
use infra_shopify::http_client::PlainHttp;
use infra_shopify::signing::Credentials;

/// The time of Shopify's published examples.
const NOW_S: u64 = 1_317_327_555;

fn forwarder(url: &str) -> Forwarder {
    Forwarder {
        credentials: Credentials::new("client-1", "hush"),
        shop: "shop-name.myshopify.com".to_owned(),
        config: ProxyConfig {
            url: format!("{url}/proxy/"),
            prefix: "apps".to_owned(),
            subpath: "awesome_reviews".to_owned(),
        },
        client: Arc::new(PlainHttp::new(LIMITS)),
        drops_custom_headers: false,
    }
}

fn visitor(customer: Option<u64>) -> Visitor {
    Visitor { customer, ip: "203.0.113.7".to_owned(), host: "shop.example".to_owned() }
}

fn get(path: &str) -> Request<Bytes> {
    Request::get(path).body(Bytes::new()).unwrap()
}

fn text(response: &Response<Bytes>) -> (u16, &str) {
    (response.status().as_u16(), std::str::from_utf8(response.body()).unwrap())
}
