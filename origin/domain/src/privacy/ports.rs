//! What demands need of the world.

use serde::{Deserialize, Serialize};

use super::demand::Demand;
use super::tombstone::ShopTombstone;
use crate::port::{PortError, Written};
use crate::time::{DAY_MS, Time};

/// How long the file of an export is kept: Shopify gives the merchant 30 days to answer, and a
/// file is then never left over when an erasure's 30 days are.
pub const EXPORT_RETENTION_MS: u64 = 25 * DAY_MS;
/// Most demands of one list.
pub const DEMANDS_LISTED_MAX: usize = 100;

/// A demand that was met, for the merchant to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemandRecord {
    /// The id of its event.
    pub id: String,
    /// The time of its event.
    pub at: Time,
    /// What was demanded.
    pub demand: Demand,
    /// What was done, in words.
    pub done: String,
}

/// Where it stands until when everybody is erased.
pub trait Tombstones: Send + Sync {
    /// The tombstone of the shop, strongly consistent.
    fn shop_tombstone(
        &self,
    ) -> impl Future<Output = Result<Option<ShopTombstone>, PortError>> + Send;
}

/// Where demands are noted and exports are kept.
pub trait Privacy: Tombstones {
    /// Notes a demand that was met, and keeps the file of an export at least until `until`. A
    /// demand noted again replaces itself.
    fn note(
        &self,
        record: &DemandRecord,
        file: Option<&[u8]>,
        until: Time,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The newest demands, newest first, at most [`DEMANDS_LISTED_MAX`].
    fn list(&self) -> impl Future<Output = Result<Vec<DemandRecord>, PortError>> + Send;

    /// Puts the tombstone of the shop if the table still holds what was seen.
    fn put_shop_tombstone(
        &self,
        tombstone: &ShopTombstone,
        seen: Option<&ShopTombstone>,
    ) -> impl Future<Output = Result<Written, PortError>> + Send;

    /// Erases everything of everybody, and says how many items that were. What was told of demands
    /// stays, and the tombstone, and that causes have counted: they are ids, and keep replays out.
    fn erase_everybody(&self) -> impl Future<Output = Result<u64, PortError>> + Send;

    /// The file of an export, unless there is none any more.
    fn file(&self, id: &str) -> impl Future<Output = Result<Option<Vec<u8>>, PortError>> + Send;
}
