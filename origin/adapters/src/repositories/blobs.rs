//! Content larger than an item: cut into chunks, named by its SHA-256, verified when read.

use std::sync::Arc;

use domain_core::blob::BlobRef;
use domain_core::port::PortError;
use domain_core::time::Time;
use sha2::{Digest as _, Sha256};

use crate::error::corrupt;
use crate::table::{Guard, Item, ItemKey, Key, Put, SharedTable, Table};

/// Bytes of a chunk. DynamoDB takes 400 KB an item, of which key and names need a few hundred.
pub const CHUNK_BYTES: usize = 384 * 1024;
/// Most bytes of a blob: the largest document the shop publishes, unpacked.
pub const BLOB_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Chunks of one batch read: 3 MB, a fifth of what DynamoDB returns at once, and quick enough for
/// one attempt.
const CHUNKS_PER_READ: usize = 8;
/// A chunk's content never changes, nor does its version.
const ONLY_VERSION: u64 = 1;

/// Blobs in the hot table, stored until their owners delete them.
#[derive(Debug, Clone)]
pub struct BlobRepository {
    table: SharedTable,
}

/// Payloads too large for the bus, stored beside it until they expire. A blob with the same content
/// is another item, which never expires.
#[derive(Debug, Clone)]
pub struct PayloadRepository {
    table: SharedTable,
}

/// The key of one chunk of a blob.
type ChunkKey = fn(&BlobRef, u32) -> Key;

// === impl BlobRepository ===

impl BlobRepository {
    /// Blobs in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table) }
    }

    /// Stores the content and returns its reference. Storing the same content again changes nothing
    /// and repairs a damaged chunk. The caller writes the item that points to it afterwards.
    ///
    /// # Errors
    /// [`PortError::Corrupt`] above [`BLOB_BYTES_MAX`]; otherwise the table's failure.
    pub async fn write(&self, owner: &str, content: &[u8]) -> Result<BlobRef, PortError> {
        if content.len() > BLOB_BYTES_MAX {
            return Err(corrupt("blob", "too large"));
        }
        let blob = reference(owner, content);
        for (key, chunk) in chunks(&blob, chunk, content)? {
            let item = Item::new(ONLY_VERSION, chunk.to_vec());
            self.table.put(&Put { key, item, guard: Guard::Different }).await?;
        }
        Ok(blob)
    }

    /// Empties a blob that nothing points to any more; the table deletes the emptied chunks.
    ///
    /// # Errors
    /// The table's failure, after which some of its chunks stay.
    pub async fn delete(&self, blob: &BlobRef, now: Time) -> Result<(), PortError> {
        for key in chunk_keys(blob, chunk)? {
            let item = Item::new(ONLY_VERSION, Vec::new()).expiring(now);
            self.table.put(&Put { key, item, guard: Guard::Different }).await?;
        }
        Ok(())
    }

    /// Reads the content back, byte for byte as it was written.
    ///
    /// # Errors
    /// [`PortError::Corrupt`] if a chunk is missing or damaged; otherwise the table's failure.
    pub async fn read(&self, blob: &BlobRef) -> Result<Vec<u8>, PortError> {
        whole(&*self.table, blob, chunk).await
    }
}

// === impl PayloadRepository ===

impl PayloadRepository {
    /// Payloads in these tables.
    #[must_use]
    pub fn new(table: &SharedTable) -> Self {
        Self { table: Arc::clone(table) }
    }

    /// Stores a payload at least until `until` and returns its reference. The caller publishes the
    /// event that names it afterwards.
    ///
    /// # Errors
    /// As [`BlobRepository::write`].
    pub async fn store(&self, content: &[u8], until: Time) -> Result<BlobRef, PortError> {
        if content.len() > BLOB_BYTES_MAX {
            return Err(corrupt("payload", "too large"));
        }
        let blob = reference("", content);
        for (key, chunk) in chunks(&blob, payload_chunk, content)? {
            let item = Item::new(ONLY_VERSION, chunk.to_vec()).expiring(until);
            self.table.put(&Put { key, item, guard: Guard::DifferentOrBefore(until) }).await?;
        }
        Ok(blob)
    }

    /// Fetches a payload, byte for byte as it was stored.
    ///
    /// # Errors
    /// As [`BlobRepository::read`]; one that has expired is missing.
    pub async fn fetch(&self, blob: &BlobRef) -> Result<Vec<u8>, PortError> {
        whole(&*self.table, blob, payload_chunk).await
    }
}

/// The reference to a blob of this owner with this content.
pub(super) fn reference(owner: &str, content: &[u8]) -> BlobRef {
    let chunk_bytes = u32::try_from(CHUNK_BYTES).expect("a chunk is smaller than an item");
    let (hash, owner) = (hex(content), owner.to_owned());
    BlobRef { hash, bytes: content.len() as u64, chunk_bytes, owner }
}

fn chunk_keys(blob: &BlobRef, key: ChunkKey) -> Result<Vec<Key>, PortError> {
    let is_sane = blob.chunk_bytes > 0 && blob.bytes <= BLOB_BYTES_MAX as u64;
    let chunks = is_sane.then(|| blob.bytes.div_ceil(u64::from(blob.chunk_bytes)));
    let chunks = chunks.and_then(|chunks| u32::try_from(chunks).ok());
    let chunks = chunks.ok_or_else(|| corrupt("blob", "no such size"))?;
    Ok((0..chunks).map(|index| key(blob, index)).collect())
}

fn chunk(blob: &BlobRef, index: u32) -> Key {
    let BlobRef { hash, chunk_bytes, owner, .. } = blob;
    ItemKey::Chunk { hash, chunk_bytes: *chunk_bytes, index, owner }.key()
}

fn payload_chunk(blob: &BlobRef, index: u32) -> Key {
    let BlobRef { hash, chunk_bytes, .. } = blob;
    ItemKey::PayloadChunk { hash, chunk_bytes: *chunk_bytes, index }.key()
}

/// A blob's content, cut, each piece with its key.
fn chunks<'a>(
    blob: &BlobRef,
    key: ChunkKey,
    content: &'a [u8],
) -> Result<impl Iterator<Item = (Key, &'a [u8])> + use<'a>, PortError> {
    Ok(chunk_keys(blob, key)?.into_iter().zip(content.chunks(CHUNK_BYTES)))
}

async fn whole(table: &dyn Table, blob: &BlobRef, key: ChunkKey) -> Result<Vec<u8>, PortError> {
    let keys = chunk_keys(blob, key)?;
    let mut content = Vec::new();
    for batch in keys.chunks(CHUNKS_PER_READ) {
        let mut items = table.batch_get(batch).await?;
        for key in batch {
            let chunk = items.remove(key).ok_or_else(|| corrupt("blob", "chunk missing"))?;
            content.extend_from_slice(&chunk.document);
        }
    }
    if content.len() as u64 == blob.bytes && hex(&content) == blob.hash {
        Ok(content)
    } else {
        Err(corrupt("blob", "not what was written"))
    }
}

fn hex(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}
