//! One shop, its keys, and requests of its viewers.

use edge_functions::EdgeConfig;
use edge_functions::event::{
    CloudFront, Config, Event, EventType, Header, Headers, Record, Request,
};
use edge_wire::bookmark::{Payload, Pending, seal};
use edge_wire::id_token;
use edge_wire::keys::KeyRing;
use edge_wire::proxy::{Forwarding, forward};
use edge_wire::resource::Resource;
use edge_wire::secrets::ShopifySecrets;
use edge_wire::token::{StaffTokens, mint_cart, mint_customer};

pub(crate) const NOW: u64 = 1_700_000_000;
pub(crate) const SHOP: &str = "demo.myshopify.com";
pub(crate) const STAFF_TOKEN: &str = "dev-staff-token-0000000000000000";
pub(crate) const CLIENT_ID: &str = "dev-client-id";
pub(crate) const KEY: &str = "0123456789abcdef";

/// A configuration as text, as the vector file has it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Configuration {
    pub(crate) name: &'static str,
    pub(crate) shopify_secrets: &'static str,
    pub(crate) shopify_client_id: &'static str,
    pub(crate) keys: &'static str,
    pub(crate) staff_tokens: &'static str,
}

/// The usual configuration of a shop.
pub(crate) static PLAIN: Configuration = Configuration {
    name: "plain",
    shopify_secrets: "dev-shopify-secret",
    shopify_client_id: CLIENT_ID,
    keys: "k1:0123456789abcdef0123456789abcdef",
    staff_tokens: STAFF_TOKEN,
};

/// The same shop while everything is being rotated.
pub(crate) static ROTATING: Configuration = Configuration {
    name: "rotating",
    shopify_secrets: "next-shopify-secret,dev-shopify-secret",
    shopify_client_id: CLIENT_ID,
    keys: "k2:fedcba9876543210fedcba9876543210,k1:0123456789abcdef0123456789abcdef",
    staff_tokens: "next-staff-token-000000000000000,dev-staff-token-0000000000000000",
};

/// The same shop when the old keys are gone.
pub(crate) static ROTATED: Configuration = Configuration {
    name: "rotated",
    shopify_secrets: "next-shopify-secret",
    shopify_client_id: CLIENT_ID,
    keys: "k2:fedcba9876543210fedcba9876543210",
    staff_tokens: "next-staff-token-000000000000000",
};

impl Configuration {
    pub(crate) fn edge(&self) -> EdgeConfig {
        EdgeConfig {
            shop: SHOP.to_owned(),
            shopify_secrets: self.secrets(),
            client_id: Some(self.shopify_client_id.to_owned()),
            keys: self.ring(),
            staff: StaffTokens::parse(self.staff_tokens).unwrap(),
        }
    }

    pub(crate) fn ring(&self) -> KeyRing {
        KeyRing::parse(self.keys).unwrap()
    }

    pub(crate) fn secrets(&self) -> ShopifySecrets {
        ShopifySecrets::parse(self.shopify_secrets).unwrap()
    }

    pub(crate) fn cart_token(&self, cart: &str) -> String {
        mint_cart(&self.ring(), cart)
    }

    pub(crate) fn customer_token(&self, customer: &str) -> String {
        mint_customer(&self.ring(), customer, NOW + 900)
    }

    /// The ID token that Shopify gives the admin for a person, for a minute.
    pub(crate) fn id_token(&self, person: &str) -> String {
        let end = NOW + 60;
        let claims = format!(
            r#"{{"iss":"https://{SHOP}/admin","dest":"https://{SHOP}","aud":"{CLIENT_ID}","sub":"{person}","exp":{end},"nbf":{NOW},"iat":{NOW}}}"#
        );
        id_token::sign(r#"{"alg":"HS256","typ":"JWT"}"#, &claims, &self.secrets())
    }

    pub(crate) fn cart_bookmark(&self, cart: &str, floor: u64) -> String {
        self.bookmark(&Resource::Cart(cart.to_owned()), floor, 1)
    }

    pub(crate) fn loyalty_bookmark(&self, customer: &str, floor: u64) -> String {
        self.bookmark(&Resource::Loyalty(customer.to_owned()), floor, 0)
    }

    pub(crate) fn bookmark(&self, about: &Resource, floor: u64, pending: u64) -> String {
        let pending = (0..pending).map(|index| Pending { time: NOW * 1000 + index, id: [9; 16] });
        let payload = Payload { floor, pending: pending.collect(), moment: 0 };
        seal(&self.ring(), about, &payload)
    }

    /// The query as Shopify forwards it for a customer, now.
    pub(crate) fn signed(&self, query: &str, customer: Option<&str>) -> String {
        let forwarding = Forwarding {
            shop: SHOP,
            customer,
            path_prefix: "/apps/forecourt",
            timestamp_unix_s: NOW,
        };
        forward(query, &forwarding, &self.secrets()).unwrap()
    }
}

/// A viewer's request, with the headers that browsers always send.
pub(crate) fn request_to(method: &str, target: &str) -> Request {
    let (uri, querystring) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        client_ip: "203.0.113.178".to_owned(),
        headers: Headers::new(),
        method: method.to_owned(),
        querystring: querystring.to_owned(),
        uri: uri.to_owned(),
        body: None,
        origin: None,
    };
    let request = request
        .with("Host", "d111111abcdef8.cloudfront.net")
        .with("User-Agent", "Mozilla/5.0")
        .with("Accept", "*/*")
        .with("Accept-Encoding", "gzip, deflate, br");
    if ["POST", "PUT", "PATCH"].contains(&method) {
        return request.with("Content-Type", "application/json").with("Content-Length", "2");
    }
    request
}

pub(crate) fn get(target: &str) -> Request {
    request_to("GET", target)
}

/// A request as Shopify forwards it: cookies and our headers may be gone, the query is signed.
pub(crate) fn proxied(method: &str, target: &str, customer: Option<&str>) -> Request {
    let (uri, querystring) = target.split_once('?').unwrap_or((target, ""));
    let signed = PLAIN.signed(querystring, customer);
    request_to(method, &format!("/proxy{uri}?{signed}"))
        .with("X-Forwarded-Host", "shop.example")
        .with("X-Forwarded-For", "198.51.100.7")
}

pub(crate) trait Viewer: Sized {
    /// One more header line.
    fn with(self, name: &str, value: &str) -> Self;
    /// With this path, valid or not.
    fn at(self, uri: &str) -> Self;
    /// With the token of a cart.
    fn cart(self, cart: &str) -> Self;
    /// With the token of a customer.
    fn customer(self, customer: &str) -> Self;
    /// With an idempotency key.
    fn keyed(self) -> Self;
}

impl Viewer for Request {
    fn with(mut self, name: &str, value: &str) -> Self {
        let header = Header { key: Some(name.to_owned()), value: value.to_owned() };
        self.headers.entry(name.to_lowercase()).or_default().push(header);
        self
    }

    fn at(mut self, uri: &str) -> Self {
        uri.clone_into(&mut self.uri);
        self
    }

    fn cart(self, cart: &str) -> Self {
        self.with("Forecourt-Cart", &PLAIN.cart_token(cart))
    }

    fn customer(self, customer: &str) -> Self {
        self.with("Authorization", &format!("Bearer {}", PLAIN.customer_token(customer)))
    }

    fn keyed(self) -> Self {
        self.with("Idempotency-Key", KEY)
    }
}

/// The event CloudFront makes of a viewer's request.
pub(crate) fn event(request: Request) -> Event {
    let config = Config {
        distribution_domain_name: "d111111abcdef8.cloudfront.net".to_owned(),
        distribution_id: "EDFDVBD6EXAMPLE".to_owned(),
        event_type: EventType::ViewerRequest,
        request_id: "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==".to_owned(),
    };
    Event { records: vec![Record { cf: CloudFront { config, request, response: None } }] }
}
