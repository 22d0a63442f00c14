//! Shopify products: import, and restriction to the variants that exist or are in stock.

mod document;
mod encoded;
mod ids;
mod import;
mod prices;
mod restrict;

pub use encoded::{COMBINATIONS_MAX, MalformedEncoding, decode_variants};
pub use import::ShopCurrency;
pub(super) use restrict::STOCK_RULE;
