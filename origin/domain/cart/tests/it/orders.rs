//! Removal of bought items from the cart that a Shopify order names.

use std::collections::BTreeMap;

use domain_cart::{Action, CartEvent, LineId, Offer, Order};
use domain_core::id::CommandId;
use domain_core::time::Time;
use domain_shopify::PayloadError;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::offer;

/// A paid order with every key Shopify documents.
const ORDERS_PAID: &str = include_str!("../../../../../infra/local/fixtures/orders-paid.json");

fn taking(payload: &Value) -> Result<CartEvent, PayloadError> {
    Order::parse(&to_raw_value(payload).unwrap()).unwrap().taking("cart-1")
}

fn bought(payload: &Value) -> BTreeMap<LineId, u32> {
    match taking(payload).unwrap().command.action {
        Action::Take { lines } => lines,
        other => panic!("{other:?}"),
    }
}

fn attribute(attributes: Value) -> Option<String> {
    let payload = to_raw_value(&json!({"note_attributes": attributes})).unwrap();
    Order::parse(&payload).unwrap().attribute("forecourt_cart")
}

/// An order with these line items.
fn order(items: Value) -> Value {
    json!({"id": 820_982_911_946_154_508_u64, "created_at": "2026-11-20T18:04:11+01:00",
        "line_items": items})
}

fn engraved(variant: u64) -> Offer {
    Offer {
        properties: [("Engraving".to_owned(), "Für Zoë".to_owned())].into(), ..offer(variant)
    }
}

#[test]
fn the_order_determines_the_commands_id_and_time() {
    let payload: Value = serde_json::from_str(ORDERS_PAID).unwrap();
    let event = taking(&payload).unwrap();
    assert_eq!(event.cart, "cart-1");
    let id = CommandId::of_cause("cart/cart-1", "order/820982911946154508");
    assert_eq!(event.command.id, id);
    assert_eq!(event.command.time, Time::from_rfc3339("2026-11-20T17:04:11Z").unwrap());
}

#[test]
fn lines_are_matched_by_exact_variant_id_and_properties() {
    let print = [("Print".to_owned(), "Col de la Bonette".to_owned())].into();
    let tee = LineId::of_variant("875309424069134920", &print);
    let card = LineId::of_variant("45000000000000001", &BTreeMap::new());
    let payload: Value = serde_json::from_str(ORDERS_PAID).unwrap();
    // The bike names an unknown line and counts for no other line.
    assert_eq!(bought(&payload), [(tee, 2), (card, 1)].into());
}

#[test]
fn an_engraved_item_is_not_taken_from_the_plain_line() {
    let properties = json!([{"name": "Engraving", "value": "Für Zoë"}]);
    let items = json!([
        {"variant_id": 18_446_744_073_709_551_615_u64, "quantity": 1, "properties": properties},
        {"variant_id": "18446744073709551615", "quantity": 2},
        {"variant_id": 18_446_744_073_709_551_615_u64, "quantity": 3, "properties": null},
    ]);
    let expected = [(engraved(u64::MAX).line_id(), 1), (offer(u64::MAX).line_id(), 5)];
    assert_eq!(bought(&order(items)), expected.into());
}

#[test]
fn a_line_is_matched_by_its_property() {
    let selection = [("frame".to_owned(), "steel".to_owned())].into();
    let bike = Offer { selection: Some(selection), ..offer(7) };
    let id = bike.line_id().to_string();
    let properties = json!([{"name": "frame", "value": "steel"}, {"name": "_line", "value": id}]);
    let items = json!([{"variant_id": 7, "quantity": 2, "properties": properties}]);
    assert_eq!(bought(&order(items)), [(bike.line_id(), 2)].into());
}

#[test]
fn what_was_bought_leaves_the_cart_whatever_properties_apps_add() {
    let hidden = json!({"name": "_bundle", "value": "x1"});
    let id = json!({"name": "_line", "value": engraved(7).line_id().to_string()});
    for (properties, line) in [
        (json!([hidden]), offer(7)),
        (json!([{"name": "Engraving", "value": "Für Zoë"}, hidden]), engraved(7)),
        (json!([hidden, {"name": "Gift wrap", "value": "yes"}, id]), engraved(7)),
    ] {
        let items = json!([{"variant_id": 7, "quantity": 2, "properties": properties}]);
        assert_eq!(bought(&order(items)), [(line.line_id(), 2)].into());
    }
}

#[test]
fn an_item_without_a_cart_line_is_ignored() {
    for item in [
        json!({"quantity": 1, "variant_id": null}),
        json!({"quantity": 1}),
        json!({"quantity": 1, "variant_id": "x"}),
        json!({"quantity": 1, "variant_id": 7, "properties": [{"name": "_line", "value": "mine"}]}),
    ] {
        assert_eq!(bought(&order(json!([item.clone()]))), BTreeMap::new(), "{item}");
    }
    // Malformed properties, which apps can write, are ignored.
    for properties in [json!({"a": 1}), json!([7, null, {"name": 3}, {"name": "n", "value": [1]}])]
    {
        let item = json!({"quantity": 1, "variant_id": 7, "properties": properties});
        assert_eq!(bought(&order(json!([item]))), [(offer(7).line_id(), 1)].into(), "{properties}");
    }
}

/// Fields that `orders/paid` changes are not read: the command has the same bytes whichever webhook
/// arrives first.
#[test]
fn created_and_paid_lead_to_the_same_command() {
    let paid: Value = serde_json::from_str(ORDERS_PAID).unwrap();
    let mut created = paid.clone();
    for (field, value) in [
        ("financial_status", json!("pending")),
        ("updated_at", json!("2026-11-20T18:04:13+01:00")),
        ("processed_at", json!("2026-11-20T18:04:19+01:00")),
        ("payment_gateway_names", json!([])),
        ("current_total_price", json!("0.00")),
        ("confirmed", json!(false)),
        ("tags", json!("")),
        ("refunds", json!([{"id": 1}])),
    ] {
        created[field] = value;
    }
    for item in created["line_items"].as_array_mut().unwrap() {
        item["current_quantity"] = json!(0);
        item["fulfillable_quantity"] = json!(0);
        item["fulfillment_status"] = json!("fulfilled");
    }
    assert_ne!(created, paid);
    let bytes = |payload| serde_json::to_vec(&taking(payload).unwrap()).unwrap();
    assert_eq!(bytes(&created), bytes(&paid));
}

#[test]
fn an_order_without_id_time_or_lines_is_rejected_with_the_missing_field() {
    for field in ["id", "created_at", "line_items"] {
        let mut payload = order(json!([]));
        payload[field] = Value::Null;
        let error = taking(&payload).unwrap_err();
        assert_eq!(error.to_string(), format!("payload \"/{field}\" is missing"));
    }
}

#[test]
fn an_attribute_is_read_by_name() {
    let pair = |name: &str, value: Value| json!({"name": name, "value": value});
    let link = pair("forecourt_cart", json!("l1.k.c.m"));
    assert_eq!(attribute(json!([pair("gift", json!("no")), link])), Some("l1.k.c.m".to_owned()));
    for attributes in [
        json!(null),
        json!([]),
        json!("forecourt_cart"),
        json!([pair("Forecourt_Cart", json!("l1.k.c.m"))]),
        json!([pair("forecourt_cart", json!(7))]),
        json!([pair("forecourt_cart", Value::Null)]),
        json!([["forecourt_cart", "l1.k.c.m"]]),
    ] {
        assert_eq!(attribute(attributes.clone()), None, "{attributes}");
    }
}
