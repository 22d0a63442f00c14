//! Mutants: wrong implementations of the protocol. A world runs one in place of the right
//! implementation, to show that the oracle finds it.

use super::part::Part;

/// One wrong implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mutant {
    /// The client keeps only the newest of its bookmarks.
    NewestBookmarkOnly,
    /// The client shows answers in the order in which they arrive.
    ShownOnArrival,
    /// The client continues while the outcome of a command is unknown, and forgets the command.
    FateForgotten,
    /// The client retries a command of unknown outcome regardless of its age.
    RetriedForGood,
    /// The client sends four bookmarks regardless of their length.
    BookmarksOverBytes,
    /// The client retries a command to a guest's cart after the merge without the bookmarks of its
    /// first attempt.
    RetryForgetsGuest,
    /// On a 400 the client drops every bookmark it holds, including newer ones.
    NewerBookmarksDropped,
    /// The `ETag` is the version.
    EtagIsVersion,
    /// Pending commands are run after the item's commands, not in order among them.
    PendingOnTop,
    /// A retry is answered with the stored answer to the first attempt.
    RetryAnswersStoredBody,
    /// The result of a joined load is not checked against the floor.
    JoinedLoadUnchecked,
    /// A cached item is not checked against the floor.
    KeptItemUnchecked,
    /// Ids are forgotten when commands are folded.
    IdsForgotten,
    /// A retry gets a new time.
    RetryStampsAnew,
    /// A command's time is the instance's clock alone.
    ClockOnly,
    /// A retry is honoured at any age.
    RetryOfAnyAge,
    /// A command that is already recorded counts as published.
    RecordedIsPublished,
    /// A command is acknowledged although the bus failed.
    AcknowledgedUnpublished,
    /// The edge's cache key omits the floors.
    KeyWithoutFloor,
    /// The edge's cache key omits the pending commands.
    KeyWithoutPending,
    /// The edge's cache key omits the cart.
    KeyWithoutIdentity,
    /// The edge never expires answers.
    KeptForGood,
    /// The edge caches an answer with `reset`.
    ResetKept,
    /// An answer below its bookmark does not say `reset`.
    ResetUntold,
    /// An answer with `reset` omits pending commands.
    PendingLostAtReset,
    /// A message that used up its attempts is deleted.
    PoisonDropped,
    /// A consumer deletes an event that comes too late.
    TooLateIsDone,
    /// Limits are enforced in the fold.
    LimitInFold,
    /// A cart is written without a condition.
    LastWriterWins,
    /// A guest's command that is delivered after the merge is dropped.
    GuestEventsDropped,
    /// A guest's commands get new ids when they are merged.
    GuestRenamed,
    /// A guest's cart that was merged into another is shown as an empty cart.
    MergeUntold,
    /// A merge becomes a dead letter as too late when either cart has a newer command.
    MergeBuriedEarly,
    /// A merge ignores the pending commands of the guest's bookmarks.
    GuestPendingLost,
    /// An order counts once as created and again as paid.
    OrderPerTopic,
    /// An order removes lines at the time of its webhook, not at the time of its placement.
    OrderAtReceipt,
    /// The refunds embedded in an order count in addition to their own webhooks.
    EmbeddedRefundsToo,
    /// A refund that arrives before its order is dropped.
    RefundBeforeOrderLost,
    /// Repeated refunds are recognised by the id of their delivery.
    DeliveryIsCause,
    /// The time of a fact is the time of its webhook.
    ReceiptTime,
    /// A redemption is held because it was covered at its acceptance.
    HeldUnchecked,
    /// An account is written without a condition.
    LastAccountWins,
    /// A consumer absorbs what is older than the erasure of its customer.
    TombstoneIgnored,
    /// A gift does not claim its cause.
    GiftUnclaimed,
    /// The current program applies instead of the one in effect at the time.
    ProgramOfToday,
    /// An order is recomputed with every further fact about it.
    HistoryRewritten,
    /// A decision is stored, and a failure to publish it is ignored.
    DecisionUnpublished,
    /// A replay decides again.
    ReplayDecides,
    /// A webhook is answered 200 although the bus failed.
    ReceivedUnpublished,
    /// An answer shows the stored account without pending commands.
    HoldUnseen,
    /// Points are computed by the clock alone, regardless of the day that was shown before.
    MomentForgotten,
    /// An account is computed by the clock even if its newest fact is later.
    NewestFactIgnored,
}

// === impl Mutant ===

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 52] = [
        Self::NewestBookmarkOnly,
        Self::ShownOnArrival,
        Self::FateForgotten,
        Self::RetriedForGood,
        Self::BookmarksOverBytes,
        Self::RetryForgetsGuest,
        Self::NewerBookmarksDropped,
        Self::EtagIsVersion,
        Self::PendingOnTop,
        Self::RetryAnswersStoredBody,
        Self::JoinedLoadUnchecked,
        Self::KeptItemUnchecked,
        Self::IdsForgotten,
        Self::RetryStampsAnew,
        Self::ClockOnly,
        Self::RetryOfAnyAge,
        Self::RecordedIsPublished,
        Self::AcknowledgedUnpublished,
        Self::KeyWithoutFloor,
        Self::KeyWithoutPending,
        Self::KeyWithoutIdentity,
        Self::KeptForGood,
        Self::ResetKept,
        Self::ResetUntold,
        Self::PendingLostAtReset,
        Self::PoisonDropped,
        Self::TooLateIsDone,
        Self::LimitInFold,
        Self::LastWriterWins,
        Self::GuestEventsDropped,
        Self::GuestRenamed,
        Self::MergeUntold,
        Self::MergeBuriedEarly,
        Self::GuestPendingLost,
        Self::OrderPerTopic,
        Self::OrderAtReceipt,
        Self::EmbeddedRefundsToo,
        Self::RefundBeforeOrderLost,
        Self::DeliveryIsCause,
        Self::ReceiptTime,
        Self::HeldUnchecked,
        Self::LastAccountWins,
        Self::TombstoneIgnored,
        Self::GiftUnclaimed,
        Self::ProgramOfToday,
        Self::HistoryRewritten,
        Self::DecisionUnpublished,
        Self::ReplayDecides,
        Self::ReceivedUnpublished,
        Self::HoldUnseen,
        Self::MomentForgotten,
        Self::NewestFactIgnored,
    ];

    /// The kind of world that can run it.
    #[must_use]
    pub fn part(self) -> Part {
        if self < Self::EmbeddedRefundsToo { Part::Carts } else { Part::Ledger }
    }
}

impl std::str::FromStr for Mutant {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|mutant| format!("{mutant:?}") == name);
        named.ok_or_else(|| format!("one of {:?}", Self::ALL))
    }
}
