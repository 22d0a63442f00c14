//! The contents of a cart.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use domain_core::memory;
use domain_core::money::Money;
use serde::{Deserialize, Serialize};

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
    /// Subtracts a bought quantity from a line, not below zero.
    pub(super) fn take(&mut self, line: LineId, bought: u32) {
        if let Some(present) = self.lines.get_mut(&line) {
            present.quantity = present.quantity.saturating_sub(bought);
            if present.quantity == 0 {
                self.lines.remove(&line);
            }
        }
    }

    /// The bytes it refers to.
    pub(super) fn bytes(&self) -> usize {
        memory::of_map(&self.lines)
            + memory::of_texts(&self.attributes)
            + self.lines.values().map(|line| line.offer.bytes()).sum::<usize>()
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
