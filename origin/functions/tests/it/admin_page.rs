//! The page that Shopify's admin shows in a frame.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use edge_wire::function::HttpFunction;
use edge_wire::keys::KeyRing;
use edge_wire::secrets::ShopifySecrets;
use http::{HeaderMap, Request};
use origin_functions::http::routers::router;
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::config::ShopConfig;
use origin_functions::runtime::shop::{Shop, system_random};
use tower::ServiceExt as _;

use crate::world::{KEYS, SECRET, SHOP, World};

fn shop(world: &World, client_id: &str) -> Arc<Shop> {
    let config = ShopConfig {
        domain: SHOP.to_owned(),
        currency: "EUR".to_owned(),
        shopify_secrets: ShopifySecrets::parse(SECRET).unwrap(),
        keys: KeyRing::parse(KEYS).unwrap(),
        origin: None,
        client_id: Some(client_id.to_owned()),
        local_shopify: None,
    };
    Arc::new(Shop::new(config, &world.ports, Clock::system(), system_random))
}

async fn get(shop: &Arc<Shop>, path: &str) -> (u16, HeaderMap, String) {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let page = router(HttpFunction::ConfiguratorRead, Arc::clone(shop));
    let response = page.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    (head.status.as_u16(), head.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_shops_admin_may_show_the_page_and_scripts_are_ours_or_shopifys() {
    let world = World::empty().await;
    let (status, headers, page) = get(&shop(&world, "0a1b"), "/admin").await;
    assert_eq!(
        (status, &headers["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert_eq!(
        headers["content-security-policy"],
        "default-src 'none'; script-src 'self' https://cdn.shopify.com; \
         style-src 'self' 'unsafe-inline' https://cdn.shopify.com; \
         img-src 'self' data: https://cdn.shopify.com; font-src https://cdn.shopify.com; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors https://test.myshopify.com https://admin.shopify.com"
    );
    assert_eq!(headers["cache-control"], "no-store");
    assert!(page.contains("<meta name=\"shopify-api-key\" content=\"0a1b\">"));
    assert!(page.contains("<script src=\"https://cdn.shopify.com/shopifycloud/app-bridge.js\">"));
    assert!(!page.contains(['{', '}']), "a place of the page was not filled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_id_that_would_end_its_attribute_is_left_out() {
    let world = World::empty().await;
    let (_, _, page) = get(&shop(&world, "\"><script src=//evil.example>"), "/admin").await;
    assert!(page.contains("content=\"\">") && !page.contains("evil.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_file_of_the_page_is_served_under_its_release_alone() {
    let world = World::empty().await;
    let shop = shop(&world, "0a1b");
    let (_, _, page) = get(&shop, "/admin").await;
    let files: Vec<&str> = page.split('"').filter(|part| part.starts_with("/admin/")).collect();
    assert_eq!(files.len(), 12);
    for file in files {
        let (status, headers, text) = get(&shop, file).await;
        let kind = if file.ends_with(".css") { "text/css" } else { "text/javascript" };
        assert_eq!((status, text.is_empty()), (200, false), "{file}");
        assert_eq!(headers["content-type"], format!("{kind}; charset=utf-8"), "{file}");
        let release = file.split('/').nth(2).unwrap();
        let (status, _, problem) = get(&shop, &file.replace(release, "0000000000000000")).await;
        assert_eq!((status, problem.contains("route-unknown")), (404, true), "{file}");
    }
    assert_eq!(get(&shop, "/admin/0000000000000000/index.html").await.0, 404);
}
