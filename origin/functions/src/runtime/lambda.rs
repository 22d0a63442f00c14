//! The one binary of all functions: reads the configuration from the environment, builds one
//! client, and runs the router (under `lambda_http`) or the consumer that its handler names. The
//! same binary serves Lambda's default and Managed Instances, where `AWS_LAMBDA_MAX_CONCURRENCY`
//! sets more than one request at a time.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use http::Response;
use http_body_util::BodyExt as _;
use lambda_http::{Body as LambdaBody, Request};
use lambda_runtime::{LambdaEvent, service_fn};
use origin_adapters::table::SharedTable;
use origin_adapters::{
    Aws, CartRepository, CloudFrontCache, DynamoTable, EventBridgeBus, LedgerRepository, OwnCodes,
    PayloadRepository, PrivacyRepository, ProgramRepository, SecretsManager, lambda_http_client,
};
use tower::ServiceExt as _;
use tracing_subscriber::EnvFilter;

use crate::consumers::claim_check::WithPayloads;
use crate::consumers::privacy::PrivacyConsumer;
use crate::consumers::tombstone_filter::TombstoneFilter;
use crate::consumers::{
    CartConsumer, Consumer, LoyaltyConsumer, Orders, PublishedConsumer, handle,
};
use crate::http::functions::Function;
use crate::runtime::clock::Clock;
use crate::runtime::config::{Config, ConfigError};
use crate::runtime::rotation::{Rotating, SecretSource};
use crate::runtime::secrets::Secrets;
use crate::runtime::shop::{Shop, system_random};

pub use lambda_runtime::Error;

/// What every function starts with.
struct Start {
    config: Config,
    aws: Aws,
    table: SharedTable,
    clock: Clock,
}

/// Serves the function that Lambda's `_HANDLER` names, until the platform ends it.
///
/// # Errors
/// An unknown handler, an incomplete configuration, unusable secrets, or a Runtime API that does
/// not answer. Each is logged as one line.
#[expect(clippy::disallowed_methods, reason = "the one place where a binary reads its environment")]
pub async fn run() -> Result<(), Error> {
    let filter = EnvFilter::new(std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned()));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_current_span(false).init();
    let handler = std::env::var("_HANDLER").unwrap_or_default();
    let outcome = match Config::read(|name| std::env::var(name).ok()) {
        Ok(config) => dispatch(&handler, config).await,
        Err(error) => Err(error.into()),
    };
    if let Err(error) = &outcome {
        tracing::error!(%error, handler, "the function can't start");
    }
    outcome
}

async fn dispatch(handler: &str, config: Config) -> Result<(), Error> {
    let http = lambda_http_client();
    let aws = Aws::new(config.aws.clone(), http.clone(), http);
    let table = DynamoTable::shared(&aws);
    let start = Start { config, aws, table, clock: Clock::system() };
    if let Some(function) = Function::ALL.iter().find(|one| one.name() == handler) {
        return start.serve(*function).await;
    }
    match handler {
        "consume-cart" => start.consume_carts().await,
        "consume-loyalty" => start.consume_loyalty().await,
        "consume-privacy" => start.consume_privacy().await,
        "consume-published" => start.consume_published().await,
        _ => Err(format!("_HANDLER: unknown function {handler:?}").into()),
    }
}

// === impl Start ===

impl Start {
    async fn serve(self, function: Function) -> Result<(), Error> {
        let Self { config, aws, clock, .. } = self;
        let (source, rotation_clock) = (secret_source(&config)?, clock.clone());
        let instance = OnceLock::new();
        // Caches survive a change of secrets.
        let router = move |secrets: Secrets| {
            let config = config.shop(secrets);
            let new = || Shop::new(config.clone(), &aws, clock.clone(), system_random);
            function.router(Arc::new(instance.get_or_init(new).with(config)))
        };
        let routers = Arc::new(Rotating::start(source, rotation_clock, router).await?);
        let serve = move |request| {
            let routers = Arc::clone(&routers);
            async move { answer(routers.current().await, request).await }
        };
        lambda_http::run_concurrent(lambda_http::service_fn(serve)).await
    }

    /// Cart commands, and orders that name a cart.
    async fn consume_carts(self) -> Result<(), Error> {
        let Self { config, table, clock, .. } = self;
        let source = secret_source(&config)?;
        let (carts, payloads) = (CartRepository::new(&table), PayloadRepository::new(&table));
        let tombstones = PrivacyRepository::new(&table);
        let consumer = move |secrets: Secrets| {
            let orders = Orders { keys: secrets.keys, shop: config.domain.clone() };
            let consumer = CartConsumer { carts: carts.clone(), orders };
            let consumer = WithPayloads { consumer, payloads: payloads.clone() };
            Arc::new(TombstoneFilter { consumer, tombstones: tombstones.clone() })
        };
        let consumers = Arc::new(Rotating::start(source, clock, consumer).await?);
        let serve = move |event| {
            let consumers = Arc::clone(&consumers);
            async move { handle(consumers.current().await, event).await }
        };
        lambda_runtime::run(service_fn(serve)).await
    }

    /// Webhooks, commands, and the decisions on redemptions.
    async fn consume_loyalty(self) -> Result<(), Error> {
        let Self { config, aws, table, clock } = self;
        let consumer = LoyaltyConsumer {
            ledger: LedgerRepository::new(&table),
            programs: ProgramRepository::new(&table),
            events: EventBridgeBus::new(&aws),
            codes: OwnCodes,
            shop: config.domain,
            clock,
        };
        let consumer = WithPayloads { consumer, payloads: PayloadRepository::new(&table) };
        consume(TombstoneFilter { consumer, tombstones: PrivacyRepository::new(&table) }).await
    }

    /// Demands about people's data.
    async fn consume_privacy(self) -> Result<(), Error> {
        let Self { config, table, .. } = self;
        let consumer = PrivacyConsumer {
            ledger: LedgerRepository::new(&table),
            carts: CartRepository::new(&table),
            privacy: PrivacyRepository::new(&table),
            shop: config.domain,
        };
        consume(WithPayloads { consumer, payloads: PayloadRepository::new(&table) }).await
    }

    /// Publications: invalidates the earlier content at the edge.
    async fn consume_published(self) -> Result<(), Error> {
        let Config { aws, distribution, cloudfront_endpoint, .. } = self.config;
        let distribution = distribution.ok_or(ConfigError("FORECOURT_DISTRIBUTION"))?;
        let (http, endpoint) = (lambda_http_client(), cloudfront_endpoint);
        let edge = CloudFrontCache::new(distribution, &aws.access, endpoint, http, system_random);
        consume(PublishedConsumer { edge }).await
    }
}

async fn consume(consumer: impl Consumer) -> Result<(), Error> {
    let consumer = Arc::new(consumer);
    let serve = move |event: LambdaEvent<_>| handle(Arc::clone(&consumer), event);
    lambda_runtime::run(service_fn(serve)).await
}

fn secret_source(config: &Config) -> Result<SecretSource, ConfigError> {
    let name = config.secret.clone().ok_or(ConfigError("FORECOURT_SECRET"))?;
    Ok(SecretSource { manager: SecretsManager::new(&config.aws, lambda_http_client()), name })
}

/// Answers one request: collects the router's streaming body, because Lambda returns it whole.
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

/// Text stays text; compressed bytes become base64.
fn into_lambda(bytes: &[u8]) -> LambdaBody {
    match std::str::from_utf8(bytes) {
        Ok(text) => LambdaBody::Text(text.to_owned()),
        Err(_) => LambdaBody::Binary(bytes.to_vec()),
    }
}
