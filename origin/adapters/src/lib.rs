#![doc = include_str!("../README.md")]

mod aws;
mod blobs;
mod bus;
mod carts;
mod catalog;
mod command_log;
mod document;
mod edge_cache;
mod error;
mod http_client;
mod item;
mod keys;
mod ledger;
pub mod memory;
mod order_history;
mod privacy;
mod programs;
mod reward_codes;
pub mod schema;
mod secrets;
mod selections;
mod tables;

pub use aws::{
    ATTEMPT_MS_MAX, ATTEMPTS_MAX, AccessKey, Aws, AwsConfig, CONNECT_MS_MAX, OPERATION_MS_MAX,
};
pub use blobs::{BLOB_BYTES_MAX, BlobRef, CHUNK_BYTES, DynamoBlobs, DynamoPayloads};
pub use bus::{ENTRIES_MAX, ENTRY_ROUNDS_MAX, EventBridgeBus, REQUEST_BYTES_MAX};
pub use carts::DynamoCarts;
pub use catalog::{
    Activation, ActiveVersion, DynamoCatalog, NewVersion, ProductVersion, StoredProduct,
    VERSIONS_RETAINED_MAX,
};
pub use command_log::DynamoCommandLog;
pub use edge_cache::{CloudFrontCache, INVALIDATION_ATTEMPT_MS_MAX, INVALIDATION_MS_MAX};
pub use http_client::lambda_http_client;
pub use ledger::DynamoLedger;
pub use order_history::DynamoOrderHistory;
pub use privacy::DynamoPrivacy;
pub use programs::DynamoPrograms;
pub use reward_codes::OwnCodes;
pub use secrets::{SecretText, SecretsManager};
pub use selections::DynamoSelections;
