//! A world: the deployed shop on virtual time, with its clients' devices, for any kind of resource.

mod bookmark_jar;
mod bus;
mod client;
mod clock;
mod consumers;
mod device;
mod distribution;
mod document;
mod edge;
mod fleet;
mod hooks;
mod http;
mod instance;
mod keys;
mod network;
mod operator;
mod oracle;
mod queues;
mod resource;
mod script;
mod script_device;
mod shop;
mod table;
mod webhooks;
mod wiring;
mod workload;

pub(crate) use bookmark_jar::Bookmark;
#[cfg(test)]
pub(crate) use bookmark_jar::{BookmarkJar, SentCommand, ShowRule};
pub(crate) use client::Client;
pub(crate) use device::{Device, Owned, TabView};
pub(crate) use distribution::parse_distribution;
pub(crate) use document::{document, with_document};
pub(crate) use edge::STAFF_TOKEN;
pub(crate) use hooks::{Consume, Delivery, Hooked, Hooks, NoMutant, Outcome, SharedHooks, Side};
pub(crate) use http::{CLOCK, ClientRequest, ErrorReply, START, TokenMint, etag, text, token_id};
pub(crate) use instance::Instance;
pub(crate) use keys::{KeyRotation, any_keys};
pub(crate) use network::Network;
pub(crate) use operator::Operator;
pub(crate) use oracle::{Change, ClientOracle, Finished, Oracle};
pub(crate) use queues::Lateness;
pub(crate) use resource::{Call, Command, ReceivedAnswer, ReceivedRejection, Resource};
pub use script::ScriptProcess;
pub(crate) use script_device::ScriptDevices;
pub(crate) use shop::{Base, ReplayResult, START_MS, World, WorldParts};
pub(crate) use webhooks::{Webhook, deliver};
pub(crate) use workload::{Silences, Workload};

/// The shop's domain.
pub(crate) const SHOP: &str = "simulated.myshopify.com";
/// The shop's currency.
pub(crate) const CURRENCY: &str = "EUR";
