//! The admin around the app's page.

use http::StatusCode;
use infra_shopify::oauth::{Staff, verify};
use infra_shopify::signing::Credentials;
use serde_json::Value;

use super::{Browser, NOW_MS, shop};

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
