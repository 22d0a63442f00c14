//! A whole shop: what is bought in the storefront is an order of the admin API, and the app hears of it.

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use infra_shopify::app_config::AppConfig;
use infra_shopify::clock::Clock;
use infra_shopify::local::{LocalShopify, NewCustomer, NewProduct, NewVariant, Setup};
use infra_shopify::oauth::{Staff, verify};
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
topics = ["orders/create", "orders/paid", "orders/updated", "orders/cancelled", "refunds/create", "app/uninstalled"]
uri = "http://127.0.0.1:9/webhooks"
"#;
const NOW_MS: u64 = 1_795_262_400_000;

fn shop() -> (LocalShopify, Clock) {
    let clock = Clock::virtual_at(NOW_MS);
    let shop = LocalShopify::new(Setup {
        app: AppConfig::parse(APP).unwrap(),
        credentials: Credentials::new("the-app", "hush"),
        domain: "demo.myshopify.com".to_owned(),
        currency: "EUR".to_owned(),
        base_url: "http://127.0.0.1:8".to_owned(),
        clock: clock.clone(),
        seed: 1,
    })
    .unwrap();
    let variant = NewVariant { id: 11, title: None, sku: "TEE".to_owned(), price: 1_990 };
    let (title, handle) = ("Tee".to_owned(), "tee".to_owned());
    shop.add_product(&NewProduct { id: 1, title, handle, variants: vec![variant] });
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
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .header("cookie", self.cookies.join("; "))
            .body(Body::from(form.to_owned()))
            .unwrap();
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
    let mut queue = shop.webhooks().queue();
    let deliveries: Vec<Delivery> =
        std::iter::from_fn(|| queue.take_due(NOW_MS + 60_000)).collect();
    let read = |one: Delivery| {
        let topic = one.header("X-Shopify-Topic").unwrap().to_owned();
        (topic, serde_json::from_slice(&one.body).unwrap())
    };
    deliveries.into_iter().map(read).collect()
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

#[tokio::test]
async fn what_is_bought_is_an_order_of_the_admin_api_and_two_webhooks() {
    let (shop, _) = shop();
    let (_, order) = bought(&shop).await;
    assert_eq!(order["customer"]["id"], 1001);
    assert_eq!(order["total_price"], "39.80");
    let queued = queued(&shop);
    let topics: Vec<&str> = queued.iter().map(|(topic, _)| topic.as_str()).collect();
    assert_eq!(topics, ["orders/create", "orders/paid"]);
    assert_eq!(queued[1].1["id"], order["id"]);
    let query = "query($id: ID!) { order(id: $id) { name displayFinancialStatus
        totalPriceSet { shopMoney { amount } } customer { email }
        lineItems(first: 5) { nodes { id quantity variant { id } } } } }";
    let id = format!("gid://shopify/Order/{}", order["id"]);
    let data = shop.execute(query, json!({ "id": id })).unwrap();
    let line = format!("gid://shopify/LineItem/{}", order["line_items"][0]["id"]);
    assert_eq!(
        data["order"],
        json!({"name": order["name"], "displayFinancialStatus": "PAID",
            "totalPriceSet": {"shopMoney": {"amount": "39.8"}},
            "customer": {"email": "ada@example.com"},
            "lineItems": {"nodes": [{"id": line, "quantity": 2,
                "variant": {"id": "gid://shopify/ProductVariant/11"}}]}})
    );
}

#[tokio::test]
async fn an_empty_cart_is_not_bought_and_nothing_is_sent() {
    let (shop, _) = shop();
    let (status, text) = Browser::of(&shop).send("POST", "/checkout", "email=a@example.com").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("The cart is empty."), "{text}");
    assert_eq!(queued(&shop), []);
}

#[tokio::test]
async fn a_refund_and_a_cancellation_by_hand_are_sent_with_the_lines_of_the_order() {
    let (shop, _) = shop();
    let (mut browser, order) = bought(&shop).await;
    queued(&shop);
    let path = |act: &str| format!("/_shopify/orders/{}/{act}", order["id"]);
    let (status, text) = browser.send("POST", &path("refund"), "").await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{text}");
    let refund = queued(&shop).into_iter().find(|(topic, _)| topic == "refunds/create").unwrap().1;
    assert_eq!(refund["order_id"], order["id"]);
    assert_eq!(refund["refund_line_items"][0]["line_item_id"], order["line_items"][0]["id"]);
    assert_eq!(refund["refund_line_items"][0]["quantity"], 1);
    browser.send("POST", &path("cancel"), "").await;
    let cancelled = queued(&shop).into_iter().find(|(topic, _)| topic == "orders/cancelled");
    let cancelled = cancelled.unwrap().1;
    assert_eq!(cancelled["id"], order["id"]);
    assert_eq!(cancelled["cancelled_at"], "2026-11-21T12:00:00Z");
    let (_, page) = browser.send("GET", "/_shopify", "").await;
    assert!(page.contains("cancelled"), "{page}");
}

#[tokio::test]
async fn a_discount_code_made_by_the_app_lowers_the_next_checkout_once() {
    let (shop, _) = shop();
    let create = "mutation($discount: DiscountCodeBasicInput!) {
        discountCodeBasicCreate(basicCodeDiscount: $discount) { userErrors { message } } }";
    let discount = json!({ "discount": {
        "title": "Reward", "code": "FIVE", "startsAt": "2026-01-01T00:00:00Z", "usageLimit": 1,
        "customerGets": { "value": { "discountAmount":
            { "amount": "5.00", "appliesOnEachItem": false } }, "items": { "all": true } },
        "context": { "all": "ALL" },
    } });
    let made = shop.execute(create, discount).unwrap();
    assert_eq!(made["discountCodeBasicCreate"]["userErrors"], json!([]), "{made}");
    let mut totals = Vec::new();
    for _ in 0..2 {
        let mut browser = Browser::of(&shop);
        browser.send("POST", "/cart/add.js", "id=11&quantity=1").await;
        browser.send("GET", "/discount/FIVE", "").await;
        let (_, text) = browser.send("POST", "/checkout", "email=a@example.com").await;
        let order: Value = serde_json::from_str(&text).unwrap();
        totals.push(order["total_price"].clone());
    }
    assert_eq!(totals, ["14.90", "19.90"], "a code is used once");
}

#[tokio::test]
async fn the_admin_shows_the_apps_page_with_an_id_token_of_the_person_who_is_signed_in() {
    let (shop, _) = shop();
    for (id, first_name) in [(7, "Grace"), (8, "<Alan>")] {
        shop.oauth().add_staff(Staff {
            id,
            first_name: first_name.to_owned(),
            last_name: "H".to_owned(),
            email: "staff@example.com".to_owned(),
            account_owner: id == 7,
        });
    }
    let mut browser = Browser::of(&shop);
    let (status, page) = browser.send("GET", "/_shopify/app", "").await;
    assert_eq!(status, StatusCode::OK);
    let url = "<iframe title=\"The app\" src=\"http://127.0.0.1:9?embedded=1&amp;host=";
    assert!(page.contains(url) && page.contains("data-staff=\"7\""), "{page}");
    assert!(page.contains("&lt;Alan&gt; H") && !page.contains("<Alan>"), "{page}");
    let (_, answer) = browser.send("POST", "/_shopify/app/token?staff=8", "").await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let credentials = Credentials::new("the-app", "hush");
    let token = answer["token"].as_str().unwrap();
    let claims = verify(token, &credentials, Some("demo.myshopify.com"), NOW_MS / 1_000).unwrap();
    assert_eq!(claims.sub, "8");
    for (method, path) in
        [("GET", "/_shopify/app?staff=9"), ("POST", "/_shopify/app/token?staff=x")]
    {
        assert_eq!(browser.send(method, path, "").await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let (_, script) = browser.send("GET", "/shopifycloud/app-bridge.js", "").await;
    assert!(script.contains("idToken"), "{script}");
}

#[tokio::test]
async fn uninstalling_revokes_the_tokens_and_is_sent() {
    let (shop, _) = shop();
    let mut browser = Browser::of(&shop);
    browser.send("POST", "/_shopify/uninstall", "").await;
    assert!(!shop.oauth().is_installed("demo.myshopify.com"));
    let topics: Vec<String> = queued(&shop).into_iter().map(|(topic, _)| topic).collect();
    assert_eq!(topics, ["app/uninstalled"]);
}
