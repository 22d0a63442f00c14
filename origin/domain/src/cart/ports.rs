//! What the cart needs of the world.

use super::item::CartItem;
use crate::bookmark::Pending;
use crate::id::CommandId;
use crate::idempotency::CommandRecord;
use crate::port::{Consistency, PortError, Written};
use crate::time::Time;

/// What a read obtained.
#[derive(Debug, Clone)]
pub struct CartRead {
    /// The item, if there is one.
    pub item: Option<std::sync::Arc<CartItem>>,
    /// The records of the pending commands the item does not know, as far as there are any.
    pub records: Vec<CommandRecord>,
    /// Whether item and records are of a strongly consistent read begun after the request arrived:
    /// only such a read may say that a bookmark is ahead of the table, or that a record is gone.
    pub is_strong: bool,
}

// === impl CartRead ===

impl CartRead {
    /// The item, if it holds a cart at `now`: not one of a life that has ended, nor what is left of
    /// one that was merged into another.
    pub(super) fn present_at(&self, now: Time) -> Option<&CartItem> {
        let item = self.item.as_deref()?;
        (item.merged_into.is_none() && item.is_present_at(now)).then_some(item)
    }
}

/// Reads carts for answers.
pub trait Carts: Send + Sync {
    /// Obtains an item with `version >= floor`, or whatever a strongly consistent read begun after
    /// this call finds. If the item lacks any of `pending`, item and records come from one strongly
    /// consistent batch.
    fn read(
        &self,
        cart: &str,
        floor: u64,
        pending: &[Pending],
    ) -> impl Future<Output = Result<CartRead, PortError>> + Send;
}

/// Reads carts and records from the table itself.
pub trait CartSource: Send + Sync {
    /// Reads the item.
    fn item(
        &self,
        cart: &str,
        consistency: Consistency,
    ) -> impl Future<Output = Result<Option<CartItem>, PortError>> + Send;

    /// Reads the item and the records of these ids in one strongly consistent batch; an id without
    /// a record is left out.
    fn item_and_records(
        &self,
        cart: &str,
        ids: &[CommandId],
    ) -> impl Future<Output = Result<(Option<CartItem>, Vec<CommandRecord>), PortError>> + Send;
}

/// Writes carts.
pub trait CartWriter: CartSource {
    /// Writes the item if the table still holds `seen` (`None`: nothing). A version alone does not
    /// tell: it starts again with each life of a cart, and only with `highest` names one state.
    fn store(
        &self,
        cart: &str,
        item: &CartItem,
        seen: Option<&CartItem>,
    ) -> impl Future<Output = Result<Written, PortError>> + Send;

    /// Writes both items if the table still holds what was seen of each, or else neither.
    fn store_both(
        &self,
        changes: [CartChange<'_>; 2],
    ) -> impl Future<Output = Result<Written, PortError>> + Send;
}

/// One cart's part of a write over two.
#[derive(Debug, Clone, Copy)]
pub struct CartChange<'a> {
    /// Which cart.
    pub cart: &'a str,
    /// What it becomes.
    pub item: &'a CartItem,
    /// What it was when it was read.
    pub seen: Option<&'a CartItem>,
}
