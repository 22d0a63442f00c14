//! What one operation uses of DynamoDB, EventBridge and the queues: counted, not estimated. The
//! figures are in `footprints.json`.
//! `infra/local/tests/it/footprints.rs` runs each of them on the embedded table and the local bus
//! and fails if one of these figures differs from the count.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// An operation of the shop in one function.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, VariantArray,
)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// A product that is compiled in memory but may have been replaced.
    ReadProduct,
    /// A cart read with the bookmark of a command that this instance has not seen applied.
    ReadCart,
    /// An account in memory that may have changed; the program, too.
    ReadLoyalty,
    /// A cart command until its 202.
    AcceptCommand,
    /// The cart command in the consumer.
    ApplyCommand,
    /// A hand-over to Shopify.
    CheckOut,
    /// A selection saved.
    SaveSelection,
    /// A redemption until its 202.
    AcceptRedemption,
    /// The redemption in the consumers, until there is a code.
    CarryRedemption,
    /// A webhook until its 200.
    ReceiveWebhook,
    /// `orders/paid` in the ledger.
    AbsorbPaid,
    /// `refunds/create` in the ledger.
    AbsorbRefund,
    /// The first webhook of an order in the cart it came from.
    TakeFromCart,
    /// The second.
    TakeFromCartAgain,
    /// The webhook of an order that names no cart.
    TakeFromNoCart,
}

/// The usage of one operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Footprint {
    /// Calls of DynamoDB.
    pub table_calls: u64,
    /// Write request units.
    pub write_units: u64,
    /// Read request units, in halves.
    pub read_halves: u64,
    /// `PutEvents` requests.
    pub publishes: u64,
    /// Events in them.
    pub events: u64,
    /// Their size as EventBridge counts it.
    pub event_bytes: u64,
    /// Messages that the rules make of them.
    pub messages: u64,
    /// Bytes of our own log lines at the deployed level.
    pub log_bytes: u64,
}

static FOOTPRINTS: LazyLock<BTreeMap<Operation, Footprint>> = LazyLock::new(|| {
    let file = include_str!("../footprints.json");
    serde_json::from_str(file).expect("the file is part of the program")
});

// === impl Operation ===

impl Operation {
    /// Every operation.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Its usage, for a cart of three lines, the demo's customers, and Shopify's payloads with
    /// every documented field.
    #[must_use]
    pub fn footprint(self) -> Footprint {
        *FOOTPRINTS.get(&self).expect("a test finds every operation in the file")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_footprint() {
        let missing: Vec<_> =
            Operation::ALL.iter().filter(|it| !FOOTPRINTS.contains_key(it)).collect();
        assert!(missing.is_empty(), "not in footprints.json: {missing:?}");
    }
}
