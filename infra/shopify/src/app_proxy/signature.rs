//! The signature of a forwarded query.

use crate::signing::{Credentials, hex};

/// The text that is signed: `name=value` of each name, decoded, repeated values joined by a comma,
/// sorted by bytes as in Shopify's own sample, without separators. `signature` is left out.
#[must_use]
pub fn signed_text(query: &str) -> String {
    let mut joined: Vec<(String, String)> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name == "signature" {
            continue;
        }
        match joined.iter_mut().find(|(one, _)| *one == name) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(&value);
            }
            None => joined.push((name.into_owned(), value.into_owned())),
        }
    }
    let mut pairs: Vec<String> =
        joined.into_iter().map(|(name, values)| format!("{name}={values}")).collect();
    pairs.sort_unstable();
    pairs.concat()
}

/// The signature of a query, in lower-case hexadecimal.
#[must_use]
pub fn sign(query: &str, credentials: &Credentials) -> String {
    hex(&credentials.sign(signed_text(query).as_bytes()))
}
