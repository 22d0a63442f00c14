//! Ids in the bodies of commands, bounded where they are parsed: they become parts of table keys, and
//! the table rejects a partition key above 2,048 bytes. Ids in paths have the form of `{name}` in
//! `edge_wire::routes`.

use domain_core::authoring::ID_BYTES_MAX;
use serde::Deserialize;

/// An id as a client sent it, of at most [`ID_BYTES_MAX`] bytes, like every id that is published.
/// Whether something has this id is another question, so other characters are not rejected here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct SentId(pub(crate) String);

// === impl SentId ===

impl TryFrom<String> for SentId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.len() <= ID_BYTES_MAX {
            return Ok(Self(text));
        }
        Err(format!("has {} bytes; an id has at most {ID_BYTES_MAX}", text.len()))
    }
}
