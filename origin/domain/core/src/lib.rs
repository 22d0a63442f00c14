//! What every part of the domain shares: money, time, ids, events, bookmarks, idempotency and the
//! resource core. It depends on no other part.

pub mod authoring;
pub mod blob;
pub mod bookmark;
pub mod currency;
pub mod event;
pub mod id;
pub mod idempotency;
pub mod json_pointer;
pub mod memory;
pub mod money;
pub mod port;
pub mod resource;
pub mod revocation;
pub mod time;
