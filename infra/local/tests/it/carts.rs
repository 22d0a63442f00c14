//! Carts below HTTP: commands put on the bus, items read from the table.

use std::collections::BTreeMap;

use domain_cart::{Action, CartCommand, CartEvent, CartItem, Offer};
use domain_core::id::CommandId;
use domain_core::money::Money;
use domain_core::port::Consistency;
use domain_core::resource::{CommandEvent as _, Resource as _, Source as _};
use infra_bus::Entry;
use infra_local::bus_client::bus_http_client;
use infra_local::demo;
use infra_local::local::aws_config;
use infra_local::wiring::CART_QUEUE;
use origin_adapters::{Aws, CartRepository, DynamoTable};
use origin_functions::runtime::clock::Clock;

use crate::client::key;
use crate::shop::Shop;

/// Puts a command that was accepted `ago_ms` ago on the bus, as if it had been delayed until now.
pub(crate) fn command(shop: &Shop, cart: &str, name: &str, ago_ms: u64) {
    let offer = Offer {
        product: "tee".to_owned(),
        variant_id: Some(format!("4410{name}")),
        sku: None,
        title: "Tee".to_owned(),
        price: Money(1_990),
        selection: None,
        properties: BTreeMap::new(),
    };
    let command = CartCommand {
        time: Clock::system().now().minus_ms(ago_ms),
        id: CommandId::of_key(&format!("cart/{cart}"), &key(name)),
        action: Action::add(offer, 1),
    };
    let event = CartEvent { cart: cart.to_owned(), command }.to_event();
    let mut entry = Entry::new(event.kind.source(), event.kind.detail_type(), event.detail);
    entry.event_bus_name = Some(demo::BUS.to_owned());
    let put = shop.runtime().block_on(shop.local().bus().put(&[entry])).unwrap();
    assert!(put[0].is_ok(), "{put:?}");
    shop.drained(CART_QUEUE);
}

/// A cart as the table holds it.
pub(crate) fn stored(shop: &Shop, cart: &str) -> Option<CartItem> {
    // No address is used: the table is in this process.
    let aws =
        Aws::new(aws_config("bus.invalid"), shop.local().table().http_client(), bus_http_client());
    let carts = CartRepository::new(&DynamoTable::shared(&aws));
    shop.runtime().block_on(carts.item(cart, Consistency::Strong)).unwrap()
}

/// Its lines: variant and quantity.
pub(crate) fn quantities(shop: &Shop, cart: &str) -> Vec<(String, u32)> {
    let contents = stored(shop, cart).unwrap().fold(&[]);
    let lines = contents.sorted_lines().into_iter();
    lines.map(|(_, line)| (line.offer.variant_id.clone().unwrap(), line.quantity)).collect()
}
