//! The hand-over of a cart to Shopify, and the order that results.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain_core::time::SECOND_MS;
use edge_wire::keys::KeyRing;
use edge_wire::link::{mint_link, verify_link};
use infra_local::demo;
use infra_local::wiring::{CART_QUEUE, PUBLISHED_QUEUE};
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::client::{
    add, checkout, deliver, key, merge, new_cart, order_of, own_cart, session, signed,
};
use crate::shop::{Reply, Shop};

/// A tee with a print, which the fixture's order buys two of.
const TEE: &str = "875309424069134920";
/// Another tee.
const OTHER_TEE: &str = "471895063163459219";

fn tee(variant: &str, quantity: u32) -> Value {
    json!({"variant_id": variant, "quantity": quantity})
}

fn printed_tee(quantity: u32) -> Value {
    json!({"variant_id": TEE, "quantity": quantity, "properties": {"Print": "Col de la Bonette"}})
}

fn bike() -> Value {
    json!({"product": "bike", "quantity": 1, "properties": {"Name": "Ada"}, "selection": {
        "frame": "carbon", "size": "m", "fork": "carbon", "wheel": "28", "tyre": "race",
        "brakes": "disc", "drivetrain": "derailleur", "drive": "chain", "motor": "none",
        "battery": "none", "handlebar": "drop", "rack": "none", "lights": "none", "colour": "black",
    }})
}

/// A cart with these lines: its token, and the bookmark of the last answer.
fn filled(shop: &Shop, lines: &[Value]) -> (String, String) {
    let (token, mut bookmark) = new_cart(shop);
    for (number, line) in lines.iter().enumerate() {
        let added = add(shop, &token, &bookmark, &format!("add-{number}"), line);
        assert_eq!(added.status, 202, "{}", added.text);
        bookmark = added.json()["bookmark"].as_str().unwrap().to_owned();
    }
    (token, bookmark)
}

fn place(shop: &Shop, topic: &str, order: &Value) {
    let delivered = deliver(shop, topic, &order.to_string());
    assert_eq!(delivered.status, 200, "{}", delivered.text);
}

fn quantities(cart: &Value) -> Vec<u64> {
    let lines = cart["lines"].as_array().unwrap().iter();
    lines.map(|line| line["quantity"].as_u64().unwrap()).collect()
}

#[test]
fn the_whole_cart_is_handed_over_as_this_client_sees_it() {
    let shop = Shop::open();
    shop.pause(CART_QUEUE);
    let (token, bookmark) = filled(&shop, &[bike(), printed_tee(3)]);
    let cart = shop.cart(&token, &bookmark);
    assert_eq!((&cart["version"], &cart["lines"][0]["price"]), (&json!("0"), &json!(268_900)));
    let checkout = checkout(&shop, &token, &bookmark);
    assert_eq!(checkout["bookmark"], bookmark, "nothing changed: byte for byte");
    assert_eq!(checkout["problems"], json!([]));
    assert_eq!(checkout["permalink"], Value::Null, "a second line has properties");
    let mut properties = bike()["selection"].clone();
    properties["Name"] = json!("Ada");
    properties["_line"] = cart["lines"][0]["id"].clone();
    let expected = json!([
        {"id": "9200000000000000246", "quantity": 1, "properties": properties},
        {"id": TEE, "quantity": 3,
            "properties": {"Print": "Col de la Bonette", "_line": cart["lines"][1]["id"]}},
    ]);
    assert_eq!(checkout["cart_add"]["items"], expected);
    let link = checkout["cart_add"]["attributes"]["forecourt_cart"].as_str().unwrap();
    let linked = verify_link(&KeyRing::parse(demo::KEYS).unwrap(), link);
    assert_eq!(linked.as_deref(), cart["id"].as_str());
    shop.resume(CART_QUEUE);
}

#[test]
fn a_cart_whose_first_line_alone_has_properties_fits_a_permalink() {
    let shop = Shop::open();
    let (token, bookmark) = filled(&shop, &[printed_tee(1), tee(OTHER_TEE, 2)]);
    let attributes = shop
        .request("PATCH", "/v1/cart/attributes")
        .header("forecourt-cart", &token)
        .header("forecourt-bookmark", &bookmark)
        .header("idempotency-key", &key("attributes"))
        .json(&json!({"gift wrap": "ja, bitte & danke"}))
        .send();
    let bookmark = attributes.json()["bookmark"].as_str().unwrap().to_owned();
    let checkout = checkout(&shop, &token, &bookmark);
    let link = checkout["cart_add"]["attributes"]["forecourt_cart"].as_str().unwrap();
    let line = shop.cart(&token, &bookmark)["lines"][0]["id"].clone();
    let properties = json!({"Print": "Col de la Bonette", "_line": line}).to_string();
    let properties = URL_SAFE_NO_PAD.encode(properties);
    let expected = format!(
        "https://demo.myshopify.com/cart/{TEE}:1,{OTHER_TEE}:2?attributes%5Bforecourt_cart%5D={link}\
         &attributes%5Bgift%20wrap%5D=ja,%20bitte%20%26%20danke&properties={properties}"
    );
    assert_eq!(checkout["permalink"], expected);
}

#[test]
fn an_empty_cart_is_handed_over_empty_and_without_a_link() {
    let shop = Shop::open();
    let (token, bookmark) = new_cart(&shop);
    let checkout = checkout(&shop, &token, &bookmark);
    assert_eq!(checkout["cart_add"]["items"], json!([]));
    assert_eq!(checkout["permalink"], Value::Null);
    shop.get("/v1/cart/checkout").send().expect_problem(401, "token-missing");
}

#[test]
fn the_hand_over_answers_through_shopifys_app_proxy() {
    let shop = Shop::open();
    let (token, bookmark) = filled(&shop, &[tee(TEE, 1)]);
    shop.drained(CART_QUEUE);
    let path = format!("/proxy/v1/cart/checkout?cart={token}&bookmark={bookmark}");
    let url = signed(&path, None, Clock::system().now().unix_s());
    let proxied = shop.get(url.strip_prefix(demo::URL).unwrap()).send();
    assert_eq!(proxied.status, 200, "{}", proxied.text);
    assert_eq!(proxied.json(), checkout(&shop, &token, &bookmark));
}

#[test]
fn changes_since_a_line_was_added_are_reported_before_payment() {
    let shop = Shop::open();
    let (token, bookmark) = filled(&shop, &[tee(TEE, 1), tee(OTHER_TEE, 2)]);
    let (_, published) = demo::PRODUCTS[1];
    let mut today: Value = serde_json::from_str(published).unwrap();
    let more_expensive = today["base_price"].as_i64().unwrap() + 1_000;
    today["base_price"] = json!(more_expensive);
    let variants = today["variants"].as_array_mut().unwrap();
    variants.retain(|variant| variant["variant_id"] != OTHER_TEE);
    let variant = variants.iter_mut().find(|variant| variant["variant_id"] == TEE).unwrap();
    variant["price"] = json!(46_907);
    let published = shop
        .request("PUT", "/v1/admin/configurators/tee")
        .bearer(demo::STAFF_TOKEN)
        .json(&today)
        .send();
    assert_eq!(published.status, 200, "{}", published.text);
    shop.drained(PUBLISHED_QUEUE);
    let checkout = checkout(&shop, &token, &bookmark);
    let cart = shop.cart(&token, &bookmark);
    let line = |number: usize| cart["lines"][number]["id"].clone();
    let problems: Vec<Value> = checkout["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["line"], it["code"], it["in_items"], it["price"]]))
        .collect();
    let expected = [
        json!([line(0), "price-changed", true, {"shown": 46_907, "today": 47_907}]),
        json!([line(0), "price-not-binding", true, {"today": 47_907, "charged": 46_907}]),
        json!([line(1), "product-gone", false, null]),
    ];
    assert_eq!(problems, expected);
    assert_eq!(checkout["cart_add"]["items"].as_array().unwrap().len(), 1);
    assert_eq!(checkout["permalink"], Value::Null, "a link would silently omit a line");
}

#[test]
fn names_reserved_for_checkout_are_rejected() {
    let shop = Shop::open();
    let (token, bookmark) = new_cart(&shop);
    let mut new_line = printed_tee(1);
    new_line["properties"] = json!({"_line": "00ff10abcdef0123456789ab"});
    let rejected = add(&shop, &token, &bookmark, "line", &new_line);
    assert_eq!(rejected.expect_problem(422, "name-reserved"), ["/properties/_line"]);
    let mut new_line = bike();
    new_line["properties"] = json!({"fork": "air"});
    let rejected = add(&shop, &token, &bookmark, "option", &new_line);
    assert_eq!(rejected.expect_problem(422, "name-reserved"), ["/properties/fork"]);
    let attributes: Reply = shop
        .request("PATCH", "/v1/cart/attributes")
        .header("forecourt-cart", &token)
        .header("idempotency-key", &key("attributes"))
        .json(&json!({"forecourt_cart": "l1.dev1.mine.AAAAAAAAAAAAAAAAAAAAAA"}))
        .send();
    assert_eq!(attributes.expect_problem(422, "name-reserved"), ["/forecourt_cart"]);
}

#[test]
fn an_order_removes_the_lines_it_bought_and_leaves_later_ones() {
    let shop = Shop::open();
    let (token, bookmark) = filled(&shop, &[bike(), printed_tee(3), tee(OTHER_TEE, 1)]);
    let mut order = order_of(&checkout(&shop, &token, &bookmark), 1);
    // The shopper bought one tee less, and the bike.
    order["line_items"][1]["quantity"] = json!(2);
    order["line_items"].as_array_mut().unwrap().pop();
    for topic in ["orders/paid", "orders/create", "orders/paid"] {
        place(&shop, topic, &order);
    }
    shop.drained(CART_QUEUE);
    let cart = shop.cart(&token, &bookmark);
    assert_eq!(quantities(&cart), [1, 1]);
    assert_eq!(cart["version"], "4", "three adds and one order");
    assert_eq!(cart["lines"][0]["properties"], json!({"Print": "Col de la Bonette"}));
    assert_eq!(cart["lines"][1]["variant_id"], OTHER_TEE);
}

#[test]
fn an_order_delivered_before_its_adds_are_applied_removes_the_same_lines() {
    let shop = Shop::open();
    shop.pause(CART_QUEUE);
    let (token, bookmark) = filled(&shop, &[printed_tee(3)]);
    let order = order_of(&checkout(&shop, &token, &bookmark), 2);
    place(&shop, "orders/create", &order);
    shop.resume(CART_QUEUE);
    let cart = shop.cart(&token, &bookmark);
    assert_eq!((quantities(&cart).as_slice(), &cart["version"]), ([].as_slice(), &json!("2")));
}

#[test]
fn an_order_of_a_guests_cart_removes_its_lines_from_the_merged_cart() {
    let shop = Shop::open();
    let (guest, bookmark) = filled(&shop, &[printed_tee(3), tee(OTHER_TEE, 1)]);
    let mut order = order_of(&checkout(&shop, &guest, &bookmark), 3);
    order["line_items"].as_array_mut().unwrap().pop();
    let customer = session(&shop, "1002");
    let (own, own_bookmark) = own_cart(&shop, &customer);
    let merged = merge(&shop, &customer, &own, &format!("{own_bookmark},{bookmark}"), &guest);
    assert_eq!(merged.status, 202, "{}", merged.text);
    assert_eq!(quantities(&merged.json()), [3, 1]);
    place(&shop, "orders/paid", &order);
    shop.drained(CART_QUEUE);
    let bookmark = merged.json()["bookmark"].as_str().unwrap().to_owned();
    assert_eq!(quantities(&shop.cart(&own, &bookmark)), [1]);
    assert_eq!(shop.dead_letters(CART_QUEUE), 0);
    let gone = shop.get("/v1/cart/checkout").header("forecourt-cart", &guest).send();
    gone.expect_problem(409, "cart-merged");
}

#[test]
fn the_fixture_order_buys_from_the_given_cart() {
    let shop = Shop::open();
    let (token, bookmark) = filled(&shop, &[printed_tee(3)]);
    let cart = token.split('.').nth(2).unwrap();
    let link = mint_link(&KeyRing::parse(demo::KEYS).unwrap(), cart);
    let soon = Clock::system().now().plus_ms(SECOND_MS);
    let order = demo::orders_paid(Some(&link), soon);
    assert_eq!(deliver(&shop, "orders/paid", &order).status, 200);
    shop.drained(CART_QUEUE);
    assert_eq!(quantities(&shop.cart(&token, &bookmark)), [1]);
}
