//! The oracle: what customers are shown works once, and every point is either there or spent.

use std::collections::{BTreeMap, BTreeSet};

use domain_core::event::{Event, Kind};
use domain_core::id::CommandId;
use domain_core::port::Consistency;
use domain_core::resource::Source as _;
use domain_loyalty::{
    Account, CodePools as _, LedgerReader as _, PoolSlot, RedemptionItem, RewardCode, State,
};
use origin_adapters::memory::MemoryTable;
use origin_adapters::table::TableName;
use origin_adapters::{LedgerRepository, PoolRepository};

use super::shopify::Shopify;
use super::world::{GIFT, REDEMPTIONS_PER_WORLD, at_once};
use crate::engine::{MILLION, Rng};
use crate::world::SHOP;

/// What the oracle knows.
#[derive(Debug, Default)]
pub(super) struct Oracle {
    /// The decisions of each redemption, by their version.
    decisions: BTreeMap<CommandId, BTreeMap<u64, RedemptionItem>>,
    /// The codes that were shown, and to which redemption.
    shown: BTreeMap<RewardCode, CommandId>,
    used: BTreeSet<RewardCode>,
}

// === impl Oracle ===

impl Oracle {
    /// A decision is published: always the same one.
    pub(super) fn published(&mut self, event: &Event) -> Result<(), String> {
        if !Kind::REDEMPTIONS.contains(&event.kind) {
            return Ok(());
        }
        let item: RedemptionItem =
            serde_json::from_str(&event.detail).map_err(|error| error.to_string())?;
        let (id, version) = (item.redemption.id, item.version);
        let decisions = self.decisions.entry(id).or_default();
        let known = decisions.entry(version).or_insert_with(|| item.clone());
        if *known != item {
            return Err(format!("{id} is decided twice: {known:?}, then {item:?}"));
        }
        Ok(())
    }

    /// Customers read the redemptions whose end they may know of.
    pub(super) fn look(
        &mut self,
        table: &MemoryTable,
        shopify: &Shopify,
        rng: &Rng,
    ) -> Result<(), String> {
        let shared = table.shared();
        let (ledger, pools) = (LedgerRepository::new(&shared), PoolRepository::new(&shared, SHOP));
        let ids: Vec<CommandId> = self.decisions.keys().copied().collect();
        for id in ids {
            let item = at_once(ledger.redemption(id)).and_then(Result::ok).flatten();
            let item = item.ok_or_else(|| format!("{id} was decided and is gone"))?;
            let Some(code) = shown(&item, &pools)? else { continue };
            let owner = *self.shown.entry(code.clone()).or_insert(id);
            if owner != id {
                return Err(format!("a code is shown to {owner} and to {id}"));
            }
            if self.used.contains(&code) {
                continue;
            }
            if !shopify.is_usable(&code) {
                return Err(format!("{id} is shown a code that Shopify does not accept"));
            }
            if rng.chance(MILLION / 4) {
                if !shopify.accepts(&code) || shopify.accepts(&code) {
                    return Err(format!("the code of {id} is not accepted exactly once"));
                }
                self.used.insert(code);
            }
        }
        Ok(())
    }

    /// No message is left: every redemption has ended, and every point is there or spent.
    pub(super) fn check_end(&self, table: &MemoryTable, shopify: &Shopify) -> Result<(), String> {
        if self.decisions.len() as u64 != REDEMPTIONS_PER_WORLD {
            return Err(format!("{} redemptions were decided", self.decisions.len()));
        }
        let shared = table.shared();
        let (ledger, pools) = (LedgerRepository::new(&shared), PoolRepository::new(&shared, SHOP));
        let mut spent: BTreeMap<String, i64> = BTreeMap::new();
        let mut customers: BTreeSet<String> = BTreeSet::new();
        for (id, decisions) in &self.decisions {
            let Some((_, last)) = decisions.last_key_value() else { continue };
            customers.insert(last.customer.clone());
            match last.redemption.state {
                State::Settled { .. } => {
                    *spent.entry(last.customer.clone()).or_default() += last.redemption.points.0;
                }
                State::TimedOut { .. } | State::Rejected | State::Released { .. } => {}
                State::Held | State::Requested => return Err(format!("{id} has no end")),
            }
        }
        for customer in customers {
            let account = at_once(ledger.item(&customer, Consistency::Strong));
            let account = account.and_then(Result::ok).flatten();
            let left = account.as_ref().map_or(0, balance);
            let spent = spent.get(&customer).copied().unwrap_or(0);
            if left != GIFT - spent {
                return Err(format!("{customer} has {left} points after spending {spent}"));
            }
        }
        self.check_ready(table, &pools, shopify)
    }

    /// Every ready slot has a code that would be accepted, and was shown to none.
    fn check_ready(
        &self,
        table: &MemoryTable,
        pools: &PoolRepository,
        shopify: &Shopify,
    ) -> Result<(), String> {
        let seed = at_once(pools.seed()).and_then(Result::ok).flatten();
        let Some(seed) = seed else { return Ok(()) };
        for (key, _) in table.items_of(TableName::Hot) {
            let slot = key.sk.as_deref().and_then(|sk| sk.strip_prefix("ready/"));
            let pool = key.pk.strip_prefix("pool/");
            let Some((slot, pool)) = slot.and_then(|slot| slot.parse().ok()).zip(pool) else {
                continue;
            };
            let pool = serde_json::from_value(pool.into()).map_err(|error| error.to_string())?;
            let code = RewardCode::in_pool(&seed, &PoolSlot { pool, slot });
            if !shopify.is_usable(&code) || self.shown.contains_key(&code) {
                return Err(format!("slot {slot} of {} is ready without a code", key.pk));
            }
        }
        Ok(())
    }
}

/// The code that a redemption shows.
fn shown(item: &RedemptionItem, pools: &PoolRepository) -> Result<Option<RewardCode>, String> {
    let State::Settled { .. } = item.redemption.state else { return Ok(None) };
    let id = item.redemption.id;
    let slot = item.redemption.slot.as_ref();
    let slot = slot.ok_or_else(|| format!("{id} is settled without a code of Shopify's"))?;
    let seed = at_once(pools.seed()).and_then(Result::ok).flatten();
    let seed = seed.ok_or_else(|| format!("{id} is settled before the first code"))?;
    Ok(Some(RewardCode::in_pool(&seed, slot)))
}

fn balance(account: &Account) -> i64 {
    let lots: i64 = account.lots.iter().map(|lot| lot.points.0).sum();
    lots - account.spent.iter().map(|spent| spent.points.0).sum::<i64>()
}
