//! Products for the catalogue tests.

use std::collections::BTreeSet;

use domain_catalog::{Activation, NewVersion, Publication, TakenVariant};
use domain_core::port::{Consistency, PortError};
use domain_core::time::Time;
use origin_adapters::CatalogRepository;
use origin_adapters::table::SharedTable;
use serde_json::{Value, json};

use crate::contract::sample::MORNING;

/// A document with these variants.
pub(crate) fn document(title: &str, variant_ids: &[&str]) -> Vec<u8> {
    let value =
        |nth| json!({"id": format!("v{nth}"), "title": format!("Variant {nth}"), "price": 0});
    let values: Vec<Value> = (0..variant_ids.len().max(1)).map(value).collect();
    let variant = |(nth, id): (usize, &&str)| {
        json!({"selection": {"variant": format!("v{nth}")}, "sku": format!("SKU-{nth}"),
            "variant_id": id})
    };
    let variants: Vec<Value> = variant_ids.iter().enumerate().map(variant).collect();
    let option = json!({"id": "variant", "title": "Variant", "values": values});
    let document = json!({"product": "sample", "title": title, "currency": "EUR",
        "base_price": 100, "options": [option], "rules": [], "variants": variants});
    document.to_string().into_bytes()
}

/// The variants of a document.
pub(crate) fn sells(document: &[u8]) -> BTreeSet<String> {
    let document: Value = serde_json::from_slice(document).unwrap_or_default();
    let variants = document["variants"].as_array().map(Vec::as_slice).unwrap_or_default();
    variants.iter().map(|one| one["variant_id"].as_str().unwrap().to_owned()).collect()
}

/// Publishes a document as a product.
pub(crate) async fn publish(
    table: &SharedTable,
    product: &str,
    document: &[u8],
    expected: Option<u64>,
) -> Result<Publication, PortError> {
    put(table, product, document, (expected, MORNING)).await
}

/// Publishes at another time than usual, with any active version.
pub(crate) async fn publish_at(
    table: &SharedTable,
    product: &str,
    document: &[u8],
    at: Time,
) -> Result<Publication, PortError> {
    put(table, product, document, (None, at)).await
}

async fn put(
    table: &SharedTable,
    product: &str,
    document: &[u8],
    (expected, at): (Option<u64>, Time),
) -> Result<Publication, PortError> {
    let variant_ids: Vec<String> = sells(document).into_iter().collect();
    let artefact = compiled(document);
    let new = NewVersion {
        product,
        document,
        artefact: &artefact,
        variant_ids: &variant_ids,
        expected,
        at,
    };
    domain_catalog::publish(&CatalogRepository::new(table), &new).await
}

/// What a document compiles to here: itself, backwards.
pub(crate) fn compiled(document: &[u8]) -> Vec<u8> {
    document.iter().rev().copied().collect()
}

/// Activates a stored version.
pub(crate) async fn activate(
    table: &SharedTable,
    product: &str,
    version: u64,
    expected: Option<u64>,
) -> Result<Option<Publication>, PortError> {
    let activation = Activation { product, version, expected };
    domain_catalog::activate(&CatalogRepository::new(table), &activation).await
}

/// The active version and document of a product.
pub(crate) async fn active(table: &SharedTable, product: &str) -> Option<(u64, Vec<u8>)> {
    let active = CatalogRepository::new(table).current(product, Consistency::Strong).await.unwrap();
    active.map(|active| (active.version, active.document))
}

/// The result of a successful publication.
pub(crate) fn published(version: u64) -> Result<Publication, PortError> {
    Ok(Publication::Published { version })
}

/// The result of a publication of variants that another product sells.
pub(crate) fn taken(by: &str, variant_ids: &[&str]) -> Result<Publication, PortError> {
    let taken = variant_ids.iter().map(|variant_id| TakenVariant {
        variant_id: (*variant_id).to_owned(),
        product: by.to_owned(),
    });
    Ok(Publication::VariantsTaken(taken.collect()))
}
