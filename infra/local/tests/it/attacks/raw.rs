//! A client that sends raw bytes: paths and headers are not normalised.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// Longest wait for an answer: a test must end.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

// === impl Answer ===

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        let header = self.headers.iter().find(|(header, _)| header == name);
        header.map_or("", |(_, value)| value)
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether it came from the edge's cache.
    pub(super) fn is_hit(&self) -> bool {
        self.header("x-cache").starts_with("Hit")
    }

    /// Headers and body as one text, for searching.
    pub(super) fn whole(&self) -> String {
        let lines = self.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
        lines.collect::<String>() + &self.text()
    }
}

/// Writes these bytes on a new connection and reads to the end. `None`: the edge closed it without
/// an answer, which leaks nothing.
pub(super) fn exchange(address: SocketAddr, request: &[u8]) -> Option<Answer> {
    let stream = write(address, request);
    answer(stream)
}

/// The same for bytes that may announce a longer body: it closes the write side.
pub(super) fn exchange_and_hang_up(address: SocketAddr, request: &[u8]) -> Option<Answer> {
    let stream = write(address, request);
    // The edge may have closed the connection already.
    let _ = stream.shutdown(Shutdown::Write);
    answer(stream)
}

fn write(address: SocketAddr, request: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(ANSWER_MAX)).unwrap();
    // An edge that rejects the request may have closed its side already.
    let _ = stream.write_all(request);
    stream
}

fn answer(mut stream: TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes);
    if bytes.is_empty() {
        return None;
    }
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or_else(|| {
        panic!("no head in {:?}, {ended:?}", String::from_utf8_lossy(&bytes));
    });
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim().to_owned())
    };
    Some(Answer { status, headers: lines.map(header).collect(), body: bytes[end + 4..].to_vec() })
}
