//! The storefront: carts by the Ajax API, discount codes, sign-in, plain pages, and the checkout that
//! makes an order of a cart.
//!
//! Left out: themes and Liquid (a section is answered with null), selling plans, nested lines,
//! shipping, taxes, markets.

mod body;
mod cart;
mod carts;
mod checkout;
mod commands;
mod endpoint;
mod error;
mod fields;
mod money;
mod order_line;
mod page;
mod permalink;
mod pricing;
mod reply;
mod shop;
mod view;

pub use body::BODY_BYTES_MAX;
pub use cart::{
    CART_BYTES_MAX, CODES_MAX, Cart, LINES_MAX, Line, PAIRS_MAX, QUANTITY_MAX, TEXT_BYTES_MAX,
};
pub use carts::{CARTS_BYTES_MAX, CARTS_MAX, SESSIONS_MAX};
pub use checkout::{CheckoutError, Placement, order};
pub use endpoint::{SECTIONS_MAX, Storefront};
pub use error::CartError;
pub use money::Currency;
pub use page::{escape, layout};
pub use pricing::{Allocation, Application, PricedLine, Pricing, allocate, price};
pub use shop::{
    Catalogue, Customer, Customers, Discount, DiscountClass, DiscountValue, Discounts,
    QuantityRule, Shop, Variant,
};
