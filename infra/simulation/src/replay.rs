//! Replays the archive into an empty table in another order.

use domain_cart::{CartEvent, CartWriter, FOLD_WINDOW_MS};

use crate::mutant::Mutant;
use crate::mutants::absorb;
use crate::rng::Rng;

/// Clocks differ, so an order by command times stays this far inside the window.
const MARGIN_MS: u64 = 60_000;

/// Absorbs the events in an order in which no event is overtaken by one 48 hours younger, some of
/// them twice.
pub(crate) async fn replay(
    carts: &impl CartWriter,
    events: Vec<CartEvent>,
    rng: &Rng,
    mutant: Option<Mutant>,
) {
    let mut deliveries: Vec<(u64, CartEvent)> = Vec::new();
    for event in events {
        let due_ms = event.command.time.0 + rng.below(FOLD_WINDOW_MS - MARGIN_MS);
        if rng.coin() {
            deliveries.push((due_ms + rng.below(2 * FOLD_WINDOW_MS), event.clone()));
        }
        deliveries.push((due_ms, event));
    }
    deliveries.sort_by_key(|(due_ms, _)| *due_ms);
    for (_, event) in deliveries {
        // The check compares the resulting bytes.
        let _ = absorb(carts, &event, mutant).await;
    }
}
