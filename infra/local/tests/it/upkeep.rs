//! Events that could not be consumed are set aside with their reason, hurt nobody, and are
//! delivered again when their cause is mended; the archive rebuilds what was lost.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use edge_wire::keys::KeyRing;
use edge_wire::link::mint_link;
use infra_bus::Entry;
use infra_dynamo::Fault;
use infra_local::demo;
use infra_local::local::aws_config;
use infra_local::wiring::{CART_QUEUE, LOYALTY_QUEUE};
use origin_adapters::{Aws, DynamoCarts, lambda_http_client};
use origin_domain::cart::{Action, CartCommand, CartEvent, CartItem, CartSource as _, Offer};
use origin_domain::id::CommandId;
use origin_domain::money::Money;
use origin_domain::port::Consistency;
use origin_domain::time::{DAY_MS, HOUR_MS};
use origin_functions::clock::Clock;
use serde_json::{Value, json};

use crate::command_line::forecourt;
use crate::journey::{add, deliver, key, loyalty, new_cart, session};
use crate::shop::{Shop, data_in};

/// What a command on this folder printed, and whether it succeeded.
fn run(data: &Path, arguments: &[&str]) -> (bool, String) {
    let data = data.display().to_string();
    let output = forecourt(&[arguments, &["--data", &data]].concat());
    let told = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(told).unwrap())
}

pub(crate) fn done(data: &Path, arguments: &[&str]) -> String {
    let (succeeded, told) = run(data, arguments);
    assert!(succeeded, "{arguments:?}: {told}");
    told
}

fn refused(data: &Path, arguments: &[&str]) -> String {
    let (succeeded, told) = run(data, arguments);
    assert!(!succeeded, "{arguments:?}: {told}");
    told
}

/// The dead letters as `--json` shows them.
pub(crate) fn letters(data: &Path) -> Vec<Value> {
    let listed = done(data, &["dead-letters", "list", "--json"]);
    listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Puts a command that was accepted `ago_ms` ago on the bus, as if it had been held up until now.
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
    // Neither address is asked: the table is in this process.
    let aws = Aws::new(
        aws_config("bus.invalid"),
        shop.local().table().http_client(),
        lambda_http_client(),
    );
    shop.runtime().block_on(DynamoCarts::new(&aws).item(cart, Consistency::Strong)).unwrap()
}

/// Its lines: variant and quantity.
pub(crate) fn quantities(shop: &Shop, cart: &str) -> Vec<(String, u32)> {
    let contents = stored(shop, cart).unwrap().fold([]);
    let shown = contents.shown().into_iter();
    shown.map(|(_, line)| (line.offer.variant_id.clone().unwrap(), line.quantity)).collect()
}

fn cart_id(shop: &Shop) -> String {
    let created = shop.ask("POST", "/v1/carts").send().json();
    created["cart"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_webhook_nobody_can_read_is_set_aside_at_once_and_holds_up_no_other() {
    let shop = Shop::open();
    let token = session(&shop, "1001");
    let before = loyalty(&shop, &token)["balance"]["pending"].as_i64().unwrap();
    assert_eq!(deliver(&shop, "orders/paid", r#"{"id":null}"#).status, 200);
    let order = demo::orders_paid(None, Clock::system().now());
    assert_eq!(deliver(&shop, "orders/paid", &order).status, 200);
    shop.drained(LOYALTY_QUEUE);
    let entries = shop.get("/v1/loyalty/entries?limit=1").bearer(&token).send().json();
    let bookmark = entries["bookmark"].as_str().unwrap();
    let after = shop.get("/v1/loyalty").bearer(&token).header("forecourt-bookmark", bookmark);
    let after = after.send().json()["balance"]["pending"].as_i64().unwrap();
    assert_eq!(after - before, 2_013);

    let [letter] = letters(&shop.data()).try_into().unwrap();
    assert_eq!((&letter["id"], &letter["queue"]), (&json!(1), &json!("loyalty")));
    assert_eq!(letter["attempts"], 1, "another attempt would have read the same");
    assert!(letter["reason"].as_str().unwrap().contains("id"), "{letter}");
    assert_eq!(letter["event"]["detail"]["metadata"]["x-shopify-topic"], "orders/paid");
    let shown = done(&shop.data(), &["dead-letters", "list", "--queue", "loyalty"]);
    assert!(shown.starts_with("     1  loyalty  shopifyWebhook"), "{shown}");
    assert_eq!(
        done(&shop.data(), &["dead-letters", "list", "--queue", "cart"]),
        "no dead letters\n"
    );
}

#[test]
fn a_table_that_fails_for_a_moment_costs_no_event() {
    let shop = Shop::open();
    let token = session(&shop, "1001");
    let faults = shop.local().table().faults();
    // Two deliveries fail, each after the SDK's three attempts; the third finds the table.
    for _ in 0..6 {
        faults.hit_next(Fault::Unreachable);
    }
    let order = demo::orders_paid(None, Clock::system().now());
    assert_eq!(deliver(&shop, "orders/paid", &order).status, 200);
    shop.drained(LOYALTY_QUEUE);
    assert_eq!(faults.injected(), 6);
    let entries = shop.get("/v1/loyalty/entries?limit=1").bearer(&token).send().json();
    assert_eq!(entries["entries"][0]["cause"]["id"], "820982911946154508");
    assert_eq!(done(&shop.data(), &["dead-letters", "list"]), "no dead letters\n");
}

#[test]
fn an_order_that_came_too_late_can_be_issued_anew_and_then_takes_what_it_bought() {
    let shop = Shop::open();
    let cart = cart_id(&shop);
    command(&shop, &cart, "1", 0);
    command(&shop, &cart, "2", 0);
    let link = mint_link(&KeyRing::parse(demo::KEYS).unwrap(), &cart);
    let late = Clock::system().now().minus_ms(3 * DAY_MS).to_rfc3339();
    let order = json!({"id": u64::MAX, "created_at": late, "line_items":
        [{"variant_id": 44_101, "quantity": 1}],
        "note_attributes": [{"name": "forecourt_cart", "value": link}]});
    assert_eq!(deliver(&shop, "orders/create", &order.to_string()).status, 200);
    shop.drained(CART_QUEUE);
    let [letter] = letters(&shop.data()).try_into().unwrap();
    assert_eq!(letter["reason"], "the command is too-late");
    let redriven = done(&shop.data(), &["dead-letters", "redrive", "--as-new"]);
    assert_eq!(redriven, "0 redriven, 1 issued anew\n");
    shop.drained(CART_QUEUE);
    assert_eq!(quantities(&shop, &cart), [("44102".to_owned(), 1)]);
    assert_eq!(letters(&shop.data()), Vec::<Value>::new());
}

#[test]
fn a_command_that_came_too_late_is_set_aside_and_can_be_issued_anew() {
    let shop = Shop::open();
    let cart = cart_id(&shop);
    command(&shop, &cart, "1", 0);
    command(&shop, &cart, "2", 3 * DAY_MS);
    command(&shop, &cart, "2", 3 * DAY_MS);
    command(&shop, &cart, "3", 16 * DAY_MS);
    assert_eq!(quantities(&shop, &cart), [("44101".to_owned(), 1)]);
    let data = shop.data();
    let reasons: Vec<_> =
        letters(&data).iter().map(|letter| letter["reason"].as_str().unwrap().to_owned()).collect();
    let late = "the command is too-late";
    assert_eq!(reasons, [late, late, "the command is too-old"]);
    assert!(done(&data, &["dead-letters", "list"]).contains("--as-new"));

    let redriven = done(&data, &["dead-letters", "redrive", "--id", "1", "--id", "2"]);
    assert_eq!(redriven, "2 redriven, 0 issued anew\n");
    shop.drained(CART_QUEUE);
    assert_eq!(letters(&data).len(), 3, "as they are they come too late again");

    let told = refused(&data, &["dead-letters", "redrive", "--as-new"]);
    assert_eq!(
        told,
        "forecourt: left where they are:\n  \
         3: too old: the cart no longer remembers whether it has it\n"
    );
    shop.drained(CART_QUEUE);
    let once = [("44101".to_owned(), 1), ("44102".to_owned(), 1)];
    assert_eq!(quantities(&shop, &cart), once, "the same command twice is one command");
    let left: Vec<_> = letters(&data).iter().map(|letter| letter["id"].as_u64().unwrap()).collect();
    assert_eq!(left, [3]);
}

#[test]
fn a_dead_letter_that_dies_again_at_once_is_redriven_once() {
    let shop = Shop::open();
    let kind = origin_domain::event::Kind::CartCommanded;
    let mut entry = Entry::new(kind.source(), kind.detail_type(), r#"{"cart":7}"#);
    entry.event_bus_name = Some(demo::BUS.to_owned());
    shop.runtime().block_on(shop.local().bus().put(&[entry])).unwrap();
    shop.drained(CART_QUEUE);
    let redriven = done(&shop.data(), &["dead-letters", "redrive", "--as-new"]);
    assert_eq!(redriven, "1 redriven, 0 issued anew\n");
    shop.drained(CART_QUEUE);
    assert_eq!(letters(&shop.data()).len(), 1);
}

#[test]
fn dead_letters_are_looked_after_while_forecourt_is_stopped() {
    let shop = Shop::open();
    let cart = cart_id(&shop);
    command(&shop, &cart, "1", 0);
    command(&shop, &cart, "2", 3 * DAY_MS);
    let folder = shop.close();
    let data = data_in(&folder);
    assert_eq!(letters(&data).len(), 1);
    let redriven = done(&data, &["dead-letters", "redrive", "--as-new", "--json"]);
    assert_eq!(redriven, "{\"redriven\":0,\"issued_anew\":1,\"refused\":[]}\n");
    assert_eq!(letters(&data).len(), 0);
    let shop = Shop::open_in(folder);
    shop.drained(CART_QUEUE);
    let both = [("44101".to_owned(), 1), ("44102".to_owned(), 1)];
    assert_eq!(quantities(&shop, &cart), both);
}

#[test]
fn a_replay_rebuilds_lost_carts_and_refuses_a_table_that_has_some() {
    let shop = Shop::open();
    let (token, bookmark) = new_cart(&shop);
    let wanted = json!({"product": "tee", "quantity": 2,
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
    let added = add(&shop, &token, &bookmark, "one", &wanted).json();
    let cart = added["id"].as_str().unwrap();
    assert_eq!(add(&shop, &token, &bookmark, "two", &wanted).status, 202);
    shop.drained(CART_QUEUE);
    let before = stored(&shop, cart);
    assert_eq!(before.as_ref().unwrap().version, 2);
    let data = shop.data();
    let told = refused(&data, &["replay"]);
    assert!(told.starts_with("forecourt: the table holds carts, and a replay fills"), "{told}");
    assert!(refused(&data, &["replay", "--fresh"]).contains("stop Forecourt first"));

    let folder = shop.close();
    let told = done(&data, &["replay", "--fresh", "--name", "flood"]);
    assert_eq!(told, "flood: 2 to be delivered when Forecourt starts\n");
    let shop = Shop::open_in(folder);
    shop.drained(CART_QUEUE);
    assert_eq!(stored(&shop, cart), before);
    assert_eq!(add(&shop, &token, "", "one", &wanted).status, 202, "its record was kept");
    shop.drained(CART_QUEUE);
    assert_eq!(stored(&shop, cart), before);
}

#[test]
fn a_replay_of_weeks_rebuilds_the_same_cart_and_sets_nothing_aside() {
    let shop = Shop::open();
    let cart = cart_id(&shop);
    for number in 0..40 {
        command(&shop, &cart, &number.to_string(), (40 - number) * 11 * HOUR_MS);
    }
    let before = stored(&shop, &cart);
    assert_eq!(before.as_ref().unwrap().version, 40);
    let folder = shop.close();
    let told = done(&data_in(&folder), &["replay", "--fresh", "--name", "weeks"]);
    assert_eq!(told, "weeks: 40 to be delivered when Forecourt starts\n");
    let shop = Shop::open_in(folder);
    shop.drained(CART_QUEUE);
    assert_eq!(letters(&shop.data()), Vec::<Value>::new());
    assert_eq!(stored(&shop, &cart), before);
}

#[test]
fn webhooks_may_be_replayed_at_any_time_and_count_once() {
    let shop = Shop::open();
    let token = session(&shop, "1001");
    let order = demo::orders_paid(None, Clock::system().now());
    assert_eq!(deliver(&shop, "orders/paid", &order).status, 200);
    shop.drained(LOYALTY_QUEUE);
    let before = shop.get("/v1/loyalty/entries").bearer(&token).send().json();
    let replayed = done(&shop.data(), &["replay", "--rule", "loyalty", "--json", "--name", "r1"]);
    assert_eq!(replayed, "{\"name\":\"r1\",\"deliveries\":1,\"is_served\":true}\n");
    shop.drained(LOYALTY_QUEUE);
    let bookmark = before["bookmark"].as_str().unwrap();
    let after = shop.get("/v1/loyalty/entries").bearer(&token);
    let after = after.header("forecourt-bookmark", bookmark).send().json();
    assert_eq!(after["entries"], before["entries"]);
    let in_the_future =
        ["replay", "--rule", "loyalty", "--from", "2999-01-01T00:00:00Z", "--name", "none"];
    assert_eq!(done(&shop.data(), &in_the_future), "none: 0 to be delivered now\n");
}

#[test]
fn what_cannot_be_done_is_one_clear_line() {
    let nothing = tempfile::tempdir().unwrap();
    let told = refused(nothing.path(), &["dead-letters", "list"]);
    assert!(told.ends_with("holds nothing: no Forecourt has run on it\n"), "{told}");
    assert_eq!(std::fs::read_dir(nothing.path()).unwrap().count(), 0, "and nothing was made");
    let shop = Shop::open();
    let data = shop.data();
    for (arguments, told) in [
        (vec!["dead-letters", "list", "--queue", "mail"], "there is no queue `mail`; there are "),
        (vec!["dead-letters", "redrive", "--id", "7"], "only 0 of these 1 dead letters were there"),
        (vec!["replay", "--rule", "mail"], "there is no rule `mail`"),
        (vec!["replay", "--rule", "loyalty", "--name", "a b"], "`a b` is not a replay name"),
    ] {
        let line = refused(&data, &arguments);
        assert!(line.starts_with(&format!("forecourt: {told}")), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
    let output = forecourt(&["replay", "--from", "yesterday"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("write a time as 2026-11-21T08:00:00Z"), "{told}");
}

#[test]
fn only_whoever_owns_the_data_may_give_orders() {
    let shop = Shop::open();
    let door = std::fs::metadata(shop.data().join("door.sock")).unwrap();
    assert_eq!(door.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_path_too_long_for_a_socket_costs_the_door_and_not_the_shop() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("long".repeat(30));
    let shop = crate::restart::Process::start_in(&data);
    assert_eq!(shop.ask("GET", "/health").send().status, 200);
    let told = refused(&data, &["dead-letters", "list"]);
    assert!(told.starts_with("forecourt: Forecourt is running but does not answer at "), "{told}");
    drop(shop);
    assert_eq!(done(&data, &["dead-letters", "list"]), "no dead letters\n");
}
