//! [`Revocations`], and the audit entries of those by staff.

use domain_core::port::Written;
use domain_core::revocation::{Revocation, Revocations, TokenHolder, revoke};
use domain_staff::{Act, Actor, AuditLog, StaffAct};
use origin_adapters::table::SharedTable;
use origin_adapters::{RevocationRepository, StaffRepository};

use super::sample::MORNING;

const ADA: TokenHolder<'_> = TokenHolder::Customer("1001");

pub(crate) struct Shop {
    revocations: RevocationRepository,
    staff: StaffRepository,
}

impl Shop {
    pub(crate) fn new(table: &SharedTable) -> Self {
        Self { revocations: RevocationRepository::new(table), staff: StaffRepository::new(table) }
    }
}

pub(crate) async fn tokens_never_revoked_have_no_revocation(shop: Shop) {
    assert_eq!(shop.revocations.revocation(ADA).await, Ok(None));
}

pub(crate) async fn a_revocation_comes_back_and_never_moves_back(shop: Shop) {
    let store = &shop.revocations;
    let [first, later, latest] = [0, 1, 5_000].map(|ms| MORNING.plus_ms(ms));
    assert_eq!(revoke(store, ADA, first).await, Ok(first));
    // A token of the same second says the next one.
    let second = MORNING.plus_ms(1_000);
    assert_eq!(revoke(store, ADA, later).await, Ok(second));
    assert_eq!(revoke(store, ADA, latest).await, Ok(latest));
    let until = MORNING.plus_ms(6_000);
    assert_eq!(revoke(store, ADA, first).await, Ok(until));
    assert_eq!(store.revocation(ADA).await, Ok(Some(Revocation { version: 4, until })));
    // A cart with the customer's id is another holder.
    assert_eq!(store.revocation(TokenHolder::Cart("1001")).await, Ok(None));
}

pub(crate) async fn a_revocation_based_on_an_older_one_is_a_conflict(shop: Shop) {
    let first = Revocation { version: 1, until: MORNING };
    assert_eq!(shop.revocations.save(ADA, &first).await, Ok(Written::Done));
    assert_eq!(shop.revocations.save(ADA, &first).await, Ok(Written::Conflict));
}

pub(crate) async fn a_revocation_by_staff_is_written_with_its_entry_or_not_at_all(shop: Shop) {
    let act = |at| StaffAct { actor: Actor::Machine, act: Act::RevokeTokens, at };
    let cart = TokenHolder::Cart("cart-1");
    let store = shop.revocations.on_behalf_of(act(MORNING));
    assert_eq!(revoke(&store, cart, MORNING).await, Ok(MORNING));
    let lost = shop.revocations.on_behalf_of(act(MORNING.plus_ms(1)));
    let first = Revocation { version: 1, until: MORNING };
    assert_eq!(lost.save(cart, &first).await, Ok(Written::Conflict));
    let entries = shop.staff.entries(None, MORNING).await.unwrap();
    let entries: Vec<_> = entries.iter().map(|it| (it.act.as_str(), it.subject.as_str())).collect();
    assert_eq!(entries, [("revoke_tokens", "cart/cart-1")]);
}
