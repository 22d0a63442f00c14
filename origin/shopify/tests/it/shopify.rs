//! A model of Shopify's token endpoint, as strict as its documentation allows: a refresh ends the
//! access tokens before it, and the repetition of a refresh ends the pair that the first one gave.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use domain_core::time::{DAY_MS, HOUR_MS, SECOND_MS, Time};
use origin_shopify::{EndpointError, Secret, TokenAnswer, TokenEndpoint};
use serde_json::{Value, json};

use crate::Wait;

/// The ID token that the model accepts.
pub(crate) const ID_TOKEN: &str = "secret-id-token";

/// What a world switches on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    /// Every n-th answer is lost after it had its effect; 0: none.
    pub(crate) lose_every: u64,
    /// This answer has no `expires_in`.
    pub(crate) without_expiry: Option<u64>,
    /// Whether a refresh leaves earlier access tokens alive.
    pub(crate) is_lenient: bool,
}

#[derive(Debug, Default)]
struct State {
    now: Time,
    faults: Faults,
    /// Answers, and tokens issued.
    answers: u64,
    issued: u64,
    is_installed: bool,
    refresh: Option<String>,
    /// The refresh token that the present one replaced, until the present one is used.
    previous: Option<String>,
    refresh_until: Time,
    /// Valid access tokens with their ends.
    access: Vec<(String, Time)>,
    secrets: BTreeSet<String>,
    refreshes: u64,
}

/// Shopify, as all instances see it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shopify(Arc<Mutex<State>>);

impl Shopify {
    pub(crate) fn new(faults: Faults) -> Self {
        let state =
            State { faults, now: Time(1_800_000_000_000), is_installed: true, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(crate) fn now(&self) -> Time {
        self.state().now
    }

    pub(crate) fn advance(&self, ms: u64) {
        let mut state = self.state();
        state.now = state.now.plus_ms(ms);
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    pub(crate) fn lose_no_answer(&self) {
        self.state().faults.lose_every = 0;
    }

    /// Uninstalls the app: all its tokens end.
    pub(crate) fn uninstall(&self) {
        let mut state = self.state();
        state.is_installed = false;
        state.access.clear();
        (state.refresh, state.previous) = (None, None);
    }

    pub(crate) fn install(&self) {
        self.state().is_installed = true;
    }

    /// Whether an access token may end before its time.
    pub(crate) fn may_end_early(&self) -> bool {
        let state = self.state();
        !state.faults.is_lenient || !state.is_installed
    }

    pub(crate) fn is_installed(&self) -> bool {
        self.state().is_installed
    }

    /// Whether the Admin API accepts a token.
    pub(crate) fn accepts(&self, token: &Secret) -> bool {
        let state = self.state();
        let is_own = |(own, until): &(String, Time)| own == token.reveal() && state.now < *until;
        state.access.iter().any(is_own)
    }

    pub(crate) fn refreshes(&self) -> u64 {
        self.state().refreshes
    }

    /// Every token that was ever issued, and the ID token.
    pub(crate) fn secrets(&self) -> BTreeSet<String> {
        let mut secrets = self.state().secrets.clone();
        secrets.insert(ID_TOKEN.to_owned());
        secrets
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// An answer on the wire, after its effect.
    fn answer(
        &self,
        effect: impl FnOnce(&mut State) -> (u16, Value),
    ) -> Result<TokenAnswer, EndpointError> {
        let mut state = self.state();
        let (status, body) = effect(&mut state);
        state.answers += 1;
        let every = state.faults.lose_every;
        if every > 0 && state.answers.is_multiple_of(every) {
            return Err(EndpointError::unknown("the connection closed"));
        }
        TokenAnswer::parse(status, body.to_string().as_bytes())
    }
}

impl State {
    fn pair(&mut self, replaced: Option<String>) -> (u16, Value) {
        self.issued += 1;
        let (access, refresh) =
            (format!("secret-access-{}", self.issued), format!("secret-refresh-{}", self.issued));
        self.secrets.extend([access.clone(), refresh.clone()]);
        if !self.faults.is_lenient {
            self.access.clear();
        }
        self.access.push((access.clone(), self.now.plus_ms(HOUR_MS)));
        (self.refresh, self.previous) = (Some(refresh.clone()), replaced);
        self.refresh_until = self.now.plus_ms(90 * DAY_MS);
        let mut body = json!({
            "access_token": access, "refresh_token": refresh, "scope": "read_products",
            "expires_in": HOUR_MS / SECOND_MS, "refresh_token_expires_in": 90 * DAY_MS / SECOND_MS,
        });
        if self.faults.without_expiry == Some(self.issued) {
            body.as_object_mut().unwrap().remove("expires_in");
        }
        (200, body)
    }

    fn exchange(&mut self, id_token: &str) -> (u16, Value) {
        if id_token != ID_TOKEN {
            return (400, json!({"error": "invalid_subject_token"}));
        }
        if !self.is_installed {
            return (400, json!({"error": "app_not_installed"}));
        }
        self.pair(None)
    }

    fn refresh(&mut self, refresh: &str) -> (u16, Value) {
        self.refreshes += 1;
        let is_current = self.refresh.as_deref() == Some(refresh);
        let is_previous = self.previous.as_deref() == Some(refresh);
        if !(is_current || is_previous) || self.now >= self.refresh_until {
            return (400, json!({"error": "invalid_grant"}));
        }
        self.pair(Some(refresh.to_owned()))
    }
}

impl TokenEndpoint for Shopify {
    async fn exchange(&self, id_token: &str) -> Result<TokenAnswer, EndpointError> {
        Wait::default().await;
        let answer = self.answer(|state| state.exchange(id_token));
        Wait::default().await;
        answer
    }

    async fn refresh(&self, refresh: &Secret) -> Result<TokenAnswer, EndpointError> {
        Wait::default().await;
        let answer = self.answer(|state| state.refresh(refresh.reveal()));
        Wait::default().await;
        answer
    }
}
