//! The worlds of the ledger: customers with points. Shopify reports orders, refunds and
//! cancellations, late, twice and out of order; devices of one customer compete for the same
//! points; staff give points and publish programs. The consumer, the command handler and the reader
//! are the real ones; the oracle recomputes every account from the causes alone.

mod causes;
mod consumers;
mod device;
mod instance;
mod mutants;
mod observers;
mod oracle;
mod payloads;
mod plan;
mod ports;
mod replay;
mod shopify;
mod staff;
mod world;

pub(crate) use world::play;
