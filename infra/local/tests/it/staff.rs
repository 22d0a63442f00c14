//! Persons of the staff, who call from the admin inside Shopify with its ID tokens.

use edge_wire::id_token::sign;
use edge_wire::secrets::ShopifySecrets;
use infra_local::demo;
use origin_functions::runtime::clock::Clock;
use serde_json::json;

use crate::publishing::lamp;
use crate::shop::{Reply, Shop};

/// The ID token that Shopify gives the admin for a person, issued `age_s` ago.
fn id_token(person: &str, age_s: u64) -> String {
    let issued = Clock::system().now().unix_s() - age_s;
    let claims = json!({
        "iss": format!("https://{}/admin", demo::SHOP), "dest": format!("https://{}", demo::SHOP),
        "aud": demo::SHOPIFY_CLIENT_ID, "sub": person,
        "exp": issued + 60, "nbf": issued, "iat": issued,
    });
    let secrets = ShopifySecrets::parse(demo::SHOPIFY_SECRET).unwrap();
    sign(r#"{"alg":"HS256","typ":"JWT"}"#, &claims.to_string(), &secrets)
}

fn own_role(shop: &Shop, person: &str) -> Reply {
    shop.get("/v1/admin/staff").bearer(&id_token(person, 0)).send()
}

#[test]
fn a_person_opens_the_admin_gets_a_role_and_publishes() {
    let shop = Shop::open();
    assert_eq!(own_role(&shop, "71").json()["you"], json!({"id": "71", "role": "owner"}));
    assert_eq!(own_role(&shop, "72").json()["you"], json!({"id": "72", "role": "support"}));
    let publish = || {
        let request = shop.request("PUT", "/v1/admin/configurators/lamp");
        request.bearer(&id_token("72", 0)).json(&lamp()).send()
    };
    publish().expect_problem(403, "role-insufficient");
    let promoted = shop
        .request("PUT", "/v1/admin/staff/72")
        .bearer(&id_token("71", 0))
        .json(&json!({"role": "developer"}))
        .send();
    assert_eq!((promoted.status, promoted.json()["role"].clone()), (200, json!("developer")));
    let published = publish();
    assert_eq!(published.status, 200, "{}", published.text);
    let log = shop.get("/v1/admin/audit").bearer(demo::STAFF_TOKEN).send().json();
    let newest = &log["entries"][0];
    assert_eq!((&newest["person"], &newest["role"]), (&json!("72"), &json!("developer")));
    assert_eq!(newest["act"], "publish_products");
    assert_eq!(newest["subject"], "configurators/lamp/versions/1");
}

#[test]
fn an_old_id_token_or_one_on_a_customers_route_is_refused() {
    let shop = Shop::open();
    let old = shop.get("/v1/admin/staff").bearer(&id_token("71", 90)).send();
    old.expect_problem(401, "token-expired");
    let forged = id_token("71", 0).replace('.', "x.");
    shop.get("/v1/admin/staff").bearer(&forged).send().expect_problem(401, "token-invalid");
    shop.get("/v1/loyalty").bearer(&id_token("71", 0)).send().expect_problem(401, "token-invalid");
}
