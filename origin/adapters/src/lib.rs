#![doc = include_str!("../README.md")]

mod aws;
mod bus;
mod dynamodb;
mod edge_cache;
mod error;
#[cfg(feature = "tls")]
mod http_client;
pub mod memory;
mod operation;
mod queues;
mod repositories;
mod secrets;
pub mod table;

pub use aws::{
    ATTEMPT_MS_MAX, ATTEMPTS_MAX, AccessKey, Aws, AwsConfig, CONNECT_MS_MAX, OPERATION_MS_MAX,
};
pub use bus::{ENTRIES_MAX, ENTRY_ROUNDS_MAX, EventBridgeBus, REQUEST_BYTES_MAX};
pub use dynamodb::{DynamoTable, schema};
pub use edge_cache::{CloudFrontCache, INVALIDATION_ATTEMPT_MS_MAX, INVALIDATION_MS_MAX};
#[cfg(feature = "tls")]
pub use http_client::lambda_http_client;
pub use queues::{ATTRIBUTE_BYTES_MAX, Receipt, SqsQueues};
pub use repositories::{
    BLOB_BYTES_MAX, BlobRepository, CHUNK_BYTES, CartRepository, CatalogRepository,
    CommandLogRepository, LedgerRepository, OrderHistoryRepository, PRODUCTS_MAX,
    PayloadRepository, PoolRepository, PrivacyRepository, ProgramRepository,
    ReconciliationRepository, RevocationRepository, SelectionRepository, ServedProduct,
    StaffRepository, Stored, StoredProduct, TokenRepository,
};
pub use secrets::{SecretText, SecretsManager};
