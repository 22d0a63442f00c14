//! Discounts: codes and automatic ones, of three types each.

mod input;
mod lifecycle;
mod redeem_codes;
mod rules;
mod summary;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::failure::Failure;
use super::session::{Context, View};
use crate::store::Fields;

pub(super) use redeem_codes::import_codes;

/// A type of discount and how the API calls it.
struct Kind {
    /// The name of the input.
    argument: &'static str,
    type_name: &'static str,
    is_code: bool,
}

const BASIC: Kind =
    Kind { argument: "basicCodeDiscount", type_name: "DiscountCodeBasic", is_code: true };
const BXGY: Kind =
    Kind { argument: "bxgyCodeDiscount", type_name: "DiscountCodeBxgy", is_code: true };
const FREE_SHIPPING: Kind = Kind {
    argument: "freeShippingCodeDiscount",
    type_name: "DiscountCodeFreeShipping",
    is_code: true,
};
const AUTOMATIC_BASIC: Kind = Kind {
    argument: "automaticBasicDiscount",
    type_name: "DiscountAutomaticBasic",
    is_code: false,
};
const AUTOMATIC_BXGY: Kind =
    Kind { argument: "automaticBxgyDiscount", type_name: "DiscountAutomaticBxgy", is_code: false };
const AUTOMATIC_FREE_SHIPPING: Kind = Kind {
    argument: "freeShippingAutomaticDiscount",
    type_name: "DiscountAutomaticFreeShipping",
    is_code: false,
};

impl Kind {
    /// The kind of the record.
    fn node(&self) -> &'static str {
        if self.is_code { "DiscountCodeNode" } else { "DiscountAutomaticNode" }
    }

    /// The field of the payload.
    fn subject(&self) -> &'static str {
        if self.is_code { "codeDiscountNode" } else { "automaticDiscountNode" }
    }

    /// The field of the record that holds the discount.
    fn inner(&self) -> &'static str {
        if self.is_code { "codeDiscount" } else { "automaticDiscount" }
    }
}

/// What happens to a discount.
type Act = fn(&mut Context<'_>, &Value, &Kind) -> Result<Value, Failure>;

/// The mutations of one discount. Activating, ending and deleting are the same for all of a family.
const ACTS: [(&str, Act, &Kind); 18] = [
    ("discountCodeBasicCreate", lifecycle::create, &BASIC),
    ("discountCodeBasicUpdate", lifecycle::update, &BASIC),
    ("discountCodeBxgyCreate", lifecycle::create, &BXGY),
    ("discountCodeBxgyUpdate", lifecycle::update, &BXGY),
    ("discountCodeFreeShippingCreate", lifecycle::create, &FREE_SHIPPING),
    ("discountCodeFreeShippingUpdate", lifecycle::update, &FREE_SHIPPING),
    ("discountCodeActivate", lifecycle::activate, &BASIC),
    ("discountCodeDeactivate", lifecycle::deactivate, &BASIC),
    ("discountCodeDelete", lifecycle::delete, &BASIC),
    ("discountAutomaticBasicCreate", lifecycle::create, &AUTOMATIC_BASIC),
    ("discountAutomaticBasicUpdate", lifecycle::update, &AUTOMATIC_BASIC),
    ("discountAutomaticBxgyCreate", lifecycle::create, &AUTOMATIC_BXGY),
    ("discountAutomaticBxgyUpdate", lifecycle::update, &AUTOMATIC_BXGY),
    ("discountAutomaticFreeShippingCreate", lifecycle::create, &AUTOMATIC_FREE_SHIPPING),
    ("discountAutomaticFreeShippingUpdate", lifecycle::update, &AUTOMATIC_FREE_SHIPPING),
    ("discountAutomaticActivate", lifecycle::activate, &AUTOMATIC_BASIC),
    ("discountAutomaticDeactivate", lifecycle::deactivate, &AUTOMATIC_BASIC),
    ("discountAutomaticDelete", lifecycle::delete, &AUTOMATIC_BASIC),
];

/// Runs a mutation of discounts, if the name is one.
pub(super) fn run(
    context: &mut Context<'_>,
    name: &str,
    arguments: &Value,
) -> Option<Result<Value, Failure>> {
    match name {
        "discountRedeemCodeBulkAdd" => Some(redeem_codes::add(context, arguments)),
        "discountCodeRedeemCodeBulkDelete" => Some(redeem_codes::delete(context, arguments)),
        name => {
            let (_, act, kind) = ACTS.iter().find(|(one, ..)| *one == name)?;
            Some(act(context, arguments, kind))
        }
    }
}

/// The discount of a node of either kind.
pub(super) fn of_node(node: &Value) -> Option<Value> {
    ["codeDiscount", "automaticDiscount"].iter().find_map(|name| node.present(name).cloned())
}

/// Computed fields of a discount that belongs to a node.
pub(super) fn field(view: &View<'_>, node: &str, discount: &Value, name: &str) -> Option<Value> {
    let codes = || view.shop.records.children(node, "DiscountRedeemCode");
    let usage = || codes().filter_map(|code| code.value["asyncUsageCount"].as_i64()).sum::<i64>();
    match name {
        "status" => Some(json!(status(discount, view.now))),
        "createdAt" | "updatedAt" => view.shop.records.value(node).get(name).cloned(),
        "asyncUsageCount" => Some(json!(usage())),
        "codesCount" => Some(json!({ "count": codes().count(), "precision": "EXACT" })),
        "summary" => Some(json!(summary::summary(&view.shop.settings, discount))),
        "shortSummary" => Some(json!(summary::value(&view.shop.settings, discount))),
        _ => None,
    }
}

/// The status of a discount at a moment.
pub(super) fn status(discount: &Value, now: OffsetDateTime) -> &'static str {
    if discount.time("endsAt").is_some_and(|at| at <= now) {
        "EXPIRED"
    } else if discount.time("startsAt").is_some_and(|at| at > now) {
        "SCHEDULED"
    } else {
        "ACTIVE"
    }
}
