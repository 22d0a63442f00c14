//! The limits of a cart. Acceptance checks them once; the fold never does.

use domain_core::time::Time;

use super::contents::Contents;
use super::item::{CartItem, FOLD_WINDOW_MS};

/// Most lines of a cart: the limit of one call of Shopify's `/cart/add.js`.
pub const LINES_MAX: usize = 250;
/// Highest quantity of one line.
pub const QUANTITY_MAX: u32 = 9_999;
/// Most properties of a line: the limit of a cart permalink.
pub const PROPERTIES_MAX: usize = 25;
/// Most bytes of a property or attribute, name and value together.
pub const PROPERTY_BYTES_MAX: usize = 2_048;
/// Most bytes of a stored cart, below DynamoDB's 400 KB per item.
pub const ENCODED_BYTES_MAX: usize = 256 * 1024;
/// Most commands stored one by one, that is within 48 hours.
pub const COMMANDS_MAX: usize = 500;

/// The limit a command would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// [`LINES_MAX`].
    Lines,
    /// [`QUANTITY_MAX`].
    Quantity,
    /// [`ENCODED_BYTES_MAX`].
    Bytes,
    /// The sum of all lines would exceed the range of money.
    Total,
    /// [`COMMANDS_MAX`].
    Commands {
        /// How long until the oldest of them is no longer stored one by one.
        wait_ms: u64,
    },
}

/// The first limit exceeded at `now` if the cart's contents were `after`.
pub(super) fn exceeded_limit(
    item: &CartItem,
    after: &Contents,
    pending: usize,
    now: Time,
) -> Option<Limit> {
    if item.retained() + pending > COMMANDS_MAX {
        let oldest = item.oldest_retained().unwrap_or(now);
        let free_at = oldest.plus_ms(FOLD_WINDOW_MS);
        return Some(Limit::Commands { wait_ms: free_at.0.saturating_sub(now.0) });
    }
    if after.lines.len() > LINES_MAX {
        return Some(Limit::Lines);
    }
    if after.lines.values().any(|line| line.quantity > QUANTITY_MAX) {
        return Some(Limit::Quantity);
    }
    if after.subtotal().is_none() {
        return Some(Limit::Total);
    }
    (encoded_bytes(after) + encoded_commands(item) > ENCODED_BYTES_MAX).then_some(Limit::Bytes)
}

fn encoded_bytes(contents: &Contents) -> usize {
    rmp_serde::to_vec_named(contents).map_or(usize::MAX / 2, |bytes| bytes.len())
}

fn encoded_commands(item: &CartItem) -> usize {
    let stored = (&item.commands, &item.guests);
    rmp_serde::to_vec_named(&stored).map_or(usize::MAX / 2, |bytes| bytes.len())
}
