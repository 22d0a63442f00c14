//! The bytes of a payload: what `include_fields` leaves of it, escaped as Shopify escapes.

use std::io;

use serde::Serialize as _;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Map, Value};

/// Shopify's JSON escapes more than JSON requires: `\/`, and `&`, `<`, `>` as `\u0026` and so on. A
/// receiver that verifies re-serialized JSON fails with these bytes.
struct Escaping;

// === impl Escaping ===

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['/', '&', '<', '>']) {
            writer.write_all(&rest.as_bytes()[..at])?;
            let escape: &[u8] = match rest.as_bytes()[at] {
                b'/' => b"\\/",
                b'&' => b"\\u0026",
                b'<' => b"\\u003c",
                _ => b"\\u003e",
            };
            writer.write_all(escape)?;
            rest = &rest[at + 1..];
        }
        writer.write_all(rest.as_bytes())
    }
}

/// A payload as it is sent.
#[must_use]
pub fn to_bytes(payload: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A JSON value always serializes into memory.
    let _ = payload.serialize(&mut Serializer::with_formatter(&mut bytes, Escaping));
    bytes
}

/// What `fields` (dotted paths, through lists) leave of a payload; all of it if there are none. A
/// path that leads nowhere leaves nothing.
pub(super) fn include(payload: &Value, fields: &[String]) -> Value {
    if fields.is_empty() {
        return payload.clone();
    }
    let paths: Vec<&str> = fields.iter().map(String::as_str).collect();
    project(payload, &paths)
}

fn project(value: &Value, paths: &[&str]) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(|element| project(element, paths)).collect(),
        Value::Object(members) => {
            let mut projected = Map::new();
            for (name, member) in members {
                if paths.contains(&name.as_str()) {
                    projected.insert(name.clone(), member.clone());
                    continue;
                }
                let below: Vec<&str> = paths
                    .iter()
                    .filter_map(|path| path.strip_prefix(name.as_str())?.strip_prefix('.'))
                    .collect();
                if !below.is_empty() {
                    projected.insert(name.clone(), project(member, &below));
                }
            }
            Value::Object(projected)
        }
        scalar => scalar.clone(),
    }
}
