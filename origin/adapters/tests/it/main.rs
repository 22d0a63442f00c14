//! What the ports promise (`contract`), held on an embedded DynamoDB, a local bus and a moto server,
//! and what only these can get wrong.

#![expect(clippy::unwrap_used, reason = "what helps a test may fail as the test itself would")]

mod blobs;
mod bus;
mod catalog;
mod catalog_activations;
mod catalog_races;
mod catalog_shelf;
mod contract;
mod edge_cache;
mod faults;
mod ledger_replay;
mod on_dynamodb;
mod on_memory;
mod on_moto;
mod patience;
mod stored_form;
mod wire;
mod world;
