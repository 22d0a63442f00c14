//! The functions of the origin: the one list for the route table, the binary, the local shop, the
//! bill, and the test of `infra/wiring.json`.

use strum::VariantArray;

/// A function of the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// It answers HTTP.
    Http(HttpFunction),
    /// It consumes queues.
    Consumer(ConsumerFunction),
}

/// The functions that answer HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray)]
pub enum HttpFunction {
    /// Products, queries about them, saved selections, the OpenAPI document, the page of the admin,
    /// readiness.
    ConfiguratorRead,
    /// Accounts, entries, the program.
    LoyaltyRead,
    /// The cart.
    CartRead,
    /// Carts, cart commands, saving selections, session.
    Commands,
    /// The webhook receiver.
    Webhooks,
    /// Publishing.
    Admin,
}

/// The functions that consume queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray)]
pub enum ConsumerFunction {
    /// Cart commands, and orders that name a cart.
    Cart,
    /// Webhooks, commands, and the decisions on redemptions.
    Loyalty,
    /// Demands about people's data.
    Privacy,
    /// The nightly comparison of the ledger with the store's orders.
    Reconciliation,
    /// Publications: invalidates the earlier content at the edge.
    Published,
    /// Pools of reward codes: makes codes at Shopify.
    Rewards,
}

// === impl Function ===

impl Function {
    /// Every function.
    pub fn all() -> impl Iterator<Item = Self> {
        let http = HttpFunction::ALL.iter().copied().map(Self::Http);
        http.chain(ConsumerFunction::ALL.iter().copied().map(Self::Consumer))
    }

    /// The function of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|function| function.name() == name)
    }

    /// Its name: of the Lambda, of its handler, and in `infra/wiring.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http(function) => function.name(),
            Self::Consumer(function) => function.name(),
        }
    }
}

// === impl HttpFunction ===

impl HttpFunction {
    /// Every function that answers HTTP.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Its name, which is also that of the origin in `edge/distribution.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfiguratorRead => "configurator-read",
            Self::LoyaltyRead => "loyalty-read",
            Self::CartRead => "cart-read",
            Self::Commands => "commands",
            Self::Webhooks => "webhooks",
            Self::Admin => "admin",
        }
    }

    /// Whether it is behind the HTTP API, which accepts every caller. CloudFront signs its requests
    /// to the other functions (origin access control), and Lambda rejects unsigned requests.
    #[must_use]
    pub const fn is_behind_api(self) -> bool {
        match self {
            Self::ConfiguratorRead | Self::LoyaltyRead | Self::CartRead => false,
            Self::Commands | Self::Webhooks | Self::Admin => true,
        }
    }
}

// === impl ConsumerFunction ===

impl ConsumerFunction {
    /// Every function that consumes queues.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cart => "consume-cart",
            Self::Loyalty => "consume-loyalty",
            Self::Privacy => "consume-privacy",
            Self::Reconciliation => "consume-reconciliation",
            Self::Published => "consume-published",
            Self::Rewards => "consume-rewards",
        }
    }
}
