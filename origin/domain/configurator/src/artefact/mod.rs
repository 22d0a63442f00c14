//! The artefact: a compiled product as bytes. What publishing stores and every instance loads are one
//! or two artefacts, compressed together: `origin/functions/src/caches/packed.rs`.
//!
//! It consists of a format byte, the SHA-256 of the rest, the product and the diagram. Numbers take
//! as few bytes as possible and tables are stored by column, which compresses well with gzip:
//! Megane, 8 MB of JSON, is under 50 KB. The hash detects corrupt storage. For any bytes, decoding
//! returns an error or a product whose diagram is safe to traverse.

mod diagram;
mod pack;
mod product;

use sha2::{Digest as _, Sha256};

use self::pack::{Malformed, Reader, Writer};
use super::Configurator;
use super::model::Model;
use super::priced_diagram::{PricedDiagram, Prices};

/// The only format that is written or read: 1 was never released.
const FORMAT: u8 = 2;

/// Largest artefact that is decoded; products within the bounds of the authoring format have
/// smaller ones.
pub const ARTEFACT_BYTES_MAX: usize = 256 << 20;

const HASH_BYTES: usize = 32;

/// The reason why bytes are not an artefact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtefactError {
    /// Longer than any artefact.
    #[error("longer than {ARTEFACT_BYTES_MAX} bytes")]
    TooLong,
    /// A format that this release does not know.
    #[error("format {0} is unknown")]
    UnknownFormat(u8),
    /// The bytes are corrupt.
    #[error("the hash does not match")]
    HashMismatch,
    /// Too short for a hash, or the hash matches and the content is not valid.
    #[error("the content is malformed")]
    Malformed,
}

// === impl ArtefactError ===

impl From<Malformed> for ArtefactError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

// === impl Configurator ===

impl Configurator {
    /// The compiled product as bytes. Equal products, compiled with equal limits, give equal bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Writer::default();
        product::write(&mut body, self.product());
        diagram::write(&mut body, &self.priced().diagram);
        let body = body.into_bytes();
        let mut bytes = Vec::with_capacity(1 + HASH_BYTES + body.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&Sha256::digest(&body));
        bytes.extend_from_slice(&body);
        bytes
    }

    /// Decodes a compiled product.
    ///
    /// # Errors
    /// The reason why the bytes are not an artefact.
    pub fn decode(bytes: &[u8]) -> Result<Self, ArtefactError> {
        if bytes.len() > ARTEFACT_BYTES_MAX {
            return Err(ArtefactError::TooLong);
        }
        let (format, rest) = bytes.split_first().ok_or(ArtefactError::Malformed)?;
        if *format != FORMAT {
            return Err(ArtefactError::UnknownFormat(*format));
        }
        let (hash, body) = rest.split_at_checked(HASH_BYTES).ok_or(ArtefactError::Malformed)?;
        if hash != &Sha256::digest(body)[..] {
            return Err(ArtefactError::HashMismatch);
        }
        let mut reader = Reader::new(body);
        let product = product::read(&mut reader)?;
        let model = Model::of(&product).map_err(|_| ArtefactError::Malformed)?;
        let diagram = diagram::read(&mut reader, &model.domains)?;
        reader.end()?;
        let priced = PricedDiagram::of(diagram, &Prices::of(&product, &model));
        Ok(Self::with_diagram(product, priced))
    }
}
