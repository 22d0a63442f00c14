//! The shop in a world: edges, instances, the bus and its consumers. What they run is the real
//! code; what is between them is weather.

mod consumers;
mod edge;
mod instance;
mod keys;
mod operator;
mod origin;
mod request;
mod sales;
mod tap;

pub(crate) use consumers::Consumers;
pub(crate) use edge::Edge;
pub(crate) use keys::Rotation;
pub(crate) use operator::Operator;
pub(crate) use origin::{Ground, Origin};
pub(crate) use request::{Body, Refused, Reply, Request};
pub(crate) use sales::{SHOP, Sales};
pub(crate) use tap::TappedBus;
