//! Shopify's documents: the payloads of webhooks and the JSON of products. Reading is exact,
//! tolerant of unknown members, and clear about what it rejects; what a document means for carts,
//! points or products is decided in their crates.

mod encoded_variants;
mod payload;
pub mod product;
mod webhook;

pub use encoded_variants::{COMBINATIONS_MAX, MalformedEncoding, decode_variants};
pub use payload::{Node, Object, PayloadError, Problem};
pub use webhook::{ORDER_LINES_MAX, Webhook};
