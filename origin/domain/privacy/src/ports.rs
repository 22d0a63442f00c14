//! Ports of demands.

use domain_core::port::{PortError, Written};
use domain_core::time::{DAY_MS, Time};
use serde::{Deserialize, Serialize};

use super::demand::Demand;
use super::tombstone::ShopTombstone;

/// How long the file of an export is stored: Shopify gives the merchant 30 days to answer, and no
/// file outlasts the 30 days that an erasure has.
pub const EXPORT_RETENTION_MS: u64 = 25 * DAY_MS;
/// Most demands of one list.
pub const DEMANDS_LISTED_MAX: usize = 100;

/// A completed demand, for the merchant to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemandRecord {
    /// The id of its event.
    pub id: String,
    /// The time of its event.
    pub at: Time,
    /// The demand.
    pub demand: Demand,
    /// The result, in words.
    pub done: String,
}

/// Reads the tombstone of the shop.
pub trait Tombstones: Send + Sync {
    /// The tombstone of the shop, strongly consistent.
    fn shop_tombstone(
        &self,
    ) -> impl Future<Output = Result<Option<ShopTombstone>, PortError>> + Send;
}

/// Stores records of demands and files of exports.
pub trait Privacy: Tombstones {
    /// Records a completed demand, and stores the file of an export at least until `until`. A
    /// demand recorded again replaces itself.
    fn note(
        &self,
        record: &DemandRecord,
        file: Option<&[u8]>,
        until: Time,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The newest demands, newest first, at most [`DEMANDS_LISTED_MAX`].
    fn list(&self) -> impl Future<Output = Result<Vec<DemandRecord>, PortError>> + Send;

    /// Puts the tombstone of the shop if the table still holds `seen`.
    fn put_shop_tombstone(
        &self,
        tombstone: &ShopTombstone,
        seen: Option<&ShopTombstone>,
    ) -> impl Future<Output = Result<Written, PortError>> + Send;

    /// Erases everything of all customers, and returns the number of items. The records of demands,
    /// the tombstone and the claimed causes stay: they hold only ids, and keep replays out.
    fn erase_everybody(&self) -> impl Future<Output = Result<u64, PortError>> + Send;

    /// The file of an export, if it still exists.
    fn file(&self, id: &str) -> impl Future<Output = Result<Option<Vec<u8>>, PortError>> + Send;
}
