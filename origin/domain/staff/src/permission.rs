//! Which role may do what: one table.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// The role of a person.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    VariantArray,
    EnumString,
    IntoStaticStr,
    Serialize,
    Deserialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything, and decides on the roles of others.
    Owner,
    /// Runs the shop: products, the program, points, personal data.
    Manager,
    /// Helps customers. The role of everyone who has no other.
    Support,
    /// Builds the storefront: products, but neither points nor personal data.
    Developer,
}

/// What staff do through the admin routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Act {
    /// Read products as published, and their versions.
    ViewProducts,
    /// Publish a product, or activate an earlier version.
    PublishProducts,
    /// Read the program as published, and its versions.
    ViewProgram,
    /// Compute what a program would have given for past orders.
    TryProgram,
    /// Publish a program, or activate an earlier version.
    PublishProgram,
    /// Add points to an account, or remove some.
    AdjustPoints,
    /// Compare the ledger with the store's orders, and absorb what is missing.
    ReconcileOrders,
    /// Import balances and past orders from a file.
    Import,
    /// Read the demands about personal data and what was done.
    ViewDemands,
    /// Download the file of an export, which is a customer's data.
    DownloadExports,
    /// Connect the app with its shop, and see whether it is.
    Install,
    /// Read who belongs to the staff.
    ViewStaff,
    /// Change the role of a person.
    ChangeRoles,
    /// Read the audit log.
    ViewAudit,
    /// Read how the app is running.
    ViewHealth,
    /// Deliver dead letters again.
    Redrive,
    /// Find a customer, and read their points, redemptions and cart.
    ViewCustomers,
    /// End the tokens of a customer or of a cart.
    RevokeTokens,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The holder of the staff token.
    Machine,
    /// A person.
    Person {
        /// Shopify's id of the person.
        id: String,
        /// The person's role.
        role: Role,
    },
}

/// The roles that may do each act. Machines may do everything.
pub const PERMISSIONS: &[(Act, &[Role])] = {
    use Role::{Developer, Manager, Owner, Support};
    &[
        (Act::ViewProducts, &[Owner, Manager, Support, Developer]),
        (Act::PublishProducts, &[Owner, Manager, Developer]),
        (Act::ViewProgram, &[Owner, Manager, Support, Developer]),
        (Act::TryProgram, &[Owner, Manager, Developer]),
        (Act::PublishProgram, &[Owner, Manager]),
        (Act::AdjustPoints, &[Owner, Manager, Support]),
        (Act::ReconcileOrders, &[Owner, Manager]),
        (Act::Import, &[Owner, Manager]),
        (Act::ViewDemands, &[Owner, Manager, Support]),
        (Act::DownloadExports, &[Owner, Manager]),
        (Act::Install, &[Owner, Manager, Support, Developer]),
        (Act::ViewStaff, &[Owner, Manager, Support, Developer]),
        (Act::ChangeRoles, &[Owner]),
        (Act::ViewAudit, &[Owner, Manager]),
        (Act::ViewHealth, &[Owner, Manager, Support, Developer]),
        (Act::Redrive, &[Owner, Manager, Developer]),
        (Act::ViewCustomers, &[Owner, Manager, Support]),
        (Act::RevokeTokens, &[Owner, Manager, Support]),
    ]
};

// === impl Role ===

impl Role {
    /// The word in answers and in the audit log.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

// === impl Act ===

impl Act {
    /// The word in the audit log.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The roles that may do it.
    #[must_use]
    pub fn roles(self) -> &'static [Role] {
        let row = PERMISSIONS.iter().find(|(act, _)| *act == self);
        row.map_or(&[], |(_, roles)| roles)
    }
}

// === impl Actor ===

impl Actor {
    /// Whether the actor may do this.
    #[must_use]
    pub fn may(&self, act: Act) -> bool {
        match self {
            Self::Machine => true,
            Self::Person { role, .. } => act.roles().contains(role),
        }
    }
}
