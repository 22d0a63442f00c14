//! Shopify's compliance topics: every app exports what it stores of a customer, and erases it.
//!
//! ```text
//! customers/data_request ─► export  ─► a file for the merchant, stored for 25 days
//! customers/redact       ─► erase   ─► data older than the demand is erased for good
//! shop/redact            ─► erase   ─► the same for all customers of the shop
//! app/uninstalled        ─► the shop's tokens are deleted; shop/redact follows 48 hours later
//! ```
//!
//! A demand's time is that of its event, never of a delivery, so a repetition or a replay erases
//! nothing newer. An erasure leaves a tombstone with that time, in the account and the cart or for
//! the whole shop: consumers drop older events that arrive later, and report why.

mod demand;
mod erase;
mod export;
mod one_person;
mod ports;
mod tombstone;

pub use demand::{Demand, ORDERS_NAMED_MAX};
pub use erase::{Erased, erase_cart, erase_customer};
pub use export::{
    Export, ExportedCart, ExportedEntry, ExportedLine, ExportedOrder, export_customer,
};
pub use one_person::one_person;
pub use ports::{DEMANDS_LISTED_MAX, DemandRecord, EXPORT_RETENTION_MS, Privacy, Tombstones};
pub use tombstone::ShopTombstone;
