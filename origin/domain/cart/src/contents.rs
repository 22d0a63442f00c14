//! The contents of a cart, and how one command changes them. No command is rejected or capped here:
//! acceptance checks the limits, and a fold that rejects would depend on the delivery order.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use domain_core::money::Money;
use serde::{Deserialize, Serialize};

use super::command::{Action, CartCommand};
use super::line::{Line, LineId};

/// Lines and attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The lines by id.
    pub lines: BTreeMap<LineId, Line>,
    /// Cart attributes.
    pub attributes: BTreeMap<String, String>,
}

impl Contents {
    /// Runs one command.
    pub fn run(&mut self, command: &CartCommand) {
        match &command.action {
            Action::Add { line, offer, quantity } => {
                let line = self.lines.entry(*line).or_insert_with(|| Line {
                    offer: Arc::clone(offer),
                    quantity: 0,
                    since: command.time,
                    offered: command.time,
                });
                line.quantity = line.quantity.saturating_add(*quantity);
                line.offer = Arc::clone(offer);
                line.offered = command.time;
            }
            Action::Set { line, quantity: 0 } | Action::Remove { line } => {
                self.lines.remove(line);
            }
            Action::Set { line, quantity } => {
                if let Some(line) = self.lines.get_mut(line) {
                    line.quantity = *quantity;
                }
            }
            Action::Clear => self.lines.clear(),
            Action::Take { lines } => {
                for (line, bought) in lines {
                    self.take(*line, *bought);
                }
            }
            Action::Attributes { changes } => {
                for (name, value) in changes {
                    match value {
                        Some(value) => self.attributes.insert(name.clone(), value.clone()),
                        None => self.attributes.remove(name),
                    };
                }
            }
            // The item holds the guest's contents: see `CartItem::fold`.
            Action::Merge { .. } => {}
        }
    }

    fn take(&mut self, line: LineId, bought: u32) {
        if let Some(present) = self.lines.get_mut(&line) {
            present.quantity = present.quantity.saturating_sub(bought);
            if present.quantity == 0 {
                self.lines.remove(&line);
            }
        }
    }

    /// Adds the contents of a guest's cart, as if its commands had run here at their own times.
    /// Attributes have no times: the guest's win, because they are of the device that merges.
    pub(super) fn join(&mut self, guest: Self) {
        for (id, line) in guest.lines {
            match self.lines.entry(id) {
                Entry::Vacant(place) => {
                    place.insert(line);
                }
                Entry::Occupied(mut place) => place.get_mut().join(line),
            }
        }
        self.attributes.extend(guest.attributes);
    }

    /// The lines in the order they were created.
    #[must_use]
    pub fn sorted_lines(&self) -> Vec<(LineId, &Line)> {
        let mut lines: Vec<_> = self.lines.iter().map(|(id, line)| (*id, line)).collect();
        lines.sort_by_key(|(id, line)| (line.since, *id));
        lines
    }

    /// The sum of all lines; `None` past the range of money.
    #[must_use]
    pub fn subtotal(&self) -> Option<Money> {
        self.lines.values().try_fold(Money::ZERO, |sum, line| {
            line.offer.price.times(line.quantity).and_then(|total| sum.plus(total))
        })
    }
}
