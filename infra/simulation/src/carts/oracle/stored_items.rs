//! What a write to the table means for carts: which command it added, or which cart it merged.

use std::collections::{BTreeSet, HashMap};

use domain_cart::CartItem;
use domain_core::id::CommandId;

use crate::world::{Change, document};

/// The prefix of the partition keys of carts.
const CARTS: &str = "cart/";

/// One write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CartWrite {
    /// A cart has absorbed one more command.
    Stored { cart: String, version: u64, command: CommandId },
    /// A guest's cart is inside another.
    Merged { guest: String, into: String, version: u64 },
}

/// A cart before and after a write.
struct Changed<'a> {
    cart: &'a str,
    /// The commands that the item before knew.
    before: BTreeSet<CommandId>,
    after: CartItem,
}

/// The commands that the present items know, by cart: an item is read once, when it is written.
#[derive(Debug, Default)]
pub(super) struct KnownIds(HashMap<String, BTreeSet<CommandId>>);

// === impl KnownIds ===

impl KnownIds {
    /// The writes among these changes; an error says what is wrong with one.
    pub(super) fn writes(&mut self, changes: &[Change<'_>]) -> Vec<Result<CartWrite, String>> {
        let mut carts = Vec::new();
        for change in changes {
            let Some(cart) = change.key.pk.strip_prefix(CARTS) else { continue };
            let Some(after) = change.after.map(document::<CartItem>) else { continue };
            let known = self.0.insert(cart.to_owned(), ids(&after));
            let before = match (&change.before, known) {
                (None, _) => BTreeSet::new(),
                (Some(_), Some(known)) => known,
                (Some(item), None) => ids(&document(item)),
            };
            carts.push(Changed { cart, before, after });
        }
        cart_writes(&carts)
    }

    /// Forgets everything: the table was restored.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

fn cart_writes(carts: &[Changed<'_>]) -> Vec<Result<CartWrite, String>> {
    if let Some((guest, into)) = merge_of(carts) {
        let (guest, version) = (guest.cart.to_owned(), into.after.version);
        return vec![Ok(CartWrite::Merged { guest, into: into.cart.to_owned(), version })];
    }
    carts.iter().map(Changed::write).collect()
}

/// A guest's cart and the one it is merged into, if that is what was written.
fn merge_of<'a, 'b>(carts: &'a [Changed<'b>]) -> Option<(&'a Changed<'b>, &'a Changed<'b>)> {
    let [one, other] = carts else { return None };
    let is_merged = |guest: &Changed<'_>, into: &Changed<'_>| {
        guest.after.merged_into.as_deref() == Some(into.cart)
    };
    match (is_merged(one, other), is_merged(other, one)) {
        (true, _) => Some((one, other)),
        (_, true) => Some((other, one)),
        _ => None,
    }
}

// === impl Changed ===

impl Changed<'_> {
    fn write(&self) -> Result<CartWrite, String> {
        let Self { cart, before, after } = self;
        let added: Vec<CommandId> = ids(after).difference(before).copied().collect();
        match added.as_slice() {
            [command] => {
                let (cart, version) = ((*cart).to_owned(), after.version);
                Ok(CartWrite::Stored { cart, version, command: *command })
            }
            _ => Err(format!("a write of {cart} with the new commands {added:?}")),
        }
    }
}

/// The ids that an item knows.
fn ids(item: &CartItem) -> BTreeSet<CommandId> {
    let guests = item.guests.values().flat_map(|guest| &guest.commands);
    let commands = item.commands.iter().chain(guests).map(|command| command.id);
    commands.chain(item.folded.iter().map(|(_, id)| *id)).collect()
}
