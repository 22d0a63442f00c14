//! Event patterns: matching events, other events, patterns that are not accepted. The cases are in
//! `patterns.json`.

use infra_bus::{Bus, BusError, Entry, Queue};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::stage::{config, nowhere, one, rule, untouched};

#[derive(Deserialize)]
struct Cases {
    matching: Vec<Matching>,
    invalid: Vec<NotAccepted>,
    not_emulated: Vec<NotAccepted>,
}

/// A pattern of the detail, details that match it and details that do not, numbers as written.
#[derive(Deserialize)]
struct Matching {
    id: String,
    pattern: Value,
    matches: Vec<Box<RawValue>>,
    others: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct NotAccepted {
    pattern: Value,
    because: String,
}

fn cases() -> Cases {
    serde_json::from_str(include_str!("patterns.json")).unwrap()
}

/// A bus that holds the matching events.
fn open(pattern: Value) -> Result<Bus, BusError> {
    let mut config = config(&[Queue::new("matched")]);
    config.rules = vec![rule("matched", pattern)];
    let bus = Bus::open(nowhere(), config, one("matched", untouched()))?;
    bus.pause("matched")?;
    Ok(bus)
}

async fn matches(bus: &Bus, entry: Entry) -> bool {
    let before = bus.unfinished("matched").unwrap();
    bus.put(&[entry]).await.unwrap()[0].as_ref().unwrap();
    bus.unfinished("matched").unwrap() > before
}

#[tokio::test]
async fn a_rule_receives_exactly_the_events_that_match_its_pattern() {
    for Matching { id, pattern, matches: matching, others } in cases().matching {
        let bus = open(json!({ "detail": pattern })).unwrap();
        for (details, expected) in [(matching, true), (others, false)] {
            for detail in details {
                let matched = matches(&bus, Entry::new("s", "d", detail.get())).await;
                assert_eq!(matched, expected, "{id}: {pattern} on {detail}");
            }
        }
    }
}

#[tokio::test]
async fn the_envelope_can_be_matched_too() {
    let bus = open(json!({
        "source": [{ "prefix": "shop." }],
        "detail-type": ["CartChanged"],
        "account": ["000000000000"],
        "resources": ["arn:x"],
    }))
    .unwrap();
    let mut entry = Entry::new("shop.cart", "CartChanged", "{}");
    assert!(!matches(&bus, entry.clone()).await);
    entry.resources = Some(vec!["arn:w".to_owned(), "arn:x".to_owned()]);
    assert!(matches(&bus, entry.clone()).await);
    entry.detail_type = Some("CartMerged".to_owned());
    assert!(!matches(&bus, entry).await);
}

#[tokio::test]
async fn two_rules_on_one_queue_deliver_twice() {
    let mut config = config(&[Queue::new("matched")]);
    let mut second = rule("matched", json!({ "source": ["s"] }));
    second.name = "second".to_owned();
    config.rules.push(second);
    let bus = Bus::open(nowhere(), config, one("matched", untouched())).unwrap();
    bus.pause("matched").unwrap();
    bus.put(&[Entry::new("s", "d", "{}"), Entry::new("t", "d", "{}")]).await.unwrap();
    assert_eq!(bus.unfinished("matched").unwrap(), 3);
}

#[tokio::test]
async fn an_invalid_pattern_is_rejected_at_start_up() {
    let eleven: Vec<Value> = (0..11).map(|i| json!({ format!("f{i}"): ["x"] })).collect();
    let mut invalid = cases().invalid;
    invalid.push(NotAccepted {
        pattern: json!({ "a": { "$or": eleven }, "b": { "$or": eleven }, "c": { "$or": eleven } }),
        because: "the root: $or amounts to more than 1000 combinations".to_owned(),
    });
    invalid.push(NotAccepted {
        pattern: json!({ "a": ["x".repeat(2_048)] }),
        because: "the root: more than 2048 characters".to_owned(),
    });
    for case in invalid {
        assert_rejected(&case, "invalid event pattern");
    }
}

#[tokio::test]
async fn an_operator_that_is_not_emulated_is_rejected_at_start_up() {
    for case in cases().not_emulated {
        assert_rejected(&case, "event pattern");
    }
}

/// The message names the rule, the place in the pattern and the reason.
fn assert_rejected(NotAccepted { pattern, because }: &NotAccepted, what: &str) {
    match open(pattern.clone()) {
        Ok(_) => panic!("{pattern} was accepted"),
        Err(error) => {
            let expected = format!("rule `to-matched`: {what} at {because}");
            assert_eq!(error.to_string(), expected, "{pattern}");
        }
    }
}
