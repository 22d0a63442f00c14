//! The states of an item over time, for reads from a replica that lags.

use std::collections::VecDeque;

use domain_core::time::Time;

use crate::table::Item;

/// Most earlier states of an item that a replica may still answer with.
pub const EARLIER_MAX: usize = 4;

/// The present and earlier states of an item, each with its time; oldest first, `None` where there
/// was no item.
pub(super) struct States(VecDeque<(Time, Option<Item>)>);

// === impl States ===

impl States {
    /// An item without earlier states.
    pub(super) fn of(item: Item) -> Self {
        Self(VecDeque::from([(Time(0), Some(item))]))
    }

    pub(super) fn newest(&self) -> Option<&Item> {
        self.0.back().and_then(|(_, item)| item.as_ref())
    }

    /// The state at a moment, or the oldest one stored.
    pub(super) fn as_of(&self, moment: Time) -> Option<&Item> {
        let known = self.0.iter().rev().find(|(written_at, _)| *written_at <= moment);
        known.or(self.0.front()).and_then(|(_, item)| item.as_ref())
    }

    pub(super) fn push(&mut self, written_at: Time, item: Option<Item>) {
        if self.0.len() > EARLIER_MAX {
            self.0.pop_front();
        }
        self.0.push_back((written_at, item));
    }
}

impl Default for States {
    /// Before its first write there is no item.
    fn default() -> Self {
        Self(VecDeque::from([(Time(0), None)]))
    }
}
