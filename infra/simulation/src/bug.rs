//! Readings of the protocol that go wrong. Each can be put into a world in place of the right one,
//! to show that the simulation would notice.

use crate::world::Part;

/// One wrong reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bug {
    /// The client keeps only the newest of its bookmarks.
    NewestBookmarkOnly,
    /// The client shows answers in the order in which they arrive.
    ShownOnArrival,
    /// The client goes on while the fate of a command is unknown, and forgets it.
    FateForgotten,
    /// The client retries a command of unknown fate however long ago it was.
    RetriedForGood,
    /// The client sends four bookmarks however long they are.
    BookmarksOverBytes,
    /// The client retries a command to a guest's cart after the merge without the bookmarks of its
    /// first attempt.
    RetryForgetsGuest,
    /// On a 400 the client drops every bookmark it holds, newer ones, too.
    NewerBookmarksDropped,
    /// The `ETag` is the version.
    EtagIsVersion,
    /// Pending commands are run after the item's, not among them.
    PendingOnTop,
    /// A retry is answered with what the first attempt was.
    RetryAnswersStoredBody,
    /// What a joined load brought is not checked against the floor.
    JoinedLoadUnchecked,
    /// What was kept is not checked against the floor.
    KeptItemUnchecked,
    /// Ids are forgotten when commands are folded.
    IdsForgotten,
    /// A retry gets a time of its own.
    RetryStampsAnew,
    /// A command's time is the instance's clock and nothing else.
    ClockOnly,
    /// A retry is honoured however late it comes.
    RetryOfAnyAge,
    /// Whoever finds a record takes its command for published.
    RecordedIsPublished,
    /// A command is acknowledged although the bus did not.
    AcknowledgedUnpublished,
    /// The edge's key leaves out the floors.
    KeyWithoutFloor,
    /// The edge's key leaves out the pending commands.
    KeyWithoutPending,
    /// The edge's key leaves out whose cart it is.
    KeyWithoutIdentity,
    /// The edge keeps answers for good.
    KeptForGood,
    /// The edge keeps an answer that says `reset`.
    ResetKept,
    /// An answer below its bookmark does not say `reset`.
    ResetUntold,
    /// An answer that says `reset` forgets what is pending.
    PendingLostAtReset,
    /// A message whose attempts are used up is deleted.
    PoisonDropped,
    /// A consumer is done with an event that comes too late.
    TooLateIsDone,
    /// Limits are kept in the fold.
    LimitInFold,
    /// A cart is written on no condition.
    LastWriterWins,
    /// What a guest sent and is delivered after the merge is not passed on.
    GuestEventsDropped,
    /// A guest's commands get new ids when they are merged.
    GuestRenamed,
    /// A guest's cart that went into another is shown as a cart never written.
    MergeUntold,
    /// A merge is buried as too late once a newer command is in either cart.
    MergeBuriedEarly,
    /// A merge takes no notice of what is pending in the guest's bookmarks.
    GuestPendingLost,
    /// An order counts as created and again as paid.
    OrderPerTopic,
    /// An order takes out of a cart when it is told, not when it was placed.
    OrderAtReceipt,
    /// The refunds that an order embeds count beside their own webhooks.
    EmbeddedRefundsToo,
    /// A refund that comes before its order is dropped.
    RefundBeforeOrderLost,
    /// Repetitions of a refund are recognised by the id of their delivery.
    DeliveryIsCause,
    /// Things happened when they were told.
    ReceiptTime,
    /// A redemption is held because it was covered when it was accepted.
    HeldUnchecked,
    /// An account is written on no condition.
    LastAccountWins,
    /// A gift does not claim its cause.
    GiftUnclaimed,
    /// The programme is asked that applies now.
    ProgramOfToday,
    /// An order is counted anew whenever something more is told of it.
    HistoryRewritten,
    /// A decision is stored, and whether it is published nobody asks.
    DecisionUnpublished,
    /// A reward is confirmed, and whether its code is made nobody asks.
    CodeUnmade,
    /// A replay decides again.
    ReplayDecides,
    /// A webhook is answered 200 although the bus did not take it.
    ReceivedUnpublished,
    /// A reading shows the account as it is stored, without what is pending.
    HoldUnseen,
    /// Points are read by the clock, whatever was shown before.
    MomentForgotten,
    /// An account is read by the clock even if its newest fact is later.
    NewestFactIgnored,
}

// === impl Bug ===

impl Bug {
    /// Every one.
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
        Self::GiftUnclaimed,
        Self::ProgramOfToday,
        Self::HistoryRewritten,
        Self::DecisionUnpublished,
        Self::CodeUnmade,
        Self::ReplayDecides,
        Self::ReceivedUnpublished,
        Self::HoldUnseen,
        Self::MomentForgotten,
        Self::NewestFactIgnored,
    ];

    /// In which kind of world it can be.
    #[must_use]
    pub fn part(self) -> Part {
        if self < Self::EmbeddedRefundsToo { Part::Carts } else { Part::Ledger }
    }
}

impl std::str::FromStr for Bug {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|bug| format!("{bug:?}") == name);
        named.ok_or_else(|| format!("one of {:?}", Self::ALL))
    }
}
