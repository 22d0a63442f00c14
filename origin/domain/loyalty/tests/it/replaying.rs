//! A customer's whole history, delivered in any order and any number of times, decided once, and
//! replayed from the archive: the same items, and exactly the points of its causes.

use std::collections::BTreeMap;

use domain_core::bookmark::Bookmark;
use domain_core::event::Event;
use domain_core::idempotency::Fingerprint;
use domain_core::resource::{CommandRequest, Commands};
use domain_core::time::{HOUR_MS, SECOND_MS, Time};
use domain_loyalty::{Delivery, Points, Program, RewardRequest, State, adjust, redeem};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::world::{Table, cancellation, changed, now, program_document, refund, webhook};

const START: u64 = 1_790_000_000_000;

/// One step of a history.
#[derive(Debug, Clone)]
enum Step {
    /// An order of this many pieces at a price.
    Order { cents: u32, quantity: u32 },
    /// This many pieces of an earlier order are returned.
    Refund(Index, u32),
    /// An earlier order is cancelled.
    Cancel(Index),
    /// The customer requests a reward.
    Redeem { expensive: bool, on_tab: usize },
    /// Staff give or take points.
    Adjust(i64),
    /// A message is delivered, and perhaps stays to be delivered again.
    Deliver(Index, bool),
}

/// A message in the queue or in the archive.
#[derive(Debug, Clone)]
enum Message {
    Webhook(String),
    Event(Event),
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let step = prop_oneof![
        2 => (0..50_000u32, 1..4u32).prop_map(|(cents, quantity)| Step::Order { cents, quantity }),
        1 => (any::<Index>(), 1..3u32).prop_map(|(order, quantity)| Step::Refund(order, quantity)),
        1 => any::<Index>().prop_map(Step::Cancel),
        4 => (any::<bool>(), 0..2usize).prop_map(|(expensive, on_tab)| Step::Redeem { expensive, on_tab }),
        1 => (-20_000..50_000i64).prop_map(Step::Adjust),
        8 => (any::<Index>(), any::<bool>()).prop_map(|(at, again)| Step::Deliver(at, again)),
    ];
    // Minutes most of the time, so that some holds are overdue and most are not.
    let wait = prop_oneof![4 => 0..600 * SECOND_MS, 1 => 0..3 * HOUR_MS];
    proptest::collection::vec((wait, step), 1..40)
}

/// Points available at once and forever, one per cent; rewards at 100 and 40,000.
fn exact() -> Program {
    let rewards = json!([
        {"id": "expensive", "title": "Expensive", "points": 40_000},
        {"id": "cheap", "title": "Cheap", "points": 100},
    ]);
    let mut document = changed(&program_document(), "/rewards", rewards);
    document = changed(&document, "/earning/rules/0/per", json!(1));
    document = changed(&document, "/pending_days", json!(0));
    document = changed(&document, "/expiry_days", Value::Null);
    Program::parse(&document.to_string()).unwrap()
}

/// A history in progress.
struct History {
    table: Table,
    clock: Time,
    /// The undelivered messages.
    queue: Vec<Message>,
    /// Everything that was ever published, with its time.
    archive: Vec<(Time, Message)>,
    /// Of each order: cents a piece, bought, returned, cancelled.
    orders: Vec<(u32, u32, u32, bool)>,
    adjusted: BTreeMap<usize, i64>,
    tabs: [Bookmark; 2],
    commands: usize,
}

impl History {
    fn new() -> Self {
        Self {
            table: Table::with(exact()),
            clock: Time(START),
            queue: Vec::new(),
            archive: Vec::new(),
            orders: Vec::new(),
            adjusted: BTreeMap::new(),
            tabs: [Bookmark::default(), Bookmark::default()],
            commands: 0,
        }
    }

    fn run(steps: &[(u64, Step)]) -> Self {
        let mut history = Self::new();
        for (wait, step) in steps {
            history.clock = history.clock.plus_ms(*wait);
            history.step(step);
        }
        // In the end every message arrives, the last decision last.
        while !history.queue.is_empty() {
            history.clock = history.clock.plus_ms(SECOND_MS);
            history.deliver(0, false);
        }
        history
    }

    fn step(&mut self, step: &Step) {
        let at = self.clock.to_rfc3339();
        let number = self.archive.len() as u64 + 1;
        match step {
            Step::Order { cents, quantity } => {
                self.orders.push((*cents, *quantity, 0, false));
                let price = format!("{}.{:02}", cents / 100, cents % 100);
                let payload = json!({
                    "id": self.orders.len(), "currency": "EUR", "processed_at": at,
                    "customer": {"id": 1001},
                    "line_items": [{"id": 7, "quantity": quantity, "price": price}],
                });
                self.publish(Message::Webhook(webhook("orders/paid", &payload)));
            }
            Step::Refund(order, quantity) if !self.orders.is_empty() => {
                let order = order.index(self.orders.len());
                self.orders[order].2 += quantity;
                let payload = refund(number, order as u64 + 1, &at, &[(7, *quantity)]);
                self.publish(Message::Webhook(webhook("refunds/create", &payload)));
            }
            Step::Cancel(order) if !self.orders.is_empty() => {
                let order = order.index(self.orders.len());
                if !std::mem::replace(&mut self.orders[order].3, true) {
                    let payload = cancellation(order as u64 + 1, &at, &[]);
                    self.publish(Message::Webhook(webhook("orders/cancelled", &payload)));
                }
            }
            Step::Refund(..) | Step::Cancel(_) => {}
            Step::Redeem { expensive, on_tab } => self.redeem(*expensive, *on_tab),
            Step::Adjust(points) => self.adjust(*points),
            Step::Deliver(at, again) if !self.queue.is_empty() => {
                self.deliver(at.index(self.queue.len()), *again);
            }
            Step::Deliver(..) => {}
        }
    }

    fn request(&mut self, bookmark: Bookmark) -> CommandRequest {
        self.commands += 1;
        let key = format!("{:0>16}", self.commands);
        let fingerprint = Fingerprint::of("POST", "/", key.as_bytes());
        CommandRequest { resource: "1001".into(), key, fingerprint, bookmark, now: self.clock }
    }

    fn redeem(&mut self, expensive: bool, on_tab: usize) {
        let request = self.request(self.tabs[on_tab].clone());
        let (reward, points) = if expensive { ("expensive", 40_000) } else { ("cheap", 100) };
        let reward_request = RewardRequest { reward: reward.into(), points: Points(points) };
        let version = self.table.programs[0].clone();
        let table = &self.table;
        let commands = Commands { reader: table, log: table, events: table };
        if let Ok(accepted) = now(redeem(&commands, &request, &reward_request, &version)) {
            self.tabs[on_tab] = accepted.answer.bookmark;
        }
        self.collect();
    }

    fn adjust(&mut self, points: i64) {
        let request = self.request(Bookmark::default());
        let version = self.table.programs[0].clone();
        let table = &self.table;
        let commands = Commands { reader: table, log: table, events: table };
        now(adjust(&commands, &request, (Points(points), "a test"), Some(&version))).unwrap();
        self.adjusted.insert(self.commands, points);
        self.collect();
    }

    fn deliver(&mut self, at: usize, again: bool) {
        let message = if again { self.queue[at].clone() } else { self.queue.remove(at) };
        let held = |history: &Self| history.count(|state| state != State::Rejected);
        let before = held(self);
        match &message {
            Message::Webhook(detail) => {
                self.table.deliver(detail).unwrap();
            }
            Message::Event(event) => {
                self.table.absorb(event, Delivery::Live, self.clock).unwrap();
            }
        }
        if held(self) > before {
            let available = self.table.standing("1001", self.clock).balance.available;
            assert!(available >= Points(0), "overdrawn to {available:?}");
        }
        self.collect();
    }

    fn count(&self, counts: impl Fn(State) -> bool) -> usize {
        let items = self.table.items();
        items.redemptions.values().filter(|item| counts(item.redemption.state)).count()
    }

    fn collect(&mut self) {
        let events = std::mem::take(&mut *self.table.published.lock().unwrap());
        for event in events {
            self.publish(Message::Event(event));
        }
    }

    fn publish(&mut self, message: Message) {
        self.archive.push((self.clock, message.clone()));
        self.queue.push(message);
    }

    /// The archive replayed into an empty table, each message so much later than before.
    fn replayed(&self, later: &[u64]) -> Table {
        let later = later.iter().cycle();
        let mut messages: Vec<(Time, &Message)> = self
            .archive
            .iter()
            .zip(later)
            .map(|((at, message), ms)| (at.plus_ms(*ms), message))
            .collect();
        messages.sort_by_key(|(at, _)| *at);
        let table = Table::with(exact());
        for (at, message) in messages {
            match message {
                Message::Webhook(detail) => {
                    table.deliver(detail).unwrap();
                }
                Message::Event(event) => {
                    table.absorb(event, Delivery::Replayed, at).unwrap();
                }
            }
        }
        assert_eq!(*table.published.lock().unwrap(), [], "a replay decides nothing");
        table
    }
}

proptest! {
    #[test]
    fn a_balance_is_the_sum_of_its_causes(steps in steps()) {
        let history = History::run(&steps);
        let earned: i64 = history
            .orders
            .iter()
            .filter(|(.., cancelled)| !cancelled)
            .map(|(cents, bought, back, _)| i64::from(*cents) * i64::from(bought.saturating_sub(*back)))
            .sum();
        let adjusted: i64 = history.adjusted.values().sum();
        let items = history.table.items();
        let settled = items.redemptions.values().filter(|item| {
            matches!(item.redemption.state, State::Settled { .. })
        });
        let spent: i64 = settled.map(|item| item.redemption.points.0).sum();
        let balance = history.table.standing("1001", history.clock.plus_ms(HOUR_MS)).balance;
        prop_assert_eq!(balance.available, Points(earned + adjusted - spent));
        prop_assert_eq!((balance.pending, balance.held), (Points(0), Points(0)));
        let sum: i64 = items.entries.values().map(|entry| entry.points.0).sum();
        prop_assert_eq!(balance.available, Points(sum));
    }

    #[test]
    fn a_replay_into_an_empty_table_gives_the_same_bytes(
        steps in steps(),
        later in proptest::collection::vec(0..48 * HOUR_MS, 1..20),
    ) {
        let history = History::run(&steps);
        let bytes = history.table.items().bytes();
        prop_assert_eq!(history.replayed(&[0]).items().bytes(), bytes.clone());
        prop_assert_eq!(history.replayed(&later).items().bytes(), bytes);
    }
}
