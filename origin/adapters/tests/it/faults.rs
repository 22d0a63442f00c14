//! Requests while the table is slow, throttled or unreachable, or its answer is lost.

use domain_cart::{Absorbed, CartEvent, CartWriter as _, absorb};
use domain_core::id::CommandId;
use domain_core::idempotency::Recorded;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::{CommandLog as _, CommandRecord, Source as _};
use domain_core::time::Time;
use domain_loyalty::{LedgerStore as _, LoadedLedger, OrderFact, decide};
use infra_dynamo::{Fault, Rates};
use origin_adapters::{CartRepository, CommandLogRepository, LedgerRepository};

use crate::catalog_samples::{active, publish, published};
use crate::contract::sample::{MORNING, absorbed, add, batch, id, paid, program, record};
use crate::world::World;

fn unavailable(text: &str) -> PortError {
    PortError::Unavailable(text.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_batch_answered_in_parts_is_complete_in_the_end() {
    let world = World::new().await;
    let (carts, log) = (CartRepository::new(&world.table), CommandLogRepository::new(&world.table));
    let item = absorbed(None, &[add(MORNING, "absorbed")]);
    carts.store("a", &item, None).await.unwrap();
    let records: Vec<CommandRecord<CartEvent>> =
        (0..4).map(|n| record(MORNING.plus_ms(n), &format!("key-{n}"))).collect();
    for record in &records {
        log.record(record).await.unwrap();
    }
    // Each request returns one of its keys: of five keys four remain, then three, two, one.
    for _ in 0..4 {
        world.embedded.faults().hit_next(Fault::Throttled);
    }
    let ids: Vec<CommandId> = records.iter().map(|record| record.event.command.id).collect();
    assert_eq!(carts.batch("a", &ids).await, Ok(batch("a", Some(item), records)));
    assert_eq!(world.embedded.faults().injected(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_never_completes_is_unavailable_not_incomplete() {
    let world = World::new().await;
    let carts = CartRepository::new(&world.table);
    world.embedded.faults().set(Rates { throttled_ppm: 1_000_000, ..Rates::default() });
    let ids: Vec<CommandId> = (0..9).map(|n| id(&format!("key-{n}"))).collect();
    let error = carts.batch("a", &ids).await.unwrap_err();
    assert_eq!(error, unavailable("batch get: keys left unprocessed"));
}

#[tokio::test(start_paused = true)]
async fn a_short_fault_is_retried() {
    let world = World::new().await;
    let carts = CartRepository::new(&world.table);
    for fault in [Fault::Throttled, Fault::Unreachable, Fault::AnswerLost] {
        for _ in 0..2 {
            world.embedded.faults().hit_next(fault);
        }
        assert_eq!(carts.item("a", Consistency::Strong).await, Ok(None), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_a_short_error_without_secrets() {
    let world = World::new().await;
    let (carts, log) = (CartRepository::new(&world.table), CommandLogRepository::new(&world.table));
    world.embedded.faults().outage(true);
    let error = carts.item("a", Consistency::Strong).await.unwrap_err();
    assert_eq!(error, unavailable("get: unreachable"));
    let error = carts.batch("a", &[id("one")]).await.unwrap_err();
    assert_eq!(error, unavailable("batch get: unreachable"));
    let error = log.record(&record(MORNING, "one")).await.unwrap_err();
    assert_eq!(error, unavailable("put: unreachable"));
    world.embedded.faults().outage(false);
    assert_eq!(carts.item("a", Consistency::Strong).await, Ok(None));
    let logged = format!("{:?} {:?}", crate::world::config(), world.table);
    for secret in ["a-secret-access-key", "a-session-token"] {
        assert!(!logged.contains(secret), "a secret in a log line");
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_table_and_a_locked_item_are_unavailable() {
    let world = World::new().await;
    let carts = CartRepository::new(&world.table);
    let item = absorbed(None, &[add(MORNING, "one")]);
    let faults = world.embedded.faults();
    faults.set(Rates { throttled_ppm: 1_000_000, ..Rates::default() });
    let throttled = unavailable("put: ProvisionedThroughputExceededException");
    assert_eq!(carts.store("a", &item, None).await, Err(throttled));
    faults.set(Rates { conflict_ppm: 1_000_000, ..Rates::default() });
    let held = unavailable("put: TransactionConflictException");
    assert_eq!(carts.store("a", &item, None).await, Err(held));
    faults.set(Rates::default());
    assert_eq!(carts.store("a", &item, None).await, Ok(Written::Done));
}

/// The SDK repeats the put, whose condition then fails on its own first attempt.
#[tokio::test(start_paused = true)]
async fn a_command_whose_answer_was_lost_is_recorded_once_and_published_as_it_was() {
    let world = World::new().await;
    let log = CommandLogRepository::new(&world.table);
    let record = record(MORNING, "one");
    world.embedded.faults().hit_next(Fault::AnswerLost);
    let own = Recorded::Existing(Box::new(record.clone()));
    assert_eq!(log.record(&record).await.unwrap(), own);
    assert_eq!(log.find(id("one")).await.unwrap(), Some(record));
}

#[tokio::test(start_paused = true)]
async fn a_cart_whose_answer_was_lost_is_already_written_on_the_next_read() {
    let world = World::new().await;
    let carts = CartRepository::new(&world.table);
    let event = CartEvent { cart: "a".to_owned(), command: add(MORNING, "one") };
    assert_eq!(carts.item("a", Consistency::Strong).await, Ok(None));
    let item = absorbed(None, std::slice::from_ref(&event.command));
    world.embedded.faults().hit_next(Fault::AnswerLost);
    assert_eq!(carts.store("a", &item, None).await, Ok(Written::Conflict));
    assert_eq!(absorb(&carts, &event).await, Ok(Absorbed::Known));
    assert_eq!(carts.item("a", Consistency::Strong).await, Ok(Some(item)));
}

/// The SDK repeats the transaction under the same token, which is the same transaction.
#[tokio::test(start_paused = true)]
async fn a_payment_whose_answer_was_lost_is_counted_once() {
    let world = World::new().await;
    let ledger = LedgerRepository::new(&world.table);
    let fact = OrderFact::from(paid("82", Some("1001"), MORNING));
    let change = decide(LoadedLedger::default(), &fact, Some(&program(1, Time(0))));
    let change = change.unwrap().unwrap();
    world.embedded.faults().hit_next(Fault::Conflict);
    let held = unavailable("transact: TransactionConflict");
    assert_eq!(ledger.commit(&change).await, Err(held));
    world.embedded.faults().hit_next(Fault::AnswerLost);
    assert_eq!(ledger.commit(&change).await, Ok(Written::Done));
    assert_eq!(ledger.commit(&change).await, Ok(Written::Conflict));
}

#[tokio::test(start_paused = true)]
async fn a_publication_retries_after_collisions_up_to_its_bound() {
    let world = World::new().await;
    let faults = world.embedded.faults();
    // An empty document and artefact have no chunks: the only write is the transaction.
    faults.hit_next(Fault::Conflict);
    faults.hit_next(Fault::Conflict);
    assert_eq!(publish(&world.table, "bike", b"", None).await, published(1));
    assert_eq!(faults.injected(), 2);
    faults.set(Rates { conflict_ppm: 1_000_000, ..Rates::default() });
    let error = unavailable("publish: the catalogue changed under every attempt");
    assert_eq!(publish(&world.table, "bike", b"", Some(1)).await, Err(error));
    assert_eq!(active(&world.table, "bike").await, Some((1, Vec::new())));
}
