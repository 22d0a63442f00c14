use infra_shopify::app_proxy::{sign, signed_text};
use infra_shopify::signing::Credentials;
use serde_json::Value;

use super::*;

/// Published queries with public secrets, and some computed by Shopify's sample.
const VECTORS: &str = include_str!("../vectors/app_proxy.json");

#[test]
fn signatures_are_those_of_shopifys_documentation_and_libraries() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert_eq!(vectors.len(), 17);
    for vector in vectors {
        let query = vector["input"].as_str().unwrap();
        assert_eq!(signed_text(query), vector["canonical"].as_str().unwrap(), "{}", vector["id"]);
        let credentials = Credentials::new("client-1", vector["secret"].as_str().unwrap());
        let is_equal = sign(query, &credentials) == vector["expected"].as_str().unwrap();
        assert_eq!(is_equal, vector["valid"] == true, "{}", vector["id"]);
    }
}

#[test]
fn a_forwarded_query_is_that_of_shopifys_documentation() {
    let forwarder = forwarder("http://app.example");
    let query = |customer: Option<u64>| {
        let request = get("/apps/awesome_reviews?extra=1&extra=2");
        let request = forwarder.request(request, &visitor(customer), NOW_S).unwrap();
        request.uri().query().unwrap().to_owned()
    };
    let common = "&path_prefix=%2Fapps%2Fawesome_reviews&timestamp=1317327555&signature=";
    let signed_in = "4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb";
    let start = "extra=1&extra=2&shop=shop-name.myshopify.com&logged_in_customer_id=";
    assert_eq!(query(Some(1)), format!("{start}1{common}{signed_in}"));
    let signed_out = "e072b6d7e6622d85912a5214b860d3100dc1e73d9bc29f43796ac8c9ff8093cb";
    assert_eq!(query(None), format!("{start}{common}{signed_out}"));
}
