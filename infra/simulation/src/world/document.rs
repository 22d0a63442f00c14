//! Reads and writes the documents of items, as the repositories do.

use origin_adapters::table::Item;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first byte of a document.
const FORMAT: u8 = 1;

/// The document of an item.
pub(crate) fn document<T: DeserializeOwned>(item: &Item) -> T {
    let document = item.document.strip_prefix(&[FORMAT]);
    let document = document.expect("the table holds what the shop wrote");
    rmp_serde::from_slice(document).expect("the table holds what the shop wrote")
}

/// An item with another document.
pub(crate) fn with_document<T: Serialize>(item: &Item, document: &T) -> Item {
    let mut bytes = vec![FORMAT];
    rmp_serde::encode::write_named(&mut bytes, document).expect("writing to memory succeeds");
    Item { document: bytes, ..item.clone() }
}
