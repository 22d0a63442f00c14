//! The endpoint's answers as values.

use domain_core::time::{DAY_MS, HOUR_MS, SECOND_MS};
use origin_shopify::{EndpointError, TokenAnswer};
use proptest::prelude::*;
use serde_json::{Value, json};

fn parse(status: u16, body: &Value) -> Result<TokenAnswer, EndpointError> {
    TokenAnswer::parse(status, body.to_string().as_bytes())
}

fn lives(body: &Value) -> (u64, Option<u64>) {
    let answer = parse(200, body).unwrap();
    (answer.access_life_ms, answer.refresh.map(|refresh| refresh.life_ms))
}

#[test]
fn an_answer_has_both_tokens_and_their_lives() {
    let body = json!({
        "access_token": "a", "scope": "read_orders", "expires_in": 3_599,
        "refresh_token": "r", "refresh_token_expires_in": 7_775_999,
    });
    assert_eq!(lives(&body), (3_599 * SECOND_MS, Some(7_775_999 * SECOND_MS)));
    assert_eq!(parse(200, &body).unwrap().scope, "read_orders");
}

#[test]
fn a_life_that_is_absent_or_absurd_is_the_usual_one() {
    let usual = (HOUR_MS, Some(90 * DAY_MS));
    for life in [Value::Null, json!(0), json!(u64::MAX)] {
        let body = json!({
            "access_token": "a", "expires_in": life,
            "refresh_token": "r", "refresh_token_expires_in": life,
        });
        assert_eq!(lives(&body), usual, "{life}");
    }
    assert_eq!(lives(&json!({"access_token": "a", "refresh_token": "r"})), usual);
    assert_eq!(lives(&json!({"access_token": "a", "refresh_token": ""})), (HOUR_MS, None));
}

#[test]
fn each_error_says_whose_it_is() {
    let error = |status, code: &str| parse(status, &json!({"error": code})).unwrap_err();
    assert_eq!(error(400, "invalid_grant"), EndpointError::Grant);
    assert_eq!(error(400, "app_not_installed"), EndpointError::Grant);
    assert_eq!(error(400, "invalid_subject_token"), EndpointError::Subject);
    let app = |code: &str| EndpointError::App { code: code.to_owned() };
    assert_eq!(error(401, "invalid_client"), app("invalid_client"));
    assert_eq!(error(400, "shpat_0123456789"), app("no code"));
    assert_eq!(TokenAnswer::parse(403, b"<html>"), Err(app("no code")));
    for status in [301, 408, 425, 429, 500, 503] {
        assert!(
            matches!(error(status, "invalid_grant"), EndpointError::Unknown { .. }),
            "{status}"
        );
    }
}

#[test]
fn an_answer_that_is_none_is_not_quoted() {
    for body in [r#"{"access_token":5,"refresh_token":"hunter2"}"#, "hunter2", "", "[]"] {
        let error = TokenAnswer::parse(200, body.as_bytes()).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = TokenAnswer::parse(status, &body);
    }
}
