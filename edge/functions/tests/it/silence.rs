//! A rejection never repeats tokens, signatures, bookmarks or whole queries.

use edge_functions::{EdgeConfig, HandleError, Verdict, handle, viewer_request};

use crate::cases;
use crate::fixture::{NOW, PLAIN, ROTATING, STAFF_TOKEN};

/// A shorter text is no secret and may occur in our own text.
const SECRET_BYTES_MIN: usize = 20;

#[test]
fn no_rejection_repeats_a_header_or_a_parameter() {
    for case in cases::all() {
        let (request, config) = (case.request, case.configuration.edge());
        let Verdict::Respond(response) = viewer_request(request.clone(), &config, case.now_unix_s)
        else {
            continue;
        };
        let answer = format!("{response:?}");
        let headers = request.headers.values().flatten().map(|header| header.value.as_str());
        let values = request.querystring.split(['&', '=']).chain([request.querystring.as_str()]);
        for secret in headers.chain(values).flat_map(|value| value.split([' ', ',', '~'])) {
            let is_secret = secret.len() >= SECRET_BYTES_MIN && !is_a_name_of_ours(secret);
            assert!(!is_secret || !answer.contains(secret), "{}: {secret}", case.name);
        }
    }
}

fn is_a_name_of_ours(text: &str) -> bool {
    ["logged_in_customer_id", "forecourt_identity"].contains(&text)
}

#[test]
fn an_event_that_cannot_be_read_is_not_quoted() {
    let event = format!(r#"{{"Records": "{STAFF_TOKEN}"}}"#);
    let error = handle(event.as_bytes(), &PLAIN.edge(), NOW).unwrap_err();
    assert_eq!(error, HandleError::Event { line: 1, column: 46 });
    assert_eq!(error.to_string(), "not a Lambda@Edge event: line 1, column 46");
}

#[test]
fn a_configuration_prints_no_secret() {
    let config: EdgeConfig = ROTATING.edge();
    let expected = "EdgeConfig { shop: \"demo.myshopify.com\", shopify_secrets: ShopifySecrets(2), \
                 client_id: Some(\"dev-client-id\"), keys: [\"k2\", \"k1\"], staff: StaffTokens(2) }";
    assert_eq!(format!("{config:?}"), expected);
}
