//! Calls: a token, points, a request, and another one where that is safe.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain_core::time::{SECOND_MS, Time};
use serde_json::value::RawValue;

use super::answer::{Cost, Reading, unreadable};
use super::bucket::Bucket;
use super::error::AdminError;
use super::operation::{AdminRequest, Operation};
use super::transport::{ADMIN_ANSWER_MS_MAX, API_VERSION, AdminAnswer, Transport, TransportError};
use crate::tokens::{AccessToken, ShopTokens, TokenEndpoint, TokenError, TokenStore};

/// Most requests of one call.
pub const ATTEMPTS_MAX: u32 = 8;
/// How long to wait after the first request that failed; twice as long after each other one.
pub const RETRY_PAUSE_MS: u64 = SECOND_MS / 2;

/// The tokens of a shop, as a client uses them.
pub trait AccessTokens: Send + Sync {
    /// The access token.
    fn access(&self) -> impl Future<Output = Result<AccessToken, TokenError>> + Send;

    /// Another one after Shopify has refused this one.
    fn renew(
        &self,
        rejected: &AccessToken,
    ) -> impl Future<Output = Result<AccessToken, TokenError>> + Send;
}

/// The time, and waiting.
pub trait Timer: Send + Sync {
    /// The time.
    fn now(&self) -> Time;

    /// Waits.
    fn pause(&self, ms: u64) -> impl Future<Output = ()> + Send;
}

/// The clock that it is given, and tokio's timer.
#[derive(Debug, Clone)]
pub struct SystemTimer<C>(pub C);

/// The Admin API of one shop. Clones share it.
#[derive(Clone)]
pub struct AdminApi(Arc<dyn Calls>);

struct Client<K, T, W> {
    tokens: K,
    transport: T,
    timer: W,
    bucket: Mutex<Bucket>,
}

/// A running call.
type Call<'a> = Pin<Box<dyn Future<Output = Result<Box<RawValue>, AdminError>> + Send + 'a>>;

trait Calls: Send + Sync {
    fn call<'a>(&'a self, request: &'a AdminRequest, until: Time) -> Call<'a>;
}

// === impl AdminApi ===

impl AdminApi {
    /// The API over a transport, with these tokens.
    pub fn new(
        tokens: impl AccessTokens + 'static,
        transport: impl Transport + 'static,
        timer: impl Timer + 'static,
    ) -> Self {
        Self(Arc::new(Client { tokens, transport, timer, bucket: Mutex::default() }))
    }

    /// Executes an operation. It ends by `until`.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn call<O: Operation>(
        &self,
        operation: &O,
        until: Time,
    ) -> Result<O::Answer, AdminError> {
        let data = self.0.call(&AdminRequest::of(operation)?, until).await?;
        serde_json::from_str(data.get()).map_err(|error| unreadable(&error))
    }
}

impl std::fmt::Debug for AdminApi {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("AdminApi")
    }
}

// === impl Client ===

impl<K: AccessTokens, T: Transport, W: Timer> Calls for Client<K, T, W> {
    fn call<'a>(&'a self, request: &'a AdminRequest, until: Time) -> Call<'a> {
        Box::pin(self.run(request, until))
    }
}

impl<K: AccessTokens, T: Transport, W: Timer> Client<K, T, W> {
    async fn run(&self, request: &AdminRequest, until: Time) -> Result<Box<RawValue>, AdminError> {
        let mut token = self.tokens.access().await?;
        let mut is_renewed = false;
        let mut failure = AdminError::Throttled { wait_ms: 0 };
        for attempt in 0..ATTEMPTS_MAX {
            failure = match self.attempt(request, &token, until).await {
                Ok(data) => return Ok(data),
                Err(failure) => failure,
            };
            let wait_ms = match &failure {
                AdminError::TokenRefused if !is_renewed => {
                    token = self.tokens.renew(&token).await?;
                    is_renewed = true;
                    0
                }
                AdminError::Throttled { wait_ms } => *wait_ms,
                error
                    if error.is_retryable() && (request.is_repeatable || !error.may_be_done()) =>
                {
                    RETRY_PAUSE_MS << attempt
                }
                _ => return Err(failure),
            };
            if self.timer.now().plus_ms(wait_ms) >= until {
                return Err(failure);
            }
            tracing::debug!(attempt, error = %failure, "the call is repeated");
            self.timer.pause(wait_ms).await;
        }
        Err(failure)
    }

    async fn attempt(
        &self,
        request: &AdminRequest,
        token: &AccessToken,
        until: Time,
    ) -> Result<Box<RawValue>, AdminError> {
        let reserved = Reserved::new(&self.bucket, request.document, self.timer.now());
        let wait_ms = reserved.wait_ms;
        if self.timer.now().plus_ms(wait_ms) >= until {
            return Err(AdminError::Throttled { wait_ms });
        }
        if wait_ms > 0 {
            self.timer.pause(wait_ms).await;
        }
        let ms_max = until.0.saturating_sub(self.timer.now().0).min(ADMIN_ANSWER_MS_MAX);
        let answer = self.transport.post(&token.secret, request.body.clone(), ms_max).await?;
        warn_of_version(&answer);
        let Reading { cost, data } = Reading::of(&answer);
        let now = self.timer.now();
        let wait_ms = reserved.finish(cost.as_ref(), now);
        match data {
            Err(AdminError::Throttled { wait_ms: stated }) if cost.is_some() => {
                Err(AdminError::Throttled { wait_ms: if wait_ms > 0 { wait_ms } else { stated } })
            }
            data => data,
        }
    }
}

fn warn_of_version(answer: &AdminAnswer) {
    if let Some(version) = answer.version.as_deref().filter(|version| *version != API_VERSION) {
        tracing::warn!(
            version,
            "another version of the Admin API answers: {API_VERSION} has ended"
        );
    }
}

/// Points reserved for one request, given back when it ends in any way.
struct Reserved<'a> {
    bucket: &'a Mutex<Bucket>,
    document: &'static str,
    points: u64,
    wait_ms: u64,
}

// === impl Reserved ===

impl<'a> Reserved<'a> {
    fn new(bucket: &'a Mutex<Bucket>, document: &'static str, now: Time) -> Self {
        let (points, wait_ms) = locked(bucket).reserve(document, now);
        Self { bucket, document, points, wait_ms }
    }

    /// Notes what the answer says, and returns how long the same operation has to wait now.
    fn finish(mut self, cost: Option<&Cost>, now: Time) -> u64 {
        let mut bucket = locked(self.bucket);
        bucket.release(std::mem::take(&mut self.points));
        if let Some(cost) = cost {
            bucket.learn(self.document, cost, now);
        }
        bucket.wait_ms(self.document, now)
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        locked(self.bucket).release(self.points);
    }
}

fn locked(bucket: &Mutex<Bucket>) -> std::sync::MutexGuard<'_, Bucket> {
    bucket.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl AccessTokens ===

impl<S, E, C> AccessTokens for ShopTokens<S, E, C>
where
    S: TokenStore,
    E: TokenEndpoint,
    C: Fn() -> Time + Send + Sync,
{
    async fn access(&self) -> Result<AccessToken, TokenError> {
        Self::access(self).await
    }

    async fn renew(&self, rejected: &AccessToken) -> Result<AccessToken, TokenError> {
        Self::renew(self, rejected).await
    }
}

impl<K: AccessTokens> AccessTokens for Arc<K> {
    async fn access(&self) -> Result<AccessToken, TokenError> {
        K::access(self).await
    }

    async fn renew(&self, rejected: &AccessToken) -> Result<AccessToken, TokenError> {
        K::renew(self, rejected).await
    }
}

// === impl Timer ===

impl<C: Fn() -> Time + Send + Sync> Timer for SystemTimer<C> {
    fn now(&self) -> Time {
        (self.0)()
    }

    async fn pause(&self, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

impl From<TransportError> for AdminError {
    fn from(TransportError { reason, may_be_sent }: TransportError) -> Self {
        Self::Unavailable { reason, may_be_done: may_be_sent }
    }
}
