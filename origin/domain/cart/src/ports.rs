//! The ports of the cart.

use domain_core::bookmark::Pending;
use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::time::Time;

use super::item::CartItem;
use crate::CommandRecord;

/// The result of a read.
#[derive(Debug, Clone)]
pub struct CartRead {
    /// The item, if there is one.
    pub item: Option<std::sync::Arc<CartItem>>,
    /// The existing records of the pending commands that the item has not absorbed.
    pub records: Vec<CommandRecord>,
    /// Whether item and records come from a strongly consistent read begun after the request
    /// arrived: only such a read proves that a bookmark is ahead of the table or a record is gone.
    pub is_strong: bool,
}

// === impl CartRead ===

impl CartRead {
    /// The item, if it is a cart at `now`: its lifetime has not ended, and it is not the tombstone
    /// of a merged cart.
    pub(super) fn present_at(&self, now: Time) -> Option<&CartItem> {
        let item = self.item.as_deref()?;
        (item.merged_into.is_none() && item.is_present_at(now)).then_some(item)
    }
}

/// Reads carts for answers.
pub trait Carts: Send + Sync {
    /// Returns an item with `version >= floor`, or the result of a strongly consistent read begun
    /// after this call. If the item lacks any of `pending`, item and records come from one strongly
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

    /// Reads the item and the records of these ids in one strongly consistent batch; ids without a
    /// record are omitted.
    fn item_and_records(
        &self,
        cart: &str,
        ids: &[CommandId],
    ) -> impl Future<Output = Result<(Option<CartItem>, Vec<CommandRecord>), PortError>> + Send;
}

/// Writes carts.
pub trait CartWriter: CartSource {
    /// Writes the item if the table still holds `seen` (`None`: nothing). A version alone does not
    /// identify a state: it restarts with each lifetime of a cart; together with `highest` it does.
    fn store(
        &self,
        cart: &str,
        item: &CartItem,
        seen: Option<&CartItem>,
    ) -> impl Future<Output = Result<Written, PortError>> + Send;

    /// Writes both items if the table still holds the `seen` state of each, otherwise neither.
    fn store_both(
        &self,
        changes: [CartChange<'_>; 2],
    ) -> impl Future<Output = Result<Written, PortError>> + Send;
}

/// One cart's part of a write over two.
#[derive(Debug, Clone, Copy)]
pub struct CartChange<'a> {
    /// The cart's id.
    pub cart: &'a str,
    /// The new item.
    pub item: &'a CartItem,
    /// The item as it was read.
    pub seen: Option<&'a CartItem>,
}
