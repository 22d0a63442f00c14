//! The fields of events that the oracle reads.

use std::collections::HashMap;

use domain_core::id::CommandId;
use serde::Deserialize;

use crate::carts::command::CartAction;

/// A command event.
#[derive(Debug, Deserialize)]
pub(crate) struct ParsedEvent {
    pub(super) cart: String,
    pub(super) command: ParsedCommand,
}

#[derive(Debug, Deserialize)]
pub(super) struct ParsedCommand {
    pub(super) time: u64,
    pub(super) id: CommandId,
    pub(super) action: ParsedAction,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ParsedAction {
    Add { offer: ParsedOffer, quantity: u32 },
    Set { quantity: u32 },
    Remove {},
    Clear,
    Merge { guest: String },
    Attributes { changes: HashMap<String, Option<String>> },
}

#[derive(Debug, Deserialize)]
pub(super) struct ParsedOffer {
    variant_id: String,
    price: i64,
}

// === impl ParsedEvent ===

impl ParsedEvent {
    pub(crate) fn id(&self) -> CommandId {
        self.command.id
    }
}

// === impl ParsedAction ===

impl ParsedAction {
    /// The price it carries (zero if it has no price), if it matches the client's action.
    pub(super) fn price_of(&self, action: &CartAction) -> Option<i64> {
        match (self, action) {
            (Self::Add { offer, quantity }, CartAction::Add { variant, quantity: expected }) => {
                let is_expected = quantity == expected && offer.variant_id == variant.to_string();
                is_expected.then_some(offer.price)
            }
            (Self::Set { quantity }, CartAction::Set { quantity: expected, .. }) => {
                (quantity == expected).then_some(0)
            }
            (Self::Remove {}, CartAction::Remove { .. }) | (Self::Clear, CartAction::Clear) => {
                Some(0)
            }
            (Self::Merge { guest }, CartAction::Merge { guest: expected }) => {
                (guest == expected).then_some(0)
            }
            (Self::Attributes { changes }, CartAction::Attribute { name, value }) => {
                let value = value.map(|value| value.to_string());
                (changes.len() == 1 && changes.get(&name.to_string()) == Some(&value)).then_some(0)
            }
            _ => None,
        }
    }
}
