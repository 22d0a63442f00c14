//! Reading Shopify's payloads.

use domain_core::money::Money;
use domain_loyalty::{
    Day, Earned, EarnedLine, Failure, Goodwill, LINE_TEXTS_BYTES_MAX, MULTIPLIERS_MAX,
    ORDER_REFUNDS_MAX, OrderEarning, OrderFacts, OrderItem, POINTS_MAX, PaidLine, PaidOrder,
    Points, REFUNDED_LINES_MAX, RULES_MAX, Refund, RuleFailure, RulePoints, Shares, TEXT_BYTES_MAX,
    TEXTS_MAX, Terms, order_entries,
};
use domain_shopify::{ORDER_LINES_MAX, PayloadError, Problem, Webhook};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::world::{SHOP, changed, order, time, webhook};

/// A paid order with every key Shopify documents.
const ORDERS_PAID: &str = include_str!("../../../../../infra/local/fixtures/orders-paid.json");

fn read(payload: &Value) -> Result<PaidOrder, PayloadError> {
    PaidOrder::from_payload(&to_raw_value(payload).unwrap())
}

fn read_text(payload: &str) -> Result<PaidOrder, PayloadError> {
    let detail = format!(
        r#"{{"metadata":{{"X-Shopify-Topic":"orders/paid","X-Shopify-Shop-Domain":"a.b"}},
            "payload":{payload}}}"#
    );
    PaidOrder::from_payload(Webhook::parse(&detail)?.payload)
}

fn line() -> Value {
    json!({"id": 7, "quantity": 2, "price": "10.00"})
}

fn with_line(line: Value) -> Value {
    let mut order = order(1, None, "2026-11-20T17:04:09Z", "0.00");
    order["line_items"] = json!([line]);
    order
}

#[test]
fn an_order_with_every_documented_key_is_read_to_the_cent() {
    let paid = read_text(ORDERS_PAID).unwrap();
    assert_eq!(paid.order, "820982911946154508");
    assert_eq!(paid.customer.as_deref(), Some("1001"));
    assert_eq!(paid.paid.at, time("2026-11-20T17:04:09Z"));
    assert_eq!(paid.paid.currency, "EUR");
    assert!(!paid.paid.is_test);
    assert_eq!(paid.paid.source.as_deref(), Some("web"));
    assert_eq!(paid.paid.discount_codes, ["RIDE10"]);
    assert_eq!(paid.paid.customer_tags, ["member", "newsletter"]);
    let line = |id: &str, quantity, cents, [product, variant, sku]: [&str; 3]| PaidLine {
        id: id.to_owned(),
        quantity,
        amount: Money(cents),
        is_gift_card: sku == "GIFT-50",
        product: Some(product.to_owned()),
        variant: Some(variant.to_owned()),
        sku: Some(sku.to_owned()),
        vendor: Some("Forecourt Demo".to_owned()),
    };
    let tee = ["8788032119674292922", "875309424069134920", "TEE-WHI00-XS-REG"];
    let bike = ["788032119674292922", "44000000000000001", "B-ST-M"];
    let card = ["9988776655443322110", "45000000000000001", "GIFT-50"];
    assert_eq!(
        paid.paid.lines,
        [
            line("866550311766439020", 2, 84_433, tee),
            line("141249953214522974", 1, 116_910, bike),
            line("257004973105704598", 1, 5_000, card),
        ]
    );
}

#[test]
fn a_field_that_only_formulas_read_never_makes_an_order_unreadable() {
    let mut order = order(1, Some(7), "2026-11-20T17:04:09Z", "1.00");
    let plain = read(&order).unwrap();
    for (pointer, value) in [
        ("/source_name", json!(["web"])),
        ("/discount_codes", json!("RIDE10")),
        ("/discount_codes", json!([7, {"code": 7}, null])),
        ("/customer/tags", json!({"vip": true})),
        ("/customer/tags", json!(" , ,")),
        ("/line_items/0/sku", json!(7)),
        ("/line_items/0/vendor", json!(null)),
        ("/line_items/0/product_id", json!("bike")),
        ("/line_items/0/variant_id", json!(0)),
    ] {
        assert_eq!(read(&changed(&order, pointer, value.clone())).unwrap(), plain, "{pointer}");
    }
    // Long texts are cut where a character ends, and of many the first are stored.
    order["line_items"][0]["sku"] = json!("é".repeat(100));
    order["customer"]["tags"] = json!(vec!["tag"; TEXTS_MAX + 1].join(", "));
    order["discount_codes"] = json!(vec![json!({"code": "x"}); TEXTS_MAX + 1]);
    let paid = read(&order).unwrap().paid;
    assert_eq!(paid.lines[0].sku, Some("é".repeat(TEXT_BYTES_MAX / 2)));
    assert_eq!((paid.customer_tags.len(), paid.discount_codes.len()), (TEXTS_MAX, TEXTS_MAX));
}

#[test]
fn an_order_of_an_erased_customer_has_no_tags() {
    let parsed = read_text(ORDERS_PAID).unwrap();
    assert_eq!(parsed.paid.customer_tags.len(), 2);
    let order = OrderItem::of(&parsed.order);
    let facts = OrderFacts { paid: Some(parsed.paid), ..order.facts };
    let erased = OrderItem { facts, ..OrderItem::of(&parsed.order) }.anonymous();
    assert_eq!(erased.facts.paid.unwrap().customer_tags, Vec::<String>::new());
}

#[test]
fn the_largest_order_fits_its_item() {
    let (most, long) = (u64::MAX, "x".repeat(99));
    let line = |index: usize| {
        json!({"id": most - index as u64, "quantity": u32::MAX, "price": "0.01", "gift_card": true,
            "product_id": most, "variant_id": most, "sku": long, "vendor": long})
    };
    let mut order = order(most - 1, Some(most), "2026-11-20T17:04:09Z", "1.00");
    order["source_name"] = json!(long);
    order["line_items"] = (0..ORDER_LINES_MAX).map(line).collect();
    order["customer"]["tags"] = json!(vec![long.as_str(); TEXTS_MAX].join(","));
    order["discount_codes"] = json!(vec![json!({"code": long}); TEXTS_MAX]);
    let parsed = read(&order).unwrap();
    let texts = parsed.paid.lines.iter().flat_map(|line| [&line.sku, &line.vendor]).flatten();
    assert_eq!(texts.map(String::len).sum::<usize>(), LINE_TEXTS_BYTES_MAX);

    let id = |index: usize| (most - index as u64).to_string();
    let refund = |nth: usize| {
        let lines = (0..REFUNDED_LINES_MAX / ORDER_REFUNDS_MAX).map(|line| (id(line), u32::MAX));
        let money = Some(Goodwill { currency: "EUR".to_owned(), amount: Money(i64::MAX) });
        let lines = lines.collect();
        (id(nth), Refund { at: parsed.paid.at, lines, goodwill: money.clone(), goods: money })
    };
    let rule = |nth: usize| format!("{}{nth:02}", "r".repeat(62));
    let earned = Earned {
        lines: (0..ORDER_LINES_MAX)
            .map(|line| EarnedLine { line: id(line), points: Points(POINTS_MAX / 1_000) })
            .collect(),
        rules: (0..RULES_MAX)
            .map(|nth| RulePoints { rule: rule(nth), points: Points(POINTS_MAX) })
            .collect(),
        failures: (0..MULTIPLIERS_MAX)
            .map(|nth| RuleFailure { rule: rule(nth), failure: Failure::DivisionByZero })
            .collect(),
        shares: (0..RULES_MAX)
            .map(|nth| {
                // As many as the weights of an order go round for.
                let weights = if nth < 4 { vec![most; ORDER_LINES_MAX] } else { Vec::new() };
                Shares { weights, value: Some(most), divisor: most }
            })
            .collect(),
    };
    let terms = Terms {
        earned_on: Day(u32::MAX),
        available_on: Some(Day(u32::MAX)),
        expires_on: Some(Day(u32::MAX)),
    };
    let earning = OrderEarning { program_version: most, terms, earned };
    let facts = OrderFacts {
        customer: parsed.customer.clone(),
        refunds: (0..ORDER_REFUNDS_MAX).map(refund).collect(),
        cancelled: Some(parsed.paid.at.plus_ms(1)),
        paid: Some(parsed.paid),
        ..OrderItem::of(&parsed.order).facts
    };
    let entries = order_entries(&facts, &earning);
    let item = OrderItem { version: most, facts, earning: Some(earning), entries };
    let bytes = rmp_serde::to_vec_named(&item).unwrap().len();
    assert!((340_000..400 * 1024).contains(&bytes), "{bytes}");
}

#[test]
fn ids_past_2_to_the_53_keep_every_digit() {
    let mut payload = order(
        820_982_911_946_154_508,
        Some(271_878_346_596_884_015),
        "2026-11-20T17:04:09Z",
        "1.00",
    );
    payload["line_items"][0]["id"] = json!(u64::MAX);
    let paid = read(&payload).unwrap();
    assert_eq!(paid.order, "820982911946154508");
    assert_eq!(paid.customer.as_deref(), Some("271878346596884015"));
    assert_eq!(paid.paid.lines[0].id, "18446744073709551615");
}

#[test]
fn ids_may_be_text() {
    let mut payload = order(1, Some(2), "2026-11-20T17:04:09Z", "1.00");
    payload["id"] = json!("820982911946154508");
    payload["customer"]["id"] = json!("271878346596884015");
    let paid = read(&payload).unwrap();
    assert_eq!(paid.order, "820982911946154508");
    assert_eq!(paid.customer.as_deref(), Some("271878346596884015"));
}

#[test]
fn money_is_the_same_as_text_and_as_number() {
    for (written, cents) in [
        ("19.99", 1_999),
        ("0.1", 10),
        ("195.66", 19_566),
        ("90071992547409.93", 9_007_199_254_740_993),
    ] {
        let as_text = order(1, None, "2026-11-20T17:04:09Z", written).to_string();
        let as_number = as_text.replace(&format!("\"{written}\""), written);
        assert_ne!(as_text, as_number);
        assert_eq!(read_text(&as_text).unwrap().paid.lines[0].amount, Money(cents), "{written}");
        assert_eq!(read_text(&as_number), read_text(&as_text), "{written}");
    }
}

#[test]
fn the_shops_money_counts_and_not_the_customers_currency() {
    let mut line = line();
    line["price"] = json!("9.40");
    line["price_set"] = json!({
        "shop_money": {"amount": "10.00", "currency_code": "EUR"},
        "presentment_money": {"amount": "9.40", "currency_code": "CHF"},
    });
    assert_eq!(read(&with_line(line)).unwrap().paid.lines[0].amount, Money(2_000));
}

#[test]
fn amounts_without_cents_are_whole() {
    let mut payload = order(1, None, "2026-11-20T17:04:09Z", "1200");
    payload["currency"] = json!("JPY");
    assert_eq!(read(&payload).unwrap().paid.lines[0].amount, Money(1_200));
}

#[test]
fn discounts_are_taken_off_and_never_more_than_the_line_costs() {
    for (discounts, cents) in [
        (json!([{"amount": "2.50"}, {"amount": 0.01}]), 1_749),
        (json!([{"amount": "20.00"}]), 0),
        (json!([{"amount": "25.00"}]), 0),
        (json!([]), 2_000),
        (json!(null), 2_000),
    ] {
        let mut line = line();
        line["discount_allocations"] = discounts.clone();
        let paid = read(&with_line(line)).unwrap();
        assert_eq!(paid.paid.lines[0].amount, Money(cents), "{discounts}");
    }
}

#[test]
fn an_order_without_a_customer_is_a_guests() {
    let mut payload = order(1, None, "2026-11-20T17:04:09Z", "1.00");
    for customer in [json!(null), json!({}), json!({"id": null, "email": null})] {
        payload["customer"] = customer;
        assert_eq!(read(&payload).unwrap().customer, None);
    }
    payload.as_object_mut().unwrap().remove("customer");
    assert_eq!(read(&payload).unwrap().customer, None);
}

#[test]
fn nulls_are_as_good_as_absent() {
    let mut payload = order(1, None, "2026-11-20T17:04:09Z", "1.00");
    payload["test"] = json!(null);
    payload["processed_at"] = json!(null);
    payload["created_at"] = json!("2026-11-20T18:04:11+01:00");
    payload["line_items"][0]["gift_card"] = json!(null);
    payload["line_items"][0]["price_set"] = json!(null);
    payload["line_items"].as_array_mut().unwrap().push(json!(null));
    let paid = read(&payload).unwrap().paid;
    assert_eq!((paid.at, paid.lines.len()), (time("2026-11-20T17:04:11Z"), 1));
    assert_eq!((paid.is_test, paid.lines[0].is_gift_card), (false, false));
}

#[test]
fn fields_that_change_after_the_payment_are_ignored() {
    let payload = order(1, None, "2026-11-20T17:04:09Z", "1.00");
    let mut later = payload.clone();
    later["updated_at"] = json!("2026-12-24T00:00:00Z");
    later["current_subtotal_price"] = json!("0.00");
    later["refunds"] = json!([{"id": 1}]);
    later["line_items"][0]["current_quantity"] = json!(0);
    assert_eq!(read(&later), read(&payload));
}

#[test]
fn an_error_names_the_field() {
    let is_not = Problem::IsNot;
    let other = Problem::OtherCurrency { actual: "CHF".into(), expected: "EUR".into() };
    let shop_money = json!({"shop_money": {"amount": "1.00", "currency_code": "CHF"}});
    for (field, value, problem) in [
        ("/id", json!(null), Problem::Missing),
        ("/id", json!(1.5), is_not("an id")),
        ("/id", json!(-1), is_not("an id")),
        ("/id", json!(0), is_not("an id")),
        ("/id", json!("gid://shopify/Order/1"), is_not("an id")),
        ("/id", json!("99999999999999999999"), is_not("an id")),
        ("/currency", json!(null), Problem::Missing),
        ("/currency", json!("Euro"), is_not("an ISO 4217 currency")),
        ("/processed_at", json!("yesterday"), is_not("an RFC 3339 time")),
        ("/processed_at", json!(1_700_000_000), is_not("an RFC 3339 time")),
        ("/customer", json!("ada"), is_not("an object")),
        ("/customer", json!([]), is_not("an object")),
        ("/test", json!("no"), is_not("a boolean")),
        ("/line_items", json!(null), Problem::Missing),
        ("/line_items", json!({}), is_not("a list")),
        ("/line_items", json!(vec![1; ORDER_LINES_MAX + 1]), Problem::TooMany(ORDER_LINES_MAX)),
        ("/line_items/0", json!(7), is_not("an object")),
        ("/line_items/0/quantity", json!(-1), is_not("a count")),
        ("/line_items/0/quantity", json!(1.5), is_not("a count")),
        ("/line_items/0/price", json!(null), Problem::Missing),
        ("/line_items/0/price", json!("1.005"), is_not("an exact amount")),
        ("/line_items/0/price", json!("-1.00"), is_not("an exact amount")),
        ("/line_items/0/price", json!(1e30), is_not("an exact amount")),
        ("/line_items/0/price", json!(true), is_not("an exact amount")),
    ] {
        let payload = order(1, None, "2026-11-20T17:04:09Z", "1.00");
        let payload = changed(&payload, field, value);
        let error = PayloadError { field: field.to_owned(), problem };
        assert_eq!(read(&payload), Err(error));
    }
    let mut payload = order(1, None, "2026-11-20T17:04:09Z", "1.00");
    payload["line_items"][0]["price_set"] = shop_money;
    let field = "/line_items/0/price_set/shop_money/currency_code".to_owned();
    let error = PayloadError { field, problem: other };
    assert_eq!(
        error.to_string(),
        "payload \"/line_items/0/price_set/shop_money/currency_code\" is in CHF instead of EUR"
    );
    assert_eq!(read(&payload), Err(error));
}

#[test]
fn an_amount_out_of_range_is_rejected() {
    let mut line = line();
    line["price"] = json!("92233720368547758.07");
    let field = "/line_items/0/quantity".to_owned();
    let problem = Problem::IsNot("a count of that price");
    assert_eq!(read(&with_line(line)), Err(PayloadError { field, problem }));
}

#[test]
fn header_names_are_read_in_any_case_with_and_without_x() {
    for prefix in ["X-Shopify-", "x-shopify-", "shopify-", "Shopify-"] {
        let detail = json!({"payload": {"id": 1}, "metadata": {
            format!("{prefix}Topic"): "orders/paid",
            format!("{prefix}Shop-Domain"): SHOP,
            format!("{prefix}Webhook-Id"): "w1",
            format!("{prefix}Triggered-At"): "2026-05-11T15:06:59.110521905Z",
        }});
        let detail = detail.to_string();
        let webhook = Webhook::parse(&detail).unwrap();
        assert_eq!((&*webhook.topic, &*webhook.shop), ("orders/paid", SHOP), "{prefix}");
        assert_eq!(webhook.webhook_id.as_deref(), Some("w1"));
        assert_eq!(webhook.triggered_at, Some(time("2026-05-11T15:06:59.110Z")));
        assert_eq!(webhook.payload.get(), r#"{"id":1}"#);
    }
}

#[test]
fn of_both_header_families_the_newer_one_wins() {
    let detail = json!({"payload": {}, "metadata": {
        "X-Shopify-Topic": "orders/create", "shopify-topic": "orders/paid",
        "X-Shopify-Shop-Domain": SHOP,
    }});
    assert_eq!(Webhook::parse(&detail.to_string()).unwrap().topic, "orders/paid");
}

#[test]
fn a_webhook_without_a_required_member_is_rejected() {
    let full: Value = serde_json::from_str(&webhook("orders/paid", &json!({}))).unwrap();
    for (path, field) in [
        ("/payload", "/payload"),
        ("/metadata", "/metadata"),
        ("/metadata/X-Shopify-Topic", "/metadata/X-Shopify-Topic"),
        ("/metadata/X-Shopify-Shop-Domain", "/metadata/X-Shopify-Shop-Domain"),
    ] {
        let detail = changed(&full, path, json!(null));
        let error = Webhook::parse(&detail.to_string()).unwrap_err();
        assert_eq!(error, PayloadError { field: field.to_owned(), problem: Problem::Missing });
    }
    let error = Webhook::parse("{").unwrap_err();
    assert_eq!(error, PayloadError { field: String::new(), problem: Problem::IsNot("JSON") });
}
