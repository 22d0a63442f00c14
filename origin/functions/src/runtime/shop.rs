//! One instance of the shop: its caches, its ports, its keys. Built once in `main`.

use std::sync::Arc;

use domain_cart::CartItem;
use domain_core::id::hex;
use domain_core::resource::Commands;
use domain_core::time::MINUTE_MS;
use domain_loyalty::{Account, ProgramVersion};
use edge_wire::problem::Code;
use origin_adapters::{
    CartRepository, CatalogRepository, CommandLogRepository, LedgerRepository,
    OrderHistoryRepository, PayloadRepository, PoolRepository, PrivacyRepository,
    ProgramRepository, ReconciliationRepository, RevocationRepository, SelectionRepository,
    StaffRepository, TokenRepository,
};
use tokio::sync::Semaphore;

use crate::caches::cached_catalog::CachedCatalog;
use crate::caches::cached_program::CachedProgram;
use crate::caches::cached_reader::CachedReader;
use crate::caches::cached_revocations::CachedRevocations;
use crate::http::http_problem::HttpProblem;
use crate::reconciliation::Reconciler;
use crate::runtime::clock::Clock;
use crate::runtime::config::ShopConfig;
use crate::runtime::ports::{Ports, SharedDeadLetters, SharedEvents};
use crate::runtime::shopify::Shopify;

/// A merchant who sets up a shop publishes its program within minutes.
const NO_PROGRAM_RETRY_MS: u64 = MINUTE_MS;

/// The ledger of an instance.
pub type ShopLedger = CachedReader<Account, LedgerRepository>;

/// The carts of an instance.
pub type ShopCarts = CachedReader<CartItem, CartRepository>;

/// The state that every handler receives.
#[derive(Clone)]
pub struct Shop {
    /// Names, secrets, keys.
    pub config: ShopConfig,
    /// The instance's clock.
    pub clock: Clock,
    /// Carts.
    pub carts: ShopCarts,
    /// Handles cart commands.
    pub cart_commands: Commands<ShopCarts, CommandLogRepository, SharedEvents>,
    /// Published products.
    pub catalog: CachedCatalog,
    /// Saved selections.
    pub selections: SelectionRepository,
    /// Accounts.
    pub ledger: ShopLedger,
    /// The pools of reward codes.
    pub pools: PoolRepository,
    /// Which tokens were revoked.
    pub revocations: CachedRevocations,
    /// The program in effect.
    pub program_in_effect: CachedProgram<ProgramRepository>,
    /// Shopify's demands about people's data.
    pub privacy: PrivacyRepository,
    /// The merchant's staff, and the log of what they did.
    pub staff: StaffRepository,
    /// Handles redemptions and adjustments.
    pub loyalty_commands: Commands<ShopLedger, CommandLogRepository, SharedEvents>,
    /// The program's versions, for publishing.
    pub programs: ProgramRepository,
    /// Past orders, for dry runs of a program.
    pub order_history: OrderHistoryRepository,
    /// Payloads of webhooks that the bus does not carry.
    pub payloads: PayloadRepository,
    /// The tokens of the shop at Shopify, as they are stored.
    pub stored_tokens: TokenRepository,
    /// Where the nightly reconciliation stands.
    pub reconciliation: ReconciliationRepository,
    /// Compares the ledger with the store; `None` without an app.
    pub reconciler: Option<Reconciler>,
    /// Acts for the shop there; `None` in functions that don't, and without an app.
    pub shopify: Option<Shopify>,
    /// The dead letters; `None` where they are only reached with the tools of AWS.
    pub dead_letters: Option<SharedDeadLetters>,
    /// The event bus.
    pub events: SharedEvents,
    /// Allows one compilation at a time: each may take a gibibyte.
    pub(crate) compiling: Arc<Semaphore>,
    random: Arc<dyn Fn() -> [u8; 16] + Send + Sync>,
    pub(crate) ports: Ports,
}

// === impl Shop ===

impl Shop {
    /// An instance on these ports.
    #[must_use]
    pub fn new(
        config: ShopConfig,
        ports: &Ports,
        clock: Clock,
        random: impl Fn() -> [u8; 16] + Send + Sync + 'static,
    ) -> Self {
        let Ports { table, events, .. } = ports;
        let carts = CachedReader::new(CartRepository::new(table), &clock);
        let cart_commands = Commands {
            reader: carts.clone(),
            log: CommandLogRepository::new(table),
            events: events.clone(),
        };
        let catalog = CachedCatalog::new(CatalogRepository::new(table), &clock);
        let selections = SelectionRepository::new(table);
        let programs = ProgramRepository::new(table);
        let program_in_effect = CachedProgram::new(programs.clone(), &clock);
        let ledger = CachedReader::new(LedgerRepository::new(table), &clock);
        let (payloads, privacy) = (PayloadRepository::new(table), PrivacyRepository::new(table));
        let loyalty_commands = Commands {
            reader: ledger.clone(),
            log: CommandLogRepository::new(table),
            events: events.clone(),
        };
        let order_history = OrderHistoryRepository::new(table);
        let stored_tokens = TokenRepository::new(table, &config.domain);
        let pools = PoolRepository::new(table, &config.domain);
        let compiling = Arc::new(Semaphore::new(1));
        Self {
            config,
            carts,
            cart_commands,
            catalog,
            selections,
            ledger,
            pools,
            revocations: CachedRevocations::new(RevocationRepository::new(table), &clock),
            program_in_effect,
            loyalty_commands,
            programs,
            order_history,
            payloads,
            privacy,
            staff: StaffRepository::new(table),
            stored_tokens,
            reconciliation: ReconciliationRepository::new(table),
            reconciler: None,
            shopify: None,
            dead_letters: None,
            events: events.clone(),
            compiling,
            clock,
            random: Arc::new(random),
            ports: ports.clone(),
        }
    }

    /// The same instance, its caches included, with other secrets.
    #[must_use]
    pub fn with(&self, config: ShopConfig) -> Self {
        Self { config, ..self.clone() }
    }

    /// The same instance, which acts for the shop at Shopify.
    #[must_use]
    pub fn with_shopify(self, shopify: Option<Shopify>) -> Self {
        let reconciler = shopify.as_ref().map(|shopify| {
            Reconciler::new(&self.ports, shopify.api.clone(), &self.config.domain, &self.clock)
        });
        Self { shopify, reconciler, ..self }
    }

    /// The same instance, which reaches these dead letters.
    #[must_use]
    pub fn with_dead_letters(self, letters: SharedDeadLetters) -> Self {
        Self { dead_letters: Some(letters), ..self }
    }

    /// A new cart id that can't be guessed: 128 random bits.
    #[must_use]
    pub fn new_cart_id(&self) -> String {
        hex(&(self.random)())
    }

    /// The loyalty program in effect.
    ///
    /// # Errors
    /// 503 if the table does not answer or no program is published yet.
    pub async fn program(&self) -> Result<Arc<ProgramVersion>, HttpProblem> {
        let active = self.program_in_effect.in_effect().await?;
        active.ok_or_else(|| {
            HttpProblem::new(Code::Unavailable, "The shop is not set up: it has no program.")
                .retry_after_ms(NO_PROGRAM_RETRY_MS)
        })
    }
}

impl std::fmt::Debug for Shop {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Shop({})", self.config.domain)
    }
}

/// 128 bits from the operating system.
///
/// # Panics
/// If the operating system has no randomness: ids would be guessable without it.
#[must_use]
pub fn system_random() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}
