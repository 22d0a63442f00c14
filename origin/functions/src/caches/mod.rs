//! The domain's ports behind the caches of one instance.

pub mod cached_carts;
pub mod cached_catalog;
pub mod cached_ledger;
pub mod packed;
