//! The cart as a shopper sees it, under any order of deliveries.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test, too")]

mod answers;
mod checkouts;
mod commands;
mod erasing;
mod laws;
mod memory;
mod merge_laws;
mod merges;
mod offers;
mod orders;

use std::collections::BTreeMap;

use domain_cart::{Action, CartCommand, LineId, Offer};
use domain_core::id::CommandId;
use domain_core::money::Money;
use domain_core::time::Time;

/// The reference time of the tests.
pub(crate) const NOON: u64 = 1_795_262_400_000;

pub(crate) fn offer(variant: u64) -> Offer {
    Offer {
        product: "tee".to_owned(),
        variant_id: Some(variant.to_string()),
        sku: Some(format!("TEE-{variant}")),
        title: "Tee".to_owned(),
        price: Money(1_990),
        selection: None,
        properties: BTreeMap::new(),
    }
}

pub(crate) fn line(variant: u64) -> LineId {
    offer(variant).line_id()
}

pub(crate) fn add(at: u64, name: &str, variant: u64, quantity: u32) -> CartCommand {
    command(at, name, Action::add(offer(variant), quantity))
}

pub(crate) fn set(at: u64, name: &str, variant: u64, quantity: u32) -> CartCommand {
    command(at, name, Action::Set { line: line(variant), quantity })
}

pub(crate) fn remove(at: u64, name: &str, variant: u64) -> CartCommand {
    command(at, name, Action::Remove { line: line(variant) })
}

/// An order that takes from two lines at once.
pub(crate) fn take(at: u64, name: &str, bought: [(u64, u32); 2]) -> CartCommand {
    let lines = bought.map(|(variant, quantity)| (line(variant), quantity)).into();
    command(at, name, Action::Take { lines })
}

pub(crate) fn command(at: u64, name: &str, action: Action) -> CartCommand {
    CartCommand { time: Time(at), id: CommandId::of_key("cart/test", name), action }
}
