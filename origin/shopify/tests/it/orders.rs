//! Payloads of orders from answers of the Admin API.

use std::collections::BTreeSet;

use origin_shopify::admin_api::operations::{Order, Refund};
use origin_shopify::orders::{Zone, cancelled_payload, order_payload, refund_payload};
use serde_json::{Value, json};

fn bag(amount: &str) -> Value {
    json!({"shopMoney": {"amount": amount, "currencyCode": "EUR"}})
}

fn order() -> Value {
    json!({
        "id": "gid://shopify/Order/7", "updatedAt": "2026-07-01T00:00:00Z",
        "createdAt": "2026-01-15T23:30:00Z", "processedAt": "2026-07-15T22:30:00Z",
        "cancelledAt": null, "test": false, "sourceName": "web", "currencyCode": "EUR",
        "taxesIncluded": true, "discountCodes": ["WELCOME"], "displayFinancialStatus": "PAID",
        "totalOutstandingSet": bag("0.0"), "totalTipReceivedSet": bag("2.0"),
        "totalPriceSet": {
            "shopMoney": {"amount": "12.0", "currencyCode": "EUR"},
            "presentmentMoney": {"amount": "13.5", "currencyCode": "USD"},
        },
        "customer": {"id": "gid://shopify/Customer/5", "tags": ["gold", "vip"]},
        "lineItems": {
            "pageInfo": {"hasNextPage": false, "endCursor": null},
            "nodes": [
                {
                    "id": "gid://shopify/LineItem/8", "quantity": 2, "isGiftCard": false,
                    "sku": "CUP", "vendor": "Potter",
                    "product": {"id": "gid://shopify/Product/1"},
                    "variant": {"id": "gid://shopify/ProductVariant/2"},
                    "originalUnitPriceSet": bag("5.5"),
                    "discountAllocations": [{"allocatedAmountSet": bag("1.0")}],
                    "taxLines": [{"priceSet": bag("0.5")}],
                },
                {
                    "id": "gid://shopify/LineItem/9", "quantity": 1, "isGiftCard": false,
                    "sku": null, "vendor": null, "product": null, "variant": null,
                    "originalUnitPriceSet": bag("2.0"), "discountAllocations": [], "taxLines": [],
                },
            ],
        },
        "refunds": [],
    })
}

#[test]
fn a_payload_of_an_order_is_what_its_webhook_would_say() {
    let order: Order = serde_json::from_value(order()).unwrap();
    let tips = BTreeSet::from(["gid://shopify/LineItem/9".to_owned()]);
    let zone = Zone::named("Europe/Berlin").unwrap();
    let payload = order_payload(&order, &order.line_items.nodes, &tips, &zone);
    let set = |amount: &str| json!({"shop_money": {"amount": amount, "currency_code": "EUR"}});
    assert_eq!(
        payload,
        json!({
            "id": "7", "created_at": "2026-01-16T00:30:00+01:00",
            "processed_at": "2026-07-16T00:30:00+02:00", "test": false, "source_name": "web",
            "currency": "EUR", "taxes_included": true, "financial_status": "paid",
            "total_outstanding": "0.0",
            "total_price_set": {
                "shop_money": {"amount": "12.0", "currency_code": "EUR"},
                "presentment_money": {"amount": "13.5", "currency_code": "USD"},
            },
            "discount_codes": [{"code": "WELCOME"}],
            "customer": {"id": "5", "tags": "gold, vip"},
            "line_items": [
                {
                    "id": "8", "quantity": 2, "gift_card": false, "sku": "CUP",
                    "vendor": "Potter", "product_id": "1", "variant_id": "2",
                    "price": "5.5", "price_set": set("5.5"),
                    "discount_allocations": [{"amount": "1.0", "amount_set": set("1.0")}],
                    "tax_lines": [{"price": "0.5", "price_set": set("0.5")}],
                },
                {
                    "id": "9", "quantity": 1, "gift_card": false, "sku": null, "vendor": null,
                    "product_id": null, "variant_id": null, "price": "2.0",
                    "price_set": set("2.0"), "discount_allocations": [], "tax_lines": [],
                    "tip_payment_gateway": null,
                },
            ],
        })
    );
    assert_eq!(cancelled_payload(&order), None);
}

#[test]
fn a_cancellation_and_a_refund_have_their_times_and_the_money_of_the_customer() {
    let mut cancelled = order();
    cancelled["cancelledAt"] = json!("2026-07-16T08:00:00Z");
    let cancelled: Order = serde_json::from_value(cancelled).unwrap();
    let expected = json!({"id": "7", "cancelled_at": "2026-07-16T08:00:00Z"});
    assert_eq!(cancelled_payload(&cancelled), Some(expected));
    let refund: Refund = serde_json::from_value(json!({
        "id": "gid://shopify/Refund/3", "createdAt": "2026-07-16T08:00:00Z",
        "processedAt": "2026-07-16T08:00:01Z",
        "refundLineItems": {
            "pageInfo": {"hasNextPage": false, "endCursor": null},
            "nodes": [{"quantity": 1, "lineItem": {"id": "gid://shopify/LineItem/8"}}],
        },
        "refundShippingLines": {"nodes": []}, "duties": null,
        "orderAdjustments": {"nodes": [{"amountSet": bag("-0.02"), "taxAmountSet": bag("0.0")}]},
        "transactions": {"nodes": [{
            "id": "gid://shopify/OrderTransaction/4", "kind": "REFUND", "status": "SUCCESS",
            "amountSet": {
                "shopMoney": {"amount": "5.52", "currencyCode": "EUR"},
                "presentmentMoney": {"amount": "6.2", "currencyCode": "USD"},
            },
        }]},
    }))
    .unwrap();
    let set = |amount: &str| json!({"shop_money": {"amount": amount, "currency_code": "EUR"}});
    assert_eq!(
        refund_payload("gid://shopify/Order/7", &refund),
        json!({
            "id": "3", "order_id": "7", "created_at": "2026-07-16T08:00:00Z",
            "processed_at": "2026-07-16T08:00:01Z",
            "refund_line_items": [{"line_item_id": "8", "quantity": 1}],
            "refund_shipping_lines": [], "duties": [],
            "order_adjustments": [{
                "amount": "-0.02", "amount_set": set("-0.02"),
                "tax_amount": "0.0", "tax_amount_set": set("0.0"),
            }],
            "transactions": [{
                "id": "4", "kind": "refund", "status": "success", "amount": "6.2",
                "currency": "USD",
            }],
        })
    );
}

#[test]
fn an_unknown_zone_is_an_error_that_names_it() {
    let error = Zone::named("Europe/Atlantis").unwrap_err();
    assert_eq!(error.to_string(), "\"Europe/Atlantis\" is no time zone of the IANA database");
}
