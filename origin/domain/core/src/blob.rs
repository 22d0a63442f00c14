//! References to content that is larger than an item.

use serde::{Deserialize, Serialize};

/// Everything needed to read a blob back. Stored in the item that points to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    /// SHA-256 in hex.
    pub hash: String,
    /// Length of the whole.
    pub bytes: u64,
    /// Length of every chunk but the last: a later release may cut differently.
    pub chunk_bytes: u32,
    /// The owner. Two owners of the same content have a blob each, so that one can delete its
    /// own. Empty: no owner, as for a payload.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
}
