//! The erasure of a customer: what was absorbed up to a time is gone, and what arrives later from
//! before it is dropped.

use domain_core::id::CommandId;
use domain_core::time::SECOND_MS;
use domain_loyalty::{LedgerChange, OrderItem, RedemptionItem};
use origin_adapters::table::{Item, Key};

use super::super::causes::OrderChange;
use super::ledger_oracle::{AbsorbedFacts, CommandHistory, LedgerOracle};
use crate::engine::{Coverage, Invariant};
use crate::world::document;

/// The topic that demands it.
pub(super) const TOPIC: &str = "customers/redact";

/// The queue of the consumer that meets it.
pub(super) const PRIVACY_QUEUE: &str = "privacy";

// === impl LedgerOracle ===

impl LedgerOracle {
    /// A consumer has met a demand of this time about a customer and these orders.
    pub(super) fn erased(
        &mut self,
        customer: &str,
        at_ms: u64,
        orders: impl Iterator<Item = String>,
    ) {
        self.redacted_orders.extend(orders);
        // A demand covers its whole second.
        let covered_ms = at_ms - at_ms % SECOND_MS + (SECOND_MS - 1);
        let states = self.accounts.get_mut(customer).and_then(|states| states.last_mut());
        let erasure = states.map(|state| &mut state.absorbed.erasure);
        let Some(erasure) = erasure.filter(|erasure| erasure.covers(covered_ms)) else {
            let message = || format!("the demand about {customer} is finished, but not met");
            return self.report(Invariant::Accounted, message);
        };
        // A later demand may be under way.
        if erasure.at_ms == Some(covered_ms) && !erasure.is_done {
            erasure.is_done = true;
            self.count(Coverage::Erased);
        }
    }

    /// Whether a cause of an order is dropped because its customer was erased since its payment.
    pub(super) fn is_cause_erased(&self, number: usize) -> bool {
        let order = self.causes[number].cause.order;
        let Some(customer) = self.orders[order].customer else { return false };
        let erasure = self.state(&customer.to_string()).absorbed.erasure;
        self.causes.iter().any(|other| {
            let is_payment = other.cause.order == order && other.cause.change == OrderChange::Paid;
            is_payment && erasure.covers(other.cause.at_ms)
        })
    }

    /// Whether a command is erased with its customer.
    pub(super) fn is_command_erased(&self, command: &CommandHistory) -> bool {
        let erasure = self.state(&command.customer).absorbed.erasure;
        command.published.as_ref().is_some_and(|event| erasure.covers(event.at_ms))
    }

    /// Whether a redemption is erased with its customer.
    pub(super) fn is_redemption_erased(&self, id: CommandId) -> bool {
        self.commands.get(&id).is_some_and(|command| self.is_command_erased(command))
    }

    /// No stored item names an erased customer. An order of the demand's own second, or one that was
    /// placed before the demand arrived, is found by its entries only.
    pub(crate) fn check_erased<'a>(&self, items: impl Iterator<Item = (&'a Key, &'a Item)>) {
        for (key, item) in items {
            let named = match key.pk.split('/').next() {
                Some("order") => {
                    let order: OrderItem = document(item);
                    let paid = order.facts.paid.as_ref().map(|paid| paid.at.0);
                    let is_found = !order.entries.is_empty()
                        || self.redacted_orders.contains(&order.facts.order);
                    order.facts.account().map(str::to_owned).zip(paid.filter(|_| is_found))
                }
                Some("redemption") => {
                    let RedemptionItem { customer, redemption, .. } = document(item);
                    Some((customer, redemption.time.0))
                }
                _ => None,
            };
            let Some((customer, at_ms)) = named else { continue };
            let erasure = self.state(&customer).absorbed.erasure;
            if erasure.is_done && erasure.covers(at_ms) {
                self.report(Invariant::Durable, || format!("{key:?} still names {customer}"));
            }
        }
    }
}

/// Whether a change is one step of an erasure; then the facts after it.
pub(super) fn step(change: &LedgerChange, before: &AbsorbedFacts) -> Option<AbsorbedFacts> {
    let erased_at = change.account.as_ref()?.item.erased_at?;
    if change.cause.is_some() || !change.put.is_empty() {
        return None;
    }
    let mut after = before.clone();
    let erasure = &mut after.erasure;
    erasure.is_done &= erasure.covers(erased_at.0);
    erasure.at_ms = erasure.at_ms.max(Some(erased_at.0));
    erasure.steps += 1;
    Some(after)
}
