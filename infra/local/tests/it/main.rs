//! Tests of the shop over HTTP, and of Cargo's metadata.
#![expect(clippy::unwrap_used, reason = "test helpers may fail like tests")]

mod admin;
mod attacks;
mod bad_input;
mod behaviors;
mod binary;
mod carts;
mod checkout;
mod circles;
mod client;
mod command_line;
mod compatibility;
mod configuring;
mod costs;
mod doctor;
mod documentation;
mod footprints;
mod journey;
mod loadtests;
mod log_fields;
mod logs;
mod merging;
mod native_webhooks;
mod privacy;
mod profiles;
mod programs;
mod publishing;
mod redemptions;
mod restart;
mod shop;
mod shopping;
mod staff;
mod storm;
mod vectors;
mod vocabulary;
mod walls;
