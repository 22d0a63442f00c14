//! The end of an installation, and the next one.

use super::*;

#[tokio::test]
async fn an_uninstall_ends_tokens_proxy_and_webhooks_and_the_app_can_be_installed_again() {
    let (shop, _) = shop();
    let mut browser = Browser::of(&shop);
    bought(&shop).await;
    browser.send("POST", "/_shopify/uninstall", "").await;
    assert!(!shop.oauth().is_installed("demo.myshopify.com"));
    // Nothing of the order before, which had waited, and nothing of the one after.
    bought(&shop).await;
    assert_eq!(topics(&queued(&shop)), ["app/uninstalled"]);
    assert_eq!(browser.send("GET", "/apps/app/x", "").await.0, StatusCode::NOT_FOUND);
    let two_days_ms = 48 * 3_600_000;
    assert_eq!(topics(&queued_until(&shop, NOW_MS + two_days_ms - 1)), [""; 0]);
    let redacted = queued_until(&shop, NOW_MS + two_days_ms);
    assert_eq!(topics(&redacted), ["shop/redact"]);
    assert_eq!(redacted[0].1["shop_domain"], "demo.myshopify.com");

    assert_eq!(browser.send("POST", "/_shopify/install", "").await.0, StatusCode::SEE_OTHER);
    assert!(shop.oauth().is_installed("demo.myshopify.com"));
    bought(&shop).await;
    assert_eq!(topics(&queued(&shop)), ["orders/create", "orders/paid"]);
    // Its address answers nothing, but the proxy calls it.
    assert_eq!(browser.send("GET", "/apps/app/x", "").await.0, StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn an_app_that_is_installed_again_within_48_hours_need_not_erase_the_shop() {
    let (shop, _) = shop();
    assert!(shop.uninstall() && !shop.uninstall());
    assert!(shop.install() && !shop.install());
    let queued = queued_until(&shop, NOW_MS + 100 * 3_600_000);
    assert_eq!(topics(&queued), ["app/uninstalled"]);
}
