//! A storm of webhooks: orders, refunds and cancellations, doubled and shuffled, so that refunds
//! come before their orders, while the process is killed. In the end every ledger equals
//! the sum of its history.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use domain_core::time::{DAY_MS, HOUR_MS, Time};
use edge_wire::keys::KeyRing;
use edge_wire::secrets::ShopifySecrets;
use edge_wire::token::{CUSTOMER_TOKEN_TTL_S, mint_customer};
use edge_wire::webhook::sign;
use fastrand::Rng;
use infra_local::demo;
use infra_local::local::Local;
use infra_local::wiring::LOYALTY_QUEUE;
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;

use super::counters::{Alarm, Counters};
use super::run::last_start;
use super::site::{Address, Process, Site};
use super::wire::{agent, once};

/// How often one delivery is tried: many times more than the process is killed.
const TRIES_MAX: u32 = 500;
/// Customers of the history, none of them the demo's.
const CUSTOMERS: u64 = 40;
const FIRST_CUSTOMER: u64 = 9_007_199_254_740_993;
/// Orders are ids past 2^53.
const FIRST_ORDER: u64 = 820_982_911_946_160_000;
/// The history is younger than anything expires.
const HISTORY_DAYS: u64 = 60;
/// Entries of one page.
const PAGE: usize = 100;

/// How large a storm of webhooks.
#[derive(Clone, Debug)]
pub(crate) struct Deliveries {
    /// Decides the history and the order of its deliveries.
    pub(crate) seed: u64,
    /// How many webhooks are delivered, repetitions included.
    pub(crate) webhooks: usize,
    /// Concurrent deliveries.
    pub(crate) senders: usize,
    /// How often the process is killed before the last time.
    pub(crate) kills: u64,
    /// Faults that the bus injects.
    pub(crate) faults: String,
}

/// The deliveries, and the final points of each customer.
struct History {
    webhooks: Vec<Webhook>,
    points: BTreeMap<u64, i64>,
}

#[derive(Clone)]
struct Webhook {
    topic: &'static str,
    payload: String,
}

/// A line of an order.
struct OrderLine {
    euros: u64,
    quantity: u64,
    is_gift_card: bool,
    /// The quantity that was not returned.
    remaining: u64,
}

/// Runs a storm of webhooks on a new shop.
///
/// # Panics
/// If a ledger does not equal the sum of its history.
pub(crate) fn deliveries(binary: &Path, scale: &Deliveries) {
    eprintln!("{scale:?}");
    let history = History::of(scale);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut process = Process::start(binary, &data, &scale.faults);
    let (site, counters) = (Site::at(process.url.clone()), Counters::default());
    let total = history.webhooks.len() as u64;
    let waiting = Mutex::new(history.webhooks.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..scale.senders {
            scope.spawn(|| {
                let _alarm = Alarm(&counters);
                let agent = agent();
                loop {
                    let next = waiting.lock().unwrap().next();
                    let Some(webhook) = next else { return };
                    deliver(&agent, &site, &webhook);
                    counters.acknowledge();
                }
            });
        }
        process.restart_repeatedly(scale.kills, total, &counters, &site);
    });
    process.kill();
    last_start(&data, |local, runtime| {
        runtime.block_on(local.bus().idle());
        let dead = runtime.block_on(local.bus().dead_letters(LOYALTY_QUEUE, 0)).unwrap();
        assert_eq!(dead, [], "no delivery was dead-lettered");
        for (customer, points) in &history.points {
            assert_ledger(local, *customer, *points);
        }
    });
}

/// Delivers until it is acknowledged, as Shopify does.
fn deliver(agent: &Agent, site: &Site, Webhook { topic, payload }: &Webhook) {
    let secrets = ShopifySecrets::parse(demo::SHOPIFY_SECRET).unwrap();
    let signature = sign(&secrets, payload.as_bytes());
    for _ in 0..TRIES_MAX {
        let Address { process, url } = site.now();
        let request = Request::builder()
            .method("POST")
            .uri(format!("{url}/webhooks/shopify"))
            .header("x-shopify-topic", *topic)
            .header("x-shopify-shop-domain", demo::SHOP)
            .header("x-shopify-hmac-sha256", &signature)
            .body(payload.as_str())
            .unwrap();
        match agent.run(request).map(|answer| answer.status().as_u16()) {
            Ok(200) => return,
            Ok(502..=504) => site.rest(process),
            Ok(status) => panic!("{topic} was answered {status}"),
            Err(_) => site.wait_for_restart(process),
        }
    }
    panic!("{topic} was not acknowledged in {TRIES_MAX} tries");
}

/// The balance is the history's, and so is the sum of the entries.
fn assert_ledger(local: &Local, customer: u64, points: i64) {
    let keys = KeyRing::parse(demo::KEYS).unwrap();
    let expires = Clock::system().now().unix_s() + CUSTOMER_TOKEN_TTL_S;
    let token = format!("Bearer {}", mint_customer(&keys, &customer.to_string(), expires));
    let read = |path: &str| -> Value {
        let request = Request::builder().method("GET").uri(format!("{}{path}", local.url()));
        let reply = once(&agent(), request.header("authorization", &token), None).unwrap();
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    };
    let (mut sum, mut path) = (0, format!("/v1/loyalty/entries?limit={PAGE}"));
    loop {
        let page = read(&path);
        let entries = page["entries"].as_array().unwrap().iter();
        sum += entries.map(|entry| entry["points"].as_i64().unwrap()).sum::<i64>();
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/loyalty/entries?cursor={next}&limit={PAGE}");
    }
    assert_eq!(sum, points, "the entries of {customer}");
    let balance = read("/v1/loyalty")["balance"].clone();
    let part = |name: &str| balance[name].as_i64().unwrap();
    assert_eq!(part("available") + part("pending"), points, "the balance of {customer}");
}

// === impl History ===

impl History {
    fn of(scale: &Deliveries) -> Self {
        let mut rng = Rng::with_seed(scale.seed);
        let start = Clock::system().now().minus_ms(HISTORY_DAYS * DAY_MS);
        let mut history = Self { webhooks: Vec::new(), points: BTreeMap::new() };
        let mut n = 0;
        while history.webhooks.len() < scale.webhooks {
            history.order(FIRST_ORDER + n, start, &mut rng);
            n += 1;
        }
        for _ in 0..scale.webhooks / 5 {
            let at = rng.usize(..history.webhooks.len());
            let again = history.webhooks[at].clone();
            history.webhooks.push(again);
        }
        rng.shuffle(&mut history.webhooks);
        history
    }

    /// One order with its refunds: a point for every euro of goods that are neither returned nor
    /// refunded.
    fn order(&mut self, id: u64, start: Time, rng: &mut Rng) {
        let customer = (rng.u8(..10) != 0).then(|| FIRST_CUSTOMER + rng.u64(..CUSTOMERS));
        let at = start.plus_ms(rng.u64(..(HISTORY_DAYS - 10) * DAY_MS));
        let mut lines: Vec<OrderLine> =
            (0..1 + rng.u64(..3)).map(|_| OrderLine::random(rng)).collect();
        let line_id = |line: usize| id * 10 + line as u64;
        let line = |(n, line): (usize, &OrderLine)| {
            json!({"id": line_id(n), "quantity": line.quantity, "gift_card": line.is_gift_card,
                "price": format!("{}.00", line.euros)})
        };
        let mut order = json!({"id": id, "currency": "EUR", "test": false,
            "created_at": at.to_rfc3339(), "processed_at": at.to_rfc3339(),
            "customer": customer.map(|id| json!({"id": id})),
            "line_items": lines.iter().enumerate().map(line).collect::<Vec<_>>()});
        self.push("orders/paid", &order);
        let mut goodwill = 0;
        for refund in 0..rng.u64(..3) {
            let nth = rng.usize(..lines.len());
            let quantity = 1 + rng.u64(..2);
            let refunded = at.plus_ms(HOUR_MS + rng.u64(..5 * DAY_MS)).to_rfc3339();
            let beyond = if rng.u8(..4) == 0 { 1 + rng.u64(..100) } else { 0 };
            let shop_money = json!({"amount": format!("-{beyond}.00"), "currency_code": "EUR"});
            let adjustment = json!({"amount_set": {"shop_money": shop_money}});
            let refund = json!({"id": id * 10 + refund, "order_id": id, "created_at": refunded,
                "processed_at": refunded,
                "order_adjustments": if beyond == 0 { json!([]) } else { json!([adjustment]) },
                "refund_line_items": [{"line_item_id": line_id(nth), "quantity": quantity}]});
            goodwill += beyond;
            lines[nth].remaining = lines[nth].remaining.saturating_sub(quantity);
            self.push("refunds/create", &refund);
        }
        let is_cancelled = rng.u8(..6) == 0;
        if is_cancelled {
            order["cancelled_at"] = at.plus_ms(6 * DAY_MS).to_rfc3339().into();
            self.push("orders/cancelled", &order);
        }
        let Some(customer) = customer else { return };
        let value = |line: &OrderLine| line.euros * line.remaining;
        let all: u64 = lines.iter().map(value).sum();
        let earning: u64 = lines.iter().filter(|line| !line.is_gift_card).map(value).sum();
        // A refund without goods reduces the remaining goods in proportion.
        let euros = match goodwill {
            0 => earning,
            _ => earning * all.saturating_sub(goodwill) / all.max(1),
        };
        let points = self.points.entry(customer).or_default();
        *points += if is_cancelled { 0 } else { i64::try_from(euros).unwrap() };
    }

    fn push(&mut self, topic: &'static str, payload: &Value) {
        self.webhooks.push(Webhook { topic, payload: payload.to_string() });
    }
}

// === impl OrderLine ===

impl OrderLine {
    fn random(rng: &mut Rng) -> Self {
        let (euros, quantity, is_gift_card) = (rng.u64(..200), 1 + rng.u64(..4), rng.u8(..8) == 0);
        Self { euros, quantity, is_gift_card, remaining: quantity }
    }
}
