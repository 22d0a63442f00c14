//! The shop from outside: everything here goes over HTTP, or looks at what Cargo would build.
#![expect(clippy::unwrap_used, reason = "what helps a test may fail as the test itself would")]

mod attacks;
mod bad_input;
mod checkout;
mod command_line;
mod compatibility;
mod configuring;
mod costs;
mod doctor;
mod documentation;
mod footprints;
mod journey;
mod logs;
mod merging;
mod native_webhooks;
mod privacy;
mod programmes;
mod publishing;
mod redemptions;
mod restart;
mod shop;
mod storm;
mod upkeep;
mod vectors;
mod walls;
