//! Shopify: it sells, takes back and cancels, and tells of it: a day late, twice, under another id,
//! in any order, and again until it is answered 200.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use origin_domain::time::{DAY_MS, HOUR_MS, SECOND_MS};

use super::causes::{Cause, Deed, Line, Order};
use super::instance::{Instance, Refused};
use super::judge::Bench;
use super::payloads::detail;
use crate::counts::Occasion;
use crate::fleet::Fleet;
use crate::tempo::Tempo;
use crate::way::Way;

/// How late a webhook may be told for the first time.
const LATE_MS_MAX: u64 = 24 * HOUR_MS;
/// How late one may be told once more.
const AGAIN_MS_MAX: u64 = 20 * DAY_MS;
/// How often it is told until somebody answers, and how long it waits in between.
const ATTEMPTS_MAX: usize = 19;
const PATIENCE_MS: u64 = 60_000;

/// Shopify, of one shop.
pub(crate) struct Shopify {
    pub(crate) customers: Vec<u64>,
    pub(crate) way: Rc<Way>,
    pub(crate) fleet: Rc<Fleet<Instance>>,
    pub(crate) bench: Bench,
    orders: RefCell<Vec<Order>>,
    causes: RefCell<Vec<Cause>>,
    deliveries: Cell<u64>,
    /// How late webhooks are in this world, per million.
    late: u32,
    again: u32,
}

// === impl Shopify ===

impl Shopify {
    pub(crate) fn new(
        customers: Vec<u64>,
        way: Rc<Way>,
        fleet: Rc<Fleet<Instance>>,
        bench: Bench,
    ) -> Self {
        let dice = &way.sky.dice;
        let (late, again) = (dice.pick(&[0, 100_000, 500_000]), dice.pick(&[0, 100_000, 500_000]));
        let (orders, causes) = (RefCell::default(), RefCell::default());
        let deliveries = Cell::new(0);
        Self { customers, way, fleet, bench, orders, causes, deliveries, late, again }
    }

    /// Sells until nothing is left to do.
    pub(crate) async fn trade(self: Rc<Self>, tempo: Rc<Tempo>) {
        while tempo.next().await {
            let dice = &self.way.sky.dice;
            let count = self.orders.borrow().len();
            match dice.below(10) {
                0..=5 => self.happen(self.sell(), Deed::Paid),
                _ if count == 0 => {}
                6..=7 => {
                    let order = dice.index(count);
                    let refund = self.refund(order);
                    self.happen(order, refund);
                }
                8 => {
                    let order = dice.index(count);
                    let is_known =
                        |cause: &Cause| cause.order == order && cause.deed == Deed::Cancelled;
                    if !self.causes.borrow().iter().any(is_known) {
                        self.happen(order, Deed::Cancelled);
                    }
                }
                _ => {
                    let cause = dice.index(self.causes.borrow().len());
                    self.tell(cause, 0);
                }
            }
        }
    }

    fn happen(self: &Rc<Self>, order: usize, deed: Deed) {
        let now_ms = self.way.sky.timeline.now_ms();
        let at_ms = now_ms - now_ms % SECOND_MS;
        let cause = Cause { order, deed, at_ms };
        let number = self.causes.borrow().len();
        self.bench.judge().happened(&self.orders.borrow()[order], &cause);
        self.causes.borrow_mut().push(cause);
        let dice = &self.way.sky.dice;
        self.tell(number, if dice.chance(self.late) { LATE_MS_MAX } else { SECOND_MS });
        if dice.chance(self.again) {
            self.tell(number, dice.pick(&[SECOND_MS, HOUR_MS, AGAIN_MS_MAX]));
        }
    }

    /// Tells a cause within some time, under a delivery's id of its own, once or twice.
    fn tell(self: &Rc<Self>, cause: usize, late_ms_max: u64) {
        let delivery = self.deliveries.replace(self.deliveries.get() + 1);
        let times = if self.way.sky.dice.chance(self.again) { 2 } else { 1 };
        for _ in 0..times {
            let shopify = Rc::clone(self);
            let due_ms = self.way.sky.dice.below(late_ms_max + 1);
            self.way.crew.spawn(&self.way.life, async move {
                shopify.way.sky.timeline.sleep(due_ms).await;
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
                fleet.ask(receive).await.unwrap_or(Err(Refused::Unavailable))
            };
            if let Some(Ok(())) = self.way.send(answer).await {
                self.bench.judge().thanked(cause);
                return;
            }
            self.way.sky.timeline.sleep(self.way.sky.dice.below(PATIENCE_MS)).await;
        }
        self.bench.judge().note(Occasion::FateUnknown);
    }

    /// The webhook as it reads by now.
    fn detail(&self, cause: usize, webhook: &str) -> String {
        let causes = self.causes.borrow();
        let cause = &causes[cause];
        let known: Vec<&Cause> = causes.iter().filter(|one| one.order == cause.order).collect();
        detail(webhook, &self.orders.borrow()[cause.order], cause, &known)
    }

    fn sell(&self) -> usize {
        let dice = &self.way.sky.dice;
        let mut orders = self.orders.borrow_mut();
        let order = orders.len() as u64;
        let whole = |most: u64| i64::try_from(100 * dice.below(most + 1)).unwrap_or(0);
        let line = |at: u64| {
            let quantity = u32::try_from(dice.within(1..=3)).unwrap_or(1);
            let price = 100 + whole(30);
            let discount = if dice.coin() { 0 } else { whole(1) };
            // Ids pass what a JavaScript number holds.
            let id = 9_007_199_254_740_993 + 10 * order + at;
            Line { id, quantity, price, discount, is_gift_card: dice.below(12) == 0 }
        };
        let lines = (0..dice.within(1..=3)).map(line).collect();
        let customer = (dice.below(8) > 0).then(|| dice.pick(&self.customers));
        orders.push(Order { id: 5_000 + order, customer, is_test: dice.below(20) == 0, lines });
        orders.len() - 1
    }

    fn refund(&self, order: usize) -> Deed {
        let dice = &self.way.sky.dice;
        let orders = self.orders.borrow();
        let some = |line: &Line| (line.id, u32::try_from(dice.below(3)).unwrap_or(0));
        let lines = orders[order].lines.iter().map(some).filter(|(_, quantity)| *quantity > 0);
        let id = 7_000_000 + self.causes.borrow().len() as u64;
        let goodwill = if dice.below(4) == 0 { 1 + dice.below(3_000) } else { 0 };
        let goodwill = i64::try_from(goodwill).unwrap_or(0);
        Deed::Refunded { id, lines: lines.collect(), goodwill }
    }
}
