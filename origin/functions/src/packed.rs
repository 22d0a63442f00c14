//! Compiled products as they are stored: the domain's artefact, compressed.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use origin_domain::configurator::{ArtefactError, Configurator};

/// Most bytes of an artefact unpacked: a model of 270 options with 10²² configurations has a few
/// MiB. What is larger is refused at publishing, so that an instance has room for two at least.
pub const ARTEFACT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A compiled product, ready to answer.
#[derive(Debug)]
pub struct Unpacked {
    /// The product.
    pub configurator: Configurator,
    /// How long its artefact is: what it weighs in a cache.
    pub artefact_bytes: usize,
}

/// Why a stored artefact is of no use to this release.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It is no gzip stream, or too long a one.
    #[error("it can't be unpacked: {0}")]
    Packing(std::io::Error),
    /// It is none of this release's.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
}

/// The product, packed; `Err` is the length of an artefact beyond [`ARTEFACT_BYTES_MAX`].
///
/// # Errors
/// As said.
pub fn pack(configurator: &Configurator) -> Result<Vec<u8>, usize> {
    let artefact = configurator.encode();
    if artefact.len() > ARTEFACT_BYTES_MAX {
        return Err(artefact.len());
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&artefact).expect("memory takes whatever is written");
    Ok(packed.finish().expect("memory takes whatever is written"))
}

/// The product that was packed.
///
/// # Errors
/// [`Unusable`]: another release's, or nobody's.
pub fn unpack(packed: &[u8]) -> Result<Unpacked, Unusable> {
    let mut artefact = Vec::new();
    let mut reader = GzDecoder::new(packed).take(ARTEFACT_BYTES_MAX as u64 + 1);
    reader.read_to_end(&mut artefact).map_err(Unusable::Packing)?;
    if artefact.len() > ARTEFACT_BYTES_MAX {
        return Err(ArtefactError::TooLong.into());
    }
    let configurator = Configurator::decode(&artefact)?;
    Ok(Unpacked { configurator, artefact_bytes: artefact.len() })
}
