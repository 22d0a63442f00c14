//! Roll-backs: a stored version is activated again, under the same guards as a publication.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue::{self, B, N, S};
use domain_catalog::{ANNOUNCED_AT_ONCE_MAX, Announcement, Publication, Withdrawal};
use domain_catalog::{CatalogStore as _, Outbox as _};
use domain_core::port::{Consistency, PortError};
use origin_adapters::memory::MemoryBus;
use origin_adapters::{BlobRepository, CatalogRepository};

use crate::catalog_samples::{
    activate, active, compiled, document, publish, publish_at, published, taken,
};
use crate::contract::sample::MORNING;
use crate::wire::breaks_after;
use crate::world::{HOT, World, table};

/// More requests than an activation here needs.
const REQUESTS_MAX: u64 = 40;

async fn two_versions(world: &World) -> [Vec<u8>; 2] {
    let documents = [document("One", &["1", "2"]), document("Two", &["1"])];
    for (document, version) in documents.iter().zip(1..) {
        assert_eq!(publish(&world.table, "bike", document, None).await, published(version));
    }
    documents
}

#[tokio::test]
async fn a_roll_back_activates_the_version_and_the_next_publication_gets_the_next_number() {
    let world = World::new().await;
    let [one, _] = two_versions(&world).await;
    assert_eq!(activate(&world.table, "bike", 1, Some(2)).await.unwrap(), published(1).ok());
    assert_eq!(active(&world.table, "bike").await, Some((1, one)));
    let three = document("Three", &[]);
    assert_eq!(publish(&world.table, "bike", &three, Some(2)).await, Ok(Publication::Conflict));
    assert_eq!(publish(&world.table, "bike", &three, Some(1)).await, published(3));
    assert_eq!(active(&world.table, "bike").await, Some((3, three)));
    let versions = CatalogRepository::new(&world.table).versions("bike").await.unwrap();
    let numbers: Vec<u64> = versions.iter().map(|version| version.version).collect();
    assert_eq!(numbers, [3, 2, 1]);
}

#[tokio::test]
async fn a_withdrawn_product_is_not_served_and_its_variants_are_free() {
    let world = World::new().await;
    let [one, two] = two_versions(&world).await;
    let catalog = CatalogRepository::new(&world.table);
    let withdraw = async |expected| domain_catalog::withdraw(&catalog, "bike", expected).await;
    assert_eq!(withdraw(Some(1)).await, Ok(Some(Withdrawal::Conflict)));
    let done = Ok(Some(Withdrawal::Withdrawn { version: 2 }));
    for expected in [Some(2), Some(2), Some(0), None] {
        assert_eq!(withdraw(expected).await, done, "{expected:?}");
        assert_eq!(active(&world.table, "bike").await, None);
    }
    assert_eq!(withdraw(Some(1)).await, Ok(Some(Withdrawal::Conflict)));
    assert_eq!(domain_catalog::withdraw(&catalog, "skis", None).await, Ok(None));
    let stored = catalog.active_version("bike", Consistency::Strong).await.unwrap().unwrap();
    assert_eq!((stored.sequence, stored.served()), (3, None));

    assert_eq!(publish(&world.table, "tandem", &two, None).await, published(1));
    assert_eq!(
        activate(&world.table, "bike", 2, None).await.unwrap(),
        taken("tandem", &["1"]).ok(),
        "the other product has the variant now"
    );
    let none = document("Bike", &["2"]);
    assert_eq!(publish(&world.table, "bike", &none, Some(2)).await, Ok(Publication::Conflict));
    assert_eq!(publish(&world.table, "bike", &none, Some(0)).await, published(3));
    assert_eq!(publish(&world.table, "bike", &none, Some(0)).await, published(3), "a repetition");
    assert_eq!(publish(&world.table, "bike", &one, None).await, taken("tandem", &["1"]));
}

#[tokio::test]
async fn a_withdrawn_version_is_served_again_by_its_activation() {
    let world = World::new().await;
    let [_, two] = two_versions(&world).await;
    let catalog = CatalogRepository::new(&world.table);
    domain_catalog::withdraw(&catalog, "bike", None).await.unwrap();
    assert_eq!(activate(&world.table, "bike", 2, Some(0)).await.unwrap(), published(2).ok());
    assert_eq!(active(&world.table, "bike").await, Some((2, two)));
}

#[tokio::test]
async fn every_activation_increments_the_sequence_so_that_caches_accept_a_roll_back() {
    let world = World::new().await;
    two_versions(&world).await;
    let catalog = CatalogRepository::new(&world.table);
    let sequence = async || {
        catalog.active_version("bike", Consistency::Strong).await.unwrap().unwrap().sequence
    };
    assert_eq!(sequence().await, 2);
    activate(&world.table, "bike", 1, None).await.unwrap();
    assert_eq!(sequence().await, 3);
    activate(&world.table, "bike", 1, None).await.unwrap();
    assert_eq!(sequence().await, 3, "activating the active version changes nothing");
    activate(&world.table, "bike", 2, None).await.unwrap();
    assert_eq!(sequence().await, 4);
}

#[tokio::test]
async fn an_activation_of_a_missing_version_changes_nothing() {
    let world = World::new().await;
    let [_, two] = two_versions(&world).await;
    assert_eq!(activate(&world.table, "bike", 3, None).await, Ok(None));
    assert_eq!(activate(&world.table, "tee", 1, None).await, Ok(None));
    let conflict = Ok(Some(Publication::Conflict));
    assert_eq!(activate(&world.table, "bike", 1, Some(1)).await, conflict);
    assert_eq!(active(&world.table, "bike").await, Some((2, two)));
}

#[tokio::test]
async fn a_version_whose_variant_another_product_sells_cannot_be_activated() {
    let world = World::new().await;
    let [_, two] = two_versions(&world).await;
    let tee = document("Tee", &["2"]);
    assert_eq!(publish(&world.table, "tee", &tee, None).await, published(1));
    let result = activate(&world.table, "bike", 1, None).await.unwrap();
    assert_eq!(result, taken("tee", &["2"]).ok());
    assert_eq!(active(&world.table, "bike").await, Some((2, two)));
    publish(&world.table, "tee", &document("Tee", &[]), None).await.unwrap();
    assert_eq!(activate(&world.table, "bike", 1, None).await.unwrap(), published(1).ok());
    let catalog = CatalogRepository::new(&world.table);
    assert_eq!(catalog.product_of_variant("2").await, Ok(Some("bike".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn an_activation_that_failed_at_any_request_can_be_repeated() {
    for requests in 0..REQUESTS_MAX {
        let world = World::new().await;
        let [one, two] = two_versions(&world).await;
        let dying = table(breaks_after(world.embedded.http_client(), requests));
        if activate(&dying, "bike", 1, Some(2)).await.is_ok() {
            assert!(requests > 5, "the loop has tried every request");
            return;
        }
        assert_eq!(active(&world.table, "bike").await, Some((2, two)), "{requests}");
        let again = activate(&world.table, "bike", 1, Some(2)).await;
        assert_eq!(again.unwrap(), published(1).ok(), "{requests}");
        let repeated = activate(&world.table, "bike", 1, Some(2)).await;
        assert_eq!(repeated.unwrap(), published(1).ok(), "an answer that was lost");
        assert_eq!(active(&world.table, "bike").await, Some((1, one)));
    }
    panic!("an activation of more than {REQUESTS_MAX} requests");
}

#[tokio::test]
async fn every_version_has_its_own_artefact() {
    let world = World::new().await;
    let documents = two_versions(&world).await;
    let catalog = CatalogRepository::new(&world.table);
    for (document, version) in documents.iter().zip(1..) {
        let artefact = catalog.artefact("bike", version).await.unwrap();
        assert_eq!(artefact, Some(compiled(document)));
    }
}

#[tokio::test]
async fn a_damaged_artefact_is_an_error_and_not_an_absent_one() {
    let world = World::new().await;
    two_versions(&world).await;
    let catalog = CatalogRepository::new(&world.table);
    let blob = catalog.versions("bike").await.unwrap()[0].artefact.clone().unwrap();
    let item = HashMap::from([
        ("pk".to_owned(), S(format!("blob/{}", blob.hash))),
        ("sk".to_owned(), S(format!("{:010}/{:010}/{}", blob.chunk_bytes, 0, blob.owner))),
        ("v".to_owned(), N("1".to_owned())),
        ("d".to_owned(), B(Blob::new(b"1\novT".to_vec()))),
    ]);
    world.raw().put_item().table_name(HOT).set_item(Some(item)).send().await.unwrap();
    let damaged = catalog.artefact("bike", 2).await.unwrap_err();
    assert!(matches!(damaged, PortError::Corrupt(_)), "{damaged}");
}

/// A pointer and a version as the previous release wrote them: no artefact, no time, no history,
/// and a document without an owner.
#[tokio::test]
async fn a_version_of_the_previous_release_is_active_and_can_be_replaced() {
    let world = World::new().await;
    let bike = document("Bike", &[]);
    let blob = BlobRepository::new(&world.table).write("", &bike).await.unwrap();
    for sort_key in ["current".to_owned(), format!("version/{:020}", 7)] {
        let item: HashMap<String, AttributeValue> = HashMap::from([
            ("pk".to_owned(), S("product/bike".to_owned())),
            ("sk".to_owned(), S(sort_key)),
            ("v".to_owned(), N("7".to_owned())),
            ("d".to_owned(), B(Blob::new(previous_form(7, &blob.hash, blob.bytes)))),
        ]);
        world.raw().put_item().table_name(HOT).set_item(Some(item)).send().await.unwrap();
    }
    assert_eq!(active(&world.table, "bike").await, Some((7, bike.clone())));
    assert_eq!(CatalogRepository::new(&world.table).artefact("bike", 7).await, Ok(None));
    assert_eq!(publish(&world.table, "bike", &bike, Some(7)).await, published(8));
    assert_eq!(activate(&world.table, "bike", 7, Some(8)).await.unwrap(), published(7).ok());
}

/// The same document in every second version: deleting one version's content leaves the others'.
#[tokio::test]
async fn a_hundred_versions_are_retained_and_the_active_one_at_any_age() {
    let world = World::new().await;
    let catalog = CatalogRepository::new(&world.table);
    let bikes = ["Even", "Odd"].map(|title| document(title, &["1"]));
    let bike = |version: u64| bikes[usize::from(version % 2 == 1)].clone();
    let publish_until = async |versions: std::ops::RangeInclusive<u64>| {
        for version in versions {
            let at = MORNING.plus_ms(version);
            let published_at = publish_at(&world.table, "bike", &bike(version), at).await;
            assert_eq!(published_at, published(version));
        }
    };
    let numbers = async || -> Vec<u64> {
        let versions = catalog.versions("bike").await.unwrap();
        versions.iter().map(|version| version.version).collect()
    };
    publish_until(1..=100).await;
    assert_eq!(numbers().await.last(), Some(&1));
    let first = catalog.versions("bike").await.unwrap().pop().unwrap();
    publish_until(101..=101).await;
    assert_eq!(numbers().await, (2..=101).rev().collect::<Vec<u64>>());
    assert_eq!(activate(&world.table, "bike", 1, None).await, Ok(None));
    assert_eq!(catalog.version("bike", 1).await, Ok(None));
    let emptied = BlobRepository::new(&world.table).read(&first.blob).await;
    assert!(matches!(emptied, Err(PortError::Corrupt(_))));
    for version in [2, 101] {
        assert_eq!(
            catalog.version("bike", version).await.unwrap().unwrap().document,
            bike(version)
        );
    }
    activate(&world.table, "bike", 2, None).await.unwrap();
    publish_until(102..=102).await;
    assert!(catalog.version("bike", 2).await.unwrap().is_some(), "it was active until now");
    publish_until(103..=103).await;
    assert_eq!(catalog.version("bike", 2).await, Ok(None));
    assert_eq!(catalog.version("bike", 3).await, Ok(None));
    assert_eq!(active(&world.table, "bike").await, Some((103, bike(103))));
}

/// `{"version", "blob": {"hash", "bytes", "chunk_bytes"}}` after the format byte, in MessagePack.
fn previous_form(version: u8, hash: &str, bytes: u64) -> Vec<u8> {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).unwrap();
        [&[0xd9, length][..], text.as_bytes()].concat()
    };
    let chunk_bytes = u32::try_from(origin_adapters::CHUNK_BYTES).unwrap();
    [
        &[1, 0x82][..],
        &text("version"),
        &[version],
        &text("blob"),
        &[0x83],
        &text("hash"),
        &text(hash),
        &text("bytes"),
        &[&[0xcf][..], &bytes.to_be_bytes()].concat(),
        &text("chunk_bytes"),
        &[&[0xce][..], &chunk_bytes.to_be_bytes()].concat(),
    ]
    .concat()
}

#[tokio::test]
async fn an_announcement_waits_until_the_bus_has_it() {
    let world = World::new().await;
    two_versions(&world).await;
    let catalog = CatalogRepository::new(&world.table);
    domain_catalog::withdraw(&catalog, "bike", None).await.unwrap();
    let bus = MemoryBus::new();
    let waiting = catalog.announcements().await.unwrap();
    let parts = |it: &Announcement| (it.sequence, it.event.version, it.event.withdrawn);
    let all: Vec<_> = waiting.iter().map(parts).collect();
    assert_eq!(all, [(3, 2, true), (2, 2, false), (1, 1, false)]);
    catalog.announced(&waiting[..1]).await.unwrap();
    assert_eq!(catalog.announcements().await.unwrap(), waiting[1..]);
    for number in 0..ANNOUNCED_AT_ONCE_MAX {
        let (product, document) = (format!("product-{number}"), document("One", &[]));
        publish(&world.table, &product, &document, None).await.unwrap();
    }
    domain_catalog::announce(&catalog, &bus).await.unwrap();
    assert_eq!(catalog.announcements().await.unwrap(), []);
    assert_eq!(bus.fetch().len(), ANNOUNCED_AT_ONCE_MAX + 2);
}

#[tokio::test]
async fn a_repetition_without_an_expected_version_makes_no_other_version() {
    let world = World::new().await;
    let [one, two] = two_versions(&world).await;
    assert_eq!(publish(&world.table, "bike", &two, None).await, published(2));
    // An earlier document is another publication, and so is one after a withdrawal.
    assert_eq!(publish(&world.table, "bike", &one, None).await, published(3));
    let catalog = CatalogRepository::new(&world.table);
    domain_catalog::withdraw(&catalog, "bike", None).await.unwrap();
    assert_eq!(publish(&world.table, "bike", &one, None).await, published(4));
}
