//! The operations that the origin sends to Shopify: against its schema, and over HTTP.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain_core::time::Time;
use hyper_util::client::legacy::connect::HttpConnector;
use infra_shopify::admin_api::{
    AnyToken, BUCKET_MAX, Clock, Grant, Request, VERSION, Version, document_errors, router,
};
use infra_shopify::store::{Settings, Shop};
use origin_shopify::admin_api::operations::OrdersUpdated;
use origin_shopify::admin_api::{API_VERSION, AccessTokens, AdminApi, HttpTransport, Timer};
use origin_shopify::{AccessToken, Secret, TokenError};
use serde_json::json;
use time::OffsetDateTime;
use tokio::net::TcpListener;

const START_MS: u64 = 1_790_000_000_000;
const TOKEN: &str = "shpat_test";

/// A clock that only waiting moves, and a token that never ends.
#[derive(Clone)]
struct World(Arc<AtomicU64>);

impl Timer for World {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::SeqCst))
    }

    async fn pause(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl AccessTokens for World {
    async fn access(&self) -> Result<AccessToken, TokenError> {
        Ok(AccessToken { secret: Secret::new(TOKEN), generation: 1, until: Time(u64::MAX) })
    }

    async fn renew(&self, _: &AccessToken) -> Result<AccessToken, TokenError> {
        self.access().await
    }
}

/// A shop with so many orders, its API over HTTP, and the clock of both.
async fn shop(orders: usize) -> (Arc<infra_shopify::admin_api::AdminApi>, AdminApi, World) {
    let world = World(Arc::new(AtomicU64::new(START_MS)));
    let now = Arc::clone(&world.0);
    let clock: Clock = Arc::new(move || {
        let nanos = i128::from(now.load(Ordering::SeqCst)) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap()
    });
    let shopify = infra_shopify::admin_api::AdminApi::new(Shop::new(Settings::default()), clock);
    let shopify = Arc::new(shopify.unwrap());
    for _ in 0..orders {
        let query = "mutation { orderCreate(order: {lineItems: [{title: \"Cup\", quantity: 2, \
                     priceSet: {shopMoney: {amount: \"4.50\", currencyCode: USD}}}]}) \
                     { userErrors { message } } }";
        assert_eq!(execute(&shopify, "shop", query), json!({"orderCreate": {"userErrors": []}}));
        world.pause(1_000).await;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let service = router(Arc::clone(&shopify), Arc::new(AnyToken));
    tokio::spawn(async move { axum::serve(listener, service).await });
    let transport = HttpTransport::new(HttpConnector::new(), &origin).unwrap();
    (shopify, AdminApi::new(world.clone(), transport, world.clone()), world)
}

fn execute(
    shopify: &infra_shopify::admin_api::AdminApi,
    token: &str,
    query: &str,
) -> serde_json::Value {
    let grant = Grant { token: token.to_owned(), scopes: None };
    let request = Request { query: query.to_owned(), ..Request::default() };
    shopify.execute(Version::default(), &grant, &request)["data"].clone()
}

#[test]
fn every_operation_is_valid_and_uses_no_deprecated_field() {
    assert_eq!(API_VERSION, VERSION);
    let folder = "../../origin/shopify/src/admin_api/operations";
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|end| end == "graphql"));
    let mut count = 0;
    for file in files {
        let document = std::fs::read_to_string(&file).unwrap();
        let errors = document_errors(&document).unwrap();
        assert_eq!(errors, Vec::<String>::new(), "{}", file.display());
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn a_deprecated_field_and_an_unknown_one_are_named() {
    let errors = document_errors("{ shop { name } orders(first: 1) { nodes { totalPrice } } }");
    assert_eq!(errors.unwrap(), ["Order.totalPrice is deprecated"]);
    let errors = document_errors("{ shop { nickname } }").unwrap();
    assert!(errors[0].contains("nickname"), "{errors:?}");
}

#[tokio::test]
async fn updated_orders_are_read_page_by_page_in_the_order_of_their_changes() {
    let (_, api, world) = shop(23).await;
    world.pause(60_000).await;
    // The first two orders are older.
    let since = Time(START_MS + 2_000).to_rfc3339();
    let mut operation = OrdersUpdated { search: format!("updated_at:>='{since}'"), after: None };
    let (mut ids, mut pages) = (Vec::new(), 0);
    loop {
        let page = api.call(&operation, world.now().plus_ms(60_000)).await.unwrap().orders;
        ids.extend(page.nodes.iter().map(|order| order.id.clone()));
        pages += 1;
        match page.next() {
            Some(next) => operation.after = Some(next.to_owned()),
            None => break,
        }
    }
    let numbers: Vec<u64> =
        ids.iter().map(|id| id.rsplit_once('/').unwrap().1.parse().unwrap()).collect();
    assert_eq!((numbers.len(), pages), (21, 3));
    assert!(numbers.is_sorted(), "{numbers:?}");
}

#[tokio::test]
async fn a_call_waits_for_the_points_that_other_calls_of_the_app_used() {
    let (shopify, api, world) = shop(1).await;
    let query = "mutation { tagsAdd(id: \"gid://shopify/Order/0\", tags: [\"a\"]) \
                 { userErrors { message } } }";
    for _ in 0..BUCKET_MAX / 10 {
        execute(&shopify, TOKEN, query);
    }
    let before = world.now();
    let operation = OrdersUpdated { search: "updated_at:>='2020-01-01'".to_owned(), after: None };
    api.call(&operation, before.plus_ms(60_000)).await.unwrap();
    assert!(world.now() > before, "the call did not wait");
    // No time for that.
    for _ in 0..BUCKET_MAX / 10 {
        execute(&shopify, TOKEN, query);
    }
    let error = api.call(&operation, world.now().plus_ms(10)).await.unwrap_err();
    assert!(error.to_string().starts_with("Shopify throttles the app"), "{error}");
}
