//! The contracts of the ports (`contract`), run on an embedded DynamoDB, a local bus and a moto
//! server, and tests of each adapter.

#![expect(clippy::unwrap_used, reason = "a test's helpers may panic like the test itself")]

mod blobs;
mod bus;
mod catalog;
mod catalog_activations;
mod catalog_races;
mod catalog_samples;
mod contract;
mod edge_cache;
mod faults;
mod ledger_replay;
mod on_dynamodb;
mod on_memory;
mod on_moto;
mod queues;
mod signature;
mod stored_form;
mod timeouts;
mod wire;
mod world;
