//! A customer shops at the local Shopify: what they buy there earns points here, through signed webhooks,
//! and what they read here comes through the App Proxy.

use infra_local::local::Options;
use infra_local::wiring::{LOYALTY_QUEUE, PRIVACY_QUEUE, REDEMPTION_QUEUE, REWARDS_QUEUE};
use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

use crate::client::{deliver, loyalty, redeem, session, voucher};
use crate::shop::{Reply, Shop};

/// A variant of the demo's tee.
const TEE: &str = "875309424069134920";

/// A browser on the storefront.
struct Browser {
    agent: Agent,
    url: String,
    cookies: Vec<String>,
}

impl Browser {
    fn of(shop: &Shop) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let url = shop.local().shopify().unwrap().1;
        Self { agent: Agent::new_with_config(config.build()), url, cookies: Vec::new() }
    }

    fn send(&mut self, method: &str, path: &str, form: &str) -> Reply {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .header("cookie", self.cookies.join("; "));
        let answered = match form.is_empty() {
            true => self.agent.run(request.body(()).unwrap()),
            false => self.agent.run(request.body(form.to_owned()).unwrap()),
        };
        let mut answer = answered.unwrap();
        let set = answer.headers().get_all("set-cookie").iter();
        let set = set.map(|one| one.to_str().unwrap().split(';').next().unwrap().to_owned());
        self.cookies.extend(set);
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Reply { status, headers, text: answer.body_mut().read_to_string().unwrap() }
    }

    fn signed_in(shop: &Shop, customer: &str) -> Self {
        let mut browser = Self::of(shop);
        let form = format!("customer[email]=customer-{customer}@example.com");
        assert_eq!(browser.send("POST", "/account/login", &form).status, 302);
        browser
    }

    fn buy(&mut self, quantity: u32) -> Value {
        let added = self.send("POST", "/cart/add.js", &format!("id={TEE}&quantity={quantity}"));
        assert_eq!(added.status, 200, "{}", added.text);
        let order = self.send("POST", "/checkout", "email=");
        assert_eq!(order.status, 200, "{}", order.text);
        order.json()
    }
}

#[test]
fn the_demo_shop_is_at_the_root_and_knows_who_is_signed_in() {
    let shop = open();
    let mut guest = Browser::of(&shop);
    let page = guest.send("GET", "/", "");
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let config = |customer: &str| {
        format!("\"baseUrl\": \"{}\", \"customer\": {customer},", shop.local().url())
    };
    assert!(page.text.contains(&config("null")), "{}", page.text);
    let page = Browser::signed_in(&shop, "1001").send("GET", "/", "");
    assert!(page.text.contains(&config("1001")), "{}", page.text);
    let script = guest.send("GET", "/assets/elements.js", "");
    assert_eq!(
        (script.status, &script.headers["content-type"]),
        (200, &"text/javascript".parse().unwrap())
    );
    for path in ["/assets/none.js", "/assets/..%2Fdemo%2Findex.html", "/assets/..%2Fpackage.js"] {
        assert_eq!(guest.send("GET", path, "").status, 404, "{path}");
    }
}

fn open() -> Shop {
    open_in(tempfile::tempdir().unwrap())
}

fn open_in(folder: TempDir) -> Shop {
    let any = "127.0.0.1:0".parse().unwrap();
    Shop::open_with(folder, |options| Options { shopify: Some(any), ..options })
}

/// Waits until the local Shopify has delivered so many webhooks and the consumers have done their work.
fn delivered(shop: &Shop, count: u64) {
    let (shopify, _) = shop.local().shopify().unwrap();
    while shopify.webhooks().queue().stats().delivered < count {
        shop.runtime().block_on(tokio::task::yield_now());
    }
    shop.drained(LOYALTY_QUEUE);
    shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
}

/// The newest entry of a customer's ledger.
fn newest(shop: &Shop, token: &str) -> Value {
    shop.get("/v1/loyalty/entries?limit=1").bearer(token).send().json()["entries"][0].clone()
}

#[test]
fn what_a_customer_buys_earns_points_and_what_goes_back_takes_them() {
    let shop = open();
    let token = session(&shop, "1007");
    let mut browser = Browser::signed_in(&shop, "1007");
    let order = browser.buy(2);
    assert_eq!(
        (order["total_price"].as_str(), order["customer"]["id"].as_u64()),
        (Some("938.14"), Some(1007))
    );
    delivered(&shop, 2);
    let id = order["id"].to_string();
    let entry = newest(&shop, &token);
    assert_eq!((&entry["kind"], &entry["points"]), (&json!("earn"), &json!(938)));
    assert_eq!(entry["cause"], json!({"type": "order", "id": id}));

    let refund = browser.send("POST", &format!("/_shopify/orders/{id}/refund"), "a=b");
    assert_eq!(refund.status, 303, "{}", refund.text);
    delivered(&shop, 4);
    let entry = newest(&shop, &token);
    assert_eq!((&entry["kind"], &entry["points"]), (&json!("reverse"), &json!(-469)));

    browser.send("POST", &format!("/_shopify/orders/{id}/cancel"), "a=b");
    delivered(&shop, 7);
    let entry = newest(&shop, &token);
    assert_eq!((&entry["kind"], &entry["points"]), (&json!("reverse"), &json!(-469)));
}

#[test]
fn what_is_bought_after_a_restart_earns_points_and_takes_nothing_from_others() {
    let mut shop = open();
    let token = session(&shop, "1007");
    let mut causes = Vec::new();
    for _ in 0..2 {
        let order = Browser::signed_in(&shop, "1007").buy(2);
        delivered(&shop, 2);
        let entry = newest(&shop, &token);
        assert_eq!((&entry["kind"], &entry["points"]), (&json!("earn"), &json!(938)));
        assert_eq!(entry["cause"]["id"], order["id"].to_string());
        causes.push(entry["cause"]["id"].clone());
        shop = open_in(shop.close());
    }
    assert_ne!(causes[0], causes[1]);
    let before = newest(&shop, &token);
    let mut other = Browser::signed_in(&shop, "1008");
    let id = other.buy(1)["id"].to_string();
    other.send("POST", &format!("/_shopify/orders/{id}/cancel"), "a=b");
    delivered(&shop, 5);
    assert_eq!(newest(&shop, &token), before);
}

#[test]
fn a_guest_with_the_address_of_a_customer_earns_points_for_them() {
    let shop = open();
    let token = session(&shop, "1007");
    let mut browser = Browser::of(&shop);
    browser.send("POST", "/cart/add.js", &format!("id={TEE}&quantity=2"));
    let order = browser.send("POST", "/checkout", "email=customer-1007@example.com");
    assert_eq!(order.status, 200, "{}", order.text);
    delivered(&shop, 2);
    assert_eq!(newest(&shop, &token)["cause"]["id"], order.json()["id"].to_string());
}

#[test]
fn customers_whom_the_merchant_merges_have_one_account() {
    let shop = open();
    let tokens = ["1003", "1004"].map(|customer| session(&shop, customer));
    let all = |token: &String| {
        let balance = loyalty(&shop, token)["balance"].clone();
        ["available", "pending"].map(|name| balance[name].as_i64().unwrap()).iter().sum::<i64>()
    };
    let before: i64 = tokens.iter().map(all).sum();
    let merged = Browser::of(&shop).send("POST", "/_shopify/customers/1003/merge/1004", "a=b");
    assert_eq!(merged.status, 303, "{}", merged.text);
    delivered(&shop, 1);
    let bookmarks = tokens.each_ref().map(|token| {
        let page = shop.get("/v1/loyalty/entries?limit=1").bearer(token).send().json();
        page["bookmark"].as_str().unwrap().to_owned()
    });
    for (token, bookmark) in tokens.iter().zip(&bookmarks) {
        let read = shop.get("/v1/loyalty").bearer(token).header("forecourt-bookmark", bookmark);
        let balance = read.send().json()["balance"].clone();
        let sum = balance["available"].as_i64().unwrap() + balance["pending"].as_i64().unwrap();
        assert_eq!(sum, before, "read with either of the two ids");
    }
}

#[test]
fn the_storefront_reads_a_customers_points_through_the_app_proxy() {
    let shop = open();
    let path = "/apps/forecourt/v1/loyalty";
    let own = Browser::signed_in(&shop, "1001").send("GET", path, "");
    assert_eq!((own.status, own.json()["customer_id"].as_str().unwrap()), (200, "1001"));
    let token = session(&shop, "1001");
    assert_eq!(own.json()["balance"], loyalty(&shop, &token)["balance"]);
    Browser::of(&shop).send("GET", path, "").expect_problem(401, "token-missing");
}

#[test]
fn a_person_of_the_staff_installs_the_app_and_an_uninstall_forgets_its_tokens() {
    let shop = open();
    let (shopify, _) = shop.local().shopify().unwrap();
    let now_s = origin_functions::runtime::clock::Clock::system().now().unix_s();
    let id_token = shopify.oauth().id_token(infra_local::demo::SHOP, 1, now_s);
    let installed = shop
        .request("POST", "/v1/admin/installation")
        .bearer(&id_token)
        .json(&json!({"id_token": id_token}))
        .send();
    assert_eq!(installed.status, 200, "{}", installed.text);
    let state = |shop: &Shop| {
        shop.get("/v1/admin/installation").bearer(&id_token).send().json()["state"].clone()
    };
    assert_eq!(state(&shop), "installed");
    assert!(shopify.uninstall());
    while shopify.webhooks().queue().stats().delivered < 1 {
        shop.runtime().block_on(tokio::task::yield_now());
    }
    shop.drained(PRIVACY_QUEUE);
    assert_eq!(state(&shop), "needs_reinstall");
}

/// Installs the app as the admin does when a person opens it.
fn install(shop: &Shop) {
    let (shopify, _) = shop.local().shopify().unwrap();
    let now_s = origin_functions::runtime::clock::Clock::system().now().unix_s();
    let id_token = shopify.oauth().id_token(infra_local::demo::SHOP, 1, now_s);
    let installed = shop
        .request("POST", "/v1/admin/installation")
        .bearer(&id_token)
        .json(&json!({"id_token": id_token}))
        .send();
    assert_eq!(installed.status, 200, "{}", installed.text);
}

/// What is read from now on is not of an earlier moment.
fn settled(shop: &Shop) {
    shop.drained(LOYALTY_QUEUE);
    shop.drained(REDEMPTION_QUEUE);
    shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
}

/// The discount of an order by a new guest who enters this code.
fn discount_by(shop: &Shop, code: &str) -> String {
    let mut browser = Browser::of(shop);
    let added = browser.send("POST", "/cart/add.js", &format!("id={TEE}&quantity=1"));
    assert_eq!(added.status, 200, "{}", added.text);
    browser.send("GET", &format!("/discount/{code}"), "");
    let order = browser.send("POST", "/checkout", "email=guest@example.com");
    assert_eq!(order.status, 200, "{}", order.text);
    order.json()["total_discounts"].as_str().unwrap().to_owned()
}

/// The files of a folder that contain a text.
fn files_with(folder: &std::path::Path, text: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn a_redeemed_code_is_accepted_at_one_checkout_and_stored_nowhere() {
    let shop = open();
    install(&shop);
    shop.drained(REWARDS_QUEUE);
    let token = session(&shop, "1007");
    let redemption = redeem(&shop, &token, "", "one", &voucher()).json();
    assert_eq!((&redemption["status"], &redemption["code"]), (&json!("pending"), &Value::Null));
    let id = redemption["id"].as_str().unwrap();
    settled(&shop);
    let shown = shop.get(&format!("/v1/loyalty/redemptions/{id}")).bearer(&token).send().json();
    assert_eq!(shown["status"], "confirmed", "{shown}");
    let code = shown["code"].as_str().unwrap();
    assert!(code.starts_with("FIVEEURO-") && code.len() == 25, "{code}");
    assert_eq!(files_with(shop.local().data(), code), [] as [std::path::PathBuf; 0]);
    assert_ne!(files_with(shop.local().data(), "five-euro"), [] as [std::path::PathBuf; 0]);
    assert_eq!(discount_by(&shop, code), "5.00");
    assert_eq!(discount_by(&shop, code), "0.00", "a second time");
    // Free shipping is a code of another kind.
    let body = json!({"reward": "free-shipping", "points": 100});
    let free = redeem(&shop, &token, "", "two", &body).json();
    settled(&shop);
    let path = format!("/v1/loyalty/redemptions/{}", free["id"].as_str().unwrap());
    let shown = shop.get(&path).bearer(&token).send().json();
    assert_eq!(shown["status"], "confirmed", "{shown}");
    assert!(shown["code"].as_str().unwrap().starts_with("FREESHIP-"), "{shown}");
}

#[test]
fn a_redemption_that_finds_no_code_waits_for_one() {
    let shop = open();
    shop.pause(REWARDS_QUEUE);
    install(&shop);
    let token = session(&shop, "1007");
    let redemption = redeem(&shop, &token, "", "one", &voucher()).json();
    let path = format!("/v1/loyalty/redemptions/{}", redemption["id"].as_str().unwrap());
    // The installation has woken the pools, and then so does the redemption.
    while shop.local().bus().unfinished(REWARDS_QUEUE).unwrap() < 2 {
        shop.runtime().block_on(tokio::task::yield_now());
    }
    let show = |shop: &Shop| {
        shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
        shop.get(&path).bearer(&token).send().json()
    };
    let pending = show(&shop);
    assert_eq!((&pending["status"], &pending["code"]), (&json!("pending"), &Value::Null));
    shop.resume(REWARDS_QUEUE);
    shop.drained(REWARDS_QUEUE);
    let mut shown = show(&shop);
    while shown["status"] == "pending" {
        shown = show(&shop);
    }
    assert_eq!(shown["status"], "confirmed", "{shown}");
    assert_eq!(discount_by(&shop, shown["code"].as_str().unwrap()), "5.00");
}

#[test]
fn webhooks_signed_by_somebody_else_earn_nothing() {
    let shop = open();
    let token = session(&shop, "1001");
    let before = newest(&shop, &token);
    let order = json!({"id": 9, "customer": {"id": 1001}}).to_string();
    let reply = shop
        .request("POST", "/webhooks/shopify")
        .header("x-shopify-topic", "orders/paid")
        .header("x-shopify-shop-domain", infra_local::demo::SHOP)
        .header("x-shopify-hmac-sha256", "AAAA")
        .body(order.clone())
        .send();
    reply.expect_problem(401, "signature-invalid");
    assert_eq!(newest(&shop, &token), before);
    assert_eq!(deliver(&shop, "orders/create", &order).status, 200);
}
