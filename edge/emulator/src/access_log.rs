//! The access log: one line per request, in the format of CloudFront's standard logs (section 17).

use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HOST, HeaderName, REFERER, USER_AGENT,
};
use http::{HeaderMap, Method, Request, Response, Uri, Version};

use crate::function::DOMAIN_NAME;
use crate::ids::{Pop, RequestId};
use crate::lifecycle::ResultType;
use crate::tls::TlsSession;
use crate::websocket;

/// The first two lines of a log: its version, and the names of its fields.
pub const ACCESS_LOG_HEADER: &str = "#Version: 1.0\n\
    #Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status \
    cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id \
    x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher \
    x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port \
    time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len \
    sc-range-start sc-range-end";

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// A field without a value.
const NONE: &str = "-";
/// Characters that are escaped beside controls, space and bytes beyond ASCII (17.2).
const ESCAPED: &[u8] = b"<>\"#%{}|\\^~[]`'";
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Where an edge writes its access log.
pub trait AccessLog: Send + Sync + 'static {
    /// Takes a line, without its end. A request waits for this: it must not block.
    fn write(&self, line: String);
}

/// The socket of a viewer. A request that came without one has none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ViewerSocket {
    pub(crate) port: u16,
    pub(crate) tls: Option<TlsSession>,
}

/// A request as it came, until it is logged.
pub(crate) struct LoggedRequest {
    method: Method,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    body_bytes: usize,
    viewer: IpAddr,
    socket: Option<ViewerSocket>,
    is_https: bool,
}

/// How a request ended.
pub(crate) struct Ending<'a> {
    pub(crate) result: ResultType,
    /// A more exact word than that of the result, where there is one.
    pub(crate) detail: Option<&'static str>,
    pub(crate) pop: &'a Pop,
    pub(crate) id: &'a RequestId,
    pub(crate) wall_unix_s: u64,
    pub(crate) taken_ms: u64,
    pub(crate) response: &'a Response<Bytes>,
}

// === impl LoggedRequest ===

impl LoggedRequest {
    pub(crate) fn new(request: &Request<Bytes>, viewer: IpAddr, is_https: bool) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: request.headers().clone(),
            body_bytes: request.body().len(),
            viewer,
            socket: request.extensions().get().copied(),
            is_https,
        }
    }

    /// The line of this request.
    pub(crate) fn line(&self, ending: &Ending<'_>) -> String {
        let answer = ending.response.headers();
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(ending.wall_unix_s));
        let tls = self.socket.and_then(|socket| socket.tls);
        let result = ending.result.log_word();
        let taken = format!("{}.{:03}", ending.taken_ms / 1_000, ending.taken_ms % 1_000);
        let range = range(answer);
        let fields = [
            day(&date),
            date[17..25].to_owned(),
            ending.pop.as_str().to_owned(),
            answer_bytes(ending.response).to_string(),
            self.viewer.to_string(),
            escaped(self.method.as_str().as_bytes()),
            DOMAIN_NAME.to_owned(),
            escaped(self.uri.path().as_bytes()),
            ending.response.status().as_u16().to_string(),
            value(&self.headers, &REFERER),
            value(&self.headers, &USER_AGENT),
            self.uri.query().map_or(NONE.to_owned(), |query| escaped(query.as_bytes())),
            // Never logged: the emulator has no setting for it.
            NONE.to_owned(),
            result.to_owned(),
            ending.id.as_str().to_owned(),
            value(&self.headers, &HOST),
            self.protocol().to_owned(),
            self.bytes().to_string(),
            taken.clone(),
            value(&self.headers, &X_FORWARDED_FOR),
            tls.map_or(NONE.to_owned(), |tls| tls.protocol().to_owned()),
            tls.map_or(NONE.to_owned(), TlsSession::cipher),
            result.to_owned(),
            format!("{:?}", self.version),
            NONE.to_owned(),
            NONE.to_owned(),
            self.socket.map_or(NONE.to_owned(), |socket| socket.port.to_string()),
            taken,
            ending.detail.unwrap_or(result).to_owned(),
            value(answer, &CONTENT_TYPE),
            value(answer, &CONTENT_LENGTH),
            range.map_or(NONE, |(first, _)| first).to_owned(),
            range.map_or(NONE, |(_, last)| last).to_owned(),
        ];
        fields.join("\t")
    }

    fn protocol(&self) -> &'static str {
        match (websocket::is_handshake(&self.method, self.version, &self.headers), self.is_https) {
            (false, false) => "http",
            (false, true) => "https",
            (true, false) => "ws",
            (true, true) => "wss",
        }
    }

    /// As HTTP/1.1 writes the request.
    fn bytes(&self) -> usize {
        let target = self.uri.path_and_query().map_or(0, |target| target.as_str().len());
        let line = self.method.as_str().len() + target + " HTTP/1.1\r\n ".len();
        line + header_bytes(&self.headers) + self.body_bytes
    }
}

/// As HTTP/1.1 writes the answer.
fn answer_bytes(response: &Response<Bytes>) -> usize {
    let reason = response.status().canonical_reason().unwrap_or_default();
    let line = "HTTP/1.1 200 \r\n".len() + reason.len();
    line + header_bytes(response.headers()) + response.body().len()
}

/// Lines of headers, and the empty one after them.
fn header_bytes(headers: &HeaderMap) -> usize {
    let lines =
        headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    lines.sum::<usize>() + "\r\n".len()
}

/// `2026-01-02` of `Fri, 02 Jan 2026 00:00:00 GMT`.
fn day(date: &str) -> String {
    let month = MONTHS.iter().position(|month| *month == &date[8..11]).unwrap_or(0) + 1;
    format!("{}-{month:02}-{}", &date[12..16], &date[5..7])
}

/// First and last byte of a part.
fn range(headers: &HeaderMap) -> Option<(&str, &str)> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('/').next()?.split_once('-')
}

fn value(headers: &HeaderMap, name: &HeaderName) -> String {
    match headers.get(name) {
        Some(value) if !value.is_empty() => escaped(value.as_bytes()),
        _ => NONE.to_owned(),
    }
}

/// The text as a field of a log (17.2).
fn escaped(text: &[u8]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text {
        match byte {
            b'!'..=b'~' if !ESCAPED.contains(byte) => escaped.push(char::from(*byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_no_space_no_control_and_no_quote() {
        let text = "Mozilla/5.0 (a; b)\t\"c\" 100% \u{e4}~";
        let expected = "Mozilla/5.0%20(a;%20b)%09%22c%22%20100%25%20%C3%A4%7E";
        assert_eq!(escaped(text.as_bytes()), expected);
    }

    #[test]
    fn the_day_is_written_as_in_iso_8601() {
        for (unix_s, expected) in
            [(0, "1970-01-01"), (1_582_934_400, "2020-02-29"), (1_798_761_599, "2026-12-31")]
        {
            let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(unix_s));
            assert_eq!(day(&date), expected);
        }
    }
}
