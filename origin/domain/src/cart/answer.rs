//! Answering: what a client sees, and the bookmark that keeps it from ever seeing less.

use std::collections::BTreeSet;

use super::contents::Contents;
use super::item::CartItem;
use super::ports::CartRead;
use crate::bookmark::{Bookmark, Pending};
use crate::idempotency::RECORD_TTL_MS;
use crate::time::{DAY_MS, Time};

/// A pending command older than this is not carried over a reset: the table was restored to before
/// it, or the cart is gone.
const RESET_PENDING_MS_MAX: u64 = DAY_MS;

/// The cart as one client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Lines and attributes.
    pub contents: Contents,
    /// The item's version: what the table has absorbed.
    pub version: u64,
    /// What the client sends with its next request.
    pub bookmark: Bookmark,
    /// Whether the bookmark was ahead of the table: the client starts over from here.
    pub reset: bool,
}

/// Why there is nothing to see: this cart was merged into another, which is to be read instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedInto(pub String);

/// What a client with `bookmark` sees of what was read, at `now`. The table deletes records days
/// late, so their age is checked here.
///
/// # Errors
/// [`MergedInto`] another cart.
pub fn answer(read: &CartRead, bookmark: &Bookmark, now: Time) -> Result<Answer, MergedInto> {
    if let Some(into) = read.item.as_deref().and_then(|item| item.merged_into_at(now)) {
        return Err(MergedInto(into.to_owned()));
    }
    let empty = CartItem::default();
    let present = read.present_at(now);
    let item = present.unwrap_or(&empty);
    let reset = item.version < bookmark.floor;
    let is_kept = |pending: &&Pending| {
        !item.has_absorbed(pending)
            && now <= pending.time.plus_ms(RECORD_TTL_MS)
            && read.records.iter().any(|record| record.command.place() == **pending)
            && !(reset && pending.time.plus_ms(RESET_PENDING_MS_MAX) < now)
    };
    let pending: BTreeSet<Pending> = bookmark.pending.iter().filter(is_kept).copied().collect();
    let missing = read.records.iter().filter(|record| pending.contains(&record.command.place()));
    let contents = item.fold(missing.map(|record| (record.cart.as_str(), &record.command)));
    let bookmark = Bookmark { floor: item.version, pending, moment: Time::default() };
    Ok(Answer { contents, version: item.version, bookmark, reset })
}
