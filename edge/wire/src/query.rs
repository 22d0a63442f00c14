//! Query strings as form data: pieces between `&`, each split at its first `=`, percent-encoded
//! UTF-8, `+` for a blank. One parser for Shopify's queries and ours, and one canonical form.

use std::borrow::Cow;

/// Decoded names and values in order of appearance.
pub type Pairs<'q> = Vec<(Cow<'q, str>, Cow<'q, str>)>;

/// Most pairs of one query: [`SELECTION_PARAMETERS_MAX`](crate::routes::SELECTION_PARAMETERS_MAX)
/// and room for our own, Shopify's and tracking parameters.
pub const PAIRS_MAX: usize = 512;

/// Why a query can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryError {
    /// A `%` without two hexadecimal digits, or bytes that are not UTF-8.
    Encoding,
    /// More than [`PAIRS_MAX`] pairs.
    TooMany,
}

/// The pairs of a query, without its `?`. A name without `=` has an empty value; empty pieces are
/// no pairs.
///
/// # Errors
/// [`QueryError`]: nothing is guessed.
pub fn parse(query: &str) -> Result<Pairs<'_>, QueryError> {
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    let mut pairs = Pairs::with_capacity(pieces.clone().take(PAIRS_MAX).count());
    for piece in pieces {
        if pairs.len() == PAIRS_MAX {
            return Err(QueryError::TooMany);
        }
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        pairs.push((decode(name)?, decode(value)?));
    }
    Ok(pairs)
}

/// Appends `name=value` in the one form we write: what must be escaped is, in upper case, and
/// nothing else.
pub fn push(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    encode_into(query, name);
    query.push('=');
    encode_into(query, value);
}

fn decode(text: &str) -> Result<Cow<'_, str>, QueryError> {
    if !text.bytes().any(|byte| byte == b'%' || byte == b'+') {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = bytes.next().and_then(hex_digit).ok_or(QueryError::Encoding)?;
                let low = bytes.next().and_then(hex_digit).ok_or(QueryError::Encoding)?;
                high << 4 | low
            }
            other => other,
        });
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| QueryError::Encoding)
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Unreserved characters stay (RFC 3986 section 2.3), and `:` and `,`, which separate inside our
/// own values and mean nothing in a query.
fn encode_into(query: &mut String, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:,".contains(&byte) {
            query.push(char::from(byte));
        } else {
            let digits = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
            query.push('%');
            query.extend(digits.map(char::from));
        }
    }
}

// === impl QueryError ===

impl std::fmt::Display for QueryError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Encoding => "the query is not percent-encoded UTF-8",
            Self::TooMany => "the query has too many parameters",
        })
    }
}

impl std::error::Error for QueryError {}
