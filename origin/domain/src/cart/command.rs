//! What may be asked of a cart. A command carries all that the fold needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::line::{LineId, Offer, shared};
use crate::bookmark::Pending;
use crate::id::CommandId;
use crate::time::Time;

/// One command with its place in the order: (time, id).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartCommand {
    /// Its hybrid logical clock time, given once at acceptance.
    pub time: Time,
    /// Its id.
    pub id: CommandId,
    /// What it does.
    pub action: Action,
}

/// What a command does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Creates the line or adds to it.
    Add {
        /// Which line: the offer's own, hashed once at acceptance and not in every fold.
        line: LineId,
        /// What is added, with price and names as resolved at acceptance.
        #[serde(with = "shared")]
        offer: Arc<Offer>,
        /// How many; at least one.
        quantity: u32,
    },
    /// Replaces the quantity of a line that is there; zero removes it.
    Set {
        /// Which line.
        line: LineId,
        /// How many.
        quantity: u32,
    },
    /// Removes a line.
    Remove {
        /// Which line.
        line: LineId,
    },
    /// Removes every line.
    Clear,
    /// Sets cart attributes; `null` removes one.
    Attributes {
        /// Name to value.
        changes: BTreeMap<String, Option<String>>,
    },
    /// Takes what was bought off the lines that are there, not below zero.
    Take {
        /// How many of each line.
        lines: BTreeMap<LineId, u32>,
    },
    /// Takes in what a guest's cart holds at this place in the order.
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
}

// === impl CartCommand ===

impl CartCommand {
    /// Its place in the order, which is also how a bookmark names it.
    #[must_use]
    pub fn place(&self) -> Pending {
        Pending { time: self.time, id: self.id }
    }
}
