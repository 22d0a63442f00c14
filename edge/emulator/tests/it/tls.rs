//! TLS and HTTP/2 towards viewers, and the bounds of HTTP/2 (18.10, 18.11).

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use edge_emulator::Certificate;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, client};
use http::{Request, Response};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::access_log::logged;
use crate::websockets::head;
use crate::world::*;

/// An edge that listens with TLS.
struct TlsEdge {
    address: SocketAddr,
    certificate: Certificate,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl TlsEdge {
    async fn listen(world: &World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let certificate = Certificate::self_signed(&["localhost"]).unwrap();
        let (emulator, used) = (world.emulator.clone(), certificate.clone());
        let server = tokio::spawn(async move {
            emulator.serve_tls(listener, &used, async move { drop(stopped.await) }).await;
        });
        Self { address, certificate, stop, server }
    }

    async fn connect(&self, protocols: &[&[u8]]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.certificate.der().to_vec())).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    async fn http2(&self) -> Viewer {
        let stream = self.connect(&[b"h2"]).await;
        let (requests, connection) = client::handshake(stream).await.unwrap();
        Viewer { requests, connection: tokio::spawn(connection) }
    }
}

/// A viewer over HTTP/2.
struct Viewer {
    requests: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl Viewer {
    async fn get(&mut self, target: &str, headers: &[&str]) -> Response<Bytes> {
        let mut request = request("GET", &format!("https://localhost{target}"), headers);
        *request.version_mut() = http::Version::HTTP_2;
        self.send(request).await
    }

    async fn send(&mut self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let mut requests = self.requests.clone().ready().await.unwrap();
        let is_empty = body.is_empty();
        let (response, mut stream) =
            requests.send_request(Request::from_parts(parts, ()), is_empty).unwrap();
        if !is_empty {
            stream.send_data(body, true).unwrap();
        }
        whole(response).await
    }
}

async fn whole(response: ResponseFuture) -> Response<Bytes> {
    let (parts, mut stream) = response.await.unwrap().into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data.unwrap();
        stream.flow_control().release_capacity(data.len()).unwrap();
        body.extend_from_slice(&data);
    }
    Response::from_parts(parts, body.into())
}

#[tokio::test]
async fn a_viewer_gets_the_protocol_that_it_offers_and_http_2_before_http_1_1() {
    let world = World::new(&distribution(0, 3600, 0), [ok("max-age=60")]);
    let edge = TlsEdge::listen(&world).await;
    let (h1, h2) = (b"http/1.1".as_slice(), b"h2".as_slice());
    for (offered, chosen) in [(&[h1, h2][..], Some(h2)), (&[h1], Some(h1)), (&[], None)] {
        let mut stream = edge.connect(offered).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), chosen);
        if chosen == Some(h2) {
            continue;
        }
        let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
    }
}

#[tokio::test]
async fn a_request_over_http_2_is_one_like_any_other() {
    let mut encrypted = distribution(0, 3600, 0);
    encrypted["DistributionConfig"]["DefaultCacheBehavior"]["ViewerProtocolPolicy"] =
        json!("redirect-to-https");
    *key_of(&mut encrypted) = json!({
        "EnableAcceptEncodingGzip": false, "EnableAcceptEncodingBrotli": false,
        "CookiesConfig": {"CookieBehavior": "whitelist", "Cookies": ["a", "b"]},
        "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["Host"]},
        "QueryStringsConfig": {"QueryStringBehavior": "all"}
    });
    let world = World::new(&encrypted, [ok("max-age=60")]);
    let edge = TlsEdge::listen(&world).await;
    let mut viewer = edge.http2().await;
    let answer = viewer.get("/a?b", &["cookie: b=2", "cookie: a=1"]).await;
    assert_eq!((answer.status().as_u16(), x_cache(&answer)), (200, "Miss"));
    assert_eq!(answer.body(), "body");
    let sent = world.origin.last();
    assert_eq!(sent.uri(), "/a?b");
    assert_eq!(sent.headers()["host"], "localhost");
    assert_eq!(sent.headers()["cookie"], "a=1; b=2");
    let answer = viewer.get("/a?b", &["cookie: a=1; b=2"]).await;
    assert_eq!(x_cache(&answer), "Hit");
    let mut post = request("POST", "https://localhost/", &[]);
    *post.body_mut() = vec![b'x'; 1024 * 1024].into();
    assert_eq!(viewer.send(post).await.status().as_u16(), 200);
    assert_eq!(world.origin.last().body().len(), 1024 * 1024);
    // The connection ends with the edge.
    edge.stop.send(()).unwrap();
    edge.server.await.unwrap();
    viewer.connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_log_says_how_a_viewer_is_connected() {
    let (world, lines) = logged([ok("max-age=60")]);
    let edge = TlsEdge::listen(&world).await;
    let names = ["cs-protocol", "cs-protocol-version", "ssl-protocol", "ssl-cipher", "c-port"];
    let mut viewer = edge.http2().await;
    viewer.get("/", &[]).await;
    let [protocol, version, tls, cipher, port]: [String; 5] =
        lines.last(&names).try_into().unwrap();
    assert_eq!([&*protocol, &version, &tls], ["https", "HTTP/2.0", "TLSv1.3"]);
    assert!(cipher.starts_with("TLS_"), "{cipher}");
    assert!(port.parse::<u16>().unwrap() > 0);
    // A request whose head is invalid is logged, too.
    viewer.get("/", &["host: other"]).await;
    let names = ["sc-status", "x-edge-detailed-result-type", "x-host-header"];
    assert_eq!(lines.last(&names), ["400", "InvalidRequest", "other"]);
}

#[tokio::test]
async fn a_request_that_breaks_the_rules_is_rejected_over_http_2_too() {
    let world = World::new(&distribution(0, 0, 0), [ok("no-store")]);
    let edge = TlsEdge::listen(&world).await;
    let mut viewer = edge.http2().await;
    let long = "a".repeat(33_000);
    for (target, headers, expected) in [
        (format!("/{}", "a".repeat(8_191)), vec![], 200),
        (format!("/{}", "a".repeat(8_192)), vec![], 414),
        ("/".to_owned(), vec![format!("x-a: {long}")], 494),
        ("/".to_owned(), vec![format!("x-a: {long}"); 4], 431),
        ("/".to_owned(), vec!["host: other".to_owned()], 400),
        ("/".to_owned(), vec!["expect: x".to_owned()], 417),
    ] {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let answer = viewer.get(&target, &headers).await;
        assert_eq!(answer.status().as_u16(), expected, "{} bytes", target.len());
        assert_eq!(answer.headers().get("connection"), None);
    }
    let mut too_long = request("POST", "https://localhost/", &["content-length: 20971521"]);
    *too_long.body_mut() = Bytes::from_static(b"x");
    let mut requests = viewer.requests.clone().ready().await.unwrap();
    let (parts, _) = too_long.into_parts();
    let (response, _stream) = requests.send_request(Request::from_parts(parts, ()), false).unwrap();
    assert_eq!(whole(response).await.status().as_u16(), 413);
    let misdirected = request("GET", "http://localhost/", &[]);
    assert_eq!(viewer.send(misdirected).await.status().as_u16(), 421);
    assert_eq!(world.origin.fetches(), 1);
}

#[tokio::test]
async fn a_connection_has_128_streams_at_once() {
    let world = World::new(&distribution(0, 0, 0), [ok("no-store")]);
    let edge = TlsEdge::listen(&world).await;
    let mut viewer = edge.http2().await;
    viewer.get("/", &[]).await;
    assert_eq!(viewer.requests.current_max_send_streams(), 128);
}

/// "Rapid reset" (CVE-2023-44487), by a viewer that lets the edge begin each request.
#[tokio::test]
async fn a_viewer_that_resets_its_requests_is_cut_off_after_a_thousand() {
    let world = World::new(&distribution(0, 0, 0), [ok("no-store")]);
    let edge = TlsEdge::listen(&world).await;
    let mut viewer = edge.http2().await;
    let mut arrivals = world.origin.shut();
    let mut resets = 0;
    loop {
        let request = request("GET", "https://localhost/", &[]).map(|_| ());
        let Ok(mut requests) = viewer.requests.clone().ready().await else { break };
        let Ok((_response, mut stream)) = requests.send_request(request, true) else { break };
        tokio::select! {
            biased;
            arrived = arrivals.recv() => assert_eq!(arrived, Some(())),
            _ = &mut viewer.connection => break,
        }
        stream.send_reset(Reason::CANCEL);
        resets += 1;
    }
    assert!((1_001..1_001 + 128).contains(&resets), "{resets}");
    // No other viewer notices.
    world.origin.gate.add_permits(1_000);
    assert_eq!(edge.http2().await.get("/", &[]).await.status().as_u16(), 200);
}

/// A frame of HTTP/2 (RFC 9113 section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// As before, by a viewer that resets requests before the edge can begin them.
#[tokio::test]
async fn a_viewer_that_resets_more_than_20_requests_in_one_go_is_cut_off() {
    let world = World::new(&distribution(0, 0, 0), [ok("no-store")]);
    let edge = TlsEdge::listen(&world).await;
    let mut stream = edge.connect(&[b"h2"]).await;
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(4, 0, 0, &[]));
    for id in (1..).step_by(2).take(21) {
        // GET, https, `/`, and an authority that is not indexed.
        bytes.extend(frame(1, 5, id, b"\x82\x87\x84\x01\x09localhost"));
        bytes.extend(frame(3, 0, id, &8_u32.to_be_bytes()));
    }
    stream.write_all(&bytes).await.unwrap();
    let last = loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await.unwrap();
        if head[3] == 7 {
            break payload;
        }
    };
    // GOAWAY, with ENHANCE_YOUR_CALM.
    assert_eq!(last[4..8], 11_u32.to_be_bytes());
    assert_eq!(world.origin.fetches(), 0);
}
