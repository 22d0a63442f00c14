//! Webhooks are lost; the reconciliation with the store's orders gives the ledger that it would have
//! had with them.

use std::collections::BTreeSet;

use domain_core::event::Kind;
use domain_core::time::{DAY_MS, Time};
use domain_loyalty::OrderFact;
use infra_bus::Entry;
use infra_local::demo;
use infra_local::local::Options;
use infra_local::wiring::{LOYALTY_QUEUE, RECONCILIATION_QUEUE};
use infra_shopify::local::LocalShopify;
use infra_shopify::webhooks::Faults;
use origin_functions::runtime::clock::Clock;
use origin_shopify::admin_api::operations::{Order, Refund};
use origin_shopify::orders::{Zone, order_payload, refund_payload};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::binary::forecourt;
use crate::client::session;
use crate::shop::Shop;

const PATH: &str = "/v1/admin/reconciliation";
const CUSTOMERS: [&str; 2] = ["1007", "1008"];
const ALWAYS: u32 = 1_000_000;

/// A shop with a local Shopify whose search knows changes at once, the app installed.
fn open(lost_per_million: u32) -> Shop {
    let any = "127.0.0.1:0".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::open_with(folder, |options| Options { shopify: Some(any), ..options });
    let (shopify, _) = shop.local().shopify().unwrap();
    shopify.api().shop().settings.delays.search_index = Default::default();
    shopify.webhooks().queue().set_faults(Faults { lost_per_million, ..Faults::default() });
    install(&shop);
    shop
}

fn install(shop: &Shop) {
    let now_s = Clock::system().now().unix_s();
    let id_token = shopify(shop).oauth().id_token(demo::SHOP, 1, now_s);
    let installed = shop.request("POST", "/v1/admin/installation").bearer(&id_token);
    let installed = installed.json(&json!({"id_token": id_token})).send();
    assert_eq!(installed.status, 200, "{}", installed.text);
}

/// The event of the schedule.
fn due(shop: &Shop) {
    let kind = Kind::ReconciliationDue;
    let mut due = Entry::new(kind.source(), kind.detail_type(), "{}");
    due.event_bus_name = Some(demo::BUS.to_owned());
    shop.runtime().block_on(shop.local().bus().put(&[due])).unwrap();
    shop.drained(RECONCILIATION_QUEUE);
}

fn shopify(shop: &Shop) -> &LocalShopify {
    shop.local().shopify().unwrap().0
}

/// The merchant does something; what it returns in the root field.
fn act(shop: &Shop, query: &str, variables: Value) -> Value {
    let data = shopify(shop).execute(query, variables).unwrap();
    let root = data.as_object().unwrap().values().next().unwrap().clone();
    assert_eq!(root["userErrors"], json!([]), "{root}");
    shopify(shop).publish_pending();
    root
}

fn place(shop: &Shop, customer: Option<&str>, lines: &[(&str, u32, &str)], status: &str) -> Value {
    let lines = lines.iter().map(|(title, quantity, price)| {
        let money = json!({"amount": price, "currencyCode": "EUR"});
        json!({"title": title, "quantity": quantity, "priceSet": {"shopMoney": money}})
    });
    let mut order = json!({"lineItems": lines.collect::<Vec<_>>(), "financialStatus": status});
    if let Some(customer) = customer {
        let id = format!("gid://shopify/Customer/{customer}");
        order["customer"] = json!({"toAssociate": {"id": id}});
    }
    let query = "mutation($order: OrderCreateOrderInput!) { orderCreate(order: $order) {
        order { id lineItems(first: 5) { nodes { id } } } userErrors { message } } }";
    act(shop, query, json!({"order": order}))["order"].clone()
}

fn refund(shop: &Shop, order: &Value, pieces: u32, amount: &str, key: &str) {
    let line = &order["lineItems"]["nodes"][0]["id"];
    let lines =
        if pieces == 0 { json!([]) } else { json!([{"lineItemId": line, "quantity": pieces}]) };
    let transactions = json!([{"orderId": order["id"], "kind": "REFUND", "gateway": "manual",
        "amount": amount}]);
    let query = "mutation($input: RefundInput!, $key: String!) {
        refundCreate(input: $input) @idempotent(key: $key) { refund { id } userErrors { message } } }";
    let input =
        json!({"orderId": order["id"], "refundLineItems": lines, "transactions": transactions});
    act(shop, query, json!({"input": input, "key": key}));
}

/// Adds two lamps to an order and takes so many of its first line off.
fn edit(shop: &Shop, order: &Value, removed: bool) {
    let begin = "mutation($id: ID!) { orderEditBegin(id: $id) { calculatedOrder { id
        lineItems(first: 5) { nodes { id } } } userErrors { message } } }";
    let edit = act(shop, begin, json!({"id": order["id"]}))["calculatedOrder"].clone();
    let add = "mutation($id: ID!) { orderEditAddCustomItem(id: $id, title: \"Lamp\", quantity: 2,
        price: {amount: \"4.50\", currencyCode: EUR}) { userErrors { message } } }";
    act(shop, add, json!({"id": edit["id"]}));
    if removed {
        let line = &edit["lineItems"]["nodes"][0]["id"];
        let set =
            "mutation($id: ID!, $line: ID!) { orderEditSetQuantity(id: $id, lineItemId: $line,
            quantity: 0) { userErrors { message } } }";
        act(shop, set, json!({"id": edit["id"], "line": line}));
    }
    let commit = "mutation($id: ID!) { orderEditCommit(id: $id) { order { id } \
                  userErrors { message } } }";
    act(shop, commit, json!({"id": edit["id"]}));
}

/// Orders of every kind that the local Shopify knows.
fn trade(shop: &Shop) {
    let (ann, bob) = (Some(CUSTOMERS[0]), Some(CUSTOMERS[1]));
    // Goods come back, then money without goods.
    let order = place(shop, ann, &[("Bell", 3, "10.00"), ("Bike", 1, "90.00")], "PAID");
    refund(shop, &order, 1, "10.00", "k1");
    refund(shop, &order, 0, "7.00", "k2");
    // Cancelled whole.
    let order = place(shop, ann, &[("Bell", 2, "10.00")], "PAID");
    let cancel = "mutation($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, restock: true,
        refundMethod: {originalPaymentMethodsRefund: true}) { job { done } \
        userErrors: orderCancelUserErrors { message } } }";
    act(shop, cancel, json!({"id": order["id"]}));
    // A guest's, given to a customer later.
    let order = place(shop, None, &[("Chain", 1, "33.00")], "PAID");
    let give = "mutation($order: ID!, $customer: ID!) { orderCustomerSet(orderId: $order,
        customerId: $customer) { order { id } userErrors { message } } }";
    let customer = format!("gid://shopify/Customer/{}", CUSTOMERS[1]);
    act(shop, give, json!({"order": order["id"], "customer": customer}));
    // An edit that is paid later.
    let order = place(shop, bob, &[("Saddle", 1, "25.00")], "PAID");
    edit(shop, &order, false);
    let pay = "mutation($id: ID!) { orderMarkAsPaid(input: {id: $id}) { order { id } \
               userErrors { message } } }";
    act(shop, pay, json!({"id": order["id"]}));
    // An exchange: the bell comes back, and lamps of less value go out.
    let order = place(shop, bob, &[("Bell", 1, "10.00")], "PAID");
    refund(shop, &order, 1, "1.00", "k3");
    edit(shop, &order, false);
    // Paid later, and never paid.
    let order = place(shop, bob, &[("Pump", 1, "12.00")], "PENDING");
    act(shop, pay, json!({"id": order["id"]}));
    place(shop, bob, &[("Tyre", 1, "20.00")], "PENDING");
    settle(shop);
}

/// Waits until everything is delivered and absorbed.
fn settle(shop: &Shop) {
    while !shopify(shop).webhooks().queue().is_idle() {
        shop.runtime().block_on(tokio::task::yield_now());
    }
    shop.drained(LOYALTY_QUEUE);
    shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
}

/// A customer's entries, sorted: kind, points and the kind of cause. Each shop has ids of its own.
fn ledger(shop: &Shop, customer: &str) -> Vec<String> {
    let token = session(shop, customer);
    let page = shop.get("/v1/loyalty/entries?limit=50").bearer(&token).send().json();
    let entries = page["entries"].as_array().unwrap().iter();
    let text =
        |entry: &Value| format!("{} {} {}", entry["kind"], entry["points"], entry["cause"]["type"]);
    let mut entries: Vec<String> = entries.map(text).collect();
    entries.sort_unstable();
    entries
}

fn ledgers(shop: &Shop) -> Vec<Vec<String>> {
    CUSTOMERS.iter().map(|customer| ledger(shop, customer)).collect()
}

fn reconcile(shop: &Shop, is_dry_run: bool) -> Value {
    let since = Clock::system().now().minus_ms(DAY_MS).to_rfc3339();
    let mut all = json!({"orders": 0, "customers": [], "guests": [], "rejected": []});
    let mut after = Value::Null;
    loop {
        let body = json!({"since": since, "after": after, "dry_run": is_dry_run});
        let reply = shop.request("POST", PATH).bearer(demo::STAFF_TOKEN).json(&body).send();
        assert_eq!(reply.status, 200, "{}", reply.text);
        let page = reply.json();
        all["orders"] = json!(all["orders"].as_u64().unwrap() + page["orders"].as_u64().unwrap());
        for list in ["customers", "guests", "rejected"] {
            let more = page[list].as_array().unwrap().clone();
            all[list].as_array_mut().unwrap().extend(more);
        }
        after = page["next"].clone();
        if after.is_null() {
            settle(shop);
            return all;
        }
    }
}

#[test]
fn after_any_loss_of_webhooks_the_ledger_is_that_of_a_shop_that_lost_none() {
    let whole = open(0);
    let seeded = ledgers(&whole);
    trade(&whole);
    let expected = ledgers(&whole);
    assert!(expected.iter().zip(&seeded).all(|(after, before)| after.len() > before.len()));
    let nothing = reconcile(&whole, true);
    assert_eq!((&nothing["customers"], &nothing["guests"]), (&json!([]), &json!([])));
    for lost_per_million in [300_000, 600_000, 900_000, ALWAYS] {
        let shop = open(lost_per_million);
        trade(&shop);
        let lossy = ledgers(&shop);
        assert_ne!(shopify(&shop).webhooks().queue().stats().lost, 0, "{lost_per_million}");
        // Where few are lost, later webhooks of an order make up for them.
        assert!(lost_per_million < ALWAYS || lossy == seeded, "all are lost");
        let predicted = reconcile(&shop, true);
        assert_eq!(ledgers(&shop), lossy, "{lost_per_million}: a dry run writes");
        assert_eq!(reconcile(&shop, false)["customers"], predicted["customers"]);
        assert_eq!(ledgers(&shop), expected, "{lost_per_million}");
        assert_eq!(reconcile(&shop, true)["customers"], json!([]), "{lost_per_million}");
    }
}

#[test]
fn a_dry_run_says_which_orders_are_missing_and_what_they_move() {
    let shop = open(ALWAYS);
    let order = place(&shop, Some("1007"), &[("Bell", 3, "10.00")], "PAID");
    refund(&shop, &order, 1, "10.00", "k1");
    settle(&shop);
    let difference = reconcile(&shop, true);
    let id = order["id"].as_str().unwrap().rsplit('/').next().unwrap();
    let customer = &difference["customers"][0];
    assert_eq!(customer["orders"], json!([{"order_id": id, "points": 20}]));
    let points = |name: &str| customer[name].as_i64().unwrap();
    assert_eq!(points("points_after") - points("points_before"), 20);
    assert_eq!(difference["orders"], 1);
    // The command line prints the same.
    let since = Clock::system().now().minus_ms(DAY_MS).to_rfc3339();
    let url = shop.local().url();
    let output = forecourt(&["reconcile", "--dry-run", "--since", &since, "--url", &url]);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains(&format!("{id} +20\n")), "{printed}");
    let last =
        "1 orders compared; the ledger lacks 1 of customers and 0 of guests; nothing was written";
    assert_eq!(printed.lines().last(), Some(last));
}

#[test]
fn the_nightly_event_heals_the_ledger_and_remembers_how_far_it_came() {
    let shop = open(ALWAYS);
    let before = ledger(&shop, "1007");
    place(&shop, Some("1007"), &[("Bell", 3, "10.00")], "PAID");
    settle(&shop);
    let state = |shop: &Shop| shop.get(PATH).bearer(demo::STAFF_TOKEN).send().json();
    assert_eq!(state(&shop)["complete_until"], Value::Null);
    let begun = Clock::system().now();
    due(&shop);
    settle(&shop);
    assert_eq!(ledger(&shop, "1007").len(), before.len() + 1);
    let state = state(&shop);
    assert_eq!((&state["missing"], &state["running"]), (&json!(1), &json!(false)));
    let until = Time::from_rfc3339(state["complete_until"].as_str().unwrap()).unwrap();
    assert!(until >= begun, "{state}");
    assert_eq!(shop.dead_letters(RECONCILIATION_QUEUE), 0);
}

#[test]
fn orders_that_shopify_does_not_give_are_refused_with_the_reason() {
    let shop = open(0);
    let call =
        |body: Value| shop.request("POST", PATH).bearer(demo::STAFF_TOKEN).json(&body).send();
    let since = Clock::system().now().minus_ms(61 * DAY_MS).to_rfc3339();
    let reply = call(json!({"since": since, "dry_run": true}));
    assert!(reply.text.contains("read_all_orders"), "{}", reply.text);
    reply.expect_problem(422, "shopify-access-denied");
    call(json!({"since": "yesterday", "dry_run": true})).expect_problem(400, "malformed");
    let since = Clock::system().now().to_rfc3339();
    let other = call(json!({"since": since, "after": "x", "dry_run": true}));
    assert_eq!(other.expect_problem(400, "malformed"), ["/after"]);
    shopify(&shop).uninstall();
    // The queue is not idle: two days later the shop's data are to be erased.
    let state = || {
        let installation = shop.get("/v1/admin/installation").bearer(demo::STAFF_TOKEN).send();
        installation.json()["state"].clone()
    };
    while state() == "installed" {
        shop.runtime().block_on(tokio::task::yield_now());
    }
    let reply = call(json!({"since": since, "dry_run": true}));
    reply.expect_problem(422, "shopify-access-denied");
}

#[test]
fn without_the_customers_of_orders_the_night_says_so_until_they_are_granted() {
    let any = "127.0.0.1:0".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::open_with(folder, |options| Options { shopify: Some(any), ..options });
    let (shopify, _) = shop.local().shopify().unwrap();
    shopify.oauth().install(demo::SHOP, ["write_app_proxy"]);
    install(&shop);
    due(&shop);
    let state = shop.get(PATH).bearer(demo::STAFF_TOKEN).send().json();
    assert!(state["customers_denied_since"].is_string(), "{state}");
    assert_eq!(shop.dead_letters(RECONCILIATION_QUEUE), 0);
    let since = Clock::system().now().to_rfc3339();
    let body = json!({"since": since, "dry_run": true});
    let reply = shop.request("POST", PATH).bearer(demo::STAFF_TOKEN).json(&body).send();
    assert!(reply.text.contains("protected customer data"), "{}", reply.text);
    reply.expect_problem(422, "shopify-access-denied");
}

fn raw(value: &Value) -> Box<RawValue> {
    RawValue::from_string(value.to_string()).unwrap()
}

/// An order with a tip, paid in dollars, with taxes on top: as the Admin API answers.
fn stated() -> Order {
    let bag = |amount: &str| json!({"shopMoney": {"amount": amount, "currencyCode": "EUR"}});
    let line = |id: u64, quantity: u32, price: &str, tax: &str| {
        json!({"id": format!("gid://shopify/LineItem/{id}"), "quantity": quantity,
            "isGiftCard": false, "sku": null, "vendor": "Potter", "product": null, "variant": null,
            "originalUnitPriceSet": bag(price), "discountAllocations": [],
            "taxLines": [{"priceSet": bag(tax)}]})
    };
    serde_json::from_value(json!({
        "id": "gid://shopify/Order/7", "updatedAt": "2026-07-01T00:00:00Z",
        "createdAt": "2026-07-15T22:30:00Z", "processedAt": "2026-07-15T22:30:00Z",
        "cancelledAt": null, "test": false, "sourceName": "pos", "currencyCode": "EUR",
        "taxesIncluded": false, "discountCodes": ["WELCOME"],
        "displayFinancialStatus": "PARTIALLY_REFUNDED", "totalOutstandingSet": bag("0.0"),
        "totalTipReceivedSet": bag("2.0"),
        "totalPriceSet": {"shopMoney": {"amount": "32.0", "currencyCode": "EUR"},
            "presentmentMoney": {"amount": "36.0", "currencyCode": "USD"}},
        "customer": {"id": "gid://shopify/Customer/5", "tags": ["gold", "vip"]},
        "lineItems": {"pageInfo": {"hasNextPage": false, "endCursor": null},
            "nodes": [line(8, 3, "10.0", "2.5"), line(9, 1, "2.0", "0.0")]},
        "refunds": [],
    }))
    .unwrap()
}

#[test]
fn an_order_of_the_admin_api_is_the_same_fact_as_its_webhook() {
    let order = stated();
    let zone = Zone::named("Europe/Berlin").unwrap();
    let tips = BTreeSet::from(["gid://shopify/LineItem/9".to_owned()]);
    let of_api = order_payload(&order, &order.line_items.nodes, &tips, &zone);
    // As Shopify's REST resource has it.
    let of_webhook = json!({
        "id": 7, "processed_at": "2026-07-16T00:30:00+02:00", "test": false, "source_name": "pos",
        "created_at": "2026-07-16T00:30:00+02:00", "currency": "EUR", "taxes_included": false,
        "financial_status": "partially_refunded", "total_outstanding": "0.00",
        "total_price_set": {"shop_money": {"amount": "32.00", "currency_code": "EUR"},
            "presentment_money": {"amount": "36.00", "currency_code": "USD"}},
        "discount_codes": [{"code": "WELCOME", "amount": "0.00", "type": "percentage"}],
        "customer": {"id": 5, "tags": "gold, vip"},
        "line_items": [
            {"id": 8, "quantity": 3, "price": "10.00", "gift_card": false, "sku": null,
                "vendor": "Potter", "product_id": null, "variant_id": null,
                "discount_allocations": [], "tax_lines": [{"price": "2.50"}]},
            {"id": 9, "quantity": 1, "price": "2.00", "gift_card": false, "product_id": null,
                "variant_id": null, "tip_payment_gateway": "shopify_payments",
                "tip_payment_method": "visa", "discount_allocations": [], "tax_lines": []},
        ],
    });
    let fact = |payload: &Value| OrderFact::read("orders/updated", &raw(payload)).unwrap().unwrap();
    assert_eq!(fact(&of_api), fact(&of_webhook));
}

#[test]
fn a_refund_of_the_admin_api_is_the_same_fact_as_its_webhook() {
    let bag = |amount: &str| json!({"shopMoney": {"amount": amount, "currencyCode": "EUR"}});
    // Cash rounding, a pending transfer in dollars, and money without goods.
    let kinds = [
        (json!([1]), json!(["-0.02"]), ("5.52", "EUR", "SUCCESS")),
        (json!([1]), json!(["10.0"]), ("12.0", "USD", "PENDING")),
        (json!([]), json!([]), ("4.0", "USD", "SUCCESS")),
        (json!([]), json!(["-3.0"]), ("3.0", "EUR", "SUCCESS")),
    ];
    for (lines, adjustments, (amount, currency, status)) in kinds {
        let lines = lines.as_array().unwrap();
        let adjustments = adjustments.as_array().unwrap();
        let refund: Refund = serde_json::from_value(json!({
            "id": "gid://shopify/Refund/3", "createdAt": "2026-07-16T08:00:00Z",
            "processedAt": "2026-07-16T08:00:01Z",
            "refundLineItems": {
                "pageInfo": {"hasNextPage": false, "endCursor": null},
                "nodes": lines.iter().map(|quantity| json!({"quantity": quantity,
                    "lineItem": {"id": "gid://shopify/LineItem/8"}})).collect::<Vec<_>>(),
            },
            "refundShippingLines": {"nodes": []}, "duties": null,
            "orderAdjustments": {"nodes": adjustments.iter().map(|amount| json!({
                "amountSet": bag(amount.as_str().unwrap()), "taxAmountSet": bag("0.0"),
            })).collect::<Vec<_>>()},
            "transactions": {"nodes": [{"id": "gid://shopify/OrderTransaction/4",
                "kind": "REFUND", "status": status, "amountSet": {
                    "shopMoney": {"amount": "1.0", "currencyCode": "EUR"},
                    "presentmentMoney": {"amount": amount, "currencyCode": currency}}}]},
        }))
        .unwrap();
        let of_webhook = json!({
            "id": 3, "order_id": 7, "created_at": "2026-07-16T10:00:00+02:00",
            "processed_at": "2026-07-16T10:00:01+02:00",
            "refund_line_items": lines.iter().map(|quantity|
                json!({"line_item_id": 8, "quantity": quantity})).collect::<Vec<_>>(),
            "refund_shipping_lines": [], "duties": [],
            "order_adjustments": adjustments.iter().map(|amount| json!({
                "amount": amount, "tax_amount": "0.00", "kind": "refund_discrepancy",
                "amount_set": {"shop_money": {"amount": amount, "currency_code": "EUR"}},
                "tax_amount_set": {"shop_money": {"amount": "0.00", "currency_code": "EUR"}},
            })).collect::<Vec<_>>(),
            "transactions": [{"id": 4, "kind": "refund", "status": status.to_lowercase(),
                "amount": amount, "currency": currency}],
        });
        let fact = |payload: &Value| OrderFact::read("refunds/create", &raw(payload)).unwrap();
        let of_api = refund_payload("gid://shopify/Order/7", &refund);
        assert_eq!(fact(&of_api), fact(&of_webhook), "{amount} {currency} {status}");
    }
}
