//! [`CommandLog`].

use domain_cart::CartEvent;
use domain_core::idempotency::Recorded;
use domain_core::resource::{CommandLog, CommandRecord};

use super::sample::{MORNING, id, record};

/// A log.
pub(crate) trait Log: CommandLog<CartEvent> + Clone + 'static {}

impl<T: CommandLog<CartEvent> + Clone + 'static> Log for T {}

pub(crate) async fn an_id_never_recorded_has_no_record(log: impl Log) {
    assert_eq!(log.find(id("one")).await.unwrap(), None);
}

pub(crate) async fn a_record_comes_back_as_it_was_written(log: impl Log) {
    let record = record(MORNING, "one");
    assert_eq!(log.record(&record).await.unwrap(), Recorded::First);
    assert_eq!(log.find(id("one")).await.unwrap(), Some(record));
    assert_eq!(log.find(id("two")).await.unwrap(), None);
}

pub(crate) async fn a_repetition_gets_the_first_record_and_changes_nothing(log: impl Log) {
    let first = record(MORNING, "one");
    let mut repetition = record(MORNING.plus_ms(5), "one");
    repetition.event.cart = "b".to_owned();
    log.record(&first).await.unwrap();
    let existing = Recorded::Existing(Box::new(first.clone()));
    assert_eq!(log.record(&repetition).await.unwrap(), existing);
    assert_eq!(log.find(id("one")).await.unwrap(), Some(first));
}

pub(crate) async fn of_repetitions_at_once_one_is_first(log: impl Log) {
    let attempts = (0..8).map(|n| record(MORNING.plus_ms(n), "one"));
    let running: Vec<_> = attempts
        .map(|attempt| {
            let log = log.clone();
            tokio::spawn(async move { (log.record(&attempt).await.unwrap(), attempt) })
        })
        .collect();
    let mut answers = Vec::new();
    for one in running {
        answers.push(one.await.unwrap());
    }
    let is_first =
        |(recorded, _): &&(Recorded<CommandRecord<CartEvent>>, _)| *recorded == Recorded::First;
    let firsts: Vec<_> = answers.iter().filter(is_first).collect();
    let [(_, first)] = firsts.as_slice() else { panic!("{} are first", firsts.len()) };
    let existing = Recorded::Existing(Box::new(first.clone()));
    for (recorded, attempt) in &answers {
        assert!(attempt == first || *recorded == existing, "{recorded:?}");
    }
}
