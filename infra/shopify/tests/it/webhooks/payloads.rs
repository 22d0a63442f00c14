use infra_shopify::webhooks::to_bytes;

use super::*;

fn body(include_fields: &[&str], payload: Value) -> String {
    let mut queue = Queue::new(credentials(), 7);
    let include_fields = include_fields.iter().map(|field| (*field).to_owned()).collect();
    queue.configure(vec![Subscription {
        include_fields,
        ..subscription("orders/paid", "http://a/")
    }]);
    queue.publish(&event("orders/paid", payload), NOW_MS).unwrap();
    String::from_utf8(queue.take_due(NOW_MS).unwrap().body.to_vec()).unwrap()
}

#[test]
fn included_fields_are_dotted_paths_through_lists() {
    let payload = json!({
        "id": 1, "note": "n", "customer": { "id": 2, "email": "e" },
        "line_items": [{ "id": 3, "price": "1.00" }, { "id": 4, "sku": null }],
    });
    let fields = ["id", "customer.id", "line_items.price", "missing.x"];
    let expected = r#"{"customer":{"id":2},"id":1,"line_items":[{"price":"1.00"},{}]}"#;
    assert_eq!(body(&fields, payload.clone()), expected);
    assert_eq!(body(&["customer"], payload.clone()), r#"{"customer":{"email":"e","id":2}}"#);
    assert_eq!(body(&[], payload.clone()), payload.to_string());
}

#[test]
fn slashes_and_html_are_escaped_and_everything_stays_json() {
    let payload = json!({ "a/b": "<b>&\"\\\u{1}é\n</b>" });
    let bytes = to_bytes(&payload);
    let expected = "{\"a\\/b\":\"\\u003cb\\u003e\\u0026\\\"\\\\\\u0001é\\n\\u003c\\/b\\u003e\"}";
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
    assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), payload);
}
