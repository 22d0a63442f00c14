//! Where shoppers pay: what they buy is told by Shopify, as created and as paid, twice and hours
//! late, and goes out of the cart that the order names.

use std::cell::Cell;
use std::rc::Rc;

use edge_wire::link::{LINK_ATTRIBUTE, mint_link};
use origin_adapters::memory::MemoryBus;
use origin_domain::cart::ORDER_TOPICS;
use origin_domain::event::{Event, Events as _, Kind};
use origin_domain::time::{HOUR_MS, SECOND_MS, Time};
use serde_json::json;

use super::keys::Rotation;
use super::tap::TappedBus;
use crate::ask::{Ask, Command};
use crate::crew::{Crew, Life};
use crate::judge::Bench;
use crate::ports::Exposed;
use crate::weather::Sky;

/// The shop of every world.
pub(crate) const SHOP: &str = "demo.myshopify.com";
/// How late an order may be told: with a day on the bus it stays under the 48 hours that a cart
/// waits.
const LATE_MS_MAX: u64 = 12 * HOUR_MS;
/// How often it is told until somebody takes it, and how long Shopify waits in between.
const ATTEMPTS_MAX: usize = 19;
const PATIENCE_MS: u64 = 60_000;

/// The checkout of a world.
pub(crate) struct Sales {
    pub(crate) crew: Crew,
    pub(crate) life: Life,
    pub(crate) sky: Sky,
    pub(crate) bench: Bench,
    pub(crate) bus: TappedBus<MemoryBus>,
    pub(crate) keys: Rotation,
    /// How many orders there are.
    pub(crate) orders: Cell<u64>,
}

// === impl Sales ===

impl Sales {
    /// Sells so many of these variants out of a cart.
    pub(crate) fn sell(self: &Rc<Self>, cart: &str, lines: Vec<(u32, u32)>) {
        let order = self.orders.get() + 1;
        self.orders.set(order);
        let now_ms = self.sky.timeline.now_ms();
        let at_ms = now_ms - now_ms % SECOND_MS;
        let ask = Ask::Take { order, lines };
        let command = Command { cart: cart.to_owned(), key: format!("order-{order}"), ask };
        self.bench.judge().placed(&command);
        for topic in ORDER_TOPICS {
            let detail = self.detail(topic, &command, at_ms);
            for _ in 0..self.sky.dice.within(1..=2) {
                let late_ms_max = self.sky.dice.pick(&[SECOND_MS, SECOND_MS, LATE_MS_MAX]);
                let due_ms = self.sky.dice.below(late_ms_max);
                let (sales, detail) = (Rc::clone(self), detail.clone());
                self.crew.spawn(&self.life, async move {
                    sales.sky.timeline.sleep(due_ms).await;
                    sales.tell(detail).await;
                });
            }
        }
    }

    async fn tell(&self, detail: String) {
        let bus = Exposed { port: self.bus.clone(), sky: self.sky.clone(), life: None };
        let event = Event { kind: Kind::ShopifyWebhook, detail };
        for _ in 0..ATTEMPTS_MAX {
            if bus.publish(std::slice::from_ref(&event)).await.is_ok() {
                return;
            }
            self.sky.timeline.sleep(self.sky.dice.below(PATIENCE_MS)).await;
        }
    }

    fn detail(&self, topic: &str, command: &Command, at_ms: u64) -> String {
        let Ask::Take { order, lines } = &command.ask else { return String::new() };
        let link = mint_link(self.keys.at(self.sky.timeline.now_ms()), &command.cart);
        let line = |(variant, quantity): &(u32, u32)| json!({"id": 10 + variant, "variant_id": variant, "quantity": quantity});
        let payload = json!({"id": order, "created_at": Time(at_ms).to_rfc3339(),
            "note_attributes": [{"name": LINK_ATTRIBUTE, "value": link}],
            "line_items": lines.iter().map(line).collect::<Vec<_>>()});
        let metadata = json!({"X-Shopify-Topic": topic, "X-Shopify-Shop-Domain": SHOP});
        json!({"payload": payload, "metadata": metadata}).to_string()
    }
}
