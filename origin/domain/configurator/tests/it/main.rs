//! Tests of the configurator's public API.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test, too")]

mod artefacts;
mod authoring;
mod backtracking;
mod benchmark_products;
mod brute_force;
mod completing;
mod corpora;
mod demo;
mod explaining;
mod grown;
mod industrial;
mod laws;
mod models;
mod publishing;
mod reporting;
mod rng;
mod shopify;
mod stocking;
mod vast;
mod vehicles;
mod writing;
