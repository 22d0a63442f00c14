//! The local Shopify beside the local Forecourt: the demo's products and customers, the app of
//! `infra/shopify.app.toml` with the addresses of this machine, installed.

use std::net::SocketAddr;

use domain_core::id::digest;
use infra_shopify::app_config::AppConfig;
use infra_shopify::clock::Clock as ShopifyClock;
use infra_shopify::local::{LocalShopify, NewCustomer, NewProduct, NewVariant, Setup};
use infra_shopify::oauth::Staff;
use infra_shopify::signing::Credentials;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::local::{LocalError, LocalShop, ended};
use crate::{demo, demo_shop};

/// The app as it is deployed.
const APP: &str = include_str!("../../shopify.app.toml");
/// What stands there for the URL and the client id.
const URL_PLACE: &str = "https://D.cloudfront.net";
const CLIENT_ID_PLACE: &str = "the app's client id";
/// The demo's staff.
const STAFF: [(u64, &str, &str); 2] = [(1, "Grace", "Hopper"), (2, "Alan", "Turing")];

/// The shop at this address, with Forecourt at `forecourt`.
pub(crate) fn shopify(
    shop: &LocalShop,
    address: SocketAddr,
    forecourt: &str,
) -> Result<LocalShopify, LocalError> {
    let client_id = shop.client_id.as_deref().unwrap_or(demo::SHOPIFY_CLIENT_ID);
    let app = APP.replace(URL_PLACE, forecourt).replace(CLIENT_ID_PLACE, client_id);
    let app = AppConfig::parse(&app).map_err(error)?;
    let clock = ShopifyClock::system();
    let local = LocalShopify::new(Setup {
        app,
        credentials: Credentials::new(client_id, shop.shopify_secret.as_str()),
        domain: shop.domain.clone(),
        currency: shop.currency.clone(),
        base_url: format!("http://{address}"),
        seed: seed(&shop.domain, clock.now_ms()),
        clock,
    })
    .map_err(error)?;
    for (id, first_name, last_name) in STAFF {
        local.oauth().add_staff(Staff {
            id,
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: format!("{}@example.com", first_name.to_lowercase()),
            account_owner: id == STAFF[0].0,
        });
    }
    for (number, (handle, document)) in (1..).zip(demo::PRODUCTS) {
        let document = demo::in_currency(document, &shop.currency);
        let document: Value = serde_json::from_str(&document).map_err(error)?;
        local.add_product(&product(number, handle, &document));
    }
    for customer in demo::CUSTOMERS {
        local.add_customer(&NewCustomer {
            id: customer.parse().map_err(error)?,
            email: format!("customer-{customer}@example.com"),
            first_name: "Customer".to_owned(),
            last_name: customer.to_owned(),
        });
    }
    Ok(local)
}

/// Serves it until the shop stops.
pub(crate) fn serve(
    shopify: &LocalShopify,
    forecourt: &str,
    listener: TcpListener,
    stopped: &watch::Receiver<bool>,
) -> [JoinHandle<()>; 2] {
    let (router, until) = (demo_shop::router(shopify, forecourt), ended(stopped.clone()));
    let pages = tokio::spawn(async move {
        // It ends with the shop; a connection's error ends only the connection.
        let _ = axum::serve(listener, router).with_graceful_shutdown(until).await;
    });
    let (webhooks, until) = (shopify.clone(), ended(stopped.clone()));
    let webhooks = tokio::spawn(async move {
        tokio::select! {
            () = webhooks.run() => {}
            () = until => {}
        }
    });
    [pages, webhooks]
}

/// A product of the demo. Its variants cost what their values do.
fn product(id: u64, handle: &str, document: &Value) -> NewProduct {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let price_of = |option: &str, value: &Value| {
        let options = document["options"].as_array().into_iter().flatten();
        let mut values = options
            .filter(|one| one["id"] == option)
            .flat_map(|one| one["values"].as_array().into_iter().flatten());
        values.find(|one| one["id"] == *value).and_then(|one| one["price"].as_i64())
    };
    let variant = |variant: &Value| {
        let selection = variant["selection"].as_object()?;
        let prices = selection.iter().filter_map(|(option, value)| price_of(option, value));
        let titles = selection.values().map(text);
        Some(NewVariant {
            id: text(&variant["variant_id"]).parse().ok()?,
            title: Some(titles.collect::<Vec<_>>().join(" / ")),
            sku: text(&variant["sku"]),
            price: document["base_price"].as_i64()? + prices.sum::<i64>(),
        })
    };
    let variants = document["variants"].as_array().into_iter().flatten();
    NewProduct {
        id,
        title: text(&document["title"]),
        handle: handle.to_owned(),
        variants: variants.filter_map(variant).collect(),
    }
}

/// Tokens and ids differ between shops and between starts: Forecourt stores those of earlier starts.
fn seed(domain: &str, started_ms: u64) -> u64 {
    let parts = [domain.as_bytes(), &started_ms.to_be_bytes()];
    let digest = digest("forecourt/local-shopify/2", &parts);
    digest.iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
}

fn error(error: impl std::fmt::Display) -> LocalError {
    LocalError::Part(format!("the local Shopify: {error}"))
}
