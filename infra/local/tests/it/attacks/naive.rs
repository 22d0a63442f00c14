//! Removed guards of the edge, in its function and in its distribution. Each is one change.

use edge_wire::query::parse;
use edge_wire::routes::{Class, ROUTES};
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use super::wiring::Wiring;
use crate::client::signed;

// === the function ===

/// Paths are normalised: escapes are decoded, dots resolved, and anything after a delimiter or a
/// personal route is cut.
pub(super) fn normalises_paths(wiring: Wiring) -> Wiring {
    wiring.function(|real, request| {
        let mut normalised = request.clone();
        normalised["uri"] = json!(normalised_path(request["uri"].as_str().unwrap()));
        real(&normalised)
    })
}

fn normalised_path(path: &str) -> String {
    let decoded = (0..2).fold(path.to_owned(), |path, _| {
        let value = format!("p={}", path.replace('+', "%2B").replace('&', "%26"));
        parse(&value).map_or(path, |pairs| pairs[0].1.clone().into_owned())
    });
    let cut = decoded.split([';', '?', '&', '#', '\0', '\t', '\n']).next().unwrap();
    let mut segments: Vec<&str> = Vec::new();
    for segment in cut.split(['/', '\\']) {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    let resolved = format!("/{}", segments.join("/"));
    let is_personal = |path: &&str| resolved.starts_with(&format!("{path}/"));
    let personal = ROUTES.iter().filter(|route| route.class == Class::Personal);
    let known = ROUTES.iter().any(|route| route.is_at(&resolved));
    let cut = personal.map(|route| route.path).find(is_personal).filter(|_| !known);
    cut.map_or(resolved.clone(), str::to_owned)
}

/// All headers of the viewer are forwarded, except ours.
pub(super) fn keeps_viewers_headers(wiring: Wiring) -> Wiring {
    wiring.function(|real, request| {
        let mut verdict = real(request);
        if verdict.get("status").is_none() {
            for (name, values) in request["headers"].as_object().unwrap() {
                let is_new = verdict["headers"].get(name).is_none();
                if is_new && !name.starts_with("forecourt-") {
                    verdict["headers"][name] = values.clone();
                }
            }
        }
        verdict
    })
}

/// The query of the viewer is forwarded unchanged.
pub(super) fn keeps_viewers_query(wiring: Wiring) -> Wiring {
    wiring.function(|real, request| {
        let mut bare = request.clone();
        bare["querystring"] = json!("");
        let mut verdict = real(&bare);
        if verdict.get("status").is_none() {
            verdict["querystring"] = request["querystring"].clone();
        }
        verdict
    })
}

/// A request with an identity header is forwarded unchanged.
pub(super) fn keeps_viewers_identity(wiring: Wiring) -> Wiring {
    wiring.function(|real, request| match request["headers"].get("forecourt-identity") {
        Some(_) => request.clone(),
        None => real(request),
    })
}

/// Bookmarks of any resource are forwarded unchanged.
pub(super) fn keeps_viewers_bookmarks(wiring: Wiring) -> Wiring {
    wiring.function(|real, request| {
        let mut bare = request.clone();
        let bookmark = bare["headers"].as_object_mut().unwrap().remove("forecourt-bookmark");
        let mut verdict = real(&bare);
        if let (Some(bookmark), None) = (bookmark, verdict.get("status")) {
            verdict["headers"]["forecourt-bookmark"] = bookmark;
        }
        verdict
    })
}

/// The customer of an unsigned query is trusted.
pub(super) fn believes_unsigned_queries(wiring: Wiring) -> Wiring {
    wiring.function(|real, request| {
        let (uri, query) = (&request["uri"], request["querystring"].as_str().unwrap());
        if !uri.as_str().unwrap().starts_with("/proxy/") {
            return real(request);
        }
        let pairs = parse(query).unwrap_or_default();
        let named = pairs.iter().rfind(|(name, _)| name == "logged_in_customer_id");
        let customer = named.map(|(_, value)| value.as_ref());
        let url = signed(uri.as_str().unwrap(), customer, Clock::system().now().unix_s());
        let mut signed = request.clone();
        signed["querystring"] = json!(url.split_once('?').unwrap().1);
        real(&signed)
    })
}

// === the distribution ===

/// The identity is forwarded but not in the cache key.
pub(super) fn unkeys_identity(wiring: Wiring) -> Wiring {
    wiring.edit(|file| {
        key_headers(file, "personal")["Headers"] = json!(["Forecourt-Bookmark"]);
        forward_behind(file, "personal");
    })
}

/// The encoding is forwarded but not in the cache key.
pub(super) fn unkeys_encoding(wiring: Wiring) -> Wiring {
    wiring.edit(|file| {
        for policy in ["public", "personal"] {
            let keyed =
                &mut file["CachePolicies"][policy]["ParametersInCacheKeyAndForwardedToOrigin"];
            keyed["EnableAcceptEncodingGzip"] = json!(false);
            keyed["EnableAcceptEncodingBrotli"] = json!(false);
            forward_behind(file, policy);
        }
    })
}

/// The query is forwarded but not in the cache key.
pub(super) fn unkeys_query(wiring: Wiring) -> Wiring {
    let unkeyed = wiring.edit(|file| {
        for policy in ["public", "personal"] {
            let keyed =
                &mut file["CachePolicies"][policy]["ParametersInCacheKeyAndForwardedToOrigin"];
            keyed["QueryStringsConfig"] = json!({"QueryStringBehavior": "none"});
        }
    });
    unkeyed.forwards_all()
}

/// The whole request of the viewer reaches the origin.
pub(super) fn forwards_all(wiring: Wiring) -> Wiring {
    wiring.forwards_all()
}

/// Identity and parameters are one string in the key, with nothing between them.
pub(super) fn concatenates_key(wiring: Wiring) -> Wiring {
    let keyed = wiring.edit(|file| {
        let keyed =
            &mut file["CachePolicies"]["personal"]["ParametersInCacheKeyAndForwardedToOrigin"];
        keyed["QueryStringsConfig"] = json!({"QueryStringBehavior": "none"});
        keyed["HeadersConfig"]["Headers"] = json!(["Forecourt-Key"]);
    });
    keyed.forwards_all().function(|real, request| {
        let mut verdict = real(request);
        if let Some(identity) = verdict["headers"].pointer("/forecourt-identity/0/value") {
            let mut key = identity.as_str().unwrap().split(':').nth(1).unwrap().to_owned();
            for (_, value) in parse(verdict["querystring"].as_str().unwrap()).unwrap() {
                key.push_str(&value);
            }
            verdict["headers"]["forecourt-key"] = json!([{"value": key}]);
        }
        verdict
    })
}

/// Personal answers are cached for a minute regardless of the origin's headers.
pub(super) fn has_min_ttl(wiring: Wiring) -> Wiring {
    wiring.edit(|file| {
        let policy = &mut file["CachePolicies"]["personal"];
        policy["MinTTL"] = json!(60);
        policy["DefaultTTL"] = json!(60);
    })
}

/// Errors are cached for CloudFront's default of ten seconds.
pub(super) fn caches_errors(wiring: Wiring) -> Wiring {
    wiring.edit(|file| {
        let errors = file["DistributionConfig"]["CustomErrorResponses"].as_array_mut().unwrap();
        for error in errors {
            error["ErrorCachingMinTTL"] = json!(10);
        }
    })
}

/// The headers in the key of a cache policy.
fn key_headers<'v>(file: &'v mut Value, policy: &str) -> &'v mut Value {
    &mut file["CachePolicies"][policy]["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"]
}

/// Gives the behaviors of a cache policy an origin request policy.
fn forward_behind(file: &mut Value, policy: &str) {
    for behavior in file["DistributionConfig"]["CacheBehaviors"].as_array_mut().unwrap() {
        if behavior["CachePolicyId"] == policy {
            behavior["OriginRequestPolicyId"] = json!("write");
        }
    }
}
