//! What a viewer sends on the wire: hosts, framing, expectations, and lengths of answers to HEAD
//! (section 18).

use std::net::SocketAddr;

use http::StatusCode;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::*;

async fn listen(world: &World) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let emulator = world.emulator.clone();
    tokio::spawn(async move { emulator.serve(listener, std::future::pending()).await });
    address
}

/// Sends the bytes, and reads until the edge closes the connection.
async fn raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

fn uncached() -> World {
    World::new(&distribution(0, 0, 0), [ok("no-store")])
}

#[tokio::test]
async fn a_request_names_one_valid_host() {
    let world = uncached();
    let edge = listen(&world).await;
    for (request_line, hosts, expected) in [
        ("GET / HTTP/1.1", "Host: shop.example\r\n", 200),
        ("GET / HTTP/1.1", "Host: 127.0.0.1:8080\r\n", 200),
        ("GET / HTTP/1.1", "Host: [::1]:8080\r\n", 200),
        ("GET / HTTP/1.1", "Host: shop.example:\r\n", 200),
        ("GET / HTTP/1.1", "", 400),
        ("GET / HTTP/1.1", "Host:\r\n", 400),
        ("GET / HTTP/1.1", "Host: :8080\r\n", 400),
        ("GET / HTTP/1.1", "Host: a.example\r\nHost: b.example\r\n", 400),
        ("GET / HTTP/1.1", "Host: a.example\r\nHost: a.example\r\n", 400),
        ("GET / HTTP/1.1", "Host: a.example, b.example\r\n", 400),
        ("GET / HTTP/1.1", "Host: a.example/path\r\n", 400),
        ("GET / HTTP/1.1", "Host: user@a.example\r\n", 400),
        ("GET / HTTP/1.1", "Host: a.example:http\r\n", 400),
        ("GET / HTTP/1.1", "Host: [::1\r\n", 400),
        ("GET / HTTP/1.1", "Host: \u{fc}.example\r\n", 400),
        ("GET / HTTP/1.0", "", 200),
        ("GET / HTTP/1.0", "Host: a.example\r\nHost: b.example\r\n", 400),
        ("GET http://shop.example/ HTTP/1.1", "Host: shop.example\r\n", 200),
        ("GET http://shop.example HTTP/1.1", "Host:\r\n", 200),
        ("GET http://shop.example/ HTTP/1.1", "", 400),
        ("GET http://shop.example/ HTTP/1.1", "Host: a.example\r\nHost: b.example\r\n", 400),
        ("GET http://user@shop.example/ HTTP/1.1", "Host: shop.example\r\n", 400),
        ("GET ftp://shop.example/ HTTP/1.1", "Host: shop.example\r\n", 400),
        ("OPTIONS * HTTP/1.1", "Host: shop.example\r\n", 400),
        ("CONNECT shop.example:443 HTTP/1.1", "Host: shop.example:443\r\n", 400),
    ] {
        let request = format!("{request_line}\r\n{hosts}Connection: close\r\n\r\n");
        let answer = raw(edge, &request).await;
        assert_eq!(status(&answer), expected, "{request_line}, {hosts:?}");
    }
}

/// RFC 9110 section 5.5: visible characters, spaces, tabs and bytes above 127.
#[tokio::test]
async fn a_header_with_a_control_character_is_answered_with_400_by_the_parser() {
    let world = uncached();
    let edge = listen(&world).await;
    for (value, expected) in [
        ("a b", 200),
        ("a\tb", 200),
        ("a\u{fc}b", 200),
        ("", 200),
        ("a\u{0}b", 400),
        ("a\u{1}b", 400),
        ("a\u{1f}b", 400),
        ("a\u{7f}b", 400),
        ("a\rb", 400),
    ] {
        let request =
            format!("GET / HTTP/1.1\r\nHost: shop\r\nX-A: {value}\r\nConnection: close\r\n\r\n");
        assert_eq!(status(&raw(edge, &request).await), expected, "{value:?}");
    }
}

#[tokio::test]
async fn the_host_of_an_absolute_target_counts() {
    let mut redirecting = distribution(0, 0, 0);
    redirecting["DistributionConfig"]["DefaultCacheBehavior"]["ViewerProtocolPolicy"] =
        json!("redirect-to-https");
    let world = World::new(&redirecting, [ok("no-store")]);
    let edge = listen(&world).await;
    let send = |scheme: &str| {
        let line = format!("GET {scheme}://a.example/x?y HTTP/1.1");
        let request = format!("{line}\r\nHost: b.example\r\nConnection: close\r\n\r\n");
        async move { raw(edge, &request).await }
    };
    let answer = send("http").await;
    assert!(answer.contains("\r\nlocation: https://a.example/x?y\r\n"), "{answer}");
    // This connection has no TLS, whatever the target says.
    assert_eq!(status(&send("https").await), 421);
    assert_eq!(world.origin.fetches(), 0);
}

#[tokio::test]
async fn a_body_that_is_not_framed_by_the_rules_is_rejected() {
    let world = uncached();
    let edge = listen(&world).await;
    let chunked = "5\r\nhello\r\n0\r\n\r\n";
    for (headers, body, expected) in [
        ("Content-Length: 5\r\n", "hello", 200),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", "hello", 200),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", "hello", 400),
        ("Content-Length: 5, 6\r\n", "hello", 400),
        ("Content-Length: +5\r\n", "hello", 400),
        ("Content-Length: -5\r\n", "hello", 400),
        ("Content-Length:\r\n", "hello", 400),
        ("Content-Length: 99999999999999999999\r\n", "hello", 400),
        ("Transfer-Encoding: Chunked\r\n", chunked, 200),
        ("Transfer-Encoding: chunked\r\n", "5;name=value\r\nhello\r\n0\r\n\r\n", 200),
        ("Transfer-Encoding: chunked\r\n", "zz\r\nhello\r\n0\r\n\r\n", 400),
        ("Transfer-Encoding: chunked\r\n", "-5\r\nhello\r\n0\r\n\r\n", 400),
        ("Transfer-Encoding: chunked\r\n", "11111111111111111\r\nhello\r\n0\r\n\r\n", 400),
        ("Transfer-Encoding: chunked\r\n", "4\r\nhello\r\n0\r\n\r\n", 400),
        ("Transfer-Encoding: gzip, chunked\r\n", chunked, 501),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", chunked, 501),
        ("Transfer-Encoding: identity, chunked\r\n", chunked, 501),
        ("Transfer-Encoding: chunked, chunked\r\n", chunked, 400),
        ("Transfer-Encoding: gzip\r\n", "hello", 400),
        ("Transfer-Encoding: chunked, gzip\r\n", "hello", 400),
        ("Transfer-Encoding: identity\r\n", "hello", 400),
    ] {
        let head = format!("POST / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{headers}");
        let answer = raw(edge, &format!("{head}\r\n{body}")).await;
        assert_eq!(status(&answer), expected, "{headers:?}, {body:?}");
        if expected == 200 {
            assert_eq!(world.origin.last().body(), "hello", "{headers:?}");
        }
    }
    let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(status(&raw(edge, &format!("{old}{chunked}")).await), 400);
}

#[tokio::test]
async fn a_length_beside_chunks_is_ignored_and_ends_the_connection() {
    let world = uncached();
    let edge = listen(&world).await;
    for headers in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
    ] {
        let post = format!("POST / HTTP/1.1\r\nHost: shop\r\n{headers}\r\n5\r\nhello\r\n0\r\n\r\n");
        // The second request of the connection gets no answer.
        let answer =
            raw(edge, &format!("{post}GET /smuggled HTTP/1.1\r\nHost: shop\r\n\r\n")).await;
        assert_eq!((status(&answer), answer.matches("HTTP/1.1 ").count()), (200, 1), "{answer}");
        assert_eq!(world.origin.last().body(), "hello");
    }
}

#[tokio::test]
async fn a_body_that_ends_early_is_a_bad_request() {
    let world = uncached();
    let edge = listen(&world).await;
    for part in ["Content-Length: 9\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n9\r\nhello"] {
        let mut stream = TcpStream::connect(edge).await.unwrap();
        let request = format!("POST / HTTP/1.1\r\nHost: shop\r\n{part}");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!(status(&answer), 400, "{part:?}");
    }
    assert_eq!(world.origin.fetches(), 0);
}

#[tokio::test]
async fn what_the_head_decides_is_answered_before_the_body_is_sent() {
    let mut reads_only = distribution(0, 0, 0);
    let behavior = &mut reads_only["DistributionConfig"]["DefaultCacheBehavior"];
    behavior["AllowedMethods"] = json!(["GET", "HEAD"]);
    let edge = listen(&uncached()).await;
    let read_edge = listen(&World::new(&reads_only, [ok("no-store")])).await;
    let url = format!("/{}", "a".repeat(8_192));
    let large = format!("X-A: {}\r\n", "a".repeat(33_000));
    let expect = "Expect: 100-continue\r\nContent-Length: 5\r\n";
    let chunked = "Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n";
    let length = |length: &str, more: &str| format!("Content-Length: {length}\r\n{more}");
    for (edge, line, headers, expected) in [
        (edge, "POST /", length("20971521", "Expect: 100-continue\r\n"), 413),
        (edge, "POST /", length("999999999", "Expect: 100-continue\r\n"), 413),
        (edge, "POST /", length("999999999", ""), 413),
        (edge, "GET /", expect.to_owned(), 403),
        (edge, "HEAD /", expect.to_owned(), 403),
        (edge, "GET /", chunked.to_owned(), 403),
        (edge, &format!("POST {url}"), expect.to_owned(), 414),
        (edge, "POST /", format!("{expect}{large}"), 494),
        (edge, "POST /", format!("{expect}Host: again\r\n"), 400),
        (edge, "BREW /", expect.to_owned(), 403),
        (read_edge, "POST /", expect.to_owned(), 403),
        (edge, "POST /", "Expect: 200-ok\r\nContent-Length: 5\r\n".to_owned(), 417),
        (edge, "POST /", "Expect: 100-continue, x=y\r\nContent-Length: 5\r\n".to_owned(), 417),
    ] {
        let answer = raw(edge, &format!("{line} HTTP/1.1\r\nHost: shop\r\n{headers}\r\n")).await;
        assert_eq!(status(&answer), expected, "{} {headers:.80}", &line[..6]);
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_viewer_that_waits_for_100_gets_it() {
    let world = uncached();
    let edge = listen(&world).await;
    let mut stream = TcpStream::connect(edge).await.unwrap();
    let head = "POST / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: 5\r\n";
    stream.write_all(format!("{head}Expect: 100-continue\r\n\r\n").as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hello").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!((status(&answer), world.origin.last().body().as_ref()), (200, &b"hello"[..]));
    // HTTP/1.0 knows no expectations, so they are ignored.
    let old = "POST / HTTP/1.0\r\nExpect: 200-ok\r\nContent-Length: 5\r\n\r\nhello";
    assert_eq!(status(&raw(edge, old).await), 200);
}

/// The `Content-Length` of an answer, if it has one.
fn length(answer: &str) -> Option<usize> {
    let value = answer.split("\r\ncontent-length: ").nth(1)?.split("\r\n").next()?;
    Some(value.parse().unwrap())
}

#[tokio::test]
async fn head_says_the_length_of_get_or_none() {
    let answer_of_head = says(200, &["cache-control: max-age=60", "content-length: 4"], "");
    let without = says(200, &["cache-control: max-age=60"], "");
    let fail = || Act::Fail(edge_emulator::OriginError::Unreachable);
    let problem = says(404, &["cache-control: max-age=60"], "not here");
    let long = format!("/{}", "a".repeat(8_192));
    let mut rejecting = distribution(0, 3600, 0);
    rejecting["DistributionConfig"]["DefaultCacheBehavior"]["AllowedMethods"] =
        json!(["GET", "HEAD"]);
    // The acts are those of the HEAD and of the GET after it, and of another HEAD.
    let cases = [
        (
            "miss",
            distribution(0, 3600, 0),
            "/",
            vec![answer_of_head, ok("max-age=60")],
            200,
            [Some(4); 3],
        ),
        (
            "unknown",
            distribution(0, 3600, 0),
            "/",
            vec![without, ok("max-age=60")],
            200,
            [None, Some(4), Some(4)],
        ),
        ("error", distribution(0, 3600, 0), "/", vec![problem], 404, [Some(8); 3]),
        ("bypass", distribution(0, 0, 0), "/", vec![ok("no-store")], 200, [Some(4); 3]),
        ("failure", distribution(0, 3600, 0), "/", vec![fail()], 502, [Some(158); 3]),
        ("rejected", rejecting, &long, vec![fail()], 414, [Some(158); 3]),
    ];
    for (name, distribution, target, acts, expected, lengths) in cases {
        let edge = listen(&World::new(&distribution, acts)).await;
        for (method, expected_length) in ["HEAD", "GET", "HEAD"].into_iter().zip(lengths) {
            let line = format!("{method} {target} HTTP/1.1");
            let request = format!("{line}\r\nHost: shop\r\nConnection: close\r\n\r\n");
            let answer = raw(edge, &request).await;
            assert_eq!(status(&answer), expected, "{name}, {method}");
            assert_eq!(length(&answer), expected_length, "{name}, {method}");
            let body = answer.split_once("\r\n\r\n").unwrap().1;
            let sent = if method == "HEAD" { 0 } else { expected_length.unwrap() };
            assert_eq!(body.len(), sent, "{name}, {method}");
        }
    }
    let no_content = World::new(&self::distribution(0, 0, 0), [says(204, &[], "")]);
    let edge = listen(&no_content).await;
    let request = "HEAD / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n";
    let answer = raw(edge, request).await;
    assert_eq!((status(&answer), length(&answer)), (StatusCode::NO_CONTENT.as_u16(), None));
}
