//! The domain's ports on the tables. Each repository works on any [`crate::table::Table`].

mod blobs;
mod carts;
mod catalog;
mod command_log;
mod document;
mod ledger;
mod order_history;
mod pools;
mod privacy;
mod programs;
mod reconciliation;
mod revocations;
mod selections;
mod staff;
mod tokens;

pub use blobs::{BLOB_BYTES_MAX, BlobRepository, CHUNK_BYTES, PayloadRepository};
pub use carts::CartRepository;
pub use catalog::{CatalogRepository, PRODUCTS_MAX, ServedProduct, StoredProduct};
pub use command_log::CommandLogRepository;
pub use document::Stored;
pub use ledger::LedgerRepository;
pub use order_history::OrderHistoryRepository;
pub use pools::PoolRepository;
pub use privacy::PrivacyRepository;
pub use programs::ProgramRepository;
pub use reconciliation::ReconciliationRepository;
pub use revocations::RevocationRepository;
pub use selections::SelectionRepository;
pub use staff::StaffRepository;
pub use tokens::TokenRepository;
