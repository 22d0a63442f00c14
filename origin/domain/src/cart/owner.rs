//! Whose a cart is.

/// What every customer's own cart is called, before the customer's id. No other cart's name begins
/// like this: theirs are hexadecimal.
const CUSTOMERS: &str = "customer-";

/// The customer's own cart, the same from every device.
#[must_use]
pub fn cart_of(customer: &str) -> String {
    format!("{CUSTOMERS}{customer}")
}

/// Whether a cart is nobody's own, so that it may be merged into one that is.
#[must_use]
pub fn is_guests(cart: &str) -> bool {
    !cart.starts_with(CUSTOMERS)
}
