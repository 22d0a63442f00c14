//! Computed fields of orders: totals follow lines, refunds and transactions.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::money::{amount, bag, places};
use super::super::session::View;
use crate::store::{Decimal, Fields, reference};

/// The children of an order, and sums over them.
struct Sums<'v> {
    view: &'v View<'v>,
    order: &'v Value,
}

impl Sums<'_> {
    fn children(&self, kind: &str) -> Vec<Arc<Value>> {
        let children = self.view.shop.records.children(self.order.text("id"), kind);
        children.map(|record| Arc::clone(&record.value)).collect()
    }

    fn lines(&self, value: impl Fn(&Value) -> Decimal) -> Decimal {
        self.children("LineItem").iter().map(|line| value(line)).sum()
    }

    fn quantity(&self, field: &str) -> i64 {
        self.children("LineItem").iter().filter_map(|line| line[field].as_i64()).sum()
    }

    /// What the lines cost after all discounts, for the quantity that is left.
    fn current_subtotal(&self) -> Decimal {
        self.lines(|line| {
            let quantity = line["quantity"].as_i64().unwrap_or(0);
            let current = line["currentQuantity"].as_i64().unwrap_or(0);
            let total = amount(line, "priceAfterAllDiscountsSet");
            // Less what was refunded, so that both together are the price.
            let (gone, sold) = (Decimal::whole(quantity - current), Decimal::whole(quantity));
            total - total.share(gone, sold, places(&self.view.shop.settings))
        })
    }

    fn subtotal(&self) -> Decimal {
        self.lines(|line| amount(line, "priceAfterAllDiscountsSet"))
    }

    fn additions(&self) -> Decimal {
        ["totalShippingPriceSet", "totalTaxSet", "totalTipReceivedSet"]
            .iter()
            .map(|field| amount(self.order, field))
            .sum()
    }

    fn refunded_additions(&self) -> Decimal {
        self.children("Refund").iter().map(|refund| amount(refund, "shippingRefundSet")).sum()
    }

    fn transactions(&self, kinds: &[&str]) -> Decimal {
        let transactions = self.children("OrderTransaction");
        let counted = transactions
            .iter()
            .filter(|one| one.text("status") == "SUCCESS" && kinds.contains(&one.text("kind")));
        counted.map(|one| amount(one, "amountSet")).sum()
    }

    fn received(&self) -> Decimal {
        self.transactions(&["SALE", "CAPTURE"])
    }

    fn refunded(&self) -> Decimal {
        self.transactions(&["REFUND"])
    }

    /// Money that was refunded beyond the goods and the shipping of its refund: it is not owed again.
    fn refunded_beyond(&self) -> Decimal {
        let beyond = |refund: &Value| {
            let goods = refund.list("refundLineItems").iter();
            let goods: Decimal = goods.map(|line| amount(line, "subtotalSet")).sum();
            let shipping = amount(refund, "shippingRefundSet");
            (amount(refund, "totalRefundedSet") - goods - shipping).max(Decimal::ZERO)
        };
        self.children("Refund").iter().map(|refund| beyond(refund)).sum()
    }

    fn current_total(&self) -> Decimal {
        self.current_subtotal() + self.additions() - self.refunded_additions()
    }

    fn financial_status(&self) -> &'static str {
        let (received, refunded) = (self.received(), self.refunded());
        if refunded > Decimal::ZERO {
            return if refunded >= received { "REFUNDED" } else { "PARTIALLY_REFUNDED" };
        }
        if received == Decimal::ZERO && !self.order["cancelledAt"].is_null() {
            "VOIDED"
        } else if received == Decimal::ZERO && self.transactions(&["AUTHORIZATION"]) > Decimal::ZERO
        {
            "AUTHORIZED"
        } else if received >= self.current_total() {
            "PAID"
        } else if received > Decimal::ZERO {
            "PARTIALLY_PAID"
        } else {
            "PENDING"
        }
    }
}

pub(in super::super) fn field(view: &View<'_>, order: &Value, name: &str) -> Option<Value> {
    let sums = Sums { view, order };
    let references = |kind: &str| -> Value {
        let children = view.shop.records.children(order.text("id"), kind);
        children.map(|record| reference(&record.gid)).collect()
    };
    Some(match name {
        "displayFinancialStatus" => json!(sums.financial_status()),
        "fullyPaid" => json!(sums.received() >= sums.current_total()),
        "unpaid" => json!(sums.received() == Decimal::ZERO),
        "canMarkAsPaid" => {
            json!(sums.received() == Decimal::ZERO && order["cancelledAt"].is_null())
        }
        "refundable" => json!(sums.received() > sums.refunded()),
        "refunds" => references("Refund"),
        "transactions" => references("OrderTransaction"),
        "fulfillments" => json!([]),
        "subtotalLineItemsQuantity" => json!(sums.quantity("quantity")),
        "currentSubtotalLineItemsQuantity" => json!(sums.quantity("currentQuantity")),
        "discountCode" => order["discountCodes"].get(0).cloned().unwrap_or(Value::Null),
        name => return money_field(&sums, name).map(|sum| bag(&view.shop.settings, sum)),
    })
}

fn money_field(sums: &Sums<'_>, name: &str) -> Option<Decimal> {
    let discounts = || {
        sums.lines(|line| {
            amount(line, "originalTotalSet") - amount(line, "priceAfterAllDiscountsSet")
        })
    };
    Some(match name {
        "subtotalPriceSet" => sums.subtotal(),
        "currentSubtotalPriceSet" => sums.current_subtotal(),
        "totalPriceSet" | "originalTotalPriceSet" => sums.subtotal() + sums.additions(),
        "currentTotalPriceSet" => sums.current_total(),
        "totalDiscountsSet" | "currentTotalDiscountsSet" => discounts(),
        "cartDiscountAmountSet" | "currentCartDiscountAmountSet" => {
            amount(sums.order, "orderDiscountSet")
        }
        "currentShippingPriceSet" => {
            amount(sums.order, "totalShippingPriceSet") - sums.refunded_additions()
        }
        "currentTotalTaxSet" => amount(sums.order, "totalTaxSet"),
        "totalReceivedSet" => sums.received(),
        "totalRefundedSet" => sums.refunded(),
        "totalRefundedShippingSet" => sums.refunded_additions(),
        "netPaymentSet" => sums.received() - sums.refunded(),
        "totalOutstandingSet" => {
            let paid = sums.received() - sums.refunded() + sums.refunded_beyond();
            (sums.current_total() - paid).max(Decimal::ZERO)
        }
        "totalCapturableSet" | "refundDiscrepancySet" => Decimal::ZERO,
        _ => return None,
    })
}
