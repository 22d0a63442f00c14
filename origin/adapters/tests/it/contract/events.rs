//! [`Events`].

use domain_core::event::{Event, Events, Kind};

/// What has arrived, as (source, detail type, detail), in no order.
pub(crate) type Arrived = Vec<(String, String, String)>;

pub(crate) async fn nothing_to_publish_is_nothing_to_do<A: Future<Output = Arrived>>(
    events: impl Events,
    arrived: impl Fn() -> A,
) {
    events.publish(&[]).await.unwrap();
    assert_eq!(arrived().await, []);
}

pub(crate) async fn every_event_arrives_as_it_was_published<A: Future<Output = Arrived>>(
    events: impl Events,
    arrived: impl Fn() -> A,
) {
    let all: Vec<Event> = (0..23)
        .map(|n| {
            let kind = Kind::ALL[n % Kind::ALL.len()];
            let detail =
                format!(r#"{{"n":{n},"id":18446744073709551615,"text":"Zoë \ud83d\ude00"}}"#);
            Event { kind, detail }
        })
        .collect();
    events.publish(&all).await.unwrap();
    let expected = all.into_iter().map(|Event { kind, detail }| {
        (kind.source().to_owned(), kind.detail_type().to_owned(), detail)
    });
    let mut expected: Arrived = expected.collect();
    let mut arrived = arrived().await;
    expected.sort();
    arrived.sort();
    assert_eq!(arrived, expected);
}
