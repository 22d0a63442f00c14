//! The kinds of worlds.

/// A kind of world, by the resources in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Shoppers with carts.
    Carts,
    /// Customers with points, and Shopify.
    Ledger,
}

// === impl Part ===

impl Part {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Carts, Self::Ledger];
}

impl std::str::FromStr for Part {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|part| format!("{part:?}") == name);
        named.ok_or_else(|| format!("one of {:?}", Self::ALL))
    }
}
