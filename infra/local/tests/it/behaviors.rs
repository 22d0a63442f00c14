//! `edge/distribution.json` sends every route of the table to the function that serves it, with the
//! cache policy and the response headers of its class.

use edge_wire::routes::{Class, Exposure, PROXY_PREFIX, ROUTES};
use serde_json::Value;

const DISTRIBUTION: &str = include_str!("../../../../edge/distribution.json");

/// Whether a path pattern with at most one `*` matches.
fn is_match(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((first, last)) => {
            let rest = path.strip_prefix(first);
            rest.is_some_and(|rest| rest.ends_with(last))
        }
    }
}

/// A path of the route for each way in which it is reached.
fn paths(path: &str, exposure: Exposure) -> Vec<String> {
    let direct = path.replace(['{', '}'], "");
    let proxied = format!("{PROXY_PREFIX}{direct}");
    match exposure {
        Exposure::Direct => vec![direct],
        Exposure::Proxy => vec![proxied],
        Exposure::Both => vec![direct, proxied],
    }
}

#[test]
fn every_route_has_a_behavior_with_its_function_and_its_class() {
    let file: Value = serde_json::from_str(DISTRIBUTION).unwrap();
    let config = &file["DistributionConfig"];
    let behaviors = config["CacheBehaviors"].as_array().unwrap();
    for route in ROUTES {
        let Some(function) = route.function else { continue };
        let class = match route.class {
            Class::Public => "public",
            Class::Personal => "personal",
            Class::Uncached => "uncached",
        };
        for path in paths(route.path, route.exposure) {
            let pattern = |behavior: &Value| behavior["PathPattern"].as_str().unwrap().to_owned();
            let behavior = behaviors.iter().find(|one| is_match(&pattern(one), &path));
            let behavior = behavior.unwrap_or(&config["DefaultCacheBehavior"]);
            let named = |member: &str| behavior[member].as_str().unwrap();
            let headers = named("ResponseHeadersPolicyId");
            let headers = headers.trim_end_matches("-closed").trim_end_matches("-page");
            let found = (named("TargetOriginId"), named("CachePolicyId"), headers);
            assert_eq!(found, (function.name(), class, class), "{} {path}", route.method);
        }
    }
}
