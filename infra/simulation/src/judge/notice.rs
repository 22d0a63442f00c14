//! Events as far as the judge reads them.

use std::collections::HashMap;

use origin_domain::id::CommandId;
use serde::Deserialize;

use crate::ask::Ask;

/// An event as far as the judge reads it.
#[derive(Debug, Deserialize)]
pub(crate) struct Notice {
    pub(super) cart: String,
    pub(super) command: NoticedCommand,
}

#[derive(Debug, Deserialize)]
pub(super) struct NoticedCommand {
    pub(super) time: u64,
    pub(super) id: CommandId,
    pub(super) action: Noticed,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Noticed {
    Add { offer: NoticedOffer, quantity: u32 },
    Set { quantity: u32 },
    Remove {},
    Clear,
    Merge { guest: String },
    Attributes { changes: HashMap<String, Option<String>> },
}

#[derive(Debug, Deserialize)]
pub(super) struct NoticedOffer {
    variant_id: String,
    price: i64,
}

// === impl Notice ===

impl Notice {
    pub(crate) fn id(&self) -> CommandId {
        self.command.id
    }
}

// === impl Noticed ===

impl Noticed {
    /// The price it carries (zero if none), if it is what was asked for.
    pub(super) fn price_of(&self, ask: &Ask) -> Option<i64> {
        match (self, ask) {
            (Self::Add { offer, quantity }, Ask::Add { variant, quantity: asked }) => {
                let is_asked = quantity == asked && offer.variant_id == variant.to_string();
                is_asked.then_some(offer.price)
            }
            (Self::Set { quantity }, Ask::Set { quantity: asked, .. }) => {
                (quantity == asked).then_some(0)
            }
            (Self::Remove {}, Ask::Remove { .. }) | (Self::Clear, Ask::Clear) => Some(0),
            (Self::Merge { guest }, Ask::Merge { guest: asked }) => (guest == asked).then_some(0),
            (Self::Attributes { changes }, Ask::Attribute { name, value }) => {
                let value = value.map(|value| value.to_string());
                (changes.len() == 1 && changes.get(&name.to_string()) == Some(&value)).then_some(0)
            }
            _ => None,
        }
    }
}
