//! Calls of the Admin API: retries, throttling, deadlines and errors, on a clock of the test's.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use domain_core::time::Time;
use origin_shopify::admin_api::{
    ATTEMPTS_MAX, AccessTokens, AdminAnswer, AdminApi, AdminError, Operation, Timer, Transport,
    TransportError,
};
use origin_shopify::{AccessToken, LossReason, Lost, Secret, TokenError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const START: Time = Time(1_800_000_000_000);

#[derive(Serialize)]
struct Read {
    id: u32,
}

#[derive(Serialize)]
struct Write {
    id: u32,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Answer {
    node: Value,
}

impl Operation for Read {
    const DOCUMENT: &'static str = "query Read($id: Int) { node(id: $id) { id } }";
    const IS_REPEATABLE: bool = true;
    type Answer = Answer;
}

impl Operation for Write {
    const DOCUMENT: &'static str = "mutation Write($id: Int) { node(id: $id) { id } }";
    const IS_REPEATABLE: bool = false;
    type Answer = Answer;
}

#[derive(Default)]
struct State {
    waited_ms: u64,
    answers: VecDeque<Result<AdminAnswer, TransportError>>,
    /// The token and the body of each request, and how long it may take.
    sent: Vec<(String, Value, u64)>,
    generation: u64,
    is_uninstalled: bool,
}

/// Shopify, tokens and a clock in one. After the answers it was given it says `{"node":1}`.
#[derive(Clone, Default)]
pub(crate) struct World(Arc<Mutex<State>>);

impl World {
    pub(crate) fn answering(
        answers: impl IntoIterator<Item = Result<AdminAnswer, TransportError>>,
    ) -> (Self, AdminApi) {
        let world = Self::default();
        world.0.lock().unwrap().answers = answers.into_iter().collect();
        let api = AdminApi::new(world.clone(), world.clone(), world.clone());
        (world, api)
    }

    /// The variables of each request.
    pub(crate) fn variables(&self) -> Vec<Value> {
        let state = self.0.lock().unwrap();
        state.sent.iter().map(|(_, body, _)| body["variables"].clone()).collect()
    }

    fn sent(&self) -> usize {
        self.0.lock().unwrap().sent.len()
    }

    fn waited_ms(&self) -> u64 {
        self.0.lock().unwrap().waited_ms
    }
}

impl Timer for World {
    fn now(&self) -> Time {
        START.plus_ms(self.waited_ms())
    }

    async fn pause(&self, ms: u64) {
        self.0.lock().unwrap().waited_ms += ms;
    }
}

impl AccessTokens for World {
    async fn access(&self) -> Result<AccessToken, TokenError> {
        let state = self.0.lock().unwrap();
        if state.is_uninstalled {
            let lost = Lost { at: START, reason: LossReason::Uninstalled };
            return Err(TokenError::NeedsReinstall(lost));
        }
        let secret = Secret::new(format!("hush-{}", state.generation));
        Ok(AccessToken { secret, generation: state.generation, until: Time(u64::MAX) })
    }

    async fn renew(&self, rejected: &AccessToken) -> Result<AccessToken, TokenError> {
        self.0.lock().unwrap().generation = rejected.generation + 1;
        self.access().await
    }
}

impl Transport for World {
    async fn post(
        &self,
        token: &Secret,
        body: Bytes,
        ms_max: u64,
    ) -> Result<AdminAnswer, TransportError> {
        let mut state = self.0.lock().unwrap();
        let body = serde_json::from_slice(&body).unwrap();
        state.sent.push((token.reveal().to_owned(), body, ms_max));
        state.answers.pop_front().unwrap_or_else(|| answer(200, &json!({"data": {"node": 1}})))
    }
}

pub(crate) fn answer(status: u16, body: &Value) -> Result<AdminAnswer, TransportError> {
    Ok(AdminAnswer { status, body: body.to_string().into(), ..AdminAnswer::default() })
}

fn cost(requested: u64, available: u64) -> Value {
    json!({"cost": {
        "requestedQueryCost": requested, "actualQueryCost": null,
        "throttleStatus": {
            "maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": 100.0,
        },
    }})
}

fn lost() -> Result<AdminAnswer, TransportError> {
    Err(TransportError { reason: "the connection closed".to_owned(), may_be_sent: true })
}

pub(crate) fn soon() -> Time {
    START.plus_ms(60_000)
}

#[tokio::test]
async fn a_call_sends_its_document_and_variables_under_the_token() {
    let (world, api) = World::answering([]);
    assert_eq!(api.call(&Read { id: 7 }, soon()).await, Ok(Answer { node: json!(1) }));
    let body = json!({"query": Read::DOCUMENT, "variables": {"id": 7}});
    assert_eq!(world.0.lock().unwrap().sent, [("hush-0".to_owned(), body, 20_000)]);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_a_refused_new_one_is_an_error() {
    let refused = || answer(401, &json!({"errors": "[API] Invalid API key or access token"}));
    let (world, api) = World::answering([refused()]);
    assert!(api.call(&Write { id: 7 }, soon()).await.is_ok());
    let tokens: Vec<String> =
        world.0.lock().unwrap().sent.iter().map(|sent| sent.0.clone()).collect();
    assert_eq!(tokens, ["hush-0", "hush-1"]);
    let (world, api) = World::answering([refused(), refused()]);
    assert_eq!(api.call(&Read { id: 7 }, soon()).await, Err(AdminError::TokenRefused));
    assert_eq!(world.sent(), 2);
}

#[tokio::test]
async fn a_shop_without_the_app_is_not_called() {
    let (world, api) = World::answering([]);
    world.0.lock().unwrap().is_uninstalled = true;
    let error = api.call(&Read { id: 7 }, soon()).await.unwrap_err();
    assert!(matches!(error, AdminError::Uninstalled(_)), "{error:?}");
    assert!(!error.is_retryable());
    assert_eq!(world.sent(), 0);
}

#[tokio::test]
async fn a_throttled_call_waits_until_the_points_are_back_in_either_form() {
    let throttled = json!({
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": cost(500, 300),
    });
    // As HTTP 200 with the state of the bucket: 200 points are missing, at 100 a second.
    let (world, api) = World::answering([answer(200, &throttled)]);
    assert!(api.call(&Write { id: 7 }, soon()).await.is_ok());
    assert_eq!((world.sent(), world.waited_ms()), (2, 2_000));
    // As HTTP 429 with a time.
    let refused = AdminAnswer { status: 429, retry_after_s: Some(3), ..AdminAnswer::default() };
    let (world, api) = World::answering([Ok(refused)]);
    assert!(api.call(&Write { id: 7 }, soon()).await.is_ok());
    assert_eq!((world.sent(), world.waited_ms()), (2, 3_000));
    // As HTTP 429 without one.
    let (world, api) = World::answering([answer(429, &json!({"errors": "slow down"}))]);
    assert!(api.call(&Write { id: 7 }, soon()).await.is_ok());
    assert_eq!((world.sent(), world.waited_ms()), (2, 1_000));
}

#[tokio::test]
async fn an_operation_whose_cost_is_known_waits_before_it_is_sent() {
    let spent = json!({"data": {"node": 1}, "extensions": cost(500, 100)});
    let (world, api) = World::answering([answer(200, &spent)]);
    api.call(&Read { id: 7 }, soon()).await.unwrap();
    assert_eq!(world.waited_ms(), 0);
    api.call(&Read { id: 8 }, soon()).await.unwrap();
    assert_eq!((world.sent(), world.waited_ms()), (2, 4_000));
}

#[tokio::test]
async fn a_call_that_would_have_to_wait_past_its_deadline_fails_at_once() {
    let spent = json!({"data": {"node": 1}, "extensions": cost(500, 100)});
    let (world, api) = World::answering([answer(200, &spent)]);
    api.call(&Read { id: 7 }, soon()).await.unwrap();
    let error = api.call(&Read { id: 8 }, START.plus_ms(3_999)).await;
    assert_eq!(error, Err(AdminError::Throttled { wait_ms: 4_000 }));
    assert_eq!((world.sent(), world.waited_ms()), (1, 0));
    // What is left of the time bounds the request.
    let (world, api) = World::answering([]);
    api.call(&Read { id: 7 }, START.plus_ms(1_500)).await.unwrap();
    assert_eq!(world.0.lock().unwrap().sent[0].2, 1_500);
}

#[tokio::test]
async fn only_a_repeatable_operation_is_sent_again_after_a_lost_answer() {
    let (world, api) = World::answering([lost(), answer(503, &json!(null))]);
    assert!(api.call(&Read { id: 7 }, soon()).await.is_ok());
    assert_eq!((world.sent(), world.waited_ms()), (3, 500 + 1_000));
    for unknown in [lost(), answer(503, &json!(null))] {
        let (world, api) = World::answering([unknown]);
        let error = api.call(&Write { id: 7 }, soon()).await.unwrap_err();
        assert!(error.may_be_done() && error.is_retryable(), "{error:?}");
        assert_eq!(world.sent(), 1);
    }
    // Nothing was sent: it is safe.
    let unsent = TransportError { reason: "no connection".to_owned(), may_be_sent: false };
    let (world, api) = World::answering([Err(unsent)]);
    assert!(api.call(&Write { id: 7 }, soon()).await.is_ok());
    assert_eq!(world.sent(), 2);
}

#[tokio::test]
async fn a_call_ends_after_its_attempts() {
    let until = START.plus_ms(10_000_000);
    let (world, api) = World::answering(std::iter::repeat_with(lost).take(20));
    assert!(api.call(&Read { id: 7 }, until).await.is_err());
    assert_eq!(world.sent(), usize::try_from(ATTEMPTS_MAX).unwrap());
}

#[tokio::test]
async fn user_errors_and_errors_have_their_codes_and_places() {
    let rejected = json!({"data": {"codeCreate": {"userErrors": [
        {"field": ["codes", "0"], "message": "must be unique", "code": "TAKEN"},
    ]}}});
    let (_, api) = World::answering([answer(200, &rejected)]);
    let error = api.call(&Write { id: 7 }, soon()).await.unwrap_err();
    assert!(error.has_user_code("TAKEN") && !error.may_be_done());
    let text = "Shopify rejects the input: must be unique at codes.0 (TAKEN)";
    assert_eq!(error.to_string(), text);
    let denied = json!({"data": {"node": null}, "errors": [
        {"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}},
    ]});
    let (world, api) = World::answering([answer(200, &denied)]);
    let error = api.call(&Read { id: 7 }, soon()).await.unwrap_err();
    assert!(error.is_access_denied() && !error.is_retryable());
    assert_eq!(world.sent(), 1);
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_an_error_without_its_content() {
    let bodies = [json!("hush"), json!({"data": null}), json!({"data": {"other": "hush"}})];
    for body in bodies {
        let (_, api) = World::answering([answer(200, &body)]);
        let error = api.call(&Read { id: 7 }, soon()).await.unwrap_err();
        assert!(matches!(error, AdminError::Unreadable { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
    }
    for status in [402, 403, 404, 423] {
        let (_, api) = World::answering([answer(status, &json!({"errors": "hush"}))]);
        assert_eq!(api.call(&Read { id: 7 }, soon()).await, Err(AdminError::Status { status }));
    }
}
