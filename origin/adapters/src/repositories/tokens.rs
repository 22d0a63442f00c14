//! The tokens of a shop, in one item that is always written as a whole.

use std::sync::Arc;

use domain_core::port::{Consistency, PortError, Written};
use origin_shopify::{TokenItem, TokenStore};

use super::document::{Versioned, encode, read, stored};
use crate::table::{Guard, Item, ItemKey, Put, SharedTable};

/// The tokens of one shop in these tables.
#[derive(Debug, Clone)]
pub struct TokenRepository {
    table: SharedTable,
    shop: Arc<str>,
}

stored!(TokenItem);

impl Versioned for TokenItem {
    const NAME: &'static str = "tokens";

    fn version(&self) -> u64 {
        self.version
    }
}

// === impl TokenRepository ===

impl TokenRepository {
    /// The tokens of this shop in these tables.
    #[must_use]
    pub fn new(table: &SharedTable, shop: &str) -> Self {
        Self { table: Arc::clone(table), shop: shop.into() }
    }
}

impl TokenStore for TokenRepository {
    async fn load(&self) -> Result<Option<TokenItem>, PortError> {
        let key = ItemKey::ShopTokens { shop: &self.shop }.key();
        let item = self.table.get(&key, Consistency::Strong).await?;
        item.as_ref().map(read).transpose()
    }

    async fn save(&self, item: &TokenItem) -> Result<Written, PortError> {
        let put = Put {
            key: ItemKey::ShopTokens { shop: &self.shop }.key(),
            item: Item::new(item.version, encode(item)),
            guard: match item.version {
                1 => Guard::Absent,
                version => Guard::Version(version - 1),
            },
        };
        Ok(self.table.put(&put).await?.into())
    }
}
