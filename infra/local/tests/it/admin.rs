//! Events that could not be consumed become dead letters with a reason, block no other event, and
//! can be redriven once their cause is fixed; a replay of the archive rebuilds lost carts.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;

use domain_core::time::{DAY_MS, HOUR_MS};
use edge_wire::keys::KeyRing;
use edge_wire::link::mint_link;
use infra_bus::Entry;
use infra_dynamo::Fault;
use infra_local::demo;
use infra_local::wiring::{CART_QUEUE, LOYALTY_QUEUE};
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::binary::{Process, forecourt, letters, run_err, run_ok};
use crate::carts::{command, quantities, stored};
use crate::client::{add, deliver, loyalty, new_cart, session};
use crate::shop::{Shop, data_in};

fn cart_id(shop: &Shop) -> String {
    let created = shop.request("POST", "/v1/carts").send().json();
    created["cart"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn an_unreadable_webhook_is_dead_lettered_at_once_and_blocks_no_other() {
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
    assert_eq!(letter["attempts"], 1, "another attempt would fail the same way");
    assert!(letter["reason"].as_str().unwrap().contains("id"), "{letter}");
    assert_eq!(letter["event"]["detail"]["metadata"]["x-shopify-topic"], "orders/paid");
    let listed = run_ok(&shop.data(), &["dead-letters", "list", "--queue", "loyalty"]);
    assert!(listed.starts_with("     1  loyalty  shopifyWebhook"), "{listed}");
    assert_eq!(
        run_ok(&shop.data(), &["dead-letters", "list", "--queue", "cart"]),
        "no dead letters\n"
    );
}

#[test]
fn a_transient_table_failure_loses_no_event() {
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
    assert_eq!(run_ok(&shop.data(), &["dead-letters", "list"]), "no dead letters\n");
}

#[test]
fn a_late_order_can_be_reissued_and_then_removes_the_lines_it_bought() {
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
    let redriven = run_ok(&shop.data(), &["dead-letters", "redrive", "--as-new"]);
    assert_eq!(redriven, "0 redriven, 1 reissued\n");
    shop.drained(CART_QUEUE);
    assert_eq!(quantities(&shop, &cart), [("44102".to_owned(), 1)]);
    assert_eq!(letters(&shop.data()), Vec::<Value>::new());
}

#[test]
fn a_late_command_is_dead_lettered_and_can_be_reissued() {
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
    assert!(run_ok(&data, &["dead-letters", "list"]).contains("--as-new"));

    let redriven = run_ok(&data, &["dead-letters", "redrive", "--id", "1", "--id", "2"]);
    assert_eq!(redriven, "2 redriven, 0 reissued\n");
    shop.drained(CART_QUEUE);
    assert_eq!(letters(&data).len(), 3, "unchanged they are too late again");

    let printed = run_err(&data, &["dead-letters", "redrive", "--as-new"]);
    assert_eq!(
        printed,
        "forecourt: not redriven:\n  \
         3: too old: the cart no longer remembers whether it has it\n"
    );
    shop.drained(CART_QUEUE);
    let once = [("44101".to_owned(), 1), ("44102".to_owned(), 1)];
    assert_eq!(quantities(&shop, &cart), once, "the same command twice is one command");
    let remaining: Vec<_> =
        letters(&data).iter().map(|letter| letter["id"].as_u64().unwrap()).collect();
    assert_eq!(remaining, [3]);
}

#[test]
fn a_dead_letter_that_dies_again_at_once_is_redriven_once() {
    let shop = Shop::open();
    let kind = domain_core::event::Kind::CartCommanded;
    let mut entry = Entry::new(kind.source(), kind.detail_type(), r#"{"cart":7}"#);
    entry.event_bus_name = Some(demo::BUS.to_owned());
    shop.runtime().block_on(shop.local().bus().put(&[entry])).unwrap();
    shop.drained(CART_QUEUE);
    let redriven = run_ok(&shop.data(), &["dead-letters", "redrive", "--as-new"]);
    assert_eq!(redriven, "1 redriven, 0 reissued\n");
    shop.drained(CART_QUEUE);
    assert_eq!(letters(&shop.data()).len(), 1);
}

#[test]
fn dead_letters_can_be_redriven_while_forecourt_is_stopped() {
    let shop = Shop::open();
    let cart = cart_id(&shop);
    command(&shop, &cart, "1", 0);
    command(&shop, &cart, "2", 3 * DAY_MS);
    let folder = shop.close();
    let data = data_in(&folder);
    assert_eq!(letters(&data).len(), 1);
    let redriven = run_ok(&data, &["dead-letters", "redrive", "--as-new", "--json"]);
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
    let new_line = json!({"product": "tee", "quantity": 2,
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
    let added = add(&shop, &token, &bookmark, "one", &new_line).json();
    let cart = added["id"].as_str().unwrap();
    assert_eq!(add(&shop, &token, &bookmark, "two", &new_line).status, 202);
    shop.drained(CART_QUEUE);
    let before = stored(&shop, cart);
    assert_eq!(before.as_ref().unwrap().version, 2);
    let data = shop.data();
    let printed = run_err(&data, &["replay"]);
    assert!(
        printed.starts_with("forecourt: the table holds carts, and a replay fills"),
        "{printed}"
    );
    assert!(run_err(&data, &["replay", "--fresh"]).contains("stop Forecourt first"));

    let folder = shop.close();
    let printed = run_ok(&data, &["replay", "--fresh", "--name", "flood"]);
    assert_eq!(printed, "flood: 2 to be delivered when Forecourt starts\n");
    let shop = Shop::open_in(folder);
    shop.drained(CART_QUEUE);
    assert_eq!(stored(&shop, cart), before);
    assert_eq!(add(&shop, &token, "", "one", &new_line).status, 202, "its record still exists");
    shop.drained(CART_QUEUE);
    assert_eq!(stored(&shop, cart), before);
}

#[test]
fn a_replay_of_weeks_rebuilds_the_same_cart_without_dead_letters() {
    let shop = Shop::open();
    let cart = cart_id(&shop);
    for number in 0..40 {
        command(&shop, &cart, &number.to_string(), (40 - number) * 11 * HOUR_MS);
    }
    let before = stored(&shop, &cart);
    assert_eq!(before.as_ref().unwrap().version, 40);
    let folder = shop.close();
    let printed = run_ok(&data_in(&folder), &["replay", "--fresh", "--name", "weeks"]);
    assert_eq!(printed, "weeks: 40 to be delivered when Forecourt starts\n");
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
    let replayed = run_ok(&shop.data(), &["replay", "--rule", "loyalty", "--json", "--name", "r1"]);
    assert_eq!(replayed, "{\"name\":\"r1\",\"deliveries\":1,\"is_served\":true}\n");
    shop.drained(LOYALTY_QUEUE);
    let bookmark = before["bookmark"].as_str().unwrap();
    let after = shop.get("/v1/loyalty/entries").bearer(&token);
    let after = after.header("forecourt-bookmark", bookmark).send().json();
    assert_eq!(after["entries"], before["entries"]);
    let in_the_future =
        ["replay", "--rule", "loyalty", "--from", "2999-01-01T00:00:00Z", "--name", "none"];
    assert_eq!(run_ok(&shop.data(), &in_the_future), "none: 0 to be delivered now\n");
}

#[test]
fn invalid_commands_print_one_error_line() {
    let nothing = tempfile::tempdir().unwrap();
    let printed = run_err(nothing.path(), &["dead-letters", "list"]);
    assert!(printed.ends_with("is empty: no Forecourt has run on it\n"), "{printed}");
    assert_eq!(std::fs::read_dir(nothing.path()).unwrap().count(), 0, "nothing was created");
    let shop = Shop::open();
    let data = shop.data();
    for (arguments, message) in [
        (vec!["dead-letters", "list", "--queue", "mail"], "there is no queue `mail`; there are "),
        (vec!["dead-letters", "redrive", "--id", "7"], "only 0 of these 1 dead letters exist"),
        (vec!["replay", "--rule", "mail"], "there is no rule `mail`"),
        (vec!["replay", "--rule", "loyalty", "--name", "a b"], "`a b` is not a replay name"),
    ] {
        let line = run_err(&data, &arguments);
        assert!(line.starts_with(&format!("forecourt: {message}")), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
    let output = forecourt(&["replay", "--from", "yesterday"]);
    assert_eq!(output.status.code(), Some(2));
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(printed.contains("write a time as 2026-11-21T08:00:00Z"), "{printed}");
}

#[test]
fn only_the_owner_may_open_the_admin_socket() {
    let shop = Shop::open();
    let socket = std::fs::metadata(shop.data().join("door.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_request_too_large_for_the_admin_socket_is_rejected_with_the_limit() {
    let shop = Shop::open();
    let mut arguments = vec!["dead-letters", "redrive"];
    for _ in 0..4_000 {
        arguments.extend(["--id", "18446744073709551615"]);
    }
    let printed = run_err(&shop.data(), &arguments);
    assert_eq!(printed, "forecourt: a request has at most 65536 bytes\n");
}

#[test]
fn a_silent_client_of_the_admin_socket_blocks_no_other() {
    let shop = Shop::open();
    // More than the server serves at once; each is disconnected after its time for a request.
    let silent: Vec<_> =
        (0..5).map(|_| UnixStream::connect(shop.data().join("door.sock")).unwrap()).collect();
    assert_eq!(letters(&shop.data()), Vec::<Value>::new());
    for mut stream in silent {
        assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap(), 0);
    }
}

#[test]
fn a_path_too_long_for_a_socket_disables_only_the_admin_socket() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("long".repeat(30));
    let shop = Process::start_in(&data);
    assert_eq!(shop.request("GET", "/health").send().status, 200);
    let printed = run_err(&data, &["dead-letters", "list"]);
    assert!(
        printed.starts_with("forecourt: Forecourt is running but does not answer at "),
        "{printed}"
    );
    drop(shop);
    assert_eq!(run_ok(&data, &["dead-letters", "list"]), "no dead letters\n");
}
