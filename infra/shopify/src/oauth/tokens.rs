//! The tokens of installed apps: pure state, time and randomness are arguments.
//!
//! An expiring offline token comes with a refresh token that is replaced at each use. The previous
//! refresh token can be used again until its replacement is used, for 30 days after its first use
//! and never beyond its own life (Shopify's changelog of 28 August 2026). Whether such a repetition
//! returns the earlier replacement or a new one is not documented: here it is a new one, and each
//! replacement is good.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

/// Life of an expiring offline access token.
pub const ACCESS_LIFE_S: u64 = 3_600;
/// Life of an online access token and of one for client credentials.
pub const DAILY_LIFE_S: u64 = 86_399;
/// Life of a refresh token: 90 days.
pub const REFRESH_LIFE_S: u64 = 90 * 86_400;
/// How long a used refresh token can be used again, unless its replacement was used: 30 days.
pub const REFRESH_RETRY_S: u64 = 30 * 86_400;
/// Most access tokens, and most refresh tokens, of all shops. Expired ones are removed.
pub const TOKENS_MAX: usize = 100_000;

/// Whether a token acts for the app or for a member of staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For the app.
    Offline,
    /// For a member of staff.
    Online,
}

/// A member of staff, as the answer to an online exchange describes one.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Staff {
    /// The id: an ID token's `sub`.
    pub id: u64,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The e-mail address.
    pub email: String,
    /// Whether the shop belongs to this person.
    pub account_owner: bool,
}

/// What an access token is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The shop.
    pub shop: String,
    /// The member of staff; an offline token has none.
    pub user_id: Option<u64>,
    /// The scopes that were granted when the token was issued.
    pub scopes: BTreeSet<String>,
    /// The end of its life, Unix seconds; none for one that does not expire.
    pub expires_s: Option<u64>,
}

/// Why a request with an access token is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// No such token in this shop: it never was, or it is revoked.
    #[error("Invalid API key or access token (unrecognized login or wrong password)")]
    Unknown,
    /// Its life is over.
    #[error("The access token is expired")]
    Expired,
}

/// Why no token is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenError {
    NotInstalled,
    UnknownRefreshToken,
    TooMany,
}

/// A newly issued access token.
#[derive(Debug)]
pub(super) struct NewToken {
    pub(super) access_token: String,
    pub(super) grant: Grant,
    /// The refresh token and its life.
    pub(super) refresh: Option<(String, u64)>,
}

#[derive(Clone, Debug)]
struct RefreshToken {
    shop: String,
    expires_s: u64,
    first_used_s: Option<u64>,
    /// The token that this one replaces.
    replaces: Option<String>,
}

/// All tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    /// The granted scopes of each shop that has the app.
    installed: BTreeMap<String, BTreeSet<String>>,
    access: BTreeMap<String, Grant>,
    refresh: BTreeMap<String, RefreshToken>,
    rng: Rng,
}

// === impl Grant ===

impl Grant {
    /// Whether the token may do what `scope` names. A scope to write includes the one to read.
    #[must_use]
    pub fn allows(&self, scope: &str) -> bool {
        let write = scope.strip_prefix("read_").map(|what| format!("write_{what}"));
        self.scopes.contains(scope) || write.is_some_and(|write| self.scopes.contains(&write))
    }
}

// === impl Tokens ===

impl Tokens {
    /// No tokens. Those to come follow from the seed.
    pub(super) fn new(seed: u64) -> Self {
        let (access, refresh) = (BTreeMap::new(), BTreeMap::new());
        Self { installed: BTreeMap::new(), access, refresh, rng: Rng::with_seed(seed) }
    }

    /// A prefix and 128 random bits.
    pub(super) fn secret(&mut self, prefix: &str) -> String {
        format!("{prefix}{:032x}", self.rng.u128(..))
    }

    pub(super) fn install(&mut self, shop: &str, scopes: BTreeSet<String>) {
        self.installed.insert(shop.to_owned(), scopes);
    }

    /// Removes the app from a shop, and all its tokens there. Whether it was installed.
    pub(super) fn uninstall(&mut self, shop: &str) -> bool {
        self.access.retain(|_, grant| grant.shop != shop);
        self.refresh.retain(|_, token| token.shop != shop);
        self.installed.remove(shop).is_some()
    }

    pub(super) fn is_installed(&self, shop: &str) -> bool {
        self.installed.contains_key(shop)
    }

    pub(super) fn authorise(
        &self,
        shop: &str,
        token: &str,
        now_s: u64,
    ) -> Result<Grant, AuthError> {
        let grant = self.access.get(token).filter(|grant| grant.shop == shop);
        let grant = grant.ok_or(AuthError::Unknown)?;
        match grant.expires_s {
            Some(expires_s) if now_s >= expires_s => Err(AuthError::Expired),
            _ => Ok(grant.clone()),
        }
    }

    /// An access token without a refresh token, good for `life_s`, or for ever.
    pub(super) fn issue(
        &mut self,
        shop: &str,
        user_id: Option<u64>,
        life_s: Option<u64>,
        now_s: u64,
    ) -> Result<NewToken, TokenError> {
        let scopes = self.installed.get(shop).ok_or(TokenError::NotInstalled)?.clone();
        self.make_room(now_s)?;
        let expires_s = life_s.map(|life_s| now_s.saturating_add(life_s));
        let grant = Grant { shop: shop.to_owned(), user_id, scopes, expires_s };
        let access_token = self.secret(if user_id.is_some() { "shpua_" } else { "shpat_" });
        self.access.insert(access_token.clone(), grant.clone());
        Ok(NewToken { access_token, grant, refresh: None })
    }

    /// An expiring offline token with its refresh token.
    pub(super) fn issue_pair(&mut self, shop: &str, now_s: u64) -> Result<NewToken, TokenError> {
        self.pair(shop, None, now_s)
    }

    /// Replaces a pair.
    pub(super) fn refresh(
        &mut self,
        shop: &str,
        refresh_token: &str,
        now_s: u64,
    ) -> Result<NewToken, TokenError> {
        let used = self.refresh.get_mut(refresh_token).filter(|token| token.shop == shop);
        let used = used.filter(|token| token.is_usable(now_s));
        let used = used.ok_or(TokenError::UnknownRefreshToken)?;
        used.first_used_s.get_or_insert(now_s);
        if let Some(previous) = used.replaces.take() {
            self.refresh.remove(&previous);
        }
        self.pair(shop, Some(refresh_token.to_owned()), now_s)
    }

    fn pair(
        &mut self,
        shop: &str,
        replaces: Option<String>,
        now_s: u64,
    ) -> Result<NewToken, TokenError> {
        let mut issued = self.issue(shop, None, Some(ACCESS_LIFE_S), now_s)?;
        let refresh_token = self.secret("shprt_");
        let token = RefreshToken {
            shop: shop.to_owned(),
            expires_s: now_s.saturating_add(REFRESH_LIFE_S),
            first_used_s: None,
            replaces,
        };
        self.refresh.insert(refresh_token.clone(), token);
        issued.refresh = Some((refresh_token, REFRESH_LIFE_S));
        Ok(issued)
    }

    /// Removes what has expired once there is no room, so that an issue costs little.
    fn make_room(&mut self, now_s: u64) -> Result<(), TokenError> {
        let is_full =
            |tokens: &Self| tokens.access.len() >= TOKENS_MAX || tokens.refresh.len() >= TOKENS_MAX;
        if is_full(self) {
            self.access
                .retain(|_, grant| grant.expires_s.is_none_or(|expires_s| now_s < expires_s));
            self.refresh.retain(|_, token| token.is_usable(now_s));
        }
        if is_full(self) { Err(TokenError::TooMany) } else { Ok(()) }
    }
}

// === impl RefreshToken ===

impl RefreshToken {
    fn is_usable(&self, now_s: u64) -> bool {
        let retry_end_s = self.first_used_s.map(|used_s| used_s.saturating_add(REFRESH_RETRY_S));
        now_s < self.expires_s && retry_end_s.is_none_or(|end_s| now_s < end_s)
    }
}
