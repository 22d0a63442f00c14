//! What other sites and other methods can't do.

use super::*;

#[tokio::test]
async fn the_operators_acts_are_posts() {
    let (shop, _) = shop();
    for method in ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"] {
        let (status, _) = Browser::of(&shop).send(method, "/_shopify/uninstall", "").await;
        let expected = if method == "HEAD" { 200 } else { 405 };
        assert_eq!(status.as_u16(), expected, "{method}");
    }
    assert!(shop.oauth().is_installed("demo.myshopify.com"));
}

#[tokio::test]
async fn a_page_of_another_site_reads_and_changes_nothing() {
    let (shop, _) = shop();
    let own = ("host", "127.0.0.1:8090");
    for (headers, method, path, expected) in [
        (&[("host", "evil.example:8090")][..], "GET", "/cart.js", 403),
        (&[("host", "evil.example:8090")], "GET", "/apps/app/x", 403),
        (&[("host", "127.0.0.1.evil.example")], "GET", "/cart.js", 403),
        (
            &[("host", "evil.example"), ("origin", "http://evil.example")],
            "POST",
            "/_shopify/uninstall",
            403,
        ),
        (&[own, ("origin", "http://evil.example")], "POST", "/_shopify/uninstall", 403),
        (&[own, ("origin", "null")], "POST", "/cart/clear.js", 403),
        (&[own, ("origin", "http://127.0.0.1:8091")], "POST", "/cart/clear.js", 403),
        (&[own, ("origin", "http://evil.example")], "POST", "/admin/api/2026-07/graphql.json", 403),
        (&[own, ("origin", "http://127.0.0.1:8090")], "POST", "/cart/clear.js", 200),
        (&[own], "POST", "/cart/clear.js", 200),
        (&[("host", "localhost:8090")], "GET", "/cart.js", 200),
        (&[("host", "[::1]:8090")], "GET", "/cart.js", 200),
    ] {
        let (status, text) = Browser::of(&shop).send_from(headers, method, path, "").await;
        assert_eq!(status.as_u16(), expected, "{headers:?} {path}: {text}");
    }
    assert!(shop.oauth().is_installed("demo.myshopify.com"));
}
