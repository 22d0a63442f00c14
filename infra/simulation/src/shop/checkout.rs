//! The checkout: Shopify reports each order as created and as paid, twice and hours late, and the
//! order removes its lines from the cart that it names.

use std::cell::Cell;
use std::rc::Rc;

use domain_cart::ORDER_TOPICS;
use domain_core::event::{Event, Events as _, Kind};
use domain_core::time::{HOUR_MS, SECOND_MS, Time};
use edge_wire::link::{LINK_ATTRIBUTE, mint_link};
use origin_adapters::memory::MemoryBus;
use serde_json::json;

use super::keys::KeyRotation;
use super::observers::ObservedBus;
use crate::command::{ClientAction, Command};
use crate::executor::{Executor, TaskGroup};
use crate::faults::FaultInjector;
use crate::oracle::OracleHandle;
use crate::ports::FaultyPort;

/// The shop of every world.
pub(crate) const SHOP: &str = "demo.myshopify.com";
/// How late an order webhook may be: with a day on the bus it stays under the 48 hours that a cart
/// waits.
const LATE_MS_MAX: u64 = 12 * HOUR_MS;
/// How many times a webhook is sent until it is accepted, and the maximum delay between two
/// attempts.
const ATTEMPTS_MAX: usize = 19;
const RETRY_MS_MAX: u64 = 60_000;

/// The checkout of a world.
pub(crate) struct Checkout {
    pub(crate) executor: Executor,
    pub(crate) group: TaskGroup,
    pub(crate) faults: FaultInjector,
    pub(crate) oracle: OracleHandle,
    pub(crate) bus: ObservedBus<MemoryBus>,
    pub(crate) keys: KeyRotation,
    /// The number of orders so far.
    pub(crate) orders: Cell<u64>,
}

// === impl Checkout ===

impl Checkout {
    /// Sells these quantities of variants from a cart.
    pub(crate) fn sell(self: &Rc<Self>, cart: &str, lines: Vec<(u32, u32)>) {
        let order = self.orders.get() + 1;
        self.orders.set(order);
        let now_ms = self.faults.timeline.now_ms();
        let at_ms = now_ms - now_ms % SECOND_MS;
        let action = ClientAction::Take { order, lines };
        let command = Command { cart: cart.to_owned(), key: format!("order-{order}"), action };
        self.oracle.lock().order_placed(&command);
        for topic in ORDER_TOPICS {
            let detail = self.detail(topic, &command, at_ms);
            for _ in 0..self.faults.rng.within(1..=2) {
                let late_ms_max = self.faults.rng.pick(&[SECOND_MS, SECOND_MS, LATE_MS_MAX]);
                let due_ms = self.faults.rng.below(late_ms_max);
                let (checkout, detail) = (Rc::clone(self), detail.clone());
                self.executor.spawn(&self.group, async move {
                    checkout.faults.timeline.sleep(due_ms).await;
                    checkout.deliver(detail).await;
                });
            }
        }
    }

    async fn deliver(&self, detail: String) {
        let bus = FaultyPort { port: self.bus.clone(), faults: self.faults.clone(), group: None };
        let event = Event { kind: Kind::ShopifyWebhook, detail };
        for _ in 0..ATTEMPTS_MAX {
            if bus.publish(std::slice::from_ref(&event)).await.is_ok() {
                return;
            }
            self.faults.timeline.sleep(self.faults.rng.below(RETRY_MS_MAX)).await;
        }
    }

    fn detail(&self, topic: &str, command: &Command, at_ms: u64) -> String {
        let ClientAction::Take { order, lines } = &command.action else { return String::new() };
        let link = mint_link(self.keys.at(self.faults.timeline.now_ms()), &command.cart);
        let line = |(variant, quantity): &(u32, u32)| json!({"id": 10 + variant, "variant_id": variant, "quantity": quantity});
        let payload = json!({"id": order, "created_at": Time(at_ms).to_rfc3339(),
            "note_attributes": [{"name": LINK_ATTRIBUTE, "value": link}],
            "line_items": lines.iter().map(line).collect::<Vec<_>>()});
        let metadata = json!({"X-Shopify-Topic": topic, "X-Shopify-Shop-Domain": SHOP});
        json!({"payload": payload, "metadata": metadata}).to_string()
    }
}
