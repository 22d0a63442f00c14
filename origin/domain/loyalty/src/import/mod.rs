//! Imports of the merchant's CSV files: what a file says, row by row, or every mistake in it.

mod csv;
mod rows;

pub use csv::{Chunk, chunks};
pub use rows::{
    BalanceRow, CustomerReference, EMAIL_BYTES_MAX, ImportError, OrderRow, balance_rows,
    email_address, order_rows,
};

/// Most rows of one request: each is a write, and perhaps a call to Shopify, within 25 seconds.
pub const IMPORT_ROWS_MAX: usize = 100;
