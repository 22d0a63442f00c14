//! The owner of a cart.

/// The prefix of a customer's own cart id, before the customer's id. Other cart ids are hexadecimal
/// and can't begin with it.
const CUSTOMERS: &str = "customer-";

/// The customer's own cart, the same from every device.
#[must_use]
pub fn cart_of(customer: &str) -> String {
    format!("{CUSTOMERS}{customer}")
}

/// Whether a cart belongs to a guest, so that it may be merged into a customer's.
#[must_use]
pub fn is_guests(cart: &str) -> bool {
    !cart.starts_with(CUSTOMERS)
}
