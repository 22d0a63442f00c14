//! The Storefront API's encoded variant strings: which combinations of option values exist, or are
//! available, as a trie over positions.
//!
//! `v1_0:0:0-2,1:1,,1:0:3,,`: a colon descends to the next option, a space and a range list values
//! of the last option, and a comma returns to the previous option. The end of the string returns to
//! the first option.

/// Most combinations in one string: as many variants as one product has on Shopify.
pub const COMBINATIONS_MAX: usize = 2_048;

/// The reason why a string is not an encoded list of combinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedEncoding {
    /// It does not start with the supported version.
    #[error("the encoding is not v1")]
    Version,
    /// A violation of the grammar at this byte.
    #[error("byte {0} is not what the encoding allows there")]
    Unexpected(usize),
    /// Combinations differ in their number of options.
    #[error("the combination that ends at byte {0} has another number of options")]
    Uneven(usize),
    /// More combinations than a product may have variants.
    #[error("more than {COMBINATIONS_MAX} combinations")]
    TooMany,
}

/// Decodes a `v1_` string into combinations: for each, the position of its value in each option.
///
/// # Errors
/// The reason why the string is malformed. Parsing is strict: it skips and guesses nothing.
pub fn decode_variants(encoded: &str) -> Result<Vec<Vec<u16>>, MalformedEncoding> {
    let trie = encoded.strip_prefix("v1_").ok_or(MalformedEncoding::Version)?;
    if trie.is_empty() {
        return Ok(Vec::new());
    }
    let at = encoded.len() - trie.len();
    let mut decoder =
        Decoder { bytes: encoded.as_bytes(), at, prefix: Vec::new(), combinations: Vec::new() };
    while decoder.at < decoder.bytes.len() {
        decoder.branch()?;
    }
    Ok(decoder.combinations)
}

struct Decoder<'e> {
    bytes: &'e [u8],
    at: usize,
    /// The values of the options before the current one.
    prefix: Vec<u16>,
    combinations: Vec<Vec<u16>>,
}

// === impl Decoder ===

impl Decoder<'_> {
    /// Reads down to the last option, its values, and the commas that return.
    fn branch(&mut self) -> Result<(), MalformedEncoding> {
        let mut first = self.position()?;
        while self.skip(b':') {
            self.prefix.push(first);
            first = self.position()?;
        }
        self.values(first)?;
        while self.skip(b' ') {
            let first = self.position()?;
            self.values(first)?;
        }
        while self.bytes.get(self.at) == Some(&b',') {
            if self.prefix.pop().is_none() {
                return Err(MalformedEncoding::Unexpected(self.at));
            }
            self.at += 1;
        }
        Ok(())
    }

    /// Adds one value of the last option, or a range of them.
    fn values(&mut self, first: u16) -> Result<(), MalformedEncoding> {
        let last = if self.skip(b'-') { self.position()? } else { first };
        if last < first {
            return Err(MalformedEncoding::Unexpected(self.at));
        }
        for value in first..=last {
            let combination: Vec<u16> = self.prefix.iter().copied().chain([value]).collect();
            let is_even =
                self.combinations.first().is_none_or(|other| other.len() == combination.len());
            if !is_even {
                return Err(MalformedEncoding::Uneven(self.at));
            }
            if self.combinations.len() == COMBINATIONS_MAX {
                return Err(MalformedEncoding::TooMany);
            }
            self.combinations.push(combination);
        }
        Ok(())
    }

    fn skip(&mut self, byte: u8) -> bool {
        let is_there = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn position(&mut self) -> Result<u16, MalformedEncoding> {
        let begin = self.at;
        let mut position: Option<u16> = None;
        while let Some(digit) = self.bytes.get(self.at).filter(|byte| byte.is_ascii_digit()) {
            let shifted = position.unwrap_or(0).checked_mul(10);
            position = shifted.and_then(|shifted| shifted.checked_add(u16::from(digit - b'0')));
            if position.is_none() {
                return Err(MalformedEncoding::Unexpected(begin));
            }
            self.at += 1;
        }
        position.ok_or(MalformedEncoding::Unexpected(self.at))
    }
}
