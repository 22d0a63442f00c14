//! Orders, their refunds and their edits.

mod create;
mod edits;
mod fields;
mod lifecycle;
mod lines;
mod refunds;
mod storefront;

use serde_json::Value;

use super::failure::Failure;
use super::session::Context;

pub(super) use create::{NewOrder, place};
pub(super) use fields::field;
pub(super) use lines::{NewLine, line_of_input, take_stock};
pub use refunds::piece_value;
pub use storefront::place_paid_order;

type Mutation = fn(&mut Context<'_>, &Value) -> Result<Value, Failure>;

pub(super) fn mutation(name: &str) -> Option<Mutation> {
    Some(match name {
        "orderCreate" => create::create,
        "orderUpdate" => lifecycle::update,
        "orderCancel" => lifecycle::cancel,
        "orderMarkAsPaid" => lifecycle::mark_as_paid,
        "orderCustomerSet" => lifecycle::set_customer,
        "orderDelete" => lifecycle::delete,
        "refundCreate" => refunds::create,
        "orderEditBegin" => edits::begin,
        "orderEditAddVariant" => edits::add_variant,
        "orderEditAddCustomItem" => edits::add_custom_item,
        "orderEditSetQuantity" => edits::set_quantity,
        "orderEditCommit" => edits::commit,
        _ => return None,
    })
}
