//! The behaviour of the bus, one file for each area.
#![expect(clippy::unwrap_used, reason = "a test's helpers may panic like the test itself")]

mod at_rest;
mod configuration;
mod dead_letters;
mod deliveries;
mod durability;
mod faults;
mod group_commit;
mod laws;
mod patterns;
mod put_events;
mod replay;
mod retention;
mod stage;
