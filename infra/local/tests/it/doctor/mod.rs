//! `forecourt doctor` as a process: a healthy shop passes, and each check detects its faults.

mod faults;
pub(crate) mod faulty_proxy;

use std::collections::BTreeSet;
use std::process::{Command, Output};

use infra_local::demo;
use serde_json::Value;

use crate::binary::forecourt;
use crate::shop::Shop;
use faults::FAULTS;

/// The key of a check's message in a report.
const MESSAGE: &str = "told";
/// A host where the demo's secrets are the default.
const HERE: [u8; 4] = [127, 0, 0, 1];
/// A host of the same machine where they are not.
const ELSEWHERE: [u8; 4] = [127, 0, 0, 2];

fn examine(url: &str, more: &[&str]) -> (Output, Value) {
    let always = ["doctor", "--json", "--requests", "3", "--patience", "1", "--url", url];
    let output = forecourt(&[&always, more].concat());
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output, report)
}

/// The checks of a report with this verdict.
fn with_verdict(report: &Value, verdict: &str) -> BTreeSet<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    let matching = checks.filter(|check| check["verdict"] == verdict);
    matching.map(|check| check["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_healthy_shop_passes_all_checks() {
    let shop = Shop::open();
    let forbidding =
        faulty_proxy::serve(&shop, |_, _| faulty_proxy::ProxyResponse::new(403, "Forbidden"), HERE);
    let url = shop.local().url();
    let output = forecourt(&[
        "doctor",
        "--url",
        &url,
        "--write",
        "--origin",
        &forbidding,
        "--requests",
        "3",
    ]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}");
    assert!(stdout.ends_with("\n31 ok, 0 failed, 1 skipped\n"), "{stdout}");
    assert!(
        stdout.contains("skipped  tls                          the URL is not https"),
        "{stdout}"
    );
}

#[test]
fn each_check_detects_its_fault() {
    let shop = Shop::open();
    let honest = faulty_proxy::serve(&shop, |origin, request| origin.forward(request), HERE);
    let mut untested = with_verdict(&examine(&honest, &[]).1, "ok");
    for (nth, (check, fault)) in FAULTS.iter().enumerate() {
        untested.remove(*check);
        let url = faulty_proxy::serve(&shop, *fault, HERE);
        let (output, report) = examine(&url, &["--only", check, "--write"]);
        assert_eq!(output.status.code(), Some(1), "fault {nth} of {check}: {report}");
        let result = &report["checks"][0];
        assert_eq!(result["verdict"], "failed", "{report}");
        assert!(result[MESSAGE].is_string() && result["mend"].is_string(), "{report}");
        let (_, healthy) = examine(&honest, &["--only", check]);
        assert_ne!(healthy["checks"][0]["verdict"], "failed", "without the fault: {healthy}");
    }
    assert_eq!(untested, BTreeSet::new(), "checks without a fault");
}

#[test]
fn an_origin_that_answers_without_the_edge_fails_its_check() {
    let shop = Shop::open();
    let url = shop.local().url();
    let about = ["--only", "no way around the edge", "--origin", &url];
    let (output, report) = examine(&url, &about);
    assert_eq!(output.status.code(), Some(1));
    let message = report["checks"][0][MESSAGE].as_str().unwrap();
    assert!(message.starts_with(&format!("GET {url}/health/ready is 200, not 403")), "{message}");
}

#[test]
fn if_nothing_answers_one_check_fails_and_the_rest_is_skipped() {
    let (output, report) = examine("http://127.0.0.1:9", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(with_verdict(&report, "failed"), BTreeSet::from(["health".to_owned()]));
    assert_eq!(report["skipped"], 31);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "forecourt: 1 of 32 checks failed\n");
}

#[test]
fn without_secrets_and_write_the_checks_that_need_them_are_skipped() {
    let shop = Shop::open();
    let elsewhere =
        faulty_proxy::serve(&shop, |origin, request| origin.forward(request), ELSEWHERE);
    let (output, report) = examine(&elsewhere, &[]);
    assert!(output.status.success(), "{report}");
    let expected = [
        "tls",
        "expired tokens",
        "two customers",
        "webhooks, signed",
        "app proxy, signed",
        "write and read back",
        "a write is applied",
        "no way around the edge",
    ];
    let expected: BTreeSet<_> = expected.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(with_verdict(&report, "skipped"), expected);
}

#[test]
fn secrets_come_from_a_file_or_the_environment_and_are_never_printed() {
    let shop = Shop::open();
    let elsewhere =
        faulty_proxy::serve(&shop, |origin, request| origin.forward(request), ELSEWHERE);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets.env");
    let examine_with = |keys: &str, shopify: &str| {
        let shop = demo::SHOP;
        let lines = format!(
            "FORECOURT_KEYS={keys}\nFORECOURT_SHOPIFY_SECRETS={shopify}\nFORECOURT_SHOP={shop}\n"
        );
        std::fs::write(&file, lines).unwrap();
        examine(&elsewhere, &["--secrets", &file.display().to_string()])
    };
    let (output, report) = examine_with(demo::KEYS, demo::SHOPIFY_SECRET);
    assert!(output.status.success(), "{report}");
    assert_eq!(report["skipped"], 4);
    let stranger = "dev1:another-key-00000000000000000000";
    let (output, report) = examine_with(stranger, "another-secret");
    let failed = ["expired tokens", "two customers", "webhooks, signed", "app proxy, signed"];
    let failed: BTreeSet<_> = failed.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(with_verdict(&report, "failed"), failed);
    let everything = format!("{output:?}");
    assert!(!everything.contains("another-key") && !everything.contains("another-secret"));
    let from_environment = Command::new(env!("CARGO_BIN_EXE_forecourt"))
        .args(["doctor", "--url", &elsewhere, "--only", "expired tokens"])
        .env("FORECOURT_KEYS", demo::KEYS)
        .output()
        .unwrap();
    let stdout = String::from_utf8(from_environment.stdout).unwrap();
    assert!(stdout.starts_with("ok       expired tokens"), "{stdout}");
}

#[test]
fn invalid_arguments_print_one_error_line() {
    let rejected = |arguments: &[&str]| {
        let output = forecourt(&[&["doctor"], arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let stderr = rejected(&["--url", "shop.example"]);
    assert!(stderr.contains("write https:// and a host, without a path"), "{stderr}");
    let stderr = rejected(&["--only", "everything"]);
    assert!(stderr.contains("--only everything: the checks are health; ready; "), "{stderr}");
    let stderr = rejected(&["--secrets", "/nowhere/secrets.env"]);
    assert!(stderr.starts_with("forecourt: /nowhere/secrets.env: "), "{stderr}");
}
