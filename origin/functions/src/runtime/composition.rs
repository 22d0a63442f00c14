//! What each consumer is composed of: the same on AWS, on a laptop, for the cost footprints and in
//! the simulation.

use domain_catalog::EdgeCache;
use edge_wire::function::ConsumerFunction;
use edge_wire::keys::KeyRing;
use origin_adapters::{
    CartRepository, CatalogRepository, LedgerRepository, PayloadRepository, PoolRepository,
    PrivacyRepository, ProgramRepository, ReconciliationRepository, TokenRepository,
};

use crate::consumers::claim_check::WithPayloads;
use crate::consumers::privacy::PrivacyConsumer;
use crate::consumers::tombstone_filter::TombstoneFilter;
use crate::consumers::{
    CartConsumer, Consumer, LoyaltyConsumer, Orders, PublishedConsumer, ReconciliationConsumer,
    RewardsConsumer, SharedConsumer,
};
use crate::reconciliation::Reconciler;
use crate::runtime::clock::Clock;
use crate::runtime::discounts::ShopifyDiscounts;
use crate::runtime::ports::{Ports, SharedEdgeCache};
use crate::runtime::shopify::Shopify;

/// Composes consumers.
#[derive(Debug, Clone)]
pub struct Composition {
    /// Their ports.
    pub ports: Ports,
    /// The shop's `*.myshopify.com` domain.
    pub shop: String,
    /// Whether the archive is being replayed into a restored table: no redemption is decided then.
    pub is_replaying: bool,
    /// Acts for the shop at Shopify; `None` without an app.
    pub shopify: Option<Shopify>,
    /// Their clock.
    pub clock: Clock,
    /// Their randomness.
    pub random: fn() -> [u8; 16],
}

// === impl Composition ===

impl Composition {
    /// One consumer. The keys verify what orders name; the edge is where publications invalidate.
    #[must_use]
    pub fn consumer(
        &self,
        function: ConsumerFunction,
        keys: &KeyRing,
        edge: &SharedEdgeCache,
    ) -> SharedConsumer {
        match function {
            ConsumerFunction::Cart => SharedConsumer::new(self.cart(keys.clone())),
            ConsumerFunction::Loyalty => SharedConsumer::new(self.loyalty()),
            ConsumerFunction::Privacy => SharedConsumer::new(self.privacy()),
            ConsumerFunction::Published => {
                SharedConsumer::new(published(edge.clone(), self.clock.clone()))
            }
            ConsumerFunction::Reconciliation => SharedConsumer::new(self.reconciliation()),
            ConsumerFunction::Rewards => SharedConsumer::new(self.rewards()),
        }
    }

    /// [`ConsumerFunction::Cart`].
    pub fn cart(&self, keys: KeyRing) -> impl Consumer + use<> {
        let orders = Orders { keys, shop: self.shop.clone() };
        let carts = CartRepository::new(&self.ports.table);
        self.without_erased(self.with_payloads(CartConsumer { carts, orders }))
    }

    /// [`ConsumerFunction::Loyalty`].
    pub fn loyalty(&self) -> impl Consumer + use<> {
        let Ports { table, events } = &self.ports;
        let consumer = LoyaltyConsumer {
            ledger: LedgerRepository::new(table),
            programs: ProgramRepository::new(table),
            events: events.clone(),
            pools: PoolRepository::new(table, &self.shop),
            shop: self.shop.clone(),
            is_replaying: self.is_replaying,
            clock: self.clock.clone(),
        };
        self.without_erased(self.with_payloads(consumer))
    }

    /// [`ConsumerFunction::Privacy`].
    pub fn privacy(&self) -> impl Consumer + use<> {
        let table = &self.ports.table;
        self.with_payloads(PrivacyConsumer {
            ledger: LedgerRepository::new(table),
            carts: CartRepository::new(table),
            privacy: PrivacyRepository::new(table),
            tokens: TokenRepository::new(table, &self.shop),
            shop: self.shop.clone(),
        })
    }

    /// [`ConsumerFunction::Reconciliation`].
    pub fn reconciliation(&self) -> impl Consumer + use<> {
        let reconciler = self.shopify.as_ref().map(|shopify| {
            Reconciler::new(&self.ports, shopify.api.clone(), &self.shop, &self.clock)
        });
        ReconciliationConsumer {
            reconciler,
            catalog: CatalogRepository::new(&self.ports.table),
            stored: ReconciliationRepository::new(&self.ports.table),
            events: self.ports.events.clone(),
            clock: self.clock.clone(),
        }
    }

    /// [`ConsumerFunction::Rewards`].
    pub fn rewards(&self) -> impl Consumer + use<> {
        let Ports { table, events } = &self.ports;
        RewardsConsumer {
            pools: PoolRepository::new(table, &self.shop),
            programs: ProgramRepository::new(table),
            events: events.clone(),
            discounts: ShopifyDiscounts::new(self.shopify.as_ref(), &self.clock),
            random: self.random,
            is_replaying: self.is_replaying,
            clock: self.clock.clone(),
        }
    }

    fn with_payloads<C>(&self, consumer: C) -> WithPayloads<C> {
        WithPayloads { consumer, payloads: PayloadRepository::new(&self.ports.table) }
    }

    fn without_erased<C>(&self, consumer: C) -> TombstoneFilter<C, PrivacyRepository> {
        TombstoneFilter { consumer, tombstones: PrivacyRepository::new(&self.ports.table) }
    }
}

/// [`ConsumerFunction::Published`].
pub fn published<E: EdgeCache + 'static>(edge: E, clock: Clock) -> impl Consumer + use<E> {
    PublishedConsumer { edge, clock }
}
