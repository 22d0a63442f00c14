//! What shoppers ask of carts, in words of their own: neither the judge nor the clients speak the
//! domain's.

use std::collections::BTreeMap;

use origin_domain::cart::{Action, Offer, Wish};
use origin_domain::id::CommandId;
use origin_domain::money::Money;

use crate::dice::Dice;

/// One wish of a shopper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
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
    /// What a guest's cart holds.
    Merge {
        guest: String,
    },
    /// What an order has bought: variants and quantities. Shopify tells it.
    Take {
        order: u64,
        lines: Vec<(u32, u32)>,
    },
}

/// A wish with its key: what is sent, and sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) cart: String,
    pub(crate) key: String,
    pub(crate) ask: Ask,
}

/// How the shoppers of a world shop.
#[derive(Debug, Clone)]
pub(crate) struct Taste {
    /// Few, so that they meet on a line.
    pub(crate) variants: u32,
    /// The most of one add.
    pub(crate) quantity_max: u32,
}

// === impl Taste ===

impl Taste {
    pub(crate) fn drawn(dice: &Dice) -> Self {
        let variants = dice.pick(&[1, 2, 5]);
        Self { variants, quantity_max: dice.pick(&[3, 9, 9, 6_000]) }
    }

    pub(crate) fn ask(&self, dice: &Dice) -> Ask {
        let below = |bound: u32| u32::try_from(dice.below(u64::from(bound))).unwrap_or(0);
        let variant = 1 + below(self.variants);
        match dice.below(20) {
            0..=10 => Ask::Add { variant, quantity: 1 + below(self.quantity_max) },
            11..=13 => Ask::Set { variant, quantity: below(self.quantity_max) },
            14..=16 => Ask::Remove { variant },
            17 => Ask::Clear,
            _ => {
                let value = 1 + below(100);
                Ask::Attribute { name: below(2), value: (value > 20).then_some(value) }
            }
        }
    }
}

// === impl Command ===

impl Command {
    /// Its id: the hash of its key, of the guest whose cart goes into another once, or of the order.
    pub(crate) fn id(&self) -> CommandId {
        match &self.ask {
            Ask::Merge { guest } => CommandId::of_cause("cart", &format!("merge/{guest}")),
            Ask::Take { order, .. } => {
                CommandId::of_cause(&format!("cart/{}", self.cart), &format!("order/{order}"))
            }
            _ => CommandId::of_key(&format!("cart/{}", self.cart), &self.key),
        }
    }
}

// === impl Ask ===

impl Ask {
    /// Method, path and body.
    pub(crate) fn request(&self) -> (&'static str, String, String) {
        let lines = "/v1/cart/lines";
        match self {
            Self::Add { variant, quantity } => {
                ("POST", lines.to_owned(), format!("{variant}+{quantity}"))
            }
            Self::Set { variant, quantity } => {
                ("PATCH", format!("{lines}/{variant}"), quantity.to_string())
            }
            Self::Remove { variant } => ("DELETE", format!("{lines}/{variant}"), String::new()),
            Self::Clear => ("DELETE", lines.to_owned(), String::new()),
            Self::Attribute { name, value } => {
                ("PATCH", "/v1/cart/attributes".to_owned(), format!("{name}={value:?}"))
            }
            Self::Merge { guest } => ("POST", "/v1/cart/merge".to_owned(), guest.clone()),
            Self::Take { order, .. } => ("POST", "/webhooks/shopify".to_owned(), order.to_string()),
        }
    }

    /// The same in the domain's words, at today's price.
    pub(crate) fn wish(&self, price: i64) -> Wish {
        let line = |variant: &u32| offer(*variant, price).line_id();
        match self {
            Self::Add { variant, quantity } => {
                Wish::Act(Action::add(offer(*variant, price), *quantity))
            }
            Self::Set { variant, quantity } => {
                let line = line(variant);
                Wish::OnLine(line, Action::Set { line, quantity: *quantity })
            }
            Self::Remove { variant } => {
                let line = line(variant);
                Wish::OnLine(line, Action::Remove { line })
            }
            Self::Clear => Wish::Act(Action::Clear),
            Self::Attribute { name, value } => {
                let value = value.map(|value| value.to_string());
                let changes = BTreeMap::from([(name.to_string(), value)]);
                Wish::Act(Action::Attributes { changes })
            }
            Self::Merge { guest } => Wish::Act(Action::Merge { guest: guest.clone() }),
            Self::Take { lines, .. } => {
                let lines = lines.iter().map(|(variant, quantity)| (line(variant), *quantity));
                Wish::Act(Action::Take { lines: lines.collect() })
            }
        }
    }
}

fn offer(variant: u32, price: i64) -> Offer {
    Offer {
        product: "tee".to_owned(),
        variant_id: Some(variant.to_string()),
        sku: None,
        title: "Tee".to_owned(),
        price: Money(price),
        selection: None,
        properties: BTreeMap::new(),
    }
}
