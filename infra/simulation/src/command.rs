//! The commands that shoppers send to carts, in types of the simulation: neither the oracle nor the
//! clients use the domain's types.

use std::collections::BTreeMap;

use domain_cart::{Action, Offer, RequestedAction};
use domain_core::id::CommandId;
use domain_core::money::Money;

use crate::rng::Rng;

/// One action of a shopper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClientAction {
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

/// An action with its key: what is sent and resent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) cart: String,
    pub(crate) key: String,
    pub(crate) action: ClientAction,
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

    pub(crate) fn next(&self, rng: &Rng) -> ClientAction {
        let below = |bound: u32| u32::try_from(rng.below(u64::from(bound))).unwrap_or(0);
        let variant = 1 + below(self.variants);
        match rng.below(20) {
            0..=10 => ClientAction::Add { variant, quantity: 1 + below(self.quantity_max) },
            11..=13 => ClientAction::Set { variant, quantity: below(self.quantity_max) },
            14..=16 => ClientAction::Remove { variant },
            17 => ClientAction::Clear,
            _ => {
                let value = 1 + below(100);
                ClientAction::Attribute { name: below(2), value: (value > 20).then_some(value) }
            }
        }
    }
}

// === impl Command ===

impl Command {
    /// The command id: the hash of its key, of the guest whose cart is merged once, or of the
    /// order.
    pub(crate) fn id(&self) -> CommandId {
        match &self.action {
            ClientAction::Merge { guest } => CommandId::of_cause("cart", &format!("merge/{guest}")),
            ClientAction::Take { order, .. } => {
                CommandId::of_cause(&format!("cart/{}", self.cart), &format!("order/{order}"))
            }
            _ => CommandId::of_key(&format!("cart/{}", self.cart), &self.key),
        }
    }
}

// === impl ClientAction ===

impl ClientAction {
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

    /// The action in the domain's types, at the current price.
    pub(crate) fn to_domain(&self, price: i64) -> RequestedAction {
        let line = |variant: &u32| offer(*variant, price).line_id();
        match self {
            Self::Add { variant, quantity } => {
                RequestedAction::Act(Action::add(offer(*variant, price), *quantity))
            }
            Self::Set { variant, quantity } => {
                let line = line(variant);
                RequestedAction::OnLine(line, Action::Set { line, quantity: *quantity })
            }
            Self::Remove { variant } => {
                let line = line(variant);
                RequestedAction::OnLine(line, Action::Remove { line })
            }
            Self::Clear => RequestedAction::Act(Action::Clear),
            Self::Attribute { name, value } => {
                let value = value.map(|value| value.to_string());
                let changes = BTreeMap::from([(name.to_string(), value)]);
                RequestedAction::Act(Action::Attributes { changes })
            }
            Self::Merge { guest } => RequestedAction::Act(Action::Merge { guest: guest.clone() }),
            Self::Take { lines, .. } => {
                let lines = lines.iter().map(|(variant, quantity)| (line(variant), *quantity));
                RequestedAction::Act(Action::Take { lines: lines.collect() })
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
