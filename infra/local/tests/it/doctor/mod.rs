//! `forecourt doctor`, the real process: a healthy shop is found healthy, and each check notices
//! when what it looks at is not so.

mod liar;
mod lies;

use std::collections::BTreeSet;
use std::process::{Command, Output};

use infra_local::demo;
use serde_json::Value;

use crate::command_line::forecourt;
use crate::shop::Shop;
use lies::LIES;

/// Where the demo's secrets are believed to be known.
const HERE: [u8; 4] = [127, 0, 0, 1];
/// Where they are not, though it is the same machine.
const ELSEWHERE: [u8; 4] = [127, 0, 0, 2];

fn examined(url: &str, more: &[&str]) -> (Output, Value) {
    let always = ["doctor", "--json", "--requests", "3", "--patience", "1", "--url", url];
    let output = forecourt(&[&always, more].concat());
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output, report)
}

/// The checks of a report with this verdict.
fn with_verdict(report: &Value, verdict: &str) -> BTreeSet<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    let found = checks.filter(|check| check["verdict"] == verdict);
    found.map(|check| check["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_healthy_shop_is_found_healthy() {
    let shop = Shop::open();
    let forbidding = liar::before(&shop, |_, _| liar::Got::new(403, "Forbidden"), HERE);
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
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{told}");
    assert!(told.ends_with("\n31 ok, 0 failed, 1 skipped\n"), "{told}");
    assert!(told.contains("skipped  tls                          the URL is not https"), "{told}");
}

#[test]
fn each_check_notices_what_it_is_there_for() {
    let shop = Shop::open();
    let honest = liar::before(&shop, |truth, sent| truth.of(sent), HERE);
    let mut unlooked = with_verdict(&examined(&honest, &[]).1, "ok");
    for (nth, (check, lie)) in LIES.iter().enumerate() {
        unlooked.remove(*check);
        let url = liar::before(&shop, *lie, HERE);
        let (output, report) = examined(&url, &["--only", check, "--write"]);
        assert_eq!(output.status.code(), Some(1), "lie {nth} about {check}: {report}");
        let found = &report["checks"][0];
        assert_eq!(found["verdict"], "failed", "{report}");
        assert!(found["told"].is_string() && found["mend"].is_string(), "{report}");
        let (_, healthy) = examined(&honest, &["--only", check]);
        assert_ne!(healthy["checks"][0]["verdict"], "failed", "without the lie: {healthy}");
    }
    assert_eq!(unlooked, BTreeSet::new(), "nobody lied about these");
}

#[test]
fn an_origin_that_answers_anybody_is_told() {
    let shop = Shop::open();
    let url = shop.local().url();
    let about = ["--only", "no way around the edge", "--origin", &url];
    let (output, report) = examined(&url, &about);
    assert_eq!(output.status.code(), Some(1));
    let told = report["checks"][0]["told"].as_str().unwrap();
    assert!(told.starts_with(&format!("GET {url}/health/ready is 200, not 403")), "{told}");
}

#[test]
fn where_nothing_answers_one_check_fails_and_the_rest_is_skipped() {
    let (output, report) = examined("http://127.0.0.1:9", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(with_verdict(&report, "failed"), BTreeSet::from(["health".to_owned()]));
    assert_eq!(report["skipped"], 31);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "forecourt: 1 of 32 checks failed\n");
}

#[test]
fn without_secrets_what_needs_them_is_skipped_and_nothing_is_written_unasked() {
    let shop = Shop::open();
    let elsewhere = liar::before(&shop, |truth, sent| truth.of(sent), ELSEWHERE);
    let (output, report) = examined(&elsewhere, &[]);
    assert!(output.status.success(), "{report}");
    let expected = [
        "tls",
        "expired tokens",
        "two customers",
        "webhooks Shopify signed",
        "app proxy, signed",
        "write and read back",
        "a write is applied",
        "no way around the edge",
    ];
    let expected: BTreeSet<_> = expected.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(with_verdict(&report, "skipped"), expected);
}

#[test]
fn secrets_come_from_a_file_or_the_environment_and_are_never_told() {
    let shop = Shop::open();
    let elsewhere = liar::before(&shop, |truth, sent| truth.of(sent), ELSEWHERE);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets.env");
    let told = |keys: &str, shopify: &str| {
        let shop = demo::SHOP;
        let lines = format!(
            "FORECOURT_KEYS={keys}\nFORECOURT_SHOPIFY_SECRETS={shopify}\nFORECOURT_SHOP={shop}\n"
        );
        std::fs::write(&file, lines).unwrap();
        examined(&elsewhere, &["--secrets", &file.display().to_string()])
    };
    let (output, report) = told(demo::KEYS, demo::SHOPIFY_SECRET);
    assert!(output.status.success(), "{report}");
    assert_eq!(report["skipped"], 4);
    let stranger = "dev1:another-key-00000000000000000000";
    let (output, report) = told(stranger, "another-secret");
    let failed =
        ["expired tokens", "two customers", "webhooks Shopify signed", "app proxy, signed"];
    let failed: BTreeSet<_> = failed.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(with_verdict(&report, "failed"), failed);
    let everything = format!("{output:?}");
    assert!(!everything.contains("another-key") && !everything.contains("another-secret"));
    let from_environment = Command::new(env!("CARGO_BIN_EXE_forecourt"))
        .args(["doctor", "--url", &elsewhere, "--only", "expired tokens"])
        .env("FORECOURT_KEYS", demo::KEYS)
        .output()
        .unwrap();
    let told = String::from_utf8(from_environment.stdout).unwrap();
    assert!(told.starts_with("ok       expired tokens"), "{told}");
}

#[test]
fn what_cannot_be_looked_at_is_one_clear_line() {
    let refused = |arguments: &[&str]| {
        let output = forecourt(&[&["doctor"], arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let told = refused(&["--url", "shop.example"]);
    assert!(told.contains("write https:// and a host, without a path"), "{told}");
    let told = refused(&["--only", "everything"]);
    assert!(told.contains("--only everything: the checks are health; ready; "), "{told}");
    let told = refused(&["--secrets", "/nowhere/secrets.env"]);
    assert!(told.starts_with("forecourt: /nowhere/secrets.env: "), "{told}");
}
