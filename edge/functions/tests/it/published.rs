//! The app-proxy signatures Shopify and its libraries publish, through the whole function.

use edge_functions::{EdgeConfig, Verdict, viewer_request};
use edge_wire::query::parse;
use edge_wire::secrets::ShopifySecrets;
use serde_json::Value;

use crate::fixture::{NOW, PLAIN, get};

/// `edge/wire` holds them; each says where it comes from.
const VECTORS: &str = include_str!("../../../wire/tests/it/data/shopify_vectors.json");

#[test]
fn published_signatures_have_the_verdict_their_authors_expect() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    let text = |vector: &Value, field: &str| vector[field].as_str().unwrap().to_owned();
    let verdicts: Vec<(String, String)> = vectors
        .iter()
        .filter(|vector| text(vector, "kind").starts_with("app_proxy"))
        .map(|vector| {
            let verdict = verdict(&text(vector, "input"), &text(vector, "secret"));
            (text(vector, "id"), verdict)
        })
        .collect();
    // Ours is stricter in one way: a signed parameter that the route does not have is rejected,
    // too.
    let expected = [
        ("v001", "400 query:extra"),
        ("v002", "400 query:extra"),
        ("v003", "400 query:extra"),
        ("v004", "401 query:signature"),
        ("v005", "401 query:signature"),
        ("v007", "400 query"),
        ("v009", "401 query:signature"),
        ("v010", "401 query:signature"),
        ("v012", "forwarded"),
        ("v013", "forwarded"),
        ("v014", "forwarded"),
        ("v015", "forwarded"),
        ("v016", "forwarded"),
        ("v018", "forwarded"),
        ("v019", "forwarded"),
        ("v023", "forwarded"),
        ("v025", "forwarded"),
        ("v027", "400 query:shop"),
        ("v028", "401 query:timestamp"),
        ("v029", "401 query:timestamp"),
        ("v030", "401 query:timestamp"),
        ("v032", "401 query:timestamp"),
    ];
    assert_eq!(verdicts, expected.map(|(id, verdict)| (id.to_owned(), verdict.to_owned())));
}

/// The verdict for the shop, secret and time of the vector.
fn verdict(query: &str, secret: &str) -> String {
    let pairs = parse(query).unwrap();
    let value = |name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_string());
    let config = EdgeConfig {
        shop: value("shop").unwrap(),
        shopify_secrets: ShopifySecrets::parse(secret).unwrap(),
        ..PLAIN.edge()
    };
    let now = value("timestamp").and_then(|time| time.parse().ok()).unwrap_or(NOW);
    match viewer_request(get(&format!("/proxy/v1/loyalty/program?{query}")), &config, now) {
        Verdict::Forward(request) => {
            assert_eq!(
                (request.uri.as_str(), request.querystring.as_str()),
                ("/v1/loyalty/program", "")
            );
            "forwarded".to_owned()
        }
        Verdict::Respond(response) => {
            let problem: Value = serde_json::from_str(&response.body.unwrap()).unwrap();
            format!("{} {}", response.status, problem["errors"][0]["field"].as_str().unwrap())
        }
    }
}
