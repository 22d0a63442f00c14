//! The one binary of all functions: reads the configuration from the environment, builds one
//! client, and runs the router (under `lambda_http`) or the consumer that its handler names. The
//! same binary serves Lambda's default and Managed Instances, where `AWS_LAMBDA_MAX_CONCURRENCY`
//! sets more than one request at a time.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use edge_wire::function::{ConsumerFunction, Function, HttpFunction};
use http::Response;
use http_body_util::BodyExt as _;
use lambda_http::{Body as LambdaBody, Request};
use lambda_runtime::{LambdaEvent, service_fn};
use origin_adapters::table::SharedTable;
use origin_adapters::{
    Aws, CloudFrontCache, SecretsManager, SqsQueues, TokenRepository, lambda_http_client,
};
use origin_shopify::admin_api::HttpTransport;
use origin_shopify::{AppCredentials, HttpEndpoint, tls_connector};
use tower::ServiceExt as _;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::consumers::redelivery::settle;
use crate::consumers::{Batch, Consumer, SharedConsumer, Unfinished};
use crate::http::routers::router;
use crate::runtime::clock::Clock;
use crate::runtime::composition::{Composition, published};
use crate::runtime::config::{Config, ConfigError};
use crate::runtime::ports::Ports;
use crate::runtime::rotation::{Rotating, SecretSource};
use crate::runtime::secrets::Secrets;
use crate::runtime::shop::{Shop, system_random};
use crate::runtime::shopify::Shopify;

pub use lambda_runtime::Error;

/// Serves the function that Lambda's `_HANDLER` names, until the platform ends it.
///
/// # Errors
/// An unknown handler, an incomplete configuration, unusable secrets, or a Runtime API that does
/// not answer. Each is logged as one line.
#[expect(clippy::disallowed_methods, reason = "the one place where a binary reads its environment")]
pub async fn run() -> Result<(), Error> {
    let filter = std::env::var("RUST_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let log = tracing_subscriber::fmt::layer().json().with_current_span(false);
    tracing_subscriber::registry().with(log.with_filter(filter)).init();
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
    let function = Function::named(handler)
        .ok_or_else(|| format!("_HANDLER: unknown function {handler:?}"))?;
    let http = lambda_http_client();
    let ports = Ports::on_aws(&Aws::new(config.aws.clone(), http.clone(), http));
    let clock = Clock::system();
    match function {
        Function::Http(function) => serve(function, config, ports, clock).await,
        Function::Consumer(function) => consume(function, config, ports, clock).await,
    }
}

async fn serve(
    function: HttpFunction,
    config: Config,
    ports: Ports,
    clock: Clock,
) -> Result<(), Error> {
    let (source, rotation_clock) = (secret_source(&config)?, clock.clone());
    let instance = OnceLock::new();
    // Caches survive a change of secrets.
    let with_secrets = move |secrets: Secrets| {
        let app = secrets.app.clone().filter(|_| function == HttpFunction::Admin);
        let config = config.shop(secrets);
        let new = || Shop::new(config.clone(), &ports, clock.clone(), system_random);
        let shop = instance.get_or_init(new).with(config);
        let shopify = app.and_then(|app| shopify(&shop.config.domain, app, &ports.table, &clock));
        router(function, Arc::new(shop.with_shopify(shopify)))
    };
    let routers = Arc::new(Rotating::start(source, rotation_clock, with_secrets).await?);
    let serve = move |request| {
        let routers = Arc::clone(&routers);
        async move { answer(routers.current().await, request).await }
    };
    lambda_http::run_concurrent(lambda_http::service_fn(serve)).await
}

/// Shopify over HTTPS. Without it, only what acts for the shop there fails.
fn shopify(
    domain: &str,
    app: AppCredentials,
    table: &SharedTable,
    clock: &Clock,
) -> Option<Shopify> {
    let origin = format!("https://{domain}");
    let parts = tls_connector().map_err(|error| error.to_string()).and_then(|connector| {
        let transport = HttpTransport::new(connector.clone(), &origin);
        let endpoint = HttpEndpoint::new(connector, &origin, app);
        endpoint.and_then(|endpoint| Ok((endpoint, transport?))).map_err(|error| error.to_string())
    });
    let stored = TokenRepository::new(table, domain);
    parts
        .map(|(endpoint, transport)| Shopify::new(stored, endpoint, transport, clock))
        .inspect_err(|error| tracing::error!(error, "Shopify can't be used"))
        .ok()
}

async fn consume(
    function: ConsumerFunction,
    config: Config,
    ports: Ports,
    clock: Clock,
) -> Result<(), Error> {
    let (shop, is_replaying) = (config.domain.clone(), config.is_replaying);
    let queues = Queues::of(&config);
    let composition = Composition {
        ports,
        shop,
        is_replaying,
        shopify: None,
        clock: clock.clone(),
        random: system_random,
    };
    match function {
        ConsumerFunction::Cart => {
            let source = secret_source(&config)?;
            let with_secrets =
                move |secrets: Secrets| SharedConsumer::new(composition.cart(secrets.keys));
            run_rotating(Rotating::start(source, clock, with_secrets).await?, queues).await
        }
        ConsumerFunction::Loyalty => run_consumer(composition.loyalty(), queues).await,
        ConsumerFunction::Reconciliation | ConsumerFunction::Rewards => {
            let source = secret_source(&config)?;
            let with_secrets = move |secrets: Secrets| {
                let Composition { ports, shop, clock, .. } = &composition;
                let app = secrets.app.and_then(|app| shopify(shop, app, &ports.table, clock));
                let composition = Composition { shopify: app, ..composition.clone() };
                match function {
                    ConsumerFunction::Rewards => SharedConsumer::new(composition.rewards()),
                    _ => SharedConsumer::new(composition.reconciliation()),
                }
            };
            run_rotating(Rotating::start(source, clock, with_secrets).await?, queues).await
        }
        ConsumerFunction::Privacy => run_consumer(composition.privacy(), queues).await,
        ConsumerFunction::Published => {
            let Config { aws, distribution, cloudfront_endpoint, .. } = config;
            let distribution = distribution.ok_or(ConfigError("FORECOURT_DISTRIBUTION"))?;
            let (http, endpoint) = (lambda_http_client(), cloudfront_endpoint);
            let edge =
                CloudFrontCache::new(&distribution, &aws.access, endpoint, http, system_random);
            run_consumer(published(edge, clock), queues).await
        }
    }
}

/// What is done about messages that a consumer could not process.
#[derive(Clone)]
struct Queues {
    sqs: SqsQueues,
    /// `None`: nothing; the queue's own timeout and redrive policy apply.
    deliveries_max: Option<u32>,
}

impl Queues {
    fn of(config: &Config) -> Self {
        let sqs = SqsQueues::new(&config.aws, config.sqs_endpoint.clone(), lambda_http_client());
        Self { sqs, deliveries_max: config.deliveries_max }
    }

    /// Handles one batch; the queue delivers every unfinished message again.
    async fn handle(
        self,
        consumer: SharedConsumer,
        event: LambdaEvent<Batch>,
    ) -> Result<Unfinished, Error> {
        let Some(deliveries_max) = self.deliveries_max else {
            return Ok(consumer.consume(event.payload).await);
        };
        let deliveries = event.payload.deliveries();
        let unfinished = consumer.consume(event.payload).await;
        let random = || u64::from_be_bytes(system_random()[..8].try_into().unwrap_or_default());
        Ok(settle(&self.sqs, &deliveries, unfinished, deliveries_max, random).await)
    }
}

async fn run_consumer(consumer: impl Consumer, queues: Queues) -> Result<(), Error> {
    let consumer = SharedConsumer::new(consumer);
    let serve = move |event| queues.clone().handle(consumer.clone(), event);
    lambda_runtime::run(service_fn(serve)).await
}

/// Runs the consumer of the present secrets.
async fn run_rotating(consumers: Rotating<SharedConsumer>, queues: Queues) -> Result<(), Error> {
    let consumers = Arc::new(consumers);
    let serve = move |event| {
        let (consumers, queues) = (Arc::clone(&consumers), queues.clone());
        async move { queues.handle(consumers.current().await, event).await }
    };
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
