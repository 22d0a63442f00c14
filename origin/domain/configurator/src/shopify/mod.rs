//! Shopify products: import, and restriction to the variants that are in stock.

mod ids;
mod import;
mod prices;
mod restrict;

pub use import::product_id;
pub(super) use restrict::STOCK_RULE;
