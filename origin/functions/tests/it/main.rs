//! Tests of the functions through their public interface.
#![expect(clippy::unwrap_used, reason = "a test helper may panic like the test itself")]

mod admin_page;
mod answers;
mod bookmarks;
mod built_binary;
mod catalog;
mod description;
mod documentation;
mod importing;
mod installation;
mod invalidating;
mod merging;
mod orders;
mod postponing;
mod publishing;
mod redelivery;
mod replay;
mod resources;
mod secrets;
mod secrets_manager;
mod sent_ids;
mod staff;
mod tombstones;
mod webhooks;
mod world;
