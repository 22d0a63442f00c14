//! What the cart needs of the world.

use super::item::CartItem;
use crate::bookmark::Pending;
use crate::id::CommandId;
use crate::idempotency::CommandRecord;
use crate::port::{Consistency, PortError, Written};

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
}
