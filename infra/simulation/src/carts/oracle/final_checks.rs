//! The checks at the end of a world, when no message is in flight.

use super::recorder::CartOracle;
use super::reference_model::describe;
use crate::carts::resource::CartBody;
use crate::engine::Invariant;

impl CartOracle {
    /// Checks a cart at the end. `answer` is the answer to a new client, unless the cart was merged
    /// into another; `replayed` are the bytes after a replay of the archive into an empty table.
    pub(crate) fn check_cart(
        &mut self,
        cart: &str,
        answer: Option<&CartBody>,
        stored: Option<&[u8]>,
        replayed: Option<&[u8]>,
    ) {
        let now_ms = self.timeline.now_ms();
        let history = &self.history;
        let state = history.state(cart).known;
        let reference = history.fold(cart, &state);
        let promised = history
            .commands
            .iter()
            .position(|command| command.is_acknowledged && command.published.is_none());
        let present = answer.filter(|_| !reference.has_ended_at(now_ms));
        let error = if let Some(number) = promised.or(history.unaccounted()) {
            Some((Invariant::Durable, format!("{} is lost", history.commands[number].name())))
        } else if let Some(answer) =
            present.filter(|answer| !reference.has_contents(&answer.contents))
        {
            let actual = describe(&answer.contents);
            Some((
                Invariant::Durable,
                format!("the cart is {}, but the answer shows {actual}", reference.describe()),
            ))
        } else if let Some(answer) = present.filter(|answer| answer.version != reference.count) {
            let (count, version) = (reference.count, answer.version);
            Some((Invariant::Durable, format!("{count} commands are counted as {version}")))
        } else if stored != replayed {
            Some((Invariant::SameBytes, format!("{cart} differs after a replay")))
        } else {
            None
        };
        if let Some((invariant, message)) = error {
            self.report(invariant, || message);
        }
    }
}
