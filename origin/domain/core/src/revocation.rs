//! The end of tokens before their time, by log-out or by staff: for each holder one moment, until which
//! all tokens that were issued are refused.

use serde::{Deserialize, Serialize};

use crate::port::{CONFLICT_ROUNDS_MAX, PortError, Written};
use crate::time::{DAY_MS, HOUR_MS, SECOND_MS, Time};

/// How long a customer's revocation is stored: four times as long as a token lives.
const CUSTOMER_TTL_MS: u64 = HOUR_MS;
/// How long a cart's is stored. A cart's token ends only with its key, but after 30 days without a
/// command the cart itself has ended, and the token names an empty one.
const CART_TTL_MS: u64 = 60 * DAY_MS;

/// Whose tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenHolder<'a> {
    /// A customer's, by Shopify's id.
    Customer(&'a str),
    /// A guest's cart's. Its token says no time: once revoked, it is refused for good.
    Cart(&'a str),
}

/// The latest revocation of a holder's tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// Counts the holder's revocations.
    pub version: u64,
    /// Tokens issued until then are refused, that moment included.
    pub until: Time,
}

/// Stores revocations.
pub trait Revocations: Send + Sync {
    /// The holder's revocation, strongly consistent: the bound within which it is known everywhere
    /// is then that of the caches alone.
    fn revocation(
        &self,
        holder: TokenHolder<'_>,
    ) -> impl Future<Output = Result<Option<Revocation>, PortError>> + Send;

    /// Writes a revocation in place of the version before it.
    fn save(
        &self,
        holder: TokenHolder<'_>,
        revocation: &Revocation,
    ) -> impl Future<Output = Result<Written, PortError>> + Send;
}

/// Revokes all tokens of a holder that were issued until `until`, and those that the revocation before
/// dated into its next second. Returns the moment in force: it never moves back.
///
/// # Errors
/// The port's, or [`PortError::Unavailable`] after [`CONFLICT_ROUNDS_MAX`] lost races.
pub async fn revoke<S: Revocations>(
    store: &S,
    holder: TokenHolder<'_>,
    until: Time,
) -> Result<Time, PortError> {
    for _ in 0..CONFLICT_ROUNDS_MAX {
        let before = store.revocation(holder).await?;
        let revocation = match before {
            Some(before) => {
                Revocation { version: before.version + 1, until: until.max(before.next_issue()) }
            }
            None => Revocation { version: 1, until },
        };
        if store.save(holder, &revocation).await? == Written::Done {
            return Ok(revocation.until);
        }
    }
    Err(PortError::Unavailable("the revocation changes too often".to_owned()))
}

// === impl TokenHolder ===

impl<'a> TokenHolder<'a> {
    /// What holds the tokens, in a word, and its id.
    #[must_use]
    pub fn parts(self) -> (&'static str, &'a str) {
        match self {
            Self::Customer(id) => ("customer", id),
            Self::Cart(id) => ("cart", id),
        }
    }
}

// === impl Revocation ===

impl Revocation {
    /// The earliest time of issue that a token after it may say: tokens say whole seconds.
    #[must_use]
    pub fn next_issue(&self) -> Time {
        Time((self.until.unix_s() + 1) * SECOND_MS)
    }

    /// When it may be deleted.
    #[must_use]
    pub fn expires_at(&self, holder: TokenHolder<'_>) -> Time {
        self.until.plus_ms(match holder {
            TokenHolder::Customer(_) => CUSTOMER_TTL_MS,
            TokenHolder::Cart(_) => CART_TTL_MS,
        })
    }
}
