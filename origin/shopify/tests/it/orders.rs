//! Payloads of orders from answers of the Admin API.

use std::collections::BTreeSet;

use domain_core::time::Time;
use origin_shopify::admin_api::AdminError;
use origin_shopify::admin_api::operations::{Order, Refund};
use origin_shopify::orders::{
    OrderPage, OrderReader, Zone, cancelled_payload, order_payload, refund_payload,
};
use serde_json::{Value, json};

use crate::admin_api::{World, answer, soon};

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

/// A page of the sales of an agreement: the lines that are tips, and where more sales and more agreements
/// begin.
fn agreement(tips: &[u64], sale: Option<&str>, agreement: Option<&str>) -> Value {
    let info = |next: Option<&str>| json!({"hasNextPage": next.is_some(), "endCursor": next.or(Some("z"))});
    let goods = json!({"__typename": "ProductSale"});
    let tips = tips.iter().map(|id| {
        let line = format!("gid://shopify/LineItem/{id}");
        json!({"__typename": "TipSale", "lineItem": {"id": line}})
    });
    let nodes: Vec<Value> = std::iter::once(goods).chain(tips).collect();
    let sales = json!({"nodes": nodes, "pageInfo": info(sale)});
    let agreements = json!({"nodes": [{"sales": sales}], "pageInfo": info(agreement)});
    json!({"data": {"order": {"agreements": agreements}}})
}

/// The page of one order whose sales are these, and Shopify.
async fn read(sales: Vec<Value>) -> (World, Result<OrderPage, AdminError>) {
    let zone = json!({"data": {"shop": {"ianaTimezone": "Europe/Berlin"}}});
    let end = json!({"hasNextPage": false, "endCursor": null});
    let orders = json!({"data": {"orders": {"nodes": [order()], "pageInfo": end}}});
    let answers = [zone, orders].into_iter().chain(sales);
    let (world, api) = World::answering(answers.map(|body| answer(200, &body)));
    let reader = OrderReader::open(&api, soon()).await.unwrap();
    let page = reader.page(Time(0), None, soon()).await;
    (world, page)
}

#[tokio::test]
async fn a_tip_behind_many_sales_or_agreements_is_a_tip() {
    let sales = vec![
        agreement(&[], Some("s1"), Some("a1")),
        agreement(&[], None, Some("a1")),
        agreement(&[], None, Some("a2")),
        agreement(&[], Some("s2"), None),
        agreement(&[9], None, None),
    ];
    let (world, page) = read(sales).await;
    let payload = page.unwrap().orders[0].payloads[0].payload.to_string();
    let payload: Value = serde_json::from_str(&payload).unwrap();
    let is_tip = |line: usize| payload["line_items"][line].get("tip_payment_gateway").is_some();
    assert_eq!([is_tip(0), is_tip(1)], [false, true]);
    let variables = |agreement: Option<&str>, sale: Option<&str>| json!({"id": "gid://shopify/Order/7", "agreement": agreement, "sale": sale});
    assert_eq!(
        world.variables()[2..],
        [
            variables(None, None),
            variables(None, Some("s1")),
            variables(Some("a1"), None),
            variables(Some("a2"), None),
            variables(Some("a2"), Some("s2")),
        ]
    );
}

#[tokio::test]
async fn an_order_of_more_agreements_than_are_read_is_an_error_and_not_goods() {
    let (_, page) = read(vec![agreement(&[], None, Some("a")); 100]).await;
    let reason = "gid://shopify/Order/7 has more lines or agreements than are read".to_owned();
    assert_eq!(page.unwrap_err(), AdminError::Unreadable { reason });
}
