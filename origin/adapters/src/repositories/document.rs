//! How documents are stored: a format byte, then MessagePack with named fields. A release reads the
//! previous one's fields and skips those it does not know.

use std::collections::BTreeMap;

use domain_core::port::PortError;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize as _, Serialize};

use crate::error::corrupt;
use crate::table::{IndexKey, Item};

/// MessagePack with named fields. Another encoding gets another number.
const FORMAT: u8 = 1;

/// A document that knows its own version, which must be the item's.
pub(super) trait Versioned: Stored {
    const NAME: &'static str;

    fn version(&self) -> u64;

    /// Its keys in the index, if it has an entry there.
    fn index(&self) -> Option<IndexKey> {
        None
    }
}

/// A type with a stored form. [`stored`] compiles its coding once, in this crate: what is generic is compiled
/// in each crate that uses it, and so is the body of an async function with all the generic code that it calls.
pub trait Stored: Sized {
    /// The stored bytes of the value.
    fn to_document(&self) -> Vec<u8>;

    /// The value of stored bytes.
    ///
    /// # Errors
    /// Why they are not valid.
    fn from_document(bytes: &[u8]) -> Result<Self, &'static str>;
}

/// Gives types a stored form.
macro_rules! stored {
    ($($stored:ty),+ $(,)?) => {$(
        impl $crate::repositories::document::Stored for $stored {
            #[inline(never)]
            fn to_document(&self) -> Vec<u8> {
                $crate::repositories::document::write(self)
            }

            #[inline(never)]
            fn from_document(bytes: &[u8]) -> Result<Self, &'static str> {
                $crate::repositories::document::parse(bytes)
            }
        }
    )+};
}
pub(crate) use stored;

stored!((), String);

pub(super) fn write<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = vec![FORMAT];
    rmp_serde::encode::write_named(&mut bytes, value)
        .expect("writing our own types to memory cannot fail");
    bytes
}

pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, &'static str> {
    let Some((&FORMAT, document)) = bytes.split_first() else {
        return Err("not a format this release reads");
    };
    // Over a slice: the reader of streams copies every text twice.
    let mut reader = rmp_serde::Deserializer::from_read_ref(document);
    let value = T::deserialize(&mut reader).map_err(|_| "not a document of this kind")?;
    // The reader has no position; only at the end does it find no marker of a value.
    match <()>::deserialize(&mut reader) {
        Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(value),
        _ => Err("bytes after the document"),
    }
}

/// The stored form of a value.
pub(crate) fn encode<T: Stored>(value: &T) -> Vec<u8> {
    value.to_document()
}

/// The value of a stored form.
pub(crate) fn decode<T: Stored>(what: &str, bytes: &[u8]) -> Result<T, PortError> {
    T::from_document(bytes).map_err(|reason| corrupt(what, reason))
}

/// Whether a stored form has a field, whatever type it is of.
pub(super) fn has_field(what: &str, bytes: &[u8], name: &str) -> Result<bool, PortError> {
    let fields: BTreeMap<String, IgnoredAny> =
        parse(bytes).map_err(|reason| corrupt(what, reason))?;
    Ok(fields.contains_key(name))
}

/// A document whose version is that of its item: the next write is guarded by it.
pub(super) fn read<T: Versioned>(item: &Item) -> Result<T, PortError> {
    let document: T = decode(T::NAME, &item.document)?;
    if document.version() == item.version {
        Ok(document)
    } else {
        Err(corrupt(T::NAME, "two versions"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain_core::port::PortError;
    use serde::{Deserialize, Serialize};

    use super::{decode, encode};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Older {
        id: u64,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Newer {
        id: u64,
        #[serde(default)]
        title: Option<String>,
        #[serde(default)]
        facts: BTreeMap<String, u64>,
    }

    stored!(Older, Newer);

    #[test]
    fn the_previous_release_skips_unknown_fields() {
        let facts = BTreeMap::from([("paid".to_owned(), u64::MAX)]);
        let newer = Newer { id: u64::MAX, title: Some("Bike".to_owned()), facts };
        assert_eq!(decode::<Older>("doc", &encode(&newer)).unwrap(), Older { id: u64::MAX });
        assert_eq!(decode::<Newer>("doc", &encode(&newer)).unwrap(), newer);
    }

    #[test]
    fn this_release_reads_documents_of_the_previous_one() {
        let read: Newer = decode("doc", &encode(&Older { id: 7 })).unwrap();
        assert_eq!(read, Newer { id: 7, title: None, facts: BTreeMap::new() });
    }

    #[test]
    fn the_stored_bytes_are_these() {
        assert_eq!(encode(&Older { id: 7 }), [1, 0x81, 0xa2, b'i', b'd', 7]);
    }

    #[test]
    fn an_unknown_form_is_corrupt() {
        let good = encode(&Older { id: 7 });
        let cut = &good[..good.len() - 1];
        for bytes in [&b""[..], &[2, 0x80], &[1], &[1, 0x80], cut] {
            let error = decode::<Older>("doc", bytes).unwrap_err();
            assert!(matches!(error, PortError::Corrupt(_)), "{bytes:?}: {error}");
        }
        for trailing in 0..=u8::MAX {
            let error = decode::<Older>("doc", &[&good[..], &[trailing]].concat()).unwrap_err();
            assert_eq!(error.to_string(), "corrupt: doc: bytes after the document", "{trailing}");
        }
    }
}
