//! Stored objects: revalidation, conditions, HEAD, ranges, cookies (sections 6, 7, 11).

use crate::world::*;

const TAGGED: [&str; 2] = ["cache-control: max-age=60", "etag: \"v1\""];

#[tokio::test]
async fn a_fresh_object_answers_conditions_itself() {
    let dated = "last-modified: Thu, 01 Jan 2026 00:00:00 GMT";
    let act = says(200, &[TAGGED[0], TAGGED[1], dated, "content-type: a/b"], "body");
    let world = World::new(&distribution(0, 3600, 0), [act]);
    world.get("/").await;
    for (condition, status) in [
        ("if-none-match: \"v1\"", 304),
        ("if-none-match: \"a,b\", W/\"v1\"", 304),
        ("if-none-match: *", 304),
        ("if-none-match: \"v2\"", 200),
        ("if-match: \"v1\"", 200),
        ("if-match: W/\"v1\"", 412),
        ("if-match: \"v2\"", 412),
        ("if-modified-since: Thu, 01 Jan 2026 00:00:00 GMT", 304),
        ("if-modified-since: Wed, 31 Dec 2025 23:59:59 GMT", 200),
        ("if-modified-since: whenever", 200),
        ("if-unmodified-since: Thu, 01 Jan 2026 00:00:00 GMT", 200),
        ("if-unmodified-since: Wed, 31 Dec 2025 23:59:59 GMT", 412),
    ] {
        let response = world.get_with("/", &[condition]).await;
        assert_eq!(response.status().as_u16(), status, "{condition}");
        assert_eq!(response.body().is_empty(), status != 200, "{condition}");
        if status == 304 {
            assert_eq!(x_cache(&response), "Hit");
            assert_eq!(header(&response, "etag"), "\"v1\"");
            assert_eq!(
                (header(&response, "content-type"), header(&response, "content-length")),
                ("", "")
            );
        }
    }
    assert_eq!(world.origin.fetches(), 1);
}

#[tokio::test]
async fn a_head_that_misses_is_not_stored_for_a_get() {
    let head = says(200, &["cache-control: max-age=60", "content-length: 4"], "");
    let world = World::new(&distribution(0, 3600, 0), [head, ok("max-age=60")]);
    let response = world.send(request("HEAD", "/", &[])).await;
    assert_eq!((x_cache(&response), header(&response, "content-length")), ("Miss", "4"));
    assert_eq!(header(&response, "x-emu-not-cached"), "head");
    let response = world.get("/").await;
    assert_eq!((x_cache(&response), response.body().as_ref()), ("Miss", &b"body"[..]));
}

#[tokio::test]
async fn ranges_of_a_stored_object() {
    let body = "0123456789".repeat(1_024);
    let world = World::new(&distribution(0, 3600, 0), [says(200, &TAGGED, &body)]);
    world.get("/").await;
    for (range, status, content_range, expected) in [
        ("bytes=0-99", 206, "bytes 0-99/10240", &body[..100]),
        ("bytes=10-", 206, "bytes 10-10239/10240", &body[10..]),
        ("bytes=-5", 206, "bytes 10235-10239/10240", &body[10_235..]),
        ("bytes=0-99999", 206, "bytes 0-10239/10240", &body[..]),
        ("bytes=-99999", 206, "bytes 0-10239/10240", &body[..]),
        ("bytes=10240-", 416, "bytes */10240", ""),
        ("bytes=-0", 416, "bytes */10240", ""),
        ("bytes=300-400,100-200", 200, "", &body[..]),
        ("bytes=0-1,2-3", 200, "", &body[..]),
        ("bytes=9-1", 200, "", &body[..]),
        ("bytes=a-b", 200, "", &body[..]),
        ("lines=0-1", 200, "", &body[..]),
    ] {
        let response = world.get_with("/", &[&format!("range: {range}")]).await;
        assert_eq!(response.status().as_u16(), status, "{range}");
        assert_eq!(header(&response, "content-range"), content_range, "{range}");
        assert!(response.body() == expected, "{range}: the bytes");
        if status == 206 {
            assert_eq!(header(&response, "content-length"), expected.len().to_string());
            assert_eq!(x_cache(&response), "Hit");
        }
    }
    for (condition, status) in [("\"v1\"", 206), ("W/\"v1\"", 200), ("\"v2\"", 200)] {
        let condition = format!("if-range: {condition}");
        let response = world.get_with("/", &["range: bytes=0-9", &condition]).await;
        assert_eq!(response.status().as_u16(), status, "{condition}");
    }
    assert_eq!(world.origin.fetches(), 1);
}

#[tokio::test]
async fn a_part_from_the_origin_is_passed_on_and_not_stored() {
    let part = says(206, &["cache-control: max-age=60", "content-range: bytes 0-1/4"], "bo");
    let world = World::new(&distribution(0, 3600, 0), [part, ok("max-age=60")]);
    let response = world.get_with("/", &["range: bytes=0-1"]).await;
    assert_eq!((response.status().as_u16(), response.body().as_ref()), (206, &b"bo"[..]));
    assert_eq!(header(&response, "x-emu-not-cached"), "partial-content");
    let response = world.get("/").await;
    assert_eq!((x_cache(&response), response.body().as_ref()), ("Miss", &b"body"[..]));
}

#[tokio::test]
async fn the_least_recently_used_objects_make_room() {
    let big = "x".repeat(40_000);
    let act = says(200, &["cache-control: max-age=60"], &big);
    // Sixteen shards of 64 KiB: each holds one such object.
    let world = World::with(&distribution(0, 3600, 0), [act], |builder| {
        builder.store_bytes_max(16 * 64 * 1024)
    });
    for number in 0..100 {
        world.get(&format!("/{number}")).await;
    }
    assert_eq!(x_cache(&world.get("/99").await), "Hit", "the newest is there");
    let mut hits = 0;
    for number in 0..100 {
        let response = world.get_with(&format!("/{number}"), &["range: bytes=0-0"]).await;
        hits += usize::from(x_cache(&response) == "Hit");
    }
    assert!(hits <= 16, "{hits} objects of 40 kB in 1 MiB of shards");

    let world = World::with(&distribution(0, 3600, 0), [says(200, &TAGGED, &big)], |builder| {
        builder.store_bytes_max(16 * 32 * 1024)
    });
    let response = world.get("/").await;
    assert_eq!(header(&response, "x-emu-not-cached"), "too-large");
}

#[tokio::test]
async fn a_range_counts_the_bytes_as_stored() {
    let headers = ["cache-control: max-age=60", "content-encoding: gzip", "etag: \"v1\""];
    let world = World::new(&distribution(0, 3600, 0), [says(200, &headers, "0123456789")]);
    world.get("/").await;
    let response = world.get_with("/", &["range: bytes=2-4"]).await;
    assert_eq!((response.status().as_u16(), x_cache(&response)), (206, "Hit"));
    assert_eq!(header(&response, "content-range"), "bytes 2-4/10");
    assert_eq!(header(&response, "content-encoding"), "gzip");
    assert_eq!(response.body(), "234");
}
