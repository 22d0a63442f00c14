//! The operations, each with its `.graphql` file. A test of `infra/local` checks every file against
//! Shopify's schema.

mod customer_by_email;
mod discounts;
mod order;
mod order_lines;
mod order_tips;
mod orders_updated;
mod page;
mod refund_by_id;
mod shop_time_zone;

pub use customer_by_email::{CustomerByEmail, CustomerByEmailAnswer};
pub use discounts::{
    DiscountByCode, DiscountByCodeAnswer, DiscountCodeBasicCreate, DiscountCodeFreeShippingCreate,
    DiscountCreated, DiscountCreatedAnswer, DiscountRedeemCodeCreation,
    DiscountRedeemCodeCreationAnswer, DiscountRedeemCodesAdd, DiscountRedeemCodesAddAnswer,
    ImportedCode, ImportedCodes, RedeemCode, RedeemCodeCreation, RedeemCodesAdded,
};
pub(crate) use order::number_of;
pub use order::{
    Customer, DiscountAllocation, LineItem, Money, MoneyBag, Order, Reference, TaxLine,
};
pub use order_lines::{LinesOfOrder, OrderLines, OrderLinesAnswer};
pub use order_tips::{OrderTips, OrderTipsAnswer};
pub use orders_updated::{OrdersUpdated, OrdersUpdatedAnswer};
pub use page::{Nodes, Page, PageInfo};
pub use refund_by_id::{
    OrderAdjustment, Refund, RefundById, RefundByIdAnswer, RefundDuty, RefundLineItem,
    RefundTransaction,
};
pub use shop_time_zone::{ShopTimeZone, ShopTimeZoneAnswer, ZonedShop};
