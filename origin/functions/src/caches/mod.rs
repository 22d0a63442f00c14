//! The domain's ports behind the caches of one instance.

pub mod cached_catalog;
pub mod cached_program;
pub mod cached_reader;
pub mod cached_revocations;
pub mod packed;
