//! [`OrderHistory`], with the [`LedgerStore`] that writes its orders.

use domain_core::port::Written;
use domain_core::time::{DAY_MS, Time};
use domain_loyalty::{
    DRY_RUN_DAYS_MAX, DRY_RUN_ORDERS_MAX, Day, LedgerStore, LoadRequest, OrderFact, OrderHistory,
    PastOrder, PastOrders, decide,
};

use super::merges::merge;
use super::sample::{MORNING, paid, program};

/// A ledger and its history.
pub(crate) struct Shop<L, H>(pub(crate) L, pub(crate) H);

impl<L: LedgerStore, H: OrderHistory> Shop<L, H> {
    async fn pay(&self, order: &str, customer: Option<&str>, at: Time) {
        let fact = OrderFact::from(paid(order, customer, at));
        let cause = fact.cause();
        let request = LoadRequest {
            cause: Some(&cause),
            order: Some(order),
            customer,
            ..LoadRequest::default()
        };
        let state = self.0.load(request).await.unwrap();
        let change = decide(state, &fact, Some(&program(1, Time(0)))).unwrap().unwrap();
        assert_eq!(self.0.commit(&change).await, Ok(Written::Done));
    }

    async fn before(&self, at: Time, order: &str) -> PastOrders {
        let before = PastOrder { at, order: order.to_owned() };
        self.1.past_orders(&before).await.unwrap()
    }
}

fn ids(past: &PastOrders) -> Vec<&str> {
    past.orders.iter().map(|(order, _)| order.facts.order.as_str()).collect()
}

pub(crate) async fn past_orders_come_newest_first_with_their_accounts(
    shop: Shop<impl LedgerStore, impl OrderHistory>,
) {
    let days = |days: u64| MORNING.minus_ms(days * DAY_MS);
    shop.pay("10", Some("1001"), days(3)).await;
    shop.pay("11", None, days(2)).await;
    shop.pay("12", Some("1002"), MORNING).await;
    shop.pay("13", Some("1001"), MORNING).await;
    let past = shop.before(MORNING.plus_ms(1), "").await;
    assert_eq!(ids(&past), ["13", "12", "11", "10"]);
    let versions: Vec<Option<(&str, u64)>> = past
        .orders
        .iter()
        .map(|(_, account)| account.as_ref().map(|one| (one.customer.as_str(), one.version)))
        .collect();
    assert_eq!(versions, [Some(("1001", 2)), Some(("1002", 1)), None, Some(("1001", 2))]);
    assert_eq!(ids(&shop.before(MORNING, "13").await), ["12", "11", "10"]);
    assert_eq!(ids(&shop.before(MORNING, "").await), ["11", "10"]);
    assert_eq!(ids(&shop.before(Time(0), "").await), Vec::<&str>::new());
}

pub(crate) async fn a_past_order_of_a_merged_customer_comes_with_the_account_that_remains(
    shop: Shop<impl LedgerStore, impl OrderHistory>,
) {
    shop.pay("10", Some("1001"), MORNING).await;
    shop.pay("11", Some("1002"), MORNING).await;
    let merge = merge(&shop.0, "1002", "1001").await;
    assert_eq!(shop.0.commit(&merge).await, Ok(Written::Done));
    let past = shop.before(MORNING.plus_ms(1), "").await;
    let remaining = merge.account.map(|account| account.item);
    let accounts: Vec<_> = past.orders.into_iter().map(|(_, account)| account).collect();
    assert_eq!(accounts, [remaining.clone(), remaining]);
}

pub(crate) async fn one_page_covers_a_bounded_number_of_days(
    shop: Shop<impl LedgerStore, impl OrderHistory>,
) {
    let today = Day::of(MORNING);
    let last = today.minus(DRY_RUN_DAYS_MAX - 1);
    shop.pay("10", None, last.start()).await;
    shop.pay("11", None, last.start().minus_ms(1)).await;
    let first = shop.before(MORNING, "").await;
    assert_eq!(ids(&first), ["10"]);
    assert_eq!(first.next, PastOrder { at: last.start(), order: String::new() });
    let second = shop.before(first.next.at, &first.next.order).await;
    assert_eq!(ids(&second), ["11"]);
}

pub(crate) async fn one_page_has_a_bounded_number_of_orders(
    shop: Shop<impl LedgerStore, impl OrderHistory>,
) {
    let order = |nth: usize| format!("{nth:04}");
    for nth in 0..DRY_RUN_ORDERS_MAX + 5 {
        shop.pay(&order(nth), None, MORNING.plus_ms(nth as u64 / 3)).await;
    }
    let first = shop.before(MORNING.plus_ms(DAY_MS), "").await;
    let second = shop.before(first.next.at, &first.next.order).await;
    let read: Vec<String> =
        [&first, &second].into_iter().flat_map(|past| ids(past)).map(str::to_owned).collect();
    let all: Vec<String> = (0..DRY_RUN_ORDERS_MAX + 5).rev().map(order).collect();
    assert_eq!((first.orders.len(), read), (DRY_RUN_ORDERS_MAX, all));
}
