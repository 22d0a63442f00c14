//! The configurator from outside.

mod brute_force;
mod completing;
mod explaining;
mod laws;
mod models;
