//! What the binaries have in common: configuration from the environment, one client, one router
//! under `lambda_http`. The same binary serves Lambda's default and Managed Instances, where
//! `AWS_LAMBDA_MAX_CONCURRENCY` asks for more than one request at a time.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::Response;
use http_body_util::BodyExt as _;
use lambda_http::{Body as LambdaBody, Request};
use lambda_runtime::service_fn;
use origin_adapters::{
    Aws, DynamoCarts, DynamoLedger, DynamoPayloads, DynamoPrivacy, DynamoPrograms, EventBridgeBus,
    OwnCodes, lambda_http_client,
};
use tower::ServiceExt as _;
use tracing_subscriber::EnvFilter;

use crate::clock::Clock;
use crate::config::Config;
use crate::consume::{CartConsumer, Consumer, LoyaltyConsumer, Orders, handle};
use crate::consume_privacy::PrivacyConsumer;
use crate::functions::Function;
use crate::kept_out::KeptOut;
use crate::kept_payloads::WithPayloads;
use crate::shop::{Shop, system_random};

pub use lambda_runtime::Error;

/// Serves one function over the Lambda Runtime API.
///
/// # Errors
/// A configuration that is incomplete, or a Runtime API that is not there.
pub async fn serve(function: Function) -> Result<(), Error> {
    let (config, aws) = start()?;
    let shop = Arc::new(Shop::new(config.shop, &aws, Clock::system(), system_random));
    let router = function.router(shop);
    let answer = move |request| answer(router.clone(), request);
    lambda_http::run_concurrent(lambda_http::service_fn(answer)).await
}

/// One request: the router's streaming body becomes the whole body that Lambda returns.
async fn answer(router: Router, request: Request) -> Result<Response<LambdaBody>, Error> {
    let Ok(response) = router.oneshot(request.map(into_router)).await;
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await?.to_bytes();
    Ok(Response::from_parts(parts, into_lambda(&bytes)))
}

fn into_router(body: LambdaBody) -> Body {
    match body {
        LambdaBody::Text(text) => text.into(),
        LambdaBody::Binary(bytes) => bytes.into(),
        _ => Body::empty(),
    }
}

/// Text travels as it is; what is compressed has to travel as base64.
fn into_lambda(bytes: &[u8]) -> LambdaBody {
    match std::str::from_utf8(bytes) {
        Ok(text) => LambdaBody::Text(text.to_owned()),
        Err(_) => LambdaBody::Binary(bytes.to_vec()),
    }
}

/// Serves the consumer of cart commands and of orders.
///
/// # Errors
/// As [`serve`].
pub async fn consume_carts() -> Result<(), Error> {
    let (config, aws) = start()?;
    let orders = Orders { keys: config.shop.keys, shop: config.shop.domain };
    let consumer = CartConsumer { carts: DynamoCarts::new(&aws), orders };
    let consumer = KeptOut { consumer, tombstones: DynamoPrivacy::new(&aws) };
    consume(WithPayloads { consumer, payloads: DynamoPayloads::new(&aws) }).await
}

/// Serves the consumer of the ledger: webhooks, commands, and what is decided of redemptions.
///
/// # Errors
/// As [`serve`].
pub async fn consume_loyalty() -> Result<(), Error> {
    let (config, aws) = start()?;
    let consumer = LoyaltyConsumer {
        ledger: DynamoLedger::new(&aws),
        programs: DynamoPrograms::new(&aws),
        events: EventBridgeBus::new(&aws),
        codes: OwnCodes,
        shop: config.shop.domain,
        clock: Clock::system(),
    };
    let consumer = KeptOut { consumer, tombstones: DynamoPrivacy::new(&aws) };
    consume(WithPayloads { consumer, payloads: DynamoPayloads::new(&aws) }).await
}

/// Serves the consumer of demands about people's data.
///
/// # Errors
/// As [`serve`].
pub async fn consume_privacy() -> Result<(), Error> {
    let (config, aws) = start()?;
    let consumer = PrivacyConsumer {
        ledger: DynamoLedger::new(&aws),
        carts: DynamoCarts::new(&aws),
        privacy: DynamoPrivacy::new(&aws),
        shop: config.shop.domain,
    };
    consume(WithPayloads { consumer, payloads: DynamoPayloads::new(&aws) }).await
}

async fn consume(consumer: impl Consumer) -> Result<(), Error> {
    let consumer = Arc::new(consumer);
    lambda_runtime::run(service_fn(move |event| handle(Arc::clone(&consumer), event))).await
}

/// The one place where a binary reads its environment.
#[expect(clippy::disallowed_methods, reason = "main reads the environment, nobody else")]
fn start() -> Result<(Config, Aws), Error> {
    let filter = EnvFilter::new(std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned()));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_current_span(false).init();
    let config = Config::read(|name| std::env::var(name).ok())?;
    let http = lambda_http_client();
    let aws = Aws::new(config.aws.clone(), http.clone(), http);
    Ok((config, aws))
}
