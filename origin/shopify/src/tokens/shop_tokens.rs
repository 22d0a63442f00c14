//! Obtaining tokens. What is not stored is never used, so that a crash between any two steps leaves
//! a pair in the store that works.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain_core::port::{CONFLICT_ROUNDS_MAX, PortError, Written};
use domain_core::time::{MINUTE_MS, Time};
use tokio::sync::Mutex as AsyncMutex;

use super::answer::EndpointError;
use super::item::{EARLY_MS, LossReason, Lost, Plan, RETRY_MS, TokenItem, TokenPair};
use super::ports::{TokenEndpoint, TokenStore};
use crate::secret::Secret;

/// How long tokens are too new for an installation to replace them: a person who loads the admin again
/// and again needs no other ones.
pub const INSTALL_MS: u64 = MINUTE_MS;

/// An access token of the Admin API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The token.
    pub secret: Secret,
    /// Which pair it belongs to.
    pub generation: u64,
    /// Its end.
    pub until: Time,
}

/// What an installation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installation {
    /// It obtained the shop's tokens.
    Installed,
    /// It replaced tokens that were not known to be revoked.
    Renewed,
    /// There were new tokens.
    Already,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The shop does not have the app, or no person has opened the admin since it has.
    #[error("the app is not installed")]
    NotInstalled,
    /// A person must open the admin, perhaps after installing the app again.
    #[error("the shop's tokens are lost since {at:?}: {reason:?}", at = .0.at, reason = .0.reason)]
    NeedsReinstall(Lost),
    /// The ID token of an installation is not accepted. The browser gets a new one and retries.
    #[error("the ID token is refused")]
    Subject,
    /// The app's own credentials are refused. The shop's tokens stay as they are.
    #[error("Shopify refuses the app: {0}")]
    App(String),
    /// The same call may succeed in some seconds.
    #[error("tokens are unavailable: {0}")]
    Unavailable(String),
}

/// The tokens of one shop, for one instance. A clock is a function of its own.
pub struct ShopTokens<S, E, C> {
    store: S,
    endpoint: E,
    clock: C,
    current: Mutex<Option<AccessToken>>,
    /// Held by the one task of this instance that reads or refreshes.
    flight: AsyncMutex<()>,
}

// === impl ShopTokens ===

impl<S: TokenStore, E: TokenEndpoint, C: Fn() -> Time> ShopTokens<S, E, C> {
    /// Tokens of `store`, refreshed at `endpoint`.
    pub fn new(store: S, endpoint: E, clock: C) -> Self {
        let (current, flight) = (Mutex::default(), AsyncMutex::default());
        Self { store, endpoint, clock, current, flight }
    }

    /// The access token. Refreshes it if it ends soon.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn access(&self) -> Result<AccessToken, TokenError> {
        if let Some(token) = self.fresh() {
            return Ok(token);
        }
        let _flight = match (self.flight.try_lock(), self.usable()) {
            (Ok(flight), _) => flight,
            // While another task refreshes early, the token at hand is good.
            (Err(_), Some(token)) => return Ok(token),
            (Err(_), None) => self.flight.lock().await,
        };
        match self.fresh() {
            Some(token) => Ok(token),
            None => self.obtain(None).await,
        }
    }

    /// Another access token after Shopify has refused this one.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn renew(&self, rejected: &AccessToken) -> Result<AccessToken, TokenError> {
        let _flight = self.flight.lock().await;
        self.current().take_if(|token| token.generation <= rejected.generation);
        match self.fresh() {
            Some(token) => Ok(token),
            None => self.obtain(Some(rejected.generation)).await,
        }
    }

    /// Obtains the shop's tokens for the ID token of a person, unless those in the store are newer than
    /// [`INSTALL_MS`]: older ones may have been revoked, if the app was uninstalled and installed again
    /// before the webhook of that was processed. Repeating the call within that time changes nothing.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn install(&self, id_token: &str) -> Result<Installation, TokenError> {
        let _flight = self.flight.lock().await;
        let item = self.store.load().await?.unwrap_or_default();
        let now = self.now();
        let pair = item.pair.as_ref().filter(|pair| now < pair.access_until);
        if pair.is_some_and(|pair| now < pair.requested_at.plus_ms(INSTALL_MS)) {
            return Ok(Installation::Already);
        }
        let is_usable = pair.is_some();
        match (self.exchange(id_token).await, is_usable) {
            (Ok(()), true) => Ok(Installation::Renewed),
            (Ok(()), false) => Ok(Installation::Installed),
            // Nothing says that the tokens in the store don't work.
            (Err(TokenError::Unavailable(_)), true) => Ok(Installation::Already),
            (Err(error), _) => Err(error),
        }
    }

    /// Exchanges an ID token for a pair, and stores it.
    async fn exchange(&self, id_token: &str) -> Result<(), TokenError> {
        let Some(leased) = self.lease().await? else { return Err(busy()) };
        // A life begins no earlier than its request.
        let requested_at = self.now();
        let answer = match self.endpoint.exchange(id_token).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.failed(&leased, error).await),
        };
        let Some(installed) = leased.renewed(answer, None, requested_at) else {
            let code = "no_refresh_token".to_owned();
            return Err(self.failed(&leased, EndpointError::App { code }).await);
        };
        tracing::info!(generation = installed.generation, "the app is installed");
        self.commit(&installed).await?;
        Ok(())
    }

    /// Forgets the tokens after the app was uninstalled at `at`.
    ///
    /// # Errors
    /// [`TokenError::Unavailable`].
    pub async fn uninstalled(&self, at: Time) -> Result<(), TokenError> {
        let _flight = self.flight.lock().await;
        *self.current() = None;
        Ok(forget(&self.store, at).await?)
    }

    /// The token that the item leads to.
    async fn obtain(&self, rejected: Option<u64>) -> Result<AccessToken, TokenError> {
        for _ in 0..CONFLICT_ROUNDS_MAX {
            let item = self.store.load().await?.unwrap_or_default();
            let now = self.now();
            let usable = match item.plan(now, rejected) {
                Plan::Use(pair) => return Ok(self.keep(token(&item, pair))),
                Plan::RefreshEarly(pair) => Some(token(&item, pair)),
                Plan::Refresh(_) => None,
                Plan::NotInstalled => return Err(TokenError::NotInstalled),
                Plan::NeedsReinstall(lost) => return Err(TokenError::NeedsReinstall(lost)),
                Plan::Expired => {
                    self.lose(&item, LossReason::Expired).await?;
                    continue;
                }
            };
            if item.is_leased(now) {
                return usable.ok_or_else(busy);
            }
            let leased = item.leased(now);
            let refreshed = match self.store.save(&leased).await {
                Ok(Written::Done) => self.refresh(&leased).await,
                Ok(Written::Conflict) => continue,
                Err(error) => Err(error.into()),
            };
            return match (refreshed, usable) {
                (Err(TokenError::Unavailable(_) | TokenError::App(_)), Some(usable)) => Ok(usable),
                (refreshed, _) => refreshed,
            };
        }
        Err(busy())
    }

    /// A new pair, by the holder of the lease.
    async fn refresh(&self, leased: &TokenItem) -> Result<AccessToken, TokenError> {
        let now = self.now();
        for used in leased.pair.iter().flat_map(|pair| pair.refreshes(now)) {
            let requested_at = self.now();
            match self.endpoint.refresh(&used.refresh).await {
                Ok(answer) => {
                    let renewed = leased.renewed(answer, Some(&used), requested_at);
                    let renewed = renewed.ok_or_else(busy)?;
                    tracing::info!(generation = renewed.generation, "the tokens are refreshed");
                    return self.commit(&renewed).await;
                }
                Err(EndpointError::Grant) => {}
                Err(error) => return Err(self.failed(leased, error).await),
            }
        }
        let lost = self.lose(leased, LossReason::Revoked).await?;
        lost.map_or_else(|| Err(busy()), |lost| Err(TokenError::NeedsReinstall(lost)))
    }

    /// Takes the lease of an item without usable tokens; `None`: another instance has it.
    async fn lease(&self) -> Result<Option<TokenItem>, TokenError> {
        let item = self.store.load().await?.unwrap_or_default();
        let now = self.now();
        if item.is_leased(now) {
            return Ok(None);
        }
        let leased = item.leased(now);
        let written = self.store.save(&leased).await?;
        Ok((written == Written::Done).then_some(leased))
    }

    /// Stores a new pair, then returns its access token. If the answer to the write is lost, the
    /// item says whether it was written.
    async fn commit(&self, renewed: &TokenItem) -> Result<AccessToken, TokenError> {
        let mut written = self.store.save(renewed).await;
        for _ in 0..CONFLICT_ROUNDS_MAX {
            if written == Ok(Written::Done) {
                break;
            }
            match self.store.load().await {
                Ok(Some(stored)) if stored == *renewed => written = Ok(Written::Done),
                Ok(Some(stored)) if stored.version >= renewed.version => return Err(busy()),
                Ok(_) => written = self.store.save(renewed).await,
                Err(error) => written = Err(error),
            }
        }
        match (written, &renewed.pair) {
            (Ok(Written::Done), Some(pair)) => Ok(self.keep(token(renewed, pair))),
            _ => Err(busy()),
        }
    }

    /// Ends an attempt without a pair. The pause is a courtesy: if it can't be written, the lease
    /// ends by itself.
    async fn failed(&self, leased: &TokenItem, error: EndpointError) -> TokenError {
        tracing::warn!(%error, "no tokens were obtained");
        let now = self.now();
        let is_of_caller = error == EndpointError::Subject;
        let until = if is_of_caller { now } else { now.plus_ms(RETRY_MS) };
        if let Err(error) = self.store.save(&leased.released(until)).await {
            tracing::warn!(%error, "the lease stays");
        }
        match error {
            EndpointError::Subject => TokenError::Subject,
            EndpointError::App { code } => TokenError::App(code),
            EndpointError::Grant => TokenError::NotInstalled,
            EndpointError::Unknown { reason } => TokenError::Unavailable(reason),
        }
    }

    /// Stores that the tokens are lost; `None`: the item has changed, so perhaps they are not.
    async fn lose(&self, item: &TokenItem, reason: LossReason) -> Result<Option<Lost>, TokenError> {
        let lost = item.lost(reason, self.now());
        let written = self.store.save(&lost).await?;
        if written == Written::Done {
            tracing::error!(?reason, "the shop's tokens are lost: open the admin to renew them");
            *self.current() = None;
        }
        Ok(lost.lost.filter(|_| written == Written::Done))
    }

    /// The token in memory, if it does not end soon.
    fn fresh(&self) -> Option<AccessToken> {
        let now = self.now();
        let is_fresh = |token: &AccessToken| now.plus_ms(EARLY_MS) < token.until;
        self.current().clone().filter(is_fresh)
    }

    /// The token in memory, if it has not ended.
    fn usable(&self) -> Option<AccessToken> {
        let now = self.now();
        self.current().clone().filter(|token| now < token.until)
    }

    fn keep(&self, token: AccessToken) -> AccessToken {
        self.current().insert(token).clone()
    }

    fn current(&self) -> MutexGuard<'_, Option<AccessToken>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Time {
        (self.clock)()
    }
}

impl<S, E, C> std::fmt::Debug for ShopTokens<S, E, C> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("ShopTokens")
    }
}

/// Forgets the tokens of a shop after the app was uninstalled at `at`; those issued later stay.
///
/// # Errors
/// The port's, or [`PortError::Unavailable`] after [`CONFLICT_ROUNDS_MAX`] lost races.
pub async fn forget<S: TokenStore>(store: &S, at: Time) -> Result<(), PortError> {
    for _ in 0..CONFLICT_ROUNDS_MAX {
        let item = store.load().await?.unwrap_or_default();
        let Some(lost) = item.uninstalled(at) else { return Ok(()) };
        if store.save(&lost).await? == Written::Done {
            return Ok(());
        }
    }
    Err(PortError::Unavailable("the tokens change too often".to_owned()))
}

fn token(item: &TokenItem, pair: &TokenPair) -> AccessToken {
    AccessToken {
        secret: pair.access.clone(),
        generation: item.generation,
        until: pair.access_until,
    }
}

fn busy() -> TokenError {
    TokenError::Unavailable("another instance is obtaining them".to_owned())
}

impl From<PortError> for TokenError {
    fn from(error: PortError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
