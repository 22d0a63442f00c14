//! Absorbing: how the consumer handles webhooks, delivered any number of times in any order.

use domain_core::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError, Written};
use domain_core::time::Time;
use domain_shopify::PayloadError;
use domain_shopify::Webhook;
use serde_json::value::RawValue;

use super::account::{Account, AccountFull, Addition};
use super::cause::Cause;
use super::entry::LedgerEntry;
use super::facts::{Fact, OrderEarning, OrderFull, OrderItem};
use super::merge::CustomerMerge;
use super::order_entries::order_entries;
use super::order_fact::{ORDERS_UPDATED, OrderFact};
use super::paid::Paid;
use crate::points::Points;
use crate::ports::{Guarded, LedgerChange, LedgerStore, LoadRequest, LoadedLedger, Programs};
use crate::program::definition::ProgramVersion;
use crate::program::earning::EarningError;
use crate::program::figures::FIGURES_LAG_MS;

/// The result of absorbing a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the ledger now.
    Applied {
        /// The counted cause.
        cause: Cause,
        /// The customer; a guest's order has none, nor has one not known to be paid.
        customer: Option<String>,
        /// The points it moved.
        points: Points,
    },
    /// The ledger has it already.
    Known {
        /// The repeated cause.
        cause: Cause,
    },
    /// It is older than the erasure of its customer, and is dropped.
    Erased {
        /// The dropped cause.
        cause: Cause,
    },
    /// Nothing in it moves points.
    Ignored {
        /// Its topic.
        topic: String,
    },
}

/// Why a webhook could not be absorbed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AbsorbError {
    /// The webhook is unreadable.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// It is from another shop.
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
    /// The customer who remains was merged into the one who is gone.
    #[error(
        "customer {remaining} was merged into customer {gone} before, who cannot be merged into it"
    )]
    MergedBack {
        /// The customer who would remain.
        remaining: String,
        /// The customer who would be gone.
        gone: String,
    },
    /// A merge arrives after an erasure that it came before, and which covered one of the two only:
    /// the data of the other would outlive the demand.
    #[error(
        "the merge came before an erasure that did not know of it: erase customer {customer}, too, \
         then deliver this again"
    )]
    MergedBeforeErasure {
        /// The customer who is not erased.
        customer: String,
    },
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The consumer of webhooks.
#[derive(Debug, Clone, Copy)]
pub struct Absorber<'a, L, P> {
    /// Stores ledgers.
    pub ledger: &'a L,
    /// Stores the program.
    pub programs: &'a P,
    /// The shop this deployment serves, such as `demo.myshopify.com`.
    pub shop: &'a str,
    /// When the webhook was published: the time of one that does not say when it was fired. Only a
    /// merge of customers, whose payload has no time, reads either.
    pub sent_at: Time,
}

// === impl Absorber ===

impl<L: LedgerStore, P: Programs> Absorber<'_, L, P> {
    /// Absorbs the detail of one webhook event.
    ///
    /// # Errors
    /// Not retryable: the message becomes a dead letter with the error as its reason.
    /// Retryable: a port failed, or [`CONFLICT_ROUNDS_MAX`] races were lost; the message stays in
    /// the queue.
    pub async fn absorb(&self, detail: &str) -> Result<Outcome, AbsorbError> {
        let webhook = Webhook::parse(detail)?;
        if !webhook.shop.eq_ignore_ascii_case(self.shop) {
            return Err(AbsorbError::OtherShop(webhook.shop));
        }
        if webhook.topic == CustomerMerge::TOPIC {
            let at = webhook.triggered_at.unwrap_or(self.sent_at);
            return match CustomerMerge::read(webhook.payload, at)? {
                Some(merge) => self.absorb_merge(&merge).await,
                None => Ok(Outcome::Ignored { topic: webhook.topic }),
            };
        }
        self.absorb_order(&webhook.topic, webhook.payload).await
    }

    /// Absorbs a payload about an order.
    ///
    /// # Errors
    /// As [`Self::absorb`].
    pub async fn absorb_order(
        &self,
        topic: &str,
        payload: &RawValue,
    ) -> Result<Outcome, AbsorbError> {
        match OrderFact::read(topic, payload)? {
            Some(fact) => self.absorb_fact(topic, &fact).await,
            None => Ok(Outcome::Ignored { topic: topic.to_owned() }),
        }
    }

    async fn absorb_fact(
        &self,
        topic: &str,
        order_fact: &OrderFact,
    ) -> Result<Outcome, AbsorbError> {
        let cause = order_fact.cause();
        let program = match order_fact.payment() {
            Some(paid) => self.programs.in_effect(paid.at, Consistency::Strong).await?,
            None => None,
        };
        // Old orders can be updated by the thousand, and earn nothing.
        if topic == ORDERS_UPDATED && program.is_none() {
            return Ok(Outcome::Ignored { topic: topic.to_owned() });
        }
        for _ in 0..CONFLICT_ROUNDS_MAX {
            let loaded = self.load(order_fact, &cause).await?;
            if is_erased(&loaded, order_fact) {
                return Ok(Outcome::Erased { cause });
            }
            let program = match of_known_payment(&loaded, order_fact) {
                Some(at) => &self.programs.in_effect(at, Consistency::Strong).await?,
                None => &program,
            };
            let Some(change) = decide(loaded, order_fact, program.as_ref())? else {
                return Ok(Outcome::Known { cause });
            };
            if self.ledger.commit(&change).await? == Written::Done {
                return Ok(Outcome::of(cause, &change));
            }
        }
        Err(lost())
    }

    /// The order and the account of its customer, whom a refund does not name. The customer whom the
    /// ledger knows stays, even if the fact names another one.
    async fn load(&self, order_fact: &OrderFact, cause: &Cause) -> Result<LoadedLedger, PortError> {
        let order = Some(order_fact.order.as_str());
        let request = LoadRequest { cause: Some(cause), order, ..LoadRequest::default() };
        let customer = order_fact.customer();
        let loaded = self.ledger.load(LoadRequest { customer, ..request }).await?;
        match loaded.order.as_ref().and_then(|order| order.facts.account()) {
            Some(own) if customer != Some(own) => {
                self.ledger.load(LoadRequest { customer: Some(own), ..request }).await
            }
            _ => Ok(loaded),
        }
    }
}

/// Whether a payment that has counted says more than the ledger knows: the order was edited, or its
/// customer named. Erased orders have no computation to amend, but a new customer may claim them.
fn is_amended(loaded: &LoadedLedger, fact: &Fact) -> bool {
    let (Fact::Paid { customer, paid }, Some(order)) = (fact, &loaded.order) else { return false };
    order.facts.paid.is_some() && !order.facts.states(customer.as_deref(), paid)
}

/// When the order was placed, if the ledger knows that better than the fact: an import's row may have
/// another moment than the shop.
fn of_known_payment(loaded: &LoadedLedger, order_fact: &OrderFact) -> Option<Time> {
    let (stated, order) = (order_fact.payment()?, loaded.order.as_ref()?);
    let known = order.facts.paid.as_ref()?;
    stated.is_timed_by(known).then_some(known.at)
}

/// Whether the customer of a payment was erased since then.
fn is_erased(loaded: &LoadedLedger, order_fact: &OrderFact) -> bool {
    let known = loaded.order.as_ref().and_then(|order| order.facts.account());
    let customer = known.or(order_fact.customer());
    let (Some(paid), Some(customer)) = (order_fact.payment(), customer) else { return false };
    loaded.account.as_ref().is_some_and(|account| account.is_erased_at(customer, paid.at))
}

pub(super) fn lost() -> AbsorbError {
    PortError::Unavailable("the ledger changed under every attempt".to_owned()).into()
}

/// The change that a fact of an order makes; `None` if the fact has counted already, even if this
/// delivery differs. Only a payment evaluates the program, the one in effect when the order was
/// placed; before the first program an order earns nothing, but its facts are stored.
///
/// # Errors
/// The order cannot be turned into points, or the order or its account is at its bound.
pub fn decide(
    loaded: LoadedLedger,
    order_fact: &OrderFact,
    program: Option<&ProgramVersion>,
) -> Result<Option<LedgerChange>, AbsorbError> {
    if loaded.is_claimed && !is_amended(&loaded, &order_fact.fact) {
        return Ok(None);
    }
    let is_claimed = loaded.is_claimed;
    let seen = loaded.order.as_ref().map(|order| order.version);
    let before = loaded.order.unwrap_or_else(|| OrderItem::of(&order_fact.order));
    // Facts that arrived before the payment named the customer count together with it.
    let counted = before.facts.account().map_or(0, |_| before.facts.count());
    let (known, customer) = (before.facts.paid.clone(), before.facts.customer.clone());
    let owner_before = before.facts.account().map(str::to_owned);
    let facts = before.facts.with(order_fact.fact.clone())?;
    let is_other = facts.paid != known || facts.customer != customer;
    let earning = match (&facts.paid, program) {
        (Some(paid), Some(version)) if is_other => {
            let own = (owner_before.as_deref(), before.entries.as_slice());
            let account = loaded.account.as_ref().map(|account| account.without(own));
            let account = facts.account().zip(account.as_ref());
            Some(order_earning(paid, account, version)?)
        }
        // The shop says that the order is older than the first program.
        _ if is_other => None,
        _ => before.earning,
    };
    let entries = earning.as_ref().map(|earning| order_entries(&facts, earning));
    let entries = entries.unwrap_or_default();
    let without = |these: &[LedgerEntry], those: &[LedgerEntry]| -> Vec<LedgerEntry> {
        these.iter().filter(|entry| !those.contains(entry)).cloned().collect()
    };
    let (gone, put) = (without(&before.entries, &entries), without(&entries, &before.entries));
    let order = OrderItem { version: before.version + 1, facts, earning, entries };
    let account = match order.facts.account() {
        Some(customer) => {
            let seen = loaded.account.as_ref().map(|account| account.version);
            let account = loaded.account.unwrap_or_else(|| Account::empty(customer));
            let causes = order.facts.count() - counted;
            let at = order.facts.newest();
            let addition = Addition { customer, causes, at, gone: &gone, put: &put };
            Some(Guarded { seen, item: account.with(addition)? })
        }
        None => None,
    };
    // The order itself holds which statements have counted.
    let cause = (!is_claimed).then(|| order_fact.cause());
    let owner = order.facts.account().unwrap_or_default().to_owned();
    let owned = |these: Vec<LedgerEntry>| these.into_iter().map(|entry| entry.of(&owner)).collect();
    let (gone, put) = (owned(gone), owned(put));
    let order = Some(Guarded { seen, item: order });
    Ok(Some(LedgerChange { cause, order, account, gone, put, ..LedgerChange::default() }))
}

fn order_earning(
    paid: &Paid,
    account: Option<(&str, &Account)>,
    version: &ProgramVersion,
) -> Result<OrderEarning, EarningError> {
    let ProgramVersion { version: program_version, program, .. } = version;
    let (as_of, days) = (paid.at.minus_ms(FIGURES_LAG_MS), program.window_days);
    let figures = account.map(|(customer, account)| account.figures_before(customer, as_of, days));
    let earned = program.earned(paid, &figures.unwrap_or_default())?;
    let terms = program.terms(paid.at);
    Ok(OrderEarning { program_version: *program_version, terms, earned })
}

// === impl Outcome ===

impl Outcome {
    pub(super) fn of(cause: Cause, change: &LedgerChange) -> Self {
        let put: Points = change.put.iter().map(|one| one.entry.points).sum();
        let gone: Points = change.gone.iter().map(|one| one.entry.points).sum();
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
