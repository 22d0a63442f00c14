//! A compiled product as bytes: what is stored at publishing and loaded by every instance.
//!
//! One format byte, the SHA-256 of the rest, the product, the diagram. Numbers are written in as
//! few bytes as they need and tables column by column, which gzip then makes small: Megane, 8 MB of
//! JSON, is under 50 KB. The hash finds what storage spoilt; and whatever the bytes, decoding ends
//! with an artefact that cannot lead a walk astray, or with an error.

mod diagram;
mod pack;
mod product;

use sha2::{Digest as _, Sha256};

use self::pack::{Malformed, Reader, Writer};
use super::Configurator;
use super::chart::{Chart, Prices};
use super::model::Model;

/// The format this release writes. It reads the one before, once there is one: 1 was never released.
const FORMAT: u8 = 2;

/// Largest artefact that is read: no product within the authoring format's bounds has one.
pub const ARTEFACT_BYTES_MAX: usize = 256 << 20;

const HASH_BYTES: usize = 32;

/// Why bytes are no artefact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtefactError {
    /// Longer than any artefact.
    #[error("longer than {ARTEFACT_BYTES_MAX} bytes")]
    TooLong,
    /// Written by a release this one does not know.
    #[error("format {0} is unknown")]
    UnknownFormat(u8),
    /// The hash is another: the bytes are not what was written.
    #[error("the hash does not match")]
    Spoilt,
    /// The hash matches and the content makes no sense.
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
    /// The compiled product as bytes. Equal products compiled alike are equal bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Writer::default();
        product::write(&mut body, self.product());
        diagram::write(&mut body, &self.chart().diagram);
        let body = body.into_bytes();
        let mut bytes = Vec::with_capacity(1 + HASH_BYTES + body.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&Sha256::digest(&body));
        bytes.extend_from_slice(&body);
        bytes
    }

    /// The compiled product that was encoded.
    ///
    /// # Errors
    /// What makes the bytes something else.
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
            return Err(ArtefactError::Spoilt);
        }
        let mut reader = Reader::new(body);
        let product = product::read(&mut reader)?;
        let model = Model::of(&product).map_err(|_| ArtefactError::Malformed)?;
        let diagram = diagram::read(&mut reader, &model.domains)?;
        reader.end()?;
        let chart = Chart::of(diagram, &Prices::of(&product, &model));
        Ok(Self::with_chart(product, chart))
    }
}
