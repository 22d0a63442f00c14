//! A cart, and its limits.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::signing::hex;

/// Most lines: Shopify's limit.
pub const LINES_MAX: usize = 500;
/// Most attributes, and most properties of a line.
pub const PAIRS_MAX: usize = 250;
/// Longest name, value, note or code.
pub const TEXT_BYTES_MAX: usize = 10_000;
/// Most of one line.
pub const QUANTITY_MAX: u32 = 1_000_000;
/// Most discount codes.
pub const CODES_MAX: usize = 5;

/// Most bytes of the texts of a cart.
pub const CART_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A cart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cart {
    /// Its token, with Shopify's `?key=`.
    pub token: String,
    /// The note.
    pub note: Option<String>,
    /// The attributes.
    pub attributes: BTreeMap<String, String>,
    /// The lines, the newest first.
    pub lines: Vec<Line>,
    /// The discount codes as they were entered.
    pub codes: Vec<String>,
}

/// A line. Another combination of variant and properties is another line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The variant.
    pub variant_id: u64,
    /// How many.
    pub quantity: u32,
    /// The properties.
    pub properties: BTreeMap<String, String>,
}

/// The key of a line: it changes with its properties, and with the codes that lower the line.
pub(super) fn line_key(line: &Line, codes: &[&str]) -> String {
    let mut hash = Sha256::new();
    let pairs = line.properties.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    for part in pairs.chain(codes.iter().copied()) {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    format!("{}:{}", line.variant_id, hex(&digest[..16]))
}

// === impl Cart ===

impl Cart {
    /// The line of a variant with exactly these properties.
    pub(super) fn position(
        &self,
        variant_id: u64,
        properties: &BTreeMap<String, String>,
    ) -> Option<usize> {
        let is_it = |line: &Line| line.variant_id == variant_id && line.properties == *properties;
        self.lines.iter().position(is_it)
    }

    /// The bytes of its texts, and those of a line.
    pub(super) fn bytes(&self) -> usize {
        let pairs = |pairs: &BTreeMap<String, String>| -> usize {
            pairs.iter().map(|(name, value)| name.len() + value.len()).sum()
        };
        let lines = self.lines.iter();
        let lines: usize = lines.map(|line| size_of::<Line>() + pairs(&line.properties)).sum();
        let codes: usize = self.codes.iter().map(String::len).sum();
        let note = self.note.as_ref().map_or(0, String::len);
        self.token.len() + note + pairs(&self.attributes) + lines + codes
    }

    /// How many of a variant are in the cart, over all lines.
    pub(super) fn count_of(&self, variant_id: u64) -> u32 {
        let lines = self.lines.iter().filter(|line| line.variant_id == variant_id);
        lines.fold(0, |count, line| count.saturating_add(line.quantity))
    }
}
