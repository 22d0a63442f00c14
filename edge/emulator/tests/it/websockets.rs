//! WebSockets on real sockets: the handshake, and the bytes after it (15.5).

use std::net::SocketAddr;
use std::sync::Arc;

use edge_emulator::{HttpOrigin, OriginTimeouts};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::sockets::listen;
use crate::world::*;

const HANDSHAKE: &str = "GET /chat HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";
const ACCEPTED: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A distribution that forwards all headers.
pub(crate) fn forwarding_all() -> Value {
    let mut distribution = distribution(0, 0, 0);
    distribution["DistributionConfig"]["DefaultCacheBehavior"]["OriginRequestPolicyId"] =
        json!("p");
    distribution["OriginRequestPolicies"]["p"] = json!({
        "HeadersConfig": {"HeaderBehavior": "allViewer"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"}
    });
    distribution
}

/// Reads the head of a message.
pub(crate) async fn head(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// An origin that accepts one connection, answers its first request, and hands it over with that
/// request.
async fn origin(answer: &'static str) -> (SocketAddr, JoinHandle<(TcpStream, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = head(&mut stream).await;
        stream.write_all(answer.as_bytes()).await.unwrap();
        (stream, request)
    });
    (address, accepted)
}

fn before(origin: SocketAddr) -> World {
    World::with(&forwarding_all(), [Act::Hang], |builder| {
        let address = format!("http://{origin}");
        let origin = HttpOrigin::new(&address, OriginTimeouts::default()).unwrap();
        builder.origin("o", Arc::new(origin))
    })
}

#[tokio::test]
async fn bytes_pass_both_ways_after_the_handshake() {
    let (address, accepted) = origin(ACCEPTED).await;
    let edge = listen(&before(address)).await;
    let mut viewer = TcpStream::connect(edge.address).await.unwrap();
    viewer.write_all(HANDSHAKE.as_bytes()).await.unwrap();
    let answer = head(&mut viewer).await.to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 101 switching protocols\r\n"), "{answer}");
    for line in [
        "\r\nconnection: upgrade\r\n",
        "\r\nupgrade: websocket\r\n",
        "\r\nsec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n",
        "\r\nx-cache: miss from cloudfront\r\n",
    ] {
        assert!(answer.contains(line), "{answer}");
    }
    let (mut origin, request) = accepted.await.unwrap();
    let request = request.to_ascii_lowercase();
    assert!(request.starts_with("get /chat http/1.1\r\n"), "{request}");
    for line in [
        "\r\nconnection: upgrade\r\n",
        "\r\nupgrade: websocket\r\n",
        "\r\nsec-websocket-key: dghlihnhbxbszsbub25jzq==\r\n",
    ] {
        assert!(request.contains(line), "{request}");
    }
    let long = vec![b'x'; 1024 * 1024];
    let (mut sender, sent) = (origin, long.clone());
    let sending = tokio::spawn(async move {
        sender.write_all(&sent).await.unwrap();
        sender
    });
    let mut received = vec![0; long.len()];
    viewer.read_exact(&mut received).await.unwrap();
    assert!(received == long);
    origin = sending.await.unwrap();
    viewer.write_all(b"bye").await.unwrap();
    drop(viewer);
    let mut rest = String::new();
    origin.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "bye");
}

#[tokio::test]
async fn an_origin_that_refuses_a_websocket_is_passed_on() {
    let refused = "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 3\r\n\r\nno\n";
    let (address, accepted) = origin(refused).await;
    let edge = listen(&before(address)).await;
    let mut viewer = TcpStream::connect(edge.address).await.unwrap();
    viewer.write_all(HANDSHAKE.as_bytes()).await.unwrap();
    let answer = head(&mut viewer).await;
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    let mut body = [0; 3];
    viewer.read_exact(&mut body).await.unwrap();
    assert_eq!(&body, b"no\n");
    drop(accepted.await.unwrap());
}

#[tokio::test]
async fn a_websocket_ends_with_the_edge() {
    let (address, accepted) = origin(ACCEPTED).await;
    let edge = listen(&before(address)).await;
    let mut viewer = TcpStream::connect(edge.address).await.unwrap();
    viewer.write_all(HANDSHAKE.as_bytes()).await.unwrap();
    head(&mut viewer).await;
    let (mut origin, _) = accepted.await.unwrap();
    edge.stop.send(()).unwrap();
    edge.server.await.unwrap();
    let mut rest = Vec::new();
    viewer.read_to_end(&mut rest).await.unwrap();
    origin.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"");
}
