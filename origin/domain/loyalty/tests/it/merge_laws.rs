//! Merges in any order of arrival, among orders, refunds, redemptions and adjustments.

use domain_core::event::Event;
use domain_core::id::CommandId;
use domain_core::resource::CommandEvent as _;
use domain_core::time::{DAY_MS, HOUR_MS, Time};
use domain_loyalty::{
    Delivery, LedgerEntry, LoyaltyAction, LoyaltyCommand, LoyaltyEvent, Points, PoolSlot, Program,
    Redemption, RedemptionItem, State, Terms,
};
use proptest::prelude::*;
use serde_json::json;

use super::merging::merge_webhook;
use super::world::{Table, changed, order, pool_id, program_document, refund, webhook};

const START: u64 = 1_790_000_000_000;

/// What is delivered.
#[derive(Debug, Clone)]
enum Message {
    Webhook(String),
    Ours(Event),
}

/// What one customer did: each with its time.
#[derive(Debug, Clone)]
struct Customer {
    orders: Vec<(u64, u32, Option<u64>)>,
    redemption: Option<u64>,
    gift: Option<u64>,
    /// When, and into which of the customers before.
    merged: Option<(u64, prop::sample::Index)>,
}

/// An order earns double from 300 points on, so that it matters what counts before it.
fn program() -> Program {
    let multipliers = json!([
        {"id": "double", "title": "D", "if": "customer.points >= 300", "percent": 200},
    ]);
    let document = changed(&program_document(), "/earning/multipliers", multipliers);
    Program::parse(&document.to_string()).unwrap()
}

fn at(after_ms: u64) -> String {
    Time(START + after_ms).to_rfc3339()
}

/// A decided redemption: what is decided depends on what came first, so decisions are events.
fn decisions(customer: &str, after_ms: u64) -> [Event; 2] {
    let time = Time(START + after_ms);
    let held = Redemption {
        id: CommandId::of_key("merge-laws", customer),
        time,
        reward: "bell".to_owned(),
        points: Points(250),
        until: time.plus_ms(HOUR_MS),
        program_version: 1,
        state: State::Held,
        slot: None,
    };
    let slot = PoolSlot { pool: pool_id(4), slot: customer.parse().unwrap() };
    let settled = held.settled(time.plus_ms(1), slot);
    [held, settled].map(|one| RedemptionItem::of(customer, one).to_event())
}

fn gift(customer: &str, after_ms: u64) -> Event {
    let time = Time(START + after_ms);
    let terms = Terms::without_expiry(time);
    let action = LoyaltyAction::Adjust { points: Points(70), reason: "sorry".to_owned(), terms };
    let id = CommandId::of_key("merge-laws/gift", customer);
    let command = LoyaltyCommand { time, id, program_version: 1, action };
    LoyaltyEvent { customer: customer.to_owned(), command }.to_event()
}

/// Everything that happened, with its time. The customers are 1, 2, 3 and so on.
fn messages(customers: &[Customer]) -> Vec<(u64, Message)> {
    let mut all = Vec::new();
    for (index, customer) in customers.iter().enumerate() {
        let id = index as u64 + 1;
        for (number, (after_ms, cents, refunded)) in customer.orders.iter().enumerate() {
            let number = id * 1_000 + number as u64 * 10;
            let euros = format!("{}.{:02}", cents / 100, cents % 100);
            let paid = order(number, Some(id), &at(*after_ms), &euros);
            all.push((*after_ms, Message::Webhook(webhook("orders/paid", &paid))));
            if let Some(later_ms) = refunded {
                let refunded_ms = after_ms + later_ms;
                let back = refund(number + 2, number, &at(refunded_ms), &[(number + 1, 1)]);
                all.push((refunded_ms, Message::Webhook(webhook("refunds/create", &back))));
            }
        }
        if let Some(after_ms) = customer.redemption {
            let events = decisions(&id.to_string(), after_ms);
            all.extend(events.map(|event| (after_ms, Message::Ours(event))));
        }
        if let Some(after_ms) = customer.gift {
            all.push((after_ms, Message::Ours(gift(&id.to_string(), after_ms))));
        }
        if let Some((after_ms, into)) = customer.merged.filter(|_| index > 0) {
            let merge = merge_webhook(id, into.index(index) as u64 + 1, &at(after_ms));
            all.push((after_ms, Message::Webhook(merge)));
        }
    }
    all
}

fn customers() -> impl Strategy<Value = Vec<Customer>> {
    let after = 0..60 * DAY_MS;
    let refund = proptest::option::weighted(0.3, 0..20 * DAY_MS);
    let orders = proptest::collection::vec((after.clone(), 0..40_000u32, refund), 0..5);
    let merged = (after.clone(), any::<prop::sample::Index>());
    let customer = (
        orders,
        proptest::option::weighted(0.3, after.clone()),
        proptest::option::weighted(0.2, after),
        proptest::option::weighted(0.7, merged),
    );
    let customer = customer.prop_map(|(orders, redemption, gift, merged)| Customer {
        orders,
        redemption,
        gift,
        merged,
    });
    proptest::collection::vec(customer, 2..6)
}

/// The same messages in order of time, and as they are delivered: each within 48 hours, and some
/// again.
fn deliveries() -> impl Strategy<Value = (Vec<Message>, Vec<Message>)> {
    customers().prop_flat_map(|customers| {
        let mut sent = messages(&customers);
        sent.sort_by_key(|(at, _)| *at);
        let late = proptest::collection::vec(0..48 * HOUR_MS, sent.len());
        let again = (any::<prop::sample::Index>(), 0..100 * DAY_MS);
        let again = proptest::collection::vec(again, 0..8);
        (late, again).prop_map(move |(late, again)| {
            let delivered = sent.iter().zip(late);
            let mut delivered: Vec<(u64, Message)> =
                delivered.map(|((at, message), late)| (at + late, message.clone())).collect();
            for (index, later) in again.into_iter().filter(|_| !sent.is_empty()) {
                let (at, message) = delivered[index.index(sent.len())].clone();
                delivered.push((at + later, message));
            }
            delivered.sort_by_key(|(at, _)| *at);
            let only = |messages: &[(u64, Message)]| {
                messages.iter().map(|(_, message)| message.clone()).collect()
            };
            (only(&sent), only(&delivered))
        })
    })
}

fn delivered(messages: &[Message]) -> Table {
    let table = Table::with(program());
    for message in messages {
        match message {
            Message::Webhook(detail) => drop(table.deliver(detail).unwrap()),
            Message::Ours(event) => {
                table.absorb(event, Delivery::Replayed, Time(START)).unwrap();
            }
        }
    }
    table
}

/// Calls a function with every order of so many indices.
fn permutations(indices: &mut Vec<usize>, from: usize, visit: &mut impl FnMut(&[usize])) {
    if from == indices.len() {
        return visit(indices);
    }
    for at in from..indices.len() {
        indices.swap(from, at);
        permutations(indices, from + 1, visit);
        indices.swap(from, at);
    }
}

#[test]
fn every_order_of_arrival_gives_the_same_items() {
    let [held, settled] = decisions("2", 3);
    let remaining = order(10, Some(1), &at(0), "40.00");
    let gone = order(20, Some(2), &at(1), "300.00");
    let messages = [
        Message::Webhook(webhook("orders/paid", &remaining)),
        Message::Webhook(webhook("orders/paid", &gone)),
        Message::Webhook(webhook("refunds/create", &refund(22, 20, &at(2), &[(21, 1)]))),
        Message::Ours(held),
        Message::Ours(settled),
        Message::Ours(gift("2", 4)),
        Message::Webhook(merge_webhook(2, 1, &at(5))),
    ];
    let expected = delivered(&messages);
    // 40 and 70 points; 300 were earned and taken back, and 250 of them are spent.
    let total: Points = expected.items().entries.values().map(|entry| entry.points).sum();
    assert_eq!(total, Points(-140));
    let (bytes, mut seen) = (expected.items().bytes(), 0);
    permutations(&mut (0..messages.len()).collect(), 0, &mut |indices| {
        let shuffled: Vec<Message> = indices.iter().map(|at| messages[*at].clone()).collect();
        assert_eq!(delivered(&shuffled).items().bytes(), bytes, "{indices:?}");
        seen += 1;
    });
    assert_eq!(seen, 5_040);
}

#[test]
fn a_merge_forgets_a_redemption_that_is_too_old_for_the_other_customer() {
    let [_, older] = decisions("1", 0);
    let [_, newer] = decisions("2", 16 * DAY_MS);
    let merge = Message::Webhook(merge_webhook(1, 2, &at(16 * DAY_MS)));
    let messages = [Message::Ours(older), Message::Ours(newer), merge];
    permutations(&mut vec![0, 1, 2], 0, &mut |indices| {
        let items = delivered(&indices.iter().map(|at| messages[*at].clone()).collect::<Vec<_>>());
        let listed = &items.items().accounts["2"].redemptions;
        assert_eq!(listed.len(), 1, "{indices:?}");
        assert_eq!(listed[0].time, Time(START + 16 * DAY_MS), "{indices:?}");
    });
}

proptest! {
    #[test]
    fn merges_in_any_order_among_other_facts_give_identical_items(
        (sent, deliveries) in deliveries(),
    ) {
        prop_assert_eq!(delivered(&deliveries).items().bytes(), delivered(&sent).items().bytes());
    }

    #[test]
    fn no_merge_loses_points_or_counts_them_twice((_, deliveries) in deliveries()) {
        let items = delivered(&deliveries).items();
        let (mut listed, mut versions) = (0, 0);
        for account in items.accounts.values().filter(|account| account.merged_into.is_none()) {
            let customers = account.customers();
            let own = items.entries.iter().filter(|((owner, _), _)| customers.contains(owner));
            let own: Vec<&LedgerEntry> = own.map(|(_, entry)| entry).collect();
            listed += own.len();
            versions += account.version;
            let sum: Points = own.iter().map(|entry| entry.points).sum();
            let earned: Points = account.all_lots().map(|lot| lot.points).sum();
            let spent: Points = account.spent.iter().map(|spent| spent.points).sum();
            prop_assert_eq!(earned.minus(spent), sum);
        }
        prop_assert_eq!(listed, items.entries.len(), "each entry is in one account");
        let decisions: u64 = items.redemptions.values().map(|item| item.version).sum();
        prop_assert_eq!(versions, items.causes.len() as u64 + decisions);
    }
}
