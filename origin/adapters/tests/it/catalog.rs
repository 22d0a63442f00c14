//! Publishing, one at a time.

use domain_catalog::CatalogStore as _;
use domain_catalog::{ProductVersion, Publication};
use domain_core::port::Consistency;
use origin_adapters::{CatalogRepository, StoredProduct};

use crate::catalog_samples::{active, document, publish, published, taken};
use crate::contract::sample::MORNING;
use crate::world::World;

#[tokio::test]
async fn a_product_never_published_is_absent() {
    let world = World::new().await;
    let catalog = CatalogRepository::new(&world.table);
    assert_eq!(catalog.current("bike", Consistency::Strong).await, Ok(None));
    assert_eq!(catalog.active_version("bike", Consistency::Eventual).await, Ok(None));
    assert_eq!(catalog.version("bike", 1).await, Ok(None));
    assert_eq!(catalog.artefact("bike", 1).await, Ok(None));
    assert_eq!(catalog.versions("bike").await, Ok(Vec::new()));
    assert_eq!(catalog.product_of_variant("1").await, Ok(None));
}

#[tokio::test]
async fn every_version_stays_readable_and_the_newest_is_active() {
    let world = World::new().await;
    let catalog = CatalogRepository::new(&world.table);
    for version in 1..=11 {
        let document = document(&format!("Bike {version}"), &[]);
        assert_eq!(publish(&world.table, "bike", &document, None).await, published(version));
    }
    assert_eq!(active(&world.table, "bike").await, Some((11, document("Bike 11", &[]))));
    let second = StoredProduct { version: 2, document: document("Bike 2", &[]) };
    assert_eq!(catalog.version("bike", 2).await, Ok(Some(second)));
    let versions = catalog.versions("bike").await.unwrap();
    let numbers: Vec<u64> = versions.iter().map(|version| version.version).collect();
    assert_eq!(numbers, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let active = catalog.active_version("bike", Consistency::Strong).await.unwrap().unwrap();
    assert_eq!(Some(&active.version), versions.first());
    assert_eq!(active.version.published_at, Some(MORNING));
}

#[tokio::test]
async fn the_same_document_in_place_of_a_known_version_is_a_version_of_its_own() {
    let world = World::new().await;
    let bike = document("Bike", &["1"]);
    assert_eq!(publish(&world.table, "bike", &bike, None).await, published(1));
    assert_eq!(publish(&world.table, "bike", &bike, Some(1)).await, published(2));
    let catalog = CatalogRepository::new(&world.table);
    let blobs = catalog.versions("bike").await.unwrap();
    let [ProductVersion { blob: two, .. }, ProductVersion { blob: one, .. }] = blobs.as_slice()
    else {
        panic!("{blobs:?}");
    };
    assert_eq!(one.hash, two.hash);
    assert_ne!(one, two, "either can be deleted without the other");
}

#[tokio::test]
async fn an_author_with_an_outdated_version_gets_a_conflict() {
    let world = World::new().await;
    let [one, two, three] = ["One", "Two", "Three"].map(|title| document(title, &[]));
    let conflict = Ok(Publication::Conflict);
    assert_eq!(publish(&world.table, "bike", &one, Some(1)).await, conflict);
    assert_eq!(publish(&world.table, "bike", &one, Some(0)).await, published(1));
    assert_eq!(publish(&world.table, "bike", &two, Some(0)).await, conflict);
    assert_eq!(publish(&world.table, "bike", &two, Some(2)).await, conflict);
    assert_eq!(publish(&world.table, "bike", &two, Some(1)).await, published(2));
    assert_eq!(publish(&world.table, "bike", &three, Some(1)).await, conflict);
    assert_eq!(active(&world.table, "bike").await, Some((2, two)));
}

#[tokio::test]
async fn a_repeated_publication_whose_answer_was_lost_returns_the_same() {
    let world = World::new().await;
    let bike = document("Bike", &["1"]);
    assert_eq!(publish(&world.table, "bike", &bike, Some(0)).await, published(1));
    assert_eq!(publish(&world.table, "bike", &bike, Some(0)).await, published(1));
    assert_eq!(active(&world.table, "bike").await, Some((1, bike)));
}

#[tokio::test]
async fn a_variant_another_product_sells_cannot_be_sold_twice() {
    let world = World::new().await;
    let tee = document("Tee", &["1", "2", "3"]);
    assert_eq!(publish(&world.table, "tee", &tee, None).await, published(1));
    let bike = document("Bike", &["2", "3", "4"]);
    assert_eq!(publish(&world.table, "bike", &bike, None).await, taken("tee", &["2", "3"]));
    assert_eq!(active(&world.table, "bike").await, None);
    let catalog = CatalogRepository::new(&world.table);
    assert_eq!(catalog.product_of_variant("2").await, Ok(Some("tee".to_owned())));
    assert_eq!(catalog.product_of_variant("4").await, Ok(None), "nothing was claimed");
}

#[tokio::test]
async fn a_variant_moves_once_its_product_no_longer_sells_it() {
    let world = World::new().await;
    let catalog = CatalogRepository::new(&world.table);
    publish(&world.table, "tee", &document("Tee", &["1", "2"]), None).await.unwrap();
    publish(&world.table, "tee", &document("Tee", &["1"]), None).await.unwrap();
    let bike = document("Bike", &["2"]);
    assert_eq!(publish(&world.table, "bike", &bike, None).await, published(1));
    assert_eq!(catalog.product_of_variant("2").await, Ok(Some("bike".to_owned())));
    let back = document("Tee", &["1", "2"]);
    assert_eq!(publish(&world.table, "tee", &back, None).await, taken("bike", &["2"]));
    assert_eq!(catalog.product_of_variant("1").await, Ok(Some("tee".to_owned())));
}

#[tokio::test]
async fn variant_ids_above_javascripts_largest_integer_stay_distinct() {
    let world = World::new().await;
    let catalog = CatalogRepository::new(&world.table);
    let (tee, bike) = ("9007199254740993", "9007199254740992");
    publish(&world.table, "tee", &document("Tee", &[tee]), None).await.unwrap();
    publish(&world.table, "bike", &document("Bike", &[bike]), None).await.unwrap();
    assert_eq!(catalog.product_of_variant(tee).await, Ok(Some("tee".to_owned())));
    assert_eq!(catalog.product_of_variant(bike).await, Ok(Some("bike".to_owned())));
}

/// Shopify's maximum: many transactions and many batches.
#[tokio::test]
async fn a_product_with_2048_variants_moves_them_all() {
    let world = World::new().await;
    let ids: Vec<String> = (0..2_048).map(|n| format!("44{n:012}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    publish(&world.table, "tee", &document("Tee", &ids), None).await.unwrap();
    let shirt = document("Shirt", &ids);
    assert_eq!(publish(&world.table, "shirt", &shirt, None).await, taken("tee", &ids));
    publish(&world.table, "tee", &document("Tee", &[]), None).await.unwrap();
    assert_eq!(publish(&world.table, "shirt", &shirt, None).await, published(1));
    let catalog = CatalogRepository::new(&world.table);
    for id in [ids[0], ids[98], ids[99], ids[2_047]] {
        assert_eq!(catalog.product_of_variant(id).await, Ok(Some("shirt".to_owned())));
    }
}
