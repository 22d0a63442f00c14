//! The access log, in the format of CloudFront's standard logs (section 17).

use std::sync::{Arc, Mutex};

use edge_emulator::{ACCESS_LOG_HEADER, AccessLog, OriginError};

use crate::world::*;

/// A log in memory.
#[derive(Default)]
pub(crate) struct Lines(Mutex<Vec<String>>);

impl AccessLog for Lines {
    fn write(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

impl Lines {
    /// The fields of the last line, by name.
    pub(crate) fn last(&self, names: &[&str]) -> Vec<String> {
        let all = ACCESS_LOG_HEADER.split("#Fields: ").nth(1).unwrap().split(' ');
        let all: Vec<&str> = all.collect();
        let lines = self.0.lock().unwrap();
        let values: Vec<&str> = lines.last().unwrap().split('\t').collect();
        assert_eq!(values.len(), all.len());
        let value = |name: &&str| values[all.iter().position(|it| it == name).unwrap()].to_owned();
        names.iter().map(value).collect()
    }
}

pub(crate) fn logged(acts: impl IntoIterator<Item = Act>) -> (World, Arc<Lines>) {
    let lines = Arc::new(Lines::default());
    let log = Arc::clone(&lines);
    let world = World::with(&distribution(0, 3600, 0), acts, |builder| builder.access_log(log));
    (world, lines)
}

#[tokio::test]
async fn a_request_has_one_line_with_the_fields_of_cloudfront() {
    let headers = ["cache-control: max-age=60", "content-type: text/plain; charset=utf-8"];
    let (world, lines) = logged([says(200, &headers, "body")]);
    world.clock.at_ms(86_400_000);
    let request = request(
        "GET",
        "/a%20b?c=1&d=|",
        &["host: shop.example", "user-agent: Mozilla/5.0 (X)", "x-forwarded-for: 192.0.2.1"],
    );
    let response = world.send(request).await;
    let id = header(&response, "x-amz-cf-id");
    let lines_of = response.headers().iter();
    let head = lines_of.map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>();
    let bytes = "HTTP/1.1 200 OK\r\n".len() + head + 2 + 4;
    let expected = [
        "2026-01-02\t00:00:00\tLCL50-C1",
        &format!("{bytes}\t203.0.113.9\tGET\tdlocal.cloudfront.net\t/a%2520b\t200\t-"),
        "Mozilla/5.0%20(X)\tc=1&d=%7C\t-\tMiss",
        &format!("{id}\tshop.example\thttp\t108\t0.000\t192.0.2.1\t-\t-\tMiss\tHTTP/1.1\t-\t-\t-"),
        "0.000\tMiss\ttext/plain;%20charset=utf-8\t4\t-\t-",
    ];
    assert_eq!(*lines.0.lock().unwrap(), [expected.join("\t")]);
}

#[tokio::test]
async fn each_result_has_its_word() {
    let (world, lines) = logged([ok("max-age=60, stale-if-error=0")]);
    let results = ["sc-status", "x-edge-result-type", "x-edge-detailed-result-type"];
    world.get("/").await;
    assert_eq!(lines.last(&results), ["200", "Miss", "Miss"]);
    world.get_with("/", &["range: bytes=1-2"]).await;
    assert_eq!(lines.last(&results), ["206", "Hit", "Hit"]);
    let part = ["sc-content-len", "sc-range-start", "sc-range-end"];
    assert_eq!(lines.last(&part), ["2", "1", "2"]);
    for (error, status, detail) in [
        (OriginError::Unreachable, "502", "OriginConnectError"),
        (OriginError::Timeout, "504", "OriginCommError"),
        (OriginError::Incomplete, "502", "OriginReadError"),
        (OriginError::Invalid, "502", "OriginInvalidResponseError"),
    ] {
        world.origin.then(Act::Fail(error));
        world.get(&format!("/{detail}")).await;
        assert_eq!(lines.last(&results), [status, "Error", detail]);
        // From the cache, for 10 s.
        world.get(&format!("/{detail}")).await;
        assert_eq!(lines.last(&results), [status, "Error", "Error"]);
    }
    world.send(request("TRACE", "/", &[])).await;
    assert_eq!(lines.last(&results), ["403", "Error", "InvalidRequestMethod"]);
    world.get(&format!("/{}", "a".repeat(8_192))).await;
    assert_eq!(lines.last(&results), ["414", "Error", "InvalidRequest"]);
}

#[tokio::test]
async fn a_log_has_no_cookie() {
    let (world, lines) = logged([ok("max-age=60")]);
    world.get_with("/", &["cookie: session=secret"]).await;
    assert_eq!(lines.last(&["cs(Cookie)"]), ["-"]);
    assert!(!lines.0.lock().unwrap()[0].contains("secret"));
}
