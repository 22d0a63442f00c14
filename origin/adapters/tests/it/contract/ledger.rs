//! [`LedgerStore`] and [`LedgerReader`].

use domain_core::id::CommandId;
use domain_core::port::{CONFLICT_ROUNDS_MAX, Consistency, PortError, Written};
use domain_core::time::{DAY_MS, Time};
use domain_loyalty::{
    Account, Addition, CHANGE_ENTRIES_MAX, Cause, EntryKey, EntryKind, Guarded, LedgerChange,
    LedgerEntry, LedgerReader, LedgerStore, LoadRequest, LoadedLedger, OrderFact, OrderItem,
    OwnedEntry, PAGE_ENTRIES_MAX, PaidOrder, Points, Redemption, RedemptionItem, State, decide,
};

use super::sample::{MORNING, paid, program};

/// A ledger.
pub(crate) trait Ledger: LedgerStore + LedgerReader + Clone + 'static {}

impl<T: LedgerStore + LedgerReader + Clone + 'static> Ledger for T {}

/// The change that the payment of an order makes in this ledger.
pub(super) async fn change(ledger: &impl Ledger, paid: &PaidOrder) -> LedgerChange {
    let fact = OrderFact::from(paid.clone());
    let cause = fact.cause();
    let customer = paid.customer.as_deref();
    let order = Some(paid.order.as_str());
    let request = LoadRequest { cause: Some(&cause), order, customer, ..LoadRequest::default() };
    let state = ledger.load(request).await.unwrap();
    decide(state, &fact, Some(&program(1, Time(0)))).unwrap().expect("not counted yet")
}

/// The order and the account of a customer.
async fn order_and_account(
    ledger: &impl Ledger,
    order: &str,
    customer: Option<&str>,
) -> LoadedLedger {
    ledger
        .load(LoadRequest { order: Some(order), customer, ..LoadRequest::default() })
        .await
        .unwrap()
}

async fn is_claimed(ledger: &impl Ledger, cause: &Cause) -> bool {
    let request = LoadRequest { cause: Some(cause), ..LoadRequest::default() };
    ledger.load(request).await.unwrap().is_claimed
}

async fn everything(ledger: &impl Ledger, order: &str) -> (LoadedLedger, Vec<LedgerEntry>) {
    let state = order_and_account(ledger, order, Some("1001")).await;
    let account = ledger.item("1001", Consistency::Strong).await.unwrap();
    assert_eq!(account, state.account);
    (state, ledger.entries("1001", None, PAGE_ENTRIES_MAX).await.unwrap().entries)
}

pub(crate) async fn an_unknown_customer_has_no_ledger(ledger: impl Ledger) {
    assert!(!is_claimed(&ledger, &Cause::order("82")).await);
    assert_eq!(order_and_account(&ledger, "82", None).await, LoadedLedger::default());
    assert_eq!(everything(&ledger, "82").await, (LoadedLedger::default(), Vec::new()));
    assert_eq!(ledger.item("1001", Consistency::Eventual).await, Ok(None));
}

pub(crate) async fn a_committed_change_is_stored_whole(ledger: impl Ledger) {
    let order = paid("9007199254740993", Some("1001"), MORNING);
    let change = change(&ledger, &order).await;
    assert_eq!(change.put.len(), 1);
    assert_eq!(ledger.commit(&change).await, Ok(Written::Done));
    let LedgerChange { cause, order: item, account, put, .. } = change;
    let (item, account) = (item.map(|order| order.item), account.map(|account| account.item));
    let expected = LoadedLedger { order: item, account, ..LoadedLedger::default() };
    assert_eq!(everything(&ledger, &order.order).await, (expected.clone(), entries_of(put)));
    assert!(is_claimed(&ledger, &cause.unwrap()).await);
    let order_only = LoadedLedger { account: None, ..expected };
    assert_eq!(order_and_account(&ledger, &order.order, None).await, order_only);
    assert_eq!(order_and_account(&ledger, &order.order, Some("100")).await, order_only);
}

pub(crate) async fn a_guests_order_is_stored_without_an_account(ledger: impl Ledger) {
    let order = PaidOrder { customer: None, ..paid("82", None, MORNING) };
    let guest = change(&ledger, &order).await;
    assert_eq!((&guest.account, guest.put.len()), (&None, 0));
    assert_eq!(ledger.commit(&guest).await, Ok(Written::Done));
    let order = guest.order.map(|order| order.item);
    let expected = LoadedLedger { order, ..LoadedLedger::default() };
    assert_eq!(everything(&ledger, "82").await, (expected, Vec::new()));
}

pub(crate) async fn a_cause_counts_once_in_the_whole_shop(ledger: impl Ledger) {
    let first = change(&ledger, &paid("82", Some("1001"), MORNING)).await;
    assert_eq!(ledger.commit(&first).await, Ok(Written::Done));
    let before = everything(&ledger, "82").await;
    // The same cause, of another order and of a customer without an account.
    let mut again = change(&ledger, &paid("83", Some("1002"), MORNING)).await;
    again.cause = Some(Cause::order("82"));
    assert_eq!(ledger.commit(&again).await, Ok(Written::Conflict));
    assert_eq!(order_and_account(&ledger, "83", Some("1002")).await, LoadedLedger::default());
    assert_eq!(ledger.entries("1002", None, 1).await.unwrap().entries, []);
    assert_eq!(everything(&ledger, "82").await, before);
}

pub(crate) async fn a_change_from_an_older_account_leaves_no_trace(ledger: impl Ledger) {
    let late = change(&ledger, &paid("83", Some("1001"), MORNING)).await;
    let first = change(&ledger, &paid("82", Some("1001"), MORNING)).await;
    ledger.commit(&first).await.unwrap();
    assert_eq!(ledger.commit(&late).await, Ok(Written::Conflict));
    let (state, entries) = everything(&ledger, "83").await;
    assert_eq!((state.order, entries.len()), (None, 1), "neither order nor entry nor cause");
    let again = change(&ledger, &paid("83", Some("1001"), MORNING)).await;
    assert_eq!(ledger.commit(&again).await, Ok(Written::Done));
}

pub(crate) async fn a_change_from_an_older_order_leaves_no_trace(ledger: impl Ledger) {
    let known = change(&ledger, &paid("82", Some("1001"), MORNING)).await;
    ledger.commit(&known).await.unwrap();
    let before = everything(&ledger, "82").await;
    for seen in [None, Some(2)] {
        let mut late = known.clone();
        late.cause = Some(Cause::order("84"));
        late.order = late.order.map(|order| Guarded { seen, ..order });
        late.account = late.account.map(|account| Guarded { seen: Some(1), ..account });
        assert_eq!(ledger.commit(&late).await, Ok(Written::Conflict), "{seen:?}");
    }
    assert_eq!(everything(&ledger, "82").await, before);
}

pub(crate) async fn orders_paid_at_once_are_all_in_the_account(ledger: impl Ledger) {
    let orders: Vec<PaidOrder> =
        (0..5).map(|n| paid(&n.to_string(), Some("1001"), MORNING.plus_ms(n * DAY_MS))).collect();
    let running: Vec<_> = orders
        .iter()
        .map(|order| {
            let (ledger, order) = (ledger.clone(), order.clone());
            tokio::spawn(async move {
                for _ in 0..CONFLICT_ROUNDS_MAX {
                    let change = change(&ledger, &order).await;
                    if ledger.commit(&change).await == Ok(Written::Done) {
                        return;
                    }
                }
                panic!("order {} always conflicts", order.order);
            })
        })
        .collect();
    for one in running {
        one.await.unwrap();
    }
    let (state, entries) = everything(&ledger, "0").await;
    let sum: Points = entries.iter().map(|entry| entry.points).sum();
    let account = state.account.unwrap();
    let lots: Points = account.lots.iter().map(|lot| lot.points).sum();
    assert_eq!((account.version, entries.len(), lots), (5, 5, sum));
}

fn owned(entries: Vec<LedgerEntry>) -> Vec<OwnedEntry> {
    entries.into_iter().map(|entry| entry.of("1001")).collect()
}

fn entries_of(owned: Vec<OwnedEntry>) -> Vec<LedgerEntry> {
    owned.into_iter().map(|one| one.entry).collect()
}

/// A change with entries of these times, each under an id of its own.
fn entries_at(name: &str, seen: Option<Account>, times: &[u64]) -> LedgerChange {
    let cause = Cause::order(name);
    let fact = OrderFact::from(paid(name, Some("1001"), MORNING));
    let model = decide(LoadedLedger::default(), &fact, Some(&program(1, Time(0))));
    let model = model.unwrap().unwrap().put.remove(0).entry;
    let numbered = times.iter().enumerate().map(|(n, time)| LedgerEntry {
        id: format!("{}/{n:03}", LedgerEntry::id_of(EntryKind::Earn, &cause)),
        at: Time(*time),
        ..model.clone()
    });
    let put: Vec<LedgerEntry> = numbered.collect();
    let version = seen.as_ref().map(|account| account.version);
    let account = seen.unwrap_or_else(|| Account::empty("1001"));
    let added = Addition { customer: "1001", causes: 1, at: Some(MORNING), gone: &[], put: &put };
    LedgerChange {
        cause: Some(cause),
        order: Some(Guarded { seen: None, item: OrderItem::of(name) }),
        account: Some(Guarded { seen: version, item: account.with(added).unwrap() }),
        put: owned(put),
        ..LedgerChange::default()
    }
}

pub(crate) async fn a_change_replaces_and_deletes_entries(ledger: impl Ledger) {
    let first = entries_at("82", None, &[1, 2, 3]);
    assert_eq!(ledger.commit(&first).await, Ok(Written::Done));
    let [one, two, three] = <[LedgerEntry; 3]>::try_from(entries_of(first.put.clone())).unwrap();
    let rewritten = LedgerEntry { points: Points(-7), ..two.clone() };
    let account = first.account.map(|account| account.item).unwrap();
    let (gone, put) = (vec![two, three], vec![rewritten.clone()]);
    let added = Addition { customer: "1001", causes: 1, at: None, gone: &gone, put: &put };
    let item = account.clone().with(added).unwrap();
    let account = Some(Guarded { seen: Some(account.version), item });
    let (gone, put) = (owned(gone), owned(put));
    let change = LedgerChange { account, gone, put, ..LedgerChange::default() };
    assert_eq!(ledger.commit(&change).await, Ok(Written::Done));
    let page = ledger.entries("1001", None, 10).await.unwrap();
    assert_eq!(page.entries, [rewritten, one]);
    assert_eq!(ledger.commit(&change).await, Ok(Written::Conflict), "guarded by the account");
}

pub(crate) async fn a_ledger_is_read_page_by_page_newest_first(ledger: impl Ledger) {
    // Two pairs of one time, and times whose digits do not sort like numbers.
    let change = entries_at("82", None, &[9, 10, 10, 100, u64::MAX, 0, 0]);
    assert_eq!(ledger.commit(&change).await, Ok(Written::Done));
    let mut expected = entries_of(change.put);
    expected.sort_by_key(|entry| std::cmp::Reverse(entry.key()));
    for limit in [1, 3, 6, 7, 8] {
        let mut pages = Vec::new();
        let mut before: Option<EntryKey> = None;
        loop {
            let page = ledger.entries("1001", before.as_ref(), limit).await.unwrap();
            pages.push(page.entries);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert!(pages.iter().map(Vec::as_slice).eq(expected.chunks(limit)), "pages of {limit}");
    }
    let nowhere = EntryKey { at: Time(10), id: "z".to_owned() };
    let page = ledger.entries("1001", Some(&nowhere), 2).await.unwrap();
    assert_eq!(page.entries, expected[2..4], "a cursor need not be the key of an entry");
    assert_eq!(ledger.entries("100", None, 10).await.unwrap().entries, [], "another customer");
}

pub(crate) async fn the_largest_change_fits_and_a_page_has_its_bound(ledger: impl Ledger) {
    let times: Vec<u64> = (0..CHANGE_ENTRIES_MAX as u64).collect();
    let first = entries_at("82", None, &times);
    assert_eq!(ledger.commit(&first).await, Ok(Written::Done));
    let account = first.account.map(|account| account.item);
    let second = entries_at("83", account.clone(), &[1_000, 1_001, 1_002, 1_003]);
    assert_eq!(ledger.commit(&second).await, Ok(Written::Done));
    let page = ledger.entries("1001", None, usize::MAX).await.unwrap();
    assert_eq!(page.entries.len(), PAGE_ENTRIES_MAX);
    let rest = ledger.entries("1001", page.next.as_ref(), PAGE_ENTRIES_MAX).await.unwrap();
    assert_eq!((rest.entries.len(), rest.next), (1, None));
    let times: Vec<u64> = (0..=CHANGE_ENTRIES_MAX as u64).collect();
    let too_many = ledger.commit(&entries_at("84", account, &times)).await;
    assert!(matches!(too_many, Err(PortError::Corrupt(_))), "{too_many:?}");
}

fn redemption(id: CommandId, state: State) -> RedemptionItem {
    let redemption = Redemption {
        id,
        time: MORNING,
        reward: "bell".to_owned(),
        points: Points(250),
        until: MORNING.plus_ms(1_800_000),
        program_version: u64::MAX,
        state,
        slot: None,
    };
    RedemptionItem::of("1001", redemption)
}

pub(crate) async fn a_redemption_only_goes_on_from_where_it_was_seen(ledger: impl Ledger) {
    let ids = [CommandId::from([1; 16]), CommandId::from([2; 16])];
    assert_eq!(ledger.redemption(ids[0]).await, Ok(None));
    let held = redemption(ids[0], State::Held);
    let settled = redemption(ids[0], State::Settled { at: MORNING });
    let change = |seen: Option<u64>, item: &RedemptionItem| LedgerChange {
        redemptions: vec![Guarded { seen, item: item.clone() }],
        ..LedgerChange::default()
    };
    assert_eq!(ledger.commit(&change(Some(1), &settled)).await, Ok(Written::Conflict));
    assert_eq!(ledger.commit(&change(None, &held)).await, Ok(Written::Done));
    assert_eq!(ledger.commit(&change(None, &held)).await, Ok(Written::Conflict));
    assert_eq!(ledger.redemption(ids[0]).await, Ok(Some(held.clone())));
    let request = LoadRequest { redemptions: &ids, ..LoadRequest::default() };
    let state = ledger.load(request).await.unwrap();
    assert_eq!(state, LoadedLedger { redemptions: vec![held], ..LoadedLedger::default() });
    assert_eq!(ledger.commit(&change(Some(1), &settled)).await, Ok(Written::Done));
    assert_eq!(ledger.commit(&change(Some(1), &settled)).await, Ok(Written::Conflict));
    assert_eq!(ledger.redemption(ids[0]).await, Ok(Some(settled)));
}
