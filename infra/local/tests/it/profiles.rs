//! Profiles: the command line works with any shop, and a local shop may have any currency.

use std::path::Path;

use infra_local::local::{LocalShop, Options};
use infra_local::profile::Profile;
use infra_local::wiring::LOYALTY_QUEUE;
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::client::{deliver, session};
use crate::shop::Shop;

fn none(_: &str) -> Option<String> {
    None
}

fn written(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    file
}

fn read(file: &Path) -> Result<Profile, String> {
    Profile::read(Some(file), None, None, none).map_err(|error| error.to_string())
}

#[test]
fn a_profile_names_the_shop_and_a_file_with_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let keys = "k1:0123456789abcdef0123456789abcdef";
    let lines = format!("FORECOURT_KEYS={keys}\nFORECOURT_STAFF_TOKEN={}\n", "s".repeat(32));
    written(folder.path(), "secrets.env", &lines);
    let document = json!({"url": "https://api.example.com/", "shop": "example.myshopify.com",
        "currency": "USD", "secrets": "secrets.env"});
    let profile = read(&written(folder.path(), "shop.json", &document.to_string())).unwrap();
    assert_eq!(profile.url(), "https://api.example.com");
    assert_eq!((profile.shop(), profile.currency()), (Some("example.myshopify.com"), Some("USD")));
    assert!(profile.expect_keys().is_ok());
    assert_eq!(profile.staff_token().unwrap(), "s".repeat(32));
    let missing = profile.expect_shopify_secrets().unwrap_err().to_string();
    assert_eq!(
        missing,
        "FORECOURT_SHOPIFY_SECRETS is not set: in the environment, or in the file that `secrets` of \
         the profile names"
    );
    assert!(!format!("{profile:?}").contains("0123456789abcdef"), "no secret is printed");
}

#[test]
fn another_shop_never_gets_the_demos_secrets_and_this_machine_does() {
    let elsewhere = Profile::read(None, Some("https://api.example.com"), None, none).unwrap();
    assert_eq!((elsewhere.shop(), elsewhere.currency()), (None, None));
    assert!(elsewhere.keys().unwrap().is_none());
    assert!(elsewhere.staff_token().is_err());
    let here = Profile::read(None, Some("http://127.0.0.1:9000"), None, none).unwrap();
    assert_eq!((here.shop(), here.currency()), (Some("demo.myshopify.com"), Some("EUR")));
    assert!(here.expect_keys().is_ok());
}

#[test]
fn what_a_profile_lacks_is_read_from_the_environment() {
    let variable =
        |name: &str| (name == "FORECOURT_SHOP").then(|| "other.myshopify.com".to_owned());
    let profile = Profile::read(None, None, None, variable).unwrap();
    assert_eq!(profile.shop(), Some("other.myshopify.com"));
}

#[test]
fn an_invalid_profile_is_rejected_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = |document: Value| written(folder.path(), "shop.json", &document.to_string());
    for (document, expected) in [
        (json!({"url": "api.example.com"}), "write https:// and a host, without a path"),
        (json!({"url": "https://a.example.com/v1"}), "write https:// and a host, without a path"),
        (
            json!({"url": "http://127.0.0.1:80@a.example"}),
            "write https:// and a host, without a path",
        ),
        (
            json!({"url": "http://localhost#@a.example"}),
            "write https:// and a host, without a path",
        ),
        (json!({"shop": "example.com"}), "shop: example.com is not like example.myshopify.com"),
        (json!({"currency": "eur"}), "currency: eur is not like EUR (ISO 4217)"),
        (json!({"curency": "EUR"}), "unknown field `curency`"),
        (json!({"secrets": "absent.env"}), "absent.env: No such file"),
    ] {
        let error = read(&file(document)).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

/// Yen have no decimals, dinars three.
#[test]
fn a_local_shop_may_have_any_currency() {
    for (currency, price) in [("JPY", "1299"), ("USD", "12.99"), ("KWD", "1.299")] {
        let mut local = LocalShop::demo();
        currency.clone_into(&mut local.currency);
        let shop = Shop::open_with(tempfile::tempdir().unwrap(), |options| Options {
            shop: local,
            ..options
        });
        let product = shop.get("/v1/configurator/bike").send().json();
        assert_eq!(product["currency"], currency);
        let token = session(&shop, "1001");
        let at = Clock::system().now().to_rfc3339();
        let order = json!({"id": 77, "customer": {"id": 1001}, "currency": currency,
            "created_at": at, "processed_at": at,
            "line_items": [{"id": 1, "quantity": 1, "price": price}]});
        assert_eq!(deliver(&shop, "orders/paid", &order.to_string()).status, 200);
        shop.drained(LOYALTY_QUEUE);
        let entries = shop.get("/v1/loyalty/entries?limit=1").bearer(&token).send().json();
        let newest = &entries["entries"][0];
        assert_eq!(newest["cause"], json!({"type": "order", "id": "77"}));
        assert_eq!(newest["points"], 12, "{currency}: one point for 100 minor units");
    }
}
