//! Checks of a request's head that only a socket needs: the host, the framing of the body, and
//! expectations (section 18). hyper itself answers 400 to a head or a length that it can't parse.

use http::header::{CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::Scheme;
use http::{HeaderMap, HeaderName, HeaderValue, Version};

use crate::admission::Rejection;

/// Checks what the head alone decides; `body_bytes_max` is the longest body the edge takes. A
/// target in absolute form replaces `Host` (18.2).
pub(crate) fn check(parts: &mut Parts, body_bytes_max: usize) -> Result<(), Rejection> {
    check_host(parts)?;
    check_transfer_coding(&parts.headers)?;
    check_expectation(parts)?;
    let length = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let is_too_long = |length: &str| length.parse().map_or(true, |it: usize| it > body_bytes_max);
    if length.is_some_and(is_too_long) { Err(Rejection::BodyTooLarge) } else { Ok(()) }
}

/// Whether the viewer waits for 100 before it sends the body. HTTP/1.0 has no expectations (18.7).
pub(crate) fn expects_continue(parts: &Parts) -> bool {
    parts.version >= Version::HTTP_11 && parts.headers.contains_key(EXPECT)
}

fn check_host(parts: &mut Parts) -> Result<(), Rejection> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().map_err(|_| Rejection::Host)?,
        (None, _) if parts.version < Version::HTTP_11 => "",
        _ => return Err(Rejection::Host),
    };
    let is_valid = |text: &str| host_of(text).is_some_and(|host| !host.is_empty());
    if let Some(scheme) = parts.uri.scheme() {
        let authority = parts.uri.authority().map_or("", |authority| authority.as_str());
        let is_known = [Scheme::HTTP, Scheme::HTTPS].contains(scheme);
        if !is_known || !is_valid(authority) || host_of(host).is_none() {
            return Err(Rejection::Host);
        }
        let authority = HeaderValue::from_str(authority).map_err(|_| Rejection::Host)?;
        parts.headers.insert(HOST, authority);
        return Ok(());
    }
    // The URL of a target in origin form has the host of this header, and no URL may be without.
    let is_absent = !parts.headers.contains_key(HOST);
    if is_absent || is_valid(host) { Ok(()) } else { Err(Rejection::Host) }
}

/// The host of `uri-host [ ":" port ]` (RFC 9110 section 7.2), which may be empty.
fn host_of(text: &str) -> Option<&str> {
    let bracket = text.rfind(']').unwrap_or(0);
    let (host, port) = match text[bracket..].rfind(':') {
        Some(colon) => (&text[..bracket + colon], &text[bracket + colon + 1..]),
        None => (text, ""),
    };
    let is_name_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte);
    let is_valid = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.bytes().all(is_name_byte),
    };
    (is_valid && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(host)
}

/// hyper decodes `chunked` and has rejected what does not end with it.
fn check_transfer_coding(headers: &HeaderMap) -> Result<(), Rejection> {
    let codings: Vec<&[u8]> = members(headers, &TRANSFER_ENCODING).collect();
    if codings.iter().any(|coding| !coding.eq_ignore_ascii_case(b"chunked")) {
        return Err(Rejection::TransferCoding);
    }
    if codings.len() > 1 { Err(Rejection::Framing) } else { Ok(()) }
}

fn check_expectation(parts: &Parts) -> Result<(), Rejection> {
    if !expects_continue(parts) {
        return Ok(());
    }
    let is_known = |it: &[u8]| it.eq_ignore_ascii_case(b"100-continue");
    let all_known = members(&parts.headers, &EXPECT).all(is_known);
    if all_known { Ok(()) } else { Err(Rejection::Expectation) }
}

/// The members of a header that is a list.
pub(crate) fn members<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'h [u8]> {
    let lines = headers.get_all(name).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|member| !member.is_empty())
}
