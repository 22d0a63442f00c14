//! WebSockets: the handshake of a viewer, and the tunnel of bytes after it (15.5).

use std::io;
use std::time::Duration;

use http::header::{CONNECTION, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, Version};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::framing::members;

/// Without a byte from either side for so long, a tunnel ends (15.5).
const IDLE_TIMEOUT: Duration = Duration::from_secs(600);
/// Bytes that a tunnel holds in each direction; a side that does not read stops the other one.
const BUFFER_BYTES: usize = 8 * 1024;

/// Whether a request begins a WebSocket (RFC 6455 section 4.1); over HTTP/2 none does.
pub(crate) fn is_handshake(method: &Method, version: Version, headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE)
        && *method == Method::GET
        && version == Version::HTTP_11
        && members(headers, &UPGRADE).any(|it| it.eq_ignore_ascii_case(b"websocket"))
        && members(headers, &CONNECTION).any(|it| it.eq_ignore_ascii_case(b"upgrade"))
}

/// Adds the headers of the handshake, which belong to one connection, for the next one.
pub(crate) fn add_handshake(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

/// Passes bytes on between a viewer and an origin until one of them, or the idle timeout, ends it.
pub(crate) async fn tunnel(viewer: OnUpgrade, origin: OnUpgrade) -> io::Result<()> {
    let upgraded = async { tokio::try_join!(viewer, origin).map_err(io::Error::other) };
    let (viewer, origin) = timeout(IDLE_TIMEOUT, upgraded).await??;
    relay(TokioIo::new(viewer), TokioIo::new(origin)).await
}

async fn relay(
    viewer: impl AsyncRead + AsyncWrite,
    origin: impl AsyncRead + AsyncWrite,
) -> io::Result<()> {
    let activity = Notify::new();
    let (viewer_reader, viewer_writer) = split(viewer);
    let (origin_reader, origin_writer) = split(origin);
    let both_directions = async {
        let to_origin = copy(viewer_reader, origin_writer, &activity);
        let to_viewer = copy(origin_reader, viewer_writer, &activity);
        tokio::try_join!(to_origin, to_viewer).map(drop)
    };
    let idle = async { while timeout(IDLE_TIMEOUT, activity.notified()).await.is_ok() {} };
    tokio::select! {
        ended = both_directions => ended,
        () = idle => Err(io::Error::new(io::ErrorKind::TimedOut, "no data for 10 minutes")),
    }
}

async fn copy(
    mut reader: impl AsyncRead + Unpin,
    mut writer: impl AsyncWrite + Unpin,
    activity: &Notify,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = reader.read(&mut buffer).await?;
        if count == 0 {
            return writer.shutdown().await;
        }
        activity.notify_one();
        writer.write_all(&buffer[..count]).await?;
        writer.flush().await?;
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    #[test]
    fn a_handshake_is_a_get_over_http_1_1_that_upgrades_to_websocket() {
        let headers = |connection: &'static str, upgrade: &'static str| {
            HeaderMap::from_iter([
                (CONNECTION, HeaderValue::from_static(connection)),
                (UPGRADE, HeaderValue::from_static(upgrade)),
            ])
        };
        let usual = headers("keep-alive, Upgrade", "WebSocket");
        assert!(is_handshake(&Method::GET, Version::HTTP_11, &usual));
        for (method, version, headers) in [
            (Method::POST, Version::HTTP_11, usual.clone()),
            (Method::GET, Version::HTTP_10, usual.clone()),
            (Method::GET, Version::HTTP_2, usual),
            (Method::GET, Version::HTTP_11, headers("keep-alive", "websocket")),
            (Method::GET, Version::HTTP_11, headers("upgrade", "h2c")),
            (Method::GET, Version::HTTP_11, HeaderMap::new()),
        ] {
            let is_one = is_handshake(&method, version, &headers);
            assert!(!is_one, "{method} {version:?} {headers:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_tunnel_without_data_for_ten_minutes_ends() {
        let (mut viewer, edge_to_viewer) = duplex(64);
        let (mut origin, edge_to_origin) = duplex(64);
        let relay = tokio::spawn(relay(edge_to_viewer, edge_to_origin));
        let mut received = [0; 4];
        for _ in 0..3 {
            tokio::time::sleep(IDLE_TIMEOUT - Duration::from_secs(1)).await;
            viewer.write_all(b"ping").await.unwrap();
            origin.read_exact(&mut received).await.unwrap();
            assert_eq!(&received, b"ping");
        }
        let before_the_end = IDLE_TIMEOUT - Duration::from_secs(1);
        assert!(timeout(before_the_end, origin.read(&mut received)).await.is_err());
        assert_eq!(relay.await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(origin.read(&mut received).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn each_side_of_a_tunnel_may_end_before_the_other() {
        let (mut viewer, edge_to_viewer) = duplex(64);
        let (mut origin, edge_to_origin) = duplex(64);
        let relay = tokio::spawn(relay(edge_to_viewer, edge_to_origin));
        viewer.write_all(b"bye").await.unwrap();
        viewer.shutdown().await.unwrap();
        let mut all = String::new();
        origin.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "bye");
        origin.write_all(b"bye, too").await.unwrap();
        drop(origin);
        all.clear();
        viewer.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "bye, too");
        relay.await.unwrap().unwrap();
    }
}
