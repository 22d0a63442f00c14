//! One line of a cart, and the hash that identifies it.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain_core::id::{digest, read_text};
use domain_core::memory;
use domain_core::money::Money;
use domain_core::time::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Identifies a line by variant (or product and selection) and properties: the first 96 bits of a
/// hash. Stored as words because every fold compares ids thousands of times; written as 24
/// hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId([u32; 3]);

/// The line-item property with a line's id, to find the line of an ordered item. Themes hide
/// properties that begin with `_`.
pub const LINE_PROPERTY: &str = "_line";

const DIGITS_OF_ID: usize = 24;
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The item a shopper adds, resolved at acceptance: the fold reads nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The product's id.
    pub product: String,
    /// Shopify's variant id, if a variant covers the selection.
    pub variant_id: Option<String>,
    /// The stock keeping unit of that variant.
    pub sku: Option<String>,
    /// The title of the line.
    pub title: String,
    /// The price of one piece.
    pub price: Money,
    /// The complete selection of a configured product.
    pub selection: Option<BTreeMap<String, String>>,
    /// The shopper's line-item properties.
    pub properties: BTreeMap<String, String>,
}

/// One line of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The offer of the latest add, shared with that command.
    #[serde(with = "shared")]
    pub offer: Arc<Offer>,
    /// The quantity.
    pub quantity: u32,
    /// When the line was created: answers list lines in this order.
    pub since: Time,
    /// When its latest add was: if two lines are joined, the later offer wins.
    #[serde(default)]
    pub offered: Time,
}

// === impl Line ===

impl Line {
    /// Adds a guest's line of the same id.
    pub(super) fn join(&mut self, guest: Self) {
        let Self { offer, quantity, since, offered } = guest;
        self.quantity = self.quantity.saturating_add(quantity);
        self.since = self.since.min(since);
        if offered > self.offered {
            (self.offer, self.offered) = (offer, offered);
        }
    }
}

// === impl LineId ===

impl LineId {
    /// Parses the written form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != DIGITS_OF_ID || !text.bytes().all(is_digit) {
            return None;
        }
        let mut words = [0; 3];
        for (at, word) in words.iter_mut().enumerate() {
            *word = u32::from_str_radix(&text[8 * at..8 * at + 8], 16).ok()?;
        }
        Some(Self(words))
    }

    /// The line of a variant with these properties.
    #[must_use]
    pub fn of_variant(variant_id: &str, properties: &BTreeMap<String, String>) -> Self {
        Self::of(vec![b"variant", variant_id.as_bytes()], properties)
    }

    fn of<'a>(mut parts: Vec<&'a [u8]>, properties: &'a BTreeMap<String, String>) -> Self {
        parts.push(b"properties");
        push_pairs(&mut parts, properties);
        let digest = digest("forecourt/line/1", &parts);
        Self(std::array::from_fn(|word| {
            u32::from_be_bytes(std::array::from_fn(|at| digest[4 * word + at]))
        }))
    }

    /// Passes the written form to `write` without an allocation: a cart stores hundreds of ids.
    fn with_text<T>(self, write: impl FnOnce(&str) -> T) -> T {
        let nibble = |at: usize| (self.0[at / 8] >> (28 - 4 * (at % 8))) & 15;
        let digits: [u8; DIGITS_OF_ID] = std::array::from_fn(|at| DIGITS[nibble(at) as usize]);
        write(std::str::from_utf8(&digits).expect("hexadecimal digits are ASCII"))
    }
}

impl std::fmt::Display for LineId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.with_text(|text| out.write_str(text))
    }
}

impl std::fmt::Debug for LineId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "LineId({self})")
    }
}

impl Serialize for LineId {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| out.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for LineId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_text(from, "a line id is 24 hexadecimal digits", Self::parse)
    }
}

// === impl Offer ===

impl Offer {
    /// The bytes it occupies behind an `Arc`.
    pub(super) fn bytes(&self) -> usize {
        let texts = [&self.variant_id, &self.sku].map(|text| text.as_deref().unwrap_or_default());
        memory::of_arc::<Self>()
            + memory::of_text(&self.product)
            + memory::of_text(&self.title)
            + texts.map(memory::of_text).iter().sum::<usize>()
            + self.selection.as_ref().map_or(0, memory::of_texts)
            + memory::of_texts(&self.properties)
    }

    /// The id of the offer's line.
    #[must_use]
    pub fn line_id(&self) -> LineId {
        let Some(selection) = &self.selection else {
            return LineId::of_variant(
                self.variant_id.as_deref().unwrap_or_default(),
                &self.properties,
            );
        };
        let mut parts = vec![b"selection".as_slice(), self.product.as_bytes()];
        push_pairs(&mut parts, selection);
        LineId::of(parts, &self.properties)
    }
}

fn push_pairs<'a>(parts: &mut Vec<&'a [u8]>, pairs: &'a BTreeMap<String, String>) {
    for (name, value) in pairs {
        parts.extend([name.as_bytes(), value.as_bytes()]);
    }
}

/// Serialises a shared offer as the offer itself.
pub(super) mod shared {
    use std::sync::Arc;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use super::Offer;

    pub(crate) fn serialize<S: Serializer>(offer: &Offer, out: S) -> Result<S::Ok, S::Error> {
        offer.serialize(out)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<Offer>, D::Error> {
        Offer::deserialize(from).map(Arc::new)
    }
}

#[cfg(test)]
mod tests {
    use super::LineId;

    #[test]
    fn a_line_id_is_24_lower_case_hexadecimal_digits() {
        let text = "00ff10abcdef0123456789ab";
        let id = LineId::parse(text).unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<LineId>(&format!("\"{text}\"")).unwrap(), id);
        let double = format!("{text}{text}");
        for bad in ["", &text[1..], &text.to_uppercase(), &text.replace('1', "+"), &double, "é"] {
            assert_eq!(LineId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn line_ids_sort_as_they_are_written() {
        let texts =
            ["0000000000000000000000ff", "000000000000000100000000", "ff0000000000000000000000"];
        let ids = texts.map(|text| LineId::parse(text).unwrap());
        assert!(ids.is_sorted());
    }
}
