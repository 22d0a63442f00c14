//! What a merchant does by hand: orders with a button for each act.

use http::{Method, Request, Response, StatusCode};

use bytes::Bytes;
use serde_json::{Value, json};

use super::LocalShopify;
use super::embedded::PATH as EMBEDDED;
use crate::admin_api::piece_value;
use crate::store::{Decimal, Fields, gid, legacy_id};
use crate::storefront::{escape, layout};

/// Where the page is.
pub(super) const PATH: &str = "/_shopify";
/// Most orders on it, the newest.
const ORDERS_MAX: usize = 50;

const ORDERS: &str = "query($first: Int!) { orders(first: $first, reverse: true) { nodes {
    id name displayFinancialStatus cancelledAt totalPriceSet { shopMoney { amount currencyCode } }
    customer { email } } } }";
const CANCEL: &str =
    "mutation($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, refund: true,
    restock: true) { userErrors { message } } }";
const REFUNDABLE: &str = "query($id: ID!) { order(id: $id) {
    paymentGatewayNames netPaymentSet { shopMoney { amount } }
    lineItems(first: 100) { nodes { id refundableQuantity } } } }";
const REFUND: &str = "mutation($input: RefundInput!, $key: String!) {
    refundCreate(input: $input) @idempotent(key: $key) { refund { id } userErrors { message } } }";
const MERGE: &str = "mutation($one: ID!, $two: ID!) {
    customerMerge(customerOneId: $one, customerTwoId: $two) { userErrors { message } } }";

// === impl LocalShopify ===

impl LocalShopify {
    /// Answers a request to the operator's page: `GET` shows it, `POST PATH/orders/ID/cancel`,
    /// `POST PATH/orders/ID/refund` (the first piece that is left), `POST PATH/customers/ID/merge/ID`,
    /// `POST PATH/uninstall` and `POST PATH/install` act. A JSON client gets `{}` or `{"error": …}`.
    pub(super) fn operate(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path().trim_start_matches(PATH);
        if [Method::GET, Method::HEAD].contains(request.method()) {
            let html = self.page();
            return answer(StatusCode::OK, "text/html; charset=utf-8", html);
        }
        if request.method() != Method::POST {
            let body = json!({ "error": "use POST" }).to_string();
            return answer(StatusCode::METHOD_NOT_ALLOWED, "application/json", body);
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let outcome = match parts.as_slice() {
            ["orders", id, "cancel"] => self.cancel(id),
            ["orders", id, "refund"] => self.refund(id),
            ["customers", one, "merge", two] => self.merge(one, two),
            ["uninstall"] => match self.uninstall() {
                true => Ok(()),
                false => Err("the app is not installed".to_owned()),
            },
            ["install"] => match self.install() {
                true => Ok(()),
                false => Err("the app is installed already".to_owned()),
            },
            _ => Err(format!("there is no act {path:?}")),
        };
        self.publish_pending();
        let is_form = request
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        match outcome {
            Ok(()) if is_form => see_other(PATH),
            Ok(()) => answer(StatusCode::OK, "application/json", "{}".to_owned()),
            Err(error) => {
                let body = json!({ "error": error }).to_string();
                answer(StatusCode::UNPROCESSABLE_ENTITY, "application/json", body)
            }
        }
    }

    fn cancel(&self, id: &str) -> Result<(), String> {
        self.act(CANCEL, json!({ "id": gid("Order", id) }), "orderCancel")
    }

    /// Refunds one piece of the first line that has any left.
    fn refund(&self, id: &str) -> Result<(), String> {
        let order = gid("Order", id);
        let data = self.execute(REFUNDABLE, json!({ "id": order }))?;
        let lines = data["order"]["lineItems"].list("nodes").iter();
        let mut left = lines.filter(|line| line["refundableQuantity"].as_i64() > Some(0));
        let line = left.next().ok_or("nothing of this order is left to refund")?;
        let rows = json!([{ "lineItemId": line["id"], "quantity": 1 }]);
        let key = format!("{}-{}", line.text("id"), line["refundableQuantity"]);
        // The customer gets the money back as far as the order was paid.
        let value = piece_value(&self.0.api.shop(), line.text("id"));
        let paid = data["order"]["netPaymentSet"]["shopMoney"].decimal("amount");
        let amount = value.min(paid.unwrap_or_default());
        let gateway = &data["order"]["paymentGatewayNames"][0];
        let transactions = match amount > Decimal::ZERO {
            true => json!([{ "orderId": order, "kind": "REFUND", "gateway": gateway,
                "amount": amount.to_string() }]),
            false => json!([]),
        };
        let input = json!({ "key": key, "input": { "orderId": order, "refundLineItems": rows,
            "transactions": transactions } });
        self.act(REFUND, input, "refundCreate")
    }

    fn merge(&self, one: &str, two: &str) -> Result<(), String> {
        let ids = json!({ "one": gid("Customer", one), "two": gid("Customer", two) });
        self.act(MERGE, ids, "customerMerge")
    }

    fn act(&self, mutation: &str, variables: Value, field: &str) -> Result<(), String> {
        let data = self.execute(mutation, variables)?;
        let errors = data[field].list("userErrors");
        match errors.first() {
            Some(error) => Err(error.text("message").to_owned()),
            None => Ok(()),
        }
    }

    fn page(&self) -> String {
        let orders = self.execute(ORDERS, json!({ "first": ORDERS_MAX })).unwrap_or_default();
        let rows: String = orders["orders"].list("nodes").iter().map(row).collect();
        let domain = escape(&self.0.domain);
        let (act, button) = match self.oauth().is_installed(&self.0.domain) {
            true => ("uninstall", "Uninstall the app"),
            false => ("install", "Install the app"),
        };
        layout(
            "Orders",
            &format!(
                "<h1>{domain}</h1><p><a href=\"{EMBEDDED}\">The app in the admin</a></p><table><tr><th>order</th><th>customer</th><th>total</th>\
                 <th>status</th><th></th></tr>{rows}</table>\
                 <form method=\"post\" action=\"{PATH}/{act}\"><button>{button}</button></form>"
            ),
        )
    }
}

fn row(order: &Value) -> String {
    let id = legacy_id(order.text("id"));
    let money = &order["totalPriceSet"]["shopMoney"];
    let is_cancelled = order.present("cancelledAt").is_some();
    let button = |act: &str, name: &str| {
        format!(
            "<form method=\"post\" action=\"{PATH}/orders/{id}/{act}\"><button>{name}</button></form>"
        )
    };
    let acts = match is_cancelled {
        true => "cancelled".to_owned(),
        false => button("refund", "Refund a piece") + &button("cancel", "Cancel"),
    };
    format!(
        "<tr><td>{}</td><td>{}</td><td>{} {}</td><td>{}</td><td>{acts}</td></tr>",
        escape(order.text("name")),
        escape(order["customer"].text("email")),
        escape(money.text("amount")),
        escape(money.text("currencyCode")),
        escape(&order.text("displayFinancialStatus").to_lowercase()),
    )
}

/// An answer with a body.
pub(super) fn answer(status: StatusCode, kind: &'static str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static(kind));
    response
}

/// An answer that leads to a page of the shop.
pub(super) fn see_other(path: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert("location", http::HeaderValue::from_static(path));
    response
}
