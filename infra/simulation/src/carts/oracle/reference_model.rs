//! The reference model of a cart: run every command in (time, id) order from empty; thirty days of
//! silence end a cart. It shares no code with the domain's fold.

use std::collections::BTreeMap;

use crate::carts::command::CartAction;
use crate::carts::resource::ShownCart;

/// Thirty days.
pub(crate) const SILENCE_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// The reference cart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReferenceCart {
    lines: BTreeMap<u32, Line>,
    attributes: BTreeMap<u32, u32>,
    /// The number of commands since the cart started.
    pub(crate) count: u64,
    /// The time of the newest command.
    pub(crate) newest_ms: u64,
}

/// A line of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    quantity: u32,
    price: i64,
    /// The time of the latest add.
    added_ms: u64,
}

// === impl ReferenceCart ===

impl ReferenceCart {
    /// Runs the next command in order.
    pub(crate) fn run(&mut self, at_ms: u64, action: &CartAction, price: i64) {
        self.advance(at_ms);
        match action {
            CartAction::Add { variant, quantity } => {
                let before = self.lines.get(variant).map_or(0, |line| line.quantity);
                let line = Line { quantity: before + quantity, price, added_ms: at_ms };
                self.lines.insert(*variant, line);
            }
            CartAction::Set { variant, quantity: 0 } | CartAction::Remove { variant } => {
                self.lines.remove(variant);
            }
            CartAction::Set { variant, quantity } => {
                if let Some(line) = self.lines.get_mut(variant) {
                    line.quantity = *quantity;
                }
            }
            CartAction::Clear => self.lines = BTreeMap::new(),
            CartAction::Attribute { name, value: Some(value) } => {
                self.attributes.insert(*name, *value);
            }
            CartAction::Attribute { name, value: None } => {
                self.attributes.remove(name);
            }
            CartAction::Take { lines, .. } => {
                for (variant, bought) in lines {
                    if let Some(line) = self.lines.get_mut(variant) {
                        line.quantity = line.quantity.saturating_sub(*bought);
                    }
                }
                self.lines.retain(|_, line| line.quantity > 0);
            }
            // `merge` handles it, with the guest's cart.
            CartAction::Merge { .. } => {}
        }
    }

    /// Merges a guest's cart at this place in the order: quantities add up at the price of the
    /// later add, and the guest's attributes win.
    pub(crate) fn merge(&mut self, at_ms: u64, guest: &Self) {
        self.advance(at_ms);
        if guest.has_ended_at(at_ms) {
            return;
        }
        self.count += guest.count;
        for (variant, theirs) in &guest.lines {
            let joined = self.lines.get(variant).map_or(*theirs, |own| {
                let latest = if theirs.added_ms > own.added_ms { theirs } else { own };
                Line { quantity: own.quantity + theirs.quantity, ..*latest }
            });
            self.lines.insert(*variant, joined);
        }
        self.attributes.extend(&guest.attributes);
    }

    fn advance(&mut self, at_ms: u64) {
        if self.has_ended_at(at_ms) {
            *self = Self::default();
        }
        self.count += 1;
        self.newest_ms = at_ms;
    }

    /// Whether thirty days have passed in silence.
    pub(crate) fn has_ended_at(&self, at_ms: u64) -> bool {
        self.count > 0 && at_ms > self.newest_ms + SILENCE_MS
    }

    /// Whether these contents equal the cart.
    pub(crate) fn has_contents(&self, contents: &ShownCart) -> bool {
        let lines = self.lines.iter().map(|(variant, line)| (variant, (line.quantity, line.price)));
        lines.eq(contents.lines.iter().map(|(variant, line)| (variant, *line)))
            && self.attributes == contents.attributes
    }

    /// Describes the cart for a message.
    pub(crate) fn describe(&self) -> String {
        format!("{:?} {:?}", self.lines, self.attributes)
    }
}

/// Describes the shown contents for a message.
pub(crate) fn describe(contents: &ShownCart) -> String {
    format!("{:?} {:?}", contents.lines, contents.attributes)
}
