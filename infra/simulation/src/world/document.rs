//! Reads and writes the documents of items, as the repositories do.

use origin_adapters::Stored;
use origin_adapters::table::Item;

/// The document of an item.
pub(crate) fn document<T: Stored>(item: &Item) -> T {
    T::from_document(&item.document).expect("the table holds what the shop wrote")
}

/// An item with another document.
pub(crate) fn with_document<T: Stored>(item: &Item, document: &T) -> Item {
    Item { document: document.to_document(), ..item.clone() }
}
