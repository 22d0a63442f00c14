//! What a cart may hold. Checked once, when a command is accepted, never in the fold.

use super::answer::Answer;
use super::contents::Contents;
use super::item::CartItem;
use crate::bookmark::PENDING_MAX;

/// Most lines of a cart: what Shopify's `/cart/add.js` takes in one call.
pub const LINES_MAX: usize = 250;
/// Most of one line.
pub const QUANTITY_MAX: u32 = 9_999;
/// Most properties of a line: what a cart permalink carries.
pub const PROPERTIES_MAX: usize = 25;
/// Most bytes of a property or attribute, name and value together.
pub const PROPERTY_BYTES_MAX: usize = 2_048;
/// Most bytes of a cart as stored, below DynamoDB's 400 KB an item.
pub const ENCODED_BYTES_MAX: usize = 256 * 1024;
/// Most commands kept one by one, that is within 48 hours.
pub const COMMANDS_MAX: usize = 500;

/// Which limit a command would pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// [`LINES_MAX`].
    Lines,
    /// [`QUANTITY_MAX`].
    Quantity,
    /// [`ENCODED_BYTES_MAX`].
    Bytes,
    /// The sum of all lines would pass the range of money.
    Total,
    /// [`COMMANDS_MAX`].
    Commands,
    /// [`PENDING_MAX`].
    Pending,
}

/// The limit passed by a cart that would look like `after`, if any.
pub(super) fn passed(item: &CartItem, after: &Contents, pending: usize) -> Option<Limit> {
    if pending > PENDING_MAX {
        return Some(Limit::Pending);
    }
    if item.retained() + pending > COMMANDS_MAX {
        return Some(Limit::Commands);
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
    let kept = (&item.commands, &item.guests);
    rmp_serde::to_vec_named(&kept).map_or(usize::MAX / 2, |bytes| bytes.len())
}

impl Answer {
    /// How many commands the client would have pending with one more.
    pub(super) fn pending_with_one_more(&self) -> usize {
        self.bookmark.pending.len() + 1
    }
}
