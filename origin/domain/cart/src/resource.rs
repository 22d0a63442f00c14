//! The cart as a resource.

use std::collections::BTreeMap;

use domain_core::bookmark::Pending;
use domain_core::event::Kind;
use domain_core::id::CommandId;
use domain_core::memory;
use domain_core::resource::{CommandEvent, Resource};
use domain_core::time::Time;

use super::absorb::CartEvent;
use super::command::CartCommand;
use super::contents::Contents;
use super::item::{Base, CartItem, IDLE_MS_MAX};
use super::merge::Guest;

impl CommandEvent for CartEvent {
    const KIND: Kind = Kind::CartCommanded;
    const RESOURCE_FIELD: &'static str = "cart";

    fn resource(&self) -> &str {
        &self.cart
    }

    fn place(&self) -> Pending {
        self.command.place()
    }
}

impl Resource for CartItem {
    type Event = CartEvent;
    type View = Contents;

    const NAME: &'static str = "cart";

    fn empty(_cart: &str) -> Self {
        Self::default()
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn highest(&self) -> Time {
        self.highest
    }

    fn knows(&self, id: CommandId) -> bool {
        let guests = self.guests.values().flat_map(|guest| &guest.commands);
        self.commands.iter().chain(guests).any(|command| command.id == id)
            || self.folded.iter().any(|(_, folded)| *folded == id)
    }

    /// A pending command may have been sent to this cart, or to one that was merged into it.
    fn fold(&self, pending: &[&CartEvent]) -> Contents {
        let mut own: Vec<&CartCommand> = self.commands.iter().collect();
        let mut of_guests: BTreeMap<&str, Vec<&CartCommand>> = BTreeMap::new();
        for CartEvent { cart, command } in pending {
            match self.guests.get(cart).filter(|guest| command.place() < guest.until) {
                Some(_) => of_guests.entry(cart).or_default().push(command),
                None => own.push(command),
            }
        }
        let guests = self.guests.iter().map(|(cart, guest)| {
            let pending = of_guests.remove(cart.as_str()).unwrap_or_default();
            (cart.as_str(), guest.with(pending))
        });
        let mut guests: BTreeMap<&str, Base> = guests.collect();
        self.base.with(own, |guest| guests.remove(guest)).contents
    }

    fn bytes(&self) -> usize {
        let guests = self.guests.iter().map(|(cart, guest)| {
            let Guest { base, commands, .. } = guest;
            memory::of_text(cart) + base.contents.bytes() + bytes_of_commands(commands)
        });
        memory::of_arc::<Self>()
            + self.base.contents.bytes()
            + bytes_of_commands(&self.commands)
            + memory::of_list(&self.folded)
            + memory::of_map(&self.guests)
            + guests.sum::<usize>()
            + self.merged_into.as_deref().map_or(0, memory::of_text)
    }

    /// Commands below the 48 hour bound are folded, or are too late.
    fn bound(&self) -> Time {
        self.fold_bound()
    }

    /// A cart untouched for [`IDLE_MS_MAX`] has ended.
    fn is_present_at(&self, now: Time) -> bool {
        now <= self.highest.plus_ms(IDLE_MS_MAX)
    }

    /// The cart this one was merged into, until the tombstone expires.
    fn merged_into_at(&self, now: Time) -> Option<&str> {
        self.merged_into.as_deref().filter(|_| now <= self.expires_at())
    }
}

fn bytes_of_commands(commands: &Vec<CartCommand>) -> usize {
    memory::of_list(commands) + commands.iter().map(|it| it.action.bytes()).sum::<usize>()
}
