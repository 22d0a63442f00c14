use serde_json::json;

use super::*;

const FORM: &str = "application/x-www-form-urlencoded";

fn page(browser: &mut Browser, path: &str) -> String {
    let response = browser.get(path);
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    String::from_utf8(response.body().to_vec()).unwrap()
}

#[test]
fn a_customer_signs_in_and_out() {
    let mut browser = Browser::new();
    assert!(page(&mut browser, "/").contains("<a href=\"/account/login\">Sign in</a>"));
    assert!(page(&mut browser, "/account/login").contains("The local shop has no passwords."));
    let response = browser.post_as("/account/login", FORM, "email=eve%40example.com");
    let body = String::from_utf8(response.body().to_vec()).unwrap();
    assert!(body.contains("There is no customer with this e-mail address."));
    // Themes name the field like this.
    let response = browser.post_as("/account/login", FORM, "customer[email]=ada%40example.com");
    assert_eq!(
        (response.status().as_u16(), response.headers()["location"].to_str().unwrap()),
        (302, "/")
    );
    assert!(page(&mut browser, "/").contains("Signed in as Ada Example."));
    let mut headers = http::HeaderMap::new();
    let cookie = format!("a=1; _shopify_customer={}", browser.cookies[0].1);
    headers.insert("cookie", cookie.parse().unwrap());
    assert_eq!(browser.storefront.customer(&headers), Some(1001));
    browser.post_as("/account/logout", FORM, "");
    assert_eq!(browser.cookies, []);
    assert_eq!(browser.storefront.customer(&headers), None);
}

#[test]
fn the_home_page_adds_to_the_cart_without_javascript() {
    let mut browser = Browser::new();
    let home = page(&mut browser, "/");
    assert!(home.contains(&format!("name=\"id\" value=\"{TEE}\">Tee - White / XS, 19.95 EUR")));
    assert!(home.contains("Bike &lt;b&gt;, 1299.00 EUR"));
    let response = browser.post_as("/cart/add", FORM, &format!("id={TEE}&properties[_x]=hidden"));
    assert_eq!(response.headers()["location"], "/cart");
    browser.post_as("/cart/update", FORM, "discount=RIDE10");
    let cart = page(&mut browser, "/cart");
    assert!(cart.contains("<li>1 × Tee - White / XS  17.95</li>"), "{cart}");
    assert!(cart.contains("<li>RIDE10 (applied)</li>"));
    assert!(cart.contains("Total: 17.95 EUR") && !cart.contains("hidden"));
}

#[test]
fn a_page_that_is_not_there_is_a_404() {
    let mut browser = Browser::new();
    for path in ["/collections/all", "/cart/add.js", "/checkout", "/cart/x"] {
        assert_eq!(browser.get(path).status(), 404, "{path}");
    }
    assert_eq!(browser.post("/cart/nothing.js", json!({})).0, 404);
}
