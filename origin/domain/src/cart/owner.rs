//! Whose a cart is.

/// A customer's own cart, the same from every device.
#[must_use]
pub fn customer_cart(customer: &str) -> String {
    format!("customer-{customer}")
}
