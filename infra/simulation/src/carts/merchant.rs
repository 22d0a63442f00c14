//! The merchant: sells one product, and changes its price now and then, which exposes a retry that
//! resolves its command again.

use std::sync::OnceLock;

use domain_catalog::{Activation, NewVersion};
use domain_core::time::Time;
use origin_adapters::CatalogRepository;
use origin_adapters::memory::MemoryTable;
use origin_adapters::table::SharedTable;
use origin_functions::http::publishing;
use serde_json::json;

use crate::engine::Rng;
use crate::world::CURRENCY;

/// The product.
const PRODUCT: &str = "tee";
/// Its variants.
const VARIANTS: u32 = 5;
/// The number of its prices.
const PRICES: i64 = 3;
/// How often the price changes, per million operations.
const PRICE_CHANGES: u32 = 60_000;

/// The merchant of a world.
pub(crate) struct Merchant {
    catalog: CatalogRepository,
    rng: Rng,
}

/// One version of the product.
struct Version {
    document: Vec<u8>,
    artefact: Vec<u8>,
    variant_ids: Vec<String>,
}

// === impl Merchant ===

impl Merchant {
    pub(crate) fn new(table: &MemoryTable, rng: &Rng) -> Self {
        let table: SharedTable = std::sync::Arc::new(table.clone());
        Self { catalog: CatalogRepository::new(&table), rng: rng.clone() }
    }

    /// Publishes the product once with each price. Publishing has no faults.
    pub(crate) async fn open(&self, now_ms: u64) {
        for version in versions() {
            let new = NewVersion {
                product: PRODUCT,
                document: &version.document,
                artefact: &version.artefact,
                variant_ids: &version.variant_ids,
                expected: None,
                at: Time(now_ms),
            };
            let published = domain_catalog::publish(&self.catalog, &new).await;
            published.expect("the table in memory stores a product");
        }
    }

    /// Changes the price sometimes.
    pub(crate) async fn work(&self) {
        if self.rng.chance(PRICE_CHANGES) {
            let version = self.rng.within(1..=versions().len() as u64);
            let activation = Activation { product: PRODUCT, version, expected: None };
            let activated = domain_catalog::activate(&self.catalog, &activation).await;
            activated.expect("the table in memory stores a product");
        }
    }
}

/// The product with each of its prices, compiled once.
fn versions() -> &'static [Version] {
    static VERSIONS: OnceLock<Vec<Version>> = OnceLock::new();
    VERSIONS.get_or_init(|| (0..PRICES).map(|price| Version::of(1_000 + price)).collect())
}

// === impl Version ===

impl Version {
    fn of(price: i64) -> Self {
        let value = |variant: u32| {
            let id = format!("v{variant}");
            json!({"id": id, "title": id})
        };
        let variant = |variant: u32| {
            json!({"variant_id": variant.to_string(), "sku": format!("TEE-{variant}"),
                "selection": {"kind": format!("v{variant}")}})
        };
        let document = json!({
            "product": PRODUCT, "title": "Tee", "currency": CURRENCY, "base_price": price,
            "options": [{"id": "kind", "title": "Kind",
                "values": (1..=VARIANTS).map(value).collect::<Vec<_>>()}],
            "variants": (1..=VARIANTS).map(variant).collect::<Vec<_>>(),
        });
        let document = document.to_string().into_bytes();
        let product = publishing::read(&document, None).expect("a valid product");
        let compiled = publishing::compile(product, &mut |_| true).expect("a small product");
        let variant_ids = compiled.variant_ids();
        Self { document, artefact: compiled.artefact, variant_ids }
    }
}
