//! Shopify merges two customers: the one who remains has the points of both.

use domain_core::bookmark::Bookmark;
use domain_core::id::CommandId;
use domain_core::idempotency::Fingerprint;
use domain_core::money::Money;
use domain_core::port::Consistency;
use domain_core::resource::{CommandRequest, Source as _};
use domain_core::time::{DAY_MS, Time};
use domain_loyalty::{
    AbsorbError, AcceptedRedemption, Account, Cause, CustomerMerge, Day, Delivery, EntryPage,
    LOTS_MAX, LedgerEntry, Lot, MERGED_MAX, MERGED_REDEMPTIONS_MAX, MERGED_VERSION, Outcome,
    POINTS_MAX, Points, PoolSlot, Program, REDEMPTIONS_MAX, Redemption, SPENT_DAYS_MAX, Spent,
    State, Terms, read_entries, read_redemption,
};
use domain_privacy::{Erased, erase_customer};
use serde_json::{Value, json};

use super::redeeming::{MINUTE_MS, noon, reward_request, rewarding, settle_down, try_redeem};
use super::world::{
    Table, changed, now, order, pool_id, program, program_document, refund, time, webhook,
};

const REMAINING: u64 = 1001;
const GONE: u64 = 2002;
const PAID_AT: &str = "2026-11-01T10:00:00Z";
const MERGED_AT: &str = "2026-11-10T10:00:00Z";

const REMAINING_ID: &str = "admin_graphql_api_customer_kept_id";
const GONE_ID: &str = "admin_graphql_api_customer_deleted_id";

pub(super) fn merge_payload(gone: u64, remaining: u64) -> Value {
    json!({
        REMAINING_ID: format!("gid://shopify/Customer/{remaining}"),
        GONE_ID: format!("gid://shopify/Customer/{gone}"),
        "admin_graphql_api_job_id": null,
        "status": "completed",
        "errors": [],
    })
}

/// The webhook of a merge that was fired at a time.
pub(super) fn merge_webhook(gone: u64, remaining: u64, at: &str) -> String {
    let detail = webhook("customers/merge", &merge_payload(gone, remaining));
    let detail = serde_json::from_str(&detail).unwrap();
    changed(&detail, "/metadata/X-Shopify-Triggered-At", json!(at)).to_string()
}

fn merge(table: &Table, gone: u64, remaining: u64) -> Outcome {
    table.deliver(&merge_webhook(gone, remaining, MERGED_AT)).unwrap()
}

/// A shop where the customer who is gone has paid 100 euros, and the one who remains 40.
fn shop(program: Program) -> Table {
    let table = Table::with(program);
    table.pay(&order(10, Some(GONE), PAID_AT, "100.00")).unwrap();
    table.pay(&order(20, Some(REMAINING), PAID_AT, "40.00")).unwrap();
    table
}

fn account(table: &Table, customer: u64) -> Account {
    now(table.item(&customer.to_string(), Consistency::Strong)).unwrap().unwrap()
}

/// Available, pending and held points.
fn balance(table: &Table, customer: u64, clock: Time) -> (i64, i64, i64) {
    let balance = table.standing(&customer.to_string(), clock).balance;
    (balance.available.0, balance.pending.0, balance.held.0)
}

fn entries(table: &Table, customer: u64, limit: usize) -> Vec<EntryPage> {
    let (mut pages, mut before) = (Vec::new(), None);
    loop {
        let page = (before.as_ref(), limit);
        let (customer, bookmark) = (customer.to_string(), Bookmark::default());
        let (page, _) = now(read_entries(table, &customer, page, &bookmark)).unwrap();
        before.clone_from(&page.next);
        pages.push(page);
        if before.is_none() {
            return pages;
        }
    }
}

fn redeem(table: &Table, customer: u64, reward: &str, clock: Time) -> AcceptedRedemption {
    let request = CommandRequest {
        resource: customer.to_string(),
        key: format!("{reward:0>16}"),
        fingerprint: Fingerprint::of("POST", "/v1/loyalty/redemptions", reward.as_bytes()),
        bookmark: Bookmark::default(),
        now: clock,
    };
    try_redeem(table, &request, &reward_request(reward)).unwrap()
}

fn state(table: &Table, accepted: &AcceptedRedemption) -> (String, State) {
    let item = table.items().redemptions[&accepted.redemption.id].clone();
    (item.customer, item.redemption.state)
}

#[test]
fn the_customer_who_remains_has_the_points_of_both() {
    let table = shop(program());
    let merged = merge(&table, GONE, REMAINING);
    let cause = Cause::merge("2002");
    let customer = Some("1001".to_owned());
    assert_eq!(merged, Outcome::Applied { cause, customer, points: Points(0) });
    assert_eq!(balance(&table, REMAINING, noon()), (140, 0, 0));
    assert_eq!(balance(&table, GONE, noon()), (140, 0, 0), "Shopify says it is one person");
    let remaining = account(&table, REMAINING);
    assert_eq!(
        (remaining.version, remaining.customers()),
        (3, vec!["1001".to_owned(), "2002".to_owned()])
    );
    let mark = &table.items().accounts["2002"];
    let expected = Account {
        version: MERGED_VERSION,
        merged_into: Some("1001".to_owned()),
        ..Account::empty("2002")
    };
    assert_eq!(*mark, expected);
}

#[test]
fn customers_without_any_order_merge_and_orders_that_come_later_count_for_both() {
    let table = Table::with(program());
    merge(&table, GONE, REMAINING);
    assert_eq!(balance(&table, REMAINING, noon()), (0, 0, 0));
    table.pay(&order(10, Some(GONE), PAID_AT, "100.00")).unwrap();
    assert_eq!(balance(&table, REMAINING, noon()), (100, 0, 0));
    let refunded = refund(11, 10, "2026-11-12T10:00:00Z", &[(11, 1)]);
    table.deliver(&webhook("refunds/create", &refunded)).unwrap();
    assert_eq!(balance(&table, REMAINING, noon()), (0, 0, 0));
}

#[test]
fn a_merge_delivered_twice_counts_once() {
    let table = shop(program());
    merge(&table, GONE, REMAINING);
    let items = table.items();
    let again = merge(&table, GONE, REMAINING);
    assert_eq!(again, Outcome::Known { cause: Cause::merge("2002") });
    let elsewhere = merge(&table, GONE, 3003);
    assert_eq!(
        elsewhere,
        Outcome::Known { cause: Cause::merge("2002") },
        "a customer is gone once"
    );
    assert_eq!(table.items(), items);
}

#[test]
fn a_merge_that_is_not_completed_moves_nothing() {
    let table = shop(program());
    let items = table.items();
    for status in ["requested", "in_progress", "failed"] {
        let payload = changed(&merge_payload(GONE, REMAINING), "/status", json!(status));
        let ignored = table.deliver(&webhook("customers/merge", &payload)).unwrap();
        assert_eq!(ignored, Outcome::Ignored { topic: "customers/merge".to_owned() }, "{status}");
    }
    assert_eq!(table.items(), items);
}

#[test]
fn an_unreadable_merge_names_the_field() {
    let table = shop(program());
    for (field, value, expected) in [
        (REMAINING_ID, json!("gid://shopify/Order/1001"), "is not the global id of a customer"),
        (REMAINING_ID, json!(1001), "is not a text"),
        (GONE_ID, json!("gid://shopify/Customer/"), "is not the global id of a customer"),
        (GONE_ID, json!("gid://shopify/Customer/0"), "is not the global id of a customer"),
        (GONE_ID, json!("gid://shopify/Customer/1/2"), "is not the global id of a customer"),
        (
            GONE_ID,
            json!("gid://shopify/Customer/1001"),
            "is not another customer than the one who remains",
        ),
    ] {
        let pointer = format!("/{field}");
        let payload = changed(&merge_payload(GONE, REMAINING), &pointer, value.clone());
        let error = table.deliver(&webhook("customers/merge", &payload)).unwrap_err();
        assert_eq!(error.to_string(), format!("payload {pointer:?} {expected}"), "{value}");
        assert!(!error.is_retryable());
    }
}

#[test]
fn a_customer_is_not_merged_into_one_who_was_merged_into_it() {
    let table = shop(program());
    merge(&table, GONE, REMAINING);
    merge(&table, REMAINING, 3003);
    let items = table.items();
    let error = table.deliver(&merge_webhook(3003, GONE, MERGED_AT)).unwrap_err();
    let (remaining, gone) = ("2002".to_owned(), "3003".to_owned());
    assert_eq!(error, AbsorbError::MergedBack { remaining, gone });
    assert!(!error.is_retryable());
    assert_eq!(table.items(), items);
}

#[test]
fn a_merged_customer_is_merged_again_with_all_points() {
    let orders = |table: &Table| {
        table.pay(&order(30, Some(3003), PAID_AT, "7.00")).unwrap();
        balance(table, 3003, noon())
    };
    let in_turn = shop(program());
    merge(&in_turn, GONE, REMAINING);
    merge(&in_turn, REMAINING, 3003);
    assert_eq!(orders(&in_turn), (147, 0, 0));
    let later_first = shop(program());
    merge(&later_first, REMAINING, 3003);
    merge(&later_first, GONE, REMAINING);
    assert_eq!(orders(&later_first), (147, 0, 0));
    assert_eq!(in_turn.items().bytes(), later_first.items().bytes());
    for customer in [GONE, REMAINING, 3003] {
        assert_eq!(account(&in_turn, customer).version, 5, "three orders and two merges");
    }
}

#[test]
fn an_account_has_a_bound_of_merged_customers() {
    let table = Table::with(program());
    for gone in 1..=MERGED_MAX as u64 {
        merge(&table, 5000 + gone, REMAINING);
    }
    let error = table.deliver(&merge_webhook(GONE, REMAINING, MERGED_AT)).unwrap_err();
    let expected = "the account has more than 2200 lots, 2200 days of spending, 32 merged customers or 400 redemptions";
    assert_eq!(error.to_string(), expected);
    assert!(!error.is_retryable());
    assert!(!table.items().accounts.contains_key("2002"), "nothing was written");
}

/// An account with so many lots, days of spending and redemptions, each as large as they become.
fn large(customer: u64, lots: usize, redemptions: usize) -> Account {
    let redemption = |number: usize| Redemption {
        id: CommandId::of_key(&customer.to_string(), &number.to_string()),
        time: noon(),
        reward: "r".repeat(32),
        points: Points(POINTS_MAX),
        until: Time(u64::MAX),
        program_version: u64::MAX,
        state: State::Settled { at: noon() },
        slot: Some(PoolSlot { pool: pool_id(32), slot: u32::MAX }),
    };
    let days = (0..u32::try_from(lots).unwrap()).map(|day| Day(65_536 + day));
    let lot = |earned_on: Day| {
        let later = Some(earned_on.plus(365));
        Lot {
            terms: Terms { earned_on, available_on: later, expires_on: later },
            on: earned_on,
            points: Points(POINTS_MAX),
            spend: Money(i64::MAX),
            orders: i64::MAX,
        }
    };
    Account {
        version: 5_000,
        lots: days.clone().map(lot).collect(),
        spent: days.map(|on| Spent { on, points: Points(POINTS_MAX / 2) }).collect(),
        redemptions: (0..redemptions).map(redemption).collect(),
        ..Account::empty(&customer.to_string())
    }
}

#[test]
fn the_largest_merged_account_fits_into_an_item_and_one_more_redemption_is_rejected() {
    let merge = |remaining: &Account, gone: Account| {
        let (gone_id, remaining_id) = (gone.customer.clone(), remaining.customer.clone());
        let merge = CustomerMerge { remaining: remaining_id, gone: gone_id, at: noon() };
        remaining.clone().merging(gone, &merge)
    };
    let half = REDEMPTIONS_MAX;
    let lots = SPENT_DAYS_MAX.min(LOTS_MAX) / 2;
    let mut largest = large(u64::MAX, lots, half);
    for gone in 1..MERGED_MAX as u64 {
        (largest, _) = merge(&largest, large(u64::MAX - gone, 0, 0)).unwrap();
    }
    let other = u64::MAX - MERGED_MAX as u64;
    let (merged, _) = merge(&largest, large(other, lots, half)).unwrap();
    assert_eq!(merged.redemptions.len(), MERGED_REDEMPTIONS_MAX);
    let with_days = Account { spent: large(1, SPENT_DAYS_MAX, 0).spent, ..merged };
    let stored = rmp_serde::to_vec_named(&with_days).unwrap();
    assert!(stored.len() < 400_000, "{} bytes", stored.len());
    assert!(merge(&largest, large(other, lots, half + 1)).is_err());
    assert!(merge(&largest, large(other, lots + 1, half)).is_err());
}

/// An order earns double from 90 points on.
fn doubling() -> Program {
    let multipliers = json!([
        {"id": "double", "title": "D", "if": "customer.points >= 90", "percent": 200},
    ]);
    let document = changed(&program_document(), "/earning/multipliers", multipliers);
    Program::parse(&document.to_string()).unwrap()
}

#[test]
fn an_order_earns_by_the_points_of_both_from_48_hours_after_the_merge_on() {
    for (customer, placed_at, points) in [
        (REMAINING, "2026-11-12T09:59:59Z", 10),
        (REMAINING, "2026-11-12T10:00:00Z", 20),
        // The one who is gone has 100 points without the merge.
        (GONE, "2026-11-12T09:59:59Z", 20),
    ] {
        let merged_first = shop(doubling());
        merge(&merged_first, GONE, REMAINING);
        let placed = order(50, Some(customer), placed_at, "10.00");
        merged_first.pay(&placed).unwrap();
        let entries = merged_first.items().orders["50"].entries.clone();
        assert_eq!(entries[0].points, Points(points), "{customer} at {placed_at}");
        if points == 10 || customer == GONE {
            let order_first = shop(doubling());
            order_first.pay(&placed).unwrap();
            merge(&order_first, GONE, REMAINING);
            assert_eq!(merged_first.items().bytes(), order_first.items().bytes());
        }
    }
}

#[test]
fn a_merge_whose_webhook_states_no_time_counts_from_its_publication() {
    let table = shop(program());
    let detail = webhook("customers/merge", &merge_payload(GONE, REMAINING));
    let mut detail: Value = serde_json::from_str(&detail).unwrap();
    detail["metadata"].as_object_mut().unwrap().remove("X-Shopify-Triggered-At");
    table.deliver(&detail.to_string()).unwrap();
    assert_eq!(
        account(&table, REMAINING).merged[0].at,
        Time(0),
        "the time of the test's publication"
    );
}

#[test]
fn a_hold_of_the_customer_who_is_gone_is_settled_in_the_account_that_remains() {
    let table = shop(rewarding());
    let accepted = redeem(&table, GONE, "lock", noon());
    let requested = table.published.lock().unwrap().remove(0);
    table.absorb(&requested, Delivery::Live, noon()).unwrap();
    assert_eq!(balance(&table, GONE, noon()), (0, 0, 100));
    merge(&table, GONE, REMAINING);
    assert_eq!(balance(&table, REMAINING, noon()), (40, 0, 100));
    settle_down(&table, noon());
    assert_eq!(
        state(&table, &accepted),
        ("2002".to_owned(), State::Settled { at: noon().plus_ms(1) })
    );
    assert_eq!(balance(&table, REMAINING, noon()), (40, 0, 0));
    let owners: Vec<(String, &str)> = table
        .items()
        .entries
        .into_iter()
        .map(|((owner, _), entry)| (owner, entry.kind.name()))
        .collect();
    let expected = [("1001", "earn"), ("2002", "earn"), ("2002", "hold"), ("2002", "settle")];
    assert_eq!(owners, expected.map(|(owner, kind)| (owner.to_owned(), kind)));
}

#[test]
fn a_redemption_accepted_before_the_merge_is_decided_with_the_points_of_both() {
    let table = shop(rewarding());
    table.pay(&order(60, Some(REMAINING), PAID_AT, "300.00")).unwrap();
    let accepted = redeem(&table, REMAINING, "bell", noon());
    merge(&table, REMAINING, GONE);
    settle_down(&table, noon());
    assert_eq!(state(&table, &accepted).0, "1001");
    assert!(matches!(state(&table, &accepted).1, State::Settled { .. }));
    assert_eq!(balance(&table, GONE, noon()), (190, 0, 0));
    let (id, bookmark) = (accepted.redemption.id, Bookmark::default());
    let found = |customer: &str| {
        let (found, _) = now(read_redemption(&table, customer, id, &bookmark)).unwrap();
        found.map(|one| one.id)
    };
    assert_eq!(["1001", "2002"].map(found), [Some(id), Some(id)]);
    assert_eq!(found("3003"), None, "somebody else's");
}

#[test]
fn an_overdue_hold_of_the_customer_who_is_gone_ends_for_a_redemption_of_the_other_one() {
    let table = shop(rewarding());
    let overdue = redeem(&table, GONE, "lock", noon());
    let requested = table.published.lock().unwrap().remove(0);
    table.absorb(&requested, Delivery::Live, noon()).unwrap();
    // The decision is delayed.
    table.published.lock().unwrap().clear();
    merge(&table, GONE, REMAINING);
    let later = noon().plus_ms(31 * MINUTE_MS);
    let accepted = redeem(&table, REMAINING, "lock", later);
    settle_down(&table, later);
    let (owner, ended) = state(&table, &overdue);
    assert_eq!((owner.as_str(), ended), ("2002", overdue.redemption.timed_out().state));
    let (owner, settled) = state(&table, &accepted);
    assert!(owner == "1001" && matches!(settled, State::Settled { .. }), "{owner} {settled:?}");
    let owners: Vec<(String, &str)> = table
        .items()
        .entries
        .into_iter()
        .map(|((owner, _), entry)| (owner, entry.kind.name()))
        .filter(|(_, kind)| *kind != "earn")
        .collect();
    let expected = [("1001", "hold"), ("1001", "settle"), ("2002", "hold"), ("2002", "time_out")];
    assert_eq!(owners, expected.map(|(owner, kind)| (owner.to_owned(), kind)));
    assert_eq!(balance(&table, REMAINING, later), (40, 0, 0));
}

#[test]
fn a_ledger_of_merged_customers_is_read_page_by_page_newest_first() {
    let table = Table::with(program());
    for number in 0..7 {
        let at = time(PAID_AT).plus_ms(number % 4 * DAY_MS).to_rfc3339();
        let customer = [REMAINING, GONE, 3003][usize::try_from(number % 3).unwrap()];
        table.pay(&order(100 + number * 10, Some(customer), &at, "10.00")).unwrap();
    }
    merge(&table, GONE, REMAINING);
    merge(&table, 3003, GONE);
    let mut all: Vec<LedgerEntry> = table.items().entries.into_values().collect();
    all.sort_by_key(|entry| std::cmp::Reverse(entry.key()));
    for limit in [1, 2, 3, 6, 7, 8] {
        for customer in [REMAINING, GONE, 3003] {
            let pages = entries(&table, customer, limit);
            let pages: Vec<&[LedgerEntry]> = pages.iter().map(|page| &*page.entries).collect();
            assert!(pages.into_iter().eq(all.chunks(limit)), "pages of {limit} of {customer}");
        }
    }
}

fn erase(table: &Table, customer: u64, at: &str) -> Erased {
    now(erase_customer(table, &customer.to_string(), &[], time(at))).unwrap()
}

#[test]
fn erasing_either_customer_erases_both() {
    for customer in [REMAINING, GONE] {
        let table = shop(rewarding());
        redeem(&table, GONE, "lock", noon());
        settle_down(&table, noon());
        merge(&table, GONE, REMAINING);
        let erased = erase(&table, customer, "2026-12-01T00:00:00Z");
        assert_eq!(erased, Erased { entries: 4, orders: 2 });
        let items = table.items();
        assert!(items.entries.is_empty());
        assert!(items.orders.values().all(|order| order.facts.customer.is_none()));
        assert!(items.redemptions.values().all(|item| item.customer.is_empty()));
        let remaining = account(&table, REMAINING);
        assert_eq!(
            remaining.all_lots().count() + remaining.spent.len() + remaining.redemptions.len(),
            0
        );
        for named in [REMAINING, GONE] {
            let late = table.pay(&order(70, Some(named), "2026-11-30T00:00:00Z", "1.00")).unwrap();
            assert!(matches!(late, Outcome::Erased { .. }), "{named}: {late:?}");
        }
        let new = table.pay(&order(80, Some(GONE), "2026-12-02T00:00:00Z", "1.00")).unwrap();
        assert!(matches!(new, Outcome::Applied { .. }), "{new:?}");
        assert_eq!(erase(&table, customer, "2026-12-01T00:00:00Z"), Erased::default());
    }
}

#[test]
fn an_erasure_from_before_the_merge_stays_in_force_for_that_customer_only() {
    let table = shop(program());
    erase(&table, GONE, "2026-11-05T00:00:00Z");
    merge(&table, GONE, REMAINING);
    assert_eq!(balance(&table, REMAINING, noon()), (40, 0, 0));
    let late = table.pay(&order(70, Some(GONE), "2026-11-04T00:00:00Z", "1.00")).unwrap();
    assert!(matches!(late, Outcome::Erased { .. }), "{late:?}");
    let own = table.pay(&order(71, Some(REMAINING), "2026-11-04T00:00:00Z", "1.00")).unwrap();
    assert!(matches!(own, Outcome::Applied { .. }), "{own:?}");
    assert_eq!(balance(&table, REMAINING, noon()), (41, 0, 0));
}

#[test]
fn a_merge_that_arrives_after_a_later_erasure_waits_until_the_other_customer_is_erased_too() {
    for (erased, uncovered) in [(REMAINING, GONE), (GONE, REMAINING)] {
        let table = shop(program());
        erase(&table, erased, "2026-12-01T00:00:00Z");
        let webhook = merge_webhook(GONE, REMAINING, MERGED_AT);
        let error = table.deliver(&webhook).unwrap_err();
        let customer = uncovered.to_string();
        assert_eq!(error, AbsorbError::MergedBeforeErasure { customer });
        assert!(!error.is_retryable(), "an operator has to see it");
        erase(&table, uncovered, "2026-12-01T00:00:00Z");
        table.deliver(&webhook).unwrap();
        assert!(table.items().entries.is_empty());
        assert_eq!(balance(&table, REMAINING, noon()), (0, 0, 0));
    }
}

#[test]
fn a_fact_that_read_the_account_before_the_merge_is_decided_again_after_it() {
    let table = shop(program());
    table.meanwhile.lock().unwrap().push(Box::new(|items| {
        let other = Table { items: std::mem::take(items).into(), ..Table::with(program()) };
        merge(&other, GONE, REMAINING);
        *items = other.items();
    }));
    table.pay(&order(90, Some(GONE), PAID_AT, "5.00")).unwrap();
    assert_eq!(balance(&table, REMAINING, noon()), (145, 0, 0));
    assert_eq!(account(&table, REMAINING).version, 4);
}

#[test]
fn a_merge_that_reads_the_mark_of_another_delivery_before_its_claim_is_tried_again() {
    let table = shop(program());
    merge(&table, GONE, REMAINING);
    // The items of one batch are read at different times.
    table.items.lock().unwrap().causes.remove("merge/2002");
    let items = table.items();
    let error = table.deliver(&merge_webhook(GONE, REMAINING, MERGED_AT)).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(table.items(), items);
}

#[test]
fn no_customer_sees_a_lower_version_after_the_merge() {
    let table = shop(program());
    for number in 0..5 {
        table.pay(&order(200 + number * 10, Some(GONE), PAID_AT, "1.00")).unwrap();
    }
    let before = [REMAINING, GONE].map(|customer| account(&table, customer).version);
    assert_eq!(before, [1, 6]);
    merge(&table, GONE, REMAINING);
    assert_eq!([REMAINING, GONE].map(|customer| account(&table, customer).version), [8, 8]);
}
