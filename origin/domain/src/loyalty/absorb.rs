//! Absorbing: what the consumer does with a webhook. Delivered any number of times in any order.

use super::account::{Account, AccountFull, Addition};
use super::cause::Cause;
use super::earning::{EarningError, entries};
use super::facts::{OrderFacts, OrderItem};
use super::order::PaidOrder;
use super::payload::PayloadError;
use super::points::Points;
use super::ports::{Guarded, LedgerChange, LedgerStore, Loaded, Programs};
use super::program::ProgramVersion;
use super::webhook::{ORDERS_PAID, Webhook};
use crate::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError, Written};

/// What became of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the ledger now.
    Applied {
        /// What was counted.
        cause: Cause,
        /// Whose it is; a guest has none.
        customer: Option<String>,
        /// The points it brought.
        points: Points,
    },
    /// It was there already.
    Known {
        /// What was delivered again.
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
        if webhook.topic != ORDERS_PAID {
            return Ok(Outcome::Ignored { topic: webhook.topic });
        }
        self.absorb_paid(&PaidOrder::from_payload(webhook.payload)?).await
    }

    async fn absorb_paid(&self, told: &PaidOrder) -> Result<Outcome, AbsorbError> {
        let program = self.programs.in_effect(told.paid.at, Consistency::Strong).await?;
        for _ in 0..CONFLICT_ROUNDS_MAX {
            let loaded = self.ledger.load(&told.order, told.customer.as_deref()).await?;
            let Some(change) = decide_paid(loaded, told, program.as_ref())? else {
                return Ok(Outcome::Known { cause: Cause::order(&told.order) });
            };
            if self.ledger.commit(&change).await? == Written::Done {
                return Ok(Outcome::of(change));
            }
        }
        Err(PortError::Unavailable("the ledger changed under every attempt".to_owned()).into())
    }
}

/// What the payment of an order changes; `None` if it was counted already, whatever this delivery
/// says. Before the first programme nothing is earned, but the facts are kept.
///
/// # Errors
/// The order cannot be turned into points, or its account is at its bound.
pub fn decide_paid(
    loaded: Loaded,
    told: &PaidOrder,
    program: Option<&ProgramVersion>,
) -> Result<Option<LedgerChange>, AbsorbError> {
    let cause = Cause::order(&told.order);
    let seen = loaded.order.as_ref().map(|order| order.version);
    let before = loaded.order.unwrap_or_else(|| OrderItem::of(&told.order));
    if before.facts.knows(&cause) {
        return Ok(None);
    }
    let order = OrderItem {
        version: before.version + 1,
        facts: OrderFacts {
            customer: told.customer.clone(),
            paid: Some(told.paid.clone()),
            ..before.facts
        },
    };
    let entries = program.map_or(Ok(Vec::new()), |program| entries(&order.facts, program))?;
    let account = match &told.customer {
        Some(customer) => {
            let seen = loaded.account.as_ref().map(|account| account.version);
            let account = loaded.account.unwrap_or_else(|| Account::empty(customer));
            let item = account.with(Addition { at: told.paid.at, entries: &entries })?;
            Some(Guarded { seen, item })
        }
        None => None,
    };
    Ok(Some(LedgerChange { cause, order: Guarded { seen, item: order }, account, entries }))
}

// === impl Outcome ===

impl Outcome {
    fn of(change: LedgerChange) -> Self {
        Self::Applied {
            cause: change.cause,
            customer: change.order.item.facts.customer,
            points: change.entries.iter().map(|entry| entry.points).sum(),
        }
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
