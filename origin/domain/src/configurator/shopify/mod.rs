//! Products as Shopify has them: imported as they are, and narrowed to the variants that exist or
//! are in stock.

mod document;
mod encoded;
mod ids;
mod import;
mod narrow;
mod prices;

pub use encoded::{COMBINATIONS_MAX, MalformedEncoding, decode_variants};
pub use import::ShopCurrency;
pub(super) use narrow::STOCK_RULE;
