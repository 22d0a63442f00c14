//! Shopify: it creates orders, refunds and cancellations, and delivers webhooks up to a day late,
//! twice, under different ids, in any order, and repeatedly until a 200.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use domain_core::time::{DAY_MS, HOUR_MS, SECOND_MS};

use super::causes::{Cause, Line, Order, OrderChange};
use super::instance::{ErrorReply, Instance};
use super::oracle::OracleHandle;
use super::payloads::detail;
use crate::coverage::Coverage;
use crate::fleet::Fleet;
use crate::link::Link;
use crate::workload::Workload;

/// How late the first delivery of a webhook may be.
const LATE_MS_MAX: u64 = 24 * HOUR_MS;
/// How late a repeated webhook may be.
const AGAIN_MS_MAX: u64 = 20 * DAY_MS;
/// How many times a webhook is sent until a 200, and the maximum delay between two attempts.
const ATTEMPTS_MAX: usize = 19;
const RETRY_MS_MAX: u64 = 60_000;

/// One Shopify shop.
pub(crate) struct Shopify {
    pub(crate) customers: Vec<u64>,
    pub(crate) link: Rc<Link>,
    pub(crate) fleet: Rc<Fleet<Instance>>,
    pub(crate) oracle: OracleHandle,
    orders: RefCell<Vec<Order>>,
    causes: RefCell<Vec<Cause>>,
    deliveries: Cell<u64>,
    /// The rate of late webhooks in this world, per million.
    late: u32,
    again: u32,
}

// === impl Shopify ===

impl Shopify {
    pub(crate) fn new(
        customers: Vec<u64>,
        link: Rc<Link>,
        fleet: Rc<Fleet<Instance>>,
        oracle: OracleHandle,
    ) -> Self {
        let rng = &link.faults.rng;
        let (late, again) = (rng.pick(&[0, 100_000, 500_000]), rng.pick(&[0, 100_000, 500_000]));
        let (orders, causes) = (RefCell::default(), RefCell::default());
        let deliveries = Cell::new(0);
        Self { customers, link, fleet, oracle, orders, causes, deliveries, late, again }
    }

    /// Runs until no operation remains.
    pub(crate) async fn run(self: Rc<Self>, workload: Rc<Workload>) {
        while workload.next().await {
            let rng = &self.link.faults.rng;
            let count = self.orders.borrow().len();
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
                    self.schedule(cause, 0);
                }
            }
        }
    }

    fn record(self: &Rc<Self>, order: usize, change: OrderChange) {
        let now_ms = self.link.faults.timeline.now_ms();
        let at_ms = now_ms - now_ms % SECOND_MS;
        let cause = Cause { order, change, at_ms };
        let number = self.causes.borrow().len();
        self.oracle.lock().cause_happened(&self.orders.borrow()[order], &cause);
        self.causes.borrow_mut().push(cause);
        let rng = &self.link.faults.rng;
        self.schedule(number, if rng.chance(self.late) { LATE_MS_MAX } else { SECOND_MS });
        if rng.chance(self.again) {
            self.schedule(number, rng.pick(&[SECOND_MS, HOUR_MS, AGAIN_MS_MAX]));
        }
    }

    /// Schedules the webhook of a cause within some time, with a new delivery id, once or twice.
    fn schedule(self: &Rc<Self>, cause: usize, late_ms_max: u64) {
        let delivery = self.deliveries.replace(self.deliveries.get() + 1);
        let times = if self.link.faults.rng.chance(self.again) { 2 } else { 1 };
        for _ in 0..times {
            let shopify = Rc::clone(self);
            let due_ms = self.link.faults.rng.below(late_ms_max + 1);
            self.link.executor.spawn(&self.link.group, async move {
                shopify.link.faults.timeline.sleep(due_ms).await;
                shopify.deliver(cause, delivery).await;
            });
        }
    }

    async fn deliver(&self, cause: usize, delivery: u64) {
        let webhook = format!("webhook-{cause}-{delivery}");
        for _ in 0..ATTEMPTS_MAX {
            let detail = self.detail(cause, &webhook);
            let fleet = Rc::clone(&self.fleet);
            let answer = async move {
                let receive = |one: Rc<Instance>| async move { one.receive(detail).await };
                fleet.call(receive).await.unwrap_or(Err(ErrorReply::Unavailable))
            };
            if let Some(Ok(())) = self.link.send(answer).await {
                self.oracle.lock().webhook_accepted(cause);
                return;
            }
            self.link.faults.timeline.sleep(self.link.faults.rng.below(RETRY_MS_MAX)).await;
        }
        self.oracle.lock().count(Coverage::FateUnknown);
    }

    /// The webhook as Shopify writes it at the time of the attempt.
    fn detail(&self, cause: usize, webhook: &str) -> String {
        let causes = self.causes.borrow();
        let cause = &causes[cause];
        let known: Vec<&Cause> = causes.iter().filter(|one| one.order == cause.order).collect();
        detail(webhook, &self.orders.borrow()[cause.order], cause, &known)
    }

    fn sell(&self) -> usize {
        let rng = &self.link.faults.rng;
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
        let rng = &self.link.faults.rng;
        let orders = self.orders.borrow();
        let some = |line: &Line| (line.id, u32::try_from(rng.below(3)).unwrap_or(0));
        let lines = orders[order].lines.iter().map(some).filter(|(_, quantity)| *quantity > 0);
        let id = 7_000_000 + self.causes.borrow().len() as u64;
        let goodwill = if rng.below(4) == 0 { 1 + rng.below(3_000) } else { 0 };
        let goodwill = i64::try_from(goodwill).unwrap_or(0);
        OrderChange::Refunded { id, lines: lines.collect(), goodwill }
    }
}
