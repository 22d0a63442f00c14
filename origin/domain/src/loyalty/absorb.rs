//! Absorbing: what the consumer does with a webhook. Delivered any number of times in any order.

use super::account::{Account, AccountFull, Addition};
use super::cause::Cause;
use super::earning::EarningError;
use super::entry::LedgerEntry;
use super::facts::{Fact, OrderFull, OrderItem, Paid, Reckoning};
use super::figures::FIGURES_LAG_MS;
use super::order_entries::order_entries;
use super::payload::PayloadError;
use super::points::Points;
use super::ports::{Guarded, LedgerChange, LedgerStore, Loaded, Programs, Wanted};
use super::program::ProgramVersion;
use super::told::Told;
use super::webhook::Webhook;
use crate::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError, Written};

/// What became of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the ledger now.
    Applied {
        /// What was counted.
        cause: Cause,
        /// Whose it is; a guest has none, and neither has an order not known to be paid.
        customer: Option<String>,
        /// The points it moved.
        points: Points,
    },
    /// It was there already.
    Known {
        /// What was delivered again.
        cause: Cause,
    },
    /// It is older than the erasure of its customer, and stays out.
    Erased {
        /// What was dropped.
        cause: Cause,
    },
    /// Nothing in it moves points.
    Ignored {
        /// What it was about.
        topic: String,
    },
}

/// Why a webhook could not be absorbed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AbsorbError {
    /// It is no webhook we can read.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// It is from a shop that is not ours.
    #[error("the webhook is from {0}")]
    OtherShop(String),
    /// The order cannot be turned into points.
    #[error(transparent)]
    Earning(#[from] EarningError),
    /// The order is at its bound.
    #[error(transparent)]
    OrderFull(#[from] OrderFull),
    /// The account is at its bound.
    #[error(transparent)]
    AccountFull(#[from] AccountFull),
    /// The world failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The consumer of webhooks, with what it needs.
#[derive(Debug, Clone, Copy)]
pub struct Absorber<'a, L, P> {
    /// Where ledgers are kept.
    pub ledger: &'a L,
    /// Where the programme is kept.
    pub programs: &'a P,
    /// The shop this deployment serves, such as `demo.myshopify.com`.
    pub shop: &'a str,
}

// === impl Absorber ===

impl<L: LedgerStore, P: Programs> Absorber<'_, L, P> {
    /// Absorbs the detail of one webhook event.
    ///
    /// # Errors
    /// Not retryable: the message belongs to the dead letters with the error as its reason.
    /// Retryable: a port failed, or [`CONFLICT_ROUNDS_MAX`] races were lost; the message stays in
    /// the queue.
    pub async fn absorb(&self, detail: &str) -> Result<Outcome, AbsorbError> {
        let webhook = Webhook::parse(detail)?;
        if !webhook.shop.eq_ignore_ascii_case(self.shop) {
            return Err(AbsorbError::OtherShop(webhook.shop));
        }
        match Told::read(&webhook.topic, webhook.payload)? {
            Some(told) => self.absorb_told(&told).await,
            None => Ok(Outcome::Ignored { topic: webhook.topic }),
        }
    }

    async fn absorb_told(&self, told: &Told) -> Result<Outcome, AbsorbError> {
        let cause = told.cause();
        let program = match &told.fact {
            Fact::Paid { paid, .. } => {
                self.programs.in_effect(paid.at, Consistency::Strong).await?
            }
            Fact::Refunded { .. } | Fact::Cancelled { .. } => None,
        };
        for _ in 0..CONFLICT_ROUNDS_MAX {
            let loaded = self.load(told, &cause).await?;
            if is_erased(&loaded, told) {
                return Ok(Outcome::Erased { cause });
            }
            let Some(change) = decide(loaded, told, program.as_ref())? else {
                return Ok(Outcome::Known { cause });
            };
            if self.ledger.commit(&change).await? == Written::Done {
                return Ok(Outcome::of(cause, &change));
            }
        }
        Err(PortError::Unavailable("the ledger changed under every attempt".to_owned()).into())
    }

    /// The order and the account of its customer, whom a refund does not name.
    async fn load(&self, told: &Told, cause: &Cause) -> Result<Loaded, PortError> {
        let order = Some(told.order.as_str());
        let wanted = Wanted { cause: Some(cause), order, ..Wanted::default() };
        let customer = told.customer();
        let loaded = self.ledger.load(Wanted { customer, ..wanted }).await?;
        match loaded.order.as_ref().and_then(|order| order.facts.account()) {
            Some(customer) if loaded.account.is_none() => {
                self.ledger.load(Wanted { customer: Some(customer), ..wanted }).await
            }
            _ => Ok(loaded),
        }
    }
}

/// Whether the customer of a payment was erased since.
fn is_erased(loaded: &Loaded, told: &Told) -> bool {
    let Fact::Paid { paid, .. } = &told.fact else { return false };
    loaded.account.as_ref().is_some_and(|account| account.is_erased_at(paid.at))
}

/// What a fact of an order changes; `None` if it was counted already, whatever this delivery says.
/// Only a payment asks the programme, the one in effect when the order was placed; before the first
/// programme nothing is earned, but the facts are kept.
///
/// # Errors
/// The order cannot be turned into points, or the order or its account is at its bound.
pub fn decide(
    loaded: Loaded,
    told: &Told,
    program: Option<&ProgramVersion>,
) -> Result<Option<LedgerChange>, AbsorbError> {
    if loaded.is_claimed {
        return Ok(None);
    }
    let seen = loaded.order.as_ref().map(|order| order.version);
    let before = loaded.order.unwrap_or_else(|| OrderItem::of(&told.order));
    let reckoning = match (&told.fact, program) {
        (Fact::Paid { paid, .. }, Some(version)) => {
            Some(reckon(paid, loaded.account.as_ref(), version)?)
        }
        _ => before.reckoning,
    };
    // What was known before anybody knew whose it is counts together with the payment.
    let counted = before.facts.account().map_or(0, |_| before.version);
    let facts = before.facts.with(told.fact.clone())?;
    let entries = reckoning.as_ref().map(|reckoning| order_entries(&facts, reckoning));
    let entries = entries.unwrap_or_default();
    let without = |these: &[LedgerEntry], those: &[LedgerEntry]| -> Vec<LedgerEntry> {
        these.iter().filter(|entry| !those.contains(entry)).cloned().collect()
    };
    let (gone, put) = (without(&before.entries, &entries), without(&entries, &before.entries));
    let order = OrderItem { version: facts.count(), facts, reckoning, entries };
    let account = match order.facts.account() {
        Some(customer) => {
            let seen = loaded.account.as_ref().map(|account| account.version);
            let account = loaded.account.unwrap_or_else(|| Account::empty(customer));
            let causes = order.version - counted;
            let addition = Addition { causes, at: order.facts.newest(), gone: &gone, put: &put };
            Some(Guarded { seen, item: account.with(addition)? })
        }
        None => None,
    };
    let (cause, order) = (Some(told.cause()), Some(Guarded { seen, item: order }));
    Ok(Some(LedgerChange { cause, order, account, gone, put, ..LedgerChange::default() }))
}

fn reckon(
    paid: &Paid,
    account: Option<&Account>,
    version: &ProgramVersion,
) -> Result<Reckoning, EarningError> {
    let ProgramVersion { version: program_version, program, .. } = version;
    let as_of = paid.at.minus_ms(FIGURES_LAG_MS);
    let figures = account.map(|account| account.figures_before(as_of, program.window_days));
    let earned = program.earned(paid, &figures.unwrap_or_default())?;
    let terms = program.terms(paid.at);
    Ok(Reckoning { program_version: *program_version, terms, earned })
}

// === impl Outcome ===

impl Outcome {
    fn of(cause: Cause, change: &LedgerChange) -> Self {
        let put: Points = change.put.iter().map(|entry| entry.points).sum();
        let gone: Points = change.gone.iter().map(|entry| entry.points).sum();
        let customer = change.account.as_ref().map(|account| account.item.customer.clone());
        Self::Applied { cause, customer, points: put.minus(gone) }
    }
}

// === impl AbsorbError ===

impl AbsorbError {
    /// Whether the same webhook may be absorbed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Port(error) if error.is_retryable())
    }
}
