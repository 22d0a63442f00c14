//! The examples of the OpenAPI document are sent to a running shop, in their order, and what it
//! answers has the documented form.

use domain_core::time::{DAY_MS, Time};
use edge_wire::keys::KeyRing;
use edge_wire::token::mint_customer;
use infra_local::demo;
use infra_local::local::Options;
use infra_local::wiring::PRIVACY_QUEUE;
use origin_functions::http::documentation::{EXAMPLES, Example, ExampleAnswer, openapi};
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::client::signed;
use crate::schema::mistakes;
use crate::shop::{Reply, Shop};

/// The customer who sends the examples: not one of those whose ids and bookmarks the tests of attacks look for
/// in every public answer.
const CUSTOMER: &str = "1010";
/// How many members of a long list an example shows.
const ITEMS_SHOWN_MAX: usize = 3;
/// What is the description itself, or a page: their examples are written by hand, or not shown.
const NOT_RECORDED: [&str; 3] =
    ["GET /v1/openapi.json", "GET /admin", "GET /admin/{release}/{file}"];

/// What one client has, from the answers so far.
struct Sender {
    shop: Shop,
    document: Value,
    customer: String,
    cart: String,
    /// The newest bookmark of a cart, and of the account.
    bookmarks: [String; 2],
    demand: String,
    /// The release that the admin's page names.
    release: String,
}

// === impl Sender ===

impl Sender {
    fn new() -> Self {
        let any = "127.0.0.1:0".parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let shop = Shop::open_with(folder, |options| Options { shopify: Some(any), ..options });
        let keys = KeyRing::parse(demo::KEYS).unwrap();
        let hour = Clock::system().now().unix_s() + 3_600;
        let customer = mint_customer(&keys, CUSTOMER, hour);
        let (document, bookmarks) = (openapi(), [String::new(), String::new()]);
        let [cart, demand, release] = [const { String::new() }; 3];
        Self { shop, document, customer, cart, bookmarks, demand, release }
    }

    fn operation(&self, example: &Example) -> &Value {
        let (method, path) = example.operation.split_once(' ').unwrap();
        &self.document["paths"][path][method.to_lowercase()]
    }

    /// Sends it with what proves who calls, and the bookmarks of earlier answers.
    fn send(&mut self, example: &Example) -> Reply {
        let (method, path) = example.operation.split_once(' ').unwrap();
        let schemes = self.operation(example)["security"].to_string();
        let needs = |scheme: &str| schemes.contains(&format!("\"{scheme}\""));
        let mut body = example.body.clone();
        if let Some(token) = body.as_mut().and_then(|body| body.get_mut("id_token")) {
            let now_s = Clock::system().now().unix_s();
            let (shopify, _) = self.shop.local().shopify().unwrap();
            *token = shopify.oauth().id_token(demo::SHOP, 1, now_s).into();
        }
        if let Some(since) = body.as_mut().and_then(|body| body.get_mut("since")) {
            *since = Time(Clock::system().now().0 - DAY_MS).to_rfc3339().into();
        }
        let mut target = path.to_owned();
        for (name, value) in &example.path {
            let value = match name.as_str() {
                "id" if target.contains("/demands/") => &self.demand,
                "release" => &self.release,
                _ => value,
            };
            target = target.replace(&format!("{{{name}}}"), value);
        }
        let pairs: Vec<String> =
            example.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !pairs.is_empty() {
            target = format!("{target}?{}", pairs.join("&"));
        }
        if path == "/v1/session" {
            let now_s = Clock::system().now().unix_s();
            let url = signed(&format!("/proxy{target}"), Some(CUSTOMER), now_s);
            target = url.strip_prefix(demo::URL).unwrap().to_owned();
        }
        let text = body.as_ref().map_or_else(String::new, Value::to_string);
        let mut request = self.shop.request(method, &target).body(text.clone());
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in &example.headers {
            request = request.header(name, value);
        }
        if needs("webhook") {
            let secrets = edge_wire::secrets::ShopifySecrets::parse(demo::SHOPIFY_SECRET).unwrap();
            let signature = edge_wire::webhook::sign(&secrets, text.as_bytes());
            request = request.header("x-shopify-hmac-sha256", &signature);
        }
        if needs("staff") {
            request = request.bearer(demo::STAFF_TOKEN);
        } else if needs("customer") && path != "/v1/session" {
            request = request.bearer(&self.customer);
        }
        if needs("cart") {
            request = request.header("forecourt-cart", &self.cart);
        }
        let resource = usize::from(!needs("cart"));
        let reply = request.header("forecourt-bookmark", &self.bookmarks[resource]).send();
        if !reply.header("forecourt-bookmark").is_empty() {
            self.bookmarks[resource] = reply.header("forecourt-bookmark").to_owned();
        }
        self.learn(path, &reply);
        reply
    }

    fn learn(&mut self, path: &str, reply: &Reply) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match path {
            "/v1/carts" => self.cart = text(&reply.json()["token"]),
            "/admin" => {
                let named = reply.text.split_once("/admin/").and_then(|(_, at)| at.split_once('/'));
                self.release = named.unwrap().0.to_owned();
            }
            "/webhooks/shopify" => self.shop.drained(PRIVACY_QUEUE),
            "/v1/admin/privacy/demands" => {
                self.demand = text(&reply.json()["demands"][0]["id"]);
            }
            _ => {}
        }
    }

    /// Compares an answer with what the document says of its status.
    fn check(&self, example: &Example, status: u16, body: Option<&Value>) {
        let name = &example.operation;
        let answer = &self.operation(example)["responses"][status.to_string()];
        assert!(answer.is_object(), "{name} does not say that it answers {status}");
        let media = answer["content"].as_object().and_then(|content| content.values().next());
        match (media, body) {
            (Some(media), Some(body)) => {
                let found = mistakes(&self.document, &media["schema"], body);
                assert!(found.is_empty(), "{name} {status}: {found:#?}");
            }
            (None, None) => {}
            (media, body) => panic!("{name} {status}: {media:?} is documented, {body:?} came"),
        }
    }
}

/// The body of an answer: JSON, or a page as a text.
fn body_of(reply: &Reply) -> Option<Value> {
    let is_json = reply.header("content-type").starts_with("application/json");
    match reply.text.as_str() {
        "" => None,
        _ if is_json => Some(reply.json()),
        text => Some(json!(text)),
    }
}

/// An answer as the document shows it: long lists are cut.
fn shortened(mut value: Value) -> Value {
    match &mut value {
        Value::Array(items) => {
            items.truncate(ITEMS_SHOWN_MAX);
            items.iter_mut().for_each(|item| *item = shortened(item.take()));
        }
        Value::Object(members) => {
            members.values_mut().for_each(|member| *member = shortened(member.take()));
        }
        _ => {}
    }
    value
}

#[expect(clippy::disallowed_methods, reason = "the switch that records the answers")]
fn is_recorded() -> bool {
    std::env::var_os("FORECOURT_WRITE_OPENAPI").is_some()
}

/// Writes the examples with these answers, one a line.
fn record(examples: &[Example]) {
    let lines: Vec<String> =
        examples.iter().map(|example| serde_json::to_string(example).unwrap()).collect();
    let file = "../../origin/functions/src/http/documentation/examples.json";
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::write(file, format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
}

#[test]
fn every_example_is_answered_as_documented() {
    let mut sender = Sender::new();
    let mut examples: Vec<Example> = serde_json::from_str(EXAMPLES).unwrap();
    for example in &mut examples {
        let reply = sender.send(example);
        let (name, body) = (&example.operation, body_of(&reply));
        assert!((200..300).contains(&reply.status), "{name}: {} {}", reply.status, reply.text);
        sender.check(example, reply.status, body.as_ref());
        let operation = sender.operation(example);
        let answer = &operation["responses"][reply.status.to_string()];
        for (header, documented) in answer["headers"].as_object().into_iter().flatten() {
            let is_missing = reply.header(header).is_empty() && documented["required"] == true;
            assert!(!is_missing, "{name}: no {header}");
        }
        if let Some(body) = &example.body {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let found = mistakes(&sender.document, schema, body);
            assert!(found.is_empty(), "{name}: the example of the body: {found:#?}");
        }
        if is_recorded() && !NOT_RECORDED.contains(&name.as_str()) {
            let status = reply.status;
            example.answer = Some(ExampleAnswer { status, body: body.map(shortened) });
        } else if let Some(ExampleAnswer { status, body }) = &example.answer {
            assert_eq!(*status, reply.status, "{name}: the recorded status");
            sender.check(example, *status, body.as_ref());
        }
    }
    if is_recorded() {
        record(&examples);
    }
}

#[test]
fn every_problem_has_a_page_that_any_cache_may_hold() {
    let shop = Shop::open();
    for code in edge_wire::problem::Code::ALL {
        let path = format!("/problems/{}", code.slug());
        let page = shop.get(&path).send();
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        for part in
            ["<h2>Why</h2>", "<h2>How to fix it</h2>", code.title().split('\'').next().unwrap()]
        {
            assert!(page.text.contains(part), "{path}: {part} is missing in {}", page.text);
        }
        assert_eq!(page.header("cache-control"), "public, no-cache", "as every public answer");
        assert_eq!(
            page.header("content-security-policy"),
            "default-src 'none'; style-src 'unsafe-inline'"
        );
        let again = shop.get(&path).send();
        assert_eq!(again.header("x-cache"), "Hit from cloudfront", "{path}");
    }
    shop.get("/problems/none").send().expect_problem(404, "route-unknown");
    shop.get("/problems/%3Cscript%3E").send().expect_problem(400, "path-invalid");
}
