//! Worlds of the ledger: Shopify reports orders, staff gives points and publishes programs,
//! customers redeem rewards, and the oracle of the ledger.

mod causes;
mod oracle;
mod payloads;
mod plan;
mod resource;
mod shopify;
mod size;
mod staff;
mod tab;
mod world;

pub(crate) use world::play;
