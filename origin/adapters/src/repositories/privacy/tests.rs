//! The erasure of a customer covers every kind of item about a customer.

use domain_cart::{Action, Applied, CartCommand, CartWriter as _, Offer, apply, cart_of};
use domain_core::id::CommandId;
use domain_core::money::Money;
use domain_core::port::Written;
use domain_core::time::Time;
use domain_loyalty::{
    Account, Addition, Guarded, LedgerChange, LedgerStore as _, LoadedLedger, OrderFact, Paid,
    PaidOrder, Points, Redemption, RedemptionItem, State, decide,
};
use domain_privacy::{erase_cart, erase_customer};
use strum::VariantArray as _;

use crate::memory::MemoryTable;
use crate::repositories::{CartRepository, LedgerRepository};
use crate::table::{Erasure, ItemKey, ItemKind, Key};

const CUSTOMER: &str = "customer-of-the-test";
const ORDER: &str = "82";
const AT: Time = Time(1_795_251_600_000);
const ID: [u8; 16] = [7; 16];

/// The key of the item of each kind that [`write`] writes.
fn written(kind: ItemKind) -> Key {
    let id = CommandId::from(ID);
    let key = |item: ItemKey<'_>| item.key();
    match kind {
        ItemKind::Cart => key(ItemKey::Cart { cart: &cart_of(CUSTOMER) }),
        ItemKind::Order => key(ItemKey::Order { order: ORDER }),
        ItemKind::Redemption => key(ItemKey::Redemption { id }),
        ItemKind::Account => key(ItemKey::Account { customer: CUSTOMER }),
        ItemKind::Entry => {
            let entry = redemption().redemption.entries().remove(0);
            key(ItemKey::Entry { customer: CUSTOMER, at: entry.at, id: &entry.id })
        }
        kind => panic!("write an item of kind {kind:?}, erase it with its customer, and export it"),
    }
}

fn redemption() -> RedemptionItem {
    let redemption = Redemption {
        id: CommandId::from(ID),
        time: AT,
        reward: "bell".to_owned(),
        points: Points(250),
        until: AT.plus_ms(1),
        program_version: 1,
        state: State::Held,
        slot: None,
    };
    RedemptionItem::of(CUSTOMER, redemption)
}

/// Writes one item of each kind about the customer.
async fn write(ledger: &LedgerRepository, carts: &CartRepository) {
    let offer = Offer {
        product: "tee".to_owned(),
        variant_id: Some("44".to_owned()),
        sku: None,
        title: "Tee".to_owned(),
        price: Money(100),
        selection: None,
        properties: [("engraving".to_owned(), CUSTOMER.to_owned())].into(),
    };
    let action = Action::add(offer, 1);
    let command = CartCommand { time: AT, id: CommandId::from(ID), action };
    let Applied::Changed(cart) = apply(None, &command) else { panic!("a new cart changes") };
    assert_eq!(carts.store(&cart_of(CUSTOMER), &cart, None).await, Ok(Written::Done));

    let paid = Paid { at: AT, currency: "EUR".to_owned(), ..Paid::default() };
    let customer = Some(CUSTOMER.to_owned());
    let order = OrderFact::from(PaidOrder { order: ORDER.to_owned(), customer, paid });
    let change = decide(LoadedLedger::default(), &order, None).unwrap().unwrap();
    let account: Account = change.account.clone().unwrap().item;
    assert_eq!(ledger.commit(&change).await, Ok(Written::Done));

    let (item, seen) = (redemption(), Some(account.version));
    let put = item.redemption.entries();
    let addition = Addition { customer: CUSTOMER, causes: 1, at: Some(AT), gone: &[], put: &put };
    let account = Some(Guarded { seen, item: account.with(addition).unwrap() });
    let put = put.into_iter().map(|entry| entry.of(CUSTOMER)).collect();
    let redemptions = vec![Guarded { seen: None, item }];
    let change = LedgerChange { redemptions, account, put, ..LedgerChange::default() };
    assert_eq!(ledger.commit(&change).await, Ok(Written::Done));
}

#[tokio::test]
async fn no_item_about_an_erased_customer_remains_except_the_tombstone_of_the_account() {
    let table = MemoryTable::new();
    let shared = table.shared();
    let (ledger, carts) = (LedgerRepository::new(&shared), CartRepository::new(&shared));
    write(&ledger, &carts).await;
    let kinds = ItemKind::VARIANTS.iter().filter(|kind| kind.erasure() == Erasure::OfCustomer);
    let keys: Vec<(ItemKind, Key)> = kinds.map(|kind| (*kind, written(*kind))).collect();
    for (kind, key) in &keys {
        assert!(table.item(key).is_some(), "{kind:?} is written");
    }

    erase_customer(&ledger, CUSTOMER, &[ORDER.to_owned()], AT).await.unwrap();
    erase_cart(&carts, &cart_of(CUSTOMER), AT).await.unwrap();
    for (kind, key) in keys {
        let document = table.item(&key).map(|item| item.document).unwrap_or_default();
        let names_customer =
            document.windows(CUSTOMER.len()).any(|bytes| bytes == CUSTOMER.as_bytes());
        assert_eq!(names_customer, kind == ItemKind::Account, "{kind:?}");
        assert!(kind != ItemKind::Entry || document.is_empty(), "{kind:?}");
    }
}
