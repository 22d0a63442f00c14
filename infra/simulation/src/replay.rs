//! The archive, replayed into an empty table in another order.

use origin_domain::cart::{CartEvent, CartWriter, FOLD_WINDOW_MS};

use crate::bug::Bug;
use crate::dice::Dice;
use crate::sabotage::absorb;

/// Clocks are a little apart, so an order by command times is kept a little inside the window.
const MARGIN_MS: u64 = 60_000;

/// Absorbs the events in an order in which none is overtaken by one 48 hours younger, some of them
/// twice.
pub(crate) async fn replay(
    carts: &impl CartWriter,
    events: Vec<CartEvent>,
    dice: &Dice,
    bug: Option<Bug>,
) {
    let mut deliveries: Vec<(u64, CartEvent)> = Vec::new();
    for event in events {
        let due_ms = event.command.time.0 + dice.below(FOLD_WINDOW_MS - MARGIN_MS);
        if dice.coin() {
            deliveries.push((due_ms + dice.below(2 * FOLD_WINDOW_MS), event.clone()));
        }
        deliveries.push((due_ms, event));
    }
    deliveries.sort_by_key(|(due_ms, _)| *due_ms);
    for (_, event) in deliveries {
        // The verdict is on the bytes.
        let _ = absorb(carts, &event, bug).await;
    }
}
