//! The checkout: Shopify reports each order as created and as paid, twice and hours late, and the
//! order removes its lines from the cart that it names.

use std::cell::Cell;
use std::rc::Rc;

use domain_cart::ORDER_TOPICS;
use domain_core::time::{HOUR_MS, SECOND_MS, Time};
use edge_wire::link::{LINK_ATTRIBUTE, mint_link};
use serde_json::json;

use super::command::CartAction;
use super::oracle::CartOracle;
use super::resource::Carts;
use crate::engine::Handle;
use crate::world::{Command, Network, Webhook, deliver};

/// How late an order webhook may be: with a day on the bus it stays under the 48 hours that a cart
/// waits.
const LATE_MS_MAX: u64 = 12 * HOUR_MS;

/// The checkout of a world.
pub(crate) struct Checkout {
    pub(crate) network: Rc<Network>,
    pub(crate) oracle: Handle<CartOracle>,
    /// The number of orders so far.
    pub(crate) orders: Cell<u64>,
}

// === impl Checkout ===

impl Checkout {
    /// Sells these quantities of variants from a cart.
    pub(crate) fn sell(self: &Rc<Self>, cart: &str, lines: Vec<(u32, u32)>) {
        let order = self.orders.get() + 1;
        self.orders.set(order);
        let link = &self.network.link;
        let now_ms = link.faults.timeline.now_ms();
        let at_ms = now_ms - now_ms % SECOND_MS;
        let action = CartAction::Take { order, lines };
        let command = Command { resource: cart.to_owned(), key: format!("order-{order}"), action };
        self.oracle.lock().order_placed(&command);
        for topic in ORDER_TOPICS {
            let payload = self.payload(&command, at_ms);
            for _ in 0..link.faults.rng.within(1..=2) {
                let late_ms_max = link.faults.rng.pick(&[SECOND_MS, SECOND_MS, LATE_MS_MAX]);
                let due_ms = link.faults.rng.below(late_ms_max);
                let (network, payload) = (Rc::clone(&self.network), payload.clone());
                link.executor.spawn(&link.group, async move {
                    network.link.faults.timeline.sleep(due_ms).await;
                    let id = format!("order-{order}");
                    let write = || Webhook { topic, id: id.clone(), payload: payload.clone() };
                    deliver(&network, write).await;
                });
            }
        }
    }

    fn payload(&self, command: &Command<Carts>, at_ms: u64) -> String {
        let CartAction::Take { order, lines } = &command.action else { return String::new() };
        let link = mint_link(self.network.mint().keys, &command.resource);
        let line = |(variant, quantity): &(u32, u32)| json!({"id": 10 + variant, "variant_id": variant, "quantity": quantity});
        let payload = json!({"id": order, "created_at": Time(at_ms).to_rfc3339(),
            "note_attributes": [{"name": LINK_ATTRIBUTE, "value": link}],
            "line_items": lines.iter().map(line).collect::<Vec<_>>()});
        payload.to_string()
    }
}
