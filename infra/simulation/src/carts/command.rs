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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::mem::discriminant;

    use domain_cart::ActionKind;

    use super::{CartAction, CommandGenerator};
    use crate::engine::Rng;

    #[test]
    fn shoppers_send_every_action_of_the_domain() {
        let generator = CommandGenerator { variants: 2, quantity_max: 9 };
        let rng = Rng::of(1);
        let sent: HashSet<_> = (0..1_000).map(|_| discriminant(&generator.next(&rng))).collect();
        for kind in ActionKind::ALL {
            let action = match kind {
                ActionKind::Add => CartAction::Add { variant: 1, quantity: 1 },
                ActionKind::Set => CartAction::Set { variant: 1, quantity: 1 },
                ActionKind::Remove => CartAction::Remove { variant: 1 },
                ActionKind::Clear => CartAction::Clear,
                ActionKind::Attributes => CartAction::Attribute { name: 0, value: None },
                // Devices merge when their user signs in, and Shopify reports what was bought.
                ActionKind::Merge | ActionKind::Take => continue,
            };
            assert!(sent.contains(&discriminant(&action)), "{action:?}");
        }
    }
}
