//! Validates a detail. The bus delivers a detail as it was written and checks it once, on arrival:
//! every consumer can parse a valid one.

use serde_json::value::RawValue;

/// Deepest nesting of a detail: `serde_json`'s own limit of 128 less the envelope around it.
const DEPTH_MAX: usize = 120;

/// The text of a JSON object without the white space around it, or `None` if it is no object, is
/// nested too deeply, or escapes half a surrogate pair.
pub(crate) fn object_text(text: &str) -> Option<&str> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    let object = raw.get();
    (object.starts_with('{') && is_shallow(object) && has_whole_characters(object))
        .then_some(object)
}

/// Whether valid JSON is nested at most [`DEPTH_MAX`] deep.
fn is_shallow(json: &str) -> bool {
    let mut depth = 0_usize;
    let (mut in_string, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        if depth > DEPTH_MAX {
            return false;
        }
    }
    true
}

/// Whether every escaped surrogate in valid JSON has its other half: `\ud83d\ude00`, never one
/// alone, which no Unicode text can hold.
fn has_whole_characters(json: &str) -> bool {
    let bytes = json.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        match escaped_unit(&bytes[at..]) {
            Some(0xDC00..=0xDFFF) => return false,
            Some(0xD800..=0xDBFF) => {
                let low = bytes.get(at + 6..).and_then(escaped_unit);
                if !low.is_some_and(|unit| (0xDC00..=0xDFFF).contains(&unit)) {
                    return false;
                }
                at += 12;
            }
            Some(_) => at += 6,
            None => at += 2,
        }
    }
    true
}

/// The UTF-16 unit that an escape at the start of `bytes` stands for.
fn escaped_unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
