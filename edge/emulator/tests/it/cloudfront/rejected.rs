//! What the emulator rejects at start-up because it does not emulate it.

use edge_emulator::{Distribution, DistributionError, Emulator};
use serde_json::{Value, json};

use crate::world::distribution;

/// The distribution with one more property, at a JSON pointer's parent.
fn with(parent: &str, name: &str, value: Value) -> Value {
    let mut distribution = distribution(0, 3600, 60);
    distribution.pointer_mut(parent).expect("the parent exists")[name] = value;
    distribution
}

fn rejection(distribution: &Value) -> String {
    match Distribution::parse(distribution.to_string().as_bytes()) {
        Err(error @ (DistributionError::NotEmulated(_) | DistributionError::Invalid { .. })) => {
            error.to_string()
        }
        other => panic!("expected a rejection, not {other:?}"),
    }
}

const CONFIG: &str = "/DistributionConfig";
const BEHAVIOR: &str = "/DistributionConfig/DefaultCacheBehavior";
const ORIGIN: &str = "/DistributionConfig/Origins/0";
const KEY: &str = "/CachePolicies/c/ParametersInCacheKeyAndForwardedToOrigin";

fn is_not_emulated(parent: &str, name: &str, value: Value, expected: &str) {
    assert_eq!(rejection(&with(parent, name, value)), format!("not emulated: {expected}"));
}

#[test]
fn an_unsupported_property_of_a_distribution_is_rejected_by_name() {
    let page = json!([{"ErrorCode": 404, "ResponsePagePath": "/404.html", "ResponseCode": 200}]);
    let groups = json!({"Quantity": 1, "Items": [{"Id": "g"}]});
    let geo = json!({"GeoRestriction": {"RestrictionType": "whitelist", "Locations": ["DE"]}});
    let access = json!({"OriginAccessIdentity": "x"});
    for (parent, name, value, expected) in [
        (CONFIG, "OriginGroups", groups, "origin groups"),
        (CONFIG, "Restrictions", geo, "geographic restrictions"),
        (CONFIG, "DefaultRootObject", json!("i"), "DistributionConfig.DefaultRootObject"),
        (CONFIG, "Novelty", json!({"On": true}), "DistributionConfig.Novelty"),
        (ORIGIN, "OriginShield", json!({"Enabled": true}), "origin shield"),
        (ORIGIN, "S3OriginConfig", access, "S3 origins"),
    ] {
        is_not_emulated(parent, name, value, expected);
    }
    let expected = "custom error pages (CustomErrorResponses.404.ResponseCode)";
    is_not_emulated(CONFIG, "CustomErrorResponses", page, expected);
    let expected = "origin access control (signed origin requests)";
    is_not_emulated(ORIGIN, "OriginAccessControlId", json!("E2Q"), expected);
}

#[test]
fn an_unsupported_property_of_a_behavior_is_rejected_by_name() {
    let function = json!([{"EventType": "viewer-request", "FunctionARN": "f"}]);
    let body =
        json!([{"EventType": "viewer-request", "LambdaFunctionARN": "f", "IncludeBody": true}]);
    let query = json!({"QueryString": true});
    let grpc = json!({"Enabled": true});
    for (name, value, expected) in [
        ("Compress", json!(true), "compression at the edge (let the origin compress)"),
        ("FieldLevelEncryptionId", json!("f"), "field-level encryption"),
        ("ForwardedValues", query, "legacy forwarding (use a cache policy)"),
        ("FunctionAssociations", function, "CloudFront Functions (hand in the Lambda@Edge form)"),
        ("GrpcConfig", grpc, "CacheBehaviors.default.GrpcConfig"),
        ("LambdaFunctionAssociations", body, "CacheBehaviors.default: IncludeBody"),
        ("TrustedKeyGroups", json!(["k"]), "signed URLs and cookies"),
    ] {
        is_not_emulated(BEHAVIOR, name, value, expected);
    }
    let country = json!({"HeaderBehavior": "whitelist", "Headers": ["CloudFront-Viewer-Country"]});
    let expected = "CachePolicies.c: header `CloudFront-Viewer-Country`";
    is_not_emulated(KEY, "HeadersConfig", country, expected);
}

#[test]
fn an_unset_property_is_accepted() {
    for (parent, name, value) in [
        (CONFIG, "OriginGroups", json!({"Quantity": 0, "Items": []})),
        (CONFIG, "Restrictions", json!({"GeoRestriction": {"RestrictionType": "none"}})),
        (CONFIG, "DefaultRootObject", json!("")),
        (CONFIG, "Comment", json!("hello")),
        (ORIGIN, "OriginAccessControlId", json!("")),
        (BEHAVIOR, "SmoothStreaming", json!(false)),
        (BEHAVIOR, "TrustedSigners", json!([])),
    ] {
        let distribution = with(parent, name, value);
        assert!(Distribution::parse(distribution.to_string().as_bytes()).is_ok(), "{name}");
    }
}

#[test]
fn an_invalid_distribution_is_rejected() {
    let whitelist = |name: &str| json!({"HeaderBehavior": "whitelist", "Headers": [name]});
    for (parent, name, value, expected) in [
        (
            KEY,
            "HeadersConfig",
            whitelist("Cookie"),
            "CachePolicies.c: header `Cookie` cannot be in the key",
        ),
        (
            KEY,
            "HeadersConfig",
            json!({"HeaderBehavior": "whitelist"}),
            "CachePolicies.c.HeadersConfig: names expected but none listed",
        ),
        (BEHAVIOR, "CachePolicyId", json!("x"), "CacheBehaviors.default: `x` is not in this file"),
        (BEHAVIOR, "TargetOriginId", json!("x"), "CacheBehaviors.default: `x` is not in this file"),
        (
            BEHAVIOR,
            "AllowedMethods",
            json!(["GET"]),
            "CacheBehaviors.default: AllowedMethods is not one of the three sets",
        ),
        (
            ORIGIN,
            "ConnectionAttempts",
            json!(4),
            "Origins.o: 1-3 attempts, connect 1-10 s, read 1-120 s, completion not below read",
        ),
        (
            ORIGIN,
            "OriginCustomHeaders",
            json!([{"HeaderName": "Host", "HeaderValue": "x"}]),
            "Origins.o: `host` cannot be an origin custom header",
        ),
        ("/CachePolicies/c", "MinTTL", json!(4_000), "CachePolicies.c: MinTTL is above MaxTTL"),
    ] {
        assert_eq!(rejection(&with(parent, name, value)), expected);
    }
}

#[test]
fn caching_disabled_leaves_no_room_for_a_key() {
    let mut disabled = distribution(0, 0, 0);
    disabled.pointer_mut(KEY).expect("it is there")["EnableAcceptEncodingGzip"] = json!(true);
    assert_eq!(
        rejection(&disabled),
        "CachePolicies.c: caching is disabled, so nothing can be in the key"
    );
}

#[test]
fn every_named_origin_must_be_provided() {
    let parsed = Distribution::parse(distribution(0, 3600, 60).to_string().as_bytes()).unwrap();
    let error = Emulator::builder(parsed).build().err().expect("no origin was provided");
    assert_eq!(
        error.to_string(),
        "the distribution fetches from the origin `o`, which was not provided"
    );
}

#[test]
fn accept_encoding_is_normalized_or_listed_but_not_both() {
    let listed = json!({"HeaderBehavior": "whitelist", "Headers": ["Accept-Encoding"]});
    let mut both = with(KEY, "HeadersConfig", listed);
    assert!(Distribution::parse(both.to_string().as_bytes()).is_ok());
    both.pointer_mut(KEY).expect("it is there")["EnableAcceptEncodingBrotli"] = json!(true);
    let expected = "CachePolicies.c: Accept-Encoding is both normalised and listed";
    assert_eq!(rejection(&both), expected);
}

#[test]
fn a_distribution_beyond_cloudfronts_quotas_is_rejected() {
    let base = distribution(0, 3600, 60);
    let behaviors = |count: usize| -> Value {
        let behavior = |number| {
            let mut behavior = base.pointer(BEHAVIOR).expect("it is there").clone();
            behavior["PathPattern"] = json!(format!("/{number}"));
            behavior
        };
        (0..count).map(behavior).collect()
    };
    let origins = |count: usize| -> Value {
        let origin = |number: usize| match number {
            0 => base.pointer(ORIGIN).expect("it is there").clone(),
            other => json!({"Id": format!("o{other}"), "DomainName": "o.invalid"}),
        };
        (0..count).map(origin).collect()
    };
    let names = |count: usize, length: usize| {
        let names: Vec<String> = (0..count).map(|n| format!("{n:0length$}")).collect();
        json!({"QueryStringBehavior": "whitelist", "QueryStrings": names})
    };
    let counts = "DistributionConfig: at most 75 behaviors and 100 origins";
    let lists = "CachePolicies.c.QueryStringsConfig: too many names: 10 and 1,024 characters is \
        the limit";
    for (parent, name, most, more, expected) in [
        (CONFIG, "CacheBehaviors", behaviors(75), behaviors(76), counts),
        (CONFIG, "Origins", origins(100), origins(101), counts),
        (KEY, "QueryStringsConfig", names(10, 1), names(11, 1), lists),
        (KEY, "QueryStringsConfig", names(1, 1_024), names(1, 1_025), lists),
    ] {
        let most = with(parent, name, most);
        assert!(Distribution::parse(most.to_string().as_bytes()).is_ok(), "{name}");
        assert_eq!(rejection(&with(parent, name, more)), expected);
    }
}
