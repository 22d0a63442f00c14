//! The edge and its origins on real sockets.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use edge_emulator::{HttpOrigin, Origin, OriginError, OriginTimeouts};
use http::{Request, Response};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::world::*;

/// A listening edge, and the channel that stops it.
pub(crate) struct RunningEdge {
    pub(crate) address: SocketAddr,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) server: JoinHandle<()>,
}

pub(crate) async fn listen(world: &World) -> RunningEdge {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let emulator = world.emulator.clone();
    let server = tokio::spawn(async move {
        emulator.serve(listener, async move { drop(stopped.await) }).await;
    });
    RunningEdge { address, stop, server }
}

fn timeouts() -> OriginTimeouts {
    OriginTimeouts { connect: Duration::from_secs(1), ..OriginTimeouts::default() }
}

fn to(address: SocketAddr) -> HttpOrigin {
    HttpOrigin::new(&format!("http://{address}"), timeouts()).unwrap()
}

async fn fetch(
    address: SocketAddr,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, OriginError> {
    to(address).fetch(request).await
}

/// A server that sends these bytes to the first client and closes the connection.
fn answer_once(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 1_024];
        assert!(stream.read(&mut head).unwrap() > 0);
        stream.write_all(answer).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
    });
    address
}

#[tokio::test]
async fn a_viewer_is_served_over_http() {
    let world = World::new(&distribution(0, 3600, 0), [ok("max-age=60")]);
    let edge = listen(&world).await;
    let viewer = to(edge.address);
    for expected in ["Miss", "Hit"] {
        let response = viewer.fetch(request("GET", "/a?b", &["host: shop"])).await.unwrap();
        assert_eq!((response.status().as_u16(), x_cache(&response)), (200, expected));
        assert_eq!(response.body(), "body");
        assert_eq!(header(&response, "content-length"), "4");
    }
    let head = viewer.fetch(request("HEAD", "/a", &["host: shop"])).await.unwrap();
    assert_eq!((header(&head, "content-length"), head.body().len()), ("4", 0));
    edge.stop.send(()).unwrap();
    edge.server.await.unwrap();
}

#[tokio::test]
async fn bounds_hold_on_the_socket() {
    let world = World::new(&distribution(0, 0, 0), [ok("no-store")]);
    let edge = listen(&world).await;
    let mut fits = request("POST", "/", &["host: shop"]);
    *fits.body_mut() = vec![b'x'; 20 * 1024 * 1024].into();
    assert_eq!(fetch(edge.address, fits).await.unwrap().status().as_u16(), 200);
    let mut exceeds = request("POST", "/", &["host: shop"]);
    *exceeds.body_mut() = vec![b'x'; 20 * 1024 * 1024 + 1].into();
    assert_eq!(fetch(edge.address, exceeds).await.unwrap().status().as_u16(), 413);
    let url = format!("/{}", "a".repeat(8_192));
    let response = fetch(edge.address, request("GET", &url, &["host: shop"])).await.unwrap();
    assert_eq!(response.status().as_u16(), 414);
    let header = format!("x-a: {}", "a".repeat(33_000));
    let response = fetch(edge.address, request("GET", "/", &["host: shop", &header])).await;
    assert_eq!(response.unwrap().status().as_u16(), 494);
    for (count, status) in [(500, 200), (501, 494)] {
        let lines = (1..count).map(|number| format!("x-{number}: a"));
        let lines: Vec<String> = lines.chain(["host: shop".to_owned()]).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let response = fetch(edge.address, request("GET", "/", &lines)).await;
        assert_eq!(response.unwrap().status().as_u16(), status, "{count} headers");
    }
    let mut get = request("GET", "/", &["host: shop"]);
    *get.body_mut() = Bytes::from_static(b"x");
    assert_eq!(fetch(edge.address, get).await.unwrap().status().as_u16(), 403);
    assert_eq!(world.origin.fetches(), 2);
}

#[tokio::test]
async fn a_request_under_way_ends_before_the_edge_does() {
    let world = World::new(&distribution(0, 3600, 0), [ok("max-age=60")]);
    let edge = listen(&world).await;
    let mut arrivals = world.origin.shut();
    let address = edge.address;
    let request = tokio::spawn(fetch(address, request("GET", "/", &["host: shop"])));
    arrivals.recv().await;
    edge.stop.send(()).unwrap();
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!edge.server.is_finished());
    world.origin.gate.add_permits(1);
    assert_eq!(request.await.unwrap().unwrap().body(), "body");
    edge.server.await.unwrap();
}

#[tokio::test]
async fn an_edge_in_front_of_an_http_origin() {
    let behind = World::new(&distribution(0, 0, 0), [ok("max-age=60")]);
    let origin = listen(&behind).await;
    let world = World::with(&distribution(0, 3600, 0), [Act::Hang], |builder| {
        builder.origin("o", Arc::new(to(origin.address)))
    });
    let mut post = request("POST", "/p", &["host: shop"]);
    *post.body_mut() = Bytes::from_static(b"sent");
    assert_eq!(world.send(post).await.body(), "body");
    let forwarded = behind.origin.last();
    assert_eq!((forwarded.uri().path(), forwarded.body().as_ref()), ("/p", &b"sent"[..]));
    assert_eq!(x_cache(&world.get("/").await), "Miss");
    assert_eq!(x_cache(&world.get("/").await), "Hit");
}

#[tokio::test]
async fn each_failure_of_an_http_origin_has_its_error() {
    let get = || request("GET", "/", &["host: o.invalid"]);
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    assert_eq!(fetch(closed, get()).await.unwrap_err(), OriginError::Unreachable);
    for (answer, error) in [
        (&b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"[..], OriginError::Incomplete),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nha", OriginError::Incomplete),
        (b"", OriginError::Incomplete),
        (b"SSH-2.0\r\n\r\n", OriginError::Incomplete),
    ] {
        let fetched = fetch(answer_once(answer), get()).await;
        assert_eq!(fetched.unwrap_err(), error, "{}", answer.escape_ascii());
    }
    for address in ["ftp://x", "http://", "http://x/path", "x"] {
        assert!(HttpOrigin::new(address, timeouts()).is_err(), "{address}");
    }
}
