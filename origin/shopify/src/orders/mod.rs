//! Orders read from the Admin API, as the payloads that Shopify's webhooks would carry about them.

mod payload;
mod reader;
mod zone;

pub use payload::{cancelled_payload, order_payload, refund_payload};
pub use reader::{ORDERS_DAYS_MAX, OrderPage, OrderPayload, OrderReader, ReadOrder};
pub use zone::{UnknownZone, Zone};
