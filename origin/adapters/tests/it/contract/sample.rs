//! Sample carts, commands, records, orders and programs.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain_cart::{Action, Applied, CartCommand, CartEvent, CartItem, Offer, apply};
use domain_core::id::CommandId;
use domain_core::idempotency::Fingerprint;
use domain_core::money::Money;
use domain_core::resource::{CommandRecord, Read, Resource};
use domain_core::time::Time;
use domain_loyalty::{Paid, PaidLine, PaidOrder, Program, ProgramVersion};

/// A morning in November 2026.
pub(crate) const MORNING: Time = Time(1_795_251_600_000);

/// An add whose every field is hard to encode.
pub(crate) fn add(time: Time, key: &str) -> CartCommand {
    let texts = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let offer = Offer {
        product: "bike".to_owned(),
        variant_id: Some("18446744073709551615".to_owned()),
        sku: None,
        title: "Vélo \u{1f6b2} \"city\"\n\0".to_owned(),
        price: Money(i64::MAX),
        selection: Some(texts(&[("frame", "steel"), ("size", "m")])),
        properties: texts(&[("engraving", "für Zoë"), ("", ""), ("key", key)]),
    };
    let action = Action::add(offer, u32::MAX);
    CartCommand { time, id: id(key), action }
}

/// The id of the command a client named `key`.
pub(crate) fn id(key: &str) -> CommandId {
    CommandId::of_key("cart/a", key)
}

/// The item after it has absorbed these commands, too.
pub(crate) fn absorbed(item: Option<&CartItem>, commands: &[CartCommand]) -> CartItem {
    let absorb = |item: Option<CartItem>, command| match apply(item.as_ref(), command) {
        Applied::Changed(changed) => Some(*changed),
        other => panic!("{other:?}"),
    };
    commands.iter().fold(item.cloned(), absorb).expect("at least one command")
}

/// The record of an add.
pub(crate) fn record(time: Time, key: &str) -> CommandRecord<CartEvent> {
    CommandRecord {
        fingerprint: Fingerprint::of("POST", "/v1/cart/lines", key.as_bytes()),
        event: CartEvent { cart: "a".to_owned(), command: add(time, key) },
    }
}

/// The result of a batch.
pub(crate) fn batch<R: Resource>(
    id: &str,
    item: Option<R>,
    records: Vec<CommandRecord<R::Event>>,
) -> Read<R> {
    Read { id: id.to_owned(), item: item.map(Arc::new), records }
}

/// An order of 129.90 paid at `at`.
pub(crate) fn paid(order: &str, customer: Option<&str>, at: Time) -> PaidOrder {
    let line = PaidLine {
        id: "18446744073709551615".to_owned(),
        quantity: 1,
        amount: Money(12_990),
        ..PaidLine::default()
    };
    let paid = Paid { at, currency: "EUR".to_owned(), lines: vec![line], ..Paid::default() };
    PaidOrder { order: order.to_owned(), customer: customer.map(str::to_owned), paid }
}

/// A program that gives a point for every euro.
pub(crate) const PROGRAM: &str = r#"{
    "title": "Riders", "currency": "EUR",
    "earning": {"description": "1 point for every euro.", "rules": [
        {"id": "euro", "title": "1 a euro", "each": "line", "points": "line.amount", "per": 100}
    ]},
    "pending_days": 14, "expiry_days": 365, "window_days": 365,
    "tiers": [{"id": "bronze", "title": "Bronze", "threshold": 0}],
    "rewards": [{"id": "bell", "title": "A bell \u2728", "points": 250}]
}"#;

/// The same as a version.
pub(crate) fn program(version: u64, active_from: Time) -> ProgramVersion {
    let program = Program::parse(PROGRAM).expect("a valid program").into();
    ProgramVersion { activation: version, version, active_from, program }
}
