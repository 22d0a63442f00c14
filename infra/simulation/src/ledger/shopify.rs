//! Shopify: it creates orders, refunds and cancellations, and delivers webhooks up to a day late,
//! twice, under different ids, in any order, and repeatedly until a 200.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use domain_core::time::{DAY_MS, HOUR_MS, SECOND_MS};

use super::causes::{Cause, Line, Order, OrderChange};
use super::oracle::LedgerOracle;
use super::payloads::{erasure, webhook};
use crate::engine::{Coverage, Handle, Rng};
use crate::world::{Network, Workload, deliver};

/// How late the first delivery of a webhook may be.
const LATE_MS_MAX: u64 = 24 * HOUR_MS;
/// How late a repeated webhook may be.
const AGAIN_MS_MAX: u64 = 20 * DAY_MS;

/// How often a customer demands the erasure, per million reports.
const ERASURES: u32 = 40_000;

/// One Shopify shop.
pub(crate) struct Shopify {
    customers: Vec<u64>,
    network: Rc<Network>,
    oracle: Handle<LedgerOracle>,
    orders: RefCell<Vec<Order>>,
    causes: RefCell<Vec<Cause>>,
    deliveries: Cell<u64>,
    /// The rate of late webhooks in this world, per million.
    late: u32,
    again: u32,
    /// Whether customers demand their erasure in this world.
    pub(crate) has_erasures: bool,
    erasures: Cell<u64>,
}

// === impl Shopify ===

impl Shopify {
    pub(crate) fn new(
        customers: Vec<u64>,
        network: Rc<Network>,
        oracle: Handle<LedgerOracle>,
    ) -> Self {
        let rng = &network.link.faults.rng;
        let (late, again) = (rng.pick(&[0, 100_000, 500_000]), rng.pick(&[0, 100_000, 500_000]));
        let (orders, causes) = (RefCell::default(), RefCell::default());
        let has_erasures = rng.below(4) == 0;
        let (deliveries, erasures) = (Cell::new(0), Cell::new(0));
        Self {
            customers,
            network,
            oracle,
            orders,
            causes,
            deliveries,
            late,
            again,
            has_erasures,
            erasures,
        }
    }

    fn rng(&self) -> &Rng {
        &self.network.link.faults.rng
    }

    /// Runs until no operation remains.
    pub(crate) async fn run(self: Rc<Self>, workload: Rc<Workload>) {
        while workload.next().await {
            let rng = self.rng();
            let count = self.orders.borrow().len();
            if self.has_erasures && rng.chance(ERASURES) {
                self.erase();
                continue;
            }
            match rng.below(10) {
                0..=5 => self.record(self.sell(), OrderChange::Paid),
                _ if count == 0 => {}
                6..=7 => {
                    let order = rng.index(count);
                    let refund = self.refund(order);
                    self.record(order, refund);
                }
                8 => {
                    let order = rng.index(count);
                    let is_known = |cause: &Cause| {
                        cause.order == order && cause.change == OrderChange::Cancelled
                    };
                    if !self.causes.borrow().iter().any(is_known) {
                        self.record(order, OrderChange::Cancelled);
                    }
                }
                _ => {
                    let cause = rng.index(self.causes.borrow().len());
                    self.schedule(cause, 0, false);
                }
            }
        }
    }

    fn record(self: &Rc<Self>, order: usize, change: OrderChange) {
        let now_ms = self.network.link.faults.timeline.now_ms();
        let at_ms = now_ms - now_ms % SECOND_MS;
        let cause = Cause { order, change, at_ms };
        let number = self.causes.borrow().len();
        self.oracle.lock().cause_happened(&self.orders.borrow()[order], &cause);
        self.causes.borrow_mut().push(cause);
        let rng = self.rng();
        self.schedule(number, if rng.chance(self.late) { LATE_MS_MAX } else { SECOND_MS }, true);
        if rng.chance(self.again) {
            self.schedule(number, rng.pick(&[SECOND_MS, HOUR_MS, AGAIN_MS_MAX]), false);
        }
    }

    /// A customer demands the erasure.
    fn erase(self: &Rc<Self>) {
        let customer = self.rng().pick(&self.customers);
        let number = self.erasures.replace(self.erasures.get() + 1);
        let orders = self.orders.borrow();
        let own = orders.iter().filter(|order| order.customer == Some(customer));
        let own: Vec<u64> = own.map(|order| order.id).collect();
        let (network, link) = (Rc::clone(&self.network), &self.network.link);
        link.executor.spawn(&link.group, async move {
            let write = || erasure(format!("erasure-{number}"), customer, &own);
            deliver(&network, write).await;
        });
    }

    /// Schedules the webhook of a cause within some time, with a new delivery id, once or twice. Of
    /// the repeated ones, half report an update of the order.
    fn schedule(self: &Rc<Self>, cause: usize, late_ms_max: u64, is_first: bool) {
        let delivery = self.deliveries.replace(self.deliveries.get() + 1);
        let is_update = !is_first && delivery % 2 == 1;
        let times = if self.rng().chance(self.again) { 2 } else { 1 };
        for _ in 0..times {
            let shopify = Rc::clone(self);
            let due_ms = self.rng().below(late_ms_max + 1);
            let link = &self.network.link;
            link.executor.spawn(&link.group, async move {
                shopify.network.link.faults.timeline.sleep(due_ms).await;
                shopify.deliver(cause, delivery, is_update).await;
            });
        }
    }

    /// Delivers the webhook, as Shopify writes it at the time of each attempt.
    async fn deliver(&self, cause: usize, delivery: u64, is_update: bool) {
        let write = || {
            let causes = self.causes.borrow();
            let known: Vec<&Cause> =
                causes.iter().filter(|one| one.order == causes[cause].order).collect();
            let order = &self.orders.borrow()[causes[cause].order];
            let id = format!("webhook-{cause}-{delivery}");
            webhook(id, order, &causes[cause], &known, is_update)
        };
        if deliver(&self.network, write).await {
            self.oracle.lock().webhook_accepted(cause);
        } else {
            self.oracle.lock().count(Coverage::FateUnknown);
        }
    }

    fn sell(&self) -> usize {
        let rng = self.rng();
        let mut orders = self.orders.borrow_mut();
        let order = orders.len() as u64;
        let whole = |most: u64| i64::try_from(100 * rng.below(most + 1)).unwrap_or(0);
        let line = |at: u64| {
            let quantity = u32::try_from(rng.within(1..=3)).unwrap_or(1);
            let price = 100 + whole(30);
            let discount = if rng.coin() { 0 } else { whole(1) };
            // These ids exceed what a JavaScript number can hold.
            let id = 9_007_199_254_740_993 + 10 * order + at;
            Line { id, quantity, price, discount, is_gift_card: rng.below(12) == 0 }
        };
        let lines = (0..rng.within(1..=3)).map(line).collect();
        let customer = (rng.below(8) > 0).then(|| rng.pick(&self.customers));
        orders.push(Order { id: 5_000 + order, customer, is_test: rng.below(20) == 0, lines });
        orders.len() - 1
    }

    fn refund(&self, order: usize) -> OrderChange {
        let rng = self.rng();
        let orders = self.orders.borrow();
        let some = |line: &Line| (line.id, u32::try_from(rng.below(3)).unwrap_or(0));
        let lines = orders[order].lines.iter().map(some).filter(|(_, quantity)| *quantity > 0);
        let id = 7_000_000 + self.causes.borrow().len() as u64;
        let goodwill = if rng.below(4) == 0 { 1 + rng.below(3_000) } else { 0 };
        let goodwill = i64::try_from(goodwill).unwrap_or(0);
        OrderChange::Refunded { id, lines: lines.collect(), goodwill }
    }
}
