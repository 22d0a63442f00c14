//! The shop in a world of carts: edges, instances, the bus and its consumers. They run the real
//! code; faults are injected between them.

mod checkout;
mod consumers;
mod edge;
mod instance;
mod keys;
mod observers;
mod operator;
mod origin;
mod request;

pub(crate) use checkout::{Checkout, SHOP};
pub(crate) use consumers::Consumers;
pub(crate) use edge::Edge;
pub(crate) use keys::KeyRotation;
pub(crate) use observers::ObservedBus;
pub(crate) use operator::Operator;
pub(crate) use origin::{Origin, OriginParts};
pub(crate) use request::{Body, ErrorReply, Reply, Request};
