//! The stored form of compiled products: the artefacts of the product and of its part in stock,
//! compressed together.
//!
//! Unpacked: one byte for what is in stock, the length of the first artefact in eight bytes, that
//! artefact, and the artefact of the part in stock if only a part is.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use domain_catalog::InStock;
use domain_configurator::{ArtefactError, Configurator};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

const ALL: u8 = 0;
const NOTHING: u8 = 1;
const PART: u8 = 2;
/// Bytes before the first artefact.
const HEAD_BYTES: usize = 9;

/// Most bytes unpacked: a model of 270 options with 10²² configurations has a few MiB. Publishing
/// rejects a larger one, so that an instance has room for at least two.
pub const ARTEFACT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A compiled product, ready to answer.
#[derive(Debug)]
pub struct Unpacked {
    /// The product.
    pub configurator: Configurator,
    /// The part in stock.
    pub in_stock: InStock,
    /// The length of its artefact: its weight in a cache.
    pub artefact_bytes: usize,
}

/// Why this release can't use a stored artefact.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// It is not a gzip stream, or too long.
    #[error("it can't be unpacked: {0}")]
    Packing(std::io::Error),
    /// Another release wrote it, or it is damaged.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
}

/// Packs a product.
///
/// # Errors
/// The length of the artefacts, if it exceeds [`ARTEFACT_BYTES_MAX`].
pub fn pack(configurator: &Configurator, in_stock: &InStock) -> Result<Vec<u8>, usize> {
    let artefact = configurator.encode();
    let (kind, part) = match in_stock {
        InStock::All => (ALL, Vec::new()),
        InStock::Nothing => (NOTHING, Vec::new()),
        InStock::Part(part) => (PART, part.encode()),
    };
    let bytes = HEAD_BYTES + artefact.len() + part.len();
    if bytes > ARTEFACT_BYTES_MAX {
        return Err(bytes);
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    for piece in [&[kind][..], &(artefact.len() as u64).to_be_bytes(), &artefact, &part] {
        packed.write_all(piece).expect("writing to memory succeeds");
    }
    Ok(packed.finish().expect("writing to memory succeeds"))
}

/// Unpacks a product.
///
/// # Errors
/// [`UnpackError`]: another release wrote it, or it is damaged.
pub fn unpack(packed: &[u8]) -> Result<Unpacked, UnpackError> {
    let mut bytes = Vec::new();
    let mut reader = GzDecoder::new(packed).take(ARTEFACT_BYTES_MAX as u64 + 1);
    reader.read_to_end(&mut bytes).map_err(UnpackError::Packing)?;
    if bytes.len() > ARTEFACT_BYTES_MAX {
        return Err(ArtefactError::TooLong.into());
    }
    let (kind, artefact, part) = pieces(&bytes).ok_or(ArtefactError::Malformed)?;
    let configurator = Configurator::decode(artefact)?;
    let in_stock = match (kind, part) {
        (ALL, []) => InStock::All,
        (NOTHING, []) => InStock::Nothing,
        (PART, part) => InStock::Part(Arc::new(Configurator::decode(part)?)),
        _ => return Err(ArtefactError::Malformed.into()),
    };
    Ok(Unpacked { configurator, in_stock, artefact_bytes: bytes.len() })
}

fn pieces(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
    let (artefact, part) = rest.split_at_checked(length)?;
    Some((*kind, artefact, part))
}
