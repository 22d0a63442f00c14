//! The events of the bus. The only place with sources and detail types: rules, consumers and
//! templates take them from here. Event names are past tense.

use strum::VariantArray;

use crate::time::DAY_MS;

/// One event as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The source and the detail type.
    pub kind: Kind,
    /// The JSON object with the details, byte for byte as published.
    pub detail: String,
}

/// The kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray)]
pub enum Kind {
    /// A cart command was accepted.
    CartCommanded,
    /// Shopify delivered a webhook; the same shape as Shopify's own EventBridge delivery.
    ShopifyWebhook,
    /// A product was published and activated.
    ConfiguratorPublished,
    /// A redemption or an adjustment was accepted.
    LoyaltyCommanded,
    /// Points are held for a redemption.
    RedemptionHeld,
    /// A redemption was not covered.
    RedemptionRejected,
    /// Held points are spent.
    RedemptionSettled,
    /// Held points are released: the reward was withdrawn.
    RedemptionReleased,
    /// Held points are released: nothing settled them in time.
    RedemptionTimedOut,
    /// A version of the loyalty program was published or activated again.
    ProgramPublished,
    /// It is time to compare the ledger with the store's orders, or to continue with that.
    ReconciliationDue,
    /// The ready codes of a reward are nearly used up, or its pools are to be looked at.
    CodesRanLow,
}

/// Most bytes of an event's detail. EventBridge accepts 1 MiB per entry, including the envelope
/// (raised from 256 KiB on 2026-01-29, AWS Compute Blog).
pub const DETAIL_BYTES_MAX: usize = 1_000_000;

/// How long the archive stores an event and the objects it refers to. An erasure is then complete
/// within the 30 days Shopify allows, with ten days left to notice a failure.
pub const ARCHIVE_RETENTION_MS: u64 = 20 * DAY_MS;
/// How long a claim-checked payload is stored. An event replayed at the end of the archive's
/// retention has four days to be consumed, and the payload is deleted within the 30 days.
pub const PAYLOAD_RETENTION_MS: u64 = ARCHIVE_RETENTION_MS + 4 * DAY_MS;

// === impl Kind ===

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The decisions about redemptions.
    pub const REDEMPTIONS: [Self; 5] = [
        Self::RedemptionHeld,
        Self::RedemptionRejected,
        Self::RedemptionSettled,
        Self::RedemptionReleased,
        Self::RedemptionTimedOut,
    ];

    /// The EventBridge `source`.
    #[must_use]
    pub fn source(self) -> &'static str {
        match self {
            Self::CartCommanded => "forecourt.cart",
            Self::ShopifyWebhook => "forecourt.shopify",
            Self::ConfiguratorPublished => "forecourt.configurator",
            Self::LoyaltyCommanded
            | Self::RedemptionHeld
            | Self::RedemptionRejected
            | Self::RedemptionSettled
            | Self::RedemptionReleased
            | Self::RedemptionTimedOut => "forecourt.loyalty",
            Self::ProgramPublished | Self::ReconciliationDue | Self::CodesRanLow => {
                "forecourt.loyalty"
            }
        }
    }

    /// The EventBridge `detail-type`.
    #[must_use]
    pub fn detail_type(self) -> &'static str {
        match self {
            Self::CartCommanded => "cart.commanded",
            Self::ShopifyWebhook => "shopifyWebhook",
            Self::ConfiguratorPublished => "configurator.published",
            Self::LoyaltyCommanded => "loyalty.commanded",
            Self::RedemptionHeld => "redemption.held",
            Self::RedemptionRejected => "redemption.rejected",
            Self::RedemptionSettled => "redemption.settled",
            Self::RedemptionReleased => "redemption.released",
            Self::RedemptionTimedOut => "redemption.timed_out",
            Self::ProgramPublished => "program.published",
            Self::ReconciliationDue => "reconciliation.due",
            Self::CodesRanLow => "rewards.codes_ran_low",
        }
    }
}

/// Publishes events.
pub trait Events: Send + Sync {
    /// Publishes all events; `Ok` means each is durable. After an error some may have been
    /// published, so a retry must publish the same content for consumers to recognise it.
    fn publish(
        &self,
        events: &[Event],
    ) -> impl Future<Output = Result<(), crate::port::PortError>> + Send;
}
