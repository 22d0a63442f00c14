//! The ports of the cart, besides those of every resource.

use domain_core::port::{PortError, Written};
use domain_core::resource::Source;

use super::item::CartItem;

/// Writes carts.
pub trait CartWriter: Source<CartItem> {
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
