#![doc = include_str!("../README.md")]

mod encoded_variants;
mod payload;
pub mod product;
mod webhook;

pub use encoded_variants::{COMBINATIONS_MAX, MalformedEncoding, decode_variants};
pub use payload::{Node, Object, PayloadError, Problem};
pub use webhook::{ORDER_LINES_MAX, Webhook};
