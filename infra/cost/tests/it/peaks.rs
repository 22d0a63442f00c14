//! The busiest second against AWS's default quotas.

use infra_cost::{Peak, PriceFile, Profile, QuotaName, Strain};
use serde_json::json;

use crate::month::{month, parsed, quiet};

/// Seconds of 730 hours.
const MONTH_S: u64 = 2_628_000;

fn strain(profile: &Profile, quota: QuotaName) -> Strain {
    let file = PriceFile::built_in();
    let peak = Peak::of(profile, file.book(&profile.region).unwrap());
    peak.strains.into_iter().find(|strain| strain.quota == quota).unwrap()
}

#[test]
fn a_peak_at_the_quota_fits_and_one_above_suggests_a_higher_quota() {
    let mut profile = quiet();
    profile["region"] = json!("ap-south-1");
    profile["peak_factor"] = json!(50);
    // 12 webhooks a second, at the peak 600: Mumbai's quota.
    profile["webhooks"]["others"] = json!(12 * MONTH_S);
    let fits = strain(&parsed(&profile), QuotaName::PutEvents);
    assert_eq!((fits.needed, fits.allowed, fits.ask), (600, 600, None));
    profile["webhooks"]["others"] = json!(12 * MONTH_S + 1);
    let passes = strain(&parsed(&profile), QuotaName::PutEvents);
    assert_eq!(passes.needed, 601);
    // 601 and half of it are 901; rounded up to two digits.
    let (ask, how) = passes.ask.unwrap();
    assert_eq!(ask, 910);
    assert!(how.contains("PutEvents"), "{how}");
    profile["region"] = json!("us-east-1");
    let elsewhere = strain(&parsed(&profile), QuotaName::PutEvents);
    assert_eq!((elsewhere.allowed, elsewhere.ask), (10_000, None));
}

#[test]
fn environments_are_the_rate_times_the_duration() {
    // 100 a second from memory, 20 ms each: two environments.
    let profile = month(&[
        ("/reads/cart/a_month", 100 * MONTH_S),
        ("/assumed/own_ms", 20),
        ("/reads/cart/memory_hits_percent", 100),
    ]);
    assert_eq!(strain(&profile, QuotaName::LambdaEnvironments).needed, 2);
    let file = PriceFile::built_in();
    assert_eq!(Peak::of(&profile, file.book("us-east-1").unwrap()).read_environments, 2);
}

#[test]
fn an_order_is_two_webhooks_and_three_messages() {
    let profile = month(&[("/webhooks/orders/a_month", 10 * MONTH_S)]);
    assert_eq!(strain(&profile, QuotaName::PutEvents).needed, 20);
    assert_eq!(strain(&profile, QuotaName::RuleDeliveries).needed, 30);
    assert_eq!(strain(&profile, QuotaName::ApiRequests).needed, 20);
    assert_eq!(strain(&profile, QuotaName::EdgeRequests).needed, 20);
}

#[test]
fn edge_bytes_are_counted_in_bits() {
    let read = [
        ("/reads/product/a_month", MONTH_S),
        ("/reads/product/edge_hits_percent", 100),
        ("/reads/product/bytes", 1_000),
    ];
    assert_eq!(strain(&month(&read), QuotaName::EdgeBits).needed, 8_000);
}

#[test]
fn an_instance_of_lambda_at_edge_handles_ten_requests_a_second() {
    let mut profile = quiet();
    profile["edge"] = json!("lambda-at-edge");
    profile["reads"]["product"]["a_month"] = json!(10_001 * MONTH_S);
    let requests = strain(&parsed(&profile), QuotaName::EdgeLambdaRequests);
    assert_eq!((requests.needed, requests.ask.unwrap().0), (10_001, 16_000));
    let environments = strain(&parsed(&profile), QuotaName::EdgeLambdaEnvironments);
    assert_eq!((environments.needed, environments.ask.unwrap().0), (1_001, 1_600));
}
