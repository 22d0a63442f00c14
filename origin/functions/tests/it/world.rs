//! A table and a bus over HTTP, and a shop that uses them.

use std::collections::HashMap;
use std::sync::Arc;

use domain_catalog::NewVersion;
use domain_core::time::Time;
use domain_loyalty::{Activation, ProgramStore as _};
use edge_wire::identity::{Identity, Kind, encode};
use edge_wire::keys::KeyRing;
use edge_wire::secrets::ShopifySecrets;
use infra_bus::{Bus, Clock as BusClock, Config as BusConfig};
use infra_dynamo::Embedded;
use origin_adapters::schema::create_tables;
use origin_adapters::table::SharedTable;
use origin_adapters::{
    AccessKey, Aws, AwsConfig, CatalogRepository, ProgramRepository, lambda_http_client,
};
use origin_functions::http::publishing;
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::composition::Composition;
use origin_functions::runtime::config::ShopConfig;
use origin_functions::runtime::ports::Ports;
use origin_functions::runtime::shop::{Shop, system_random};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::secrets_manager::{self, Manager};

pub(crate) const KEYS: &str = "t1:0123456789abcdef0123456789abcdef";
pub(crate) const SECRET: &str = "hush";
pub(crate) const SHOP: &str = "test.myshopify.com";
/// What the edge sends the HTTP API.
pub(crate) const ORIGIN: &str = "0123456789abcdef0123456789abcdef-now";
/// What it sent before the rotation.
pub(crate) const ORIGIN_BEFORE: &str = "0123456789abcdef0123456789abcdef-before";

const PRODUCT: &str = r#"{"product":"mug","title":"Mug","currency":"EUR","base_price":1200,
    "options":[{"id":"size","title":"Size","values":[
        {"id":"s","title":"Small","price":0},{"id":"l","title":"Large","price":300}]}],
    "rules":[],"variants":[
        {"selection":{"size":"s"},"sku":"MUG-S","variant_id":"9223372036854775801"}]}"#;
const PROGRAM: &str = r#"{"title":"Mugs","currency":"EUR","pending_days":0,"expiry_days":365,
    "window_days":365,"earning":{"description":"One a euro.","rules":[
        {"id":"euro","title":"One a euro","each":"line","points":"line.amount","per":100}]},
    "tiers":[{"id":"all","title":"All","threshold":0}],"rewards":[]}"#;

/// The services that a function needs.
pub(crate) struct World {
    pub(crate) ports: Ports,
    pub(crate) table_url: String,
    pub(crate) bus_url: String,
    pub(crate) bus: Bus,
    pub(crate) secrets: Manager,
    _folder: TempDir,
}

impl World {
    pub(crate) async fn open() -> Self {
        let world = Self::empty().await;
        seed(&world.ports.table).await;
        world
    }

    /// Without a product and a program.
    pub(crate) async fn empty() -> Self {
        let table = Embedded::memory().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut config = BusConfig::new(BusClock::system());
        config.bus = "test".to_owned();
        let bus = Bus::open(&folder.path().join("bus"), config, HashMap::new()).unwrap();
        let (table_url, table_listener) = listener().await;
        let (bus_url, bus_listener) = listener().await;
        let (serving, server) = (bus.clone(), table.clone());
        tokio::spawn(server.serve(table_listener));
        tokio::spawn(async move { serving.serve(bus_listener, std::future::pending()).await });
        let config = aws_config(&table_url, &bus_url);
        let aws = Aws::new(config, lambda_http_client(), lambda_http_client());
        create_tables(&aws).await.unwrap();
        let ports = Ports::on_aws(&aws);
        let secrets = Manager::open(&document()).await;
        Self { ports, table_url, bus_url, bus, secrets, _folder: folder }
    }

    /// The consumers on these services.
    pub(crate) fn consumers(&self) -> Composition {
        let shop = SHOP.to_owned();
        Composition {
            ports: self.ports.clone(),
            shop,
            is_replaying: false,
            shopify: None,
            clock: Clock::system(),
            random: || [7; 16],
        }
    }

    pub(crate) fn shop(&self) -> Arc<Shop> {
        self.shop_at(Clock::system())
    }

    pub(crate) fn shop_at(&self, clock: Clock) -> Arc<Shop> {
        let config = ShopConfig {
            domain: SHOP.to_owned(),
            currency: "EUR".to_owned(),
            shopify_secrets: ShopifySecrets::parse(SECRET).unwrap(),
            keys: KeyRing::parse(KEYS).unwrap(),
            origin: None,
            client_id: None,
            local_shopify: None,
        };
        Arc::new(Shop::new(config, &self.ports, clock, system_random))
    }

    /// The environment of a built function that uses these services.
    pub(crate) fn environment<'a>(&'a self, function: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("_HANDLER", function),
            ("FORECOURT_SHOP", SHOP),
            ("FORECOURT_CURRENCY", "EUR"),
            ("FORECOURT_SECRET", secrets_manager::NAME),
            ("FORECOURT_DISTRIBUTION", "E2EXAMPLE"),
            ("FORECOURT_HOT_TABLE", "hot"),
            ("FORECOURT_COMMANDS_TABLE", "commands"),
            ("FORECOURT_BUS", "test"),
            ("AWS_REGION", "local-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL_DYNAMODB", &self.table_url),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", &self.bus_url),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &self.secrets.url),
        ]
    }
}

/// The secrets of this deployment.
pub(crate) fn document() -> Value {
    json!({
        "keys": KEYS, "shopify_secrets": SECRET, "staff_tokens": "s".repeat(32),
        "origin": ORIGIN, "origin_before": ORIGIN_BEFORE,
    })
}

/// The configuration of the services at these addresses.
pub(crate) fn aws_config(table_url: &str, bus_url: &str) -> AwsConfig {
    AwsConfig {
        region: "local-1".to_owned(),
        access: AccessKey {
            id: "local".to_owned(),
            secret: "local".to_owned(),
            session_token: None,
        },
        dynamodb_endpoint: Some(table_url.to_owned()),
        eventbridge_endpoint: Some(bus_url.to_owned()),
        secrets_manager_endpoint: None,
        hot_table: "hot".to_owned(),
        commands_table: "commands".to_owned(),
        bus: "test".to_owned(),
    }
}

/// The header by which the edge passes an identity on.
pub(crate) fn identity_header(kind: Kind, id: &str) -> String {
    encode(&KeyRing::parse(KEYS).unwrap(), &[Identity { kind, id: id.to_owned() }])
}

pub(crate) async fn listener() -> (String, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (format!("http://{}", listener.local_addr().unwrap()), listener)
}

async fn seed(table: &SharedTable) {
    let product = publishing::read(PRODUCT.as_bytes(), None).unwrap();
    let compiled = publishing::compile(product, &mut |_| true).unwrap();
    let new = NewVersion {
        product: "mug",
        document: PRODUCT.as_bytes(),
        artefact: &compiled.artefact,
        variant_ids: &compiled.variant_ids(),
        expected: None,
        at: Time(0),
    };
    domain_catalog::publish(&CatalogRepository::new(table), &new).await.unwrap();
    let first = Activation { number: 1, version: 1, active_from: Time(0) };
    ProgramRepository::new(table).activate(&first, Some(PROGRAM)).await.unwrap();
}
