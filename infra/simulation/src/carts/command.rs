//! The commands that shoppers send to carts, in types of the simulation: neither the oracle nor the
//! clients use the domain's types.

use crate::engine::Rng;

/// One action of a shopper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CartAction {
    Add {
        variant: u32,
        quantity: u32,
    },
    Set {
        variant: u32,
        quantity: u32,
    },
    Remove {
        variant: u32,
    },
    Clear,
    Attribute {
        name: u32,
        value: Option<u32>,
    },
    /// Adds the contents of a guest's cart.
    Merge {
        guest: String,
    },
    /// Removes what an order has bought: variants and quantities. Shopify reports it.
    Take {
        order: u64,
        lines: Vec<(u32, u32)>,
    },
}

/// Generates the commands of a world.
#[derive(Debug, Clone)]
pub(crate) struct CommandGenerator {
    /// Few, so that commands concern the same line.
    pub(crate) variants: u32,
    /// The largest quantity of one add.
    pub(crate) quantity_max: u32,
}

// === impl CommandGenerator ===

impl CommandGenerator {
    pub(crate) fn random(rng: &Rng) -> Self {
        let variants = rng.pick(&[1, 2, 5]);
        Self { variants, quantity_max: rng.pick(&[3, 9, 9, 6_000]) }
    }

    pub(crate) fn next(&self, rng: &Rng) -> CartAction {
        let below = |bound: u32| u32::try_from(rng.below(u64::from(bound))).unwrap_or(0);
        let variant = 1 + below(self.variants);
        match rng.below(20) {
            0..=10 => CartAction::Add { variant, quantity: 1 + below(self.quantity_max) },
            11..=13 => CartAction::Set { variant, quantity: below(self.quantity_max) },
            14..=16 => CartAction::Remove { variant },
            17 => CartAction::Clear,
            _ => {
                let value = 1 + below(100);
                CartAction::Attribute { name: below(2), value: (value > 20).then_some(value) }
            }
        }
    }
}
