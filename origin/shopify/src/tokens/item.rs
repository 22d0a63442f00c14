//! The one item of a shop's tokens, what to do with it at a moment, and its changes. Pure.

use domain_core::time::{DAY_MS, MINUTE_MS, SECOND_MS, Time};
use serde::{Deserialize, Serialize};

use super::answer::TokenAnswer;
use crate::secret::Secret;

/// How long before the end of an access token it is refreshed: time for many attempts.
pub const EARLY_MS: u64 = 10 * MINUTE_MS;
/// How long one instance alone may refresh. Longer than the endpoint may take with every refresh
/// token of an item.
pub const LEASE_MS: u64 = 30 * SECOND_MS;
/// How long all instances wait after an attempt that failed, unless the ID token was at fault.
pub const RETRY_MS: u64 = 5 * SECOND_MS;
/// How long a replaced refresh token may be used again (Shopify's changelog of 28 August 2026).
const PREVIOUS_MS: u64 = 30 * DAY_MS;

/// The tokens of a shop, as they are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenItem {
    /// Counts the writes; the condition of each.
    pub version: u64,
    /// Counts the pairs.
    pub generation: u64,
    /// The pair in force.
    pub pair: Option<TokenPair>,
    /// Set when there is no pair any more.
    pub lost: Option<Lost>,
    /// Until when one instance alone may ask for tokens.
    pub leased_until: Time,
}

/// An access token and its refresh token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPair {
    /// The access token.
    pub access: Secret,
    /// Its end.
    pub access_until: Time,
    /// The refresh token.
    pub refresh: Secret,
    /// Its end.
    pub refresh_until: Time,
    /// The refresh token that led to this pair: it works until the one of this pair has been used.
    pub previous: Option<UsableRefresh>,
    /// The scopes, comma-separated.
    pub scope: String,
    /// When it was requested.
    pub requested_at: Time,
}

/// A refresh token with its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsableRefresh {
    /// The token.
    pub refresh: Secret,
    /// Its end.
    pub until: Time,
}

/// That a shop needs a person who opens the admin, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// When.
    pub at: Time,
    /// Why.
    pub reason: LossReason,
}

/// Why a shop has no tokens any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossReason {
    /// Shopify refuses every refresh token.
    Revoked,
    /// Every refresh token has ended.
    Expired,
    /// The merchant uninstalled the app.
    Uninstalled,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan<'a> {
    /// Use the access token.
    Use(&'a TokenPair),
    /// Refresh, and use the access token until that has succeeded.
    RefreshEarly(&'a TokenPair),
    /// Refresh: the access token can't be used.
    Refresh(&'a TokenPair),
    /// The refresh tokens have ended.
    Expired,
    /// The app was never installed.
    NotInstalled,
    /// The tokens were lost.
    NeedsReinstall(Lost),
}

// === impl TokenItem ===

impl TokenItem {
    /// What to do at `now`. An access token of generation `rejected` was refused by Shopify.
    #[must_use]
    pub fn plan(&self, now: Time, rejected: Option<u64>) -> Plan<'_> {
        if let Some(lost) = self.lost {
            return Plan::NeedsReinstall(lost);
        }
        let Some(pair) = &self.pair else { return Plan::NotInstalled };
        let is_rejected = rejected.is_some_and(|generation| self.generation <= generation);
        let is_usable = now < pair.access_until && !is_rejected;
        if is_usable && now.plus_ms(EARLY_MS) < pair.access_until {
            return Plan::Use(pair);
        }
        match (pair.refreshes(now).next(), is_usable) {
            (Some(_), true) => Plan::RefreshEarly(pair),
            (Some(_), false) => Plan::Refresh(pair),
            (None, true) => Plan::Use(pair),
            (None, false) => Plan::Expired,
        }
    }

    /// Whether an instance is asking for tokens, or all wait after it failed.
    #[must_use]
    pub fn is_leased(&self, now: Time) -> bool {
        // A lease that ends later than any could was written by a clock far ahead.
        now < self.leased_until && self.leased_until <= now.plus_ms(2 * LEASE_MS)
    }

    /// With a lease for one instance.
    #[must_use]
    pub fn leased(&self, now: Time) -> Self {
        let leased_until = now.plus_ms(LEASE_MS);
        Self { version: self.version + 1, leased_until, ..self.clone() }
    }

    /// After an attempt without a pair: as before, with a pause for all instances until then.
    #[must_use]
    pub fn released(&self, leased_until: Time) -> Self {
        Self { version: self.version + 1, leased_until, ..self.clone() }
    }

    /// With a new pair, requested at `now` with this refresh token or by an exchange. `None`: the answer has no
    /// refresh token, and none was used.
    #[must_use]
    pub fn renewed(
        &self,
        answer: TokenAnswer,
        used: Option<&UsableRefresh>,
        now: Time,
    ) -> Option<Self> {
        // The token that worked, which need not be the newest: a request of another instance, late at
        // Shopify, may have ended that one, and may do so again.
        let previous = used.map(|used| UsableRefresh {
            until: used.until.min(now.plus_ms(PREVIOUS_MS)),
            ..used.clone()
        });
        let (refresh, refresh_until, previous) = match (answer.refresh, used) {
            (Some(refresh), _) => (refresh.token, now.plus_ms(refresh.life_ms), previous),
            (None, Some(used)) => (used.refresh.clone(), used.until, None),
            (None, None) => return None,
        };
        let pair = TokenPair {
            access: answer.access,
            access_until: now.plus_ms(answer.access_life_ms),
            refresh,
            refresh_until,
            previous,
            scope: answer.scope,
            requested_at: now,
        };
        Some(Self {
            version: self.version + 1,
            generation: self.generation + 1,
            pair: Some(pair),
            lost: None,
            leased_until: Time(0),
        })
    }

    /// Without tokens.
    #[must_use]
    pub fn lost(&self, reason: LossReason, at: Time) -> Self {
        Self {
            version: self.version + 1,
            generation: self.generation,
            pair: None,
            lost: Some(Lost { at, reason }),
            leased_until: Time(0),
        }
    }

    /// Without tokens because the app was uninstalled at `at`. `None`: there are none, or they were
    /// issued later, so the message is old.
    #[must_use]
    pub fn uninstalled(&self, at: Time) -> Option<Self> {
        let pair = self.pair.as_ref()?;
        (pair.requested_at <= at).then(|| self.lost(LossReason::Uninstalled, at))
    }
}

// === impl TokenPair ===

impl TokenPair {
    /// The refresh tokens that may work at `now`, the likeliest first.
    pub fn refreshes(&self, now: Time) -> impl Iterator<Item = UsableRefresh> {
        let current = UsableRefresh { refresh: self.refresh.clone(), until: self.refresh_until };
        let all = std::iter::once(current).chain(self.previous.clone());
        all.filter(move |token| now < token.until)
    }
}
