//! What one operation uses of DynamoDB, EventBridge and the queues: counted, not estimated.
//! `infra/local/tests/it/footprints.rs` runs each of them on the embedded table and the local bus
//! and fails if one of these figures differs from the count.

use serde::Serialize;
use strum::VariantArray;

/// An operation of the shop in one function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, VariantArray)]
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
    /// `orders/create` in the ledger.
    AbsorbCreated,
    /// `orders/paid` in the ledger.
    AbsorbPaid,
    /// `refunds/create` in the ledger.
    AbsorbRefund,
    /// Any other topic in the ledger.
    AbsorbOther,
    /// The first webhook of an order in the cart it came from.
    TakeFromCart,
    /// The second.
    TakeFromCartAgain,
    /// The webhook of an order that names no cart.
    TakeFromNoCart,
}

/// The usage of one operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
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

/// A footprint in the order of its fields.
const fn footprint(
    [table_calls, write_units, read_halves]: [u64; 3],
    [publishes, events, event_bytes, messages]: [u64; 4],
    log_bytes: u64,
) -> Footprint {
    Footprint {
        table_calls,
        write_units,
        read_halves,
        publishes,
        events,
        event_bytes,
        messages,
        log_bytes,
    }
}

// === impl Operation ===

impl Operation {
    /// Every operation.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Its usage, for a cart of three lines, the demo's customers, and Shopify's payloads with
    /// every documented field.
    #[must_use]
    pub const fn footprint(self) -> Footprint {
        match self {
            Self::ReadProduct => footprint([1, 0, 2], [0, 0, 0, 0], 0),
            Self::ReadCart => footprint([1, 0, 4], [0, 0, 0, 0], 0),
            Self::ReadLoyalty => footprint([2, 0, 3], [0, 0, 0, 0], 0),
            Self::AcceptCommand => footprint([3, 1, 6], [1, 1, 391, 1], 0),
            Self::ApplyCommand => footprint([3, 2, 4], [0, 0, 0, 0], 0),
            Self::CheckOut => footprint([2, 0, 6], [0, 0, 0, 0], 0),
            Self::SaveSelection => footprint([2, 1, 2], [0, 0, 0, 0], 0),
            Self::AcceptRedemption => footprint([4, 1, 5], [1, 1, 228, 1], 0),
            Self::CarryRedemption => footprint([10, 12, 24], [2, 2, 497, 2], 0),
            Self::ReceiveWebhook => footprint([0, 0, 0], [1, 1, 244, 0], 0),
            Self::AbsorbPaid => footprint([4, 11, 10], [0, 0, 0, 0], 0),
            Self::AbsorbRefund => footprint([4, 10, 12], [0, 0, 0, 0], 0),
            Self::TakeFromCart => footprint([3, 2, 4], [0, 0, 0, 0], 0),
            Self::TakeFromCartAgain => footprint([2, 0, 4], [0, 0, 0, 0], 0),
            Self::TakeFromNoCart => footprint([1, 0, 2], [0, 0, 0, 0], 210),
            // They change nothing in the ledger.
            Self::AbsorbCreated | Self::AbsorbOther => footprint([1, 0, 2], [0, 0, 0, 0], 0),
        }
    }
}
