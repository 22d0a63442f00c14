//! A whole shop: what is bought in the storefront is an order of the admin API, and the app hears of it.

mod discounts;
mod embedded;
mod installation;
mod loopback;
mod payloads;
mod purchases;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use infra_shopify::app_config::AppConfig;
use infra_shopify::clock::Clock;
use infra_shopify::local::{LocalShopify, NewCustomer, NewProduct, NewVariant, Setup};
use infra_shopify::signing::Credentials;
use infra_shopify::webhooks::Delivery;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const APP: &str = r#"
client_id = "the-app"
name = "App"
application_url = "http://127.0.0.1:9"
embedded = true
[access_scopes]
scopes = "read_orders,write_orders,write_discounts,read_customers"
[auth]
redirect_urls = ["http://127.0.0.1:9/health"]
[app_proxy]
url = "http://127.0.0.1:9/proxy"
prefix = "apps"
subpath = "app"
[webhooks]
api_version = "2026-07"
[[webhooks.subscriptions]]
topics = ["orders/create", "orders/paid", "orders/updated", "orders/cancelled", "orders/edited", "orders/delete", "refunds/create", "app/uninstalled", "shop/redact", "customers/create"]
uri = "http://127.0.0.1:9/webhooks"
"#;
const NOW_MS: u64 = 1_795_262_400_000;

fn shop() -> (LocalShopify, Clock) {
    started(NOW_MS, "EUR")
}

/// A shop that starts at a moment.
fn started(now_ms: u64, currency: &str) -> (LocalShopify, Clock) {
    let clock = Clock::virtual_at(now_ms);
    let shop = LocalShopify::new(Setup {
        app: AppConfig::parse(APP).unwrap(),
        credentials: Credentials::new("the-app", "hush"),
        domain: "demo.myshopify.com".to_owned(),
        currency: currency.to_owned(),
        base_url: "http://127.0.0.1:8".to_owned(),
        clock: clock.clone(),
        seed: 1,
    })
    .unwrap();
    let variant = NewVariant { id: 11, title: None, sku: "TEE".to_owned(), price: 1_990 };
    let (title, handle) = ("Tee".to_owned(), "tee".to_owned());
    shop.add_product(&NewProduct { id: 1, title, handle, variants: vec![variant] });
    let (title, handle) = ("Bike".to_owned(), "bike".to_owned());
    shop.add_product(&NewProduct { id: 2, title, handle, variants: Vec::new() });
    shop.add_customer(&NewCustomer {
        id: 1001,
        email: "ada@example.com".to_owned(),
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
    });
    (shop, clock)
}

/// A browser, which keeps cookies.
struct Browser {
    shop: Router,
    cookies: Vec<String>,
}

impl Browser {
    fn of(shop: &LocalShopify) -> Self {
        Self { shop: shop.router(), cookies: Vec::new() }
    }

    async fn send(&mut self, method: &str, path: &str, form: &str) -> (StatusCode, String) {
        self.send_from(&[], method, path, form).await
    }

    /// With further headers.
    async fn send_from(
        &mut self,
        headers: &[(&str, &str)],
        method: &str,
        path: &str,
        form: &str,
    ) -> (StatusCode, String) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .header("cookie", self.cookies.join("; "));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(form.to_owned())).unwrap();
        let response = self.shop.clone().oneshot(request).await.unwrap();
        let set = response.headers().get_all("set-cookie").iter();
        let set = set.map(|one| one.to_str().unwrap().split(';').next().unwrap().to_owned());
        self.cookies.extend(set);
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }
}

/// The topics and payloads that wait for delivery.
fn queued(shop: &LocalShopify) -> Vec<(String, Value)> {
    queued_until(shop, NOW_MS + 60_000)
}

fn queued_until(shop: &LocalShopify, until_ms: u64) -> Vec<(String, Value)> {
    let mut queue = shop.webhooks().queue();
    let deliveries: Vec<Delivery> = std::iter::from_fn(|| queue.take_due(until_ms)).collect();
    let read = |one: Delivery| {
        let topic = one.header("X-Shopify-Topic").unwrap().to_owned();
        (topic, serde_json::from_slice(&one.body).unwrap())
    };
    deliveries.into_iter().map(read).collect()
}

fn topics(queued: &[(String, Value)]) -> Vec<&str> {
    queued.iter().map(|(topic, _)| topic.as_str()).collect()
}

async fn bought(shop: &LocalShopify) -> (Browser, Value) {
    let mut browser = Browser::of(shop);
    browser.send("POST", "/account/login", "customer[email]=ada@example.com").await;
    let (status, text) = browser.send("POST", "/cart/add.js", "id=11&quantity=2").await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let (status, text) = browser.send("POST", "/checkout", "").await;
    assert_eq!(status, StatusCode::OK, "{text}");
    (browser, serde_json::from_str(&text).unwrap())
}
