//! The standard storefront actions, run in Node against a real listener.

use std::process::Command;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/storefront/actions.mjs");

/// Serves a storefront over HTTP.
async fn serve(listener: TcpListener, storefront: Arc<Mutex<Storefront>>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let storefront = Arc::clone(&storefront);
        let service = service_fn(move |request: Request<hyper::body::Incoming>| {
            let storefront = Arc::clone(&storefront);
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await?.to_bytes();
                let currency = Currency::of("EUR").unwrap();
                let shop = Shop { catalogue: &Demo, customers: &Demo, discounts: &Demo, currency };
                let request = Request::from_parts(head, body);
                let response = storefront.lock().unwrap().handle(&request, &shop, NOW_MS);
                Ok::<_, hyper::Error>(response.map(Full::new))
            }
        });
        connections.spawn(async move {
            // A client that goes away ends its connection with an error.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// What a page sees.
async fn transcript() -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut server = JoinSet::new();
    server.spawn(serve(listener, Arc::new(Mutex::new(Storefront::new(7)))));
    let node = move || Command::new("node").arg(SCRIPT).arg(url).output();
    let output = tokio::task::spawn_blocking(node).await.unwrap().expect("Node is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_page_reads_and_changes_the_cart_through_the_standard_actions() {
    let transcript = transcript().await;
    let money = |amount: &str| json!({ "amount": amount, "currencyCode": "EUR" });
    let added = json!({ "cart": {
        "checkoutUrl": "/checkout", "totalQuantity": 2, "note": "Ring",
        "attributes": [{ "key": "forecourt_cart", "value": "link" }],
        "discountCodes": [{ "code": "RIDE10", "applicable": true }],
        "cost": { "subtotalAmount": money("39.90"), "totalAmount": money("35.91") },
        "lines": { "nodes": [{
            "quantity": 2, "attributes": [{ "key": "Print", "value": "Ada" }],
            "cost": {
                "amountPerQuantity": money("19.95"), "subtotalAmount": money("39.90"),
                "totalAmount": money("39.90"),
            },
            "merchandise": {
                "id": "gid://shopify/ProductVariant/875309424069134920", "title": "White / XS",
                "product": { "handle": "tee", "title": "Tee" },
            },
        }] },
    } });
    assert_eq!(transcript["added"], added);
    assert_eq!(transcript["line"], true);
    let declined = json!([{
        "code": "INVALID", "field": null, "message": "Only 3 items were added to your cart.",
    }]);
    assert_eq!(transcript["declined"], declined);
    // Two changes at a time run one after the other.
    assert_eq!(transcript["quantities"], json!([3, 1]));
    assert_eq!(transcript["left"], 0);
    assert_eq!(transcript["malformed"], "each of lines needs a merchandiseId or an id");
    assert_eq!(transcript["isDefault"], json!([true, true, true]));
    assert_eq!(
        (&transcript["opened"], &transcript["offline"]),
        (&json!("/cart"), &json!("offline"))
    );
    let standard = "standard-action";
    let detail = json!({ "mine": 1 });
    let events = json!([
        { "type": "lines-update", "action": "add", "context": standard, "lines": 1, "hasPromise": true },
        { "type": "note-update", "context": standard, "note": "Ring", "hasPromise": true },
        {
            "type": "attributes-update", "context": standard, "hasPromise": true,
            "attributes": [{ "key": "forecourt_cart", "value": "link" }],
        },
        {
            "type": "discount-update", "context": standard, "hasPromise": true,
            "discountCodes": [{ "code": "RIDE10" }],
        },
        { "type": "lines-update", "action": "add", "context": standard, "lines": 1, "hasPromise": true },
        {
            "type": "lines-update", "action": "update", "context": "dialog", "lines": 1,
            "detail": detail, "hasPromise": true,
        },
        {
            "type": "lines-update", "action": "update", "context": "dialog", "lines": 1,
            "detail": detail, "hasPromise": true,
        },
        { "type": "lines-update", "action": "remove", "context": standard, "lines": 1, "hasPromise": true },
        { "type": "note-update", "context": standard, "note": "x", "hasPromise": true },
        { "type": "error", "error": "offline", "hasPromise": false },
    ]);
    assert_eq!(transcript["events"], events);
}

#[test]
fn every_page_has_the_script() {
    let mut browser = Browser::new();
    let home = browser.get("/");
    let home = std::str::from_utf8(home.body()).unwrap();
    assert!(home.contains("<script src=\"/actions.js\" type=\"module\"></script>"), "{home}");
    let script = browser.get("/actions.js");
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
}
