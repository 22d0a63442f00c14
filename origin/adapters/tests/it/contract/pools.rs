//! [`CodePools`] and [`PoolStore`], and the claims that a ledger writes.

use std::collections::BTreeSet;

use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::Source as _;
use domain_loyalty::{
    Account, BATCH_CODES_MAX, CodePools, CodeSeed, Combines, Discount, DiscountId, Guarded,
    LOW_WATER, LedgerChange, LedgerStore as _, Points, Pool, PoolSlot, PoolStore, Reward,
    RewardKind, SlotClaim, Supply,
};
use origin_adapters::table::SharedTable;
use origin_adapters::{LedgerRepository, PoolRepository, TokenRepository};
use origin_shopify::{TokenItem, TokenStore as _};

use super::sample::MORNING;

const SHOP: &str = "a.example";

/// The repositories of one shop.
pub(crate) struct Shop {
    pools: PoolRepository,
    ledger: LedgerRepository,
    tokens: TokenRepository,
}

// === impl Shop ===

impl Shop {
    pub(crate) fn new(table: &SharedTable) -> Self {
        Self {
            pools: PoolRepository::new(table, SHOP),
            ledger: LedgerRepository::new(table),
            tokens: TokenRepository::new(table, SHOP),
        }
    }

    async fn install(&self) {
        let item = TokenItem { version: 1, ..TokenItem::default() };
        assert_eq!(self.tokens.save(&item).await, Ok(Written::Done));
    }

    async fn ready(&self, pool: &Pool) -> Vec<u32> {
        match self.pools.supply(&pool.discount.pool).await.unwrap() {
            Supply::Slots(slots) => slots,
            Supply::OwnCodes => panic!("the shop has the app"),
        }
    }
}

fn pool(version: u64, filled: u32) -> Pool {
    let reward = Reward {
        id: "bell".to_owned(),
        title: "A bell".to_owned(),
        points: Points(250),
        kind: RewardKind::FreeShipping,
        combines: Combines::default(),
        valid_months: 12,
    };
    let discount = Discount::of(&reward, "EUR", MORNING).unwrap();
    let id = (version > 1).then(|| DiscountId("gid://shopify/DiscountCodeNode/7".to_owned()));
    Pool { version, discount, id, filled }
}

/// The change by which a redemption of account 1001 claims a slot.
fn claim(slot: u32, redemption: u8, seen: Option<u64>) -> LedgerChange {
    let slot = PoolSlot { pool: pool(1, 0).discount.pool, slot };
    let redemption = CommandId::from([redemption; 16]);
    let item = Account { version: seen.unwrap_or(0) + 1, ..Account::empty("1001") };
    LedgerChange {
        claims: vec![SlotClaim { slot, redemption }],
        account: Some(Guarded { seen, item }),
        ..LedgerChange::default()
    }
}

pub(crate) async fn a_shop_without_tokens_has_no_pools(shop: Shop) {
    let id = pool(1, 0).discount.pool;
    assert_eq!(shop.pools.supply(&id).await, Ok(Supply::OwnCodes));
    assert_eq!(shop.pools.pool(&id).await, Ok(None));
    shop.install().await;
    assert_eq!(shop.pools.supply(&id).await, Ok(Supply::Slots(Vec::new())));
}

pub(crate) async fn the_first_seed_stays(shop: Shop) {
    assert_eq!(shop.pools.seed().await, Ok(None));
    let [first, second] = [[1; 16], [2; 16]].map(CodeSeed::new);
    assert_eq!(shop.pools.save_seed(&first).await, Ok(Written::Done));
    assert_eq!(shop.pools.save_seed(&second).await, Ok(Written::Conflict));
    assert_eq!(shop.pools.seed().await, Ok(Some(first)));
}

pub(crate) async fn slots_become_ready_with_their_pool_or_not_at_all(shop: Shop) {
    shop.install().await;
    let pools = &shop.pools;
    assert_eq!(pools.save(None, &pool(1, 1), &[]).await, Ok(Written::Done));
    let slots: Vec<u32> = (1..100).collect();
    assert_eq!(pools.save(Some(1), &pool(2, 100), &slots).await, Ok(Written::Done));
    for seen in [None, Some(1)] {
        let late = pools.save(seen, &pool(2, 200), &[100, 101]).await;
        assert_eq!(late, Ok(Written::Conflict), "{seen:?}");
    }
    let stored = pool(2, 100);
    assert_eq!(pools.pool(&stored.discount.pool).await, Ok(Some(stored.clone())));
    let ready: BTreeSet<u32> = shop.ready(&stored).await.into_iter().collect();
    assert_eq!(ready.len(), LOW_WATER, "no claim reads more");
    assert!(ready.iter().all(|slot| (1..100).contains(slot)), "{ready:?}");
    let too_many: Vec<u32> = (100..200).collect();
    let error = pools.save(Some(2), &pool(3, 200), &too_many).await;
    assert!(matches!(error, Err(PortError::Corrupt(_))), "{error:?}");
}

pub(crate) async fn a_slot_is_claimed_once_and_is_then_no_longer_ready(shop: Shop) {
    shop.install().await;
    let stored = pool(1, 4);
    assert_eq!(shop.pools.save(None, &stored, &[1, 2, 3]).await, Ok(Written::Done));
    assert_eq!(shop.ledger.commit(&claim(2, 7, None)).await, Ok(Written::Done));
    let mut ready = shop.ready(&stored).await;
    ready.sort_unstable();
    assert_eq!(ready, [1, 3]);
    assert_eq!(shop.ledger.commit(&claim(2, 8, Some(1))).await, Ok(Written::Conflict));
    assert_eq!(shop.ledger.commit(&claim(3, 8, Some(1))).await, Ok(Written::Done));
    let claimed = shop.pools.claimed(&stored.discount.pool, 0..BATCH_CODES_MAX).await;
    assert_eq!(claimed, Ok([2, 3].into()));
    assert_eq!(shop.pools.claimed(&stored.discount.pool, 3..4).await, Ok([3].into()));
}

pub(crate) async fn a_claim_that_fails_writes_nothing(shop: Shop) {
    shop.install().await;
    let stored = pool(1, 2);
    assert_eq!(shop.pools.save(None, &stored, &[1]).await, Ok(Written::Done));
    // The account is not as it was seen: the slot stays ready.
    assert_eq!(shop.ledger.commit(&claim(1, 7, Some(4))).await, Ok(Written::Conflict));
    assert_eq!(shop.ready(&stored).await, [1]);
    let account = shop.ledger.item("1001", Consistency::Strong).await;
    assert_eq!(account, Ok(None));
}
