//! The operations, each with its `.graphql` file. A test of `infra/local` checks every file against
//! Shopify's schema.

mod order;
mod orders_updated;
mod page;

pub use order::{
    Customer, DiscountAllocation, LineItem, Money, MoneyBag, Order, Reference, TaxLine,
};
pub use orders_updated::{OrdersUpdated, OrdersUpdatedAnswer};
pub use page::{Page, PageInfo};
