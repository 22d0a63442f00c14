//! Cart commands, and how each changes the contents of a cart. A command carries all that the fold
//! needs. No command is rejected or capped here: acceptance checks the limits, and a fold that
//! rejects would depend on the delivery order.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain_core::bookmark::Pending;
use domain_core::id::CommandId;
use domain_core::memory;
use domain_core::time::Time;
use serde::{Deserialize, Serialize};
use strum::{EnumDiscriminants, VariantArray};

use super::contents::Contents;
use super::line::{Line, LineId, Offer, shared};

/// One command with its place in the order: (time, id).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartCommand {
    /// Its hybrid logical clock time, assigned once at acceptance.
    pub time: Time,
    /// Its id.
    pub id: CommandId,
    /// Its action.
    pub action: Action,
}

/// The action of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, EnumDiscriminants)]
#[strum_discriminants(
    name(ActionKind),
    derive(VariantArray),
    doc = "Every kind of action, without its values."
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Creates the line or adds to it.
    Add {
        /// The offer's line, hashed once at acceptance and not in every fold.
        line: LineId,
        /// The offer, with price and names as resolved at acceptance.
        #[serde(with = "shared")]
        offer: Arc<Offer>,
        /// The quantity; at least one.
        quantity: u32,
    },
    /// Replaces the quantity of an existing line; zero removes it.
    Set {
        /// The line.
        line: LineId,
        /// The quantity.
        quantity: u32,
    },
    /// Removes a line.
    Remove {
        /// The line.
        line: LineId,
    },
    /// Removes every line.
    Clear,
    /// Sets cart attributes; `null` removes one.
    Attributes {
        /// Name to value.
        changes: BTreeMap<String, Option<String>>,
    },
    /// Subtracts the bought quantities from existing lines, not below zero.
    Take {
        /// The quantity per line.
        lines: BTreeMap<LineId, u32>,
    },
    /// Adds the contents of a guest's cart at this place in the order.
    Merge {
        /// The guest's cart.
        guest: String,
    },
}

// === impl Action ===

impl Action {
    /// Adds `quantity` of an offer to its line.
    #[must_use]
    pub fn add(offer: Offer, quantity: u32) -> Self {
        Self::Add { line: offer.line_id(), offer: Arc::new(offer), quantity }
    }

    /// The bytes it refers to.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Add { offer, .. } => offer.bytes(),
            Self::Set { .. } | Self::Remove { .. } | Self::Clear => 0,
            Self::Attributes { changes } => {
                let texts = changes.iter().map(|(name, value)| {
                    memory::of_text(name) + memory::of_text(value.as_deref().unwrap_or_default())
                });
                memory::of_map(changes) + texts.sum::<usize>()
            }
            Self::Take { lines } => memory::of_map(lines),
            Self::Merge { guest } => memory::of_text(guest),
        }
    }
}

// === impl ActionKind ===

impl ActionKind {
    /// Every kind.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}

// === impl CartCommand ===

impl CartCommand {
    /// Its place in the order, which is also its name in a bookmark.
    #[must_use]
    pub fn place(&self) -> Pending {
        Pending { time: self.time, id: self.id }
    }

    /// Changes the contents of a cart.
    pub fn run(&self, contents: &mut Contents) {
        match &self.action {
            Action::Add { line, offer, quantity } => {
                let line = contents.lines.entry(*line).or_insert_with(|| Line {
                    offer: Arc::clone(offer),
                    quantity: 0,
                    since: self.time,
                    offered: self.time,
                });
                line.quantity = line.quantity.saturating_add(*quantity);
                line.offer = Arc::clone(offer);
                line.offered = self.time;
            }
            Action::Set { line, quantity: 0 } | Action::Remove { line } => {
                contents.lines.remove(line);
            }
            Action::Set { line, quantity } => {
                if let Some(line) = contents.lines.get_mut(line) {
                    line.quantity = *quantity;
                }
            }
            Action::Clear => contents.lines.clear(),
            Action::Take { lines } => {
                for (line, bought) in lines {
                    contents.take(*line, *bought);
                }
            }
            Action::Attributes { changes } => {
                for (name, value) in changes {
                    match value {
                        Some(value) => contents.attributes.insert(name.clone(), value.clone()),
                        None => contents.attributes.remove(name),
                    };
                }
            }
            // The item holds the guest's contents: see `CartItem::fold`.
            Action::Merge { .. } => {}
        }
    }
}
