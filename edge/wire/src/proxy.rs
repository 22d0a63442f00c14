//! Shopify's app-proxy signature: which shop and which customer a forwarded request comes from.
//!
//! The signed text has no separators: `a=1&b=2` and `a=1b%3D2` have the same signature. A shopper
//! could therefore have Shopify sign a value that spells another parameter, and then send that
//! parameter with the same signature. So each of Shopify's names may occur in the signed text only
//! once, inside values too.

use std::cmp::Ordering;

use crate::grammar::is_shopify_id;
use crate::query::{self, Pairs};
use crate::secrets::ShopifySecrets;

/// How far the signed time may be from ours, either way: what Shopify's own libraries allow
/// (`shopify-api` `validateHmac`).
pub const WINDOW_S: u64 = 90;
/// Longest query read: CloudFront rejects URLs above this.
pub const QUERY_BYTES_MAX: usize = 8192;

/// What Shopify adds to a query. None may be repeated: the client writes the earlier part of a
/// query.
pub const SHOPIFY_PARAMETERS: [&str; 5] =
    ["shop", "logged_in_customer_id", "path_prefix", "timestamp", SIGNATURE];

const SIGNATURE: &str = "signature";
/// The older scheme's name, which Shopify's libraries guard like their own.
const HMAC: &str = "hmac";

/// A verified query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxiedQuery<'q> {
    /// The customer who is logged in to the shop.
    pub customer: Option<String>,
    /// The client's parameters: those before the first of Shopify's.
    pub rest: Pairs<'q>,
    /// Other parameters from there on: where Shopify will put those it invents next.
    pub appended: Pairs<'q>,
}

/// What Shopify says about a request it forwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forwarding<'a> {
    /// The shop's `*.myshopify.com` domain.
    pub shop: &'a str,
    /// The customer who is logged in.
    pub customer: Option<&'a str>,
    /// The path under which the merchant put the app.
    pub path_prefix: &'a str,
    /// When, Unix seconds.
    pub timestamp_unix_s: u64,
}

/// Why a forwarded query is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyError {
    /// Too long, or not percent-encoded UTF-8.
    Malformed,
    /// One of Shopify's parameters is repeated, or is spelled a second time inside others.
    Repeated(&'static str),
    /// No signature, or not one of our secrets'.
    Unsigned,
    /// No time, not a time, or more than [`WINDOW_S`] from now.
    Stale,
    /// Signed for another shop.
    Foreign,
    /// Signed, but its customer is not a Shopify id.
    Customer,
}

/// Verifies a query that Shopify signed for `shop` within [`WINDOW_S`] of now.
///
/// # Errors
/// [`ProxyError`]. Only a query that was signed can be foreign, so the error reveals
/// nothing to a client that can't sign.
pub fn verify<'q>(
    query: &'q str,
    secrets: &ShopifySecrets,
    shop: &str,
    now_unix_s: u64,
) -> Result<ProxiedQuery<'q>, ProxyError> {
    if query.len() > QUERY_BYTES_MAX {
        return Err(ProxyError::Malformed);
    }
    let pairs = query::parse(query).map_err(|_| ProxyError::Malformed)?;
    let values = Values::of(&pairs)?;
    let text = signed_text(&pairs);
    reject_second_spelling(&text)?;
    let signature = values.signature.and_then(decode_signature).ok_or(ProxyError::Unsigned)?;
    if !secrets.is_signed(text.as_bytes(), &signature) {
        return Err(ProxyError::Unsigned);
    }
    if !values.timestamp.is_some_and(|timestamp| is_recent(timestamp, now_unix_s)) {
        return Err(ProxyError::Stale);
    }
    if values.shop != Some(shop) {
        return Err(ProxyError::Foreign);
    }
    let customer = match values.customer {
        None | Some("") => None,
        Some(id) if is_shopify_id(id) => Some(id.to_owned()),
        Some(_) => return Err(ProxyError::Customer),
    };
    let (rest, appended) = without_shopify(pairs);
    Ok(ProxiedQuery { customer, rest, appended })
}

/// The signature Shopify would give these parameters, in lower-case hexadecimal.
#[must_use]
pub fn sign(pairs: &Pairs<'_>, secrets: &ShopifySecrets) -> String {
    let mac = secrets.sign(signed_text(pairs).as_bytes());
    mac.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The client's query as Shopify forwards it: its own parameters appended, then the signature.
///
/// # Errors
/// [`ProxyError::Malformed`] for a query that is not percent-encoded UTF-8.
pub fn forward(
    query: &str,
    forwarding: &Forwarding<'_>,
    secrets: &ShopifySecrets,
) -> Result<String, ProxyError> {
    let timestamp = forwarding.timestamp_unix_s.to_string();
    let added = [
        ("shop", forwarding.shop),
        ("logged_in_customer_id", forwarding.customer.unwrap_or_default()),
        ("path_prefix", forwarding.path_prefix),
        ("timestamp", &timestamp),
    ];
    let mut pairs = query::parse(query).map_err(|_| ProxyError::Malformed)?;
    let mut forwarded = query.to_owned();
    for (name, value) in added {
        pairs.push((name.into(), value.into()));
        query::push(&mut forwarded, name, value);
    }
    query::push(&mut forwarded, SIGNATURE, &sign(&pairs, secrets));
    Ok(forwarded)
}

/// Shopify's parameters of a query, each at most once.
#[derive(Default)]
struct Values<'a> {
    shop: Option<&'a str>,
    customer: Option<&'a str>,
    path_prefix: Option<&'a str>,
    timestamp: Option<&'a str>,
    signature: Option<&'a str>,
    hmac: Option<&'a str>,
}

// === impl Values ===

impl<'a> Values<'a> {
    fn of(pairs: &'a Pairs<'_>) -> Result<Self, ProxyError> {
        let mut values = Self::default();
        for (name, value) in pairs {
            let (slot, name) = match name.as_ref() {
                "shop" => (&mut values.shop, "shop"),
                "logged_in_customer_id" => (&mut values.customer, "logged_in_customer_id"),
                "path_prefix" => (&mut values.path_prefix, "path_prefix"),
                "timestamp" => (&mut values.timestamp, "timestamp"),
                SIGNATURE => (&mut values.signature, SIGNATURE),
                HMAC => (&mut values.hmac, HMAC),
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(ProxyError::Repeated(name));
            }
        }
        Ok(values)
    }
}

/// What is signed: `name=value` decoded, the values of a repeated name joined with `,` in order of
/// appearance, the strings sorted as bytes and put together with nothing between. Shopify's four
/// libraries sort differently; this is the order of its documentation's sample.
fn signed_text(pairs: &Pairs<'_>) -> String {
    let mut sorted: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_ref()))
        .filter(|(name, _)| *name != SIGNATURE)
        .collect();
    // The sort is stable: repeated names keep their order.
    sorted.sort_by_key(|(name, _)| *name);
    let mut joined: Vec<&[(&str, &str)]> =
        sorted.chunk_by(|left, right| left.0 == right.0).collect();
    joined.sort_unstable_by(|left, right| by_joined_bytes(left, right));
    let mut text = String::with_capacity(512);
    for same_name in joined {
        text.push_str(same_name[0].0);
        let mut before = '=';
        for (_, value) in same_name {
            text.push(before);
            text.push_str(value);
            before = ',';
        }
    }
    text
}

fn by_joined_bytes(left: &[(&str, &str)], right: &[(&str, &str)]) -> Ordering {
    fn bytes<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Iterator<Item = u8> + 'a {
        let values = pairs.iter().enumerate().flat_map(|(index, (_, value))| {
            std::iter::once(if index == 0 { b'=' } else { b',' }).chain(value.bytes())
        });
        pairs[0].0.bytes().chain(values)
    }
    bytes(left).cmp(bytes(right))
}

fn reject_second_spelling(text: &str) -> Result<(), ProxyError> {
    let mut occurs = [false; SHOPIFY_PARAMETERS.len()];
    for (at, _) in text.match_indices('=') {
        for (name, occurs) in SHOPIFY_PARAMETERS.into_iter().zip(&mut occurs) {
            if text[..at].ends_with(name) && std::mem::replace(occurs, true) {
                return Err(ProxyError::Repeated(name));
            }
        }
    }
    Ok(())
}

fn decode_signature(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = lower_hex_digit(pair[0])? << 4 | lower_hex_digit(pair[1])?;
    }
    Some(bytes)
}

fn lower_hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

fn is_recent(timestamp: &str, now_unix_s: u64) -> bool {
    timestamp.bytes().all(|byte| byte.is_ascii_digit())
        && timestamp.parse::<u64>().is_ok_and(|time| time.abs_diff(now_unix_s) <= WINDOW_S)
}

fn without_shopify(pairs: Pairs<'_>) -> (Pairs<'_>, Pairs<'_>) {
    let is_shopifys = |name: &str| SHOPIFY_PARAMETERS.contains(&name);
    let border = pairs.iter().position(|(name, _)| is_shopifys(name)).unwrap_or(pairs.len());
    let mut rest = pairs;
    let mut appended = rest.split_off(border);
    appended.retain(|(name, _)| !is_shopifys(name));
    (rest, appended)
}

// === impl ProxyError ===

impl std::fmt::Display for ProxyError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed => out.write_str("the query can't be read"),
            Self::Repeated(name) => write!(out, "{name} is repeated"),
            Self::Unsigned => out.write_str("the signature does not verify"),
            Self::Stale => out.write_str("the signature's time is not now"),
            Self::Foreign => out.write_str("signed for another shop"),
            Self::Customer => out.write_str("the customer is not a Shopify id"),
        }
    }
}

impl std::error::Error for ProxyError {}
