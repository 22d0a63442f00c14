//! [`OrderHistory`], beside the [`LedgerStore`] that writes what it finds.

use origin_domain::loyalty::{
    DRY_RUN_DAYS_MAX, DRY_RUN_ORDERS_MAX, Day, LedgerStore, OrderHistory, PastOrder, PastOrders,
    Told, Wanted, decide,
};
use origin_domain::port::Written;
use origin_domain::time::{DAY_MS, Time};

use super::sample::{MORNING, paid, program};

/// A ledger and its history.
pub(crate) struct Shop<L, H>(pub(crate) L, pub(crate) H);

impl<L: LedgerStore, H: OrderHistory> Shop<L, H> {
    async fn pay(&self, order: &str, customer: Option<&str>, at: Time) {
        let told = Told::from(paid(order, customer, at));
        let cause = told.cause();
        let wanted =
            Wanted { cause: Some(&cause), order: Some(order), customer, ..Wanted::default() };
        let loaded = self.0.load(wanted).await.unwrap();
        let change = decide(loaded, &told, Some(&program(1, Time(0)))).unwrap().unwrap();
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

pub(crate) async fn past_orders_are_found_newest_first_with_their_accounts(
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

pub(crate) async fn one_look_goes_back_so_many_days_and_the_next_from_there(
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

pub(crate) async fn one_look_finds_so_many_orders_and_the_next_the_rest(
    shop: Shop<impl LedgerStore, impl OrderHistory>,
) {
    let order = |nth: usize| format!("{nth:04}");
    for nth in 0..DRY_RUN_ORDERS_MAX + 5 {
        shop.pay(&order(nth), None, MORNING.plus_ms(nth as u64 / 3)).await;
    }
    let first = shop.before(MORNING.plus_ms(DAY_MS), "").await;
    let second = shop.before(first.next.at, &first.next.order).await;
    let found: Vec<String> =
        [&first, &second].into_iter().flat_map(|past| ids(past)).map(str::to_owned).collect();
    let all: Vec<String> = (0..DRY_RUN_ORDERS_MAX + 5).rev().map(order).collect();
    assert_eq!((first.orders.len(), found), (DRY_RUN_ORDERS_MAX, all));
}
