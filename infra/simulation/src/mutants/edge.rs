//! Mutants of the edge: a distribution whose cache key lacks something. The function then writes
//! another header, which is the key, and the true ones are only forwarded.

use edge_emulator::Distribution;
use edge_wire::bookmark::{Payload, verify};
use serde_json::{Value, json};

use crate::engine::Mutant;
use crate::world::{any_keys, parse_distribution};

/// The header that is the cache key of a mutant.
const KEY: &str = "forecourt-key";

/// The distribution, or a mutant's.
pub(super) fn distribution(mutant: Mutant, text: &str) -> Distribution {
    if !has_other_key(mutant) {
        return parse_distribution(text);
    }
    let mut file: Value = serde_json::from_str(text).expect("the deployed distribution is JSON");
    let headers = json!({"HeaderBehavior": "whitelist", "Headers": [KEY]});
    file["CachePolicies"]["personal"]["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"] =
        headers;
    let forwarded = json!({"HeaderBehavior": "whitelist",
        "Headers": ["Forecourt-Identity", "Forecourt-Bookmark"]});
    let mut policy = file["OriginRequestPolicies"]["write"].clone();
    policy["Name"] = json!("mutant");
    policy["HeadersConfig"] = forwarded;
    file["OriginRequestPolicies"]["mutant"] = policy;
    let behaviors = file["DistributionConfig"]["CacheBehaviors"].as_array_mut();
    for behavior in behaviors.expect("the distribution has behaviors") {
        if behavior["CachePolicyId"] == "personal" {
            behavior["OriginRequestPolicyId"] = json!("mutant");
        }
    }
    parse_distribution(&file.to_string())
}

/// What the viewer-request function returns, with the header that is a mutant's key.
pub(super) fn verdict(mutant: Mutant, verdict: Vec<u8>) -> Vec<u8> {
    if !has_other_key(mutant) {
        return verdict;
    }
    let mut request: Value = serde_json::from_slice(&verdict).expect("the function wrote it");
    if !request["uri"].is_string() {
        return verdict;
    }
    let header =
        |name: &str| request["headers"][name][0]["value"].as_str().unwrap_or_default().to_owned();
    let (identity, bookmarks) = (header("forecourt-identity"), header("forecourt-bookmark"));
    let keys = any_keys();
    let opened: Vec<Payload> =
        bookmarks.split(',').filter_map(|text| verify(&keys, text).ok()?.open().ok()).collect();
    let key = match mutant {
        // The subject of a bookmark is an identity, too.
        Mutant::KeyWithoutIdentity => bookmarks,
        Mutant::KeyWithoutFloor => {
            let pending: Vec<_> = opened.iter().map(|payload| &payload.pending).collect();
            format!("{identity} {pending:?}")
        }
        _ => {
            let floors: Vec<_> = opened.iter().map(|payload| payload.floor).collect();
            format!("{identity} {floors:?}")
        }
    };
    request["headers"][KEY] = json!([{"key": KEY, "value": key}]);
    serde_json::to_vec(&request).expect("JSON encodes")
}

fn has_other_key(mutant: Mutant) -> bool {
    matches!(
        mutant,
        Mutant::KeyWithoutFloor | Mutant::KeyWithoutPending | Mutant::KeyWithoutIdentity
    )
}
