//! Readings of the protocol that go wrong. Each can be put into a world in place of the right one,
//! to show that the simulation would notice.

/// One wrong reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bug {
    /// The client keeps only the newest of its bookmarks.
    NewestBookmarkOnly,
    /// The client replaces whatever reads like what it sent.
    ReplacedByText,
    /// The client shows answers in the order in which they arrive.
    ShownOnArrival,
    /// The client goes on while the fate of a command is unknown, and forgets it.
    FateForgotten,
    /// The client retries a command of unknown fate however long ago it was.
    RetriedForGood,
    /// The client sends four bookmarks however long they are.
    BookmarksOverBytes,
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
}

// === impl Bug ===

impl Bug {
    /// Every one.
    pub const ALL: [Self; 28] = [
        Self::NewestBookmarkOnly,
        Self::ReplacedByText,
        Self::ShownOnArrival,
        Self::FateForgotten,
        Self::RetriedForGood,
        Self::BookmarksOverBytes,
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
    ];
}

impl std::str::FromStr for Bug {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|bug| format!("{bug:?}") == name);
        named.ok_or_else(|| format!("one of {:?}", Self::ALL))
    }
}
