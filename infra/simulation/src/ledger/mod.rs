//! The other kind of world: customers with points. Shopify tells of orders, refunds and
//! cancellations, late, twice and out of order; devices of one customer race for the same points;
//! staff give points and publish programmes. What runs is the real consumer, the real counter and
//! the real reading; the judge recomputes every account from the causes alone.

mod causes;
mod consumers;
mod device;
mod instance;
mod judge;
mod payloads;
mod plan;
mod ports;
mod replay;
mod sabotage;
mod shopify;
mod staff;
mod tap;
mod world;

pub(crate) use world::play;
