//! Reconciliation: compares what the store says of its orders with the ledger. An order is stated as
//! the payloads that its webhooks would carry, so both ways lead to the same facts.

use std::collections::BTreeMap;

use domain_core::port::PortError;
use domain_core::time::Time;
use serde_json::value::RawValue;

use super::absorb::{AbsorbError, Absorber, Outcome};
use super::overlay::Overlay;
use crate::points::Points;
use crate::ports::{LedgerStore, LoadRequest, Programs};

/// An order as the store states it now.
#[derive(Debug, Clone)]
pub struct StatedOrder {
    /// Shopify's order id.
    pub order: String,
    /// What webhooks would carry: the order, its refunds, its cancellation.
    pub payloads: Vec<StatedPayload>,
    /// Whether it is a row of an import: nothing of it is missing once the shop itself has stated the
    /// payment.
    pub is_imported: bool,
}

/// One payload.
#[derive(Debug, Clone)]
pub struct StatedPayload {
    /// The topic of its webhook.
    pub topic: &'static str,
    /// The payload.
    pub payload: Box<RawValue>,
}

/// What the ledger lacks.
#[derive(Debug, Default)]
pub struct Missing {
    /// By customer.
    pub customers: BTreeMap<String, CustomerDifference>,
    /// Orders without a customer of which facts are missing: they move no points until a customer is
    /// named.
    pub guests: Vec<String>,
    /// What has to be absorbed, in this order.
    pub payloads: Vec<StatedPayload>,
    /// Orders that can't be absorbed, each with the reason.
    pub rejected: Vec<(String, String)>,
    /// Orders that the ledger has as they are stated.
    pub known: Vec<String>,
    /// Orders of customers whose data were erased since; they are dropped.
    pub erased: Vec<String>,
}

/// What the ledger lacks of one customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerDifference {
    /// The orders, with the points that their missing facts move.
    pub orders: BTreeMap<String, Points>,
    /// The points of the customer now, those included that are not available yet.
    pub points_before: Points,
    /// The points with the missing facts.
    pub points_after: Points,
}

/// Compares orders with the ledger. Nothing is written.
#[derive(Debug, Clone, Copy)]
pub struct Comparison<'a, L, P> {
    /// The ledger.
    pub ledger: &'a L,
    /// The programs.
    pub programs: &'a P,
    /// The shop's domain.
    pub shop: &'a str,
    /// The moment of the comparison.
    pub now: Time,
}

// === impl Comparison ===

impl<L: LedgerStore, P: Programs> Comparison<'_, L, P> {
    /// What the ledger lacks of these orders.
    ///
    /// # Errors
    /// The port's. An order that can't be absorbed is in the result.
    pub async fn missing(&self, orders: &[StatedOrder]) -> Result<Missing, PortError> {
        let overlay = Overlay::over(self.ledger);
        let absorber = Absorber {
            ledger: &overlay,
            programs: self.programs,
            shop: self.shop,
            sent_at: self.now,
        };
        let mut missing = Missing::default();
        for order in orders {
            if order.is_imported && self.is_paid_in_shop(&order.order).await? {
                missing.known.push(order.order.clone());
                continue;
            }
            let mut known = 0;
            for stated in &order.payloads {
                match absorber.absorb_order(stated.topic, &stated.payload).await {
                    Ok(Outcome::Applied { customer, points, .. }) => {
                        missing.payloads.push(stated.clone());
                        match customer {
                            Some(customer) => {
                                self.note(&mut missing, customer, (&order.order, points)).await?;
                            }
                            None => missing.guests.push(order.order.clone()),
                        }
                    }
                    Ok(Outcome::Known { .. }) => known += 1,
                    Ok(Outcome::Erased { .. }) => missing.erased.push(order.order.clone()),
                    Ok(Outcome::Ignored { .. }) => {}
                    Err(AbsorbError::Port(error)) => return Err(error),
                    Err(error) => missing.rejected.push((order.order.clone(), error.to_string())),
                }
            }
            if known > 0 && known == order.payloads.len() {
                missing.known.push(order.order.clone());
            }
        }
        missing.guests.dedup();
        for (customer, difference) in &mut missing.customers {
            difference.points_after = self.points(&overlay, customer).await?;
        }
        Ok(missing)
    }

    async fn is_paid_in_shop(&self, order: &str) -> Result<bool, PortError> {
        let request = LoadRequest { order: Some(order), ..LoadRequest::default() };
        let order = self.ledger.load(request).await?.order;
        Ok(order.is_some_and(|order| order.facts.is_paid_in_shop()))
    }

    async fn note(
        &self,
        missing: &mut Missing,
        customer: String,
        (order, points): (&str, Points),
    ) -> Result<(), PortError> {
        if !missing.customers.contains_key(&customer) {
            let points_before = self.points(self.ledger, &customer).await?;
            let (orders, points_after) = (BTreeMap::new(), points_before);
            let difference = CustomerDifference { orders, points_before, points_after };
            missing.customers.insert(customer.clone(), difference);
        }
        let difference = missing.customers.get_mut(&customer);
        let sum = difference.map(|one| one.orders.entry(order.to_owned()).or_default());
        if let Some(sum) = sum {
            *sum = sum.plus(points);
        }
        Ok(())
    }

    async fn points(&self, ledger: &impl LedgerStore, customer: &str) -> Result<Points, PortError> {
        let request = LoadRequest { customer: Some(customer), ..LoadRequest::default() };
        let account = ledger.load(request).await?.account;
        Ok(account.map_or(Points::ZERO, |account| account.points_at(self.now)))
    }
}
