//! The client's view of a cart, and the bookmark that guarantees the next view is not older.

use std::collections::BTreeSet;

use domain_core::bookmark::{Bookmark, Pending};
use domain_core::idempotency::RECORD_TTL_MS;
use domain_core::time::{DAY_MS, Time};

use super::contents::Contents;
use super::item::CartItem;
use super::ports::CartRead;

/// Oldest pending command that a reset keeps. Older ones belong to a cart that was deleted or that
/// the restored table does not contain.
const RESET_PENDING_MS_MAX: u64 = DAY_MS;

/// The cart as one client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Lines and attributes.
    pub contents: Contents,
    /// The item's version: what the table has absorbed.
    pub version: u64,
    /// The bookmark the client sends with its next request.
    pub bookmark: Bookmark,
    /// Whether the bookmark was ahead of the table: the client continues from this answer.
    pub reset: bool,
}

/// The cart was merged into this one, which the client reads instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedInto(pub String);

/// The view of a client with `bookmark` at `now`. The table deletes records days late, so this
/// function checks their age.
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
    let is_still_pending = |pending: &&Pending| {
        !item.has_absorbed(pending)
            && now <= pending.time.plus_ms(RECORD_TTL_MS)
            && read.records.iter().any(|record| record.command.place() == **pending)
            && !(reset && pending.time.plus_ms(RESET_PENDING_MS_MAX) < now)
    };
    let pending: BTreeSet<Pending> =
        bookmark.pending.iter().filter(is_still_pending).copied().collect();
    let missing = read.records.iter().filter(|record| pending.contains(&record.command.place()));
    let contents = item.fold(missing.map(|record| (record.cart.as_str(), &record.command)));
    let bookmark = Bookmark { floor: item.version, pending, moment: Time::default() };
    Ok(Answer { contents, version: item.version, bookmark, reset })
}
