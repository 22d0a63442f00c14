use infra_shopify::app_proxy::{REQUEST_BYTES_MAX, URL_BYTES_MAX};

use super::*;
use crate::listener::Listener;

#[tokio::test]
async fn a_request_reaches_the_app_with_its_method_body_and_path() {
    let listener = Listener::start().await;
    let request = Request::post("/apps/awesome_reviews/v1/cart/lines?x=1")
        .header("content-type", "application/json")
        .header("idempotency-key", "k1")
        .header("cookie", "secret=1")
        .header("host", "shop.example")
        .body(Bytes::from("{}"))
        .unwrap();
    let response = forwarder(&listener.url).forward(request, &visitor(Some(7)), NOW_S).await;
    assert_eq!(response.status(), 200);
    let requests = listener.take();
    let request = &requests[0];
    assert_eq!((request.method().as_str(), request.body().as_ref()), ("POST", &b"{}"[..]));
    assert_eq!(request.uri().path(), "/proxy/v1/cart/lines");
    let query = request.uri().query().unwrap();
    assert!(query.starts_with("x=1&shop=shop-name.myshopify.com&logged_in_customer_id=7&"));
    let headers = request.headers();
    assert_eq!(headers["x-forwarded-host"], "shop.example");
    assert_eq!(headers["x-forwarded-for"], "203.0.113.7");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["idempotency-key"], "k1");
    assert_eq!(headers["host"], listener.url.strip_prefix("http://").unwrap());
    assert_eq!(headers.get("cookie"), None);
}

#[test]
fn an_app_can_be_shown_that_custom_headers_may_not_pass() {
    let mut forwarder = forwarder("http://app.example");
    forwarder.drops_custom_headers = true;
    let request = Request::get("/apps/awesome_reviews")
        .header("authorization", "Bearer x")
        .header("idempotency-key", "k1")
        .header("accept", "text/html")
        .body(Bytes::new())
        .unwrap();
    let request = forwarder.request(request, &visitor(None), NOW_S).unwrap();
    let names: Vec<&str> = request.headers().keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["accept", "x-forwarded-host", "x-forwarded-for"]);
}

#[test]
fn what_a_client_says_about_itself_is_forwarded_before_what_shopify_says() {
    let request = get("/apps/awesome_reviews?shop=evil.myshopify.com");
    let request = forwarder("http://a").request(request, &visitor(None), NOW_S).unwrap();
    let query = request.uri().query().unwrap();
    assert!(query.starts_with("shop=evil.myshopify.com&shop=shop-name.myshopify.com&"), "{query}");
}

#[test]
fn only_the_paths_of_the_app_are_forwarded() {
    let forwarder = forwarder("http://a");
    let table = [
        ("/apps/awesome_reviews", true),
        ("/apps/awesome_reviews/", true),
        ("/apps/awesome_reviews/x/y", true),
        ("/apps/awesome_reviews2", false),
        ("/apps/other", false),
        ("/", false),
    ];
    for (path, expected) in table {
        assert_eq!(forwarder.serves(path), expected, "{path}");
    }
    let refused = forwarder.request(get("/apps/other"), &visitor(None), NOW_S).unwrap_err();
    assert_eq!(text(&refused.response()), (404, "The App Proxy is not at this path.\n"));
}

#[test]
fn too_long_a_body_or_url_is_refused() {
    let forwarder = forwarder("http://a");
    let body = Bytes::from(vec![0; REQUEST_BYTES_MAX + 1]);
    let request = Request::post("/apps/awesome_reviews").body(body).unwrap();
    let refused = forwarder.request(request, &visitor(None), NOW_S).unwrap_err();
    assert_eq!(text(&refused.response()), (413, "The body is too long.\n"));
    let request = get(&format!("/apps/awesome_reviews?q={}", "x".repeat(URL_BYTES_MAX)));
    let refused = forwarder.request(request, &visitor(None), NOW_S).unwrap_err();
    assert_eq!(text(&refused.response()), (414, "The URL is too long.\n"));
}
