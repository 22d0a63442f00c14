//! A whole shop on one machine: storefront, checkout, admin API, OAuth, App Proxy and webhooks over
//! the same records, as one HTTP service.

mod access;
mod checkout;
mod embedded;
mod http;
mod installation;
mod notify;
mod operator;
mod records;
mod rest;
mod seed;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::http::HeaderMap;
use time::OffsetDateTime;

use crate::admin_api::{AdminApi, SchemaError};
use crate::app_config::AppConfig;
use crate::app_proxy::{self, Forwarder};
use crate::clock::Clock;
use crate::http_client::PlainHttp;
use crate::oauth::Endpoint;
use crate::signing::Credentials;
use crate::store::{Settings, Shop, first_id_at};
use crate::storefront::{Currency, Storefront};
use crate::webhooks::{self, CONCURRENCY_MAX, Dispatcher, Queue, Senders, Subscription};

use self::notify::OrderStates;

pub use seed::{NewCustomer, NewProduct, NewVariant};

/// What a shop begins with.
#[derive(Debug)]
pub struct Setup {
    /// The app, with its own addresses.
    pub app: AppConfig,
    /// The app's client id and secrets.
    pub credentials: Credentials,
    /// The shop's `*.myshopify.com` domain.
    pub domain: String,
    /// Its currency, ISO 4217.
    pub currency: String,
    /// Where the shop is reached, without a slash at the end.
    pub base_url: String,
    /// The time. Ids follow from the start, so that no later start uses one again.
    pub clock: Clock,
    /// Tokens and the ids of webhooks follow from it: another one for each start.
    pub seed: u64,
}

/// Why there is no shop.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The schema is damaged.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// No such currency.
    #[error("{0} is not the code of a currency")]
    Currency(String),
    /// The app has no App Proxy.
    #[error("shopify.app.toml has no [app_proxy]")]
    NoProxy,
}

/// A shop. Clones share it.
#[derive(Clone)]
pub struct LocalShopify(Arc<Inner>);

struct Inner {
    domain: String,
    /// Where the app's page is.
    application_url: String,
    currency: Currency,
    clock: Clock,
    api: Arc<AdminApi>,
    oauth: Arc<Mutex<Endpoint>>,
    storefront: Mutex<Storefront>,
    forwarder: Forwarder,
    webhooks: Dispatcher,
    /// What an installation grants and subscribes.
    app: InstalledApp,
    /// Locked before the shop.
    order_states: Mutex<OrderStates>,
}

struct InstalledApp {
    scopes: Vec<String>,
    subscriptions: Vec<Subscription>,
}

// === impl LocalShopify ===

impl LocalShopify {
    /// A shop without products, customers and orders, with the app installed.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(setup: Setup) -> Result<Self, SetupError> {
        let Setup { app, credentials, domain, currency: code, base_url, clock, seed } = setup;
        let currency = Currency::of(&code).ok_or_else(|| SetupError::Currency(code.clone()))?;
        let settings = Settings {
            domain: domain.clone(),
            currency: code,
            app_key: app.client_id.clone(),
            base_url,
            first_id: first_id_at(clock.now_ms()),
            ..Settings::default()
        };
        let now = clock.clone();
        let api = AdminApi::new(Shop::new(settings), Arc::new(move || moment(&now)))?;
        let mut oauth = Endpoint::new(credentials.clone(), seed);
        oauth.install(&domain, app.scopes.clone());
        let mut queue = Queue::new(credentials.clone(), seed);
        queue.configure(app.subscriptions.clone());
        let http = Arc::new(PlainHttp::new(webhooks::LIMITS));
        let senders = Arc::new(Senders { http, bus: None });
        let forwarder = Forwarder {
            credentials,
            shop: domain.clone(),
            config: app.app_proxy.ok_or(SetupError::NoProxy)?,
            client: Arc::new(PlainHttp::new(app_proxy::LIMITS)),
            drops_custom_headers: false,
        };
        Ok(Self(Arc::new(Inner {
            domain,
            application_url: app.application_url,
            currency,
            webhooks: Dispatcher::new(queue, senders, clock.clone(), CONCURRENCY_MAX),
            clock,
            api: Arc::new(api),
            oauth: Arc::new(Mutex::new(oauth)),
            storefront: Mutex::new(Storefront::new(seed)),
            forwarder,
            app: InstalledApp { scopes: app.scopes, subscriptions: app.subscriptions },
            order_states: Mutex::default(),
        })))
    }

    /// Delivers webhooks until the future is dropped.
    pub async fn run(&self) {
        self.0.webhooks.run().await;
    }

    /// The deliveries, for tests and faults.
    #[must_use]
    pub fn webhooks(&self) -> &Dispatcher {
        &self.0.webhooks
    }

    /// The token endpoint, for tests and faults.
    pub fn oauth(&self) -> MutexGuard<'_, Endpoint> {
        locked(&self.0.oauth)
    }

    /// The admin API, which has the records.
    #[must_use]
    pub fn api(&self) -> &AdminApi {
        &self.0.api
    }

    /// The customer who is signed in with these cookies: what Liquid has as `customer.id`.
    #[must_use]
    pub fn customer(&self, headers: &HeaderMap) -> Option<u64> {
        self.storefront().customer(headers)
    }

    fn storefront(&self) -> MutexGuard<'_, Storefront> {
        locked(&self.0.storefront)
    }

    fn now_ms(&self) -> u64 {
        self.0.clock.now_ms()
    }
}

/// Each change is complete before anything in it could panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn moment(clock: &Clock) -> OffsetDateTime {
    let nanos = i128::from(clock.now_ms()) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
