//! What Shopify asks of every app about people: to tell what is kept of a customer, and to erase it.
//!
//! ```text
//! customers/data_request ─► export  ─► a file for the merchant, kept for a while
//! customers/redact       ─► erase   ─► what is older than the demand is gone, and stays gone
//! shop/redact            ─► erase everybody's; what is older stays out, too
//! app/uninstalled        ─► noted: shop/redact follows 48 hours later
//! ```
//!
//! A demand's time is that of its event, never of a delivery, so a repetition or a replay erases
//! nothing that came after it. An erasure leaves a tombstone with that time, in the account and the
//! cart or for the whole shop: what is older and comes later is dropped, and the reason told.

mod demand;
mod erase;
mod export;
mod ports;
mod tombstone;

pub use demand::{Demand, ORDERS_NAMED_MAX};
pub use erase::{Erased, erase_cart, erase_customer};
pub use export::{
    Export, ExportedCart, ExportedEntry, ExportedLine, ExportedOrder, export_customer,
};
pub use ports::{DEMANDS_LISTED_MAX, DemandRecord, EXPORT_RETENTION_MS, Privacy, Tombstones};
pub use tombstone::ShopTombstone;
