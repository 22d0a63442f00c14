//! [`LedgerStore`] and [`LedgerReader`](domain_loyalty::LedgerReader) after a merge of customers.

use domain_core::bookmark::Bookmark;
use domain_core::id::CommandId;
use domain_core::port::{CONFLICT_ROUNDS_MAX, Consistency, Written};
use domain_core::time::DAY_MS;
use domain_loyalty::{
    Account, CustomerMerge, EntryKey, Guarded, LedgerChange, LedgerEntry, LedgerStore, LoadRequest,
    Points, read_entries,
};

use super::ledger::{Ledger, change};
use super::sample::{MORNING, paid};

async fn account(ledger: &impl LedgerStore, customer: &str) -> Option<Account> {
    let request = LoadRequest { customer: Some(customer), ..LoadRequest::default() };
    ledger.load(request).await.unwrap().account
}

/// The change that merges a customer into another one.
pub(super) async fn merge(ledger: &impl LedgerStore, gone: &str, remaining: &str) -> LedgerChange {
    let merge =
        CustomerMerge { remaining: remaining.to_owned(), gone: gone.to_owned(), at: MORNING };
    let (remaining, gone) = (account(ledger, remaining).await, account(ledger, gone).await);
    let version = |account: &Option<Account>| account.as_ref().map(|account| account.version);
    let seen = [version(&remaining), version(&gone)];
    let remaining = remaining.unwrap_or_else(|| Account::empty(&merge.remaining));
    let gone = gone.unwrap_or_else(|| Account::empty(&merge.gone));
    let (account, mark) = remaining.merging(gone, &merge).unwrap();
    LedgerChange {
        cause: Some(merge.cause()),
        account: Some(Guarded { seen: seen[0], item: account }),
        mark: Some(Guarded { seen: seen[1], item: mark }),
        ..LedgerChange::default()
    }
}

async fn pay(ledger: &impl Ledger, order: &str, customer: &str, days: u64) {
    let order = paid(order, Some(customer), MORNING.plus_ms(days * DAY_MS));
    let change = change(ledger, &order).await;
    assert_eq!(ledger.commit(&change).await, Ok(Written::Done));
}

pub(crate) async fn a_merged_customer_has_the_account_of_the_one_who_remains(ledger: impl Ledger) {
    pay(&ledger, "82", "1001", 0).await;
    for (gone, remaining) in [("1001", "1002"), ("1002", "1003"), ("1004", "1001")] {
        let change = merge(&ledger, gone, remaining).await;
        assert_eq!(ledger.commit(&change).await, Ok(Written::Done));
        assert_eq!(ledger.commit(&change).await, Ok(Written::Conflict), "a merge happens once");
    }
    let remaining = account(&ledger, "1003").await.unwrap();
    assert_eq!((remaining.customer.as_str(), remaining.version), ("1003", 4));
    assert_eq!(remaining.customers(), ["1003", "1001", "1002", "1004"]);
    for customer in ["1001", "1002", "1003", "1004"] {
        assert_eq!(account(&ledger, customer).await, Some(remaining.clone()), "{customer}");
        for consistency in [Consistency::Strong, Consistency::Eventual] {
            let item = ledger.item(customer, consistency).await.unwrap();
            assert_eq!(item, Some(remaining.clone()), "{customer}, {consistency:?}");
        }
        let read = ledger.batch(customer, &[CommandId::from([1; 16])]).await.unwrap();
        assert_eq!((read.id.as_str(), read.item.as_deref()), (customer, Some(&remaining)));
    }
    assert_eq!(account(&ledger, "100").await, None, "another customer");
}

pub(crate) async fn a_merge_from_an_older_account_leaves_no_trace(ledger: impl Ledger) {
    pay(&ledger, "82", "1001", 0).await;
    pay(&ledger, "83", "1002", 0).await;
    for (order, customer) in [("84", "1001"), ("85", "1002")] {
        let older = merge(&ledger, "1002", "1001").await;
        pay(&ledger, order, customer, 1).await;
        let before = [account(&ledger, "1001").await, account(&ledger, "1002").await];
        assert_eq!(ledger.commit(&older).await, Ok(Written::Conflict), "{customer}");
        let after = [account(&ledger, "1001").await, account(&ledger, "1002").await];
        assert_eq!(after, before);
    }
    let late = change(&ledger, &paid("86", Some("1002"), MORNING)).await;
    let merge = merge(&ledger, "1002", "1001").await;
    assert_eq!(ledger.commit(&merge).await, Ok(Written::Done), "no claim was left behind");
    assert_eq!(ledger.commit(&late).await, Ok(Written::Conflict), "read before the merge");
}

pub(crate) async fn facts_of_both_customers_and_their_merge_at_once_are_all_in_the_account(
    ledger: impl Ledger,
) {
    let write = |number: usize| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            for _ in 0..CONFLICT_ROUNDS_MAX {
                let customer = ["1001", "1002"][number % 2];
                let change = match number {
                    2 => merge(&ledger, "1002", "1001").await,
                    _ => change(&ledger, &paid(&number.to_string(), Some(customer), MORNING)).await,
                };
                if ledger.commit(&change).await == Ok(Written::Done) {
                    return;
                }
            }
            panic!("{number} always conflicts");
        })
    };
    let running: Vec<_> = (0..5).map(write).collect();
    for one in running {
        one.await.unwrap();
    }
    let account = account(&ledger, "1002").await.unwrap();
    let points: Points = account.all_lots().map(|lot| lot.points).sum();
    assert_eq!((account.version, points), (5, Points(4 * 129)));
}

pub(crate) async fn entries_of_merged_customers_are_one_ledger(ledger: impl Ledger) {
    for (order, customer, days) in [
        ("1", "1001", 3),
        ("2", "1002", 3),
        ("3", "1002", 1),
        ("4", "1003", 2),
        ("5", "1001", 0),
        ("6", "1003", 9),
    ] {
        pay(&ledger, order, customer, days).await;
    }
    for (gone, remaining) in [("1003", "1002"), ("1002", "1001")] {
        assert_eq!(ledger.commit(&merge(&ledger, gone, remaining).await).await, Ok(Written::Done));
    }
    pay(&ledger, "7", "1003", 4).await;
    let orders = ["6", "7", "2", "1", "4", "3", "5"];
    for limit in [1, 2, 3, 7, 8] {
        for customer in ["1001", "1002", "1003"] {
            let (mut pages, mut before): (Vec<Vec<LedgerEntry>>, Option<EntryKey>) = (vec![], None);
            loop {
                let page = (before.as_ref(), limit);
                let read = read_entries(&ledger, customer, page, &Bookmark::default()).await;
                let (page, read) = read.unwrap();
                assert_eq!(read.item.unwrap().version, 9);
                pages.push(page.entries);
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            let ids = pages.iter().map(|page| page.iter().map(|entry| entry.cause.id.as_str()));
            let ids: Vec<Vec<&str>> = ids.map(Iterator::collect).collect();
            assert!(ids.iter().map(Vec::as_slice).eq(orders.chunks(limit)), "{ids:?}");
        }
    }
}
