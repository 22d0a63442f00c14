//! Merges: Shopify makes one customer of two. The account of the one who remains then has the sums of
//! both, and the other account is a mark that names it. Which points each customer earned stays known,
//! because an order earns by the figures that its customer had before it: so a fact of either customer
//! has the same effect before and after the merge.

use std::num::NonZeroU64;

use domain_core::idempotency::ID_WINDOW_MS;
use domain_core::time::Time;
use domain_shopify::{Node, PayloadError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::account::{Account, AccountFull, Lot};
use super::cause::Cause;

/// Most customers who were merged into one, directly or through others. Reading the entries of an
/// account takes one query for each.
pub const MERGED_MAX: usize = 32;

/// Most redemptions of an account after a merge, which is twice what one customer may request: with all
/// else at its bound, the item is within the 400 KB of DynamoDB. They are listed for 15 days only, so
/// the same merge may succeed later.
pub const MERGED_REDEMPTIONS_MAX: usize = 400;

/// The version of the mark of a customer who was merged: above that of any account, so that it does
/// not depend on what the account had absorbed, and exact in every decoder of JSON.
pub const MERGED_VERSION: u64 = 1 << 53;

/// The merge of two customers, as Shopify reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerMerge {
    /// The customer who remains.
    pub remaining: String,
    /// The customer who is gone.
    pub gone: String,
    /// When.
    pub at: Time,
}

/// A customer who was merged into that of an account, or into one who was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// Shopify's customer id.
    pub customer: String,
    /// The customer who remained then, perhaps merged as well since.
    pub into: String,
    /// When they were merged.
    pub at: Time,
    /// Up to when everything of this customer was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Time>,
    /// The points that this customer's orders earned, as in [`Account::lots`].
    pub lots: Vec<Lot>,
}

// === impl CustomerMerge ===

impl CustomerMerge {
    /// The topic of merges.
    pub const TOPIC: &'static str = "customers/merge";

    /// Reads a payload, of a webhook fired at `at`; `None` if the customers are not merged (yet).
    ///
    /// # Errors
    /// A required field is missing or invalid; the error names it.
    pub fn read(payload: &RawValue, at: Time) -> Result<Option<Self>, PayloadError> {
        let merge = Node::root(payload).object()?;
        if !merge.need("status")?.text()?.eq_ignore_ascii_case("completed") {
            return Ok(None);
        }
        let remaining = customer(&merge.need("admin_graphql_api_customer_kept_id")?)?;
        let named = merge.need("admin_graphql_api_customer_deleted_id")?;
        let gone = customer(&named)?;
        if gone == remaining {
            return Err(named.is_not("another customer than the one who remains"));
        }
        Ok(Some(Self { remaining, gone, at }))
    }

    /// The cause that it claims: a customer is gone once.
    #[must_use]
    pub fn cause(&self) -> Cause {
        Cause::merge(&self.gone)
    }
}

/// The number in a global id, such as `gid://shopify/Customer/42`.
fn customer(id: &Node<'_>) -> Result<String, PayloadError> {
    let text = id.text()?;
    let number = text.strip_prefix("gid://shopify/Customer/");
    let digits = number.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|digits| digits.parse::<NonZeroU64>().ok());
    number.map(|number| number.to_string()).ok_or_else(|| id.is_not("the global id of a customer"))
}

// === impl Account ===

impl Account {
    /// The account with that of a customer who was merged into its own, and the mark that remains of
    /// the latter.
    ///
    /// # Errors
    /// It would grow past its bound.
    pub fn merging(
        mut self,
        gone: Self,
        merge: &CustomerMerge,
    ) -> Result<(Self, Self), AccountFull> {
        let mark = Self {
            version: MERGED_VERSION,
            merged_into: Some(merge.remaining.clone()),
            ..Self::empty(&gone.customer)
        };
        self.version += gone.version + 1;
        self.newest = self.newest.max(gone.newest);
        self.highest = self.highest.max(gone.highest);
        for spent in gone.spent {
            self.spend(spent);
        }
        self.redemptions.extend(gone.redemptions);
        self.redemptions.sort_by_key(|one| (one.time, one.id));
        let bound = self.highest.minus_ms(ID_WINDOW_MS);
        self.redemptions.retain(|one| one.time > bound || one.is_held());
        if self.redemptions.len() > MERGED_REDEMPTIONS_MAX {
            return Err(AccountFull);
        }
        self.merged.extend(gone.merged);
        self.merged.push(Merged {
            customer: gone.customer,
            into: merge.remaining.clone(),
            at: merge.at,
            erased_at: gone.erased_at,
            lots: gone.lots,
        });
        self.merged.sort_by(|one, other| one.customer.cmp(&other.customer));
        Ok((self.bounded()?, mark))
    }

    /// The customers whose account it is: its own, then those who were merged.
    #[must_use]
    pub fn customers(&self) -> Vec<String> {
        let merged = self.merged.iter().map(|merged| merged.customer.clone());
        std::iter::once(self.customer.clone()).chain(merged).collect()
    }

    /// Whether it is the account of this customer.
    #[must_use]
    pub fn is_of(&self, customer: &str) -> bool {
        self.customer == customer || self.merged(customer).is_some()
    }

    /// All lots: its own customer's and those of customers who were merged.
    pub fn all_lots(&self) -> impl Iterator<Item = &Lot> {
        self.lots.iter().chain(self.merged.iter().flat_map(|merged| &merged.lots))
    }

    /// The lots of those who were one customer with this one at `at`.
    pub(super) fn lots_as_of<'a>(
        &'a self,
        customer: &'a str,
        at: Time,
    ) -> impl Iterator<Item = &'a Lot> {
        let remaining = self.remaining_at(customer, at);
        let merged = self.merged.iter().map(|one| (one.customer.as_str(), &one.lots));
        let all = std::iter::once((self.customer.as_str(), &self.lots)).chain(merged);
        all.filter(move |(one, _)| self.remaining_at(one, at) == remaining)
            .flat_map(|(_, lots)| lots)
    }

    pub(super) fn merged(&self, customer: &str) -> Option<&Merged> {
        let at = self.merged.binary_search_by(|merged| merged.customer.as_str().cmp(customer));
        at.ok().map(|at| &self.merged[at])
    }

    pub(super) fn lots_of(&mut self, customer: &str) -> &mut Vec<Lot> {
        let at = self.merged.binary_search_by(|merged| merged.customer.as_str().cmp(customer));
        match at {
            Ok(at) => &mut self.merged[at].lots,
            Err(_) => &mut self.lots,
        }
    }

    /// The customer who remained of this one at `at`.
    fn remaining_at<'a>(&'a self, customer: &'a str, at: Time) -> &'a str {
        let mut remaining = customer;
        // Each step is a merge, and no merge leads back.
        for _ in &self.merged {
            match self.merged(remaining).filter(|merged| merged.at <= at) {
                Some(merged) => remaining = &merged.into,
                None => break,
            }
        }
        remaining
    }
}
