//! Concurrent and interrupted publications, interrupted before each request in turn.

use std::sync::Arc;

use domain_catalog::{Publication, VERSIONS_RETAINED_MAX};
use domain_core::blob::BlobRef;
use domain_core::port::PortError;
use domain_core::time::Time;
use origin_adapters::table::SharedTable;
use origin_adapters::{BlobRepository, CatalogRepository};

use crate::catalog_samples::{
    activate, active, document, publish, publish_at, published, sells, taken,
};
use crate::contract::sample::MORNING;
use crate::wire::{Hold, breaks_after, holds};
use crate::world::{World, table};

/// More requests than any publication here needs; the loops end with the first uninterrupted one.
const REQUESTS_MAX: u64 = 60;

/// Publishes while another publication happens before request `held`; `None`: there was no such
/// request.
async fn interrupted<T>(
    world: &World,
    held: u64,
    publication: impl AsyncFnOnce(SharedTable) -> T,
    meanwhile: impl AsyncFnOnce(SharedTable),
) -> Option<T> {
    let (http, hold): (_, Hold) = holds(world.embedded.http_client(), held);
    let mut running = std::pin::pin!(publication(table(http)));
    tokio::select! {
        _ = &mut running => return None,
        () = hold.reached() => {}
    }
    meanwhile(Arc::clone(&world.table)).await;
    hold.release();
    Some(running.await)
}

async fn sold_by(table: &SharedTable, variant_id: &str) -> Vec<&'static str> {
    let mut selling = Vec::new();
    for product in ["bike", "tee"] {
        let document = active(table, product).await.map(|(_, document)| document);
        if document.is_some_and(|document| sells(&document).contains(variant_id)) {
            selling.push(product);
        }
    }
    selling
}

#[tokio::test(start_paused = true)]
async fn of_two_authors_of_one_version_one_gets_a_conflict_at_any_interleaving() {
    for held in 0..REQUESTS_MAX {
        let world = World::new().await;
        publish(&world.table, "bike", &document("Bike", &["1"]), None).await.unwrap();
        let (slow, quick) = (document("Slow", &["1", "2"]), document("Quick", &["1", "3"]));
        let answer = interrupted(
            &world,
            held,
            async |table| publish(&table, "bike", &slow, Some(1)).await,
            async |table| assert_eq!(publish(&table, "bike", &quick, Some(1)).await, published(2)),
        );
        let Some(answer) = answer.await else {
            assert!(held > 5, "the loop has tried every request");
            return;
        };
        assert_eq!(answer, Ok(Publication::Conflict), "before request {held}");
        assert_eq!(active(&world.table, "bike").await, Some((2, quick)));
    }
    panic!("a publication of more than {REQUESTS_MAX} requests");
}

#[tokio::test(start_paused = true)]
async fn authors_without_an_expected_version_get_a_version_each() {
    for held in 0..REQUESTS_MAX {
        let world = World::new().await;
        let (slow, quick) = (document("Slow", &["1"]), document("Quick", &["1"]));
        let answer = interrupted(
            &world,
            held,
            async |table| publish(&table, "bike", &slow, None).await,
            async |table| assert_eq!(publish(&table, "bike", &quick, None).await, published(1)),
        );
        let Some(answer) = answer.await else { return };
        assert_eq!(answer, published(2), "before request {held}");
        assert_eq!(active(&world.table, "bike").await, Some((2, slow)));
        let catalog = CatalogRepository::new(&world.table);
        let first = catalog.version("bike", 1).await.unwrap();
        assert_eq!(first.map(|first| first.document), Some(quick));
    }
    panic!("a publication of more than {REQUESTS_MAX} requests");
}

#[tokio::test(start_paused = true)]
async fn a_roll_back_during_a_publication_gets_a_conflict() {
    for held in 0..REQUESTS_MAX {
        let world = World::new().await;
        for title in ["One", "Two"] {
            publish(&world.table, "bike", &document(title, &["1"]), None).await.unwrap();
        }
        let quick = document("Quick", &["1"]);
        let answer = interrupted(
            &world,
            held,
            async |table| activate(&table, "bike", 1, Some(2)).await,
            async |table| assert_eq!(publish(&table, "bike", &quick, Some(2)).await, published(3)),
        );
        let Some(answer) = answer.await else {
            assert!(held > 5, "the loop has tried every request");
            return;
        };
        assert_eq!(answer, Ok(Some(Publication::Conflict)), "before request {held}");
        assert_eq!(active(&world.table, "bike").await, Some((3, quick)));
    }
    panic!("an activation of more than {REQUESTS_MAX} requests");
}

#[tokio::test(start_paused = true)]
async fn of_two_products_with_one_variant_one_sells_it_at_any_interleaving() {
    for held in 0..REQUESTS_MAX {
        let world = World::new().await;
        // A third product has claimed it before and no longer sells it.
        publish(&world.table, "old", &document("Old", &["1"]), None).await.unwrap();
        publish(&world.table, "old", &document("Old", &[]), None).await.unwrap();
        let (bike, tee) = (document("Bike", &["1", "2"]), document("Tee", &["1", "3"]));
        let answer = interrupted(
            &world,
            held,
            async |table| publish(&table, "bike", &bike, None).await,
            async |table| assert_eq!(publish(&table, "tee", &tee, None).await, published(1)),
        );
        let Some(answer) = answer.await else { return };
        assert_eq!(answer, taken("tee", &["1"]), "before request {held}");
        assert_eq!(sold_by(&world.table, "1").await, ["tee"]);
        let catalog = CatalogRepository::new(&world.table);
        assert_eq!(catalog.product_of_variant("1").await, Ok(Some("tee".to_owned())));
    }
    panic!("a publication of more than {REQUESTS_MAX} requests");
}

/// Both are held before a request; the one that was held first also continues first.
#[tokio::test(start_paused = true)]
async fn two_products_never_both_sell_a_variant_at_any_interleaving() {
    let (bike, tee) = (document("Bike", &["1"]), document("Tee", &["1"]));
    for first in 0..REQUESTS_MAX {
        for second in 0..REQUESTS_MAX {
            let world = World::new().await;
            let (answer, is_held) = interrupted_twice(&world, [first, second], [&bike, &tee]).await;
            let Some([one, other]) = answer else {
                assert!(first > 5, "the loops have tried every request");
                return;
            };
            let place = format!("before requests {first} and {second}");
            let (seller, both) = match (&one, &other) {
                (Ok(Publication::Published { .. }), Ok(Publication::VariantsTaken(_))) => {
                    ("bike", other == taken("bike", &["1"]))
                }
                (Ok(Publication::VariantsTaken(_)), Ok(Publication::Published { .. })) => {
                    ("tee", one == taken("tee", &["1"]))
                }
                answers => panic!("{answers:?} {place}"),
            };
            assert!(both, "{place}");
            assert_eq!(sold_by(&world.table, "1").await, [seller], "{place}");
            let claimed = CatalogRepository::new(&world.table).product_of_variant("1").await;
            assert_eq!(claimed, Ok(Some(seller.to_owned())), "{place}");
            if !is_held {
                break;
            }
        }
    }
    panic!("a publication of more than {REQUESTS_MAX} requests");
}

/// The result of one publication.
type Answer = Result<Publication, PortError>;

/// Publishes a bike, held before its request `held[0]`, and then a tee, held before its request
/// `held[1]`; returns both results and whether the tee was held at all. `None`: the bike was not.
async fn interrupted_twice(
    world: &World,
    held: [u64; 2],
    documents: [&[u8]; 2],
) -> (Option<[Answer; 2]>, bool) {
    let [(bike_http, bike_hold), (tee_http, tee_hold)] =
        held.map(|held| holds(world.embedded.http_client(), held));
    let (bike_table, tee_table) = (table(bike_http), table(tee_http));
    let mut bike = std::pin::pin!(publish(&bike_table, "bike", documents[0], None));
    let mut tee = std::pin::pin!(publish(&tee_table, "tee", documents[1], None));
    tokio::select! {
        _ = &mut bike => return (None, false),
        () = bike_hold.reached() => {}
    }
    let early = tokio::select! {
        answer = &mut tee => Some(answer),
        () = tee_hold.reached() => None,
    };
    bike_hold.release();
    let bike = bike.await;
    tee_hold.release();
    match early {
        Some(tee) => (Some([bike, tee]), false),
        None => (Some([bike, tee.await]), true),
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_of_a_failed_publication_blocks_no_other_product() {
    for requests in 0..REQUESTS_MAX {
        let world = World::new().await;
        publish(&world.table, "bike", &document("Bike", &["1"]), None).await.unwrap();
        let new = document("Bike, new", &["1", "2"]);
        let dying = table(breaks_after(world.embedded.http_client(), requests));
        if publish(&dying, "bike", &new, None).await.is_ok() {
            assert!(requests > 5, "the loop has tried every request");
            return;
        }
        assert_eq!(active(&world.table, "bike").await, Some((1, document("Bike", &["1"]))));
        let tee = document("Tee", &["2"]);
        assert_eq!(publish(&world.table, "tee", &tee, None).await, published(1), "{requests}");
        assert_eq!(publish(&world.table, "bike", &new, None).await, taken("tee", &["2"]));
    }
    panic!("a publication of more than {REQUESTS_MAX} requests");
}

#[tokio::test(start_paused = true)]
async fn a_publication_that_failed_at_any_request_can_be_repeated() {
    // Two chunks, and more claims than one transaction takes.
    let ids: Vec<String> = (0..150).map(|n| n.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let new = [document("Bike", &ids), vec![b' '; origin_adapters::CHUNK_BYTES]].concat();
    for requests in 0..REQUESTS_MAX {
        let world = World::new().await;
        let dying = table(breaks_after(world.embedded.http_client(), requests));
        let answer = publish(&dying, "bike", &new, Some(0)).await;
        if answer.is_ok() {
            assert!(requests > 8, "the loop has tried every request");
            return;
        }
        assert_eq!(answer, Err(PortError::Unavailable(broken_operation(&answer))), "{requests}");
        assert_eq!(active(&world.table, "bike").await, None);
        assert_eq!(publish(&world.table, "bike", &new, Some(0)).await, published(1));
        assert_eq!(active(&world.table, "bike").await, Some((1, new.clone())));
    }
    panic!("a publication of more than {REQUESTS_MAX} requests");
}

#[tokio::test(start_paused = true)]
async fn the_next_publication_empties_the_old_versions_of_a_failed_one() {
    let world = World::new().await;
    let (catalog, blobs) =
        (CatalogRepository::new(&world.table), BlobRepository::new(&world.table));
    let bike = |at: Time| document(&format!("Bike {}", at.0), &["1"]);
    let is_there = async |blob: &BlobRef| blobs.read(blob).await.is_ok();
    for version in 1..=VERSIONS_RETAINED_MAX as u64 {
        let at = MORNING.plus_ms(version);
        assert_eq!(publish_at(&world.table, "bike", &bike(at), at).await, published(version));
    }
    let (mut deleted, mut not_emptied) = (Vec::new(), 0);
    for requests in 0..25 {
        let oldest = async || catalog.versions("bike").await.unwrap().pop().unwrap();
        let at = MORNING.plus_ms(1_000 + 2 * requests);
        let before = oldest().await;
        let dying = table(breaks_after(world.embedded.http_client(), requests));
        if publish_at(&dying, "bike", &bike(at), at).await.is_ok() {
            not_emptied += u64::from(is_there(before.artefact.as_ref().unwrap()).await);
            deleted.push(before);
        }
        deleted.push(oldest().await);
        publish_at(&world.table, "bike", &bike(at.plus_ms(1)), at.plus_ms(1)).await.unwrap();
        for version in &deleted {
            let number = version.version;
            assert_eq!(catalog.version("bike", number).await, Ok(None), "{requests}");
            for blob in [&version.blob, version.artefact.as_ref().unwrap()] {
                assert!(!is_there(blob).await, "{requests}: version {number} is still there");
            }
        }
    }
    assert!(not_emptied > 0, "no publication failed between deleting and emptying");
    let newest = bike(MORNING.plus_ms(1_000 + 2 * 24 + 1));
    assert_eq!(active(&world.table, "bike").await.unwrap().1, newest);
}

/// The operation that the error of a broken connection names.
fn broken_operation(answer: &Result<Publication, PortError>) -> String {
    let text = answer.as_ref().unwrap_err().to_string();
    let operation = text.strip_prefix("unavailable: ").unwrap();
    assert!(operation.ends_with(": unreachable"), "{operation}");
    operation.to_owned()
}
