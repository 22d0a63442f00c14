//! The end of a world, when nothing is under way any more: the books are compared.

use super::hearing::Judge;
use super::told::told;
use super::violation::Law;
use crate::shop::Body;

impl Judge {
    /// The end of a cart: nothing is under way any more. `shown` is what a newcomer sees
    /// unless the cart went into another, `replayed` the bytes after the archive was replayed into an
    /// empty table.
    pub(crate) fn closed(
        &mut self,
        cart: &str,
        shown: Option<&Body>,
        stored: Option<&[u8]>,
        replayed: Option<&[u8]>,
    ) {
        let now_ms = self.timeline.now_ms();
        let case = &self.case;
        let state = case.state(cart).known;
        let plain = case.fold(cart, &state);
        let promised =
            case.commands.iter().position(|told| told.is_acknowledged && told.published.is_none());
        let present = shown.filter(|_| !plain.has_ended_at(now_ms));
        let wrong = if let Some(number) = promised.or(case.unaccounted()) {
            Some((Law::Durable, format!("{} is lost", case.commands[number].name())))
        } else if let Some(shown) = present.filter(|shown| !plain.is_shown_by(&shown.contents)) {
            let told = told(&shown.contents);
            Some((Law::Durable, format!("the cart is {}, shown is {told}", plain.told())))
        } else if let Some(shown) = present.filter(|shown| shown.version != plain.count) {
            let (count, version) = (plain.count, shown.version);
            Some((Law::Durable, format!("{count} commands are counted as {version}")))
        } else if stored != replayed {
            Some((Law::SameBytes, format!("{cart} replayed is another")))
        } else {
            None
        };
        if let Some((law, told)) = wrong {
            self.find(law, || told);
        }
    }
}
